"""What a decision table as written leaves to be wished: overlaps, gaps, rules that never count, types, ids.

These are findings for whoever edits the table. They never keep a published table from running: what must not run at
all is found by `decisions`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from services.workflow.engine import axes, coverage, sheets
from services.workflow.engine.coverage import Coverage, Pair
from services.workflow.engine.decision_words import WORDS
from services.workflow.engine.decisions import parse_decision
from services.workflow.engine.failures import ExpressionError
from services.workflow.engine.findings import Finding, Refused, Severity, word
from services.workflow.engine.literals import literal, understand
from services.workflow.engine.sheets import Cell, Column, Rule, Sheet

SHOWN: Final = 20
"""At most so many findings of one kind per table; the last one says how many more there are."""
_KINDS: Final = {
    "string": "text",
    "boolean": "boolean",
    "date": "date",
    **dict.fromkeys(("number", "integer", "long", "double"), "number"),
}
_QUOTED: Final = re.compile(r""""[^"]*"|'[^']*'""")
_PATH: Final = re.compile(r"(?<![\w.)\]])[A-Za-z_][\w.]*(?!\w*\()", re.ASCII)


@dataclass(frozen=True)
class Report:
    """A table, what was found by looking at all its rules together, and that in words."""

    sheet: Sheet
    coverage: Coverage

    @cached_property
    def unclear(self) -> list[tuple[Column, list[int]]]:
        """Columns with cells that are not understood, and the numbers of their rules."""
        columns = zip(self.sheet.inputs, self.coverage.axes, strict=False)  # no axes for a table too large
        found = [(one, [rule + 1 for rule, cell in enumerate(axis.cells) if cell is None]) for one, axis in columns]
        return [(column, rules) for column, rules in found if rules]

    def findings(self) -> list[Finding]:
        """What to tell the owner of the table."""
        return list(_Wording(self).findings())


def check_dmn(name: str, content: bytes) -> list[Finding]:
    """Everything about one DMN file by itself. Never raises for bad files."""
    try:
        found = parse_decision(name, content).find()
        sheet = sheets.read(name, content)
    except Refused as refused:
        return list(refused.findings)
    return [*found, *examine(sheet).findings()]


def examine(sheet: Sheet, domains: Mapping[str, axes.Domain] | None = None) -> Report:
    """Look at all rules of a table together; `domains` tell of inputs, by expression, what the table cannot know."""
    known = domains or {}
    if not sheet.is_square or len(sheet.rules) > coverage.MAX_RULES or len(sheet.inputs) > coverage.MAX_COLUMNS:
        return Report(sheet, Coverage(axes=[], too_large=sheet.is_square))
    columns = [
        _axis([rule.inputs[place].text for rule in sheet.rules], column, known)
        for place, column in enumerate(sheet.inputs)
    ]
    return Report(sheet, coverage.find(columns, len(sheet.rules), sheet.hit_policy))


def _axis(cells: list[str], column: Column, known: Mapping[str, axes.Domain]) -> axes.Axis:
    return axes.read(cells, column.values, column.type, known.get(column.source, axes.UNKNOWN))


