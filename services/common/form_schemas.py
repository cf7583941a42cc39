"""Make a form's JSON Schema complete: references and pick lists written out.

A form may point at a record's field (``{"$ref": "urn:huiyin:record:reply#/properties/doc_no"}``) and add its
own title or limits beside the reference; ``x-options`` names a pick list that only the running system knows
(units, deputies, a package's outcome classes). ``resolve`` writes both into the schema, so that everything
after it (reading, checking, showing) needs the schema alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from services.contracts import catalogue
from services.contracts.fields import IDENTIFIER

Schema = Mapping[str, Any]
Options = Mapping[str, Sequence[tuple[str, str]]]

_RECORD: Final = "urn:huiyin:record:"
_MAX_DEPTH: Final = 40


class BadForm(ValueError):
    """The form's schema cannot be used: an unknown reference, an unknown pick list or an endless nesting."""


def resolve(schema: Schema, options: Options | None = None) -> dict[str, Any]:
    """The schema with every ``$ref`` and ``x-options`` written out; resolving twice changes nothing.

    ``options`` maps a list's name to its (code, label) pairs. Raises :class:`BadForm` for what is unknown.
    """
    return _resolve(schema, _Context(schema, options or {}))


@dataclass(frozen=True, slots=True)
class _Context:
    """Where a part of the schema stands: the document its ``#/…`` references mean, and how deep it is."""

    root: Schema
    options: Options
    depth: int = 0
    borrowed: bool = False  # stands in a record, whose descriptions are documentation, not hints for a form


def _resolve(node: Schema, context: _Context) -> dict[str, Any]:
    if context.depth > _MAX_DEPTH:
        raise BadForm("the schema refers to itself or is nested too deeply")
    deeper = replace(context, depth=context.depth + 1)
    done: dict[str, Any] = {}
    if "$ref" in node:
        target, there = _target(str(node["$ref"]), deeper)
        done = _resolve(target, there)
    left_out = {"$ref", "$defs", "description"} if context.borrowed else {"$ref", "$defs"}
    done |= {key: _walk(key, value, deeper) for key, value in node.items() if key not in left_out}
    if "x-options" in done:
        _write_out(done, context.options)
    return done


def _walk(key: str, value: Any, context: _Context) -> Any:
    """Descend where JSON Schema has sub-schemas; values such as ``enum`` or ``examples`` stay untouched."""
    if key in {"properties", "dependentSchemas"}:
        return {name: _sub(part, context) for name, part in value.items()}
    if key in {"items", "if", "then", "else", "not", "contains", "additionalProperties"}:
        return _sub(value, context)
    if key in {"allOf", "anyOf", "oneOf"}:
        return [_sub(part, context) for part in value]
    return value


def _sub(part: Any, context: _Context) -> Any:
    return _resolve(part, context) if isinstance(part, Mapping) else part


def _target(reference: str, context: _Context) -> tuple[Schema, _Context]:
    """What a reference points at, and the context there."""
    document, _, pointer = reference.partition("#")
    if document.startswith(_RECORD):
        context = replace(context, root=_record(document.removeprefix(_RECORD)), borrowed=True)
    elif document:
        raise BadForm(f"unknown reference {reference}")
    found: Any = context.root
    for part in pointer.strip("/").split("/") if pointer.strip("/") else ():
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, Mapping) or name not in found:
            raise BadForm(f"unknown reference {reference}")
        found = found[name]
    if not isinstance(found, Mapping):
        raise BadForm(f"unknown reference {reference}")
    return found, context


@cache
def _record(name: str) -> Schema:
    try:
        return catalogue.record_schema(name)
    except KeyError:
        raise BadForm(f"unknown record {name}") from None


_GROWING: Final = frozenset({"units", "deputies", "unit_people", "unit_roles", "roles"})
"""Lists that are chosen from a box however short they are today."""


def _write_out(node: dict[str, Any], options: Options) -> None:
    """Turn the named list into an enumeration; of a list of codes the items are enumerated.

    An enumeration that is there already keeps its limits; the list's labels win over the record's.
    """
    name = node.pop("x-options")
    if name not in options:
        raise BadForm(f"unknown pick list {name}")
    labels = dict(options[name])
    holder = dict(node.get("items", {})) if node.get("type") == "array" else node
    holder["enum"] = [code for code in labels if code in holder.get("enum", labels)]
    if holder is not node:
        node["items"] = holder
    elif name in _GROWING:
        node.setdefault("x-widget", "select")
    node["x-labels"] = {**node.get("x-labels", {}), **labels}
    english = {code: text for code, text in node.get("x-labels-en", {}).items() if code not in labels}
    node["x-labels-en"] = english


