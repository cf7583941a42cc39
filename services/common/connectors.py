"""Who speaks for a unit: asked in every step, changed a few times a year."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, ScalarSelect, func, select

from services.common import heirs
from services.common.directories import Tables


def mark(tables: Tables) -> ScalarSelect[int]:
    """A number that grows with every change of a connector or a successor; for a statement that is sent in any case."""
    versions = tables.version.c
    total = func.coalesce(func.sum(versions.version), 0)
    return select(total).where(versions.kind == "connector").scalar_subquery()


def by_unit(conn: Connection, tables: Tables, at: int | None) -> Mapping[str, tuple[str, ...]]:
    """The connectors that speak for each unit that has one: kept in memory as long as the mark is `at`.

    Without a mark they are read. There are dozens of connectors, not thousands. A unit is bound to one; a successor
    that is bound to none yet is spoken for by those of all its former units, for each has some of its tasks.
    """
    known = _known.get(conn.engine)
    if known is not None and at is not None and known[0] == at:
        return known[1]
    rows = conn.execute(select(tables.connector).order_by(tables.connector.c.id.desc()))
    bound = {str(unit): (str(row.id),) for row in rows for unit in row.units}
    inherited: dict[str, tuple[str, ...]] = {}
    for unit, after in heirs.of(conn, tables.unit, bound.keys()).items():
        inherited[after] = tuple(sorted({*inherited.get(after, ()), *bound[unit]}))
    found = inherited | bound
    if at is not None:
        _known[conn.engine] = at, found
    return found


_known: WeakKeyDictionary[Engine, tuple[int, Mapping[str, tuple[str, ...]]]] = WeakKeyDictionary()
