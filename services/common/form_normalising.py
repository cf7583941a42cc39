"""Signs that look alike become the one the form wants (`x-normalise`), before anything is checked."""

from collections.abc import Mapping
from typing import Any, Final

from services.common.form_checks import FieldError, Path, fault
from services.common.form_schemas import Schema

SIGNS: Final[Mapping[str, Mapping[int, str]]] = {
    "brackets": dict(zip(map(ord, "﹝﹞［］[]"), "〔〕〔〕〔〕", strict=True))
}
"""What `x-normalise` may name: the signs to change, and into which (发文字号 are written with 六角括号)."""


def normalise(schema: Schema, data: Any) -> tuple[Any, list[FieldError]]:
    """The data with its signs changed where the form says so, and a remark for every field that was changed."""
    notes: list[FieldError] = []
    return _value(schema, schema, data, (), notes), notes


def _value(whole: Schema, node: Schema, value: Any, path: Path, notes: list[FieldError]) -> Any:
    if isinstance(value, str):
        changed = value.translate(SIGNS.get(node.get("x-normalise", ""), {}))
        if changed != value:
            notes.append(fault(whole, path, str(node["x-normalise"])))
        return changed
    if isinstance(value, Mapping):
        parts = node.get("properties") or {}
        return {key: _value(whole, parts.get(key) or {}, one, (*path, key), notes) for key, one in value.items()}
    if isinstance(value, list):
        items = node.get("items") or {}
        return [_value(whole, items, one, (*path, n), notes) for n, one in enumerate(value)]
    return value
