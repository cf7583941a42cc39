"""Messages waiting to leave: written in the transaction that caused them, sent by the relay afterwards.

Rows are marked as published only after the confirm, and found by that mark: a relay that remembered a last
id would lose rows, because on PostgreSQL ids are not handed out in the order of commits. Messages of one
subject must be added under that subject's lock (case row, matter row), then their ids are in order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    or_,
    select,
)

from services.common import bells, writes
from services.common.bus import Outgoing
from services.common.db import Json, Utc
from services.contracts import envelopes
from services.contracts.envelopes import Message

_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in INTEGER PRIMARY KEY columns


def table(metadata: MetaData) -> Table:
    """The table `outbox`; `message_id` is unique, so a message for two destinations needs two ids."""
    outbox = Table(
        "outbox",
        metadata,
        Column("id", _Id, primary_key=True, autoincrement=True),
        Column("message_id", Text, nullable=False, unique=True),
        Column("type", Text, nullable=False),
        Column("source", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("target", Text),  # null = all who receive this type, else a connector's id
        Column("headers", Json(), nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("content_type", Text, nullable=False),
        Column("created_at", Utc, nullable=False),
        Column("published_at", Utc),
        sqlite_autoincrement=True,
    )
    waiting = outbox.c.published_at.is_(None)
    Index("ix_outbox_pending", outbox.c.id, postgresql_where=waiting, sqlite_where=waiting)
    return outbox


def add(conn: Connection, table: Table, message: Message, *, target: str | None = None, now: datetime) -> None:
    """Let a message leave with this transaction: to all who receive its type, or to the connector `target`.

    Raises `Malformed` when it cannot be encoded and IntegrityError when its id was used before.
    """
    add_all(conn, table, [(message, target)], now=now)


def add_all(conn: Connection, table: Table, messages: Iterable[tuple[Message, str | None]], *, now: datetime) -> None:
    """Let several messages leave, in this order, with one statement; pairs of message and target."""
    writes.run(conn, [leaving(conn, table, messages, now=now)])


def leaving(
    conn: Connection, table: Table, messages: Iterable[tuple[Message, str | None]], *, now: datetime
) -> writes.Write:
    """What `add_all` writes, for a transaction that has more to write."""
    rows = [_row(message, target, now) for message, target in messages]
    if rows:
        bells.promise(conn, bells.OUTBOX)
    return writes.adding(table), rows


def _row(message: Message, target: str | None, now: datetime) -> dict[str, Any]:
    wire = envelopes.encode(message)
    return {
        "message_id": message.id,
        "type": message.type,
        "source": message.source,
        "subject": message.subject,
        "target": target,
        "headers": wire.headers,
        "body": wire.body,
        "content_type": wire.content_type,
        "created_at": now,
    }


def pending(conn: Connection, table: Table, limit: int, *, skip: Collection[str] = ()) -> list[Outgoing]:
    """The oldest unpublished messages, in order; those for the connectors in `skip` are left out."""
    c = table.c
    columns = (c.message_id, c.type, c.subject, c.target, c.headers, c.body, c.content_type)
    statement = select(*columns).where(c.published_at.is_(None)).order_by(c.id).limit(limit)
    if skip:
        statement = statement.where(or_(c.target.is_(None), c.target.not_in(skip)))
    return [Outgoing(**row) for row in conn.execute(statement).mappings()]


def mark(conn: Connection, table: Table, message_ids: Iterable[str], now: datetime) -> None:
    """Note that these messages were confirmed at `now`."""
    conn.execute(table.update().where(table.c.message_id.in_(list(message_ids))).values(published_at=now))
