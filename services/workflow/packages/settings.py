"""What `package.yaml` must look like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from jsonschema import Draft202012Validator

from services.contracts.codes import GRANTS, OUTCOME_CLASSES
from services.workflow.packages.models import SCOPES

TYPES: Final = ("string", "code", "integer", "number", "boolean", "date", "list", "record")
"""Types of variables, for pick lists."""

_ID: Final = r"^[a-z][a-z0-9_]{0,63}$"
_VARIABLE: Final = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$"
_LINE: Final = {"type": "string", "minLength": 1, "maxLength": 500}


def _record(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    properties = {**required, **(optional or {})}
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _table(key: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "patternProperties": {key: value}, "additionalProperties": False}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


SCHEMA: Final = _record(
    {
        "locality": {"type": "string", "pattern": r"^[a-z][a-z0-9]{0,31}$"},
        "name": _LINE,
        "year": {"type": "integer", "minimum": 1979, "maximum": 2200},
        "revision": {"type": "integer", "minimum": 1},
        "level": _LINE,
        "calendar": _LINE,
        "zone": _LINE,
        "deadlines": _LINE,
        "entries": {"type": "object", "additionalProperties": _LINE, "minProperties": 1},
        "basis": _list(_record({"document": _LINE, "clause": _LINE, "parameter": _LINE, "text": _LINE})),
        "roles": _table(
            _ID,
            _record(
                {
                    "label": _LINE,
                    "label_en": _LINE,
                    "scope": {"enum": list(SCOPES)},
                    "grants": _list({"enum": list(GRANTS)}),
                }
            ),
        ),
        "classes": _record({code: _record({"letter": _LINE, "label": _LINE}) for code in OUTCOME_CLASSES}),
        "variables": _list(
            _record(
                {
                    "name": {"type": "string", "pattern": _VARIABLE},
                    "label": _LINE,
                    "type": {"enum": list(TYPES)},
                    "set_by": _list(_LINE),
                },
                {"values": _LINE},
            )
        ),
        "labels": _table(_ID, {"type": "object", "additionalProperties": _LINE}),
    },
    {
        "keywords": _table(_ID, _list(_LINE)),
        "counting": _record(
            {},
            {
                "exclude_start_day": {"type": "boolean"},
                "month_end_rule": {"enum": ["last_day"]},
                "roll_rule": {"enum": ["next_working_day", "none"]},
                "day_end": {"type": "string", "pattern": r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"},
            },
        ),
        "urgent": _list({"type": "string", "pattern": _ID}),
        "unreached": _record({"after_hours": {"type": "integer", "minimum": 1, "maximum": 1000}, "notice": _LINE}),
        "counts": _table(_ID, _list({"type": "string", "pattern": _ID})),
        "extension_points": _table(
            _ID,
            _record(
                {
                    "process": _LINE,
                    "label": _LINE,
                    "label_en": _LINE,
                    "reads": _list(_LINE),
                    "writes": _list(_LINE),
                },
                {"own": _LINE},
            ),
        ),
    },
)
"""JSON Schema of `package.yaml`."""


def faults(settings: Any) -> Iterator[tuple[str, str]]:
    """Path and reason (English, of the JSON Schema check) of everything wrong with these settings."""
    errors = Draft202012Validator(SCHEMA).iter_errors(settings)
    for error in sorted(errors, key=lambda error: list(map(str, error.absolute_path))):
        yield "/".join(map(str, error.absolute_path)), error.message[:200]
