"""Number series: letter numbers are drawn at the edge and put into the stimulus, never inside the engine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from services.common import db
from services.workflow import tables as t


def draw(conn: Connection, name: str) -> int:
    """The next number of a series (1, 2, …); the row stays locked, so a rollback leaves no gap."""
    row = {"name": name, "last": 0}
    db.insert_ignore(conn, t.series, row, t.series.c.name)
    statement = (
        t.series.update().where(t.series.c.name == name).values(last=t.series.c.last + 1).returning(t.series.c.last)
    )
    return int(conn.execute(statement).scalar_one())


def fill(
    conn: Connection, schema: Mapping[str, Any], data: Mapping[str, Any], unit: str | None, today: date
) -> dict[str, Any]:
    """Fill the empty fields that a form's `x-series` numbers.

    `x-series` is a pattern such as `云交函〔{year}〕{serial}号`; its series runs per pattern, unit and year.
    """
    filled = dict(data)
    for name, node in schema.get("properties", {}).items():
        pattern = node.get("x-series")
        if pattern and not filled.get(name):
            serial = draw(conn, f"{pattern}:{unit or ''}:{today.year}")
            filled[name] = pattern.format(year=today.year, serial=serial, unit=unit or "")
    return filled
