"""Checks of the decision tables as a whole: overlaps, gaps and types, with what the package knows of their inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.contracts.codes import MATTER_KINDS, SECRECY, SUBMITTED_WHEN
from services.contracts.records import RECORDS
from services.contracts.schemas import record_schema
from services.workflow.engine import sheets, table_findings
from services.workflow.engine.axes import Domain
from services.workflow.engine.findings import Finding, Refused
from services.workflow.engine.table_findings import Report
from services.workflow.packages.contexts import Context
from services.workflow.packages.words import say

_MATTER: Final = {
    "matter.kind": Domain(tuple(MATTER_KINDS)),
    "matter.submitted_when": Domain(tuple(SUBMITTED_WHEN)),
    "matter.secrecy": Domain(tuple(SECRECY)),
}


def find(context: Context) -> Iterator[Finding]:
    """Findings about every table of the package that can be read."""
    known = domains(context)
    for name in context.package.under("decisions", ".dmn"):
        report = examine(context, name, known)
        if report is not None:
            yield from report.findings()
    yield from _twins(context)


def examine(context: Context, file: str, known: Mapping[str, Domain] | None = None) -> Report | None:
    """What the rules of one table are together; None for a file that is no table."""
    try:
        sheet = sheets.read(file, context.package.files[file])
    except Refused:
        return None  # the context says why
    given = dict(domains(context) if known is None else known)
    if sheet.decision == context.package.deadlines:
        given["deadline"] = Domain(tuple(_rules(context)), is_closed=False)
    return table_findings.examine(sheet, given)


def domains(context: Context) -> dict[str, Domain]:
    """What the package knows of variables: the codes they take, and which are whole numbers."""
    found = dict(_MATTER)
    for variable in context.package.variables:
        codes = _codes(variable.values or "")
        if codes:
            found[variable.name] = Domain(codes)
        elif variable.type == "integer":
            found[variable.name] = Domain(is_whole=True)
    return found


def _codes(path: str) -> tuple[str, ...]:
    """The code list `<record>.<field>`, empty when there is none."""
    record, *fields = path.split(".")
    schema: Any = record_schema(record) if record in RECORDS else {}
    for name in fields:
        schema = schema.get("properties", {}).get(name, {})
    return tuple(code for code in schema.get("enum", ()) if isinstance(code, str))


def _rules(context: Context) -> set[str]:
    """The rules the diagrams ask the table of deadlines for."""
    marks = (mark for node in context.everything for mark in node.of("deadline"))
    return {mark.get("rule") or mark.get("name") for mark in marks} - {""}


def _twins(context: Context) -> Iterator[Finding]:
    """Decisions with the same id: only one of them would ever run."""
    homes = Counter(decision for _, decision in context.tables)
    for file, decision in context.tables:
        if homes[decision] > 1:
            others = sorted({home for home, id_ in context.tables if id_ == decision} - {file})
            yield say("duplicate_id", file=file, element=decision, id=decision, other=", ".join(others))
