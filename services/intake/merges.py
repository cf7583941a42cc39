"""Merging 并案: matters handled together under a main one 主件 and replied to separately.

The main matter's case handles for all; each other one is taken out of its own handling by `matter.merged`, waits for
the main reply and gets a letter of its own. `matter.separated` takes it out of the group again. There are no chains: a
main matter is merged into none, and what is merged has none of its own.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from services.common.auth import Actor
from services.common.problems import Problem
from services.intake import announcements, letters, packages, store, store_ledger, store_merges, submissions
from services.intake.problems import field_errors
from services.intake.submissions import Fault

GRANT: Final = "matters.register"
"""Lets an office merge the matters it sees."""
MESSAGE: Final = "matter.merged"
MAIN_NOT_ADMITTED: Final = "主件不作为建议办理，恢复单独办理。"
_BEFORE: Final = frozenset({"draft", "submitted", "under_admission"})


def merge(
    conn: Connection, main_id: str, other_ids: Sequence[str], by: Actor, reason: Any, now: datetime
) -> Sequence[str]:
    """Merge matters into a main one; return their numbers. A main matter may get more later, until it has replied.

    Raises `Problem`: unknown_matter, invalid_form (reason or choice), or not_merged, the last two with a fault under
    `matters.<id>` for each matter that hinders it.
    """
    rows = store_merges.lock(conn, [main_id, *other_ids])
    if not {main_id, *other_ids} <= rows.keys():
        raise Problem("unknown_matter", 404)
    reason = submissions.tidy(reason)
    form = [*_choice(rows, main_id, other_ids), *submissions.check_reason(reason)]
    main, others = rows[main_id], [rows[one] for one in dict.fromkeys(other_ids) if one != main_id]
    hindered = [*_main_faults(conn, main), *(fault for other in others for fault in _other_faults(conn, other, main))]
    if form or hindered:
        code, status = ("not_merged", 409) if hindered else ("invalid_form", 422)
        raise Problem(code, status, errors=field_errors([*hindered, *form]))
    actor = {"id": by.person_id or by.account_id, "name": by.name}
    for other in others:
        store.change_matter(conn, other.id, {"merged_into": main.id})
        number = _keep(conn, other.id, main.id, reason, now, actor, merged=True)
        data = {"matter_id": other.id, "main": _named(main), "reason": reason, "merged_at": now.isoformat()}
        announcements.send(conn, "matter.merged.v1", {**data, "by": actor}, f"{other.id}.merged.{number}", now)
    return [other.no for other in others]


def separate(conn: Connection, matter_id: str, by: Actor, reason: Any, now: datetime) -> str:
    """Take a matter out of its group, so that it is handled by itself; return the main one's number.

    Raises `Problem`: unknown_matter, what `bond` names, or invalid_form (no reason).
    """
    row = store.lock_matter(conn, matter_id)
    if row is None:
        raise Problem("unknown_matter", 404)
    if (code := bond(conn, row)) is not None:
        raise Problem(code, 409)
    reason = submissions.tidy(reason)
    if faults := submissions.check_reason(reason):
        raise Problem("invalid_form", 422, errors=field_errors(faults))
    actor = {"id": by.person_id or by.account_id, "name": by.name}
    return str(_separate(conn, row, reason, now, actor).no)


def bond(conn: Connection, matter: Row[Any]) -> str | None:
    """Say why a matter cannot be taken out of a group: the code of a problem, or None when it can.

    It can while it waits; once the main one has its reply, its own is on the way.
    """
    if matter.merged_into is None:
        return "not_in_group"
    since = store_merges.last_merged(conn, matter.id)
    reached = {row.state for row in store_ledger.milestones_of(conn, matter.id) if since and row.at >= since.changed_at}
    goes_on = "merged" in reached and store.state_of(conn, matter.id) != "merged"
    replied = letters.has_reply(conn, matter.merged_into) or letters.has_reply(conn, matter.id)
    return "reply_begun" if goes_on or replied else None


def freed(conn: Connection, matter: Row[Any]) -> Row[Any] | None:
    """The change by which the system took a matter out of its group, until its unit is decided anew; else None."""
    if store.state_of(conn, matter.id) not in ("merged", "pre_handover") or matter.merged_into is not None:
        return None
    last = next((row for row in reversed(store_merges.changes(conn, matter.id)) if row.matter_id == matter.id), None)
    return last if last is not None and not last.merged and last.actor is None else None


def hindrance(conn: Connection, matter: Row[Any]) -> str | None:
    """Say why a matter can neither be merged nor get others: the code of a fault, or None when it can."""
    return "merge_elsewhere" if matter.merged_into is not None else _hindrance(conn, matter)


def lock(conn: Connection, matter_id: str) -> Row[Any]:
    """The matter, locked with those merged into it. Raises `Problem` unknown_matter."""
    group = [matter_id, *(row.id for row in store_merges.others(conn, matter_id))]
    rows = store_merges.lock(conn, group)
    if matter_id not in rows:
        raise Problem("unknown_matter", 404)
    return rows[matter_id]


def dissolve(conn: Connection, main_id: str, reason: str, now: datetime) -> None:
    """Take every matter out of the group of a main one that is not handled any more."""
    others = [row.id for row in store_merges.others(conn, main_id)]
    for row in store_merges.lock(conn, others).values():
        if row.merged_into == main_id:
            _separate(conn, row, reason, now, None)


def leave(conn: Connection, matter_id: str, reason: str, now: datetime) -> None:
    """Take a locked matter that is withdrawn itself out of its group; its process hears of the withdrawal alone."""
    row = store.matter(conn, matter_id)
    if row is not None and row.merged_into is not None:
        _part(conn, row, reason, now, None)


def _separate(conn: Connection, row: Row[Any], reason: str, now: datetime, actor: Mapping[str, Any] | None) -> Row[Any]:
    main, number = _part(conn, row, reason, now, actor)
    data = {"matter_id": row.id, "main": _named(main), "reason": reason, "separated_at": now.isoformat()}
    announcements.send(conn, "matter.separated.v1", {**data, "by": actor}, f"{row.id}.separated.{number}", now)
    return main


def _part(
    conn: Connection, row: Row[Any], reason: str, now: datetime, actor: Mapping[str, Any] | None
) -> tuple[Row[Any], int]:
    main = store.matter(conn, row.merged_into)
    if main is None:
        raise LookupError(row.merged_into)  # matters are never deleted
    store.change_matter(conn, row.id, {"merged_into": None})
    return main, _keep(conn, row.id, main.id, reason, now, actor, merged=False)


def _keep(
    conn: Connection,
    matter_id: str,
    main_id: str,
    reason: str,
    now: datetime,
    actor: Mapping[str, Any] | None,
    *,
    merged: bool,
) -> int:
    change = {"main_id": main_id, "merged": merged, "reason": reason, "changed_at": now, "actor": actor}
    return store_merges.insert_change(conn, matter_id, change)


def _named(row: Row[Any]) -> dict[str, Any]:
    return {"matter_id": row.id, "matter_no": row.no, "title": row.title}


# --- what hinders -------------------------------------------------------------------------------------------


def _choice(rows: Mapping[str, Row[Any]], main_id: str, other_ids: Sequence[str]) -> list[Fault]:
    if not set(other_ids) - {main_id}:
        return [Fault("matters", "merge_too_few")]
    named = Counter([main_id, *other_ids])
    return [_fault(rows[one], "merge_twice") for one, count in named.items() if count > 1]


def _main_faults(conn: Connection, main: Row[Any]) -> list[Fault]:
    if main.merged_into is not None:
        above = store.matter(conn, main.merged_into)
        return [_fault(main, "merge_main_is_merged", main=_name(above) if above is not None else "")]
    return _faults(conn, main)


def _other_faults(conn: Connection, other: Row[Any], main: Row[Any]) -> list[Fault]:
    if (other.session_id, other.kind) != (main.session_id, main.kind):
        return [_fault(other, "merge_other_session")]
    if other.merged_into is not None:
        above = store.matter(conn, other.merged_into)
        return [_fault(other, "merge_elsewhere", main=_name(above) if above is not None else "")]
    if below := store_merges.others(conn, other.id):
        return [_fault(other, "merge_is_main", others="、".join(map(_name, below)))]
    return _faults(conn, other)


def _faults(conn: Connection, row: Row[Any]) -> list[Fault]:
    code = _hindrance(conn, row)
    return [_fault(row, code)] if code else []


def _hindrance(conn: Connection, row: Row[Any]) -> str | None:
    """What hinders a matter on either side."""
    if row.withdrawn_at is not None:
        return "merge_withdrawn"
    if row.withdrawal_requested_at is not None:
        return "merge_withdrawal_pending"
    if row.secrecy == "classified":
        return "merge_classified"
    state = store.state_of(conn, row.id)
    if state == "not_admitted":
        return "merge_not_taken_up"
    if row.no is None or state in _BEFORE:
        return "merge_not_admitted"
    if letters.has_reply(conn, row.id):
        return "merge_replied"
    return None if _is_drawn(conn, row) else "merge_not_drawn"


def _is_drawn(conn: Connection, matter: Row[Any]) -> bool:
    """Whether the process of a matter lets itself be interrupted by a merge."""
    package = packages.of(conn, matter)
    return package is not None and MESSAGE in (package.interrupts or ())


def _fault(row: Row[Any], code: str, **params: str) -> Fault:
    return Fault(f"matters.{row.id}", code, {"no": _name(row), **params})


def _name(row: Row[Any]) -> str:
    return str(row.no or row.title)
