"""One input column of a decision table as finitely many values: those its cells name, and one of each stretch between.

A set of values is an integer, bit n standing for value n. Whether a cell is true of a value is always asked of the
cell's real test.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from services.workflow.engine.failures import ExpressionError
from services.workflow.engine.literals import Known, understand
from services.workflow.engine.values import Frame

INTEGERS = frozenset({"integer", "long"})
_OTHER = "其他"


class Domain(NamedTuple):
    """What is known of an input beside the table: its texts (all of them, or those to be answered), whole numbers."""

    texts: tuple[str, ...] | None = None
    is_closed: bool = True
    is_whole: bool = False


class Block(NamedTuple):
    """Neighbouring values of one kind, sorted; the first is value `start` of the column."""

    kind: str
    start: int
    values: list[Any]


@dataclass(frozen=True, slots=True)
class Axis:
    """A column: its values, and per rule the set its cell is true of (None where the cell is not understood).

    `whole` are the values the input may have, `asked` those the table should answer for: null only where a cell
    names it. `other` is the value that stands for all that no cell names. Without `values` no cell says anything.
    """

    values: list[Any]
    other: int | None
    whole: int
    asked: int
    cells: list[int | None]

    def possible(self, rule: int) -> int:
        """The values a rule may be true of."""
        known = self.cells[rule]
        return self.whole if known is None else known


UNKNOWN = Domain()


def read(cells: Sequence[str], allowed: str = "", type_: str = "", domain: Domain = UNKNOWN) -> Axis:
    """The column with these cells; `allowed` is a cell the input is always true of (DMN's inputValues)."""
    known = {text: understand(text) for text in {*cells, allowed}}
    literals = [literal for one in known.values() if one for literal in one.literals]
    ordered = any(one.ordered for one in known.values() if one)
    whole_numbers = domain.is_whole or type_ in INTEGERS
    blocks = list(_blocks(literals, ordered, whole_numbers, domain))
    return _Reading(blocks, known).axis(cells, allowed, None in literals)


class _Reading:
    """Puts every cell to its test, once per stretch of values."""

    def __init__(self, blocks: list[Block], known: dict[str, Known | None]) -> None:
        self.blocks = blocks
        self.known = known
        self.values = [value for block in blocks for value in block.values]
        self.failing = 0
        self.true = {text: self.values_of(one) for text, one in known.items() if one is not None}

    def axis(self, cells: Sequence[str], allowed: str, has_null: bool) -> Axis:
        whole = _span(0, len(self.values)) & ~self.failing & self.true.get(allowed, -1)
        named = sum(1 << place for place in self.places())
        sets: dict[str, int | None] = {text: whole & found for text, found in self.true.items()}
        if named & self.failing:  # texts beside numbers in order: whatever comes, a cell fails
            whole = _span(0, len(self.values))
            sets = {text: whole if self.says_nothing(text) else None for text in sets}
        other = next((block.start for block in self.blocks if block.kind == "other"), None)
        asked = whole if has_null or self.blocks[0].kind == "any" else whole & ~1
        return Axis(self.values, other, whole, asked, [sets.get(text) for text in cells])

    def says_nothing(self, text: str) -> bool:
        known = self.known[text]
        return known is not None and known.test is None

    def places(self) -> Iterator[int]:
        """Where the literals stand among the values."""
        at = {(block.kind, value): block.start + n for block in self.blocks for n, value in enumerate(block.values)}
        for one in self.known.values():
            for literal in one.literals if one else ():
                place = at.get((kind(literal), literal))
                if place is not None:
                    yield place

    def values_of(self, known: Known) -> int:
        if known.test is None or self.blocks[0].kind == "any":
            return -1
        found = 0
        for block in self.blocks:
            for first, end in pairwise(sorted(_cuts(block, known.literals))):
                stretch = _span(block.start + first, block.start + end)
                try:
                    found |= stretch if known.test(Frame({}), block.values[first]) else 0
                except ExpressionError:
                    self.failing |= stretch
        return found


def kind(value: Any) -> str:
    """What a literal is: null, boolean, number or text."""
    if value is None:
        return "null"
    if type(value) is bool:
        return "boolean"
    return "text" if type(value) is str else "number"


def is_date(text: str) -> bool:
    """Whether a text is an ISO date."""
    try:
        return len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _cuts(block: Block, literals: Iterable[Any]) -> set[int]:
    """Where the truth of a cell with these literals can change within a block."""
    if block.kind == "boolean":
        return set(range(len(block.values) + 1))
    cuts = {0, len(block.values)}
    for literal in literals:
        if kind(literal) == block.kind != "null":
            cuts |= {bisect_left(block.values, literal), bisect_right(block.values, literal)}
    return cuts


def _span(first: int, end: int) -> int:
    return (1 << end) - (1 << first)


def _blocks(literals: list[Any], ordered: bool, whole_numbers: bool, domain: Domain) -> Iterator[Block]:
    """The values of a column; null always comes first."""
    if not literals:
        yield Block("any", 0, [None])
        return
    by_kind: dict[str, set[Any]] = {}
    for literal in literals:
        by_kind.setdefault(kind(literal), set()).add(literal)
    parts: list[tuple[str, list[Any]]] = [("null", [None])]
    if "boolean" in by_kind:
        parts.append(("boolean", [False, True]))
    if numbers := by_kind.get("number"):
        parts.append(("number", list(_numbers(sorted(numbers), whole_numbers))))
    if texts := by_kind.get("text"):
        parts += _texts(texts, ordered, domain)
    if not by_kind.keys() - {"null"}:
        parts.append(("other", [_OTHER]))
    start = 0
    for name, values in parts:
        yield Block(name, start, values)
        start += len(values)


def _texts(texts: set[str], ordered: bool, domain: Domain) -> Iterator[tuple[str, list[Any]]]:
    if domain.texts is not None:
        yield "text", sorted({*domain.texts} if domain.is_closed else texts | {*domain.texts})
    elif not ordered:
        yield "text", sorted(texts)
        other = _OTHER
        while other in texts:
            other += "…"
        yield "other", [other]
    elif all(map(is_date, texts)):
        yield "text", list(_days(sorted(texts)))
    else:
        yield "text", list(_between_texts(sorted(texts)))


def _numbers(points: list[Any], whole: bool) -> Iterator[Any]:
    yield math.ceil(points[0]) - 1
    for point, after in pairwise([*points, math.inf]):
        if not whole or point == math.floor(point):
            yield point
        next_ = math.floor(point) + 1
        middle = next_ if next_ < after else point + (after - point) / 2
        if point < middle < after and (not whole or middle == next_):
            yield middle


def _days(points: list[str]) -> Iterator[str]:
    yield from _day(points[0], -1)
    for point, after in pairwise([*points, "~"]):
        yield point
        yield from (day for day in _day(point, 1) if day < after)


def _day(text: str, step: int) -> Iterator[str]:
    try:
        yield (date.fromisoformat(text) + timedelta(days=step)).isoformat()
    except OverflowError:
        return  # the first or the last day there is


def _between_texts(points: list[str]) -> Iterator[str]:
    if points[0]:
        yield ""
    for point, after in pairwise(points):
        yield point
        between = next((point + sign for sign in (" ", "\x01") if point + sign < after), None)
        if between is not None:
            yield between
    yield points[-1]
    yield points[-1] + "…"
