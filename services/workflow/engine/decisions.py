"""Decision tables: DMN 1.1–1.5 `decisionTable` with our expressions in its cells.

Hit policies UNIQUE (checked when evaluated), FIRST and COLLECT without aggregation. One table per file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property
from typing import Any, NamedTuple

from lxml import etree

from services.workflow.engine.cells import Says, Test, build_cell
from services.workflow.engine.closures import Builder, Run
from services.workflow.engine.decision_words import WORDS
from services.workflow.engine.documents import parse_xml
from services.workflow.engine.failures import ExpressionError, Failed, Forbidden
from services.workflow.engine.findings import Finding, Severity, word
from services.workflow.engine.sheets import only_table, text_of
from services.workflow.engine.sources import parse_expression
from services.workflow.engine.values import CIVIL_TIME, Frame, plain

POLICIES = frozenset({"UNIQUE", "FIRST", "COLLECT"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a table decided: `outputs` {name: value}, None without a hit, a list of them for COLLECT.

    `rules` are the numbers of the rows hit, the first row being 1.
    """

    outputs: dict[str, Any] | list[dict[str, Any]] | None
    rules: list[int]


class Row(NamedTuple):
    """One row: its tests by input (without those true of anything) and its outputs in column order."""

    tests: list[tuple[int, Test]]
    outputs: list[Run]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A decision table ready to run. Never changed after it is made; `names` are the variables it reads."""

    id: str
    name: str
    file: str
    hit_policy: str
    inputs: list[Run]
    outputs: list[str]
    rows: list[Row]
    names: frozenset[str]
    findings: tuple[Finding, ...]

    def find(self) -> list[Finding]:
        """What is wrong with the table; with an error among it the table does not run."""
        return list(self.findings)

    def evaluate(self, names: Mapping[str, Any], zone: tzinfo = CIVIL_TIME) -> Outcome:
        """Decide for these variables; raises Failed, with table and row as its source."""
        if any(found.severity == "error" for found in self.findings):
            raise Failed("refused_decision", self.file)
        frame, hits = Frame(names, zone=zone), list[int]()
        try:
            values = [run(frame) for run in self.inputs]
            for number in self._hits(frame, values):
                hits.append(number)
                if self.hit_policy == "FIRST":
                    break
            if self.hit_policy == "UNIQUE" and len(hits) > 1:
                raise Failed("unique_violated", ", ".join(map(str, hits)))
            found = [self._outputs(frame, self.rows[number - 1]) for number in hits]
        except ExpressionError as error:
            error.source = error.source or self.id
            raise
        return Outcome(found if self.hit_policy == "COLLECT" else found[0] if found else None, hits)

    @cached_property
    def _index(self) -> Mapping[tuple[int, str] | None, list[int]]:
        """The rows by their first test, where it is that a column says a text; all others under None."""
        found: dict[tuple[int, str] | None, list[int]] = {}
        for number, row in enumerate(self.rows, 1):
            column, test = row.tests[0] if row.tests else (0, None)
            key = (column, test.wanted) if isinstance(test, Says) else None
            found.setdefault(key, []).append(number)
        return found

    def _near(self, values: list[Any]) -> list[int]:
        """The rows that pass their first test, if that is about a text, in their order."""
        keys = [None, *((column, value) for column, value in enumerate(values) if type(value) is str)]
        return sorted(number for key in keys for number in self._index.get(key, ()))

    def _hits(self, frame: Frame, values: list[Any]) -> Iterator[int]:
        for number in self._near(values):
            row = self.rows[number - 1]
            try:
                for column, test in row.tests:
                    if not test(frame, values[column]):
                        break
                else:
                    yield number
            except ExpressionError as error:
                error.source = f"{self.id} #{number}"
                raise

    def _outputs(self, frame: Frame, row: Row) -> dict[str, Any]:
        return {name: plain(frame, run(frame)) for name, run in zip(self.outputs, row.outputs, strict=True)}


def parse_decision(name: str, xml: bytes) -> Decision:
    """The table in a DMN file called `name`. Raises Refused when there is none; the rest is in `find()`."""
    return _Reader(name, *only_table(name, parse_xml(xml, file=name))).read()


class _Reader:
    """Reads one table and collects what is wrong with it."""

    def __init__(self, file: str, decision: etree._Element, table: etree._Element) -> None:
        self.file = file
        self.decision = decision
        self.table = table
        self.builder = Builder()
        self.findings: list[Finding] = []

    def read(self) -> Decision:
        policy = self.table.get("hitPolicy") or "UNIQUE"
        if policy not in POLICIES or self.table.get("aggregation"):
            shown = " ".join(filter(None, (policy, self.table.get("aggregation"))))
            self.refuse("dmn_hit_policy", self.table, policy=shown)
        inputs = [self.input(column, node) for column, node in enumerate(self.table.iterfind("{*}input"), 1)]
        outputs = self.outputs()
        nodes = list(self.table.iterfind("{*}rule"))
        rows = [self.row(number, node, len(inputs), len(outputs)) for number, node in enumerate(nodes, 1)]
        if policy != "COLLECT":  # there, several rows for the same case are the point
            self.compare_rows(nodes, "error" if policy == "UNIQUE" else "warning")
        if not rows:
            self.refuse("dmn_no_rows", self.table, severity="warning")
        return Decision(
            id=str(self.decision.get("id")),
            name=str(self.decision.get("name") or self.decision.get("id")),
            file=self.file,
            hit_policy=policy,
            inputs=inputs,
            outputs=outputs,
            rows=rows,
            names=frozenset(self.builder.names),
            findings=tuple(self.findings),
        )

    def refuse(self, code: str, node: etree._Element, *, severity: Severity = "error", **facts: object) -> None:
        element = node.get("id") or self.decision.get("id")
        self.findings.append(word(WORDS, code, file=self.file, element=element, severity=severity, **facts))

    def input(self, column: int, node: etree._Element) -> Run:
        try:
            return self.builder.build(parse_expression(text_of(node.find("{*}inputExpression"))))
        except Forbidden as error:
            self.refuse("dmn_bad_input", node, column=column, detail=error.text, detail_en=error.text_en)
            return _nothing

    def outputs(self) -> list[str]:
        names = [node.get("name") or "" for node in self.table.iterfind("{*}output")]
        if not names or not all(names) or len(set(names)) < len(names):
            self.refuse("dmn_bad_outputs", self.table, names=", ".join(names) or "–")
        return names

    def row(self, number: int, node: etree._Element, inputs: int, outputs: int) -> Row:
        conditions, results = _cells(node)
        if len(conditions) != inputs or len(results) != outputs:
            self.refuse("dmn_row_width", node, row=number)
        row = Row([], [])
        for column, cell in enumerate(conditions + results):
            try:
                self.cell(row, column, text_of(cell), is_input=column < len(conditions))
            except Forbidden as error:
                words = {"detail": error.text, "detail_en": error.text_en}
                self.refuse("dmn_bad_cell", cell, severity="error", row=number, column=column + 1, **words)
        return row

    def cell(self, row: Row, column: int, text: str, *, is_input: bool) -> None:
        if not is_input:
            row.outputs.append(self.builder.build(parse_expression(text)) if text else _nothing)
        elif test := build_cell(text, self.builder):
            row.tests.append((column, test))

    def compare_rows(self, nodes: list[etree._Element], severity: Severity) -> None:
        seen: dict[tuple[str, ...], int] = {}
        for number, node in enumerate(nodes, 1):
            key = tuple("" if text_of(cell) == "-" else text_of(cell) for cell in _cells(node)[0])
            other = seen.setdefault(key, number)
            if other != number:
                self.refuse("dmn_duplicate_row", node, severity=severity, row=number, other=other)


def _cells(node: etree._Element) -> tuple[list[etree._Element], list[etree._Element]]:
    return list(node.iterfind("{*}inputEntry")), list(node.iterfind("{*}outputEntry"))


def _nothing(_: Frame) -> None:
    return None