BOOLEANS: Final[Mapping[str, tuple[str, str]]] = {"true": ("是", "Yes"), "false": ("否", "No")}
_RADIOS_UP_TO: Final = 5
_LINE_UP_TO: Final = 200


@dataclass(frozen=True, slots=True)
class Option:
    """One value a field may have: as JSON, as an input sends it, and as people read it."""

    value: Any
    sent: str
    zh: str
    en: str | None


def type_of(node: Schema) -> str:
    """The JSON type of a field; of ``["string", "null"]`` the one that is not null."""
    kinds = node.get("type", "string")
    if isinstance(kinds, str):
        return kinds
    return next((str(kind) for kind in kinds if kind != "null"), "string")


def kind_of(node: Schema) -> str:
    """Which input a field gets.

    hidden, text, textarea, date, integer, number, checkbox, radio, select, checkboxes, lines (a text per
    line), rows or group.
    """
    wanted, type_ = node.get("x-widget"), type_of(node)
    if wanted == "hidden":
        return "hidden"
    if type_ == "object" or "properties" in node:
        return "group"
    if type_ == "array":
        items = node.get("items") or {}
        return "rows" if kind_of(items) == "group" else "checkboxes" if _choices_in(items) else "lines"
    if type_ == "boolean":
        return "radio" if wanted == "radio" else "checkbox"
    if count := _choices_in(node):
        return wanted if wanted in ("radio", "select") else "radio" if count <= _RADIOS_UP_TO else "select"
    if type_ in ("integer", "number"):
        return type_
    if node.get("format") == "date":
        return "date"
    long = node.get("maxLength", 0) > _LINE_UP_TO or ("x-text" in node and "maxLength" not in node)
    return "textarea" if wanted == "textarea" or long else "text"


def _choices_in(node: Schema) -> int:
    """How many options `options_of` gives; they need not be made to be counted."""
    if type_of(node) == "boolean":
        return len(BOOLEANS)
    parts = node.get("oneOf", ())
    if parts and all("const" in part for part in parts):
        return len(parts)
    return sum(value is not None for value in node.get("enum", ()))


def options_of(node: Schema, outer: Schema | None = None) -> list[Option]:
    """What a field can be chosen from; empty for a field that is written.

    ``outer`` is the list around the node, whose ``x-labels`` count too.
    """
    if type_of(node) == "boolean":
        return [Option(sent == "true", sent, *words) for sent, words in BOOLEANS.items()]
    if all("const" in part for part in node.get("oneOf", ())) and node.get("oneOf"):
        return [
            Option(
                part["const"],
                sent_as(part["const"]),
                str(part.get("title", part["const"])),
                part.get("x-title-en"),
            )
            for part in node["oneOf"]
        ]
    zh: dict[str, str] = {}
    en: dict[str, str] = {}
    for part in (outer or {}, node):
        zh.update(part.get("x-labels", {}))
        en.update(part.get("x-labels-en", {}))
    values = [value for value in node.get("enum", ()) if value is not None]
    return [
        Option(value, sent_as(value), zh.get(sent_as(value), sent_as(value)), en.get(sent_as(value)))
        for value in values
    ]


def sent_as(value: Any) -> str:
    """A JSON value as the text an input holds."""
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def ids_of(schema: Schema) -> frozenset[str]:
    """The fields of a resolved form that hold the id of something which people know by no name."""
    parts = (schema.get("properties") or {}).items()
    return frozenset(name for name, part in parts if part.get("pattern") == IDENTIFIER and not options_of(part))


def settled(schema: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with what a form leaves no choice about (`const`), such as that it is late."""
    found = dict(data)
    for name, part in schema.get("properties", {}).items():
        if "const" in part:
            found.setdefault(name, part["const"])
        elif part.get("type") == "object" and isinstance(found.get(name, {}), Mapping):
            inner = settled(part, found.get(name, {}))
            found |= {name: inner} if inner else {}
    return found
