"""A decision table as it is written: columns, rules and cells with their ids and texts, before anything compiles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from lxml import etree

from services.workflow.engine.decision_words import WORDS
from services.workflow.engine.documents import parse_xml
from services.workflow.engine.findings import Refused, word


class Column(NamedTuple):
    """A column: its id, label, input expression (or name of the output), declared type, and its values as a cell."""

    id: str
    label: str
    source: str
    type: str
    values: str

    @property
    def title(self) -> str:
        """What people call the column."""
        return self.label or self.source


class Cell(NamedTuple):
    """A cell's id and text."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: `number` counts from 1."""

    id: str
    number: int
    inputs: tuple[Cell, ...]
    outputs: tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """One table of one decision. `ids` are all ids of the file in order, `default` the id of a default output."""

    file: str
    decision: str
    id: str
    hit_policy: str
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rules: tuple[Rule, ...]
    ids: tuple[str, ...]
    default: str | None

    @cached_property
    def is_square(self) -> bool:
        """Whether every rule has a cell for each column."""
        widths = (len(self.inputs), len(self.outputs))
        return all((len(rule.inputs), len(rule.outputs)) == widths for rule in self.rules)


def read(file: str, xml: bytes) -> Sheet:
    """The table of a DMN file; raises Refused for XML that is not read and for a file without exactly one table."""
    root = parse_xml(xml, file=file)
    decision, table = only_table(file, root)
    default = table.find("{*}output/{*}defaultOutputEntry")
    return Sheet(
        file=file,
        decision=str(decision.get("id")),
        id=str(table.get("id") or decision.get("id")),
        hit_policy=table.get("hitPolicy") or "UNIQUE",
        inputs=tuple(_input(node) for node in table.iterfind("{*}input")),
        outputs=tuple(_output(node) for node in table.iterfind("{*}output")),
        rules=tuple(_rule(number, node) for number, node in enumerate(table.iterfind("{*}rule"), 1)),
        ids=tuple(str(node.get("id")) for node in root.iter(etree.Element) if node.get("id") is not None),
        default=None if default is None else str(default.get("id") or table.get("id")),
    )


def only_table(file: str, root: etree._Element) -> tuple[etree._Element, etree._Element]:
    """The decision of a file and its table; raises Refused unless there is exactly one, with an id."""
    tables = list(root.iter("{*}decisionTable"))
    if len(tables) != 1:
        code = "dmn_many_tables" if tables else "dmn_no_table"
        raise Refused([word(WORDS, code, file=file, count=len(tables))])
    decision = tables[0].getparent()
    if decision is None or not decision.get("id"):
        raise Refused([word(WORDS, "dmn_no_id", file=file)])
    return decision, tables[0]


def text_of(node: etree._Element | None) -> str:
    """The text of a DMN expression element, stripped; empty when there is none."""
    return "" if node is None else (node.findtext("{*}text") or "").strip()


def _input(node: etree._Element) -> Column:
    expression = node.find("{*}inputExpression")
    type_ = "" if expression is None else expression.get("typeRef") or ""
    values = text_of(node.find("{*}inputValues"))
    return Column(str(node.get("id") or ""), node.get("label") or "", text_of(expression), type_, values)


def _output(node: etree._Element) -> Column:
    type_, values = node.get("typeRef") or "", text_of(node.find("{*}outputValues"))
    return Column(str(node.get("id") or ""), node.get("label") or "", node.get("name") or "", type_, values)


def _rule(number: int, node: etree._Element) -> Rule:
    cells = [[Cell(str(cell.get("id") or ""), text_of(cell)) for cell in node.iterfind(tag)] for tag in _ENTRIES]
    return Rule(str(node.get("id") or ""), number, tuple(cells[0]), tuple(cells[1]))


_ENTRIES = ("{*}inputEntry", "{*}outputEntry")
