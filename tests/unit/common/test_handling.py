"""Handling: what waits about one subject shares a transaction, and a bad message harms nobody but itself."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, select

from services.common import db, inbox
from services.common.handling import Context, handle
from services.contracts.envelopes import Message
from tests.unit.common.letters import START, desk, done, inbox_, incoming, metadata, note, numbered


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Seven messages about two subjects, mixed."""
    engine = db.connect(f"sqlite:///{tmp_path}/x.sqlite")
    metadata.create_all(engine)
    with db.begin(engine) as conn:
        inbox.store(conn, inbox_, [incoming(numbered(n, f"m-{n % 2}")) for n in range(7)], START)
    yield engine
    engine.dispose()


def noted(engine: Engine) -> list[str]:
    """What was handled, in order."""
    with db.read(engine) as conn:
        return list(conn.scalars(select(done.c.message_id).order_by(done.c.seq)))


def states(engine: Engine) -> dict[str, str]:
    """What became of each message."""
    with db.read(engine) as conn:
        return {row.message_id: row.state for row in conn.execute(select(inbox_))}


def test_messages_about_one_subject_share_a_transaction(engine: Engine) -> None:
    """In their order; what a service does around them is done once for all of them."""
    together: list[list[str]] = []

    @contextmanager
    def around(_conn: Connection, messages: Sequence[Message]) -> Iterator[None]:
        together.append([message.id for message in messages])
        yield

    assert handle(replace(desk(engine), around=around)) == 7
    assert together == [["n-0", "n-2", "n-4", "n-6"], ["n-1", "n-3", "n-5"]]
    assert noted(engine) == [key for run in together for key in run]


def test_one_that_fails_takes_nobody_with_it(engine: Engine) -> None:
    """What stood before it is handled once; what stands behind it about the same subject waits for it."""

    def fragile(conn: Connection, message: Message, context: Context) -> None:
        note(conn, message, context)
        if message.id == "n-2":
            raise ZeroDivisionError

    assert handle(desk(engine, handlers={"matter.numbered.v1": fragile})) == 5
    assert noted(engine) == ["n-0", "n-1", "n-3", "n-5"]
    assert {key for key, state in states(engine).items() if state == inbox.NEW} == {"n-2", "n-4", "n-6"}
