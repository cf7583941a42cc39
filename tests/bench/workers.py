"""Several workers on one database: answers from two agencies about the same cases, nothing lost, no lock error seen."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, select

from services.common import db, directories, inbox
from services.common.bus import Incoming
from services.contracts import envelopes
from services.contracts.envelopes import Message
from services.workflow import cases, chain, replays, worker
from services.workflow import tables as t
from tests.bench import offices
from tests.bench.offices import Office
from tests.bench.results import Figure
from tests.bench.stories import Story

UNITS = {"county": "unit_a", "power": "unit_b"}
"""Connectors, and the unit each speaks for."""


class Standing:
    """A clock for workers: everything happens at one instant of the story."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """The instant."""
        return self._at


def measure(office: Office, story: Story, count: int, crews: Sequence[int]) -> tuple[list[Figure], str]:
    """For each crew as many fresh cases: both agencies answer each receipt, in the same moment.

    What the cases measured before have asked for, such as further cases, is done before the first crew begins.
    """
    while worker.turn(office.engine, Standing(story.lines[-1].stimulus.at)):
        pass
    for connector, unit in UNITS.items():
        body = {"kind": "connector", "id": connector, "version": 1, "body": {"units": [unit]}}
        with db.begin(office.engine) as conn:
            directories.apply(conn, t.directory, body)
    seconds = {crew: _race(office, story, f"c{crew}", count, crew) for crew in crews}
    found = [
        Figure(f"answers of agencies a second, {crew} workers", 2 * count / spent, "/s")
        for crew, spent in seconds.items()
    ]
    faults = _faults(office.engine)
    broken = _broken(office.engine, [f"c{crew}" for crew in crews])
    return [
        *found,
        Figure("messages that saw an error, or were not accepted", faults, "", "at most", 0),
        Figure("deadlocks", _deadlocks(office.engine), "", "at most", 0),
        Figure("cases whose log is broken or replays to something else", broken, "", "at most", 0),
    ], f"{count} cases and {2 * count} messages each"


def _race(office: Office, story: Story, mark: str, count: int, crew: int) -> float:
    """Seconds until a crew of processes has handled what waits."""
    names = offices.begin(office.engine, story, [f"{mark}{number:07d}" for number in range(count)])
    lines = [place for place, line in enumerate(story.lines) if line.element == "task_receipt"]
    with office.engine.connect() as conn:
        for position in range(0, count, 50):
            for number in range(lines[0]):
                some = [story.orders(case_id)[number] for case_id in names[position : position + 50]]
                with db.transaction(conn):
                    cases.apply_all(conn, some)
    now = story.lines[lines[-1]].stimulus.at + timedelta(minutes=1)
    deliveries = [_answer(story, case_id, place, now) for case_id in names for place in lines]
    with db.begin(office.engine) as conn:
        inbox.store(conn, t.inbox_, deliveries, now)
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    workers = [context.Process(target=work, args=(office.url, now, ready, go)) for _ in range(crew)]
    for process in workers:
        process.start()
    for _ in workers:
        ready.acquire()
    begun = time.perf_counter()
    go.set()
    for process in workers:
        process.join()
    spent = time.perf_counter() - begun
    if any(process.exitcode for process in workers):
        raise RuntimeError("a worker died")
    return spent


def work(url: str, now: datetime, ready: Any, go: Any) -> None:
    """One worker: takes turns until nothing waits."""
    engine = db.connect(url)
    worker.turn(engine, Standing(now), limit=1)  # the package is compiled before the clock runs
    ready.release()
    go.wait()
    while worker.turn(engine, Standing(now)):
        pass
    engine.dispose()


def _answer(story: Story, case_id: str, place: int, now: datetime) -> Incoming:
    line = story.lines[place]
    connector = next(name for name, unit in UNITS.items() if unit == line.unit)
    task = story.orders(case_id, slice(place, place + 1))[0].stimulus.data["task"]
    said = {"unit": line.unit, "actor": {"id": "p", "name": "李明"}, "occurred_at": now.isoformat()}
    data = {"task_id": task, "data": line.answer, **said}
    message = Message(
        id=f"{task}.answer",
        type="task.complete.v1",
        source=f"/agency/{connector}",
        subject=task,
        time=now,
        data=data,
    )
    wire = envelopes.encode(message)
    return Incoming(
        channel=connector,
        message_id=message.id,
        headers=dict(wire.headers),
        body=wire.body,
        content_type=wire.content_type,
        user_id=None,
        token=None,
    )


def _faults(engine: Engine) -> int:
    c = t.inbox_.c
    with db.read(engine) as conn:
        wrong = (c.state != "done") | (c.attempts > 0)
        return int(conn.execute(select(func.count()).select_from(t.inbox_).where(wrong)).scalar_one())


def _deadlocks(engine: Engine) -> int:
    with db.read(engine) as conn:
        statement = "select deadlocks from pg_stat_database where datname = current_database()"
        return int(conn.exec_driver_sql(statement).scalar_one())


def _broken(engine: Engine, marks: Sequence[str]) -> int:
    found = 0
    with db.read(engine) as conn:
        for mark in marks:
            for case_id in conn.scalars(select(t.case_.c.id).where(t.case_.c.id.startswith(mark))).all():
                whole = chain.first_broken(replays.log(conn, case_id)) is None and cases.replay(conn, case_id)
                found += not whole
    return found
