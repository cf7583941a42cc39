"""Working days and deadlines: pure arithmetic on calendars that are data.

Counting follows 民法典 第200–203条: the first day does not count, a period of months ends on the
corresponding day or the last of the month, an end on a day off moves to the next working day. 调休上班 days
are working days.
A day no published notice covers is counted by its weekday, and the deadline is provisional.
"""

from __future__ import annotations

import hashlib
import json
import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.workflow.calendar_files import CalendarError, CalendarFile, SpecialDay, read
from services.workflow.calendar_phrases import FIRST, UNITS, WEEKDAYS, Clause, period, say, spans

__all__ = ["Calendar", "CalendarError", "Due", "Rule", "explain", "overlay", "parse"]

ONE_DAY = timedelta(days=1)
REMEMBERED = 4_000  # results of one calendar, a kilobyte each
TAIL = (12, 29)  # the notices for 2008, 2012 and 2019 moved days from 29 December of the year before on
_AMOUNT = re.compile(r"([+-]?)([0-9]{1,4})(wd|d|m)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How days are counted (parameters of a package, defaults by 民法典 第200–203条).

    `month_end_rule`: what a month without the corresponding day does, only `last_day` is known in law.
    `day_end`: `HH:MM` in the calendar's zone, `24:00` or the end of business hours (第203条).
    """

    exclude_start_day: bool = True
    month_end_rule: Literal["last_day"] = "last_day"
    roll_rule: Literal["next_working_day", "none"] = "next_working_day"
    day_end: str = "24:00"

    def __post_init__(self) -> None:
        if self.month_end_rule != "last_day" or self.roll_rule not in ("next_working_day", "none"):
            raise CalendarError("bad_rule", f"{self.month_end_rule}, {self.roll_rule}")
        if not _CLOCK.fullmatch(self.day_end):
            raise CalendarError("bad_rule", self.day_end)


DEFAULT_RULE = Rule()


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The last day of a deadline and why: joined with “；” the clauses are one sentence ending in the date.

    `provisional`: it rests on a day that no published holiday notice covers; recompute on import.
    """

    due: date
    why: tuple[str, ...]
    why_en: tuple[str, ...]
    provisional: bool

    @property
    def text(self) -> str:
        """The explanation as one Chinese sentence."""
        return "；".join(self.why)

    @property
    def text_en(self) -> str:
        """The explanation as one English sentence."""
        return "; ".join(self.why_en)


@dataclass(frozen=True)
class Calendar:
    """Holidays and moved working days of the years in `years`; immutable, `version` hashes the content.

    `base` is the published calendar that a package has made its own by `at`.
    """

    id: str
    zone: str
    years: frozenset[int]
    days: Mapping[date, SpecialDay] = field(repr=False, hash=False)
    base: Calendar | None = field(default=None, repr=False, compare=False)

    @cached_property
    def version(self) -> str:
        """`<id>-<12 hex digits>`; two calendars with the same version count alike and explain alike.

        One that a package has made its own keeps the version of its base: the package says the rest.
        """
        if self.base is not None:
            return self.base.version
        days = sorted((day.isoformat(), *special) for day, special in self.days.items())
        content = json.dumps([self.id, self.zone, sorted(self.years), days], ensure_ascii=False)
        return f"{self.id}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday unless the calendar says otherwise; beyond its years by weekday alone."""
        special = self.days.get(day)
        return day.weekday() < 5 if special is None else special.kind == "workday"

    def missing_year(self, day: date) -> int | None:
        """The year whose notice is needed to be sure of `day`; None when it is settled."""
        if day.year not in self.years:
            return day.year
        return day.year + 1 if (day.month, day.day) >= TAIL and day.year + 1 not in self.years else None

    def at(self, zone: str, days: Mapping[date, SpecialDay]) -> Calendar:
        """This calendar in a package's own zone, with its own holidays and working days over it."""
        base = self.base or self
        if zone == base.zone and not days:
            return base
        return replace(base, zone=zone, days={**base.days, **days}, base=base)

    def local_date(self, moment: datetime) -> date:
        """The date an instant has in the calendar's zone; one that names no zone is read as of here."""
        here = moment if moment.tzinfo else moment.replace(tzinfo=self._zone)
        try:
            return here.astimezone(self._zone).date()
        except OverflowError:
            raise CalendarError("out_of_range", moment.isoformat()) from None

    def instant(self, day: date, clock: str) -> datetime:
        """The aware UTC instant of `HH:MM` (or `24:00`) on `day` in the calendar's zone."""
        if not _CLOCK.fullmatch(clock):
            raise CalendarError("bad_rule", clock)
        hour, minute = int(clock[:2]), int(clock[3:])
        try:
            local = datetime.combine(day, time(hour % 24, minute), self._zone) + ONE_DAY * (hour == 24)
            return local.astimezone(UTC)
        except OverflowError:
            raise CalendarError("out_of_range", f"{day} {clock}") from None

    def due_at(self, due: date, rule: Rule = DEFAULT_RULE) -> datetime:
        """The aware UTC instant at which a deadline with this last day has passed."""
        return self.instant(due, rule.day_end)

    def day(self, text: str) -> date:
        """The date somebody has written, or the one an instant with its zone has here; raises CalendarError."""
        try:
            if _DATE.fullmatch(text):
                return date.fromisoformat(text)
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise CalendarError("bad_date", text) from None
        if moment.tzinfo is None:
            raise CalendarError("bad_date", text)  # whose clock?
        return self.local_date(moment)

    def add(self, start: date, amount: str, *, rule: Rule = DEFAULT_RULE) -> Due:
        """The last day of `amount` counted from `start`; raises CalendarError.

        Amounts: `5wd` working days, `10d` calendar days, `3m` months, a minus counts backwards, or a fixed
        ISO date. What ends on a day off is moved by the rule, to a later day also when counting back.
        """
        if isinstance(start, datetime):
            raise TypeError("count from a date: which one an instant has is for local_date() to say")
        found = self._reckoned.get((start, amount, rule))
        if found is None:
            found = self._reckon(start, amount, rule)
            if len(self._reckoned) >= REMEMBERED:
                self._reckoned.clear()
            self._reckoned[start, amount, rule] = found
        return found

    def _reckon(self, start: date, amount: str, rule: Rule) -> Due:
        reckoning = _Reckoning(self, rule)
        try:
            return reckoning.finish(reckoning.reach(start, amount))
        except OverflowError:
            raise CalendarError("out_of_range", f"{start} {amount}") from None

    @cached_property
    def _reckoned(self) -> dict[tuple[date, str, Rule], Due]:
        """What has been counted: on one day many cases begin with the same amounts."""
        return {}


class _Reckoning:
    """One computation: counts, and notes the clauses of its explanation as it goes."""

    def __init__(self, calendar: Calendar, rule: Rule) -> None:
        self.calendar = calendar
        self.rule = rule
        self.clauses: list[Clause] = []
        self.missing: set[int] = set()

    def reach(self, start: date, amount: str) -> date:
        """The last day, rolled."""
        match = _AMOUNT.fullmatch(amount)
        if match is None:
            return self._roll(self._fixed(amount))
        sign, count, unit = -1 if match[1] == "-" else 1, int(match[2]), match[3]
        self._note_amount(start, sign, count, unit)
        if unit == "wd" and count:
            return self._working_days(start, sign, count)
        reach = self._months if unit == "m" else self._days
        return self._roll(reach(start, sign, count))

    def finish(self, due: date) -> Due:
        """The result; the last clause ends in the date."""
        for year in sorted(self.missing):
            self._note("unknown_year", year=year)
        zh, en = zip(*self.clauses, strict=True)
        why, why_en = (*zh[:-1], f"{zh[-1]} → {due}"), (*en[:-1], f"{en[-1]} → {due}")
        return Due(due=due, why=why, why_en=why_en, provisional=bool(self.missing))

    def _note(self, phrase: str, **facts: object) -> None:
        self.clauses.append(say(phrase, **facts))

    def _note_amount(self, start: date, sign: int, count: int, unit: str) -> None:
        words, first = UNITS[unit], FIRST[self.rule.exclude_start_day]
        facts = {"unit": words.zh, "unit_en": words.en, "first": first.zh, "first_en": first.en}
        self._note("before" if sign < 0 else "after", start=start, count=count, **facts)

    def _fixed(self, amount: str) -> date:
        try:
            if not _DATE.fullmatch(amount):
                raise ValueError(amount)
            day = date.fromisoformat(amount)
        except ValueError:
            raise CalendarError("bad_amount", amount) from None
        self._note("date", day=day)
        return day

    def _working_days(self, start: date, sign: int, count: int) -> date:
        calendar, step, passed = self.calendar, sign * ONE_DAY, []
        day = start if self.rule.exclude_start_day else start - step
        while count:
            day += step
            passed.append(day)
            count -= calendar.is_working_day(day)
        self._settle(passed)
        self._note_passed(passed)
        return day

    def _settle(self, examined: Iterable[date]) -> None:
        self.missing.update(year for year in map(self.calendar.missing_year, examined) if year)

    def _note_passed(self, passed: list[date]) -> None:
        """Name the special days among those counted, runs of the same holiday as one clause."""
        groups: dict[SpecialDay, list[date]] = {}
        for day in sorted(passed):
            if special := self.calendar.days.get(day):
                groups.setdefault(special, []).append(day)
        found = [(first, last, special) for special, days in groups.items() for first, last in spans(days)]
        for first, last, special in sorted(found):
            days = period(first, last)
            names = {"name": special.name, "name_en": special.name_en}
            self._note(special.kind, days=days.zh, days_en=days.en, **names)

    def _days(self, start: date, sign: int, count: int) -> date:
        counted_first = 0 if self.rule.exclude_start_day or not count else 1
        return start + sign * (count - counted_first) * ONE_DAY

    def _months(self, start: date, sign: int, count: int) -> date:
        """The corresponding day; when the first day counts, the day before it (whole months)."""
        months = sign * count
        year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
        if not 1 <= year <= 9999:
            raise CalendarError("out_of_range", f"{start} {months}m")
        last = monthrange(year, month + 1)[1]
        if start.day > last:
            day = date(year, month + 1, last)
            self._note("month_end", month=f"{day:%Y-%m}", number=start.day)
            return day
        day = date(year, month + 1, start.day)
        return day if self.rule.exclude_start_day or not months else day - sign * ONE_DAY

    def _roll(self, day: date) -> date:
        calendar, special = self.calendar, self.calendar.days.get(day)
        if calendar.is_working_day(day):
            self._settle([day] if self.rule.roll_rule != "none" else [])
            if special:
                self._note("stay_workday", day=day)
            return day
        if self.rule.roll_rule == "none":
            self._note("stay_off", day=day)
            return day
        due = day
        while not calendar.is_working_day(due):
            due += ONE_DAY
        self._settle(day + offset * ONE_DAY for offset in range((due - day).days + 1))
        if special:
            self._note("roll_holiday", day=day, name=special.name, name_en=special.name_en)
        else:
            weekday = WEEKDAYS[day.weekday()]
            self._note("roll_weekend", day=day, weekday=weekday.zh, weekday_en=weekday.en)
        return due


def parse(files: Mapping[str, bytes]) -> Calendar:
    """One calendar from its year files {name: content}; raises CalendarError."""
    read_files = sorted((read(name, content) for name, content in files.items()), key=lambda f: f.year or 0)
    years = [file.year for file in read_files if file.year is not None]
    ids, zones = {file.id for file in read_files}, {file.zone for file in read_files}
    if len(ids) != 1 or len(zones) != 1 or len(set(years)) != len(read_files):
        raise CalendarError("bad_set", ", ".join(sorted(files)))
    zone = str(zones.pop())
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise CalendarError("bad_zone", zone) from None
    return Calendar(ids.pop(), zone, frozenset(years), _merged(read_files))


def overlay(calendar: Calendar, file: str, content: bytes) -> Calendar:
    """The calendar with local holidays and working days laid over it; raises CalendarError."""
    local = read(file, content)
    if local.base != calendar.id:
        raise CalendarError("bad_set", f"{local.base} ≠ {calendar.id}", file)
    return Calendar(local.id, calendar.zone, calendar.years, {**calendar.days, **local.days})


def _merged(files: Iterable[CalendarFile]) -> dict[date, SpecialDay]:
    days: dict[date, SpecialDay] = {}
    for file in files:  # ascending: a later notice has the last word on the December before
        days.update(file.days)
    return days


def explain(start: date, amount: str, calendar: Calendar, rule: Rule = DEFAULT_RULE) -> dict[str, Any]:
    """What `huiyin deadline` prints, JSON-ready: the due date, its instant and the whole explanation."""
    due = calendar.add(start, amount, rule=rule)
    return {
        "start": start.isoformat(),
        "amount": amount,
        "due": due.due.isoformat(),
        "due_at": calendar.due_at(due.due, rule).isoformat(),
        "provisional": due.provisional,
        "calendar": calendar.version,
        "text": due.text,
        "text_en": due.text_en,
        "why": list(due.why),
        "why_en": list(due.why_en),
    }
