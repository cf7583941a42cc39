"""Sending: takes a channel's due deliveries in hand, lets it do its slow work outside any transaction, writes down
what came of it. Each channel has turns of its own, so that a slow one delays no other.

Tries wait 10 s, 30 s, 90 s … up to an hour; the twelfth failure is final. A channel that says it is busy is left
alone as long as it wishes, and that is no try. Who dies while sending has sent once or not at all as far as anybody
knows, so the delivery is tried again after its lease, under the same id.
"""

from __future__ import annotations

from datetime import timedelta
from threading import Event
from typing import Any, Final

from sqlalchemy import Engine, RowMapping

from services.common import db, logs
from services.common.clock import Clock, SystemClock
from services.notify import digests, papers, store
from services.notify.channels.letters import Busy, Channel, Letter, Refused, Sender, Unreachable

MAX_ATTEMPTS: Final = 12
LEASE: Final = timedelta(minutes=15)
BATCH: Final = 20
_FIRST_PAUSE, _LONGEST_PAUSE = 10, 3600  # seconds
_WALL: Final = SystemClock()  # mail servers recover in real time, however fast the business clock runs
_log = logs.get(__name__)


def turn(engine: Engine, clock: Clock, channel: Channel, stop: Event | None = None) -> tuple[int, float]:
    """Send due deliveries: how many were taken in hand, and for how many seconds to leave the channel alone.

    Once `stop` is set, those not yet tried are put back.
    """
    wall = _WALL.now()
    with db.read(engine) as conn:
        if not store.is_due(conn, channel.id, wall, clock.now()):
            return 0, 0.0
    with db.begin(engine) as conn:
        now = clock.now()
        digests.gather(conn, channel.id, wall, now)
        for ended in store.give_up(conn, channel.id, wall, MAX_ATTEMPTS, now):
            papers.stand_in(conn, ended, now)
        rows = store.claim(conn, channel.id, wall, now, until=wall + LEASE, limit=BATCH, most=MAX_ATTEMPTS)
    if not rows:
        return 0, 0.0
    with channel.open() as sender:
        for number, row in enumerate(rows):
            if stop is not None and stop.is_set():
                _put_back(engine, rows[number:], 0.0)
                break
            try:
                values = _send(sender, row, clock)
            except Busy as busy:
                facts = {"channel": channel.id, "seconds": busy.seconds, "waiting": len(rows) - number}
                _log.warning("channel_busy", said=str(busy), **facts)
                _put_back(engine, rows[number:], busy.seconds, str(busy))
                return len(rows), busy.seconds
            with db.begin(engine) as conn:
                store.finish(conn, row["id"], **values)
                if values.get("state") == store.UNDELIVERABLE:
                    papers.stand_in(conn, row["id"], clock.now())
    return len(rows), 0.0


def pause(attempts: int) -> timedelta:
    """How long to wait after the n-th failure."""
    return timedelta(seconds=min(_FIRST_PAUSE * 3 ** (attempts - 1), _LONGEST_PAUSE))


def _put_back(engine: Engine, rows: list[RowMapping], seconds: float, why: str | None = None) -> None:
    again = _WALL.now() + timedelta(seconds=seconds)
    with db.begin(engine) as conn:
        store.put_back(conn, [row["id"] for row in rows], again, why)


def _send(sender: Sender, row: RowMapping, clock: Clock) -> dict[str, Any]:
    """Try once; the columns that say what came of it."""
    letter = Letter(delivery_id=row["id"], address=row["address"], texts=row["texts"], at=row["at"])
    facts = {name: row[name] for name in ("notice_id", "channel", "attempts")} | {"delivery_id": row["id"]}
    try:
        provider_id = sender.send(letter)
    except Refused as refused:
        _log.warning("delivery_refused", said=str(refused), **facts)
        return _ended(clock, store.UNDELIVERABLE, "refused", str(refused))
    except Unreachable as unreachable:
        _log.warning("delivery_postponed", said=str(unreachable), **facts)
        return _postponed(row, clock, str(unreachable))
    except Busy:
        raise
    except Exception as error:  # noqa: BLE001  a letter that its channel cannot even write costs no other a try
        _log.exception("delivery_failed", **facts)
        return _postponed(row, clock, type(error).__name__)
    _log.info("delivery_sent", provider_id=provider_id, **facts)
    return {**_ended(clock, store.SENT, None, None), "sent_at": clock.now(), "provider_id": provider_id}


def _postponed(row: RowMapping, clock: Clock, why: str) -> dict[str, Any]:
    if row["attempts"] >= MAX_ATTEMPTS:
        return _ended(clock, store.UNDELIVERABLE, "exhausted", why)
    return {"next_at": _WALL.now() + pause(row["attempts"]), "error": why}


def _ended(clock: Clock, state: str, reason: str | None, error: str | None) -> dict[str, Any]:
    return {"state": state, "reason": reason, "error": error, "next_at": None, "ended_at": clock.now()}
