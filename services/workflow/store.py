"""The hot path in SQL: lock a case, read its state, write everything a batch of steps changed.

A step costs one locking SELECT, one UPDATE and one multi-row statement per table it touches, however many
cases are in the batch. Reads for pages live beside the nouns; only what `cases.apply` needs is here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    LargeBinary,
    RowMapping,
    bindparam,
    func,
    select,
    update,
)

from services.common import bells, connectors, db, outbox, questions, writes
from services.contracts.envelopes import Message
from services.workflow import tables as t

Rows = list[dict[str, Any]]

_META = [c for c in t.case_.c if c.name != "state"]
# Joined, a case that another transaction migrates while we wait for its lock would be missing: PostgreSQL then looks
# at the case anew, but not at what it was joined with.
_DIAGRAMS = (
    select(t.package_version.c.diagrams)
    .where(t.package_version.c.version == t.case_.c.package_version)
    .scalar_subquery()
    .label("diagrams")
)
_MARK = connectors.mark(t.directory).label("connectors")
_LOCK = (
    select(*_META, t.matter.c.matter_no, t.matter.c.title, _DIAGRAMS, _MARK)
    .join(t.matter, t.matter.c.matter_id == t.case_.c.matter_id)
    .where(t.case_.c.id == bindparam("b_id"))
    .with_for_update(of=t.case_)
)
_STATE = select(t.case_.c.id, t.case_.c.state).where(t.case_.c.id.in_(bindparam("ids", expanding=True)))
_EARLIEST = (
    select(func.min(t.timer.c.due_at))
    .where(t.timer.c.case_id == bindparam("b_id"), t.timer.c.held.is_(False))
    .scalar_subquery()
)
_SAVE = (
    update(t.case_)
    .where(t.case_.c.id == bindparam("b_id"))
    .values(
        seq=bindparam("b_seq"),
        last_hash=bindparam("b_last_hash"),
        last_at=bindparam("b_last_at"),
        status=bindparam("b_status"),
        outcome=bindparam("b_outcome"),
        state_name=bindparam("b_state_name"),
        calendar_version=bindparam("b_calendar_version"),
        package_version=bindparam("b_package_version"),
        ended_at=bindparam("b_ended_at"),
        state=func.coalesce(bindparam("b_state", type_=LargeBinary), t.case_.c.state),
        state_seq=bindparam("b_state_seq"),
        next_due_at=_EARLIEST,
    )
)
_RESCHEDULE = update(t.case_).where(t.case_.c.id == bindparam("b_id")).values(next_due_at=_EARLIEST)
_CLOSE_TASK = (
    update(t.task)
    .where(t.task.c.id == bindparam("b_id"))
    .values(
        state="closed",
        reason=bindparam("b_reason"),
        closed_at=bindparam("b_closed_at"),
        closed_by=bindparam("b_closed_by"),
        closed_account=bindparam("b_account"),
        warnings=bindparam("b_warnings"),
    )
)
_CHANGE_TASK = (
    update(t.task)
    .where(t.task.c.id == bindparam("b_id"))
    .values(
        role=bindparam("b_role"),
        unit=bindparam("b_unit"),
        person=bindparam("b_person"),
        delegate=bindparam("b_delegate"),
        delegated_by=bindparam("b_delegated_by"),
        claimed_by=None,
        claimed_at=None,
    )
)
_MIGRATED = (
    *("element", "name", "process", "role", "unit", "person", "scope", "public_name", "form", "record"),
    *("accepts", "apart", "deadline", "deadline_id", "due", "due_at"),
)
_MIGRATE_TASK = (
    update(t.task)
    .where(t.task.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}", type_=t.task.c[name].type) for name in _MIGRATED})
)
_RENAME_VERSION = (
    update(t.task)
    .where(t.task.c.case_id == bindparam("b_case_id"), t.task.c.state == "open")
    .values(package_version=bindparam("b_version"))
)
_MOVE_DEADLINE = (
    update(t.deadline)
    .where(t.deadline.c.id == bindparam("b_id"))
    .values(
        state=bindparam("b_state"),
        unit=bindparam("b_unit"),
        due=bindparam("b_due"),
        due_at=bindparam("b_due_at"),
        why=bindparam("b_why"),
        provisional=bindparam("b_provisional"),
        calendar=bindparam("b_calendar"),
        rule=bindparam("b_rule"),
        cleared_at=None,
    )
)
_MOVE_TASKS = (
    update(t.task)
    .where(t.task.c.deadline_id == bindparam("b_id"), t.task.c.state == "open")
    .values(due=bindparam("b_due"), due_at=bindparam("b_due_at"))
)
_CLEAR_DEADLINE = (
    update(t.deadline)
    .where(t.deadline.c.id == bindparam("b_id"))
    .values(state="cleared", cleared_at=bindparam("b_cleared_at"))
)
_MATTER_STATE = (
    update(t.matter).where(t.matter.c.matter_id == bindparam("b_matter_id")).values(state=bindparam("b_state"))
)

_HOLD = update(t.timer).where(t.timer.c.id == bindparam("b_id")).values(held=True)

_DEADLINES = select(t.deadline).where(t.deadline.c.id.in_(bindparam("ids", expanding=True)))
_TASKS = select(t.task).where(t.task.c.id.in_(bindparam("ids", expanding=True)))
_TAKEN = select(t.subscription.c.name, t.subscription.c.key).where(
    t.subscription.c.name == bindparam("b_name"),
    t.subscription.c.key == bindparam("b_key"),
    t.subscription.c.scope == "",
    t.subscription.c.case_id != bindparam("b_case_id"),
)
_AWAITED = (
    select(t.subscription.c.id)
    .where(t.subscription.c.name == t.early_message.c.name, t.subscription.c.key == t.early_message.c.key)
    .exists()
)
_WAKE_ALL = update(t.early_message).where(t.early_message.c.state == "waiting", _AWAITED).values(state="ready")
_WAKE = _WAKE_ALL.where(t.early_message.c.name == bindparam("b_name"), t.early_message.c.key == bindparam("b_key"))
_OWN_KEY = t.early_message.c.case_id + "/"
_KEY_BEGINS = func.substr(t.early_message.c.key, 1, func.length(_OWN_KEY))
_LAPSE = (
    update(t.early_message)
    .where(
        t.early_message.c.state == "waiting",
        t.early_message.c.case_id == bindparam("b_id"),
        _KEY_BEGINS == _OWN_KEY,
    )
    .values(state="lapsed")
)


@dataclass(slots=True)
class Changes:
    """Everything a batch of steps wants written; rows as dicts, updates keyed by `b_…` parameters."""

    new_cases: Rows = field(default_factory=list)
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    stimuli: Rows = field(default_factory=list)
    documents: Rows = field(default_factory=list)
    deadlines: Rows = field(default_factory=list)
    deadlines_moved: Rows = field(default_factory=list)
    deadlines_cleared: Rows = field(default_factory=list)
    tasks: Rows = field(default_factory=list)
    tasks_closed: Rows = field(default_factory=list)
    tasks_changed: Rows = field(default_factory=list)
    tasks_migrated: Rows = field(default_factory=list)
    versions: Rows = field(default_factory=list)  # cases whose open tasks are now of another package version
    timers: dict[str, dict[str, Any]] = field(default_factory=dict)
    timers_cleared: list[str] = field(default_factory=list)
    timers_held: list[str] = field(default_factory=list)
    rescheduled: set[str] = field(default_factory=set)  # cases whose next due instant is to be found anew
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    unsubscribed: list[str] = field(default_factory=list)
    records: Rows = field(default_factory=list)
    early: Rows = field(default_factory=list)
    awaited: set[tuple[str, str]] = field(default_factory=set)  # (message, key) now waited for, or sent
    ended: list[str] = field(default_factory=list)  # cases that have come to their end
    matter_states: Rows = field(default_factory=list)
    messages: list[tuple[Message, str | None]] = field(default_factory=list)

    def clear_timer(self, timer_id: str) -> None:
        """Remove a timer, whether it is already stored or was only set in this batch."""
        self.timers.pop(timer_id, None)
        self.timers_cleared.append(timer_id)

    def keep_timer(self, timer_id: str) -> None:
        """A timer that could not be fired stays, held until its incident is retried."""
        self.timers_cleared.remove(timer_id)
        self.timers_held.append(timer_id)

    def unsubscribe(self, subscription_id: str) -> None:
        """Remove a subscription, whether it is already stored or was only made in this batch."""
        self.subscriptions.pop(subscription_id, None)
        self.unsubscribed.append(subscription_id)


def lock_cases(conn: Connection, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Lock the cases, always in the order of their ids, until the transaction ends.

    Rows by id without the state, plus number and title of the matter; an unknown id is missing.
    """
    return {row["id"]: row for row in questions.ask(conn, _LOCK, _ids(sorted(ids)))}


