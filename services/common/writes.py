"""Many small writes that wait for no answer: on PostgreSQL they leave one after the other without a pause between them.

    writes.run(conn, [(insert(table), rows), (update(table).where(…), rows)])

SQLAlchemy renders each statement once; psycopg sends them in a pipeline (libpq's), so the transaction waits for the
database once instead of once per statement. SQLite has nobody to wait for; there they are carried out one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import psycopg
from sqlalchemy import Connection, Delete, Dialect, Insert, Table, Update, bindparam, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from services.common import db

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
    todo = [(statement, rows) for statement, rows in writes if rows]
    if not db.is_postgres(conn):
        for statement, rows in todo:
            conn.execute(statement, [dict(row) for row in rows])
    elif todo:
        _send(conn, [(_rendered(statement, conn.dialect, tuple(rows[0])), rows) for statement, rows in todo])


class _Rendered:
    """A statement as the driver takes it, and what is done with each value before."""

    def __init__(self, statement: Insert | Update | Delete, dialect: Dialect, names: tuple[str, ...]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
        self.sql = str(compiled)
        self.fixed = {name: value for name, value in compiled.params.items() if name not in names}
        types = {name: bind.type.dialect_impl(dialect) for bind, name in compiled.bind_names.items()}
        found = {name: type_.bind_processor(dialect) for name, type_ in types.items()}
        self.processors: dict[str, Callable[[Any], Any]] = {name: how for name, how in found.items() if how}
        self.fixed = {name: self.processors.get(name, _same)(value) for name, value in self.fixed.items()}
        self.open = {name: how for name, how in self.processors.items() if name in names}

    def values(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of one row."""
        return {**self.fixed, **row, **{name: how(row[name]) for name, how in self.open.items()}}


def _same(value: Any) -> Any:
    return value


@lru_cache(maxsize=256)
def _rendered(statement: Insert | Update | Delete, dialect: Dialect, names: tuple[str, ...]) -> _Rendered:
    return _Rendered(statement, dialect, names)


def _send(conn: Connection, todo: Sequence[tuple[_Rendered, Sequence[Mapping[str, Any]]]]) -> None:
    raw = conn.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)  # noqa: S101  for the type checker: `is_postgres` has asked
    try:
        with raw.pipeline(), raw.cursor() as cursor:
            for rendered, rows in todo:
                cursor.executemany(rendered.sql, [rendered.values(row) for row in rows])
    except psycopg.Error as error:
        lost = conn.dialect.is_disconnect(error, conn.connection, None)  # type: ignore[arg-type]
        if lost:
            conn.invalidate(error)
        text = todo[0][0].sql if len(todo) == 1 else None
        raise DBAPIError.instance(
            text, None, error, psycopg.Error, connection_invalidated=lost, dialect=conn.dialect
        ) from error
