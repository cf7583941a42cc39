"""Two worker processes take turns at one case: each keeps it in memory and must see what the other has done to it."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from services.common import db
from services.workflow import chain, snapshots
from services.workflow import tables as t
from tests.unit.workflow.service import office as offices
from tests.unit.workflow.service.office import Office, somebody

DATABASES = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))
UNITS = ("u_a", "u_b")


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/workflow.sqlite"
    return str(request.getfixturevalue("postgres")(["workflow"])["workflow"])


def work(url: str, orders: Connection, large: int) -> None:
    """A worker: answers the tasks it is told until there is nothing more; runs in a process of its own."""
    snapshots.LARGE = large  # type: ignore[misc]  # a constant, but not for this process
    office = Office(db.connect(url))
    while (order := orders.recv()) is not None:
        case_id, unit = order
        if unit:
            [task] = [row for row in office.open(case_id) if row["unit"] == unit]
            office.complete(task["id"], {"note": "同意"}, somebody("liaison", unit))
        else:
            office.decide(case_id, *UNITS)
        orders.send(os.getpid())
    office.engine.dispose()


@pytest.fixture(params=[snapshots.LARGE, 0], ids=["small", "large"])
def workers(url: str, request: pytest.FixtureRequest) -> Iterator[list[Connection]]:
    """Two processes that wait for orders; to the one pair the states are large, and so seldom written."""
    spawn = multiprocessing.get_context("spawn")
    offices.furnish(url).engine.dispose()
    pipes = [spawn.Pipe() for _ in range(2)]
    made = [spawn.Process(target=work, args=(url, theirs, request.param)) for _, theirs in pipes]
    for one in made:
        one.start()
    yield [ours for ours, _ in pipes]
    for ours, theirs in pipes:
        ours.send(None)
        ours.close()
        theirs.close()
    for one in made:
        one.join(20)
        assert one.exitcode == 0


def told(worker: Connection, case_id: str, unit: str = "") -> int:
    """Give an order and wait until it is carried out."""
    worker.send((case_id, unit))
    assert worker.poll(30)
    return int(worker.recv())


def test_two_processes_take_turns_at_every_step(url: str, workers: list[Connection]) -> None:
    """Whoever steps next, also with an old copy in memory, goes on where the other stopped; the log is one chain."""
    office = Office(db.connect(url))
    first, second = workers
    cases = [office.start(f"m{number}") for number in range(4)]
    for number, case_id in enumerate(cases):
        turns = (first, second) if number % 2 else (second, first)
        assert told(turns[0], case_id) != os.getpid()
        one, other = UNITS if number < 2 else UNITS[::-1]
        assert told(turns[1], case_id, one) != told(turns[0], case_id, other)
        log = office.rows(t.stimulus, t.stimulus.c.case_id == case_id)
        assert [row["seq"] for row in log] == [1, 2, 3, 4]
        assert chain.first_broken(log) is None
        assert office.replayed(case_id)
    assert office.rows(t.incident) == []
    office.engine.dispose()
