"""Files as an editor sends them: those that cannot be read at all are refused with words, before they are kept."""

from __future__ import annotations

from typing import Any

import orjson
import yaml

from services.workflow.engine.documents import parse_xml
from services.workflow.packages.models import BadPackage
from services.workflow.packages.words import say


def demand_readable(name: str, content: bytes) -> None:
    """Raises `engine.Refused` (XML: broken, with a DOCTYPE, too large) or `BadPackage` (JSON, YAML)."""
    if name.endswith((".bpmn", ".dmn")):
        parse_xml(content, file=name)
    elif name.endswith(".json"):
        _demand_json(name, content)
    elif name.endswith(".yaml"):
        _demand_yaml(name, content)


def _demand_json(name: str, content: bytes) -> None:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadPackage([say("bad_form", file=name, detail=str(error)[:200])]) from error
    if not _has_fields(found) or not _has_fields((found.get("properties") or {}).get("extra") or {}):
        raise BadPackage([say("bad_form", file=name, detail='{"properties": {"…": {…}}}')])


def _has_fields(schema: Any) -> bool:
    """Whether it can be shown as a table of fields."""
    if not isinstance(schema, dict) or not isinstance(schema.get("required") or [], list):
        return False
    properties = schema.get("properties") or {}
    return isinstance(properties, dict) and all(isinstance(part, dict) for part in properties.values())


def _demand_yaml(name: str, content: bytes) -> None:
    try:
        yaml.safe_load(content)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise BadPackage([say("bad_yaml", file=name, line=mark.line + 1 if mark is not None else 0)]) from error
