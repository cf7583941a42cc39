"""A unit's own diagram for an extension point (first of all `unit_internal_handling`), versioned by the unit.

It counts from the next case that calls it; a case that has called one keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, RowMapping, func, select, update

from services.common.problems import Problem
from services.workflow import editions, versions
from services.workflow import tables as t
from services.workflow.speakers import Speaker

_c = t.unit_diagram.c


def publish(
    conn: Connection,
    version: str,
    point: str,
    unit: str,
    content: bytes,
    speaker: Speaker,
    now: datetime,
) -> int:
    """Replace an extension point of a version for one unit; the number of the unit's diagram.

    Raises `Problem` not_permitted, no_such_version or unknown_point, and `engine.Refused` with the findings.
    """
    if "processes.edit" not in speaker.grants or not any(where in (None, unit) for _, where in speaker.roles):
        raise Problem("not_permitted", 403)
    package = versions.load(conn, version)
    if point not in package.extension_points:
        raise Problem("unknown_point", 404)
    number = _next_number(conn, version, point, unit)
    name = editions.diagram_process(point, unit, number)
    editions.compile_(package).bundle.include(name, f"{name}.bpmn", content)  # raises Refused
    row = {
        "package_version": version,
        "point": point,
        "unit": unit,
        "number": number,
        "digest": sha256(content).hexdigest(),
        "content": content,
        "published_by": speaker.account or "",
        "published_at": now,
    }
    conn.execute(t.unit_diagram.insert().values(row))
    counted = update(t.package_version).where(t.package_version.c.version == version)
    conn.execute(counted.values(diagrams=t.package_version.c.diagrams + 1))
    return number


def _next_number(conn: Connection, version: str, point: str, unit: str) -> int:
    conn.execute(select(t.package_version.c.version).where(t.package_version.c.version == version).with_for_update())
    same = (_c.package_version == version) & (_c.point == point) & (_c.unit == unit)
    return int(conn.execute(select(func.coalesce(func.max(_c.number), 0)).where(same)).scalar_one()) + 1


def of_version(conn: Connection, version: str) -> Sequence[RowMapping]:
    """All units' diagrams of a version without their content, in the order of units and numbers."""
    columns = [column for column in _c if column.name != "content"]
    statement = select(*columns).where(_c.package_version == version)
    return conn.execute(statement.order_by(_c.point, _c.unit, _c.number)).mappings().all()
