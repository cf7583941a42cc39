"""Where the time of a durable step goes, part by part: on the clock, and of it on our own processor."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from services.common import db
from services.workflow import cases, effects, replays, store
from services.workflow import engine as e
from tests.bench import offices
from tests.bench.offices import Office
from tests.bench.results import Figure
from tests.bench.stories import Story

PARTS = {
    "lock the case, with what belongs to it": (store, "lock_cases"),
    "engine: step": (e, "step"),
    "engine: dump the state": (e, "dump"),
    "log row and its seal": (replays, "log_row"),
    "effects into rows and messages": (effects, "translate"),
    "messages into bytes, rows in order": (store, "_writes"),
}


@dataclass(slots=True)
class Spent:
    """Seconds in one part, without those in parts inside it."""

    wall: float = 0.0
    own: float = 0.0


def measure(office: Office, story: Story, cases_each: int, together: int) -> tuple[list[Figure], str]:
    """Cases go through the story, `together` in one transaction; the parts in milliseconds per step."""
    names = offices.begin(office.engine, story, [f"p{together:02d}{n:06d}" for n in range(cases_each * together)])
    spent = {name: Spent() for name in (*PARTS, "the rest: looking up, translating")}
    begin_commit, steps = Spent(), 0
    whole = Spent()
    with office.engine.connect() as conn, _watched(spent):
        for first in range(0, len(names), together):
            orders = [story.orders(case_id) for case_id in names[first : first + together]]
            for number in range(len(story.lines)):
                with _timed(whole), db.transaction(conn), _timed(begin_commit):
                    cases.apply_all(conn, [lines[number] for lines in orders])
                steps += together
    around = Spent(whole.wall - begin_commit.wall, whole.own - begin_commit.own)
    spent["write and commit: rows into SQL, wait for the database"] = around
    inside = [one for name, one in spent.items() if name in PARTS]
    rest = spent["the rest: looking up, translating"]
    rest.wall = begin_commit.wall - sum(one.wall for one in inside)
    rest.own = begin_commit.own - sum(one.own for one in inside)
    spent["together"] = whole
    return [_figure(name, one, steps) for name, one in spent.items()], f"{steps} steps; in brackets our own processor"


def _figure(name: str, one: Spent, steps: int) -> Figure:
    return Figure(f"{name} ({one.own / steps * 1000:.2f})", one.wall / steps * 1000, "ms")


@contextlib.contextmanager
def _timed(part: Spent) -> Iterator[None]:
    wall, own = time.perf_counter(), time.thread_time()
    yield
    part.wall += time.perf_counter() - wall
    part.own += time.thread_time() - own


@contextlib.contextmanager
def _watched(spent: dict[str, Spent]) -> Iterator[None]:
    """The functions of `PARTS` note the time they take."""
    before = {name: getattr(home, attribute) for name, (home, attribute) in PARTS.items()}
    for name, (home, attribute) in PARTS.items():
        setattr(home, attribute, _watching(before[name], spent[name]))
    try:
        yield
    finally:
        for name, (home, attribute) in PARTS.items():
            setattr(home, attribute, before[name])


def _watching(act: Callable[..., Any], part: Spent) -> Callable[..., Any]:
    def watched(*args: Any, **kwargs: Any) -> Any:
        with _timed(part):
            return act(*args, **kwargs)

    return watched
