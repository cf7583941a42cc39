"""How large a case is: its state, its log, its live object, and what it takes to wake it."""

from __future__ import annotations

import gc
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from sqlalchemy import Engine

from services.common import db
from services.workflow import cases, live
from services.workflow import engine as e
from tests.bench import offices, stories
from tests.bench.offices import Office
from tests.bench.results import Figure
from tests.bench.stories import FOLDER, Story
from tests.processes.packages import bundle_of, calendar

LITTLE = 20
"""Cases of one transaction here."""


def measure(office: Office, story: Story, count: int) -> tuple[list[Figure], str]:
    """States after every step of the story; `count` cases live at once."""
    case, states = story.begin("m00000001-1"), list[bytes]()
    for order in story.orders("m00000001-1"):
        e.step(case, order.stimulus)
        states.append(e.dump(case))
    open_states = states[:-1]
    each = _held(office, count)
    note = f"{len(states)} states, {count} live cases"
    return [
        Figure("state, largest of an ordinary case", max(map(len, open_states)) / 1000, "kB", "at most", 15),
        Figure("log, a whole row of it on average", _log(office), "kB", "at most", 0.5),
        Figure("cold load, processor time", _load(open_states), "ms", "at most", 2),
        Figure("2,000 live cases", each * 2000 / 1e6, "MB", "at most", 200),
    ], note


def _log(office: Office) -> float:
    """Kilobytes of a log row as PostgreSQL keeps it, hashes and actor included, over all cases at their end."""
    statement = """select avg(pg_column_size(s.*)) / 1000.0 from stimulus s join case_ c on c.id = s.case_id
                   where c.status = 'ended'"""
    with office.engine.connect() as conn:
        return float(conn.exec_driver_sql(statement).scalar_one())


def _load(states: list[bytes]) -> float:
    found: list[float] = []
    for _ in range(5):
        for state in states:
            begun = time.process_time()
            e.load("m00000001-1", state, bundle_of(FOLDER), calendar())
            found.append((time.process_time() - begun) * 1000)
    return max(median(found[place :: len(states)]) for place in range(len(states)))


def _held(office: Office, count: int) -> float:
    """Bytes of memory that a live case takes, in a process of its own: in this one there is room left from before."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(held, office.url, count).result()


def held(url: str, count: int) -> float:
    """The same, in this process: in the middle of the story, with the rows the case knows."""
    engine, story = db.connect(url), stories.ordinary()
    kept = live.of(engine)
    _gather(engine, story, "warm", LITTLE)
    gc.collect()
    before, already = _resident(), len(kept)
    _gather(engine, story, "live", count)
    gc.collect()
    found = (_resident() - before) / (len(kept) - already)
    engine.dispose()
    return found


def _gather(engine: Engine, story: Story, mark: str, count: int) -> None:
    """Live cases after a third of the story, few at a time, so that what a transaction needs is not counted."""
    third = slice(len(story.lines) // 3)
    for first in range(0, count, LITTLE):
        names = [f"{mark}{number:05d}" for number in range(first, min(first + LITTLE, count))]
        told = [story.orders(case_id, third) for case_id in offices.begin(engine, story, names)]
        for orders in zip(*told, strict=True):
            with db.begin(engine) as conn:
                cases.apply_all(conn, orders)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
