"""Which rules of a table overlap, which are never reached, and which inputs no rule answers.

A rule is a box: per column a set of values (`axes`). What is found holds for every combination of values of the
columns, each taken by itself. Effort is counted, never timed, so the answer is the same everywhere; where it does not
suffice, `too_large` says that more may be wrong than was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from services.workflow.engine.axes import Axis

MAX_RULES: Final = 1000
MAX_COLUMNS: Final = 40
MAX_PAIRS: Final = 125_000
MAX_WORK: Final = 1_000_000


class Pair(NamedTuple):
    """Two rules, by place from 0, and an input both are true of: per column a place among its values."""

    one: int
    other: int
    example: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What was found; rules are places from 0, an example is per column a place among the values of its axis.

    `dead` maps rules that no input can hit to the columns that rule everything out; `shadowed` rules that never come
    first to the one rule before them that takes everything (None: several together). `undecided` are pairs that
    cells nobody understands keep apart or do not, `gap` is an input no rule answers; `gap_unknown` says that only
    such cells could answer what is left.
    """

    axes: Sequence[Axis]
    dead: dict[int, int] = field(default_factory=dict)
    overlaps: list[Pair] = field(default_factory=list)
    undecided: list[Pair] = field(default_factory=list)
    shadowed: dict[int, int | None] = field(default_factory=dict)
    gap: tuple[int, ...] | None = None
    gap_unknown: bool = False
    too_large: bool = False

    def example(self, places: tuple[int, ...]) -> list[Any]:
        """The values of an example, column by column."""
        return [axis.values[place] for axis, place in zip(self.axes, places, strict=True)]


class _Exhausted(Exception):
    """More work than MAX_WORK."""


def find(axes: Sequence[Axis], rules: int, hit_policy: str) -> Coverage:
    """What can be said of a table with these columns and this many rules."""
    if rules > MAX_RULES or len(axes) > MAX_COLUMNS:
        return Coverage(axes=axes, too_large=True)
    search = _Search(axes, rules)
    found: dict[str, Any] = {"axes": axes, "dead": search.dead()}
    if hit_policy == "UNIQUE":
        found["overlaps"], found["undecided"] = search.pairs()
    if hit_policy == "FIRST":
        found["shadowed"] = search.shadowed()
    if hit_policy in ("UNIQUE", "FIRST"):  # in COLLECT several rows or none are the point
        found["gap"], found["gap_unknown"] = search.gap()
    return Coverage(**found, too_large=search.exhausted)


