"""How large a case is: its state, its log, its live object, and what it takes to wake it."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path
from statistics import median

from services.workflow import engine as e
from tests.bench.offices import Office
from tests.bench.results import Figure
from tests.bench.stories import FOLDER, Story
from tests.processes.packages import bundle_of, calendar


def measure(office: Office, story: Story, live: int) -> tuple[list[Figure], str]:
    """States after every step of the story; `live` cases held in memory at once, spread over the story."""
    case, states = story.begin("m00000001-1"), list[bytes]()
    for order in story.orders("m00000001-1"):
        e.step(case, order.stimulus)
        states.append(e.dump(case))
    open_states = states[:-1]
    held = _held(open_states, live)
    note = f"{len(states)} states, {live} live cases"
    return [
        Figure("state, largest of an ordinary case", max(map(len, open_states)) / 1000, "kB", "at most", 15),
        Figure("log, a whole row of it on average", _log(office), "kB", "at most", 0.5),
        Figure("cold load, processor time", _load(open_states), "ms", "at most", 2),
        Figure("2,000 live cases", held / live * 2000 / 1e6, "MB", "at most", 200),
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


def _held(states: list[bytes], live: int) -> int:
    """Bytes of memory that live cases take."""
    gc.collect()
    before = _resident()
    kept = [e.load(f"m{n:08d}-1", states[n % len(states)], bundle_of(FOLDER), calendar()) for n in range(live)]
    gc.collect()
    found = _resident() - before
    del kept
    return found


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
