"""What happened to one matter, in order, for the eyes of one reader.

A deputy sees every stage of his or her own matter, but not what is internal to offices and units; a unit sees its own
inside and not another's (`sights`). Ratings stay sealed for everybody but their deputy and the congress office until
their round is closed (`seals`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row

from services.common.sights import Sight
from services.intake import ledger, seals, store, store_ledger, store_merges
from services.intake import tables as t
from services.intake.seals import Eyes

_LAST: Final = "\uffff"
"""Stands where no message is known, after every other at the same instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whose eyes: what they see of the matter, and who it is, where it is a deputy.

    `sees_ratings`: whether ratings are open to them before their round is closed.
    """

    sees: Sight
    person_id: str | None = None
    sees_ratings: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened. `code` is a state, record type or close reason; `data` the record's fields.

    `id` is that of the record, where it is one.
    """

    at: datetime
    kind: Literal["submitted", "state", "task", "record", "letter", "secrecy", "withdrawn", "merged", "separated"]
    code: str
    title: str = ""
    unit: str | None = None
    actor: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An open task: what is to be done, by which role of which unit, until when and why then.

    `person`: the one it is for, where it is for one and the reader may know.
    """

    title: str
    role: str
    unit: str | None
    person: str | None
    opened_at: datetime
    due: date | None
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A deadline of the matter with its reasons; `first_due` keeps the date it began with."""

    label: str
    unit: str | None
    state: str
    due: date | None
    first_due: date | None
    why: tuple[str, ...]
    provisional: bool
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything a reader sees of a matter's way."""

    events: Sequence[Event]
    waiting: Sequence[Waiting]
    limits: Sequence[Limit]


def tell(conn: Connection, matter: Row[Any], reader: Reader, now: datetime) -> Story:
    """Put together the story of a matter."""
    tasks = [row for row in store_ledger.rows_of(conn, t.led_task, [matter.id]) if _shown(row, reader)]
    limits = store_ledger.rows_of(conn, t.led_deadline, [matter.id])
    return Story(
        events=_events(conn, matter, tasks, reader),
        waiting=[_waiting(row, reader) for row in tasks if ledger.is_open(row)],
        limits=_limits([row for row in limits if reader.sees.knows(row.name, row.unit)], now),
    )


def _events(conn: Connection, matter: Row[Any], tasks: Sequence[Row[Any]], reader: Reader) -> list[Event]:
    """Sort what happened by time; at one instant by the steps of its case, within a step acts before states."""
    milestones = store_ledger.rows_of(conn, t.led_milestone, [matter.id])
    records = store_ledger.rows_of(conn, t.led_record, [matter.id])
    titles = {(row.element, row.unit): _title(row, reader) for row in tasks}
    sealed = seals.sealed(conn, [matter.id], Eyes(person_id=reader.person_id, sees_all=reader.sees_ratings))
    told = [
        ("", Event(at=matter.submitted_at, kind="submitted", code="submitted")),
        *[(row.closed_message, _done(row, reader)) for row in tasks if _is_told(row)],
        *[(row.said_message, _recorded(row, titles, reader)) for row in records if _is_open(row, sealed, reader)],
        *[(row.message_id or _LAST, _letter(row)) for row in store.letters(conn, matter.id)],
        *[(row.message_id, _reached(row)) for row in ledger.in_order(milestones) if row.state != "submitted"],
        *[(_LAST, _reclassified(row)) for row in store.secrecy_changes(conn, matter.id)],
        *[(_LAST, _merged(row, matter)) for row in store_merges.changes(conn, matter.id)],
    ]
    if matter.withdrawn_at is not None:
        reason = matter.withdrawal_reason
        told.append((_LAST, Event(at=matter.withdrawn_at, kind="withdrawn", code="withdrawn", title=reason)))
    return [event for _, event in sorted(told, key=lambda pair: store_ledger.order(pair[1].at, _step(pair[0])))]


def _step(message_id: str) -> str:
    """The step `<case>.<seq>` that sent a message `<case>.<seq>.<n>`."""
    return message_id.rpartition(".")[0] or message_id


