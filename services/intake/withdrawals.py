"""Withdrawing a matter 撤回: in writing, by its lead deputy, until the reply was issued.

A matter of one proposer is withdrawn at once. For a joint matter the process may want the co-signers heard: where
its package has an entry for `withdrawal.requested`, the lead deputy only asks, and the diagram answers with
`matter.withdrawn` or `withdrawal.refused`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from services.common.problems import Problem
from services.intake import announcements, ledger, letters, merges, packages, store, submissions
from services.intake.problems import field_errors

ENTRY: Final = "withdrawal.requested"
MAIN_WITHDRAWN: Final = "主件已撤回，恢复单独办理。"
LEFT: Final = "本件已撤回，退出并案。"


def ask(conn: Connection, matter_id: str, *, person_id: str | None, reason: str, now: datetime) -> bool:
    """Withdraw a matter, or ask for it where its co-signers are to be heard; say whether it is withdrawn.

    `person_id` is the deputy who asks, None when the congress office enters a letter. Raises `Problem`:
    unknown_matter, not_lead_proposer, whatever `hindrance` names, or invalid_form (no reason).
    """
    row = merges.lock(conn, matter_id)
    if person_id is not None and row.lead_proposer != person_id:
        raise Problem("not_lead_proposer", 403)
    if (code := hindrance(conn, row)) is not None:
        raise Problem(code, 409)
    reason = submissions.tidy(reason)
    if faults := submissions.check_reason(reason):
        raise Problem("invalid_form", 422, errors=field_errors(faults))
    if needs_consent(conn, row):
        _request(conn, row, reason, now)
        return False
    _withdraw(conn, row.id, reason, now)
    data = {"matter_id": row.id, "reason": reason, "withdrawn_at": now.isoformat()}
    announcements.send(conn, "matter.withdrawn.v1", data, f"{row.id}.withdrawn", now)
    return True


def hindrance(conn: Connection, matter: Row[Any]) -> str | None:
    """Say why a matter can no longer be withdrawn: the code of a problem, or None when it can."""
    if matter.withdrawn_at is not None:
        return "already_withdrawn"
    if matter.withdrawal_requested_at is not None:
        return "withdrawal_pending"
    if letters.has_reply(conn, matter.id):
        return "already_replied"
    return "already_completed" if store.state_of(conn, matter.id) == "not_admitted" else None


def needs_consent(conn: Connection, matter: Row[Any]) -> bool:
    """Whether the process hears the co-signers before this matter is withdrawn."""
    if len(store.proposers(conn, matter.id)) < 2:
        return False
    package = packages.of(conn, matter)
    return package is not None and ENTRY in (package.entries or {})


def take(conn: Connection, data: Mapping[str, Any], now: datetime) -> None:
    """Take over that a diagram withdrew a matter; our own announcement coming back changes nothing."""
    row = merges.lock(conn, data["matter_id"])
    if row.withdrawn_at is None:
        at = datetime.fromisoformat(data["withdrawn_at"])
        _withdraw(conn, row.id, row.withdrawal_reason or data["reason"], min(at, now))


def refuse(conn: Connection, data: Mapping[str, Any], now: datetime) -> None:
    """Take over that the request was refused: handling goes on, and the deputy reads why."""
    row = store.lock_matter(conn, data["matter_id"])
    if row is None:
        raise Problem("unknown_matter", 404)
    if row.withdrawal_requested_at is not None:
        refusal = {"withdrawal_refused_at": now, "withdrawal_refusal": data["reason"]}
        store.change_matter(conn, row.id, {"withdrawal_requested_at": None, **refusal})


def _request(conn: Connection, row: Row[Any], reason: str, now: datetime) -> None:
    asked = {"withdrawal_requested_at": now, "withdrawal_reason": reason}
    store.change_matter(conn, row.id, {**asked, "withdrawal_refused_at": None, "withdrawal_refusal": None})
    lead = store.proposers(conn, row.id)[0]
    by = {"id": lead.person_id, "name": lead.name}
    data = {"matter_id": row.id, "reason": reason, "requested_at": now.isoformat(), "by": by}
    key = f"{row.id}.withdrawal.{now.isoformat()}"  # after a refusal the deputy may ask again
    announcements.send(conn, "withdrawal.requested.v1", data, key, now)


def _withdraw(conn: Connection, matter_id: str, reason: str, at: datetime) -> None:
    values = {"withdrawn_at": at, "withdrawal_reason": reason, "withdrawal_requested_at": None}
    store.change_matter(conn, matter_id, values)
    merges.dissolve(conn, matter_id, MAIN_WITHDRAWN, at)
    merges.leave(conn, matter_id, LEFT, at)
    ledger.touch(conn, [matter_id])
