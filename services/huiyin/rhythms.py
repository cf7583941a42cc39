"""When people act: on working days, at one of a few times of day, sooner or later by chance that is always the same."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zlib import crc32

from services.workflow.calendars import Calendar

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """`hours` are times of day, `HH:MM`, in order."""

    calendar: Calendar
    hours: Sequence[str]

    def instant(self, local: str) -> datetime:
        """A local time, or the first hour of a day, as an instant."""
        day, _, hour = local.partition("T")
        return self.calendar.instant(date.fromisoformat(day), hour[:5] or self.hours[0])

    def at(self, local: str, seed: str) -> datetime:
        """A local time, or some hour of a day."""
        return self.instant(local) if "T" in local else self._some_hour(date.fromisoformat(local), seed)

    def after(self, opened_at: str, days: tuple[int, int], seed: str, now: datetime) -> datetime:
        """So many working days after an instant, not before `now`."""
        least, most = days
        wanted = least + crc32(f"days {seed}".encode()) % (most - least + 1)
        return self._later(self.calendar.local_date(datetime.fromisoformat(opened_at)), wanted, seed, now)

    def after_day(self, day: str, days: int, seed: str, now: datetime) -> datetime:
        """So many working days after a date, not before `now`."""
        return self._later(date.fromisoformat(day), days, seed, now)

    def next(self, now: datetime) -> datetime:
        """The next hour at which people act."""
        return self._forward(self.calendar.local_date(now), now)

    def _later(self, day: date, days: int, seed: str, now: datetime) -> datetime:
        for _ in range(days):
            day = self._working(day + _DAY)
        found = self._some_hour(self._working(day), seed)
        return found if found > now else self._forward(self.calendar.local_date(now), now)

    def _forward(self, day: date, now: datetime) -> datetime:
        """The first hour after `now` on or after a day."""
        while True:
            day = self._working(day)
            found = [self.calendar.instant(day, hour) for hour in self.hours]
            place = bisect_right(found, now.astimezone(UTC))
            if place < len(found):
                return found[place]
            day += _DAY

    def _some_hour(self, day: date, seed: str) -> datetime:
        return self.calendar.instant(day, self.hours[crc32(f"hour {seed}".encode()) % len(self.hours)])

    def _working(self, day: date) -> date:
        while not self.calendar.is_working_day(day):
            day += _DAY
        return day
