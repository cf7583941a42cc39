"""One way to talk to a database, the same on SQLite (embedded) and PostgreSQL (production).

Traps closed here: SQLite forgets time zones, begins transactions late and ignores row locks; PostgreSQL
reports rowcount -1 for ON CONFLICT and refuses NUL in JSON. Hot paths use SQLAlchemy Core.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Dialect,
    Engine,
    Row,
    Table,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.types import TypeDecorator

from services.common import bells, logs, pending
from services.common.clock import monotonic, sleep

_BUSY_MS = 30_000
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_log = logs.get(__name__)
_writers: dict[str, Lock] = {}


class Utc(TypeDecorator[datetime]):
    """An instant: aware in, aware UTC out, on both databases; a naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware → UTC; SQLite keeps it without a zone, as text that sorts by time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  SQLAlchemy's signature
    ) -> datetime | None:
        """What the database gives back, as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def Json() -> JSON:  # noqa: N802  reads as the column type it makes
    """A JSON column (JSONB on PostgreSQL: key order is not kept). None is SQL NULL. Text with NUL is
    refused."""
    return JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def _dumps(value: Any) -> str:
    data = orjson.dumps(value)
    if b"\\u0000" in data and _NUL.search(data):
        raise ValueError("JSON text may not contain NUL")  # PostgreSQL refuses it; so do we, everywhere
    return data.decode()


def connect(url: str) -> Engine:
    """An engine for `url`; nothing is opened yet.

    Every transaction of an SQLite engine is BEGIN IMMEDIATE (a read that turns into a write would fail at
    once with "database is locked"), durable (WAL, synchronous=FULL) and checks foreign keys. `read` takes
    no write lock.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(url)
    engine = create_engine(url, json_serializer=_dumps, json_deserializer=orjson.loads, pool_pre_ping=True)
    pending.watch(engine)
    return engine


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, json_serializer=_dumps, json_deserializer=orjson.loads)

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # we begin ourselves; the driver would begin too late
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin_at_once(conn: Connection) -> None:
        only_read = bool(conn.get_execution_options().get("only_read"))
        if conn.info.get("only_read") is not only_read:
            conn.exec_driver_sql(f"PRAGMA query_only={int(only_read)}")
            conn.info["only_read"] = only_read
        conn.exec_driver_sql("BEGIN" if only_read else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def begin(engine: Engine) -> Iterator[Connection]:
    """A read-write transaction: commits at the end of the block, rolls back on an exception."""
    with engine.connect() as conn, transaction(conn):
        yield conn


@contextmanager
def transaction(conn: Connection) -> Iterator[None]:
    """As `begin`, on a connection that is open already. The loops that were promised work are woken at its end."""
    try:
        with _turn(conn), conn.begin():
            yield
    finally:
        bells.ring_promised(conn)


def _turn(conn: Connection) -> AbstractContextManager[object]:
    """On SQLite writers of one process queue for their turn: left to itself, SQLite sleeps between tries."""
    place = conn.engine.url.database
    if conn.dialect.name != "sqlite" or place in (None, "", ":memory:"):
        return nullcontext()
    return _writers.setdefault(str(place), Lock())


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: blocks nobody and waits for nobody; a write in it is an error.

    All its statements see one state, that of its first: what is counted together fits together.
    """
    with engine.connect() as conn:
        one_state = {"isolation_level": "REPEATABLE READ"} if is_postgres(conn) else {}
        conn = conn.execution_options(only_read=True, postgresql_readonly=True, **one_state)
        with conn.begin():
            yield conn


def insert_ignore(
    conn: Connection,
    table: Table,
    row: Mapping[str, Any],
    returning: Column[Any] | Sequence[Column[Any]] = (),
) -> Row[Any] | None:
    """Insert `row` unless a unique key already exists; the `returning` columns (default: primary key), or
    None.

    Decided by RETURNING: rowcount is -1 on PostgreSQL for both outcomes.
    """
    columns = list(returning) if isinstance(returning, Sequence) else [returning]
    statement = _insert(conn, table).on_conflict_do_nothing().returning(*(columns or table.primary_key.columns))
    return conn.execute(statement, dict(row)).first()


def upsert(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    """Insert `rows` (all with the same columns), or update the other columns where `key` (unique) exists."""
    if not rows:
        return
    statement = _insert(conn, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    if changed:
        conn.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed), [dict(r) for r in rows])
    else:
        conn.execute(statement.on_conflict_do_nothing(index_elements=list(key)), [dict(r) for r in rows])


def _insert(conn: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if is_postgres(conn) else sqlite.insert(table)


def is_postgres(conn: Connection) -> bool:
    """True on PostgreSQL, False on SQLite."""
    return conn.dialect.name == "postgresql"


def ping(engine: Engine) -> None:
    """Ask the database for a sign of life; raises SQLAlchemy's OperationalError."""
    with engine.connect() as conn:
        conn.execute(text("SELECT 1"))


class Unreachable(Exception):
    """数据库无法连接。The database could not be reached in time."""


def wait(engine: Engine, timeout: float = 60.0) -> None:
    """Wait until the database answers, one log line per try; raises `Unreachable` after `timeout` seconds."""
    where = engine.url.render_as_string(hide_password=True)
    prepare_directory(engine)
    deadline, delay = monotonic() + timeout, 0.25
    while True:
        try:
            return ping(engine)
        except (OperationalError, DBAPIError) as error:
            left = deadline - monotonic()
            reason = str(error.orig).strip()
            if left <= 0:
                message = f"数据库在 {timeout:g} 秒内没有应答：{where} / the database did not answer: {reason}"
                raise Unreachable(message) from error
            _log.warning("database_wait", database=where, seconds_left=round(left, 1), reason=reason)
            sleep(min(delay, left))
            delay = min(delay * 2, 5.0)


def prepare_directory(engine: Engine) -> None:
    """Make the directory of an SQLite file; SQLite creates files, not directories."""
    if engine.dialect.name == "sqlite" and engine.url.database not in (None, "", ":memory:"):
        Path(str(engine.url.database)).parent.mkdir(parents=True, exist_ok=True)
