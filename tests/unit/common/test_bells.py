"""Bells: loops of one process are woken when there is work, and not before it can be seen."""

from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, func, select

from services.common import bells, db

_metadata = MetaData()
_left = Table("left_work", _metadata, Column("id", Integer, primary_key=True))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A database with a table for work."""
    engine = db.connect(f"sqlite:///{tmp_path}/work.sqlite")
    with db.begin(engine) as conn:
        _metadata.create_all(conn)
    return engine


def test_a_bell_that_rang_before_the_rest_is_not_missed() -> None:
    """Work that comes between a look and the rest is found at once; a bell is silent again afterwards."""
    bell = bells.Bell()
    bell.ring()
    begun = monotonic()
    bell.wait(5)
    assert monotonic() - begun < 1
    bell.wait(0.05)
    assert monotonic() - begun >= 0.05


def test_a_promise_is_kept_when_the_transaction_has_ended(engine: Engine) -> None:
    """Whoever is woken sees the work."""
    seen: list[int] = []

    def listen() -> None:
        bells.of(engine, bells.WORK).wait(5)
        with db.read(engine) as conn:
            seen.append(conn.execute(select(func.count()).select_from(_left)).scalar_one())

    listener = Thread(target=listen)
    listener.start()
    with db.begin(engine) as conn:
        bells.promise(conn, bells.WORK)
        conn.execute(_left.insert().values(id=1))
    listener.join(5)
    assert seen == [1]


def test_a_promise_ends_with_its_transaction(engine: Engine) -> None:
    """The next transaction on the same connection rings for itself only, also after one that failed."""
    bell = bells.of(engine, bells.OUTBOX)
    with suppress(ZeroDivisionError), db.begin(engine) as conn:
        bells.promise(conn, bells.OUTBOX)
        raise ZeroDivisionError
    bell.wait(0)
    with db.begin(engine) as conn:
        conn.execute(_left.insert().values(id=1))
    begun = monotonic()
    bell.wait(0.05)
    assert monotonic() - begun >= 0.05


def test_one_kind_of_work_is_rung_for_everywhere(engine: Engine) -> None:
    """Time that moves wakes every ticker and nobody else."""
    timers, work = bells.of(engine, bells.TIMERS), bells.of(engine, bells.WORK)
    bells.ring_all(bells.TIMERS)
    begun = monotonic()
    timers.wait(5)
    assert monotonic() - begun < 1
    work.wait(0.05)
    assert monotonic() - begun >= 0.05
