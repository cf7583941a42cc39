"""Matters over HTTP: hand one in, read one."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response
from sqlalchemy import Connection, Row

from services.common import auth, db
from services.common.problems import Problem
from services.intake import (
    files,
    grants,
    groups,
    matters,
    merges,
    secrecies,
    store,
    store_files,
    store_ledger,
    tables,
    timelines,
    withdrawals,
)
from services.intake.api.answers import answer, body_of, handed_in, key_of
from services.intake.groups import Group
from services.intake.timelines import Reader

api = Blueprint("api_matters", __name__, url_prefix="/api/v1")


@api.post("/matters")
@auth.signed_in
def submit() -> Response:
    """Hand in a suggestion; header `Idempotency-Key`, body as in the form.

    201 `{matter_id, matter_no, warnings}`, 200 for the same key and content again; problems: 400 missing_key,
    409 duplicate_conflict, 422 invalid_form with `errors`; `not_agreed` among them: a deputy names no co-signers here
    but invites them, see `drafts`.
    """
    here, actor = auth.extension(), auth.require_actor()
    if actor.deputy_id is None and not auth.has_grant("matters.register"):
        raise Problem("not_permitted", 403)
    key, form = key_of(), body_of()
    origin = matters.Origin(scope=actor.account_id, own_name=actor.deputy_id)
    with db.begin(here.engine) as conn:
        done = matters.submit(conn, form, key=key, origin=origin, now=here.clock.now(), zone=here.settings.zone)
    return handed_in(done)


@api.get("/matters/<matter_id>")
@auth.signed_in
def show(matter_id: str) -> Response:
    """One matter with its state, units, open tasks, deadlines with reasons, and what happened."""
    here, actor = auth.extension(), auth.require_actor()
    seen = grants.scope(actor, auth.current_grants())
    with db.read(here.engine) as conn:
        matter = _visible(conn, matter_id, seen)
        own = any(row.person_id == seen.person_id for row in store.proposers(conn, matter_id))
        reader = Reader(sees=seen.sight(own), person_id=actor.deputy_id, sees_ratings=seen.sees_ratings)
        story = timelines.tell(conn, matter, reader, here.clock.now())
        attached = [
            one for one in store_files.of_matter(conn, matter_id) if one.unit is None or reader.sees.covers(one.unit)
        ]
        return answer({**_facts(conn, matter), "attachments": files.told(attached), **asdict(story)})


@api.post("/matters/<matter_id>/withdraw")
@auth.signed_in
def withdraw(matter_id: str) -> Response:
    """Withdraw a matter in writing, `{reason}`: its lead deputy, or the congress office for a letter it received.

    `{matter_id, withdrawn}`; not yet withdrawn is one whose co-signers are to be heard. 404 unknown_matter, 403
    not_lead_proposer, 409 with what hinders it, 422 invalid_form.
    """
    here, actor = auth.extension(), auth.require_actor()
    given = body_of()
    person = None if auth.has_grant("matters.register") else (actor.deputy_id or "")
    with db.read(here.engine) as conn:
        _visible(conn, matter_id, grants.scope(actor, auth.current_grants()))
    with db.begin(here.engine) as conn:
        reason = str(given.get("reason") or "")
        withdrawn = withdrawals.ask(conn, matter_id, person_id=person, reason=reason, now=here.clock.now())
    return answer({"matter_id": matter_id, "withdrawn": withdrawn}, 200)


@api.post("/matters/<matter_id>/secrecy")
@auth.granted(*secrecies.GRANTS)
def change_secrecy(matter_id: str) -> Response:
    """Change the secrecy of a matter; body `{secrecy: "none" | "internal", reason}`, at most 500 characters.

    200 `{matter_id, secrecy}`; problems: 404 unknown_matter, 409 secrecy_unchanged, 422 classified_refused (it is
    handled offline), 422 invalid_form with `errors`.
    """
    here, actor, form = auth.extension(), auth.require_actor(), body_of()
    with db.begin(here.engine) as conn:
        _visible(conn, matter_id, grants.scope(actor, auth.current_grants()))
        done = secrecies.change(conn, matter_id, form, actor, here.clock.now())
    return answer({"matter_id": matter_id, "secrecy": done})


@api.post("/matters/<matter_id>/merge")
@auth.granted(merges.GRANT)
def merge(matter_id: str) -> Response:
    """Merge matters into this one, the main one; body `{others: [matter id, …], reason}`.

    200 `{matter_id, merged}` with the ids of those merged now; problems: 404 unknown_matter, 422 invalid_form, 409
    not_merged, whose `errors` say under `matters.<id>` what hinders each.
    """
    here, actor, form = auth.extension(), auth.require_actor(), body_of()
    named = form.get("others")
    others = list(map(str, named)) if isinstance(named, list) else []
    with db.begin(here.engine) as conn:
        for one in dict.fromkeys((matter_id, *others)):
            _visible(conn, one, grants.scope(actor, auth.current_grants()))
        merges.merge(conn, matter_id, others, actor, form.get("reason"), here.clock.now())
    return answer({"matter_id": matter_id, "merged": others})


@api.post("/matters/<matter_id>/separate")
@auth.granted(merges.GRANT)
def separate(matter_id: str) -> Response:
    """Take this matter out of its group; body `{reason}`.

    200 `{matter_id, main}` with the number it was merged into; problems: 404 unknown_matter, 409 not_in_group or
    reply_begun, 422 invalid_form.
    """
    here, actor, form = auth.extension(), auth.require_actor(), body_of()
    with db.begin(here.engine) as conn:
        _visible(conn, matter_id, grants.scope(actor, auth.current_grants()))
        main = merges.separate(conn, matter_id, actor, form.get("reason"), here.clock.now())
    return answer({"matter_id": matter_id, "main": main})


def _visible(conn: Connection, matter_id: str, seen: grants.Scope) -> Row[Any]:
    """The matter, or 404: whoever may not see it does not learn that it exists."""
    matter = store.matter(conn, matter_id)
    if matter is None or not grants.may_see(conn, matter, seen):
        raise Problem("unknown_matter", 404)
    return matter


def _facts(conn: Connection, matter: Row[Any]) -> dict[str, Any]:
    same = ("no", "kind", "title", "topic", "secrecy", "session_id", "submitted_when", "body", "extra", "submitted_at")
    line = store_ledger.rows_of(conn, tables.led_matter, [matter.id])[0]
    return {
        "matter_id": matter.id,
        **{name: getattr(matter, name) for name in same},
        "proposers": [{"id": row.person_id, "name": row.name} for row in store.proposers(conn, matter.id)],
        "state": line.state,
        "state_at": line.state_at,
        "outcome_class": line.outcome_class,
        "units": [
            {"unit": row.unit, "role": row.role or None}
            for row in store_ledger.rows_of(conn, tables.led_unit, [matter.id])
        ],
        "group": groups.of(conn, [matter.id]).get(matter.id, Group()),
        "letters": [row.id for row in store.letters(conn, matter.id)],
    }
