"""Co-signing over HTTP: a deputy keeps a draft and invites, the invited answer, the draft is handed in.

The rules are those of the pages: only who has agreed to the text as it is now co-signs.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response
from sqlalchemy import Connection

from services.common import auth, db
from services.common.problems import Problem
from services.intake import drafts, matters, submissions
from services.intake.api.answers import answer, body_of, handed_in, key_of
from services.intake.drafts import Invitation

api = Blueprint("api_drafts", __name__, url_prefix="/api/v1")
_ANSWERS = {"agree": True, "refuse": False}
_FIELDS = frozenset(submissions.SuggestionForm().fields)


@api.post("/drafts")
@auth.signed_in
def keep() -> Response:
    """Keep a whole suggestion as a draft and invite its `co_proposers`; header `Idempotency-Key`.

    200 `{draft_id, digest, invited: [{person_id, answer}]}`. Under the same key it is changed: who is new is invited,
    who is left out no longer is. Once handed in it stays as it is: 200 with its `matter_id`. 403 not_permitted for
    whoever is no deputy, 422 invalid_form.
    """
    here, form, person = auth.extension(), body_of(), _deputy()
    origin = _origin(frozenset(_invited(form)))
    draft_id, now = drafts.draft_id_of(origin.scope, key_of()), here.clock.now()
    with db.begin(here.engine) as conn:
        done = drafts.submitted(conn, draft_id, origin)
        if done is not None:
            return answer({"draft_id": draft_id, "matter_id": done.matter_id})
        matters.check(conn, form, origin=origin)
        drafts.save(conn, draft_id, person, {name: form[name] for name in form.keys() & _FIELDS}, now)
        _invite(conn, draft_id, person, _invited(form), now)
        return answer(_draft(conn, draft_id, person))


@api.get("/drafts/<draft_id>")
@auth.signed_in
def show(draft_id: str) -> Response:
    """An own draft and what the invited say: `waiting`, `agreed`, `refused`, or `changed` (since they answered).

    404 unknown_draft.
    """
    with db.read(auth.extension().engine) as conn:
        return answer(_draft(conn, draft_id, _deputy()))


@api.post("/drafts/<draft_id>/submit")
@auth.signed_in
def submit(draft_id: str) -> Response:
    """Hand an own draft in with those who agreed to it as it is now; the answer is that of `POST /matters`.

    404 unknown_draft, 422 invalid_form.
    """
    here, person = auth.extension(), _deputy()
    with db.begin(here.engine) as conn:
        done = drafts.submit(conn, draft_id, person, origin=_origin(), now=here.clock.now(), zone=here.settings.zone)
    return handed_in(done)


@api.get("/invitations")
@auth.signed_in
def invitations() -> Response:
    """The drafts of others that one is asked to co-sign, to read: `{invitations: [{draft_id, digest, answer, …}]}`."""
    with db.read(auth.extension().engine) as conn:
        found = drafts.invitations(conn, _deputy())
    return answer({"invitations": [_asked(one) for one in found]})


@api.post("/invitations/<draft_id>")
@auth.signed_in
def respond(draft_id: str) -> Response:
    """Agree or refuse to co-sign: `{"answer": "agree" | "refuse", "digest": …}`, the digest of what was read.

    404 unknown_draft, 409 draft_changed, 422 bad_answer.
    """
    here, given, person = auth.extension(), body_of(), _deputy()
    agrees, seen = _ANSWERS.get(str(given.get("answer"))), given.get("digest")
    if agrees is None or not isinstance(seen, str):
        raise Problem("bad_answer", 422)
    with db.begin(here.engine) as conn:
        drafts.answer(conn, draft_id, person, seen, agrees, here.clock.now())
    return answer({"draft_id": draft_id, "answer": "agreed" if agrees else "refused"})


def _deputy() -> str:
    """Who is signed in, if a deputy; raises `Problem` not_permitted."""
    person = auth.require_actor().deputy_id
    if person is None:
        raise Problem("not_permitted", 403)
    return person


def _origin(agreed: frozenset[str] = frozenset()) -> matters.Origin:
    actor = auth.require_actor()
    return matters.Origin(scope=actor.account_id, own_name=actor.deputy_id, agreed=agreed)


def _invited(form: dict[str, Any]) -> list[str]:
    """Whom a form names, as far as it does; `matters.check` says what is wrong with it."""
    named = form.get("co_proposers")
    return [one for one in named if isinstance(one, str)] if isinstance(named, list) else []


def _invite(conn: Connection, draft_id: str, person: str, named: Sequence[str], now: datetime) -> None:
    for one in drafts.invited(conn, draft_id):
        if one.person_id not in named:
            drafts.uninvite(conn, draft_id, person, one.person_id)
    drafts.invite(conn, draft_id, person, named, now)


def _draft(conn: Connection, draft_id: str, person: str) -> dict[str, Any]:
    found = drafts.get(conn, draft_id, person)
    said = [{"person_id": one.person_id, "answer": one.answer, "at": one.at} for one in drafts.invited(conn, draft_id)]
    return {"draft_id": draft_id, "digest": found.digest, "form": found.form, "invited": said}


def _asked(one: Invitation) -> dict[str, Any]:
    text = {name: one.form.get(name) for name in ("title", "body", "points")}
    return {
        "draft_id": one.draft_id,
        "lead": one.lead,
        **text,
        "digest": one.digest,
        "answer": one.answer,
        "at": one.at,
    }
