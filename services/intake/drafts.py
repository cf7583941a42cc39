"""Drafts of deputies 草稿, and who is invited to co-sign them 联名.

A draft is its deputy's own: nobody else sees it but those invited to co-sign. Who agrees, agrees to what is written
then; when title, text, points or files change afterwards the question is open again. Submitting takes those who agree.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from services.common.problems import Problem
from services.intake import files, matters, store, store_drafts, store_files, submissions
from services.intake.problems import field_errors
from services.intake.submissions import Fault

Answer = Literal["waiting", "agreed", "refused", "changed"]
_IDS: Final = uuid5(NAMESPACE_URL, "urn:huiyin:draft")
_AGREED_TO = ("title", "body", "points")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invited deputy; `changed`: answered, but the draft reads otherwise now."""

    person_id: str
    answer: Answer
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A draft of `lead` that somebody is asked to co-sign."""

    draft_id: str
    lead: str
    form: Mapping[str, Any]
    digest: str
    answer: Answer
    at: datetime

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.answer in ("waiting", "changed")


def save(conn: Connection, draft_id: str, person_id: str, form: Mapping[str, Any], now: datetime) -> None:
    """Keep what a deputy has typed so far, complete or not.

    Raises `Problem` unknown_draft for somebody else's, invalid_form for classified text: that is not kept at all.
    """
    tidy = {name: value for name, value in submissions.tidy(dict(form)).items() if name != "co_proposers"}
    if tidy.get("secrecy") == "classified":
        raise Problem("invalid_form", 422, errors=field_errors([Fault("secrecy", "classified_refused")]))
    known = store_drafts.lock_draft(conn, draft_id)
    if known is not None and known.person_id != person_id:
        raise Problem("unknown_draft", 404)
    digest = _digest(conn, draft_id, tidy)
    row = {"id": draft_id, "person_id": person_id, "form": tidy, "digest": digest, "saved_at": now}
    store_drafts.put_draft(conn, row)


def renew(conn: Connection, draft_id: str) -> None:
    """After its files have changed: whoever agreed to co-sign, agreed to others."""
    draft = store_drafts.lock_draft(conn, draft_id)
    if draft is not None:
        store_drafts.put_draft(conn, {**draft._mapping, "digest": _digest(conn, draft_id, draft.form)})


def _digest(conn: Connection, draft_id: str, form: Mapping[str, Any]) -> str:
    said = {name: form.get(name) or None for name in _AGREED_TO}
    attached = [one.sha256 for one in store_files.of_draft(conn, draft_id)]
    return submissions.digest({**said, "files": attached} if attached else said)


def get(conn: Connection, draft_id: str, person_id: str) -> Row[Any]:
    """A deputy's own draft; raises `Problem` unknown_draft."""
    known = store_drafts.draft(conn, draft_id)
    if known is None or known.person_id != person_id:
        raise Problem("unknown_draft", 404)
    return known


def of(conn: Connection, person_id: str) -> Sequence[Row[Any]]:
    """A deputy's drafts, the one saved last first."""
    return store_drafts.drafts_of(conn, person_id)


def discard(conn: Connection, draft_id: str, person_id: str) -> Sequence[Row[Any]]:
    """Throw a draft away. Returns its files, see `files.remove`; raises `Problem` unknown_draft."""
    store_drafts.drop_draft(conn, get(conn, draft_id, person_id).id)
    return files.discard(conn, draft_id)


def invite(conn: Connection, draft_id: str, person_id: str, people: Iterable[str], now: datetime) -> int:
    """Ask deputies to co-sign; how many were not asked before. Raises `Problem` unknown_draft or invalid_form."""
    draft = get(conn, draft_id, person_id)
    known = {row.person_id for row in store_drafts.invitations(conn, draft.id)}
    fresh = [one for one in dict.fromkeys(people) if one not in known and one != person_id]
    session = matters.open_session(conn, draft.form.get("session_id"))
    strangers = [one for one in fresh if not matters.is_deputy(conn, one, session)]
    if strangers:
        faults = [Fault("co_proposers", "unknown_deputy", {"value": one}) for one in strangers]
        raise Problem("invalid_form", 422, errors=field_errors(faults))
    store_drafts.add_invitations(conn, [{"draft_id": draft.id, "person_id": one, "invited_at": now} for one in fresh])
    return len(fresh)


def uninvite(conn: Connection, draft_id: str, person_id: str, invited_id: str) -> None:
    """Take an invitation back; raises `Problem` unknown_draft."""
    store_drafts.drop_invitation(conn, get(conn, draft_id, person_id).id, invited_id)


