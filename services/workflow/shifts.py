"""A running deadline whose date changes, with a calendar or with a version of the process: shown before it is done."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """`was` is None for a deadline that begins, `now` for one that ends; `why` explains the new date."""

    deadline_id: str
    name: str
    label: str
    unit: str | None
    was: date | None
    now: date | None
    why: tuple[str, ...] = ()
    why_en: tuple[str, ...] = ()

    @property
    def earlier(self) -> bool:
        """Whether somebody has less time than he was told: only with an explicit word."""
        return self.was is not None and self.now is not None and self.now < self.was

    def as_dict(self) -> dict[str, Any]:
        """As JSON-ready mapping."""
        return {**asdict(self), "was": _iso(self.was), "now": _iso(self.now)}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
