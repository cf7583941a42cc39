"""Whether a step costs the same in an old case as in a young one, among many cases as among few, and in a wide one."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from sqlalchemy import Connection

from services.common import db
from services.workflow import cases
from services.workflow import engine as e
from services.workflow.batches import Order
from tests.bench import crowds, offices, stories
from tests.bench.offices import Office
from tests.bench.results import Figure
from tests.bench.stories import Story

STANDING = 4
"""Lines of the story the many open cases have behind them."""
SPARED = 5
"""The last of them are left for others to move."""
LINES = slice(STANDING, STANDING + 6)
"""Those they are measured with; the first finds the case cold."""


def step(conn: Connection, order: Order) -> float:
    """Milliseconds of a durable step."""
    begun = time.perf_counter()
    with db.transaction(conn):
        applied = cases.apply_all(conn, [order])[0]
    spent = (time.perf_counter() - begun) * 1000
    if applied.seq is None:
        raise RuntimeError(f"{order.stimulus.data} became an incident")
    return spent


def by_age(office: Office, young: int, old: int, repeated: int) -> tuple[list[Figure], str]:
    """A draft given back again and again: the five rounds up to `young` against the five up to `old`."""
    story, each = stories.given_back(old)
    first = len(story.lines) - old * each
    names = offices.begin(office.engine, story, [f"a{number:08d}" for number in range(repeated)])
    found: dict[int, list[float]] = {young: [], old: []}
    with office.engine.connect() as conn:
        for case_id in names:
            spent = [step(conn, order) for order in story.orders(case_id)]
            for upto, times in found.items():
                times += spent[first + (upto - 5) * each : first + upto * each]
    value = median(found[old]) / median(found[young])
    name = f"a step after {old} rounds against one after {young}"
    return [Figure(name, value, "×", "at most", 1.1)], f"{repeated} cases, medians of 5 rounds"


def by_crowd(few: Office, many: Office, sizes: tuple[int, int], sample: int) -> tuple[list[Figure], str]:
    """Cases drawn from the small and the large crowd go on in turn, each line of one after the same of the other."""
    draw = random.Random(7)
    chosen = [draw.sample(range(1, size - SPARED + 1), sample + 2) for size in sizes]
    spent: tuple[list[float], list[float]] = ([], [])
    with few.engine.connect() as near, many.engine.connect() as far:
        for turn, pair in enumerate(zip(*chosen, strict=True)):
            orders = [stories.ordinary().orders(f"{crowds.name(number)}-1", LINES) for number in pair]
            for lines in zip(*orders, strict=True):
                times = [step(near, lines[0]), step(far, lines[1])]
                if turn >= 2:  # the first two warm up
                    for kept, one in zip(spent, times, strict=True):
                        kept.append(one)
    name = f"a step among {sizes[1]:,} open cases against {sizes[0]:,}"
    figure = Figure(name, median(spent[1]) / median(spent[0]), "×", "at most", 1.1)
    return [figure], f"{sample} cases of each, {LINES.stop - LINES.start} steps each, medians"


def by_width(office: Office, narrow: int, wide: int, repeated: int) -> tuple[list[Figure], str]:
    """Cases with many co-handlers in parallel, a narrow and a wide one in turn: all receive, all answer."""
    with office.engine.connect() as conn:
        spent = [[_answered(office, conn, count, turn) for count in (narrow, wide)] for turn in range(repeated)]
    allowed = wide * math.log(wide) / (narrow * math.log(narrow))
    few, many = (median(pair[place] for pair in spent) for place in (0, 1))
    name = f"{wide} co-handlers against {narrow}, in parts of n log n"
    steps = f"{2 * narrow} and {2 * wide} steps, medians of {repeated} pairs"
    return [
        Figure(f"a step with {wide} co-handlers at work", many / 2 / wide, "ms"),
        Figure(f"a step with {narrow} co-handlers at work", few / 2 / narrow, "ms"),
        Figure(name, median(pair[1] / pair[0] for pair in spent) / allowed, "×", "at most", 1.0),
    ], steps


def _answered(office: Office, conn: Connection, count: int, turn: int) -> float:
    """Milliseconds until so many co-handlers have received and answered."""
    units = [{"unit": "unit_a", "role": "lead"}]
    units += [{"unit": f"unit_{number:04d}", "role": "co_handler"} for number in range(count)]
    story = _with(stories.ordinary(), units)
    (case_id,) = offices.begin(office.engine, story, [f"w{turn}{count:07d}"])
    spent, answers = 0.0, {line.element: line for line in reversed(story.lines)}
    todo = [f"{case_id}.1"]
    for element, counted in (("handover", 0), ("instruction", 0), ("receipt", 1), ("co_opinion", 1)):
        opened: list[str] = []
        line = answers[f"task_{element}"]
        for task in todo:
            stimulus = replace(line.stimulus, data={**line.stimulus.data, "task": task})
            begun = time.perf_counter()
            with db.transaction(conn):
                order = Order(case_id=case_id, stimulus=stimulus, texts=line.texts)
                applied = cases.apply_all(conn, [order])[0]
            spent += counted * (time.perf_counter() - begun) * 1000
            opened += _opened(applied.effects)
        todo = opened
    return spent


def _opened(effects: Sequence[e.Effect]) -> Iterator[str]:
    wanted = ("task_instruction", "task_receipt", "task_co_opinion")
    return (x.task_id for x in effects if isinstance(x, e.TaskOpened) and x.element in wanted)


def _with(story: Story, units: list[dict[str, str]]) -> Story:
    """The story, handed over to these units."""
    first, *rest = story.lines
    data = {**first.stimulus.data, "data": {**first.stimulus.data["data"], "assignments": units}}
    lines = [replace(first, stimulus=replace(first.stimulus, data=data)), *rest]
    return replace(story, lines=lines)
