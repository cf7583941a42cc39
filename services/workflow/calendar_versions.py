"""Which calendars exist and which a case counts by; the arithmetic itself is in `calendars`.

A version is content-hashed (`cn-0f3a…`) and never changes; it is a set of year files, and another year or a corrected
one makes another version beside it. A case keeps the version it started with until an operator lets it adopt another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, RowMapping, func, select, update

from services.common import db
from services.common.problems import Problem
from services.workflow import calendar_files, calendars
from services.workflow import tables as t
from services.workflow.calendars import Calendar, CalendarError

Files = Mapping[str, bytes]
_c = t.calendar_version.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What a year file would make of a calendar: the version it is now, the version it would be, the days that change.

    `before` is None for a calendar that is not there yet. `changed` are working days by day, as they were and will be.
    """

    year: int
    source: str
    before: Calendar | None
    after: Calendar
    files: Files
    changed: Sequence[tuple[date, bool, bool]]

    @property
    def is_new(self) -> bool:
        """Whether it changes anything at all."""
        return self.before is None or self.before.version != self.after.version

    @property
    def replaces(self) -> bool:
        """Whether it corrects a year that is there already."""
        return self.is_new and self.before is not None and self.year in self.before.years

    @property
    def working_days(self) -> int:
        """How many days of its year people work, to be compared with the notice."""
        days = (date.fromordinal(n) for n in range(_first(self.year), _first(self.year + 1)))
        return sum(map(self.after.is_working_day, days))


def _first(year: int) -> int:
    return date(year, 1, 1).toordinal()


def record(conn: Connection, files: Files, now: datetime) -> Calendar:
    """Keep the year files of a folder; the newest version. Raises CalendarError.

    What was recorded before is not recorded again, so a folder that is behind never takes back what an administrator
    has imported since.
    """
    given = calendars.parse(files)
    known = _contents(conn, given.id)
    if known:
        seen = {text for content in known for text in content.values()}
        fresh = {name: content for name, content in files.items() if content.decode() not in seen}
        if not fresh:
            return _parsed(known[-1])
        files = _merged(known[-1], fresh)
    return _put(conn, files, "", now)


def prepare(conn: Connection, content: bytes) -> Edition:
    """Check a year file against the newest version of its calendar; nothing is written. Raises CalendarError."""
    file = calendar_files.read("calendar.yaml", content)
    if file.year is None:
        raise CalendarError("bad_field", "overlay", "calendar.yaml")
    known = _contents(conn, file.id)
    before = _parsed(known[-1]) if known else None
    files = _merged(known[-1] if known else {}, {f"{file.id}-{file.year}.yaml": content})
    after = calendars.parse(files)
    return Edition(
        year=file.year, source=file.source, before=before, after=after, files=files, changed=_changed(before, after)
    )


def put(conn: Connection, content: bytes, by: str, now: datetime) -> Edition:
    """Make a checked year file part of its calendar: new cases count by it from now on. Raises CalendarError."""
    edition = prepare(conn, content)
    if edition.is_new:
        _put(conn, edition.files, by, now)
    return edition


def _changed(before: Calendar | None, after: Calendar) -> Sequence[tuple[date, bool, bool]]:
    """The days on which people work where they did not, or no longer work."""
    days = sorted(after.days.keys() | (before.days.keys() if before else ()))
    pairs = (
        (day, before.is_working_day(day) if before else day.weekday() < 5, after.is_working_day(day)) for day in days
    )
    return [pair for pair in pairs if pair[1] != pair[2]]


def _merged(known: Mapping[str, str], fresh: Files) -> Files:
    """The year files of a version with others over them, by year."""
    years = {calendar_files.read(name, content).year for name, content in fresh.items()}
    kept = {name: text.encode() for name, text in known.items()}
    return {n: c for n, c in kept.items() if calendar_files.read(n, c).year not in years} | dict(fresh)


def _put(conn: Connection, files: Files, by: str, now: datetime) -> Calendar:
    """Keep a version as the newest; one that was there before becomes the newest again."""
    calendar = calendars.parse(files)
    number = (conn.scalar(select(func.max(_c.number))) or 0) + 1
    said = {"number": number, "recorded_at": now, "recorded_by": by or None}
    content = {name: text.decode() for name, text in sorted(files.items())}
    row = {"version": calendar.version, "calendar": calendar.id, "content": content, **said}
    if db.insert_ignore(conn, t.calendar_version, row, _c.version) is None:
        conn.execute(update(t.calendar_version).where(_c.version == calendar.version).values(**said))
    return calendar


def _contents(conn: Connection, calendar: str) -> Sequence[Mapping[str, str]]:
    """The year files of every version of a calendar, the newest last."""
    statement = select(_c.content).where(_c.calendar == calendar).order_by(_c.number)
    return list(conn.execute(statement).scalars())


def _parsed(content: Mapping[str, str]) -> Calendar:
    return calendars.parse({name: text.encode() for name, text in content.items()})


def newest(conn: Connection, calendar: str) -> str:
    """The version of a calendar id that new cases count by; raises `Problem` no_calendar."""
    statement = select(_c.version).where(_c.calendar == calendar).order_by(_c.number.desc()).limit(1)
    found = conn.execute(statement).scalar()
    if found is None:
        raise Problem("no_calendar", 409, calendar=calendar)
    return str(found)


def list_(conn: Connection) -> Sequence[RowMapping]:
    """All versions without their content, the newest of each calendar first."""
    columns = (_c.version, _c.calendar, _c.recorded_at, _c.recorded_by)
    return conn.execute(select(*columns).order_by(_c.calendar, _c.number.desc())).mappings().all()


def files(conn: Connection, version: str) -> Sequence[calendar_files.CalendarFile]:
    """The years of a version as they were announced, the latest first; raises `Problem` no_calendar."""
    content = _content(conn, version)
    found = [calendar_files.read(name, text.encode()) for name, text in content.items()]
    return sorted(found, key=lambda file: file.year or 0, reverse=True)


def get(conn: Connection, version: str) -> Calendar:
    """The calendar of a version; parsed once per process. Raises `Problem` no_calendar."""
    known = _known.get(version)
    return known if known is not None else _known.setdefault(version, _parsed(_content(conn, version)))


def _content(conn: Connection, version: str) -> Mapping[str, str]:
    content: Mapping[str, str] | None = conn.execute(select(_c.content).where(_c.version == version)).scalar()
    if content is None:
        raise Problem("no_calendar", 404, calendar=version)
    return content


_known: dict[str, Calendar] = {}  # a version never changes, and there are a few a year
