"""What people answer in a season: texts that begin with `=` are expressions over the matter, its handling and the day.

The same language as in diagrams. `@3m` is a date, counted from today by the calendar; `@0d` is today.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from services.huiyin.stories import Story, Task
from services.workflow.calendars import Calendar
from services.workflow.engine.expressions import compile_expression

_MONTHS: Final = 13


@dataclass(frozen=True, slots=True)
class Speech:
    """Knows the calendar, the directory's people, units and sessions by id, and the words of the programme.

    `staff`: names by unit and role. `words` have `ordinals`; `point`, a pattern for one point with its `ordinal` and
    `answer`; and `answer`, for a point whose own is not known.
    """

    calendar: Calendar
    people: Mapping[str, Mapping[str, Any]]
    units: Mapping[str, Mapping[str, Any]]
    sessions: Mapping[str, Mapping[str, Any]]
    staff: Mapping[str, Mapping[str, str]]
    words: Mapping[str, Any]

    def about(self, story: Story, task: Task, now: datetime, initial: Mapping[str, Any]) -> dict[str, Any]:
        """The variables of the expressions.

        `months`: this day, and the day so many months later; `points`: every point with its answer; `times`: how
        often such a task was done before; `initial`: what the form holds at first.
        """
        today, unit = self.calendar.local_date(now), task.get("unit") or ""
        return {
            "words": self.words,
            "today": today.isoformat(),
            "months": [self.calendar.add(today, f"{n}m").due.isoformat() for n in range(_MONTHS)],
            "matter": {**story.form, "no": task.get("matter_no"), "number": story.number},
            "handling": story.handling,
            "division": story.division,
            "points": "".join(self._points(story)),
            "proposers": [{"id": key, **self.people.get(key, {})} for key in story.proposers],
            "session": self.sessions[story.entry.session],
            "unit": {"id": unit, **self.units.get(unit, {})},
            "staff": self.staff.get(unit, {}),
            "times": story.times(task) if task else 0,
            "initial": initial,
        }

    def say(self, data: Any, known: Mapping[str, Any]) -> Any:
        """The data with every phrase spoken."""
        if isinstance(data, Mapping):
            return {key: self.say(value, known) for key, value in data.items()}
        if isinstance(data, list | tuple):
            return [self.say(item, known) for item in data]
        if isinstance(data, str) and data.startswith("="):
            return compile_expression(data[1:]).evaluate(known)
        if isinstance(data, str) and data.startswith("@"):
            return self.calendar.add(date.fromisoformat(known["today"]), data[1:]).due.isoformat()
        return data

    def _points(self, story: Story) -> Iterator[str]:
        known = story.handling.get("answers") or []
        for n, (ordinal, point) in enumerate(zip(self.words["ordinals"], story.form["points"], strict=False)):
            answer = known[n] if n < len(known) else self.words["answer"]
            yield self.words["point"].format(ordinal=ordinal, point=point, answer=answer)
