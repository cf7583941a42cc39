"""An answer to a form made from its own `examples`: for scenarios, previews and simulated agencies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def example(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Data for a resolved form: the first example or the default of each field that has one.

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
