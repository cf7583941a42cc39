"""Which calendars exist and which a case counts by; the arithmetic itself is in `calendars`.

A version is content-hashed (`cn-0f3a…`) and never changes. A case keeps the version it started with until an
operator lets it adopt another.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from services.common import db
from services.common.problems import Problem
from services.workflow import calendars
from services.workflow import tables as t
from services.workflow.calendars import Calendar


def record(conn: Connection, files: Mapping[str, bytes], now: datetime) -> Calendar:
    """Keep the calendar these year files make; a known one is not stored twice. Raises CalendarError."""
    calendar = calendars.parse(files)
    row = {
        "version": calendar.version,
        "calendar": calendar.id,
        "content": {name: content.decode() for name, content in sorted(files.items())},
        "recorded_at": now,
    }
    db.insert_ignore(conn, t.calendar_version, row, t.calendar_version.c.version)
    return calendar


def newest(conn: Connection, calendar: str) -> str:
    """The version of a calendar id that new cases count by; raises `Problem` no_calendar."""
    columns = t.calendar_version.c
    statement = select(columns.version).where(columns.calendar == calendar)
    found = conn.execute(statement.order_by(columns.recorded_at.desc()).limit(1)).scalar()
    if found is None:
        raise Problem("no_calendar", 409, calendar=calendar)
    return str(found)


def get(conn: Connection, version: str) -> Calendar:
    """The calendar of a version; parsed once per process. Raises `Problem` no_calendar."""
    known = _known.get(version)
    if known is not None:
        return known
    content = conn.execute(select(t.calendar_version.c.content).where(t.calendar_version.c.version == version)).scalar()
    if content is None:
        raise Problem("no_calendar", 409, calendar=version)
    return _known.setdefault(version, calendars.parse({name: text.encode() for name, text in content.items()}))


_known: dict[str, Calendar] = {}  # a version never changes, and there are a few a year
