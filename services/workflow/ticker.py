"""The ticker: fires timers that are due, and sees to early messages that a race left lying."""

from __future__ import annotations

from threading import Event

from sqlalchemy import Engine

from services.common import bells, db, logs
from services.common.clock import Clock
from services.common.loops import Pause
from services.workflow import store, timers, unheard

_log = logs.get(__name__)
_LOOK = 0.2  # seconds between two looks for due timers; accelerated time moves in jumps
_SWEEP = 25  # looks between two sweeps over early messages


def turn(engine: Engine, clock: Clock, limit: int = 100) -> int:
    """Fire what is due now; how many timers fired. A case that fails is logged and passed over this time."""
    fired, now = 0, clock.now()
    skip: set[str] = set()
    for _ in range(limit):
        case_id: str | None = None
        try:
            with db.begin(engine) as conn:
                case_id = timers.claim(conn, now, skip)
                if case_id is None:
                    return fired
                fired += timers.fire(conn, case_id, now)
        except Exception as error:  # the ticker's edge: the timer stays due and is tried again
            if case_id is None:
                raise
            skip.add(case_id)
            _log.error("timer_failed", case_id=case_id, reason=repr(error)[:500])
    return fired


def sweep(engine: Engine) -> None:
    """Wake early messages whose case began to wait in the moment they arrived; park those whose case ended in it."""
    with db.begin(engine) as conn:
        store.wake_early(conn)
        unheard.park(conn)


def tick(engine: Engine, clock: Clock, stop: Event) -> None:
    """Look for due timers until `stop`; several tickers may run beside each other."""
    pause, looks, bell = Pause(), 0, bells.of(engine, bells.TIMERS)
    while not stop.is_set():
        try:
            fired = turn(engine, clock)
            if looks % _SWEEP == 0:
                sweep(engine)
        except Exception as error:  # noqa: BLE001  the ticker's edge: it outlives whatever is down
            _log.error("tick_interrupted", service="workflow", reason=repr(error)[:500])
            stop.wait(pause.next())
            continue
        pause, looks = Pause(), looks + 1
        if not fired:
            bell.wait(_LOOK)
