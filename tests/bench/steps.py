"""A durable step against the library, against the library in memory, and against a step that decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median

from tests.bench import bare, contestants, offices
from tests.bench.contestants import NAIVE, Contestant
from tests.bench.offices import Office
from tests.bench.results import Figure
from tests.bench.stories import Story

TOGETHER = 50
"""Cases of one transaction."""


def measure(office: Office, story: Story, rounds: int, together: int = TOGETHER) -> tuple[list[Figure], str]:
    """All go through the story in turns, so that they share whatever else the machine does; first once to warm up."""
    names = offices.begin(office.engine, story, [f"s{number:08d}" for number in range((rounds + 1) * (together + 1))])
    own = [names[start : start + together + 1] for start in range(0, len(names), together + 1)]
    loop = [f"b{number:04d}" for number in range(together)]
    bare.furnish(office.engine, loop)
    NAIVE.create(office.engine)
    wanted = {
        "json": (contestants.library_json, [("",)] * (rounds + 1)),
        "one": (contestants.product, [ids[:1] for ids in own]),
        "bare": (contestants.bare_loop, [loop[:1]] * (rounds + 1)),
        "memory": (contestants.library_in_memory, [("",)] * (rounds + 1)),
        "many": (contestants.product, [ids[1:] for ids in own]),
        "bare many": (contestants.bare_loop, [loop] * (rounds + 1)),
    }
    with ExitStack() as stack:
        found: dict[str, Contestant] = {}
        for name, (enter, ids) in wanted.items():
            found[name] = Contestant.call(office.url, enter, ids)
            stack.callback(found[name].leave)
        _round(found, len(story.lines))
        spent = [_round(found, len(story.lines)) for _ in range(rounds)]
    return _figures(spent, together), f"{rounds} rounds of {len(story.lines)} steps, medians of rounds"


def _round(found: dict[str, Contestant], lines: int) -> dict[str, float]:
    """One way of everybody through the story: milliseconds per step on average."""
    for one in found.values():
        one.begin()
    spent = dict.fromkeys(found, 0.0)
    for name, one in found.items():
        spent[name] = sum(one.step(number) for number in range(lines))
    return {name: spent[name] * 1000 / lines / one.together for name, one in found.items()}


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
