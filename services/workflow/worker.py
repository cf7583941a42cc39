"""The worker's turn: inbox messages in order, then what cases want of each other."""

from __future__ import annotations

from threading import Event

from sqlalchemy import Engine

from services.common import bells, db, logs
from services.common.clock import Clock
from services.common.handling import Desk, handle
from services.common.loops import Pause
from services.workflow import messages
from services.workflow import tables as t
from services.workflow.consumer import HANDLERS

_log = logs.get(__name__)
_REST = 0.2  # seconds of rest after a turn that found nothing, at most


def desk(engine: Engine, clock: Clock) -> Desk:
    """This service's inbox, outbox and handlers."""
    return Desk("workflow", engine, t.inbox_, t.outbox_, HANDLERS, clock)


def turn(engine: Engine, clock: Clock, limit: int = 100) -> int:
    """Handle what waits; how much was taken up (0: rest a while)."""
    return handle(desk(engine, clock), limit) + deliver(engine, clock, limit)


def deliver(engine: Engine, clock: Clock, limit: int) -> int:
    """Deliver what cases sent each other; a delivery that fails is logged and does not hold up the others."""
    skip: set[int] = set()
    for count in range(limit):
        row_id: int | None = None
        try:
            with db.begin(engine) as conn:
                row = messages.claim(conn, skip)
                if row is None:
                    return count
                row_id = row["id"]
                messages.hand_over(conn, row, clock.now())
        except Exception as error:  # the worker's edge: the row stays due and is tried again
            if row_id is None:
                raise
            skip.add(row_id)
            _log.error("delivery_failed", early_message=row_id, reason=repr(error)[:500])
    return limit


def work(engine: Engine, clock: Clock, stop: Event) -> None:
    """Take turns until `stop`; any number of workers may run beside each other."""
    rest, pause, bell = 0.005, Pause(), bells.of(engine, bells.WORK)
    while not stop.is_set():
        try:
            count = turn(engine, clock)
        except Exception as error:  # noqa: BLE001  the worker's edge: it outlives whatever is down
            _log.error("work_interrupted", service="workflow", reason=repr(error)[:500])
            stop.wait(pause.next())
            continue
        pause = Pause()
        rest = 0.005 if count else min(rest * 2, _REST)
        if not count:
            bell.wait(rest)
