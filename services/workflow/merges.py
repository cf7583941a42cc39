"""Matters handled together 并案: the main matter's case handles for all, each other one waits for its own reply.

Running cases of both sides learn of it as facts of their matter (`matter.main`, `matter.merged`); what that means for
them is drawn in their diagrams.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from services.workflow import cases, matters, store
from services.workflow import engine as e
from services.workflow import tables as t


def merge(conn: Connection, matter_id: str, main: str, at: datetime, cause: str) -> None:
    """Merge a matter into a main one, or into another than before. Raises `Problem` unknown_matter."""
    _change(conn, matter_id, main, at, cause)


def separate(conn: Connection, matter_id: str, at: datetime, cause: str) -> None:
    """Take a matter out of the group it is in, if it is in one."""
    known = matters.get(conn, matter_id)
    if known is not None and known["merged_into"] is not None:
        _change(conn, matter_id, None, at, cause)


def _change(conn: Connection, matter_id: str, main: str | None, at: datetime, cause: str) -> None:
    """Cases are locked before the matter, as a step does that reaches a milestone."""
    known = matters.get(conn, matter_id)
    touched = [one for one in (main, known and known["merged_into"], matter_id) if one]
    running = _running(conn, touched)
    store.lock_cases(conn, running)
    if matters.merge(conn, matter_id, main) == main:
        return
    for case_id in running:
        _tell(conn, case_id, at, cause)


def _running(conn: Connection, matter_ids: Sequence[str]) -> list[str]:
    c = t.case_.c
    statement = select(c.id).where(c.matter_id.in_(matter_ids), c.status == "running").order_by(c.id)
    return list(conn.execute(statement).scalars())


def _tell(conn: Connection, case_id: str, at: datetime, cause: str) -> None:
    statement = select(t.matter).join(t.case_, t.case_.c.matter_id == t.matter.c.matter_id)
    row = conn.execute(statement.where(t.case_.c.id == case_id)).mappings().one()
    stimulus = e.Stimulus(kind="matter", at=at, data={"facts": matters.group(conn, row)})
    try:
        cases.apply(conn, case_id, stimulus, cause=cause)
    except e.Unexpected:
        return  # what was due before has ended the case
