"""Decision tables as their cells' texts: what an owner sees, for checks and for the comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.workflow.engine.documents import parse_xml
from services.workflow.engine.sheets import text_of


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the cells by the label of their input, and by the name of their output."""

    id: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table as written. `inputs` are the expressions by label."""

    id: str
    name: str
    hit_policy: str
    inputs: Mapping[str, str]
    rows: tuple[Line, ...]


def read(file: str, content: bytes) -> Table:
    """The first table of a DMN file; raises `Refused` for XML we do not read, `ValueError` without a table."""
    root = parse_xml(content, file=file)
    decision = next(iter(root.iter("{*}decision")), None)
    table = next(iter(root.iter("{*}decisionTable")), None)
    if decision is None or table is None:
        raise ValueError(f"{file} holds no decision table")
    inputs = {_label(node): text_of(node.find("{*}inputExpression")) for node in table.iterfind("{*}input")}
    outputs = [str(node.get("name")) for node in table.iterfind("{*}output")]
    return Table(
        id=str(decision.get("id")),
        name=str(decision.get("name") or ""),
        hit_policy=str(table.get("hitPolicy") or "UNIQUE"),
        inputs=inputs,
        rows=tuple(_line(rule, list(inputs), outputs) for rule in table.iterfind("{*}rule")),
    )


def _line(rule: Any, inputs: list[str], outputs: list[str]) -> Line:
    tests = [text_of(cell) for cell in rule.iterfind("{*}inputEntry")]
    values = [text_of(cell) for cell in rule.iterfind("{*}outputEntry")]
    return Line(
        str(rule.get("id") or ""),
        dict(zip(inputs, tests, strict=False)),
        dict(zip(outputs, values, strict=False)),
    )


def _label(node: Any) -> str:
    return str(node.get("label") or text_of(node.find("{*}inputExpression")))
