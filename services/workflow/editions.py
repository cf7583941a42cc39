"""A published package version as the service runs it: compiled once, shared by all its cases and threads.

A version's content never changes; only units' own diagrams for its extension points are added over time. Their
count (`package_version.diagrams`, read with the lock of every case) says whether the live edition is complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select

from services.common import form_schemas
from services.common.problems import Problem
from services.contracts import catalogue, records
from services.workflow import engine as e
from services.workflow import packages
from services.workflow import tables as t
from services.workflow.packages import Package

_DIRECTORY_LISTS: Final = ("units", "deputies", "unit_people", "unit_roles")
CAPACITY: Final = 24  # versions in use at a time; the oldest unused one is compiled again


@dataclass(frozen=True, slots=True)
class Form:
    """A form of the package: `source` as written, `schema` with references and class lists written out."""

    id: str
    source: Mapping[str, Any]
    schema: Mapping[str, Any]
    record: str | None

    @property
    def title(self) -> str:
        """What the form calls itself."""
        return str(self.source.get("title", ""))


@dataclass(slots=True)
class Edition:
    """A compiled version: the package as its owner wrote it, and what the engine runs."""

    package: Package
    bundle: e.Bundle
    diagrams: int = 0
    pins: Mapping[str, str] = field(default_factory=dict)  # "point/unit" → process id of the unit's diagram
    _forms: dict[str, Form] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """E.g. `yunting-2026.1`."""
        return self.package.version

    @property
    def classes(self) -> list[tuple[str, str]]:
        """Outcome classes as (code, letter and label)."""
        return [(code, f"{entry.letter} {entry.label}") for code, entry in self.package.classes.items()]

    def entry(self, message: str) -> str:
        """The process a message starts, e.g. `matter.submitted`; raises `Problem` no_process."""
        found = self.package.entries.get(message)
        if found is None:
            raise Problem("no_process", 409, version=self.version, message=message)
        return found

    def label(self, kind: str, name: str) -> str:
        """The Chinese name of a process or deadline; the id where the package gives none."""
        return self.package.labels.get(kind, {}).get(name, name)

    def role_label(self, role: str, *, english: bool = False) -> str:
        """The name of a role."""
        found = self.package.roles.get(role)
        if found is None:
            return role
        return found.label_en if english else found.label

    def has_way_back(self, process: str, element: str) -> bool:
        """Whether an element says with `hy:return` where going back leads."""
        spec = self.bundle.specs.get(process)
        found = spec.task_specs.get(element) if spec is not None else None
        return bool(found is not None and getattr(found, "extensions", {}).get("return"))

    def element_name(self, element: str) -> str:
        """What the diagrams write on an element; its id where they write nothing."""
        specs = (spec for process in self.bundle.specs.values() for spec in process.task_specs.values())
        return next((str(spec.bpmn_name) for spec in specs if spec.bpmn_id == element and spec.bpmn_name), element)

    def named_elements(self) -> list[tuple[str, str]]:
        """The elements that people see, as (id, name), by name."""
        specs = (spec for process in self.bundle.specs.values() for spec in process.task_specs.values())
        named = {(str(s.bpmn_id), str(s.bpmn_name)) for s in specs if s.bpmn_id and s.bpmn_name}
        return sorted(named, key=lambda pair: pair[::-1])

    def local_fields(self, record: str) -> dict[str, Any]:
        """The schemas of the local fields (`extra`) that the package's forms add to a type of record."""
        sources = [form for key, form in self.bundle.forms.items() if self.bundle.record_of(key) == record]
        parts = [(form.get("properties") or {}).get("extra") or {} for form in sources]
        return {name: field for part in parts for name, field in (part.get("properties") or {}).items()}

    def boxes_of(self, process: str) -> set[str]:
        """The elements that run a sub-process or called process, and those that run the processes these stand in."""
        found: set[str] = set()
        wanted = [process]
        while wanted:
            name = wanted.pop()
            for outer, spec in self.bundle.specs.items():
                own = {s.bpmn_id for s in spec.task_specs.values() if getattr(s, "spec", None) == name} - found
                found |= own
                wanted += [outer] if own else []
        return found

    def local_date(self, at: datetime) -> date:
        """The date an instant has where the package applies."""
        return at.astimezone(ZoneInfo(self.package.zone)).date()

    def form(self, form_id: str | None) -> Form | None:
        """A form by id, or None."""
        source = self.bundle.forms.get(form_id or "")
        if source is None or form_id is None:
            return None
        if form_id not in self._forms:
            record = self.bundle.record_of(form_id)
            self._forms[form_id] = Form(form_id, source, _announced(source, self.classes), record)
        return self._forms[form_id]

    def record_form(self, record: str) -> Form | None:
        """How a record is given without a task: the package's form of this name, else the record's own schema."""
        if record not in records.RECORDS:
            return None
        own = self.form(record)
        if own is not None:
            return own
        source = _plain_form(record)
        return Form(record, source, _announced(source, self.classes), record)


