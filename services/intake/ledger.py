"""The ledger 台账: what the records of the other services say about each matter.

A projection, nothing more: `apply` takes messages in any order and any number of times, `rebuild` wipes
it and replays the stored inbox messages to identical rows. It reads records, milestones, tasks and
deadlines only, so it keeps working however diagrams are rearranged.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from services.common import heirs
from services.contracts import envelopes
from services.contracts.codes import MATTER_STATES
from services.contracts.envelopes import Message
from services.intake import store, store_ledger
from services.intake import tables as t

_RANK: Final = {state: n for n, state in enumerate(MATTER_STATES)}
_BEGIN: Final = {**_RANK, "merged": _RANK["admitted"]}
"""Where a case begins that reaches this state first: one that is merged at once was about to hand over."""
_BATCH: Final = 500
GIVEN_BACK: Final = frozenset({"returned", "revoked", "withdrawn"})
"""Reasons after which a unit that had a task is no longer one of the matter's units by that task."""


@contextmanager
def lines_of(conn: Connection, messages: Sequence[Message]) -> Iterator[None]:
    """Lock the ledger lines of the matters these messages are about; recompute them once all are projected."""
    said = [message.data.get("matter_id") for message in messages if message.type in PROJECTORS]
    matters = sorted({matter_id for matter_id in said if matter_id is not None})
    for matter_id in matters:
        store_ledger.lock_line(conn, matter_id)
    yield
    for matter_id in matters:
        recompute(conn, matter_id)


def apply(conn: Connection, message: Message) -> None:
    """Take over one message and recompute the ledger line of its matter."""
    with lines_of(conn, [message]):
        project(conn, message)


def project(conn: Connection, message: Message) -> None:
    """Write what the message says into the `led_` rows; a case without a matter leaves no trace here."""
    if message.type == "package.published.v1" or message.data.get("matter_id") is not None:
        PROJECTORS[message.type](conn, message)


def touch(conn: Connection, matter_ids: Iterable[str]) -> None:
    """Lock and recompute the ledger lines of these matters."""
    for matter_id in matter_ids:
        store_ledger.lock_line(conn, matter_id)
        recompute(conn, matter_id)


def rebuild(conn: Connection) -> int:
    """Wipe the projection and replay every stored message; return how many. Runs in one transaction."""
    store_ledger.wipe(conn)
    matters = set(store.matter_ids(conn))
    count = last = 0
    while rows := store_ledger.handled(conn, tuple(PROJECTORS), last, _BATCH):
        for row in rows:
            message = envelopes.decode(row.headers, row.body, row.content_type)
            project(conn, message)
            if message.data.get("matter_id") is not None:
                matters.add(message.data["matter_id"])
        count, last = count + len(rows), rows[-1].id
    touch(conn, sorted(matters))
    return count


def is_open(task: Row[Any]) -> bool:
    """Say whether a task waits to be done; one that changed hands was closed, then opened again."""
    if task.opened_message is None:
        return False
    if task.closed_message is None:
        return True
    opened = store_ledger.order(task.opened_as_of, task.opened_message)
    return opened > store_ledger.order(task.closed_as_of, task.closed_message)


# --- what each message says ---------------------------------------------------------------------------------


def _case_opened(conn: Connection, message: Message) -> None:
    data = message.data
    values = {"process": data["process"], "process_version": data["process_version"]}
    store_ledger.put(conn, t.led_case, _key("case_id", data), "opened", message, values)


def _case_closed(conn: Connection, message: Message) -> None:
    values = {"outcome": message.data.get("outcome")}
    store_ledger.put(conn, t.led_case, _key("case_id", message.data), "closed", message, values)


def _task_opened(conn: Connection, message: Message) -> None:
    data = message.data
    same = ("element", "name", "public_name", "role", "unit", "person", "record", "deadline", "process_version")
    values = {**{name: data.get(name) for name in same}, "opened_at": _instant(data["opened_at"])}
    store_ledger.put(conn, t.led_task, _key("task_id", data), "opened", message, values)


