"""A durable step against the library, against the library in memory, and against a step that decides nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import Column, Connection, Engine, MetaData, Table, Text, insert, select

from services.common import db
from services.workflow import cases
from tests.bench import bare, offices
from tests.bench.results import Figure
from tests.bench.stock import Library
from tests.bench.stories import Story

TOGETHER = 50
"""Cases of one transaction."""
_naive = Table("library", MetaData(), Column("id", Text, primary_key=True), Column("json", Text, nullable=False))


Act = Callable[[int], None]
"""Does one line of the story, for one case or for several together."""


@dataclass(frozen=True, slots=True)
class Contest:
    """A connection, as a worker has one, and what every contestant needs."""

    conn: Connection
    story: Story
    library: Library
    cases: Iterator[str]
    bare: Sequence[str]

    def product(self, together: int) -> Act:
        """The product: so many cases, a transaction for each line of the story."""
        orders = [self.story.orders(next(self.cases)) for _ in range(together)]

        def act(number: int) -> None:
            with db.transaction(self.conn):
                applied = cases.apply_all(self.conn, [lines[number] for lines in orders])
            if any(one.seq is None for one in applied):
                raise RuntimeError(f"line {number} became an incident")

        return act

    def bare_loop(self, together: int) -> Act:
        """Lock, read, write, commit."""

        def act(_number: int) -> None:
            with db.transaction(self.conn):
                bare.step(self.conn, self.bare[:together])

        return act

    def library_json(self) -> Act:
        """The library as it is used: its JSON in a column, loaded, stepped, dumped, stored."""
        row = _naive.c.id == "one"
        with db.transaction(self.conn):
            self.conn.execute(_naive.delete())
            text = self.library.serializer.serialize_json(self.library.begin())
            self.conn.execute(insert(_naive), {"id": "one", "json": text})

        def act(number: int) -> None:
            with db.transaction(self.conn):
                text = self.conn.execute(select(_naive.c.json).where(row).with_for_update()).scalar_one()
                text = self.library.json_step(text, self.story.lines[number])
                self.conn.execute(_naive.update().where(row).values(json=text))

        return act

    def library_in_memory(self) -> Act:
        """The library without any durability: nothing is ever written."""
        workflow = self.library.begin()
        return lambda number: self.library.step(workflow, self.story.lines[number])


def measure(engine: Engine, story: Story, rounds: int, together: int = TOGETHER) -> tuple[list[Figure], str]:
    """All do the same line one after the other, so that they share whatever else the machine does."""
    names = offices.begin(engine, story, [f"s{number:08d}" for number in range((rounds + 1) * (together + 1))])
    bare_ids = [f"b{number:04d}" for number in range(together)]
    bare.furnish(engine, bare_ids)
    _naive.create(engine)
    with engine.connect() as conn:
        contest = Contest(conn, story, Library(story), iter(names), bare_ids)
        _round(contest, together)  # to warm up
        found = [_round(contest, together) for _ in range(rounds)]
    return _figures(found, together), f"{rounds} rounds of {len(story.lines)} steps, medians of rounds"


def _round(contest: Contest, together: int) -> dict[str, float]:
    """One way of everybody through the story: milliseconds per step on average."""
    acts = {
        "json": (contest.library_json(), 1),
        "one": (contest.product(1), 1),
        "bare": (contest.bare_loop(1), 1),
        "memory": (contest.library_in_memory(), 1),
        "many": (contest.product(together), together),
        "bare many": (contest.bare_loop(together), together),
    }
    spent = dict.fromkeys(acts, 0.0)
    for number in range(len(contest.story.lines)):
        for name, (act, _) in acts.items():
            begun = time.perf_counter()
            act(number)
            spent[name] += time.perf_counter() - begun
    return {name: spent[name] * 1000 / len(contest.story.lines) / acts[name][1] for name in acts}


def _figures(rounds: Sequence[dict[str, float]], together: int) -> list[Figure]:
    def of(name: str) -> float:
        return median(one[name] for one in rounds)

    def ratio(slow: str, fast: str) -> float:
        return median(one[slow] / one[fast] for one in rounds)

    return [
        Figure("library, JSON in a column: load, step, dump", of("json"), "ms"),
        Figure("library in memory, nothing kept", of("memory"), "ms"),
        Figure("bare loop: lock, read, write, commit", of("bare"), "ms"),
        Figure(f"bare loop, {together} cases together", of("bare many"), "ms"),
        Figure("durable step, one by one", of("one"), "ms"),
        Figure(f"durable step, {together} cases together", of("many"), "ms"),
        Figure("one by one, times as fast as library JSON", ratio("json", "one"), "×", "at least", 12),
        Figure("one by one, part of the bare loop's speed", ratio("bare", "one"), "", "at least", 2 / 3),
        Figure("together, times as fast as library JSON", ratio("json", "many"), "×", "at least", 20),
        Figure("together, times as fast as library in memory", ratio("memory", "many"), "×", "at least", 1),
        Figure("together, part of the bare loop's speed", ratio("bare many", "many"), "", "at least", 0.5, True),
    ]
