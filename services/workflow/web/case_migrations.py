"""Running cases of a version go over to another: what would happen to each, then those that were ticked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, RowMapping
from werkzeug.wrappers import Response

from services.common import auth
from services.common.pages import page_number, page_of
from services.common.problems import Problem
from services.workflow import case_migrations, edges, editions, versions
from services.workflow.case_migrations import Outcome, Plan
from services.workflow.web import sending
from services.workflow.web.words import say

pages = Blueprint("case_migrations", __name__)
SHOWN: Final = 100
"""Cases on a page: each is tried out."""
MAP: Final = "map:"
_MAPPED: Final = frozenset({"migration_missing", "migration_box_missing"})


@pages.get("/packages/<version>/migration")
@auth.granted("cases.operate")
def show(version: str) -> str:
    """`?target=&dates=` and `map:<element>=`: what would become of the running cases; without a target a choice."""
    number = page_number()
    with edges.reading() as conn:
        row = _version(conn, version)
        targets = case_migrations.targets(conn, row)
        plan = _plan(version, targets)
        ids = case_migrations.waiting(conn, version, skip=(number - 1) * SHOWN, limit=SHOWN + 1)
        page = page_of(ids, number, SHOWN)
        found = [] if plan is None else case_migrations.look(conn, plan, page.items, edges.now())
        missing = _missing(found, plan)
        return render_template(
            "migration.html",
            version=row,
            targets=targets,
            plan=plan,
            dates=request.values.get("dates", "keep"),
            outcomes=sorted(found, key=lambda one: (not one.code, not one.shifts)),
            running=versions.running(conn, version),
            page=page,
            missing=missing,
            unnamed=[] if plan is None else set(case_migrations.unnamed(conn, plan)).difference(missing),
            elements=editions.get(conn, plan.target).named_elements() if plan is not None else [],
        )


@pages.post("/packages/<version>/migration")
@auth.granted("cases.operate")
def run(version: str) -> Response:
    """Bring the ticked cases over; those that stay are shown once more with the reason."""
    ids, actor = request.form.getlist("case")[:SHOWN], edges.speaker().actor
    with edges.reading() as conn:
        plan = _plan(version, case_migrations.targets(conn, _version(conn, version)))
    if plan is None:
        raise Problem("bad_request", 400)
    found = case_migrations.carry_out(auth.extension().engine, plan, ids, actor, edges.now())
    _tell(found)
    wanted = {"target": plan.target, "dates": request.form.get("dates", "keep"), **_named()}
    return redirect(f"{url_for('case_migrations.show', version=version)}?{urlencode(wanted)}", 303)


@pages.post("/cases/<case_id>/revert")
@auth.granted("cases.operate")
def revert(case_id: str) -> Response:
    """Take back the migration of a case."""
    actor = edges.speaker().actor
    sending.once(lambda conn: case_migrations.revert(conn, case_id, actor, edges.now()))
    flash(say("migration_reverted"), "good")
    return redirect(url_for("cases.case", case_id=case_id), 303)


def _tell(found: list[Outcome]) -> None:
    """What became of the ticked cases; the table has the reasons of those that stay."""
    done = sum(not one.code for one in found)
    gone = sum(one.code in case_migrations.ELSEWHERE for one in found)
    if done or not found:
        flash(say("migrated" if found else "none_ticked", count=done), "good" if found else "warn")
    if gone:
        flash(say("gone_elsewhere", count=gone), "warn")
    if left := len(found) - done - gone:
        flash(say("not_migrated", count=left), "warn")


def _version(conn: Connection, version: str) -> RowMapping:
    row = versions.get(conn, version)
    if row is None:
        raise Problem("no_such_version", 404)
    return row


def _plan(version: str, targets: list[str]) -> Plan | None:
    """What the address or form asks for; None before a target has been chosen."""
    target, dates = request.values.get("target", ""), request.values.get("dates", "keep")
    if not target:
        return None
    if target not in targets:
        raise Problem("bad_target", 409, version=target)
    names = {key.removeprefix(MAP): value for key, value in _named().items() if value}
    wish = {"recompute": dates in ("later", "earlier"), "shorten": dates == "earlier"}
    return Plan(source=version, target=target, names=names, **wish)


def _named() -> dict[str, str]:
    """Old elements with the new ones chosen for them, as fields of a form."""
    return {key: value for key, value in request.values.items() if key.startswith(MAP)}


def _missing(found: list[Outcome], plan: Plan | None) -> Mapping[str, Any]:
    """The elements for which a new one has to be chosen, with the one chosen so far."""
    wanted = {element for one in found if one.code in _MAPPED for element in one.elements if element != one.process}
    known = dict(plan.names) if plan is not None else {}
    return {element: known.get(element, "") for element in sorted({*wanted, *known})}
