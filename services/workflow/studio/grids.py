"""Decision tables as rows of cells to edit: the same XML with other texts in it, rows added or taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.workflow.engine import sheets, table_findings
from services.workflow.engine.documents import parse_xml, write_xml
from services.workflow.engine.findings import Refused
from services.workflow.engine.sheets import text_of
from services.workflow.packages.models import BadPackage
from services.workflow.packages.words import say


@dataclass(frozen=True, slots=True)
class Grid:
    """A table's id, column names (inputs first) and rows of cells.

    `ids` are per row the ids of the rule and of its cells, `unclear` the columns with cells that nobody can look
    through when all rules are compared, with the numbers of their rows.
    """

    name: str
    inputs: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    id: str = ""
    ids: tuple[tuple[str, ...], ...] = ()
    unclear: tuple[tuple[str, str], ...] = ()


def read(file: str, content: bytes) -> Grid:
    """The first table of a DMN file; raises `engine.Refused` for XML we do not read, `BadPackage` without a table."""
    root = parse_xml(content, file, comments=True)
    table = _table(file, root)
    inputs = [node.get("label") or text_of(node.find("{*}inputExpression")) for node in table.iterfind("{*}input")]
    outputs = [node.get("label") or node.get("name") or "" for node in table.iterfind("{*}output")]
    rules = list(table.iterfind("{*}rule"))
    decision = next(root.iter("{*}decision"), table)
    return Grid(
        decision.get("name") or file,
        len(inputs),
        (*inputs, *outputs),
        tuple(tuple(text_of(cell) for cell in _cells(rule)) for rule in rules),
        table.get("id") or decision.get("id") or "",
        tuple(tuple(node.get("id") or "" for node in (rule, *_cells(rule))) for rule in rules),
        _unclear(file, content),
    )


def _unclear(file: str, content: bytes) -> tuple[tuple[str, str], ...]:
    try:
        report = table_findings.examine(sheets.read(file, content))
    except Refused:
        return ()  # the findings say why
    return tuple((column.title, "、".join(map(str, rows))) for column, rows in report.unclear)


def write(file: str, content: bytes, rows: Sequence[Sequence[str]]) -> bytes:
    """The file with these rows in place of its own; a row without any text is left out. Raises like `read`."""
    root = parse_xml(content, file, comments=True)
    table = _table(file, root)
    grid, old = read(file, content), list(table.iterfind("{*}rule"))
    taken = {rule.get("id") for rule in old}
    for number, row in enumerate(rows):
        if number >= len(old) and any(cell.strip() for cell in row):
            old.append(_new_rule(table, grid, taken))
        if number < len(old):
            _fill(table, old[number], row)
    return write_xml(root)


def _fill(table: Any, rule: Any, row: Sequence[str]) -> None:
    if not any(cell.strip() for cell in row):
        table.remove(rule)
        return
    for cell, text in zip(_cells(rule), row, strict=False):
        holder = cell.find("{*}text")
        if holder is None:
            holder = _add(cell, "text")
        holder.text = text.strip()


def _new_rule(table: Any, grid: Grid, taken: set[str | None]) -> Any:
    name = next(f"rule_{n:02}" for n in range(1, 10_000) if f"rule_{n:02}" not in taken)
    taken.add(name)
    rule = _add(table, "rule", id=name)
    for column in range(len(grid.columns)):
        kind = "inputEntry" if column < grid.inputs else "outputEntry"
        _add(rule, kind, id=f"{name}_{column + 1}")
    return rule


def _add(parent: Any, kind: str, **attributes: str) -> Any:
    namespace, brace, _ = parent.tag.rpartition("}")
    made = parent.makeelement(f"{namespace}{brace}{kind}", attributes)
    parent.append(made)
    return made


def _cells(rule: Any) -> list[Any]:
    return [*rule.iterfind("{*}inputEntry"), *rule.iterfind("{*}outputEntry")]


def _table(file: str, root: Any) -> Any:
    found = next(iter(root.iter("{*}decisionTable")), None)
    if found is None:
        raise BadPackage([say("unknown_file", file=file)])
    return found
