"""A JSON Schema of the contract as people read it: one line per field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "string": ("文字", "text"),
    "integer": ("整数", "whole number"),
    "number": ("数", "number"),
    "boolean": ("是或否", "true or false"),
    "object": ("对象", "object"),
    "array": ("列表", "list"),
    "date": ("日期", "date"),
    "date-time": ("时间", "instant"),
}
SHOWN: Final = 12
"""Codes that are told in full; of more the schema tells."""


@dataclass(frozen=True, slots=True)
class Line:
    """One field: where it stands (`points[].text`), what it is called, what goes in."""

    path: str
    title: str
    title_en: str
    kind: tuple[str, str]
    required: bool
    codes: tuple[str, ...] = ()


def outline(schema: Mapping[str, Any], above: str = "") -> Iterator[Line]:
    """Yield the fields of an object and what is inside them, in the order of the schema."""
    wanted = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        path = f"{above}{name}"
        yield _line(path, field, name in wanted)
        inner = field.get("items", {}) if "array" in _types(field) else field
        if inner.get("properties"):
            yield from outline(inner, f"{path}[]." if inner is not field else f"{path}.")


def _line(path: str, field: Mapping[str, Any], required: bool) -> Line:
    kinds = [one for one in _types(field) if one != "null"]
    named = field.get("format") or (kinds[0] if kinds else "object")
    codes = tuple(str(one) for one in field.get("enum", ()) if one is not None)
    return Line(
        path,
        str(field.get("title", "")),
        str(field.get("x-title-en", "")),
        KINDS.get(named, KINDS["string"]),
        required,
        codes if len(codes) <= SHOWN else (*codes[:SHOWN], "…"),
    )


def _types(field: Mapping[str, Any]) -> tuple[str, ...]:
    found = field.get("type", ())
    return (found,) if isinstance(found, str) else tuple(found)
