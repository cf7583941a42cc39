"""An answer that a form takes, for rehearsals: examples and the least that is asked for, nothing that makes sense."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator

_TEXT: Final = "演练内容，请以实际办理情况为准。"
_ROUNDS: Final = 5
"""How often what one answer demands may demand more."""

Schema = Mapping[str, Any]


def fill(schema: Schema, known: Mapping[str, Any], *, code: str, today: str) -> dict[str, Any]:
    """`known` and, beside it, every field that the form then demands; `code` stands in for ids of the directory."""
    data = dict(known)
    for _ in range(_ROUNDS):
        properties, required = _demanded(schema, data)
        missing = [name for name in required if name not in data]
        if not missing:
            break
        data |= {name: _value(properties.get(name, {}), code, today) for name in missing}
    return data


def _demanded(schema: Schema, data: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Fields and which of them are required, with the conditions that the data meet."""
    properties, required = dict(schema.get("properties", {})), list(schema.get("required", ()))
    for branch in schema.get("allOf", ()):
        part = branch
        if "if" in branch:
            part = branch.get("then" if Draft202012Validator(branch["if"]).is_valid(data) else "else", {})
        required += part.get("required", ())
        for name, node in part.get("properties", {}).items():
            properties[name] = {**properties.get(name, {}), **node}
    return properties, required


def _value(node: Schema, code: str, today: str) -> Any:
    for word in ("const", "default"):
        if word in node:
            return node[word]
    if found := node.get("examples") or node.get("enum"):
        return found[0]
    kinds = node.get("type", "string")
    kind = kinds if isinstance(kinds, str) else next(one for one in kinds if one != "null")
    if kind == "object":
        return fill(node, {}, code=code, today=today)
    if kind == "array":
        return [_value(node.get("items", {}), code, today) for _ in range(node.get("minItems", 0))]
    if kind == "string":
        return _text(node, code, today)
    return {"boolean": True, "null": None}.get(kind, node.get("minimum", 1))


def _text(node: Schema, code: str, today: str) -> str:
    if "x-codes" in node:
        return code
    if node.get("format") == "date":
        return today
    text = _TEXT * (1 + int(node.get("minLength", 1)) // len(_TEXT))
    return text[: int(node.get("maxLength", len(text)))]
