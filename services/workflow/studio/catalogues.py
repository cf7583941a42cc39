"""What the diagram editor offers for choice: roles, forms, deadlines, rules, texts; and the table of steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from services.contracts.codes import MATTER_STATES
from services.workflow.engine.findings import Refused
from services.workflow.packages import Package, contexts
from services.workflow.packages import tables as decision_tables

_SUBJECT: Final = re.compile(r"^([^{：:\n]+)")
_TITLE: Final = re.compile(r"^title: *[\"']?([^\"'\n]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class StepRow:
    """A task of a diagram: the picture is not accessible, this row is."""

    id: str
    name: str
    role: str
    form: str
    deadline: str


def of(package: Package) -> dict[str, list[list[str]]]:
    """Lists of [code, Chinese name] by what they are for."""
    return {
        "roles": [[role.id, role.label] for role in package.roles.values()],
        "forms": [[key, str(form.get("title") or key)] for key, form in package.forms.items()],
        "deadlines": [[name, _label(package, "deadline", name)] for name in sorted(_deadlines(package))],
        "rules": [[name, _label(package, "deadline", name)] for name in _rules(package)],
        "templates": [[name, name] for name in sorted(package.templates)],
        "states": [[code, label.zh] for code, label in MATTER_STATES.items()],
        "processes": [[name, _label(package, "process", name)] for name in sorted(contexts.read(package).processes)],
    }


def titles(package: Package) -> dict[str, str]:
    """What the files are called that have a name beside their path: diagrams, tables, forms, texts, scenarios."""
    context = contexts.read(package)
    found = {node.file: node.name for node in context.processes.values()}
    found |= {one.file: one.name for one in context.decisions.values()}
    found |= {f"forms/{key}.json": str(form.get("title") or "") for key, form in package.forms.items()}
    for folder, pattern in (("texts", _SUBJECT), ("scenarios", _TITLE)):
        for name, content in package.files.items():
            if name.startswith(f"{folder}/") and (line := pattern.search(content.decode())):
                found[name] = line[1].strip()
    return found


def steps(package: Package, file: str) -> list[StepRow]:
    """The tasks of one diagram with who, which form and until when."""
    return list(_steps(package, file))


def _steps(package: Package, file: str) -> Iterator[StepRow]:
    for node in contexts.read(package).nodes:
        for mark in node.of("task") if node.file == file else ():
            role = package.roles.get(mark.get("role"))
            form: dict[str, Any] = package.forms.get(mark.get("form"), {})
            yield StepRow(
                node.id,
                node.name,
                role.label if role is not None else mark.get("role"),
                str(form.get("title") or mark.get("form")),
                _label(package, "deadline", mark.get("deadline")),
            )


def _label(package: Package, kind: str, name: str) -> str:
    return package.labels.get(kind, {}).get(name, name)


def _deadlines(package: Package) -> set[str]:
    return {mark.get("name") for node in contexts.read(package).everything for mark in node.of("deadline")}


def _rules(package: Package) -> list[str]:
    """The names in the first column of the table of deadlines."""
    name = f"decisions/{package.deadlines}.dmn"
    try:
        table = decision_tables.read(name, package.files[name])
    except (KeyError, ValueError, Refused):
        return []  # `check` names a table that is missing or cannot be read
    cells = (next(iter(row.inputs.values()), "").strip('"') for row in table.rows)
    return list(dict.fromkeys(cell for cell in cells if cell and cell != "-"))
