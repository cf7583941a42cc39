"""What runs inside a unit at an extension point: its own diagram, its own system (`internal: self`), the package's.

A case learns it with every stimulus and keeps what it has learnt. So a unit's own way counts for whatever comes to that
part from then on; a unit that goes back to the package's process is heard by cases that begin afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, select

from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.editions import Edition

SELF: Final = "self"
"""What the directory says in `internal` of a unit whose own system does the inside."""
Units = Callable[[], frozenset[str]]


def pinned(stimulus: e.Stimulus, edition: Edition, by_themselves: Units) -> e.Stimulus:
    """The stimulus with what units have in the places of the package's processes now, for whatever it may call."""
    own = edition.package.own
    units = sorted(by_themselves()) if own else ()
    pins = {f"{point}/{unit}": process for point, process in own.items() for unit in units} | dict(edition.pins)
    if not pins or "pins" in stimulus.data:
        return stimulus
    return replace(stimulus, data={**stimulus.data, "pins": pins})


def by_themselves(conn: Connection, at: int | None) -> frozenset[str]:
    """The units whose own systems do the inside: kept in memory as long as the mark is `at`, see `connectors`."""
    known = _known.get(conn.engine)
    if known is not None and at is not None and known[0] == at:
        return known[1]
    unit = t.directory.unit.c
    found = frozenset(conn.scalars(select(unit.id).where(unit.body["internal"].as_string() == SELF)))
    if at is not None:
        _known[conn.engine] = at, found
    return found


_known: WeakKeyDictionary[Engine, tuple[int, frozenset[str]]] = WeakKeyDictionary()