class _Search:
    """The boxes of one table and the work left."""

    def __init__(self, axes: Sequence[Axis], rules: int) -> None:
        self.axes = axes
        self.boxes = [tuple(axis.possible(rule) for axis in axes) for rule in range(rules)]
        self.certain = [all(axis.cells[rule] is not None for axis in axes) for rule in range(rules)]
        self.left = MAX_WORK
        self.exhausted = False
        self.hits = [_hits(axis, self.boxes, column) for column, axis in enumerate(axes)]

    def spend(self, work: int) -> None:
        self.left -= work
        if self.left < 0:
            raise _Exhausted

    def dead(self) -> dict[int, int]:
        """Rules with a cell that is true of nothing, with the first such column."""
        return {rule: box.index(0) for rule, box in enumerate(self.boxes) if 0 in box}

    def pairs(self) -> tuple[list[Pair], list[Pair]]:
        """Pairs of rules one input can hit: certainly, and as far as can be known."""
        found: tuple[list[Pair], list[Pair]] = ([], [])
        for later, box in enumerate(self.boxes):
            for earlier in self.meeting(box, later):
                other = self.boxes[earlier]
                if len(found[0]) + len(found[1]) >= MAX_PAIRS:
                    self.exhausted = True
                    return found
                example = tuple(_lowest(a & b, axis.other) for a, b, axis in zip(box, other, self.axes, strict=True))
                found[not (self.certain[later] and self.certain[earlier])].append(Pair(earlier, later, example))
        return found

    def meeting(self, box: tuple[int, ...], end: int) -> Iterator[int]:
        """The rules before `end` whose boxes share an input with this one."""
        for rule in range(end):
            for one, other in zip(box, self.boxes[rule], strict=True):
                if not one & other:
                    break
            else:
                yield rule

    def gap(self) -> tuple[tuple[int, ...] | None, bool]:
        """An input no rule can answer; else whether one is left that only cells nobody understands could answer."""
        asked = tuple(axis.asked for axis in self.axes)
        sure = _all(rule for rule, certain in enumerate(self.certain) if certain)
        self.left = MAX_WORK
        try:
            hole = self.hole(asked, _all(range(len(self.boxes))))
            return hole, hole is None and self.hole(asked, sure) is not None
        except _Exhausted:
            self.exhausted = True
            return None, False

    def shadowed(self) -> dict[int, int | None]:
        """Rules whose every input is taken by rules before them, and the one that takes all if there is one."""
        found: dict[int, int | None] = {}
        self.left = MAX_WORK
        for rule, box in enumerate(self.boxes):
            if 0 in box:
                continue
            before = [other for other in self.meeting(box, rule) if self.certain[other]]
            whole = next((other for other in before if _contains(self.boxes[other], box)), None)
            if whole is not None or (len(before) > 1 and self.is_covered(box, before)):
                found[rule] = whole
        return found

    def is_covered(self, box: tuple[int, ...], rules: list[int]) -> bool:
        """Whether rules take every input of a box together, as far as work is left."""
        try:
            return not self.exhausted and self.hole(box, _all(rules)) is None
        except _Exhausted:
            self.exhausted = True
            return False

    def hole(self, region: tuple[int, ...], rules: int) -> tuple[int, ...] | None:
        """An input of a region that none of the rules is true of, None where there is none."""
        if not self.axes:
            return None if rules else ()
        options = [self.options(column, values, rules) for column, values in enumerate(region)]
        if not all(options):
            return None
        order = sorted(range(len(options)), key=lambda column: len(options[column]))
        found = _Walk(self, [options[column] for column in order]).hole(0, rules)
        if found is None:
            return None
        return tuple(place for _, place in sorted(zip(order, found, strict=True)))

    def options(self, column: int, values: int, rules: int) -> list[tuple[int, int]]:
        """The values of a region, each with the rules true of it; those a poorer one stands for are left out."""
        hits, seen = self.hits[column], dict[int, int]()
        for place in (*_places(values & ~1), *_places(values & 1)):  # null is an example where nothing else is
            seen.setdefault(hits[place] & rules, place)
        self.spend(len(seen) + values.bit_count())
        by_size = sorted(seen, key=int.bit_count)
        kept: list[int] = []
        for some in by_size:
            if len(kept) > 200 or not any(fewer & some == fewer for fewer in kept):
                kept.append(some)
            self.spend(min(len(kept), 200) // 8)
        return [(seen[some], some) for some in kept]


class _Walk:
    """A search through the columns; what came out covered is remembered by column and rules left."""

    def __init__(self, search: _Search, options: list[list[tuple[int, int]]]) -> None:
        self.search = search
        self.options = options
        self.covered: set[tuple[int, int]] = set()
        self.always = [-1] * (len(options) + 1)  # rules true of everything from a column on
        for column in range(len(options) - 1, -1, -1):
            shared = self.always[column + 1]
            for _, hits in options[column]:
                shared &= hits
            self.always[column] = shared

    def hole(self, column: int, rules: int) -> tuple[int, ...] | None:
        if not rules:
            return tuple(part[0][0] for part in self.options[column:])
        if rules & self.always[column] or (column, rules) in self.covered:
            return None
        self.search.spend(len(self.options[column]))
        for left, place in {rules & hits: place for place, hits in reversed(self.options[column])}.items():
            found = self.hole(column + 1, left)
            if found is not None:
                return (place, *found)
        self.covered.add((column, rules))
        return None


def _hits(axis: Axis, boxes: list[tuple[int, ...]], column: int) -> list[int]:
    """Per value of a column the rules true of it, swept from where sets begin and end."""
    changes = [0] * (len(axis.values) + 1)
    for rule, box in enumerate(boxes):
        edges = box[column] ^ (box[column] << 1)
        for place in _places(edges):
            changes[place] ^= 1 << rule
    hits, now = [], 0
    for change in changes[:-1]:
        now ^= change
        hits.append(now)
    return hits


def _places(values: int) -> Iterator[int]:
    while values:
        low = values & -values
        yield low.bit_length() - 1
        values ^= low


def _lowest(values: int, other: int | None) -> int:
    """A value to show: no null and no unnamed text where there is another."""
    plain = values & ~1 & ~(1 << other if other is not None else 0)
    return next(_places(plain or values & ~1 or values))


def _contains(outer: tuple[int, ...], inner: tuple[int, ...]) -> bool:
    return all(one & other == other for one, other in zip(outer, inner, strict=True))


def _all(rules: Any) -> int:
    return sum(1 << rule for rule in rules)
