"""A matter of a season as it comes along: what has been done about it, and which lines of its fate are to come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.huiyin.programmes import Entry, Line

Task = Mapping[str, Any]
"""An open task as workflow's interface tells it."""


@dataclass(slots=True)
class Story:
    """`number`: the matter's place in the programme. `lines` are used up one by one."""

    entry: Entry
    form: Mapping[str, Any]
    number: int
    matter_id: str = ""
    lines: list[Line] = field(default_factory=list)
    done: Counter[tuple[str, str]] = field(default_factory=Counter)
    acted_at: datetime | None = None

    @property
    def name(self) -> str:
        """What the programme calls the matter."""
        return self.entry.matter

    @property
    def handling(self) -> dict[str, Any]:
        """What is known beforehand of how it is handled."""
        known = {name: self.form[name] for name in ("answers", "promise") if name in self.form}
        return {**known, **self.form.get("handling", {}), **self.entry.fate.handling}

    @property
    def division(self) -> list[dict[str, Any]]:
        """Which units handle it in which role, the leading one first."""
        known = self.handling
        if known.get("division"):
            return [dict(one) for one in known["division"]]
        others = [{"unit": unit, "role": "co_handler"} for unit in known.get("co_handlers") or ()]
        return [{"unit": known["lead"], "role": "lead"}, *others] if known.get("lead") else []

    @property
    def proposers(self) -> list[str]:
        """The deputies who hand it in, the leading one first."""
        return [self.form["lead_proposer"], *self.form["co_proposers"]]

    def stays_open(self, task: Task) -> bool:
        """Whether the story ends before this task is done."""
        return task["element"] in self.entry.fate.until

    def take(self, task: Task) -> Line | None:
        """The next line about doing this task, which is then used up."""
        for line in self.lines:
            if line.do == task["element"] and self._is_for(line, task):
                self.lines.remove(line)
                return line
        return None

    def take_beside(self, task: Task) -> list[Line]:
        """The lines that wait for such a task to open without doing it; they are used up."""
        found = [line for line in self.lines if line.when == task["element"] and self._is_for(line, task)]
        self.lines = [line for line in self.lines if line not in found]
        return found

    def times(self, task: Task) -> int:
        """How often such a task was done before, by the same unit."""
        return self.done[_key(task)]

    def note(self, task: Task) -> None:
        """The task was done."""
        self.done[_key(task)] += 1

    def _is_for(self, line: Line, task: Task) -> bool:
        units = [one["unit"] for one in self.division]
        wanted = _place(line.unit, units) if isinstance(line.unit, int) else line.unit
        person = _place(line.person, self.proposers) if line.person else None
        return wanted in (None, task["unit"]) and person in (None, task["person"])


def _place(number: int, found: Sequence[str]) -> str:
    """Who stands at a place, counted from one; nobody at one that is not there."""
    return found[number - 1] if number <= len(found) else ""


def _key(task: Task) -> tuple[str, str]:
    return task["element"], task["unit"] or ""
