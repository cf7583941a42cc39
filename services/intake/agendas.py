"""What waits for a deputy: tasks of the process, such as rating a reply, and contacts to confirm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Row, select

from services.intake import ledger, store_ledger
from services.intake import tables as t

CONFIRMATION = "contact_confirmation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """A task that is for this deputy alone; where it is done belongs to workflow."""

    task_id: str
    name: str
    matter_id: str
    matter_title: str
    due: date | None
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact that a unit recorded and its lead deputy has not confirmed."""

    record_id: str
    case_id: str
    matter_id: str
    matter_title: str
    unit: str | None
    date: str

    @property
    def href(self) -> str:
        """Where it is confirmed."""
        return f"/workflow/cases/{self.case_id}/records/{CONFIRMATION}?contact={self.record_id}"


def tasks(conn: Connection, person_id: str) -> list[Todo]:
    """The open tasks of a deputy, the nearest deadline first."""
    query = (
        select(t.led_task, t.matter.c.title)
        .join(t.matter, t.matter.c.id == t.led_task.c.matter_id)
        .where(t.led_task.c.person == person_id)
    )
    found = [_todo(row) for row in conn.execute(query) if ledger.is_open(row)]
    return sorted(found, key=lambda todo: (todo.due is None, str(todo.due), todo.task_id))


def contacts(conn: Connection, person_id: str) -> list[Contact]:
    """The contacts a lead deputy may confirm, the latest first: where the process asks for it and goes on."""
    record, case = t.led_record.c, t.led_case.c
    query = (
        select(t.led_record, t.matter.c.title, case.process_version)
        .join(t.matter, t.matter.c.id == record.matter_id)
        .join(t.led_case, case.case_id == record.case_id)
        .where(t.matter.c.lead_proposer == person_id, case.closed_as_of.is_(None))
        .where(record.record.in_(("contact", CONFIRMATION)))
        .order_by(record.at.desc(), record.record_id)
    )
    rows = conn.execute(query).all()
    known = {row.data.get("contact") for row in rows if row.record == CONFIRMATION}
    asking = {row.version for row in store_ledger.packages(conn) if CONFIRMATION in (row.accepts or ())}
    return [_contact(row) for row in _unconfirmed(rows, known) if row.process_version in asking]


def _unconfirmed(rows: Sequence[Row], known: set[str | None]) -> list[Row]:  # type: ignore[type-arg]
    return [row for row in rows if row.record == "contact" and row.record_id not in known]


def _contact(row: Row) -> Contact:  # type: ignore[type-arg]
    return Contact(
        record_id=row.record_id,
        case_id=row.case_id,
        matter_id=row.matter_id,
        matter_title=row.title,
        unit=row.unit,
        date=str(row.data.get("date") or ""),
    )


def _todo(row: Row) -> Todo:  # type: ignore[type-arg]
    deadline = row.deadline or {}
    return Todo(
        task_id=row.task_id,
        name=row.public_name or row.name,
        matter_id=row.matter_id,
        matter_title=row.title,
        due=date.fromisoformat(deadline["due"]) if deadline.get("due") else None,
        why=tuple(deadline.get("why") or ()),
    )
