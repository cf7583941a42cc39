"""What was measured, held to what it shall be: a table for people, a file for machines, a verdict."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

Bound = Literal["at least", "at most", "told"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its bound. `told` ones are for information; a stretch is wished for, not demanded."""

    name: str
    value: float
    unit: str
    bound: Bound = "told"
    target: float | None = None
    stretch: bool = False

    @property
    def verdict(self) -> str:
        """`met`, `missed`, `wished` (a stretch not reached) or nothing."""
        if self.target is None:
            return ""
        met = self.value >= self.target if self.bound == "at least" else self.value <= self.target
        return "met" if met else ("wished" if self.stretch else "missed")

    def line(self) -> str:
        """One row of the table."""
        sign = {"at least": "≥", "at most": "≤", "told": ""}[self.bound]
        target = "" if self.target is None else f"{sign} {_short(self.target)} {self.unit}"
        return f"{self.name:<66}{_short(self.value):>9} {self.unit:<10}{target:<22}{self.verdict}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


@dataclass(slots=True)
class Report:
    """All figures of one run, in order, under headings, with how often each was repeated."""

    figures: dict[str, list[Figure]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def add(self, heading: str, figures: Sequence[Figure], note: str) -> None:
        """The figures of one measurement; `note` says how many repetitions they are from."""
        self.figures[heading] = list(figures)
        self.notes[heading] = note

    @property
    def missed(self) -> list[Figure]:
        """What is not as it shall be."""
        return [figure for figures in self.figures.values() for figure in figures if figure.verdict == "missed"]

    def table(self) -> str:
        """For people."""
        parts: list[str] = []
        for heading, figures in self.figures.items():
            parts += [f"\n{heading}  ({self.notes[heading]})", *(f"  {figure.line()}" for figure in figures)]
        missed = len(self.missed)
        end = "every target is met" if not missed else f"{missed} of the targets missed: see docs/performance.md"
        return "\n".join([*parts, "", end])

    def save(self, path: Path, facts: Mapping[str, Any]) -> None:
        """For machines."""
        figures = {
            heading: [{**asdict(figure), "verdict": figure.verdict} for figure in found]
            for heading, found in self.figures.items()
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = {"facts": {**machine(), **facts}, "notes": self.notes, "figures": figures}
        path.write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n", "utf-8")


def machine() -> dict[str, Any]:
    """Where and when this runs, and how busy it was."""
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": model[0].partition(": ")[2] if model else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg(),
    }