def _plain_form(record: str) -> dict[str, Any]:
    """A form of all fields of a record; what must be answered with yes or no is asked, not ticked."""
    schema = catalogue.record_schema(record)
    fields: dict[str, Any] = {}
    for name, part in schema["properties"].items():
        fields[name] = {"$ref": f"urn:huiyin:record:{record}#/properties/{name}"}
        if part.get("type") == "boolean" and name in schema.get("required", ()):
            fields[name]["x-widget"] = "radio"
    return {**{key: value for key, value in schema.items() if key != "description"}, "properties": fields}


def _announced(source: Mapping[str, Any], classes: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The form as agencies get it: complete, but long lists of the directory only named (`x-codes`)."""
    placeholders = {name: [(f"@{name}", name)] for name in _DIRECTORY_LISTS}
    schema = form_schemas.resolve(source, {**placeholders, "classes": classes})
    named: dict[str, Any] = _name_lists(schema)
    return named


def _name_lists(node: Any) -> Any:
    if isinstance(node, list):
        return [_name_lists(item) for item in node]
    if not isinstance(node, dict):
        return node
    enum = node.get("enum")
    if isinstance(enum, list) and len(enum) == 1 and str(enum[0]).startswith("@"):
        rest = {key: _name_lists(value) for key, value in node.items() if key not in ("enum", "x-labels")}
        return {**rest, "x-codes": str(enum[0])[1:]}
    return {key: _name_lists(value) for key, value in node.items()}


def compile_(package: Package) -> Edition:
    """Compile a package; raises `engine.Refused` with every finding."""
    return Edition(package, e.compile_bundle(package.files, package.settings))


_live: WeakKeyDictionary[Engine, dict[str, Edition]] = WeakKeyDictionary()
_guard = Lock()


def get(conn: Connection, version: str, diagrams: int = 0) -> Edition:
    """The live edition with at least `diagrams` unit diagrams; raises `Problem` no_version."""
    with _guard:
        known = _live.setdefault(conn.engine, {}).get(version)
    if known is not None and known.diagrams >= diagrams:
        return known
    edition = _with_diagrams(conn, known or _read(conn, version))
    with _guard:
        live = _live[conn.engine]
        live.pop(version, None)
        live[version] = edition
        while len(live) > CAPACITY:
            del live[next(iter(live))]
    return edition


def _read(conn: Connection, version: str) -> Edition:
    columns = t.package_version.c
    content = conn.execute(select(columns.content).where(columns.version == version)).scalar()
    if content is None:
        raise Problem("no_version", 409, version=version)
    return compile_(packages.unpack(bytes(content)))


def _with_diagrams(conn: Connection, edition: Edition) -> Edition:
    """The edition with every diagram units have published for it; the newest of each unit is in force."""
    columns = t.unit_diagram.c
    statement = select(t.unit_diagram).where(columns.package_version == edition.version)
    bundle, pins, count = edition.bundle, {}, 0
    for row in conn.execute(statement.order_by(columns.number)).mappings():
        process = diagram_process(row["point"], row["unit"], row["number"])
        if process not in bundle.specs:
            bundle = bundle.include(process, f"{process}.bpmn", bytes(row["content"]))
        pins[f"{row['point']}/{row['unit']}"] = process
        count += 1
    return replace(edition, bundle=bundle, pins=pins, diagrams=count)


def diagram_process(point: str, unit: str, number: int) -> str:
    """The process id under which a unit's own diagram runs; it never changes, so pinned cases find it again."""
    return f"{point}~{unit}~{number}"
