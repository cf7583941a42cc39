"""A package as a flat list of named facts, so that two packages can be compared line by line.

Every fact has a subject (what a person would point at), a property, and a value shown as text. What only matters to
the picture (coordinates, colours) is no fact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from services.common.form_schemas import BadForm
from services.workflow.engine.bundles import OVERLAY
from services.workflow.engine.findings import Refused
from services.workflow.packages import tables
from services.workflow.packages.contexts import read
from services.workflow.packages.diagrams import Flow, Node
from services.workflow.packages.examples import complete
from services.workflow.packages.models import Package, stem


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be added, removed or changed: its kind, its stable id, and the file it stands in."""

    kind: str
    id: str
    file: str


@dataclass(frozen=True, slots=True)
class Thing:
    """A subject with its name and its properties."""

    name: str
    properties: Mapping[str, str]


Facts = dict[Subject, Thing]

_SETTINGS: Final = ("level", "calendar", "zone", "deadlines", "name")


def gather(package: Package) -> Facts:
    """All facts of a package by subject."""
    found: Facts = {}
    for subject, thing in (*_settings(package), *_diagrams(package), *_files(package)):
        found[subject] = thing
    return found


def _settings(package: Package) -> Iterator[tuple[Subject, Thing]]:
    file = "package.yaml"
    values = {key: str(getattr(package, key)) for key in _SETTINGS}
    values |= {f"counting.{key}": _text(value) for key, value in package.counting.items()}
    values |= {f"unreached.{key}": _text(value) for key, value in package.unreached.items()}
    yield Subject("settings", "settings", file), Thing("", values)
    for message, process in package.entries.items():
        yield Subject("entry", message, file), Thing("", {"process": process})
    for basis in package.basis:
        key = f"{basis.document} {basis.clause}"
        yield Subject("basis", key, file), Thing("", {"parameter": basis.parameter, "text": basis.text})
    for role in package.roles.values():
        properties = {"scope": role.scope, "grants": "、".join(sorted(role.grants))}
        yield Subject("role", role.id, file), Thing(role.label, properties)
    for variable in package.variables:
        properties = {"type": variable.type, "values": variable.values or ""}
        yield Subject("variable", variable.name, file), Thing(variable.label, properties)
    for kind, names in package.labels.items():
        for key, name in names.items():
            yield Subject("label", f"{kind}.{key}", file), Thing(name, {})
    for code, shown in package.classes.items():
        yield Subject("class", code, file), Thing(shown.label, {"letter": shown.letter})
    for point in package.extension_points.values():
        properties = {"process": point.process, "reads": "、".join(point.reads), "writes": "、".join(point.writes)}
        own = {"own": point.own} if point.own else {}
        yield Subject("point", point.name, file), Thing(point.label, properties | own)


def _diagrams(package: Package) -> Iterator[tuple[Subject, Thing]]:
    for node in read(package).everything:
        kind = "process" if node.kind == "process" else "element"
        yield Subject(kind, node.id, node.file), Thing(node.name, dict(_properties(node)))
        for flow in node.outgoing:
            yield Subject("flow", flow.id, node.file), Thing(flow.name, dict(_flow(flow)))


def _properties(node: Node) -> Iterator[tuple[str, str]]:
    plain = ("kind", "attached_to", "default", "called", "decision", "script", "message")
    yield from ((key, str(getattr(node, key))) for key in plain if getattr(node, key))
    if node.kind == "boundaryEvent":
        yield "interrupting", "true" if node.interrupting else "false"
    for key, value in (node.loop or {}).items():
        yield f"loop.{key}", value
    marks: dict[str, list[str]] = {}
    for mark in node.marks:
        for key, value in mark.values.items():
            marks.setdefault(f"hy:{mark.name}.{key}", []).append(value)
    yield from ((key, "；".join(values)) for key, values in marks.items())


def _flow(flow: Flow) -> Iterator[tuple[str, str]]:
    yield "source", flow.source
    yield "target", flow.target
    if flow.condition:
        yield "condition", flow.condition


def _files(package: Package) -> Iterator[tuple[Subject, Thing]]:
    for name in package.under("decisions", ".dmn"):
        yield from _table(name, package.files[name])
    for name in package.under("forms", ".json"):
        yield from _form(name, package.files[name])
    for name in package.under("texts", ".txt"):
        yield Subject("text", stem(name), name), Thing("", {"text": package.files[name].decode()})
    if OVERLAY in package.files:
        yield Subject("overlay", "calendar", OVERLAY), Thing("", {"text": package.files[OVERLAY].decode()})
    for name in package.under("scenarios", ".yaml"):
        yield Subject("scenario", stem(name), name), Thing("", {"text": package.files[name].decode()})


def _table(file: str, content: bytes) -> Iterator[tuple[Subject, Thing]]:
    try:
        table = tables.read(file, content)
    except (Refused, ValueError):
        return  # an unreadable table has no facts; `check` names it
    properties = {"hit_policy": table.hit_policy, **{f"input.{key}": text for key, text in table.inputs.items()}}
    yield Subject("table", table.id, file), Thing(table.name, properties)
    for number, row in enumerate(table.rows, 1):
        when = "，".join(cell.strip('"') for cell in row.inputs.values() if cell not in ("", "-"))
        cells = {**row.inputs, **row.outputs}
        yield Subject("row", f"{table.id}/{when or number}", file), Thing(when, cells)


def _form(file: str, content: bytes) -> Iterator[tuple[Subject, Thing]]:
    try:
        schema: Any = orjson.loads(content)
    except orjson.JSONDecodeError:
        return
    form = stem(file)
    rules = _text(schema.get("allOf") or [])
    yield (
        Subject("form", form, file),
        Thing(schema.get("title", ""), {"record": schema.get("x-record") or "", "rules": rules}),
    )
    yield from _fields(file, form, schema, _titled(schema))


def _titled(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The form with the titles it takes from its records; as written when a reference is broken."""
    try:
        return complete(schema)
    except BadForm:
        return schema


def _fields(
    file: str, path: str, schema: Mapping[str, Any], titled: Mapping[str, Any]
) -> Iterator[tuple[Subject, Thing]]:
    required = set(schema.get("required") or ())
    for name, part in (schema.get("properties") or {}).items():
        shown = titled["properties"][name]
        hidden = ("properties", "title", "examples", "required")
        properties = {key: _text(value) for key, value in part.items() if key not in hidden}
        properties["required"] = "true" if name in required else "false"
        yield Subject("field", f"{path}.{name}", file), Thing(shown.get("title", ""), properties)
        if part.get("properties"):
            yield from _fields(file, f"{path}.{name}", part, shown)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
