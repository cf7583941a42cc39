"""Hypothesis strategies: data that fits one of our JSON Schemas, and the same data with one thing broken."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

CHARACTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\x00")
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 200),
    st.sampled_from([1.5, 3.0, "", " ", "12", "true", "dissatisfied", "return", "return_requested", "not_public"]),
    st.sampled_from(["2026-02-30", "2026-02-27", "20260227", "2026-02-27T08:00:00", "2026-02-27T08:00:00Z"]),
    st.text(CHARACTERS, max_size=30).filter(lambda text: not text.endswith("\n")),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(CHARACTERS, max_size=5), st.integers(), max_size=2),
)
PATTERNS = {
    r"\S": None,
    r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,20}", fullmatch=True),
    r"^[0-9+() -]{5,30}$": st.from_regex(r"[0-9+() -]{5,30}", fullmatch=True),
    r"^.{1,12}〔20[0-9]{2}〕[0-9]{1,4}号$": st.from_regex(r"云[建教]函〔20[0-9]{2}〕[0-9]{1,4}号", fullmatch=True),
}


def valid(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Data that fits the single fields of a schema (rules between fields may still be broken)."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    makers = {
        "string": _text,
        "integer": _whole,
        "boolean": lambda _: st.booleans(),
        "array": _list,
        "object": _object,
    }
    return st.one_of([st.none() if kind == "null" else makers[kind](schema) for kind in kinds])


@st.composite
def broken(draw: st.DrawFn, schema: dict[str, Any]) -> Any:
    """Data with one random field, at any depth, removed, replaced or added."""
    data = copy.deepcopy(draw(valid(schema)))
    holder = data
    while isinstance(holder, dict) and holder:
        key = draw(st.sampled_from(sorted(holder)))
        if isinstance(holder[key], list) and holder[key] and isinstance(holder[key][0], dict) and draw(st.booleans()):
            holder = holder[key][0]
            continue
        action = draw(st.sampled_from(["drop", "replace", "add"]))
        if action == "drop":
            del holder[key]
        else:
            holder[key if action == "replace" else "unknown_field"] = draw(JUNK)
        break
    return data


def _text(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if "enum" in schema:
        return st.sampled_from([value for value in schema["enum"] if value is not None])
    if schema.get("format") == "date":
        return st.dates().map(lambda day: day.isoformat())
    if schema.get("format") == "date-time":
        return st.datetimes().map(lambda at: at.isoformat() + "+08:00")
    made = PATTERNS.get(schema.get("pattern", r"\S"))
    if made is not None:
        return made
    least, most = (
        schema.get("minLength", 0),
        min(schema.get("maxLength", 50), schema.get("minLength", 0) + 40),
    )
    return st.text(CHARACTERS, min_size=least, max_size=most).map(lambda text: "𠮷" + text[1:] if text else text)


def _whole(schema: dict[str, Any]) -> st.SearchStrategy[int]:
    return st.integers(schema.get("minimum", 0), schema.get("maximum", 10**6))


def _list(schema: dict[str, Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(valid(schema["items"]), min_size=schema.get("minItems", 0), max_size=3)


def _object(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    properties = schema.get("properties")
    if properties is None:
        return st.dictionaries(st.text(CHARACTERS, max_size=5), JUNK, max_size=2)
    fields = {name: valid(inner) for name, inner in properties.items()}
    required = set(schema.get("required", []))
    return st.fixed_dictionaries(
        {name: made for name, made in fields.items() if name in required},
        optional={name: made for name, made in fields.items() if name not in required},
    )
