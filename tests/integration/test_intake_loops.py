"""Intake's loops over both transports: what is submitted leaves, what arrives is handled, an agency is answered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from services.common import db
from services.common.bus import Outgoing, Transport
from services.common.clock import monotonic, sleep
from services.contracts import envelopes
from services.contracts.envelopes import Message
from services.intake import loops, tables
from tests.unit.intake import stories, worlds
from tests.unit.intake.worlds import FORM, START, Case, World

Open = Callable[..., Transport]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The city on SQLite; the transport is what varies here."""
    world = worlds.build(f"sqlite:///{tmp_path}/intake.sqlite", tmp_path)
    yield world
    world.engine.dispose()


@contextmanager
def running(world: World, transports: Open) -> Iterator[None]:
    """All of intake's loops as threads."""
    stop = Event()
    transports().ensure_topology(["congress", "bureau"])
    roles = loops.start(world.settings, world.clock, transports, stop)
    threads = [Thread(target=run, name=f"intake-{role}") for role, run in roles.items()]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)


def until(true: Callable[[], bool], patience: float = 30) -> None:
    """Wait until something holds."""
    end = monotonic() + patience
    while not true():
        assert monotonic() < end, "it did not happen in time"
        sleep(0.05)


def outgoing(message: Message, target: str | None = None) -> Outgoing:
    """A message as another service would publish it."""
    wire = envelopes.encode(message)
    return Outgoing(
        message_id=message.id,
        type=message.type,
        subject=message.subject,
        target=target,
        headers=wire.headers,
        body=wire.body,
        content_type=wire.content_type,
    )


def test_what_is_submitted_reaches_the_workflow_and_what_it_says_the_ledger(world: World, transports: Open) -> None:
    """There and back: submission out, a case in, the delivery of its letter out."""
    done = world.submit()
    workflow = transports()
    got: list[str] = []

    def take() -> bool:
        batch = workflow.receive("workflow", 100, 0.1)
        got.extend(envelopes.peek(one.headers, one.body, one.content_type).type for one in batch)
        workflow.settle(batch)
        return "matter.submitted.v1" in got

    with running(world, transports):
        until(take)
        said = [*stories.handled(done.matter_id), Case(done.matter_id, "c-2").letter()]
        assert len(workflow.publish([outgoing(message) for message in said])) == len(said)
        until(lambda: take() and "reply.delivered.v1" in got)
        until(lambda: {row["state"] for row in world.rows(tables.inbox)} == {"done"})
    assert world.rows(tables.led_matter)[0]["state"] == "completed"
    assert all(row["published_at"] for row in world.rows(tables.outbox) if row["target"] is None)


def test_an_agency_is_answered(world: World, transports: Open) -> None:
    """A congress system's submission is numbered, and it reads so from its own queue."""
    data = {**FORM, "matter_kind": "suggestion"}
    message = Message(
        id="ext-1", type="matter.submit.v1", source="/agency/congress", subject="GZ-7", time=START, data=data
    )
    with running(world, transports):
        agency = transports(connector="congress")
        agency.publish([outgoing(message)])
        answers: list[Message] = []

        def take() -> bool:
            batch = agency.receive("congress", 10, 0.2)
            answers.extend(envelopes.decode(one.headers, one.body, one.content_type) for one in batch)
            agency.settle(batch)
            return bool(answers)

        until(take)
    assert (answers[0].type, answers[0].data["original_id"]) == ("command.accepted.v1", "ext-1")
    with db.read(world.engine) as conn:
        assert len(conn.execute(tables.matter.select()).all()) == 1