def _task_closed(conn: Connection, message: Message) -> None:
    data = message.data
    values = {
        "closed_at": _instant(data["at"]),
        "closed_reason": data["reason"],
        "closed_by": data.get("by"),
        "successor_task_id": data.get("successor_task_id"),
    }
    store_ledger.put(conn, t.led_task, _key("task_id", data), "closed", message, values)


def _deadline_changed(conn: Connection, message: Message) -> None:
    _deadline_confirmed(conn, message)
    key, values = _key("deadline_id", message.data), {"first_due": _due(message)}
    store_ledger.put(conn, t.led_deadline, key, "first", message, values, keep="earliest")


def _due(message: Message) -> date | None:
    due = message.data.get("due")
    return datetime.fromisoformat(due).date() if due else None


def _deadline_confirmed(conn: Connection, message: Message) -> None:
    data = message.data
    same = ("name", "label", "unit", "state", "why", "rule", "calendar")
    values = {
        **{name: data.get(name) for name in same},
        "due": _due(message),
        "due_at": _instant(data.get("due_at")),
        "provisional": bool(data.get("provisional")),
    }
    store_ledger.put(conn, t.led_deadline, _key("deadline_id", data), "said", message, values)


def _record_added(conn: Connection, message: Message) -> None:
    data = message.data
    same = ("record", "data", "unit", "role", "actor", "element")
    extra = data["data"].get("extra") or None
    values = {**{name: data.get(name) for name in same}, "extra": extra, "at": _instant(data["at"])}
    store_ledger.put(conn, t.led_record, _key("record_id", data), "said", message, values)


def _milestone_reached(conn: Connection, message: Message) -> None:
    data = message.data
    row = {"message_id": message.id, "case_id": data["case_id"], "matter_id": data["matter_id"]}
    store_ledger.add_milestone(conn, {**row, "state": data["state"], "at": _instant(data["at"])})


def _package_published(conn: Connection, message: Message) -> None:
    same = ("locality", "year", "revision", "status", "roles", "classes", "labels")
    values = {**{name: message.data[name] for name in same}, **_optional(message.data)}
    store_ledger.put(conn, t.package, {"version": message.data["version"]}, "said", message, values)


def _optional(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data.get(name) for name in ("entries", "accepts", "interrupts")}


PROJECTORS: Final[Mapping[str, Callable[[Connection, Message], None]]] = {
    "case.opened.v1": _case_opened,
    "case.migrated.v1": _case_opened,  # the same facts, with the version it has now
    "case.closed.v1": _case_closed,
    "task.opened.v1": _task_opened,
    "task.closed.v1": _task_closed,
    "deadline.changed.v1": _deadline_changed,
    "deadline.confirmed.v1": _deadline_confirmed,
    "record.added.v1": _record_added,
    "milestone.reached.v1": _milestone_reached,
    "package.published.v1": _package_published,
}


def _key(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data[name], "case_id": data["case_id"], "matter_id": data["matter_id"]}


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# --- the line of a matter -----------------------------------------------------------------------------------


def recompute(conn: Connection, matter_id: str) -> None:
    """Derive a matter's ledger line and its units from its rows; the line must be locked."""
    matter = store.matter(conn, matter_id)
    tasks = store_ledger.rows_of(conn, t.led_task, [matter_id])
    state, state_at = _state(matter, store_ledger.rows_of(conn, t.led_milestone, [matter_id]))
    following = next_deadline(store_ledger.rows_of(conn, t.led_deadline, [matter_id]))
    line = {
        "state": state,
        "state_at": state_at,
        "outcome_class": _outcome_class(conn, matter_id),
        "next_due": following.due if following else None,
        "next_due_at": following.due_at if following else None,
        "next_deadline": following.deadline_id if following else None,
        "open_tasks": sum(is_open(task) for task in tasks),
        "published_at": _published_at(conn, matter),
        "key_at": _key_at(conn, matter_id),
    }
    store_ledger.put_line(conn, matter_id, line, _units(conn, matter_id, tasks))


