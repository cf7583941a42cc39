"""What this service tells about itself: what waits, what failed, when the next timer is due."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from services.common import db
from services.common.clock import Clock
from services.common.health import Counts, Health
from services.workflow import incidents, messages, timers
from services.workflow import tables as t


def of(engine: Engine, clock: Clock) -> Health:
    """The service's health with its counters for `/health/settled`."""
    health, counts = Health("workflow"), Counts(t.outbox_, t.inbox_)
    health.register_settled(lambda: settled(engine, clock, counts))
    return health


def settled(engine: Engine, clock: Clock, counts: Counts) -> dict[str, Any]:
    """Counts of inbox and outbox; timers due now, deliveries between cases included; open incidents."""
    with db.read(engine) as conn:
        due = timers.next_due(conn)
        return {
            **counts(conn),
            "timers_due": timers.count_due(conn, clock.now()) + messages.count_ready(conn),
            "next_due": None if due is None else due.isoformat(),
            "incidents": incidents.count_open(conn),
        }
