"""The cases an operator looks through: filters, parts of a long list, how many there are per version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, or_, select

from services.workflow import tables as t

Filter = Mapping[str, str]
"""`q` (number, title or id) · `status` · `version` · `process` · `session` · `unit` (with an open task) ·
`incident` (any value: with an open incident, or unsound by the last audit); what is empty does not count."""


def find(conn: Connection, wanted: Filter, *, limit: int, offset: int = 0) -> Sequence[RowMapping]:
    """Cases with number and title of their matter and the count of their open incidents, the latest first."""
    columns = [column for column in t.case_.c if column.name != "state"]
    query = (
        select(*columns, t.matter.c.matter_no, t.matter.c.title, t.matter.c.session_id, _incidents().label("incidents"))
        .join(t.matter, t.matter.c.matter_id == t.case_.c.matter_id)
        .where(*_conditions(wanted))
        .order_by(t.case_.c.started_at.desc(), t.case_.c.id.desc())
    )
    return conn.execute(query.limit(limit).offset(offset)).mappings().all()


def counts(conn: Connection) -> Sequence[RowMapping]:
    """Per version: `running` and `ended` cases, the newest version first; versions without cases are left out."""
    version, status = t.case_.c.package_version, t.case_.c.status
    query = (
        select(
            version.label("version"),
            func.count().filter(status == "running").label("running"),
            func.count().filter(status == "ended").label("ended"),
        )
        .group_by(version)
        .order_by(version.desc())
    )
    return conn.execute(query).mappings().all()


def choices(conn: Connection) -> dict[str, list[str]]:
    """What the filters `version`, `process` and `session` can be."""
    columns = {"version": t.case_.c.package_version, "process": t.case_.c.process, "session": t.matter.c.session_id}
    return {
        name: sorted(str(value) for value in conn.scalars(select(column).distinct()) if value)
        for name, column in columns.items()
    }


def _incidents() -> Any:
    incident = t.incident.c
    mine = (incident.case_id == t.case_.c.id, incident.state == "open")
    return select(func.count()).where(*mine).correlate(t.case_).scalar_subquery()


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    exact = {
        "status": t.case_.c.status,
        "version": t.case_.c.package_version,
        "process": t.case_.c.process,
        "session": t.matter.c.session_id,
    }
    found: list[ColumnElement[bool]] = [column == wanted[name] for name, column in exact.items() if wanted.get(name)]
    if text := wanted.get("q"):
        names = (t.matter.c.matter_no, t.matter.c.title, t.case_.c.id)
        found.append(or_(*(column.icontains(text, autoescape=True) for column in names)))
    if wanted.get("unit"):
        task = t.task.c
        open_there = (task.case_id == t.case_.c.id, task.state == "open", task.unit == wanted["unit"])
        found.append(select(1).where(*open_there).exists())
    if wanted.get("incident"):
        found.append(or_(_incidents() > 0, t.case_.c.unsound.is_not(None)))
    return found
