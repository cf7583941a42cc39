"""Timers: fire what is due, case by case, each timer at its own due instant."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, Engine, func, select

from services.common import db
from services.workflow import tables as t
from services.workflow.batches import Batch

_due = t.case_.c.next_due_at


def fire_due(engine: Engine, now: datetime, limit: int = 100) -> int:
    """Fire the timers due at `now` in up to `limit` cases, one transaction per case; how many fired."""
    fired = 0
    for _ in range(limit):
        with db.begin(engine) as conn:
            case_id = claim(conn, now)
            if case_id is None:
                return fired
            fired += fire(conn, case_id, now)
    return fired


def claim(conn: Connection, now: datetime, skip: Collection[str] = ()) -> str | None:
    """Lock the case whose timer has been due longest; cases that other workers hold are passed over."""
    statement = select(t.case_.c.id).where(_due <= now, t.case_.c.id.not_in(skip)).order_by(_due).limit(1)
    return conn.execute(statement.with_for_update(skip_locked=True)).scalar()


def fire(conn: Connection, case_id: str, now: datetime) -> int:
    """Fire a claimed case's due timers in their order; how many fired.

    A timer the engine cannot fire becomes an incident and is held until that is retried.
    """
    batch = Batch(conn)
    batch.hold([case_id])
    fired = batch.catch_up(case_id, now)
    batch.close(now)
    return fired


def count_due(conn: Connection, now: datetime) -> int:
    """How many cases have a timer due."""
    return int(conn.execute(select(func.count()).select_from(t.case_).where(_due <= now)).scalar_one())


def next_due(conn: Connection) -> datetime | None:
    """The earliest instant at which a timer is due, or None."""
    return conn.execute(select(func.min(_due))).scalar()
