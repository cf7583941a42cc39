"""Sending: takes due deliveries in hand, lets the channel do its slow work outside any transaction, writes down
what came of it.

Tries wait 10 s, 30 s, 90 s … up to an hour; the twelfth failure is final. Who dies while sending has sent once
or not at all as far as anybody knows, so the delivery is tried again after its lease, under the same
Message-ID.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, Protocol, Self

from sqlalchemy import Engine, RowMapping

from services.common import db, logs
from services.common.clock import Clock, SystemClock
from services.notify import store
from services.notify.channels.smtp import Letter, Refused, Unreachable

MAX_ATTEMPTS: Final = 12
LEASE: Final = timedelta(minutes=15)
BATCH: Final = 20
_FIRST_PAUSE, _LONGEST_PAUSE = 10, 3600  # seconds
_WALL: Final = SystemClock()  # mail servers recover in real time, however fast the business clock runs
_log = logs.get(__name__)


class Sender(Protocol):
    """One conversation with the outside; see `channels.smtp.Mailer`."""

    def __enter__(self) -> Self:
        """Begin; nothing is opened before the first letter."""
        ...

    def __exit__(self, *error: Any) -> None:
        """End the conversation."""
        ...

    def send(self, letter: Letter) -> None:
        """Send one letter; raises `Refused` or `Unreachable`."""
        ...


def turn(engine: Engine, clock: Clock, open_sender: Callable[[], Sender], limit: int = BATCH) -> int:
    """Send up to `limit` due deliveries; how many were taken in hand."""
    wall = _WALL.now()
    with db.begin(engine) as conn:
        store.exhaust(conn, wall, MAX_ATTEMPTS, clock.now())
        rows = store.claim(conn, wall, wall + LEASE, limit, MAX_ATTEMPTS)
    if rows:
        with open_sender() as sender:
            for row in rows:
                values = _send(sender, row, clock)
                with db.begin(engine) as conn:
                    store.finish(conn, row["id"], **values)
    return len(rows)


def pause(attempts: int) -> timedelta:
    """How long to wait after the n-th failure."""
    return timedelta(seconds=min(_FIRST_PAUSE * 3 ** (attempts - 1), _LONGEST_PAUSE))


def _send(sender: Sender, row: RowMapping, clock: Clock) -> dict[str, Any]:
    """Try once; the columns that say what came of it."""
    letter = Letter(delivery_id=row["id"], address=row["address"], texts=row["texts"], at=row["at"])
    facts = {"delivery_id": row["id"], "notice_id": row["notice_id"], "attempt": row["attempts"]}
    try:
        sender.send(letter)
    except Refused as refused:
        _log.warning("delivery_refused", said=str(refused), **facts)
        return _ended(clock, store.FAILED, "refused", str(refused))
    except Unreachable as unreachable:
        _log.warning("delivery_postponed", said=str(unreachable), **facts)
        if row["attempts"] >= MAX_ATTEMPTS:
            return _ended(clock, store.FAILED, "exhausted", str(unreachable))
        return {"next_at": _WALL.now() + pause(row["attempts"]), "error": str(unreachable)}
    _log.info("delivery_sent", **facts)
    return _ended(clock, store.DELIVERED, None, None)


def _ended(clock: Clock, state: str, reason: str | None, error: str | None) -> dict[str, Any]:
    return {"state": state, "reason": reason, "error": error, "next_at": None, "ended_at": clock.now()}
