"""Life around the walk of a demo: the other suggestions are submitted, some handed over, some receipts confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from services.huiyin.scenes import Script
from services.huiyin.walks import Walk

_HANDOVER, _RECEIPT = "task_handover", "task_receipt"
_HINTS: Final = frozenset({"id", "handling", "submitted_when"})
_EVERY: Final = {_HANDOVER: 2, _RECEIPT: 3}
"""Of the suggestions every second is handed over, and every third of all is confirmed by its units."""


def gather(walk: Walk, script: Script) -> Iterator[str]:
    """Submit every suggestion the walk did not; the title of each, for progress."""
    rest = [(name, form) for name, form in script.forms.items() if name not in walk.matters]
    for number, (name, form) in enumerate(rest):
        walk.submit(name, {key: value for key, value in form.items() if key not in _HINTS})
        if number % _EVERY[_HANDOVER] == 0 and form.get("handling", {}).get("lead"):
            _hand_over(walk, name, form["handling"])
            if number % _EVERY[_RECEIPT] == 0:
                _confirm(walk, name)
        yield str(form["title"])


def _hand_over(walk: Walk, name: str, handling: Mapping[str, Any]) -> None:
    others = handling.get("co_handlers") or []
    data = {
        "mode": "lead" if others else "sole",
        "assignments": [
            {"unit": handling["lead"], "role": "lead"},
            *({"unit": unit, "role": "co_handler"} for unit in others),
        ],
        "extra": {"handed_over_on": _today(walk).isoformat()},
    }
    for task in walk.open_tasks(name):
        if task["element"] == _HANDOVER:
            walk.complete(task, data, walk.cast.holder(task["role"], task["unit"]))


def _confirm(walk: Walk, name: str) -> None:
    for task in walk.open_tasks(name):
        if task["element"] == _RECEIPT:
            walk.complete(task, {"verdict": "accepted"}, walk.cast.holder(task["role"], task["unit"]))


def _today(walk: Walk) -> date:
    return walk.clock.now().astimezone(walk.zone).date()
