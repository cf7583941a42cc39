"""Many small writes that wait for no answer: on PostgreSQL they leave together, in one packet.

    writes.run(conn, [(insert(table), rows), (update(table).where(…), rows)])

SQLAlchemy renders each statement once; the transaction waits for the database once instead of once per statement.
SQLite has nobody to wait for; there they are carried out one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Table, Update, bindparam, insert
from sqlalchemy.dialects import postgresql, sqlite

from services.common import db, pending
from services.common.renderings import rendered

Write = tuple[Insert | Update | Delete, Sequence[Mapping[str, Any]]]
"""A statement without RETURNING and the values of its parameters, row by row, all rows with the same names."""


@cache
def adding(table: Table) -> Insert:
    """New rows of a table."""
    return insert(table).inline()


@cache
def adding_missing(table: Table, *, postgres: bool) -> Insert:
    """New rows of a table, but for those whose unique key is taken."""
    return (postgresql.insert if postgres else sqlite.insert)(table).inline().on_conflict_do_nothing()


@cache
def setting(table: Table, *, postgres: bool) -> Insert:
    """New rows of a table; where the primary key is taken its other columns are changed instead."""
    statement = (postgresql.insert if postgres else sqlite.insert)(table).inline()
    key = [column.name for column in table.primary_key]
    changed = {column.name: statement.excluded[column.name] for column in table.c if column.name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=changed)


@cache
def removing(table: Table) -> Delete:
    """Rows of a table by the parameter `b_id`."""
    return table.delete().where(table.c.id == bindparam("b_id"))


def run(conn: Connection, writes: Iterable[Write]) -> None:
    """Carry out every write that has rows, in order; raises what SQLAlchemy raises.

    Give the same statement object every time: it is rendered once. Defaults of columns made in Python are not applied.
    """
    defer(conn, writes)
    if db.is_postgres(conn):
        pending.send(conn)


def defer(conn: Connection, writes: Iterable[Write]) -> None:
    """As `run`, but on PostgreSQL they may leave, and fail, as late as with the COMMIT: one wait for all together."""
    todo = [(statement, rows) for statement, rows in writes if rows]
    if not db.is_postgres(conn):
        for statement, rows in todo:
            conn.execute(statement, [dict(row) for row in rows])
    elif todo:
        pending.add(conn, [(rendered(statement, conn.dialect, tuple(rows[0])), rows) for statement, rows in todo])
