"""The page of one matter: where it stands, what is due and why, what happened; letters; withdrawing."""

from collections.abc import Sequence
from typing import Any

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy import Connection, Row

from services.common import auth, db, languages
from services.common.problems import Problem
from services.common.requests import takes_files
from services.intake import (
    agendas,
    grants,
    groups,
    letters,
    merges,
    secrecies,
    store,
    store_files,
    store_ledger,
    tables,
    timelines,
    withdrawals,
)
from services.intake.files import Place
from services.intake.groups import Group
from services.intake.timelines import Reader
from services.intake.web import files, labels
from services.intake.web.words import say

pages = Blueprint("matters", __name__)


@pages.get("/matters/<matter_id>")
@auth.signed_in
def show(matter_id: str) -> str:
    """The story of a matter."""
    here = auth.extension()
    with db.read(here.engine) as conn:
        matter = visible(conn, matter_id)
        return render_template("matter.html", **_about(conn, matter))


@pages.post("/matters/<matter_id>/files")
@takes_files
@auth.signed_in
def attach(matter_id: str) -> Any:
    """Bring files for a matter in the name of one's unit, which takes part in it."""
    engine = auth.extension().engine
    with db.read(engine) as conn:
        matter, unit = visible(conn, matter_id), request.form.get("unit", "")
        if unit not in _own_units(conn, matter):
            raise Problem("which_unit", 422)
    if wrong := files.bring(Place(matter_id=matter_id, unit=unit)):
        with db.read(engine) as conn:
            return render_template("matter.html", **{**_about(conn, matter), "wrong": wrong}), 422
    flash(say("files_brought"), "good")
    return redirect(f"/matters/{matter_id}#files", 303)


@pages.get("/matters/<matter_id>/withdraw")
@auth.signed_in
def ask_to_withdraw(matter_id: str) -> str:
    """Ask for the reason before a matter is withdrawn."""
    with db.read(auth.extension().engine) as conn:
        matter = visible(conn, matter_id)
        if not _is_theirs(matter):
            raise Problem("not_permitted", 403)
        if (code := withdrawals.hindrance(conn, matter)) is not None:
            raise Problem(code, 409)
        joint = withdrawals.needs_consent(conn, matter)
        others = _others(conn, matter)
    return render_template("withdraw.html", matter=matter, reason="", errors=[], joint=joint, others=others)


@pages.post("/matters/<matter_id>/withdraw")
@auth.signed_in
def withdraw(matter_id: str) -> Any:
    """Withdraw a matter in writing."""
    here, actor = auth.extension(), auth.require_actor()
    reason = request.form.get("reason", "")
    with db.read(here.engine) as conn:
        matter = visible(conn, matter_id)
        joint, others = withdrawals.needs_consent(conn, matter), _others(conn, matter)
    try:
        with db.begin(here.engine) as conn:
            person = None if auth.has_grant("matters.register") else (actor.deputy_id or "")
            done = withdrawals.ask(conn, matter_id, person_id=person, reason=reason, now=here.clock.now())
    except Problem as problem:
        if not problem.errors:
            raise
        errors = [languages.pick(error.text, error.text_en) for error in problem.errors]
        page = render_template("withdraw.html", matter=matter, reason=reason, errors=errors, joint=joint, others=others)
        return page, problem.status
    flash(say("withdrawn" if done else "withdrawal_requested"), "good")
    return redirect(f"/matters/{matter_id}", 303)


@pages.get("/letters/<letter_id>")
@auth.signed_in
def letter(letter_id: str) -> str:
    """A reply letter, for its recipients and for those who see the matter."""
    with db.read(auth.extension().engine) as conn:
        return _letter(conn, _readable(conn, letter_id))


@pages.post("/letters/<letter_id>/files")
@takes_files
@auth.signed_in
def seal(letter_id: str) -> Any:
    """Bring the sealed form of a letter, in the name of the unit that has issued it."""
    engine = auth.extension().engine
    with db.read(engine) as conn:
        found = _readable(conn, letter_id)
        if not _may_seal(conn, found):
            raise Problem("not_permitted", 403)
    place = Place(matter_id=found.matter_id, unit=found.unit, letter=found.redo_round)
    if wrong := files.bring(place):
        with db.read(engine) as conn:
            return _letter(conn, found, wrong), 422
    flash(say("files_brought"), "good")
    return redirect(f"/letters/{letter_id}", 303)


def _readable(conn: Connection, letter_id: str) -> Row[Any]:
    found = store.letter(conn, letter_id)
    if found is None:
        raise Problem("not_found", 404)
    if not letters.may_read(found, auth.require_actor().deputy_id):
        visible(conn, found.matter_id)
    return found


def _may_seal(conn: Connection, letter: Row[Any]) -> bool:
    matter = store.matter(conn, letter.matter_id)
    return matter is not None and letter.unit in _own_units(conn, matter)


