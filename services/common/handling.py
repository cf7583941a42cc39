"""Waiting messages: decode, handle, answer – in one transaction with the state change.

Messages about one subject that wait behind each other are handled in one transaction, in their order; where one of
them fails, all are undone and each gets a transaction of its own.

What a handler raises decides: `Problem` below 500 or `Malformed` → rejected, with an answer to the sender;
anything else → rolled back and tried again later. A message that is not for this service is finished
silently.
"""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine, RowMapping, Table
from sqlalchemy.exc import DBAPIError

from services.common import db, inbox, logs, outbox, problems
from services.common.bus import EVENTS, topology
from services.common.clock import Clock, SystemClock
from services.common.problems import Problem
from services.contracts import envelopes
from services.contracts.envelopes import Malformed, Message
from services.contracts.rejections import REJECTIONS

_REJECTION = "message.rejected.v1"
_NUMBER_MAX = 100
RUN = 50
"""Messages about one subject that are handled in one transaction, at most."""
_ANSWERS = frozenset({_REJECTION, "command.accepted.v1"})  # never answered, or two services would argue for ever
_LONG = 2000  # characters of the explanation
_WALL = SystemClock()  # retries wait in real time, however fast or slow the business clock runs
_log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler may know besides the message."""

    channel: str
    """ "events", or the connector that the queue proves."""
    connector: str | None
    received_at: datetime
    """Business time of arrival: the instant that counts."""
    now: datetime
    """Business time of this attempt."""
    inbox_id: int
    attempts: int
    """How often it failed before."""


Handler = Callable[[Connection, Message, Context], None]
Around = Callable[[Connection, Sequence[Message]], AbstractContextManager[None]]
"""What a service does before and after the messages of one transaction are handled."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a worker works with: one service's inbox, outbox and handlers by message type."""

    service: str
    engine: Engine
    inbox: Table
    outbox: Table
    handlers: Mapping[str, Handler]
    clock: Clock
    around: Around = lambda _conn, _messages: nullcontext()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message is not accepted, ready for its sender."""

    code: str
    path: str
    retryable: bool
    text: str
    text_en: str


def handle(desk: Desk, limit: int = 100) -> int:
    """Work on due messages, about `limit` of them; returns how many were taken up (0: rest a while).

    Raises what says that the database is gone; everything a message causes ends in its row.
    """
    with desk.engine.connect() as conn:  # one connection for all: taking one from the pool costs two round trips
        done = alone = 0
        while done < limit:
            count = _handle_some(conn, desk, 1 if alone else RUN)
            if count == 0:
                return done
            alone = -count if count < 0 else max(0, alone - 1)
            done += max(0, count)
    return done


def _handle_some(conn: Connection, desk: Desk, most: int) -> int:
    """Handle the first due message and, up to `most`, those behind it; how many, negative when they failed together."""
    rows: list[RowMapping] = []
    try:
        with db.transaction(conn):
            now = _WALL.now()
            rows = inbox.due(conn, desk.inbox, now, 1)
            if not rows:
                return 0
            if most > 1 and rows[0]["subject"]:
                rows += inbox.followers(conn, desk.inbox, rows[0], now, most - 1)
            _dispatch(conn, desk, rows)
            inbox.finish(conn, desk.inbox, [row["id"] for row in rows])
    except Exception as error:  # the worker's edge: whatever a handler raises ends in the row
        if not rows or _is_disconnect(error):
            raise
        if len(rows) > 1:
            return -len(rows)
        _record(conn, desk, rows[0], error)
    return len(rows)


def _dispatch(conn: Connection, desk: Desk, rows: Sequence[RowMapping]) -> None:
    opened = [found for row in rows if (found := _open(desk, row)) is not None]
    with desk.around(conn, [message for _, message, _ in opened]):
        for handler, message, context in opened:
            handler(conn, message, context)


def _open(desk: Desk, row: RowMapping) -> tuple[Handler, Message, Context] | None:
    """Who handles a message, and the message; None for one that is not for this service."""
    channel = row["channel"]
    if not topology.is_for(desk.service, channel, row["type"]):
        return None
    if row["code"] is not None:
        raise problems.Rejected(row["code"])
    if not topology.may_send(channel, row["type"]):
        raise problems.Rejected("not_permitted", path="ce-type")
    message = envelopes.decode(row["headers"], row["body"], row["content_type"])
    handler = desk.handlers.get(message.type)
    if handler is None:
        raise LookupError(f"{desk.service} has no handler for {message.type}")
    connector = None if channel == EVENTS else channel
    if connector is not None:
        message = replace(message, source=f"/agency/{connector}")  # proven by the queue, whatever it says
    now = desk.clock.now()
    return handler, message, Context(channel, connector, row["received_at"], now, row["id"], row["attempts"])


def _record(conn: Connection, desk: Desk, row: RowMapping, error: Exception) -> None:
    """Write down what came of a message whose own transaction was rolled back."""
    with db.transaction(conn):
        fresh = inbox.relock(conn, desk.inbox, row["id"])
        if fresh is None:
            return  # another worker was quicker, and luckier
        refusal = _refusal(error)
        facts = {"message_id": row["message_id"], "type": row["type"], "channel": row["channel"]}
        if refusal is None:
            again = inbox.retry(conn, desk.inbox, fresh, _trace(error), _WALL.now())
            _log.warning("message_failed" if again else "message_parked", error=repr(error), **facts)
        else:
            _refuse(conn, desk, fresh, refusal)
            _log.info("message_refused", code=refusal.code, path=refusal.path, **facts)


def _refuse(conn: Connection, desk: Desk, row: RowMapping, refusal: Refusal) -> None:
    """Answer the sender; where nobody would read the answer, the message is parked for an administrator."""
    detail = f"{refusal.path}: {refusal.text} / {refusal.text_en}"
    if row["type"] in _ANSWERS or not _has_reader(row):
        inbox.park(conn, desk.inbox, row["id"], refusal.code, detail)
        return
    target = None if row["channel"] == EVENTS else row["channel"]
    now = desk.clock.now()
    outbox.add(conn, desk.outbox, _answer(desk, row, refusal, now), target=target, now=now)
    inbox.reject(conn, desk.inbox, row["id"], refusal.code, detail)


def _has_reader(row: RowMapping) -> bool:
    if row["channel"] != EVENTS:
        return True  # the queue proves who sent it, and that connector reads its answers
    sender = row["headers"].get("ce-source", "").removeprefix("/")
    return sender in topology.receivers(_REJECTION)


def _answer(desk: Desk, row: RowMapping, refusal: Refusal, now: datetime) -> Message:
    original = row["headers"].get("ce-id") or None
    return Message(
        id=str(uuid.uuid4()),
        type=_REJECTION,
        source=f"/{desk.service}",
        subject=row["subject"] or row["channel"],
        time=now,
        causation_id=original,
        correlation_id=row["headers"].get("ce-correlationid"),
        data={
            "original_id": original and original[:200],
            "original_type": row["type"][:200] or None,
            "code": refusal.code,
            "path": refusal.path[:500],
            "retryable": refusal.retryable,
            "text": refusal.text[:2000],
            "text_en": refusal.text_en[:2000],
            "external_ref": _own_number(row),
        },
    )


def _own_number(row: RowMapping) -> str | None:
    """What the sender calls the message, where that can be read."""
    try:
        found = envelopes.peek(row["headers"], row["body"], row["content_type"]).data.get("external_ref")
    except Malformed:
        return None
    return found if isinstance(found, str) and found.strip() and len(found) <= _NUMBER_MAX else None


def _refusal(error: Exception) -> Refusal | None:
    """The answer an exception asks for; None = our own failure, to be tried again."""
    if isinstance(error, Malformed):
        return Refusal(error.code, error.path, False, error.text, error.text_en)
    if isinstance(error, Problem) and error.status < 500:
        return Refusal(_answer_code(error), error.path, error.retryable, *_words(error))
    return None


def _words(problem: Problem) -> tuple[str, str]:
    """What is wrong with each field, where fields are wrong; else the words of the code."""
    if not problem.errors:
        return problem.texts
    return "；".join(one.text for one in problem.errors)[:_LONG], "; ".join(one.text_en for one in problem.errors)[
        :_LONG
    ]


def _answer_code(problem: Problem) -> str:
    """The problem's code where agencies know it, else the nearest of the stable list; the words stay its own."""
    if problem.code in REJECTIONS:
        return problem.code
    return {403: "not_permitted", 404: "unknown_matter", 409: "not_expected"}.get(problem.status, "invalid_field")


def _is_disconnect(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _trace(error: Exception) -> str:
    return "".join(traceback.format_exception(error))[-4000:]
