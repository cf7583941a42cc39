"""Stimuli the engine could not carry out: kept whole, shown with the reason, retried after the repair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from services.workflow import engine as e
from services.workflow import tables as t


def open_(
    conn: Connection,
    case: Mapping[Any, Any],
    stimulus: e.Stimulus,
    error: e.EngineError,
    cause: str | None,
    *,
    start: Mapping[str, Any] | None = None,
    number: int | None = None,
) -> int:
    """Keep a stimulus that failed; a retry that failed again (`number`) only counts one more attempt."""
    news = {"code": error.code, "text": str(error)}
    if number is not None:
        values = {**news, "attempts": t.incident.c.attempts + 1}
        conn.execute(update(t.incident).where(t.incident.c.id == number).values(**values))
        return number
    row = {
        "case_id": case["id"],
        "matter_id": case["matter_id"],
        "task_id": stimulus.data.get("task") if stimulus.kind == "complete_task" else None,
        "timer_id": stimulus.data.get("timer") if stimulus.kind == "timer" else None,
        "stimulus": _pack(stimulus),
        "start": dict(start) if start is not None else None,
        "cause": cause,
        **news,
        "state": "open",
        "attempts": 1,
        "at": stimulus.at,
    }
    return int(conn.execute(insert(t.incident).values(row).returning(t.incident.c.id)).scalar_one())


def _pack(stimulus: e.Stimulus) -> dict[str, Any]:
    return {
        "kind": stimulus.kind,
        "at": stimulus.at.isoformat(),
        "actor": dict(stimulus.actor),
        "data": dict(stimulus.data),
    }


def stimulus_of(row: Mapping[Any, Any]) -> e.Stimulus:
    """The stimulus an incident keeps."""
    kept = row["stimulus"]
    at = datetime.fromisoformat(kept["at"])
    return e.Stimulus(kind=kept["kind"], at=at, actor=kept["actor"], data=kept["data"])


def get(conn: Connection, number: int) -> RowMapping | None:
    """One incident, or None."""
    return conn.execute(select(t.incident).where(t.incident.c.id == number)).mappings().one_or_none()


def lock(conn: Connection, number: int) -> RowMapping | None:
    """One incident for a retry: nobody else retries it at the same time."""
    statement = select(t.incident).where(t.incident.c.id == number).with_for_update()
    return conn.execute(statement).mappings().one_or_none()


def list_(conn: Connection, *, state: str = "open", limit: int = 200) -> Sequence[RowMapping]:
    """Incidents of a state with number and title of their matter, the latest first."""
    about = (t.matter.c.matter_no, t.matter.c.title)
    both = t.incident.outerjoin(t.matter, t.matter.c.matter_id == t.incident.c.matter_id)
    statement = select(t.incident, *about).select_from(both).where(t.incident.c.state == state)
    return conn.execute(statement.order_by(t.incident.c.id.desc()).limit(limit)).mappings().all()


def of_case(conn: Connection, case_id: str) -> Sequence[RowMapping]:
    """Open incidents of one case."""
    statement = select(t.incident).where(t.incident.c.case_id == case_id, t.incident.c.state == "open")
    return conn.execute(statement).mappings().all()


def of_task(conn: Connection, task_id: str) -> int | None:
    """Number of the open incident that an answer to this task caused, or None."""
    statement = select(t.incident.c.id).where(t.incident.c.task_id == task_id, t.incident.c.state == "open")
    return conn.execute(statement).scalar()


def is_past(conn: Connection, row: Mapping[Any, Any]) -> bool:
    """Whether the task that was to be done, or the timer that was to fire, is there no more: nothing can be retried."""
    if row["timer_id"] is not None:
        return conn.execute(select(t.timer.c.id).where(t.timer.c.id == row["timer_id"])).first() is None
    is_over = (t.task.c.id == row["task_id"]) & (t.task.c.state == "closed")
    return row["task_id"] is not None and conn.execute(select(t.task.c.id).where(is_over)).first() is not None


def resolve(conn: Connection, number: int, by: str, now: datetime) -> None:
    """The retry succeeded, or there is nothing left to retry."""
    values = {"state": "resolved", "resolved_at": now, "resolved_by": by}
    conn.execute(update(t.incident).where(t.incident.c.id == number).values(**values))


def count_open(conn: Connection) -> int:
    """How many incidents wait for a repair."""
    statement = select(func.count()).select_from(t.incident).where(t.incident.c.state == "open")
    return int(conn.execute(statement).scalar_one())
