"""An answer to a form made from its own `examples`: for scenarios, previews and simulated agencies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.common.form_schemas import resolve
from services.contracts.codes import OUTCOME_CLASSES

_OPEN: Final = "@"
_LISTS: Final = {
    "units": [(_OPEN, _OPEN)],
    "deputies": [(_OPEN, _OPEN)],
    "unit_people": [(_OPEN, _OPEN)],
    "unit_roles": [(_OPEN, _OPEN)],
    "classes": [(code, label.zh) for code, label in OUTCOME_CLASSES.items()],
}


def complete(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A form with its references written out, where any text counts as a unit or a person; raises `BadForm`."""
    opened: dict[str, Any] = _without_open_lists(resolve(schema, _LISTS))
    return opened


def example(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Data for a complete form: the first example or the default of each field that has one.

    Required choices without an example take their first option; other fields are left out.
    """
    required = set(schema.get("required", ()))
    found: dict[str, Any] = {}
    for name, part in (schema.get("properties") or {}).items():
        value = _value(part, name in required)
        if value is not None:
            found[name] = value
    return found


def _value(part: Mapping[str, Any], required: bool) -> Any:
    if part.get("examples"):
        return part["examples"][0]
    if "default" in part:
        return part["default"]
    if part.get("type") == "object" and part.get("properties"):
        return example(part) or None
    if required and part.get("enum"):
        return part["enum"][0]
    return None


def _without_open_lists(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_open_lists(item) for item in node]
    if not isinstance(node, dict):
        return node
    hidden = ("enum", "x-labels") if node.get("enum") == [_OPEN] else ()
    return {key: _without_open_lists(value) for key, value in node.items() if key not in hidden}
