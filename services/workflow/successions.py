"""机构改革: when the directory names a unit's successor, the successor takes over what the unit has under way."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from services.common import directories, heirs
from services.workflow import bindings, cases
from services.workflow import engine as e
from services.workflow import tables as t

REASON: Final = "机构改革，由接续单位承办"


def directory_changed(conn: Connection, data: Mapping[str, Any], now: datetime, cause: str) -> int:
    """Take an entry over; how many running cases went to a unit's successor, each in a step of its own."""
    if data["kind"] not in ("unit", "connector"):
        directories.apply(conn, t.directory, data)
        return 0
    unit, bound = str(data["id"]), bindings.speaking(conn)
    before = heir(conn, unit) if data["kind"] == "unit" else unit
    directories.apply(conn, t.directory, data)
    after = heir(conn, unit) if data["kind"] == "unit" else unit
    bindings.tell(conn, bound, now, cause)
    return hand_over(conn, unit, after, now, cause) if after not in (unit, before) else 0


def hand_over(conn: Connection, unit: str, to: str, now: datetime, cause: str) -> int:
    """Every running case in which the unit has had a task; a case that fails is an incident and keeps back no other."""
    concerned = _concerned(conn, unit)
    data = {"verb": "succeed", "unit": unit, "to": to, "reason": REASON}
    for case_id in concerned:
        with suppress(e.Unexpected):  # what was due before has ended it
            cases.apply(conn, case_id, e.Stimulus(kind="operator", at=now, data=data), cause=cause)
    return len(concerned)


def _concerned(conn: Connection, unit: str) -> list[str]:
    running = t.case_.join(t.task, t.task.c.case_id == t.case_.c.id)
    mine = (t.case_.c.status == "running") & (t.task.c.unit == unit)
    return list(conn.scalars(select(t.case_.c.id).select_from(running).where(mine).distinct().order_by(t.case_.c.id)))


def heir(conn: Connection, unit: str) -> str:
    """Who answers for a unit now: its successor, or the successor's; else itself."""
    return heirs.of(conn, t.directory.unit, [unit]).get(unit, unit)


def speaks_for(conn: Connection, units: Collection[str]) -> tuple[str, ...]:
    """The units a connector that is bound to these speaks for: also their successors."""
    return tuple(dict.fromkeys([*units, *heirs.of(conn, t.directory.unit, units).values()]))