def next_deadline(deadlines: Iterable[Row[Any]]) -> Row[Any] | None:
    """Pick the running deadline that ends first."""
    running = [row for row in deadlines if row.state in ("open", "moved") and row.due_at is not None]
    return min(running, key=lambda row: (row.due_at, row.deadline_id), default=None)


def in_order(milestones: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Sort milestones by time; at one instant by where their cases begin, then by their place in the case."""
    begins: dict[str, int] = {}
    for row in milestones:
        begins[row.case_id] = min(begins.get(row.case_id, len(_RANK)), _BEGIN[row.state])
    return sorted(
        milestones,
        key=lambda row: (row.at, begins[row.case_id], store_ledger.order(row.at, row.message_id)),
    )


def _state(matter: Row[Any] | None, milestones: Sequence[Row[Any]]) -> tuple[str, datetime | None]:
    if matter is not None and matter.withdrawn_at is not None:
        return "withdrawn", matter.withdrawn_at
    if milestones:
        last = in_order(milestones)[-1]
        return last.state, last.at
    return "submitted", matter.submitted_at if matter is not None else None


def _outcome_class(conn: Connection, matter_id: str) -> str | None:
    """Return the class of the latest issued reply; a draft's class is nobody's business yet."""
    said = [(row.issued_at, row.data.get("outcome_class")) for row in store.letters(conn, matter_id)]
    said += [(row.at, row.data.get("outcome_class")) for row in store_ledger.records_of(conn, [matter_id], ["reply"])]
    classes = sorted((at, value) for at, value in said if value)
    return classes[-1][1] if classes else None


def _published_at(conn: Connection, matter: Row[Any] | None) -> datetime | None:
    """Say since when a matter is public: when the newest decision on publication said so; None when it is not."""
    if matter is None or matter.secrecy != "none" or matter.withdrawn_at is not None:
        return None
    newest = store_ledger.newest(store_ledger.records_of(conn, [matter.id], ["publication"]))
    return newest.at if newest is not None and newest.data.get("decision") == "publish" else None


def _key_at(conn: Connection, matter_id: str) -> datetime | None:
    """Say since when a matter is a key matter; None when it is not."""
    said: list[datetime] = [row.at for row in store_ledger.records_of(conn, [matter_id], ["key_designation"])]
    return min(said, default=None)


def _units(conn: Connection, matter_id: str, tasks: Sequence[Row[Any]]) -> dict[str, str]:
    """Return the matter's units with their roles: those handed over to, and those that have or did a task.

    A unit whose return was granted, or that a change of mode left out, is out again unless it was handed over to later.
    """
    units = {task.unit: "" for task in tasks if task.unit and (is_open(task) or task.closed_reason not in GIVEN_BACK)}
    kinds = ("handover", "mode_change", "acceptance", "return_request", "return_decision")
    said = sorted(
        store_ledger.records_of(conn, [matter_id], kinds),
        key=lambda row: store_ledger.order(row.said_as_of, row.said_message),
    )
    returning = None
    for row in said:
        if row.record == "mode_change":
            units = {unit: role for unit, role in units.items() if not role}
        if row.record in ("handover", "mode_change"):
            units |= {share["unit"]: share["role"] for share in row.data.get("assignments", ())}
        elif row.record == "return_decision":
            role = units.pop(returning, "") if row.data.get("decision") == "accept" and returning else ""
            if row.data.get("new_unit"):
                units[row.data["new_unit"]] = role
        elif row.record == "return_request" or row.data.get("verdict") == "return_requested":
            returning = row.unit
    return _succeeded(conn, units)


def _succeeded(conn: Connection, units: dict[str, str]) -> dict[str, str]:
    """Let a unit's successor that works on the matter have the unit's role, the weightier if it has one of its own."""
    for unit, heir in heirs.of(conn, t.directory.unit, units.keys()).items():
        if heir in units:
            units[heir] = min(units.pop(unit), units[heir], key=_WEIGHT.index)
    return units


_WEIGHT: Final = ("lead", "separate_handler", "co_handler", "")
