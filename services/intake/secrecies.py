"""Secrecy 密级 of a matter that has been submitted: raised or lowered by an office, with a reason, kept for ever.

The change counts here at once. The process learns of it by `matter.secrecy_changed`: where its package has an entry
for that message, what was published is taken down in due form.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from services.common.auth import Actor
from services.common.problems import Problem
from services.intake import announcements, ledger, publications, store, submissions
from services.intake.problems import field_errors
from services.intake.submissions import Fault

GRANTS: Final = ("publication.decide", "matters.register")
"""Either lets an office change the secrecy of a matter it sees."""
KEPT: Final = ("none", "internal")
"""What a matter in this system may be; a classified one is handled offline."""


def change(conn: Connection, matter_id: str, form: Mapping[str, Any], actor: Actor, now: datetime) -> str:
    """Give a matter the `secrecy` of the form for its `reason`, keep the change, announce it; return the new one.

    Raises `Problem`: unknown_matter, classified_refused, secrecy_unchanged or invalid_form, the last three with the
    wrong fields.
    """
    row = store.lock_matter(conn, matter_id)
    if row is None:
        raise Problem("unknown_matter", 404)
    secrecy, reason = submissions.tidy(form.get("secrecy")), submissions.tidy(form.get("reason"))
    _check(row, secrecy, reason)
    said = {
        "before": row.secrecy,
        "secrecy": secrecy,
        "published": publications.is_public(conn, row),
        "reason": reason,
    }
    by = {"id": actor.person_id or actor.account_id, "name": actor.name}
    store.change_matter(conn, row.id, {"secrecy": secrecy})
    number = store.insert_secrecy_change(conn, row.id, {**said, "changed_at": now, "actor": by})
    ledger.touch(conn, [row.id])
    data = {"matter_id": row.id, **said, "changed_at": now.isoformat(), "by": by}
    announcements.send(conn, "matter.secrecy_changed.v1", data, f"{row.id}.secrecy.{number}", now)
    return str(secrecy)


def _check(row: Row[Any], secrecy: Any, reason: Any) -> None:
    if "classified" in (secrecy, row.secrecy):
        raise _refusal("classified_refused", 422)
    faults = [] if secrecy in KEPT else [Fault("secrecy", "invalid" if secrecy else "required")]
    faults += submissions.check_reason(reason)
    if faults:
        raise Problem("invalid_form", 422, errors=field_errors(faults))
    if secrecy == row.secrecy:
        raise _refusal("secrecy_unchanged", 409)


def _refusal(code: str, status: int) -> Problem:
    return Problem(code, status, errors=field_errors([Fault("secrecy", code)]))
