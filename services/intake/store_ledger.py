"""SQL over what intake projects from messages. Every write may come twice and in any order."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, delete, func, insert, select, text, update

from services.common import db
from services.contracts.envelopes import Message
from services.intake import tables as t

Values = Mapping[str, Any]


def order(as_of: datetime, message_id: str) -> tuple[datetime, list[str | int]]:
    """Where a message stands among others: by time, then by the numbers in its id (`case.9` < `case.10`)."""
    parts = re.split(r"(\d+)", message_id)
    return as_of, [int(part) if n % 2 else part for n, part in enumerate(parts)]


def put(
    conn: Connection,
    table: Table,
    key: Values,
    facet: str,
    message: Message,
    values: Values,
    *,
    keep: Literal["latest", "earliest"] = "latest",
) -> None:
    """Write what a message said about one facet of a row, unless a later (earlier) message already spoke.

    `key` holds the primary key first, then the columns that never change for it.
    """
    said = {**values, f"{facet}_as_of": message.time, f"{facet}_message": message.id}
    column = table.c[next(iter(key))]
    if db.insert_ignore(conn, table, {**key, **said}, column) is not None:
        return
    where = column == key[column.name]
    known = conn.execute(select(table).where(where).with_for_update()).one()._mapping
    if known[f"{facet}_message"] is not None:
        before = order(known[f"{facet}_as_of"], known[f"{facet}_message"])
        after = order(message.time, message.id)
        if after == before or (after < before) != (keep == "earliest"):
            return
    conn.execute(update(table).where(where).values(**said))


def add_milestone(conn: Connection, row: Values) -> None:
    """Remember a milestone once."""
    db.insert_ignore(conn, t.led_milestone, dict(row), t.led_milestone.c.message_id)


def milestones_of(conn: Connection, matter_id: str) -> Sequence[Row[Any]]:
    """The milestones of a matter."""
    return rows_of(conn, t.led_milestone, [matter_id])


def version_of(conn: Connection, matter_id: str) -> str | None:
    """The process version of the newest case of a matter; None before its first."""
    case = t.led_case.c
    query = select(case.process_version).where(case.matter_id == matter_id, case.opened_as_of.is_not(None))
    return conn.scalar(query.order_by(case.opened_as_of.desc(), case.case_id.desc()).limit(1))


def lock_line(conn: Connection, matter_id: str) -> None:
    """Take the matter's ledger line until commit, so that its recomputation sees all messages before it."""
    blank = {"matter_id": matter_id, "state": "submitted", "open_tasks": 0}
    db.insert_ignore(conn, t.led_matter, blank, t.led_matter.c.matter_id)
    where = t.led_matter.c.matter_id == matter_id
    conn.execute(select(t.led_matter.c.matter_id).where(where).with_for_update()).one()


def put_line(conn: Connection, matter_id: str, line: Values, units: Mapping[str, str]) -> None:
    """Write a matter's ledger line and its units with their roles."""
    conn.execute(update(t.led_matter).where(t.led_matter.c.matter_id == matter_id).values(**line))
    conn.execute(delete(t.led_unit).where(t.led_unit.c.matter_id == matter_id))
    rows = [{"matter_id": matter_id, "unit": unit, "role": role} for unit, role in sorted(units.items())]
    if rows:
        conn.execute(insert(t.led_unit), rows)


def rows_of(
    conn: Connection, table: Table, matter_ids: Sequence[str], *conditions: ColumnElement[bool]
) -> Sequence[Row[Any]]:
    """The rows of a `led_` table about these matters, all or those that meet the conditions."""
    first = next(iter(table.primary_key))
    query = select(table).where(table.c.matter_id.in_(matter_ids), *conditions)
    return conn.execute(query.order_by(table.c.matter_id, first)).all()


def records_of(conn: Connection, matter_ids: Sequence[str], kinds: Sequence[str]) -> Sequence[Row[Any]]:
    """The records of some kinds about these matters."""
    query = select(t.led_record).where(t.led_record.c.matter_id.in_(matter_ids), t.led_record.c.record.in_(kinds))
    return conn.execute(query).all()


def units_of(conn: Connection, matter_id: str) -> set[str]:
    """The units a matter is with."""
    return set(conn.scalars(select(t.led_unit.c.unit).where(t.led_unit.c.matter_id == matter_id)))


def records_with_extra(conn: Connection, matter_ids: Select[Any]) -> Sequence[Row[Any]]:
    """The records with local fields about the matters of a query."""
    c = t.led_record.c
    return conn.execute(select(t.led_record).where(c.extra.is_not(None), c.matter_id.in_(matter_ids))).all()


def newest(records: Iterable[Row[Any]]) -> Row[Any] | None:
    """The record that was said last, or None."""
    return max(records, key=lambda row: order(row.said_as_of, row.said_message), default=None)


def record_counts(conn: Connection, matter_ids: Sequence[str], without: Collection[str]) -> dict[str, int]:
    """How many records there are about each of these matters, not counting some."""
    matter = t.led_record.c.matter_id
    counted = (matter.in_(matter_ids), t.led_record.c.record_id.not_in(without))
    query = select(matter, func.count()).where(*counted).group_by(matter)
    return {row[0]: row[1] for row in conn.execute(query)}


def packages(conn: Connection, versions: Sequence[str] | None = None) -> Sequence[Row[Any]]:
    """The process packages (all, or these versions), the newest first."""
    c = t.package.c
    query = select(t.package).order_by(c.year.desc(), c.revision.desc(), c.version)
    return conn.execute(query if versions is None else query.where(c.version.in_(versions))).all()


def wipe(conn: Connection) -> None:
    """Empty the projection; on PostgreSQL first keep every worker out until commit."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("LOCK TABLE led_matter, package IN EXCLUSIVE MODE"))
    for table in t.PROJECTION:
        conn.execute(delete(table))


def handled(conn: Connection, types: Sequence[str], after: int, limit: int) -> Sequence[Row[Any]]:
    """A slice of the stored inbox messages of some types that were handled, in the order of arrival."""
    inbox = t.inbox
    query = select(inbox).where(inbox.c.state == "done", inbox.c.type.in_(types), inbox.c.id > after)
    return conn.execute(query.order_by(inbox.c.id).limit(limit)).all()
