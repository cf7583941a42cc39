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
    if _proposed(conn, case["matter_id"], speaker):
        return case
    raise Problem("not_permitted", 403)


def is_outside(conn: Connection, matter_id: str, speaker: Speaker) -> bool:
    """Whether somebody only proposed the matter: then he is spared what is internal to offices and units."""
    if speaker.grants & EVERYTHING or not _proposed(conn, matter_id, speaker):
        return False
    c = t.task.c
    statement = select(c.role, c.unit).where(c.matter_id == matter_id, c.person.is_(None)).distinct()
    return not any(speaker.holds(row.role, row.unit) for row in conn.execute(statement))


def _proposed(conn: Connection, matter_id: str, speaker: Speaker) -> bool:
    matter = matters.get(conn, matter_id)
    return matter is not None and speaker.is_among(matters.proposers(matter))


def _takes_part(conn: Connection, case_id: str, speaker: Speaker) -> bool:
    c = t.task.c
    statement = select(c.role, c.unit, c.person, c.delegate).where(c.case_id == case_id).distinct()
    return any(speaker.owns(row) for row in conn.execute(statement).mappings())
