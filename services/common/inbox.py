"""Messages that arrived: stored raw and once, handled in order, tried again, parked and replayed – all in
the database.

`store` runs in the consumer, before the message is acknowledged. `due` hands the oldest message of each
(channel, subject) to one worker: a later one waits until the earlier is done, rejected or parked. What
happens to a claimed message is decided in `handling.py`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Insert,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    Select,
    Table,
    Text,
    UniqueConstraint,
    Update,
    and_,
    bindparam,
    func,
    or_,
    select,
)

from services.common import bells, db, questions, writes
from services.common.bus import EVENTS, Incoming, topology
from services.common.db import Json, Utc
from services.contracts.envelopes import MAX_ATTRIBUTE

NEW, DONE, PARKED, REJECTED, DISCARDED = "new", "done", "parked", "rejected", "discarded"
MAX_ATTEMPTS = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 1, 600  # seconds
_CONFLICT = "duplicate_conflict"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_Id = BigInteger().with_variant(Integer, "sqlite")


def table(metadata: MetaData) -> Table:
    """The table `inbox`. `channel` is "events" or the connector that the queue proves; (channel,
    message_id) is unique.

    `code` on a new row is a verdict reached on arrival (same id with other content, unstorable, wrong
    sender); `received_at` is the instant that counts for every deadline.
    """
    inbox = Table(
        "inbox",
        metadata,
        Column("id", _Id, primary_key=True, autoincrement=True),
        Column("channel", Text, nullable=False),
        Column("message_id", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("headers", Json(), nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("content_type", Text),
        Column("digest", Text, nullable=False),
        Column("received_at", Utc, nullable=False),
        Column("state", Text, nullable=False, default=NEW),
        Column("attempts", Integer, nullable=False, default=0),
        Column("next_at", Utc),
        Column("code", Text),
        Column("error", Text),
        UniqueConstraint("channel", "message_id", name="uq_inbox_message"),
        sqlite_autoincrement=True,
    )
    new = inbox.c.state == NEW
    Index("ix_inbox_new", inbox.c.id, postgresql_where=new, sqlite_where=new)
    Index("ix_inbox_order", inbox.c.channel, inbox.c.subject, inbox.c.id, postgresql_where=new, sqlite_where=new)
    return inbox


def store(conn: Connection, table: Table, deliveries: Sequence[Incoming], now: datetime) -> list[int]:
    """Keep what arrived; returns the row ids of what was not known yet, in order.

    The same id with the same content is dropped; with other content it is kept under `<id>~<digest>` and
    rejected as `duplicate_conflict` when its turn comes. Never raises because of what a sender wrote.
    """
    bells.promise(conn, bells.WORK)
    rows = [_row(delivery, now) for delivery in deliveries]
    kept = questions.ask(conn, _storing(table, postgres=db.is_postgres(conn)), rows)
    fresh = {(row["channel"], row["message_id"]): int(row["id"]) for row in kept}
    ids = [fresh.pop((row["channel"], row["message_id"]), None) or _known(conn, table, row) for row in rows]
    return [key for key in ids if key is not None]


@cache
def _storing(table: Table, *, postgres: bool) -> Insert:
    """Rows whose channel and id are new; several go in one statement."""
    return writes.adding_missing(table, postgres=postgres).returning(table.c.id, table.c.channel, table.c.message_id)


def _known(conn: Connection, table: Table, row: dict[str, Any]) -> int | None:
    """An id that is taken: the same content is dropped, other content is kept beside it."""
    same = and_(table.c.channel == row["channel"], table.c.message_id == row["message_id"])
    if conn.scalar(select(table.c.digest).where(same)) == row["digest"]:
        return None
    other = {**row, "message_id": f"{row['message_id']}~{row['digest']}", "code": _CONFLICT}
    new = db.insert_ignore(conn, table, other, table.c.id)
    return None if new is None else int(new.id)


def _row(delivery: Incoming, now: datetime) -> dict[str, Any]:
    headers = {_clean(name): _clean(value) for name, value in delivery.headers.items()}
    digest = _digest(headers, delivery.body)
    message_id = headers.get("ce-id") or _clean(delivery.message_id or "")
    return {
        "channel": delivery.channel,
        "message_id": message_id if 0 < len(message_id) <= MAX_ATTRIBUTE else f"sha256:{digest}",
        "type": headers.get("ce-type", "")[:MAX_ATTRIBUTE],
        "subject": headers.get("ce-subject", "")[:MAX_ATTRIBUTE],
        "headers": headers,
        "body": delivery.body,
        "content_type": None if delivery.content_type is None else _clean(delivery.content_type),
        "digest": digest,
        "received_at": now,
        "state": NEW,
        "attempts": 0,
        "code": _verdict(delivery, headers),
    }


def _verdict(delivery: Incoming, headers: Mapping[str, str]) -> str | None:
    if headers != delivery.headers:
        return "malformed"
    if delivery.channel != EVENTS and not topology.may_speak(delivery.user_id, delivery.channel):
        return "not_permitted"
    return None


def _clean(text: str) -> str:
    """Text without the characters that PostgreSQL refuses: a hostile sender must not stop the consumer."""
    return _UNSTORABLE.sub("\ufffd", text)


def _digest(headers: Mapping[str, str], body: bytes) -> str:
    """Says whether two messages mean the same: order of keys and white space in the body don't matter."""
    try:
        content = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        content = body
    named = "\0".join(headers.get(f"ce-{name}", "") for name in ("type", "source", "subject"))
    return hashlib.sha256(named.encode() + b"\0" + content).hexdigest()


