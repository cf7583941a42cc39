"""Overlaps, shadowed rules and gaps of random tables, compared with trying inputs out on the evaluator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, product
from random import Random
from time import thread_time
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.workflow.engine import sheets
from services.workflow.engine.coverage import Coverage
from services.workflow.engine.decisions import Decision, parse_decision
from services.workflow.engine.table_findings import examine
from tests.unit.workflow.dmn import table

DAYS: Final = [f"2026-02-{day:02}" for day in range(25, 29)] + [f"2026-03-{day:02}" for day in range(1, 5)]


@dataclass(frozen=True)
class Sort:
    """A sort of column: its cells, cells its inputValues may be, and inputs that tell all its cells apart."""

    cells: list[str] = field(repr=False)
    allowed: list[str] = field(repr=False)
    inputs: list[Any]


def _ranges(points: list[str]) -> Iterator[str]:
    for low, high in combinations(points, 2):
        for begin, end in product("[(]", "])["):
            yield f"{begin}{low}..{high}{end}"


def _orders(points: list[str]) -> Iterator[str]:
    for point in points:
        yield from (f"< {point}", f"<= {point}", f"> {point}", f">= {point}", f"not(< {point})", point, f"!= {point}")


_MORE_NUMBERS: Final = ["1, 4", "not(1, 2.5)", "not([0..4])", "? in [1, 4]", "null", "null, 0", "< 0, > 1"]
_MORE_NUMBERS += ["]0..1[, 4", "not(]0..1], 4)", "? is null or 1 < ? <= 4", "? is not null and (? > 1 and ? != 4)"]
NUMBERS: Final = Sort(
    [*_orders(["0", "1", "2.5", "4", "-2"]), *_ranges(["-2", "0", "1", "4"]), *_MORE_NUMBERS],
    ["", "", "", ">= 0", "[0..4]", "1, 2.5, 4"],
    [None, *(n / 4 for n in range(-12, 24)), 4, 1],
)
DATES: Final = Sort(
    [*_orders([f'date("{day}")' for day in DAYS[1:6:2]]), *_ranges([f'date("{day}")' for day in DAYS[1:7]]), "null"],
    ["", "", f'>= date("{DAYS[2]}")'],
    [None, *DAYS],
)
_ASKING: Final = ['? in ["a", "c"]', '? == "b" or ? is null', 'not(? == "c")']
TEXTS: Final = Sort(
    [
        '"a"',
        '"b"',
        '"c"',
        '"a", "b"',
        'not("a")',
        'not("a", "c")',
        '["b", "c"]',
        "null",
        "not(null)",
        '"其他"',
        *_ASKING,
    ],
    ["", "", '"a", "b", "c"', 'not("d")'],
    [None, "a", "b", "c", "d", "其他", "z"],
)
ORDERED: Final = Sort(
    [*_orders(['"a"', '"b"', '"ba"']), '["a".."b")', '("a".."ba"]', '""'],
    ["", "", '>= "a"'],
    [None, "", " ", "a", "a ", "az", "b", "b ", "b!", "ba", "ba ", "c"],
)
BOOLEANS: Final = Sort(
    ["true", "false", "not(true)", "null", "true, null"], ["", "", "true, false"], [None, True, False]
)
SORTS: Final = [NUMBERS, DATES, TEXTS, ORDERED, BOOLEANS]


class Made(NamedTuple):
    """A table: per column its sort and what inputValues allow; rows of cells."""

    sorts: list[Sort]
    allowed: list[str]
    rows: list[list[str]]

    def xml(self, policy: str) -> bytes:
        """The table as a file, its inputs x0, x1 …"""
        names = [f"x{n}" for n in range(len(self.sorts))]
        return table(names, ["y"], [[*row, str(n)] for n, row in enumerate(self.rows)], policy, allowed=self.allowed)

    def coverage(self, policy: str) -> Coverage:
        """What the analysis says."""
        return examine(sheets.read("t.dmn", self.xml(policy))).coverage


@st.composite
def tables(draw: st.DrawFn, extra: tuple[str, ...] = ()) -> Made:
    """Tables of one to three columns and one to seven rows."""
    sorts = draw(st.lists(st.sampled_from(SORTS), min_size=1, max_size=3))
    allowed = [draw(st.sampled_from(sort.allowed)) for sort in sorts]
    cells = [st.one_of(st.sampled_from(["-", "", *extra]), st.sampled_from(sort.cells)) for sort in sorts]
    rows = draw(st.lists(st.tuples(*cells).map(list), min_size=1, max_size=7))
    return Made(sorts, allowed, rows)


class Tried(NamedTuple):
    """Per column the inputs that were tried, with the rows whose cell is true of them."""

    columns: list[list[tuple[Any, frozenset[int]]]]

    @classmethod
    def on(cls, made: Made, **names: Any) -> Tried:
        """Every input of every column, put to the evaluator; inputs that are not allowed are left out."""
        columns = []
        for place, sort in enumerate(made.sorts):
            own = parse_decision("t.dmn", table(["x"], ["y"], [[row[place], "1"] for row in made.rows], "COLLECT"))
            fit = parse_decision("t.dmn", table(["x"], ["y"], [[made.allowed[place], "1"]]))
            inputs = [value for value in sort.inputs if fit.evaluate({"x": value}).rules]
            columns.append([(v, frozenset(n - 1 for n in own.evaluate({"x": v, **names}).rules)) for v in inputs])
        return cls(columns)

    def combinations(self, *, nulls: list[bool]) -> set[frozenset[int]]:
        """The rows hit together by some input, for all inputs; without null in columns where it is not asked for."""
        found: set[frozenset[int]] | None = None
        for column, asked in zip(self.columns, nulls, strict=True):
            sets = {hits for value, hits in column if asked or value is not None}
            found = sets if found is None else {one & other for one in found for other in sets}
        return found or set()


def _agree(made: Made) -> None:
    tried = Tried.on(made)
    everything = tried.combinations(nulls=[True] * len(made.sorts))
    all_rows = set(range(len(made.rows)))
    unique, first = made.coverage("UNIQUE"), made.coverage("FIRST")
    assert not unique.too_large

    assert set(unique.dead) == set(first.dead) == all_rows - set().union(*everything)
    pairs = {pair for hits in everything for pair in combinations(sorted(hits), 2)}
    assert {(pair.one, pair.other) for pair in unique.overlaps} == pairs
    assert unique.undecided == []
    reached = {min(hits) for hits in everything if hits}
    assert set(first.shadowed) == all_rows - reached - set(first.dead)
    for row, by in first.shadowed.items():
        assert by is None or all(by in hits for hits in everything if row in hits)

    nulls = ["null" in "".join([allowed, *cells]) for allowed, *cells in zip(made.allowed, *made.rows, strict=True)]
    gap = frozenset() in tried.combinations(nulls=nulls)
    assert (unique.gap is not None) == (first.gap is not None) == gap
    assert not unique.gap_unknown
    _examples_hold(made, unique)


def _examples_hold(made: Made, found: Coverage) -> None:
    """Examples do what is said of them, put to the table itself."""
    decision = parse_decision("t.dmn", made.xml("COLLECT"))
    for pair in found.overlaps[:5]:
        assert {pair.one, pair.other} <= _hits(decision, **_names(found.example(pair.example)))
    if found.gap is not None:
        assert _hits(decision, **_names(found.example(found.gap))) == set()


def _names(values: Iterable[Any]) -> dict[str, Any]:
    return {f"x{n}": value for n, value in enumerate(values)}


def _hits(decision: Decision, **names: Any) -> set[int]:
    """The rows a COLLECT table hits, counted from 0."""
    return {number - 1 for number in decision.evaluate(names).rules}


@settings(max_examples=150, deadline=None)
@given(tables())
def test_the_analysis_agrees_with_trying_everything(made: Made) -> None:
    """Dead, overlapping and shadowed rows and gaps are exactly those that inputs show; examples are examples."""
    _agree(made)


@pytest.mark.long
@settings(max_examples=20_000, deadline=None)
@given(tables())
def test_the_analysis_agrees_with_trying_everything_for_long(made: Made) -> None:
    """The same for many tables."""
    _agree(made)


def _is_sound(made: Made) -> None:
    unique, first = made.coverage("UNIQUE"), made.coverage("FIRST")
    possible = {(pair.one, pair.other) for pair in (*unique.overlaps, *unique.undecided)}
    tried = list(product(*([value for value, _ in column[:5]] for column in Tried.on(made, v=1).columns)))
    for value in ("a", 1, None, "2026-02-26"):
        decision = parse_decision("t.dmn", made.xml("COLLECT"))
        for pair in unique.overlaps[:5]:
            assert {pair.one, pair.other} <= _hits(decision, v=value, **_names(unique.example(pair.example)))
        for found in (unique, first):
            if found.gap is not None:
                assert _hits(decision, v=value, **_names(found.example(found.gap))) == set()
        for inputs in tried:
            hits = sorted(_hits(decision, v=value, **_names(inputs)))
            assert set(combinations(hits, 2)) <= possible
            assert not hits or hits[0] not in first.shadowed
            assert hits or first.gap is not None or first.gap_unknown or None in inputs


@settings(max_examples=30, deadline=None)
@given(tables(extra=("v", "? == v", "not(v)")))
def test_cells_that_read_variables_never_lead_to_a_false_claim(made: Made) -> None:
    """Whatever the variable is: what is called overlapping overlaps, what is not called possible never does."""
    _is_sound(made)


def test_five_hundred_rules_with_eight_columns_are_answered_within_a_second() -> None:
    """Random cells, as good as all different, in each policy; a table that asks for more says so."""
    random = Random(4)
    rows = [[_cell(random) for _ in range(8)] for _ in range(500)]
    made = Made([NUMBERS] * 8, [""] * 8, rows)
    for policy in ("UNIQUE", "FIRST"):
        sheet = sheets.read("t.dmn", made.xml(policy))
        begun = thread_time()
        found = examine(sheet).coverage
        assert thread_time() - begun < 1
        assert found.too_large or found.gap is not None


def _cell(random: Random) -> str:
    low = random.randrange(1000)
    return random.choice(["-", f"< {low}", f"> {low}", f"[{low}..{low + random.randrange(1, 900)}]", f"not({low})"])