class _Wording:
    """Puts a report into words."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.sheet = report.sheet
        self.coverage = report.coverage
        self.related = list(_related(report.sheet.inputs)) if report.coverage.axes else []

    def findings(self) -> Iterator[Finding]:
        yield from self.twins()
        yield from self.types()
        yield from self.empty()
        if self.sheet.default is not None:
            yield self.say("dmn_default_output", self.sheet.default)
        if self.coverage.too_large:
            limits = {"rows": len(self.sheet.rules), "columns": len(self.sheet.inputs)}
            yield self.say("dmn_not_analysed", self.sheet.id, "warning", **limits)
        if self.sheet.rules and self.coverage.axes:
            yield from self.rules()
            yield from self.gaps()

    def say(self, code: str, element: str, severity: Severity = "error", **facts: object) -> Finding:
        file = self.sheet.file
        return word(WORDS, code, file=file, element=element or self.sheet.decision, severity=severity, **facts)

    def twins(self) -> Iterator[Finding]:
        """Ids that occur twice: a finding could not say which is meant."""
        rows = {id_: rule.number for rule in self.sheet.rules for id_ in (rule.id, *(cell.id for cell in _cells(rule)))}
        for id_, count in Counter(self.sheet.ids).items():
            if count > 1:
                row = rows.get(id_)
                at, at_en = (f"（第 {row} 行）", f" (row {row})") if row else ("", "")
                yield self.say("dmn_duplicate_id", id_, id=id_, count=count, at=at, at_en=at_en)

    def types(self) -> Iterator[Finding]:
        """Columns with a cell that names a value of another type than the column says."""
        inputs = len(self.sheet.inputs)
        for place, column in enumerate((*self.sheet.inputs, *self.sheet.outputs) if self.sheet.is_square else ()):
            rows = [(rule, _cells(rule)[place]) for rule in self.sheet.rules]
            wrong = [row for row in rows for _ in _strangers(column, row[1], is_input=place < inputs)]
            if wrong:
                rule, cell = wrong[0]
                value = next(_strangers(column, cell, is_input=place < inputs))
                severity: Severity = "warning" if column.type == "string" else "error"  # what modelers begin with
                facts: dict[str, object] = {"row": rule.number, "rule": rule.id, "column": place + 1}
                facts |= _more(len(wrong) - 1) | {"title": column.title, "type": column.type, "value": shown(value)}
                yield self.say("dmn_wrong_type", cell.id or rule.id, severity, **facts)

    def empty(self) -> Iterator[Finding]:
        """Rules that were added and not filled in."""
        for rule in self.sheet.rules if self.sheet.is_square else ():
            if rule.outputs and not any(cell.text for cell in rule.outputs):
                yield self.say("dmn_no_output", rule.id, "warning", row=rule.number, rule=rule.id)

    def rules(self) -> Iterator[Finding]:
        """Rules that can never be hit, rules hit together, rules behind others."""
        for found in (list(self.dead()), list(self.overlaps()), list(self.shadowed())):
            yield from found[:SHOWN]
            if len(found) > SHOWN:
                yield self.say("dmn_more", self.sheet.id, found[-1].severity, count=len(found) - SHOWN)
        yield from self.undecided()

    def dead(self) -> Iterator[Finding]:
        for place, column in self.coverage.dead.items():
            rule = self.sheet.rules[place]
            cell, title = rule.inputs[column], self.sheet.inputs[column].title
            facts = {"row": rule.number, "rule": rule.id, "column": column + 1, "title": title, "cell": cell.text}
            yield self.say("dmn_dead_rule", rule.id, "warning", **facts)

    def shadowed(self) -> Iterator[Finding]:
        for place, by in self.coverage.shadowed.items():
            rule = self.sheet.rules[place]
            if by is not None and _same(rule, self.sheet.rules[by]):
                continue  # the reader of the table says so already
            code = "dmn_shadowed_together" if by is None else "dmn_shadowed"
            facts = {"row": rule.number, "rule": rule.id} | ({} if by is None else _other(self.sheet.rules[by]))
            yield self.say(code, rule.id, "warning", **facts)

    def overlaps(self) -> Iterator[Finding]:
        by_rule: dict[int, list[Pair]] = {}
        for pair in self.coverage.overlaps:
            if not _same(self.sheet.rules[pair.one], self.sheet.rules[pair.other]):
                by_rule.setdefault(pair.other, []).append(pair)
        for place, pairs in by_rule.items():
            pair = next((pair for pair in pairs if not self.is_doubtful(pair)), pairs[0])
            rule, doubtful = self.sheet.rules[place], self.is_doubtful(pair)
            facts: dict[str, object] = {"row": rule.number, "rule": rule.id, **_other(self.sheet.rules[pair.one])}
            facts |= _more(len(pairs) - 1) | self.example(pair.example)
            yield self.say("dmn_overlap", rule.id, "warning" if doubtful else "error", **facts)

    def is_doubtful(self, pair: Pair) -> bool:
        """Whether the rules test inputs that hang together, so that their example may be impossible."""
        asked = {
            n for n, axis in enumerate(self.coverage.axes) if {axis.cells[place] for place in pair[:2]} != {axis.whole}
        }
        return any(one in asked and other in asked for one, other in self.related)

    def undecided(self) -> Iterator[Finding]:
        pairs = self.coverage.undecided
        if pairs:
            one, other = (self.sheet.rules[place] for place in (pairs[0].one, pairs[0].other))
            facts = {"row": other.number, "rule": other.id, **_other(one), "count": len(pairs), **self.unclear()}
            yield self.say("dmn_undecided_overlap", other.id, "warning", **facts)

    def gaps(self) -> Iterator[Finding]:
        if self.coverage.gap is not None:
            yield self.say("dmn_gap", self.sheet.id, "warning", **self.example(self.coverage.gap))
        elif self.coverage.gap_unknown:
            yield self.say("dmn_undecided_gap", self.sheet.id, "warning", **self.unclear())

    def unclear(self) -> dict[str, str]:
        found = self.report.unclear
        zh = "；".join(f"“{column.title}”第 {'、'.join(map(str, rules[:5]))} 行" for column, rules in found)
        en = "; ".join(f"'{column.source}' in row {', '.join(map(str, rules[:5]))}" for column, rules in found)
        return {"cells": zh, "cells_en": en}

    def example(self, places: tuple[int, ...]) -> dict[str, str]:
        """An input in words of both languages; columns where nothing is asked are left out."""
        zh, en = [], []
        for column, axis, place in zip(self.sheet.inputs, self.coverage.axes, places, strict=True):
            if any(cell is None or cell != axis.whole for cell in axis.cells):
                value, other = shown(axis.values[place]), place == axis.other
                zh.append(f"{column.title} = {'其他值' if other else value}")
                en.append(f"{column.source} = {'another value' if other else value}")
        return {"example": "，".join(zh) or "任何输入", "example_en": ", ".join(en) or "any input"}


def shown(value: Any) -> str:
    """A value as one would write it into a cell."""
    return json.dumps(value, ensure_ascii=False)


def _more(count: int) -> dict[str, object]:
    return {"more": f"等 {count + 1} 行" if count else "", "more_en": f" and {count} more" if count else ""}


def _other(rule: Rule) -> dict[str, object]:
    return {"other": rule.number, "other_rule": rule.id}


def _cells(rule: Rule) -> tuple[Cell, ...]:
    return (*rule.inputs, *rule.outputs)


def _same(one: Rule, other: Rule) -> bool:
    """Whether the conditions are the same, letter for letter: `dmn_duplicate_row` has said so."""
    texts = [["" if cell.text == "-" else cell.text for cell in rule.inputs] for rule in (one, other)]
    return texts[0] == texts[1]


def _strangers(column: Column, cell: Cell, *, is_input: bool) -> Iterator[Any]:
    """The first literal of a cell that is not of its column's type."""
    wanted = _KINDS.get(column.type)
    for value in _literals(cell.text, is_input) if wanted else ():
        found = "date" if wanted == "date" and type(value) is str and axes.is_date(value) else axes.kind(value)
        if found not in (wanted, "null"):
            yield value
            return


def _literals(text: str, is_input: bool) -> tuple[Any, ...]:
    if is_input:
        known = understand(text)
        return known.literals if known else ()
    try:
        return (literal(text),) if text else ()
    except (ExpressionError, LookupError):
        return ()


def _related(columns: tuple[Column, ...]) -> Iterator[tuple[int, int]]:
    """Pairs of columns that read the same variable or field."""
    paths = [{*_PATH.findall(_QUOTED.sub("", column.source))} for column in columns]
    for other, names in enumerate(paths):
        for one in range(other):
            if any(f"{a}.".startswith(f"{b}.") or f"{b}.".startswith(f"{a}.") for a in names for b in paths[one]):
                yield one, other
