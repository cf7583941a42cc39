"""The pages on which an office merges matters 并案 under a main one, and takes one out again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from flask import Blueprint, flash, redirect, render_template, request
from sqlalchemy import Connection

from services.common import auth, db, languages
from services.common.problems import FieldError, Problem
from services.intake import grants, listings, merges, resemblances, store, store_merges
from services.intake.problems import field_errors
from services.intake.submissions import Fault
from services.intake.web.labels import numbered
from services.intake.web.matters import visible
from services.intake.web.words import say

pages = Blueprint("merges", __name__)
_NUMBER_MAX: Final = 40
_MOST: Final = listings.PAGE_SIZE
"""So many matters at once: those ticked on one page of the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the page was sent: the matters ticked, the main one, a number to add, the reason."""

    chosen: tuple[str, ...]
    main: str = ""
    number: str = ""
    reason: str = ""

    @classmethod
    def read(cls) -> Self:
        """The form; a main matter that is not ticked is meant to be."""
        form = request.form
        main = form.get("main", "")
        chosen = dict.fromkeys([*form.getlist("matter"), *([main] if main else [])])
        number = form.get("number", "").strip()[:_NUMBER_MAX]
        return cls(chosen=tuple(chosen)[:_MOST], main=main, number=number, reason=form.get("reason", ""))


@pages.get("/matters/merge")
@auth.granted(merges.GRANT)
def choose() -> str:
    """The matters ticked in the ledger, or one and those that read like it: `?matter=…`, repeated."""
    chosen = tuple(dict.fromkeys(request.args.getlist("matter")))[:_MOST]
    with db.read(auth.extension().engine) as conn:
        return _show(conn, Typed(chosen=chosen))


@pages.post("/matters/merge")
@auth.granted(merges.GRANT)
def merge() -> Any:
    """Merge what is ticked, or add a matter by its number; shown again with what is wrong, nothing typed gets lost."""
    here, typed = auth.extension(), Typed.read()
    if request.form.get("action") == "add":
        with db.read(here.engine) as conn:
            return _add(conn, typed)
    try:
        with db.begin(here.engine) as conn:
            others = [one for one in typed.chosen if one != typed.main]
            rows = {one: visible(conn, one) for one in typed.chosen}
            if not typed.main:
                raise Problem("invalid_form", 422, errors=field_errors([Fault("main", "merge_no_main")]))
            done = merges.merge(conn, typed.main, others, auth.require_actor(), typed.reason, here.clock.now())
    except Problem as problem:
        if not problem.errors:
            raise
        with db.read(here.engine) as conn:
            return _show(conn, typed, problem.errors), problem.status
    flash(say("merged", others=numbered(*done), main=numbered(rows[typed.main].no)), "good")
    return redirect(f"/matters/{typed.main}", 303)


@pages.get("/matters/<matter_id>/separate")
@auth.granted(merges.GRANT)
def ask_to_separate(matter_id: str) -> str:
    """Ask why the matter is handled by itself again."""
    with db.read(auth.extension().engine) as conn:
        if (code := merges.bond(conn, visible(conn, matter_id))) is not None:
            raise Problem(code, 409)
        return _separation(conn, matter_id, "")


@pages.post("/matters/<matter_id>/separate")
@auth.granted(merges.GRANT)
def separate(matter_id: str) -> Any:
    """Take the matter out of its group, or show the form again with what is wrong."""
    here, reason = auth.extension(), request.form.get("reason", "")
    try:
        with db.begin(here.engine) as conn:
            visible(conn, matter_id)
            main = merges.separate(conn, matter_id, auth.require_actor(), reason, here.clock.now())
    except Problem as problem:
        if not problem.errors:
            raise
        with db.read(here.engine) as conn:
            return _separation(conn, matter_id, reason, problem.errors), problem.status
    flash(say("separated", main=numbered(main)), "good")
    return redirect(f"/matters/{matter_id}", 303)


def _separation(conn: Connection, matter_id: str, reason: str, errors: Sequence[FieldError] = ()) -> str:
    matter = visible(conn, matter_id)
    main = store.matter(conn, matter.merged_into) if matter.merged_into is not None else None
    said = [_words(error) for error in errors]
    return render_template("separate.html", matter=matter, main=main, reason=reason, errors=said)


def _add(conn: Connection, typed: Typed) -> Any:
    """Look for the number in the session and kind of what is ticked."""
    like = visible(conn, typed.chosen[0]) if typed.chosen else None
    found = store_merges.by_number(conn, typed.number, like) if typed.number and like is not None else []
    if len(found) != 1:
        code = "merge_ambiguous_number" if found else "merge_unknown_number"
        return _show(conn, typed, field_errors([Fault("number", code, {"no": typed.number})])), 422
    chosen = tuple(dict.fromkeys([*typed.chosen, found[0].id]))
    return _show(conn, replace(typed, chosen=chosen, number=""))


def _show(conn: Connection, typed: Typed, errors: Sequence[FieldError] = ()) -> str:
    rows = {one: visible(conn, one) for one in typed.chosen}
    below = [one for one in typed.chosen if store_merges.others(conn, one)]
    first = min(rows.values(), key=lambda row: (row.no is None, row.no or "", row.id), default=None)
    main = typed.main or next(iter(below), first.id if first is not None else "")
    alike = resemblances.beside(conn, rows[main]) if main in rows else []
    percents = {row.id: percent for percent, row in alike if row.id not in rows and _is_free(row)}
    seen = grants.scope(auth.require_actor(), auth.current_grants())
    lines = listings.some(conn, seen, [*rows, *percents], auth.extension().clock.now())
    return render_template(
        "merge.html",
        lines=[lines[one] for one in (*rows, *percents) if one in lines],
        percents=percents,
        typed=replace(typed, main=main),
        faults=_by_place(errors),
        summary=[(_words(error), f"#{_place(error.path)}") for error in errors],
    )


def _is_free(row: Any) -> bool:
    """Whether a similar matter is worth offering: not withdrawn, and in no group yet."""
    return row.withdrawn_at is None and row.merged_into is None and row.no is not None


def _by_place(errors: Sequence[FieldError]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for error in errors:
        found.setdefault(_place(error.path), []).append(_words(error))
    return found


def _place(path: str) -> str:
    """The element of the page that a fault is about."""
    head, _, matter_id = path.partition(".")
    return f"choose-{matter_id}" if matter_id else {"matters": "number", "main": "lines"}.get(head, head)


def _words(error: FieldError) -> str:
    return languages.pick(error.text, error.text_en)
