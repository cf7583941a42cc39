"""Who may look at a case: whoever takes part in it, its proposer, and those who may read all matters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from services.common.problems import Problem
from services.workflow import cases, matters
from services.workflow import tables as t
from services.workflow.speakers import Speaker

EVERYTHING = frozenset({"matters.read_all", "cases.operate", "audit.read"})


def check(conn: Connection, case_id: str, speaker: Speaker) -> Mapping[Any, Any]:
    """The case's row for somebody who may see it; raises `Problem` not_found or not_permitted."""
    case = cases.get(conn, case_id)
    if case is None:
        raise Problem("not_found", 404)
    if speaker.grants & EVERYTHING or _takes_part(conn, case_id, speaker):
        return case
    matter = matters.get(conn, case["matter_id"])
    if matter is not None and speaker.is_among(matters.proposers(matter)):
        return case
    raise Problem("not_permitted", 403)


def _takes_part(conn: Connection, case_id: str, speaker: Speaker) -> bool:
    c = t.task.c
    statement = select(c.role, c.unit, c.person, c.delegate).where(c.case_id == case_id).distinct()
    return any(speaker.owns(row) for row in conn.execute(statement).mappings())
