"""A unit's own diagram for an extension point (first of all `unit_internal_handling`), versioned by the unit.

It counts from the next case that calls it; a case that has called one keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, RowMapping, func, select, update

from services.common.problems import Problem
from services.workflow import editions, grants, packages, versions
from services.workflow import tables as t
from services.workflow.packages import Package
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

    The diagram's process has the id of the one it replaces and uses roles, forms and deadlines of the package.
    The same content again is the same diagram. Raises `Problem` not_permitted, no_such_version or unknown_point,
    `engine.Refused` or `packages.BadPackage` with the findings.
    """
    package = versions.load(conn, version)
    if not _owns(speaker, package, unit):
        raise Problem("not_permitted", 403)
    if point not in package.extension_points:
        raise Problem("unknown_point", 404)
    _demand_sound(package, package.extension_points[point].process, content)
    number = _next_number(conn, version, point, unit)
    digest = sha256(content).hexdigest()
    if _digest(conn, version, point, unit, number - 1) == digest:
        return number - 1
    name = editions.diagram_process(point, unit, number)
    editions.compile_(package).bundle.include(name, f"{name}.bpmn", content)  # raises Refused
    row = {
        "package_version": version,
        "point": point,
        "unit": unit,
        "number": number,
        "digest": digest,
        "content": content,
        "published_by": speaker.account or "",
        "published_at": now,
    }
    conn.execute(t.unit_diagram.insert().values(row))
    counted = update(t.package_version).where(t.package_version.c.version == version)
    conn.execute(counted.values(diagrams=t.package_version.c.diagrams + 1))
    return number


def _owns(speaker: Speaker, package: Package, unit: str) -> bool:
    """Whether somebody may edit processes for this unit: by a role held there, or for the whole locality."""
    return any(where in (None, unit) and "processes.edit" in _grants(package, role) for role, where in speaker.roles)


def _grants(package: Package, role: str) -> frozenset[str]:
    found = package.roles.get(role)
    return grants.BUILT_IN.get(role, frozenset()).union(found.grants if found else ())


def _demand_sound(package: Package, process: str, content: bytes) -> None:
    """Check the package as it would be with this diagram in the place of its own."""
    name = f"{process}.bpmn"
    files: Mapping[str, bytes] = {**package.files, name: content}
    errors = [found for found in packages.check(replace(package, files=files)) if found.severity == "error"]
    if errors:
        raise packages.BadPackage(errors)


def _digest(conn: Connection, version: str, point: str, unit: str, number: int) -> str | None:
    key = (_c.package_version == version) & (_c.point == point) & (_c.unit == unit) & (_c.number == number)
    return conn.execute(select(_c.digest).where(key)).scalar()


def _next_number(conn: Connection, version: str, point: str, unit: str) -> int:
    conn.execute(select(t.package_version.c.version).where(t.package_version.c.version == version).with_for_update())
    same = (_c.package_version == version) & (_c.point == point) & (_c.unit == unit)
    return int(conn.execute(select(func.coalesce(func.max(_c.number), 0)).where(same)).scalar_one()) + 1


def of_version(conn: Connection, version: str) -> Sequence[RowMapping]:
    """All units' diagrams of a version without their content, in the order of units and numbers."""
    columns = [column for column in _c if column.name != "content"]
    statement = select(*columns).where(_c.package_version == version)
    return conn.execute(statement.order_by(_c.point, _c.unit, _c.number)).mappings().all()