def invited(conn: Connection, draft_id: str) -> list[Invited]:
    """Who is invited to co-sign a draft, and what they say."""
    draft = store_drafts.draft(conn, draft_id)
    if draft is None:
        return []
    return [
        Invited(person_id=row.person_id, answer=_answer(row, draft.digest), at=row.answered_at or row.invited_at)
        for row in store_drafts.invitations(conn, draft_id)
    ]


def invitations(conn: Connection, person_id: str) -> list[Invitation]:
    """The drafts of others that a deputy is asked to co-sign, the latest first."""
    return [
        Invitation(
            draft_id=row.draft_id,
            lead=row.lead,
            form=row.form,
            digest=row.draft_digest,
            answer=_answer(row, row.draft_digest),
            at=row.answered_at or row.invited_at,
        )
        for row in store_drafts.invited(conn, person_id)
    ]


def invitation(conn: Connection, draft_id: str, person_id: str) -> Invitation:
    """One of them; raises `Problem` unknown_draft for whoever is not invited."""
    found = next((one for one in invitations(conn, person_id) if one.draft_id == draft_id), None)
    if found is None:
        raise Problem("unknown_draft", 404)
    return found


def answer(conn: Connection, draft_id: str, person_id: str, seen: str, agrees: bool, now: datetime) -> None:
    """Agree or refuse to co-sign; `seen` is the digest of the draft that was read.

    Raises `Problem` unknown_draft, or draft_changed when the draft reads otherwise by now.
    """
    draft = store_drafts.lock_draft(conn, draft_id)
    invitation(conn, draft_id, person_id)
    if draft is None or draft.digest != seen:
        raise Problem("draft_changed", 409)
    store_drafts.answer_invitation(conn, draft_id, person_id, {"agreed": agrees, "digest": seen, "answered_at": now})


def submit(
    conn: Connection, draft_id: str, person_id: str, *, origin: matters.Origin, now: datetime, zone: ZoneInfo
) -> matters.Submitted:
    """Hand a draft in with those who agree to it as it is now, and throw it away.

    A second time gives the same matter. Raises `Problem` unknown_draft, and what `matters.submit` raises.
    """
    done = submitted(conn, draft_id, origin)
    if done is not None:
        return done
    store_drafts.lock_draft(conn, draft_id)
    form = whole(conn, get(conn, draft_id, person_id))
    brought = store_files.of_draft(conn, draft_id)
    fresh = matters.submit(
        conn, form, key=_key(draft_id), origin=_signed(origin, form), now=now, zone=zone, brought=brought
    )
    store_drafts.drop_draft(conn, draft_id)
    return fresh


def submitted(conn: Connection, draft_id: str, origin: matters.Origin) -> matters.Submitted | None:
    """What a draft has become; None while it is one."""
    done = store.claimed(conn, origin.scope, _key(draft_id))
    if done is None:
        return None
    matter = store.matter(conn, done.matter_id)
    return matters.Submitted(matter_id=done.matter_id, matter_no=matter.no if matter else None, created=False)


def _key(draft_id: str) -> str:
    return f"draft:{draft_id}"


def check(conn: Connection, draft: Row[Any], origin: matters.Origin) -> None:
    """Whether a draft could be handed in as it is, with those who agree; raises what `matters.check` raises."""
    form = whole(conn, draft)
    matters.check(conn, form, origin=_signed(origin, form), brought=store_files.of_draft(conn, draft.id))


def _signed(origin: matters.Origin, form: Mapping[str, Any]) -> matters.Origin:
    return replace(origin, agreed=frozenset(form["co_proposers"]))


def draft_id_of(account_id: str, key: str) -> str:
    """The id of the draft that somebody begins under a key of his own: twice is once."""
    return str(uuid5(_IDS, f"{account_id}\n{key}"))


def whole(conn: Connection, draft: Row[Any]) -> dict[str, Any]:
    """What would be handed in: the form with the deputy as lead and those who agree."""
    agreed = [one.person_id for one in invited(conn, draft.id) if one.answer == "agreed"]
    return {**draft.form, "lead_proposer": draft.person_id, "source": "direct", "co_proposers": agreed}


def _answer(row: Row[Any], digest: str) -> Answer:
    if row.agreed is None:
        return "waiting"
    if row.digest != digest:
        return "changed"
    return "agreed" if row.agreed else "refused"