def _letter(conn: Connection, letter: Row[Any], wrong: Sequence[str] = ()) -> str:
    matter, person = store.matter(conn, letter.matter_id), auth.require_actor().deputy_id
    asked = [one for one in agendas.tasks(conn, person) if one.matter_id == letter.matter_id] if person else []
    return render_template(
        "letter.html",
        letter=letter,
        body={name: value for name, value in letter.data.items() if name != "title"},  # the title is the heading
        matter=matter,
        asked=asked,
        sealed=store_files.of_letter(conn, letter),
        may_seal=_may_seal(conn, letter),
        wrong=wrong,
    )


def visible(conn: Connection, matter_id: str) -> Row[Any]:
    """The matter, or 404: whoever may not see it does not learn that it exists."""
    matter = store.matter(conn, matter_id)
    seen = grants.scope(auth.require_actor(), auth.current_grants())
    if matter is None or not grants.may_see(conn, matter, seen):
        raise Problem("unknown_matter", 404)
    return matter


def _about(conn: Connection, matter: Row[Any]) -> dict[str, Any]:
    here, actor = auth.extension(), auth.require_actor()
    seen = grants.scope(actor, auth.current_grants())
    line = store_ledger.rows_of(conn, tables.led_matter, [matter.id])[0]
    own = any(row.person_id == seen.person_id for row in store.proposers(conn, matter.id))
    reader = Reader(sees=seen.sight(own), person_id=actor.deputy_id, sees_ratings=seen.sees_ratings)
    return {
        "matter": matter,
        "line": line,
        "proposers": store.proposers(conn, matter.id),
        "units": store_ledger.rows_of(conn, tables.led_unit, [matter.id]),
        "story": timelines.tell(conn, matter, reader, here.clock.now()),
        "letters": store.letters(conn, matter.id),
        "attached": files.visible(conn, matter),
        "own_units": _own_units(conn, matter),
        "wrong": (),
        "public": _public(matter) if line.published_at is not None else None,
        "confirmable": {one.record_id: one.href for one in _contacts(conn, matter, actor.deputy_id)},
        "may_change_secrecy": any(map(auth.has_grant, secrecies.GRANTS)),
        **_together(conn, matter, seen),
        "may_withdraw": _is_theirs(matter) and withdrawals.hindrance(conn, matter) is None,
    }


def _own_units(conn: Connection, matter: Row[Any]) -> list[str]:
    """The units of whoever asks that take part in a matter."""
    actor = auth.require_actor()
    own = actor.units if auth.has_grant("matters.read_unit") else frozenset()
    return sorted(own & store_ledger.units_of(conn, matter.id))


def _others(conn: Connection, matter: Row[Any]) -> str:
    """The matters merged into this one, as one speaks of them."""
    below = groups.of(conn, [matter.id]).get(matter.id, Group()).others
    return labels.numbered(*(mate.no for mate in below)) if below else ""


def _together(conn: Connection, matter: Row[Any], seen: grants.Scope) -> dict[str, Any]:
    """With whom the matter is handled, the titles where this reader may see them, and what the office may do."""
    group = groups.of(conn, [matter.id]).get(matter.id, Group())
    mates = [store.matter(conn, mate.matter_id) for mate in (group.main, *group.others) if mate is not None]
    office = auth.has_grant(merges.GRANT)
    return {
        "group": group,
        "freed": merges.freed(conn, matter),
        "titles": {row.id: row.title for row in mates if row is not None and grants.may_see(conn, row, seen)},
        "main_units": _units_of(conn, group),
        "may_merge": office and merges.hindrance(conn, matter) is None,
        "may_separate": office and merges.bond(conn, matter) is None,
    }


def _units_of(conn: Connection, group: Group) -> str:
    """The units that handle the main matter."""
    units = store_ledger.units_of(conn, group.main.matter_id) if group.main is not None else ()
    return "、".join(sorted(map(labels.unit_label, units)))


def _contacts(conn: Connection, matter: Row[Any], person_id: str | None) -> list[agendas.Contact]:
    """The contacts of this matter that its lead deputy has still to confirm."""
    if person_id is None or matter.lead_proposer != person_id:
        return []
    return [one for one in agendas.contacts(conn, person_id) if one.matter_id == matter.id]


def _public(matter: Row[Any]) -> dict[str, Any]:
    """The address of the public page, and a picture of it for telephones and paper."""
    address = url_for("publics.item", code=matter.tracker, _external=True)
    picture = segno.make(address, micro=False).svg_inline(scale=3, title=matter.tracker, light="#fff")
    return {"address": address, "picture": Markup(picture)}  # noqa: S704  drawn by segno from a code and an address


def _is_theirs(matter: Row[Any]) -> bool:
    """Whether withdrawing is this person's business: the lead deputy's, or the office's that enters a letter."""
    return matter.lead_proposer == auth.require_actor().deputy_id or auth.has_grant("matters.register")
