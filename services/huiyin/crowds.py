"""Life around the walk of a demo: the other suggestions are submitted, some handed over, some receipts confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.huiyin.scenes import Script
from services.huiyin.walks import Walk

_ADMISSION, _DIVISION, _HANDOVER, _RECEIPT = "task_admission", "task_pre_handover", "task_handover", "task_receipt"
_HINTS: Final = frozenset({"id", "handling", "submitted_when"})
_EVERY: Final = {_HANDOVER: 2, _RECEIPT: 3}
"""Of the suggestions every second is handed over, and every third of those is confirmed by its units."""


def gather(walk: Walk, script: Script) -> Iterator[str]:
    """Submit every suggestion the walk did not; the title of each, for progress."""
    rest = [(name, form) for name, form in script.forms.items() if name not in walk.matters]
    for number, (name, form) in enumerate(rest):
        walk.submit(name, {key: value for key, value in form.items() if key not in _HINTS})
        if number % _EVERY[_HANDOVER] == 0 and form.get("handling", {}).get("lead"):
            _hand_over(walk, name, form["handling"])
            if number % _EVERY[_RECEIPT] == 0:
                _do(walk, name, _RECEIPT, {"verdict": "accepted"})
        yield str(form["title"])


def _hand_over(walk: Walk, name: str, handling: Mapping[str, Any]) -> None:
    """Admit it and hand it over at once, without asking the units before."""
    others = handling.get("co_handlers") or []
    division = {
        "mode": "lead" if others else "sole",
        "assignments": [
            {"unit": handling["lead"], "role": "lead"},
            *({"unit": unit, "role": "co_handler"} for unit in others),
        ],
        "urgent": True,
    }
    for element, data in ((_ADMISSION, {"decision": "admit"}), (_DIVISION, division), (_HANDOVER, {})):
        _do(walk, name, element, data)


def _do(walk: Walk, name: str, element: str, data: Mapping[str, Any]) -> None:
    for task in walk.open_tasks(name):
        if task["element"] == element:
            walk.complete(task, data, walk.cast.holder(task["role"], task["unit"]))
