"""Who may look at a case: whoever takes part in it, its proposer, and those who may read all matters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from services.common.problems import Problem
from services.common.sights import Sight
from services.workflow import cases, matters
from services.workflow import tables as t
from services.workflow.speakers import Speaker

EVERYTHING = frozenset({"matters.read_all", "cases.operate", "audit.read"})


def check(conn: Connection, case_id: str, speaker: Speaker) -> Mapping[Any, Any]:
    """The case's row for somebody who may see it; raises `Problem` not_found or not_permitted."""
    case = cases.get(conn, case_id)
    if case is None:
        raise Problem("not_found", 404)
    if not may_see(conn, case, speaker):
        raise Problem("not_permitted", 403)
    return case


def may_see(conn: Connection, case: Mapping[Any, Any], speaker: Speaker) -> bool:
    """Whether somebody may look at a case at all."""
    if speaker.grants & EVERYTHING or _takes_part(conn, case["id"], speaker):
        return True
    return _proposed(conn, case["matter_id"], speaker)


def sight(conn: Connection, matter_id: str, speaker: Speaker) -> Sight:
    """What somebody who may look at a matter sees of it."""
    if speaker.grants & EVERYTHING:
        return Sight(everything=True, inside=True)
    units = (speaker.units | speaker.former).union(unit for _, unit in speaker.roles if unit is not None)
    return Sight(inside=not _is_outside(conn, matter_id, speaker), units=units)


def shown(task: Mapping[Any, Any], sees: Sight, speaker: Speaker) -> Mapping[Any, Any] | None:
    """A task as somebody may read it: whole, else as the public stage it belongs to, else not at all."""
    if sees.covers(task["unit"]) or speaker.owns(task):
        return task
    return {**task, **_UNTOLD, "name": task["public_name"]} if task["public_name"] else None


_UNTOLD: Final[Mapping[str, Any]] = {
    **dict.fromkeys(
        ("person", "delegate", "delegated_by", "claimed_by", "closed_by", "closed_account", "form", "record")
    ),
    **dict.fromkeys(("initial", "question", "warnings", "apart")),
    "accepts": (),
}
"""What is nobody's business who only learns that a stage was reached."""


def _is_outside(conn: Connection, matter_id: str, speaker: Speaker) -> bool:
    """Whether somebody only proposed the matter: then he is spared what is internal to offices and units."""
    if not _proposed(conn, matter_id, speaker):
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
    rows = conn.execute(statement).mappings().all()
    return any(speaker.owns(row) or _is_colleague(row, speaker) or row["unit"] in speaker.former for row in rows)


def _is_colleague(task: Mapping[Any, Any], speaker: Speaker) -> bool:
    """Whether a task for somebody by name is of a role the speaker holds in that unit: he may have passed it on."""
    return task["unit"] is not None and speaker.holds(task["role"], task["unit"])
