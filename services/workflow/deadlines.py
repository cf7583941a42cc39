"""Deadlines as people see them: with the rule, the calendar and every step of the computation."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, select

from services.workflow import tables as t


def of_case(conn: Connection, case_id: str) -> Sequence[RowMapping]:
    """All deadlines of a case, running ones first, then by date."""
    c = t.deadline.c
    statement = select(t.deadline).where(c.case_id == case_id)
    return conn.execute(statement.order_by(c.state == "cleared", c.due_at, c.id)).mappings().all()


def get(conn: Connection, deadline_id: str | None) -> RowMapping | None:
    """One deadline, or None."""
    if deadline_id is None:
        return None
    statement = select(t.deadline).where(t.deadline.c.id == deadline_id)
    return conn.execute(statement).mappings().one_or_none()