def due(conn: Connection, table: Table, now: datetime, limit: int) -> list[RowMapping]:
    """Lock and return due messages, oldest first, at most one per (channel, subject).

    `now` is real time, as `retry` used it. The locks end with the transaction. Workers on PostgreSQL pass
    over rows that others hold. What was locked is read again, since another worker may have finished it
    between the snapshot and the lock; fewer rows than `limit`, even none, may come back.
    """
    lock, read_again, read = _due_statements(table)
    if not db.is_postgres(conn):
        return list(conn.execute(read, {"now": now, "most": limit}).mappings())
    locked = list(conn.scalars(lock, {"now": now, "most": limit}))
    if not locked:
        return []
    return list(conn.execute(read_again, {"now": now, "locked": locked}).mappings())


@cache
def _due_statements(table: Table) -> tuple[Select[int], Select[Any], Select[Any]]:
    """Lock ids, read what was locked, read without locks: built once, since building costs more than running."""
    now = bindparam("now", type_=Utc)
    calm = or_(table.c.next_at.is_(None), table.c.next_at <= now)
    ready = and_(table.c.state == NEW, calm, _is_first(table))
    most = bindparam("most", type_=Integer)
    lock = select(table.c.id).where(ready).order_by(table.c.id).limit(most)
    locked = table.c.id.in_(bindparam("locked", expanding=True))
    return (
        lock.with_for_update(skip_locked=True, of=table),
        select(table).where(locked, ready).order_by(table.c.id),
        select(table).where(ready).order_by(table.c.id).limit(most),
    )


def _is_first(table: Table) -> ColumnElement[bool]:
    """No earlier undone message of the same sender about the same subject; without a subject there is no
    order."""
    earlier = table.alias("earlier")
    same = and_(earlier.c.channel == table.c.channel, earlier.c.subject == table.c.subject)
    exists = select(1).where(same, earlier.c.state == NEW, earlier.c.id < table.c.id).exists()
    return or_(table.c.subject == "", ~exists)


def followers(conn: Connection, table: Table, row: RowMapping, now: datetime, limit: int) -> list[RowMapping]:
    """The due messages that wait right behind a claimed one, in order: for a worker that takes a case at a
    time."""
    behind = and_(table.c.channel == row["channel"], table.c.subject == row["subject"], table.c.id > row["id"])
    ready = and_(table.c.state == NEW, behind)
    statement = select(table).where(ready).order_by(table.c.id).limit(limit)
    rows: list[RowMapping] = []
    for follower in conn.execute(statement).mappings():
        if follower["next_at"] is not None and follower["next_at"] > now:
            break
        rows.append(follower)
    return rows


def relock(conn: Connection, table: Table, row_id: int) -> RowMapping | None:
    """Lock one message that is still undone; None when another worker has finished it meanwhile."""
    statement = select(table).where(table.c.id == row_id, table.c.state == NEW).with_for_update()
    return conn.execute(statement).mappings().one_or_none()


def finish(conn: Connection, table: Table, ids: Collection[int]) -> None:
    """These messages are done, but for those that were parked while they were handled."""
    conn.execute(_finishing(table), {"ids": list(ids)})


@cache
def _finishing(table: Table) -> Update:
    return (
        table.update()
        .where(table.c.id.in_(bindparam("ids", expanding=True)), table.c.state == NEW)
        .values(state=DONE, error=None)
    )


def reject(conn: Connection, table: Table, row_id: int, code: str, error: str) -> None:
    """The message was refused and its sender told so."""
    conn.execute(table.update().where(table.c.id == row_id).values(state=REJECTED, code=code, error=error))


def park(conn: Connection, table: Table, row_id: int, code: str, error: str) -> None:
    """Put a message aside for an administrator; its followers no longer wait for it."""
    conn.execute(table.update().where(table.c.id == row_id).values(state=PARKED, code=code, error=error))


def park_known(conn: Connection, table: Table, channel: str, message_id: str, code: str, error: str) -> None:
    """Put a message aside that was taken in, or is handled just now, by its own id."""
    known = and_(table.c.channel == channel, table.c.message_id == message_id)
    conn.execute(table.update().where(known).values(state=PARKED, code=code, error=error))


def retry(conn: Connection, table: Table, row: RowMapping, error: str, now: datetime) -> bool:
    """A handler failed: try again 1, 2, 4 … 600 s after `now` (real time); the 8th failure parks (then
    False)."""
    attempts = row["attempts"] + 1
    pause = timedelta(seconds=min(_FIRST_PAUSE * 2 ** (attempts - 1), _LONGEST_PAUSE))
    values = {"attempts": attempts, "next_at": now + pause, "error": error}
    conn.execute(table.update().where(table.c.id == row["id"]).values(**values))
    if attempts >= MAX_ATTEMPTS:
        park(conn, table, row["id"], "failed", error)
    return bool(attempts < MAX_ATTEMPTS)


def replay(conn: Connection, table: Table, ids: Collection[int]) -> list[int]:
    """Give parked, rejected or discarded messages another try; returns the ids taken up.

    A conflicting duplicate stays what it is: its id belongs to the message that came first.
    """
    may = and_(
        table.c.id.in_(ids),
        table.c.state.in_((PARKED, REJECTED, DISCARDED)),
        func.coalesce(table.c.code, "") != _CONFLICT,
    )
    fresh = {"state": NEW, "attempts": 0, "next_at": None, "code": None, "error": None}
    return sorted(conn.scalars(table.update().where(may).values(**fresh).returning(table.c.id)))


def discard(conn: Connection, table: Table, ids: Collection[int]) -> list[str]:
    """Nothing is to come of these parked or rejected messages; the ids of those. They stay, and may be replayed."""
    may = and_(table.c.id.in_(ids), table.c.state.in_((PARKED, REJECTED)))
    found = conn.scalars(table.update().where(may).values(state=DISCARDED).returning(table.c.message_id))
    return sorted(found)