def states(conn: Connection, ids: Collection[str]) -> dict[str, bytes]:
    """The last snapshots by case id."""
    return {row.id: bytes(row.state) for row in conn.execute(_STATE, {"ids": list(ids)})}


def flush(conn: Connection, changes: Changes, now: datetime) -> None:
    """Write all changes. Order matters: what is waited for is released before it is waited for again."""
    writes.defer(conn, _writes(conn, changes, now))
    if changes.early or changes.awaited:
        bells.promise(conn, bells.WORK)
    if changes.timers:
        bells.promise(conn, bells.TIMERS)


def _writes(conn: Connection, changes: Changes, now: datetime) -> list[writes.Write]:
    postgres = db.is_postgres(conn)
    moved = [{k: row[k] for k in ("b_id", "b_due", "b_due_at")} for row in changes.deadlines_moved]
    return [
        (writes.adding(t.case_), changes.new_cases),
        (writes.adding(t.stimulus), changes.stimuli),
        (writes.adding_missing(t.document, postgres=postgres), changes.documents),
        (writes.adding(t.deadline), changes.deadlines),
        (_MOVE_DEADLINE, changes.deadlines_moved),
        (_CLEAR_DEADLINE, changes.deadlines_cleared),
        (writes.adding(t.task), changes.tasks),
        (_CHANGE_TASK, changes.tasks_changed),
        (_MIGRATE_TASK, changes.tasks_migrated),
        (_RENAME_VERSION, changes.versions),
        (_CLOSE_TASK, changes.tasks_closed),
        (_MOVE_TASKS, moved),
        (writes.removing(t.timer), _ids(changes.timers_cleared)),
        (writes.setting(t.timer, postgres=postgres), list(changes.timers.values())),
        (_HOLD, _ids(changes.timers_held)),
        (writes.removing(t.subscription), _ids(changes.unsubscribed)),
        (writes.adding(t.subscription), list(changes.subscriptions.values())),
        (writes.adding(t.record), changes.records),
        (writes.adding(t.early_message), changes.early),
        (_LAPSE, _ids(changes.ended)),  # what a case has sent to parts of its own that nobody reached is for nobody
        (_MATTER_STATE, changes.matter_states),
        (_SAVE, list(changes.cases.values())),
        (_RESCHEDULE, _ids(sorted(changes.rescheduled - changes.cases.keys()))),
        (_WAKE, [{"b_name": name, "b_key": key} for name, key in sorted(changes.awaited)]),
        outbox.leaving(conn, t.outbox_, changes.messages, now=now),
    ]