def _shown(task: Row[Any], reader: Reader) -> bool:
    return bool(_title(task, reader))


def _title(task: Row[Any], reader: Reader) -> str:
    """A step's own name for those who see it, for others the public stage it belongs to."""
    own = task.name if reader.sees.covers(task.unit) else None
    return str(own or task.public_name or "")


def _is_told(task: Row[Any]) -> bool:
    """A task that ended, unless the record it left tells of it already (or is none of the reader's business)."""
    over = task.closed_at is not None and not ledger.is_open(task)
    return over and (task.closed_reason != "done" or task.record is None)


def _is_open(record: Row[Any], sealed: frozenset[str], reader: Reader) -> bool:
    return record.record_id not in sealed and reader.sees.reads(record.record, record.unit)


def _done(task: Row[Any], reader: Reader) -> Event:
    return Event(
        at=task.closed_at,
        kind="task",
        code=task.closed_reason,
        title=_title(task, reader),
        unit=task.unit,
        actor=_actor(task.closed_by, task.unit, reader),
    )


def _reached(row: Row[Any]) -> Event:
    return Event(at=row.at, kind="state", code=row.state)


def _actor(actor: Mapping[str, Any] | None, unit: str | None, reader: Reader) -> str:
    """Who acted, for those who see the unit's inside or did it themselves; for others the unit did."""
    known = actor or {}
    own = reader.person_id is not None and known.get("person") == reader.person_id
    return known.get("name") or "" if own or reader.sees.covers(unit) else ""


def _recorded(record: Row[Any], titles: Mapping[tuple[str, str | None], str], reader: Reader) -> Event:
    return Event(
        at=record.at,
        kind="record",
        code=record.record,
        title=titles.get((record.element, record.unit)) or "",
        unit=record.unit,
        actor=_actor(record.actor, record.unit, reader),
        data=record.data,
        id=record.record_id,
    )


def _letter(row: Row[Any]) -> Event:
    title = row.data.get("title") or row.data.get("doc_no") or ""
    return Event(at=row.issued_at, kind="letter", code=row.id, title=title, unit=row.unit, data=row.data)


def _reclassified(row: Row[Any]) -> Event:
    said = {"before": row.before, "secrecy": row.secrecy, "published": row.published}
    return Event(
        at=row.changed_at, kind="secrecy", code=row.secrecy, title=row.reason, actor=row.actor["name"], data=said
    )


def _merged(row: Row[Any], matter: Row[Any]) -> Event:
    """`data` names the other side: the main matter, or what was merged into this one (`joined`)."""
    joined = row.main_id == matter.id
    return Event(
        at=row.changed_at,
        kind="merged" if row.merged else "separated",
        code="merged" if row.merged else "separated",
        title=row.reason,
        actor=row.actor["name"] if row.actor else "",
        data={"joined": joined, "no": row.no if joined else row.main_no},
    )


def _waiting(task: Row[Any], reader: Reader) -> Waiting:
    deadline = task.deadline or {}
    return Waiting(
        title=_title(task, reader),
        role=task.role or "",
        unit=task.unit,
        person=task.person if reader.sees.covers(task.unit) or task.person == reader.person_id else None,
        opened_at=task.opened_at,
        due=date.fromisoformat(deadline["due"]) if deadline.get("due") else None,
        why=tuple(deadline.get("why") or ()),
    )


def _limits(rows: Sequence[Row[Any]], now: datetime) -> list[Limit]:
    """Running deadlines first, each group by date."""
    limits = [
        Limit(
            label=row.label or row.name,
            unit=row.unit,
            state=row.state,
            due=row.due,
            first_due=row.first_due,
            why=tuple(row.why or ()),
            provisional=bool(row.provisional),
            overdue=row.state != "cleared" and row.due_at is not None and row.due_at < now,
        )
        for row in rows
    ]
    return sorted(limits, key=lambda limit: (limit.state == "cleared", str(limit.due), limit.label))