def _ids(ids: Iterable[str]) -> Rows:
    return [{"b_id": key} for key in ids]


def deadlines(conn: Connection, ids: Iterable[str]) -> Sequence[RowMapping]:
    """Deadline rows by id, in no particular order."""
    return conn.execute(_DEADLINES, {"ids": list(ids)}).mappings().all()


def tasks(conn: Connection, ids: Iterable[str]) -> Sequence[RowMapping]:
    """Task rows by id, in no particular order."""
    return conn.execute(_TASKS, {"ids": list(ids)}).mappings().all()


def due_timers(conn: Connection, case_id: str, until: datetime) -> Sequence[RowMapping]:
    """The case's timers due at or before `until`, earliest first, without the held ones."""
    return (
        conn.execute(
            select(t.timer)
            .where(t.timer.c.case_id == case_id, t.timer.c.due_at <= until, t.timer.c.held.is_(False))
            .order_by(t.timer.c.due_at, t.timer.c.id)
        )
        .mappings()
        .all()
    )


def next_case_number(conn: Connection, matter_id: str) -> int:
    """Count one more case of the matter and give its number (1, 2, …); locks the matter row."""
    statement = (
        update(t.matter)
        .where(t.matter.c.matter_id == matter_id)
        .values(cases=t.matter.c.cases + 1)
        .returning(t.matter.c.cases)
    )
    return int(conn.execute(statement).scalar_one())


def hold_timers(conn: Connection, ids: Sequence[str], *, held: bool = True) -> None:
    """Keep timers from firing while an incident is open, or let them fire again."""
    if ids:
        conn.execute(update(t.timer).where(t.timer.c.id.in_(ids)).values(held=held))


def taken(conn: Connection, case_id: str, names: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these (message, key) pairs another case already waits for alone."""
    rows = [{"b_name": name, "b_key": key, "b_case_id": case_id} for name, key in names]
    return {(row["name"], row["key"]) for row in questions.ask(conn, _TAKEN, rows)}


def wake_early(conn: Connection) -> None:
    """Mark all waiting messages as ready for which a case waits now."""
    conn.execute(_WAKE_ALL)
