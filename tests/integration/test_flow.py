"""From outbox to handler and back with deaths in between: nothing is lost, doubled or out of order.

A death is an exception that nothing in the product catches, raised at a transaction's begin or commit, around every
call of the transport, and inside handlers. What was in memory is thrown away; files, database and broker remain.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, event, select, update

from services.common import db, health, inbox, loops, outbox
from services.common.bus import Incoming, Outgoing, Transport
from services.common.bus.amqp import AmqpTransport
from services.common.bus.local import LocalTransport
from services.common.handling import Context, handle
from services.common.testing.brokers import Broker
from services.contracts.envelopes import Message
from tests.unit.common.letters import (
    START,
    StillClock,
    Turns,
    closed,
    desk,
    done,
    inbox_,
    metadata,
    note,
    numbered,
    outbox_,
)

LETTERS, SUBJECTS = 12, 3


class Killed(BaseException):
    """The process died here."""


@dataclass
class Fate:
    """Dies at chosen steps; every place that may die takes a step."""

    deaths: set[int]
    step: int = 0

    def pass_by(self, *_: Any) -> None:
        """One step further, or dead."""
        self.step += 1
        if self.step in self.deaths:
            raise Killed


@dataclass
class Mortal:
    """A transport around whose every call one may die."""

    inner: Transport
    fate: Fate

    def ensure_topology(self, connectors: Sequence[str]) -> tuple[str, ...]:
        """As the inner one."""
        return self.inner.ensure_topology(connectors)

    def publish(self, batch: Sequence[Outgoing]) -> set[str]:
        """Die before or after sending."""
        self.fate.pass_by()
        confirmed = self.inner.publish(batch)
        self.fate.pass_by()
        return confirmed

    def receive(self, reader: str, limit: int, timeout: float) -> list[Incoming]:
        """Die before or after receiving."""
        self.fate.pass_by()
        got = self.inner.receive(reader, limit, timeout)
        self.fate.pass_by()
        return got

    def settle(self, incoming: Sequence[Incoming]) -> None:
        """Die before or after settling."""
        self.fate.pass_by()
        self.inner.settle(incoming)
        self.fate.pass_by()

    def close(self) -> None:
        """As the inner one."""
        self.inner.close()


@dataclass
class Service:
    """One service with its own database and transport, which can die and come back.

    `patience`: seconds to wait for a delivery; files have at once what they will have.
    """

    name: str
    engine: Engine
    open_transport: Callable[[], Transport]
    fate: Fate
    patience: float
    transport: Transport = field(init=False)

    def __post_init__(self) -> None:
        self.transport = self._fresh()

    def _fresh(self) -> Transport:
        return Mortal(self.open_transport(), self.fate)

    def turn(self) -> None:
        """One round of relay, consumer and worker; a death brings a new process."""
        clock = StillClock()
        try:
            loops.relay(self.transport, self.engine, outbox_, clock, Turns(3), limit=5, rest=0)
            loops.consume(self.transport, self.engine, inbox_, self.name, clock, Turns(4), patience=self.patience)
            self.work()
        except Killed:
            self.transport.close()
            self.transport = self._fresh()

    def work(self) -> None:
        """Handle what is due; retries need not wait."""
        with db.begin(self.engine) as conn:
            conn.execute(update(inbox_).values(next_at=None))
        handlers = {"matter.numbered.v1": self.answer, "task.closed.v1": self.keep}
        handle(desk(self.engine, self.name, handlers))

    def answer(self, conn: Connection, message: Message, context: Context) -> None:
        """Note it and answer, under the lock of the subject (here: SQLite's or the note itself)."""
        note(conn, message, context)
        self.fate.pass_by()
        outbox.add(conn, outbox_, closed(message.id, message.subject, causation_id=message.id), now=START)
        self.fate.pass_by()

    def keep(self, conn: Connection, message: Message, context: Context) -> None:
        """Note the answer."""
        note(conn, message, context)
        self.fate.pass_by()

    def counts(self) -> dict[str, Any]:
        """As `/health/settled` tells it."""
        with db.read(self.engine) as conn:
            return health.Counts(outbox_, inbox_)(conn)

    def noted(self) -> list[tuple[str, str]]:
        """(subject, message id) in the order of handling."""
        with db.read(self.engine) as conn:
            return [tuple(row) for row in conn.execute(select(done.c.subject, done.c.message_id).order_by(done.c.seq))]


def run(
    engines: dict[str, Engine], open_transport: Callable[[], Transport], deaths: set[int], patience: float = 0.0
) -> None:
    """Intake sends, workflow answers; check both ends."""
    fate = Fate(set())
    intake = Service("intake", engines["intake"], open_transport, fate, patience)
    workflow = Service("workflow", engines["workflow"], open_transport, fate, patience)
    letters = [numbered(number, f"m-{number % SUBJECTS}") for number in range(LETTERS)]
    for engine in engines.values():
        metadata.drop_all(engine)
        metadata.create_all(engine)
        event.listen(engine, "begin", fate.pass_by)
        event.listen(engine, "commit", fate.pass_by)
    with db.begin(engines["intake"]) as conn:
        outbox.add_all(conn, outbox_, [(letter, None) for letter in letters], now=START)
    fate.deaths, fate.step = deaths, 0
    try:
        for _ in range(60):
            intake.turn()
            workflow.turn()
            fate.deaths = fate.deaths if fate.step < 400 else set()
            if _is_settled(intake, workflow, fate):
                break
    finally:
        fate.deaths = set()
        for service in (intake, workflow):
            service.transport.close()
            event.remove(service.engine, "begin", fate.pass_by)
            event.remove(service.engine, "commit", fate.pass_by)
    assert sorted(workflow.noted()) == sorted((letter.subject, letter.id) for letter in letters)
    assert sorted(intake.noted()) == sorted((letter.subject, f"c-{letter.id}") for letter in letters)
    for service in (intake, workflow):
        for subject in range(SUBJECTS):
            numbers = [int(name.rpartition("-")[2]) for about, name in service.noted() if about == f"m-{subject}"]
            assert numbers == sorted(numbers)


def files_of_its_own(tmp_path: Path) -> Callable[[], Transport]:
    """A bus for one run: what the last run sent twice must not reach services whose databases are new."""
    directory = Path(mkdtemp(dir=tmp_path))
    return lambda: LocalTransport(directory)


def _is_settled(intake: Service, workflow: Service, fate: Fate) -> bool:
    deaths, fate.deaths = fate.deaths, set()
    answers = {"intake": intake.counts(), "workflow": workflow.counts()}
    fate.deaths = deaths
    return health.is_settled(answers)


DEATHS = st.sets(st.integers(1, 250), max_size=12)
EASY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@EASY
@given(deaths=DEATHS)
def test_nothing_is_lost_doubled_or_out_of_order_on_sqlite_and_files(tmp_path: Path, deaths: set[int]) -> None:
    """The embedded installation: three SQLite files and the local bus."""
    engines = {name: db.connect(f"sqlite:///{tmp_path}/{name}.sqlite") for name in ("intake", "workflow")}
    try:
        run(engines, files_of_its_own(tmp_path), deaths)
    finally:
        for engine in engines.values():
            engine.dispose()


@pytest.mark.rabbitmq
@pytest.mark.postgres
def test_nothing_is_lost_doubled_or_out_of_order_on_postgres_and_rabbitmq(
    broker: Broker, postgres: Callable[..., dict[str, str]]
) -> None:
    """The production installation."""
    urls = postgres(["intake", "workflow"])
    engines = {name: db.connect(url) for name, url in urls.items()}

    @settings(max_examples=8, deadline=None)
    @given(deaths=DEATHS)
    def check(deaths: set[int]) -> None:
        with broker.vhost() as vhost:
            run(engines, lambda: AmqpTransport(broker.url(vhost)), deaths, patience=0.01)

    try:
        check()
    finally:
        for engine in engines.values():
            engine.dispose()


def test_every_single_death_is_survived(tmp_path: Path) -> None:
    """One death at each of the first steps in turn, so that no place is left to chance."""
    engines = {name: db.connect(f"sqlite:///{tmp_path}/{name}.sqlite") for name in ("intake", "workflow")}
    try:
        for step in range(1, 90, 3):
            run(engines, files_of_its_own(tmp_path), {step})
    finally:
        for engine in engines.values():
            engine.dispose()


def test_the_inbox_state_survives_the_deaths_of_its_workers(tmp_path: Path) -> None:
    """A worker that dies in a handler leaves the message as it was: new, with no attempt counted."""
    engine = db.connect(f"sqlite:///{tmp_path}/x.sqlite")
    metadata.create_all(engine)
    with db.begin(engine) as conn:
        outbox.add(conn, outbox_, numbered(1), now=START)
        wire = outbox.pending(conn, outbox_, 1)[0]
        arrived = Incoming(
            channel="events",
            message_id=wire.message_id,
            headers=wire.headers,
            body=wire.body,
            content_type=wire.content_type,
            user_id=None,
            token=1,
        )
        inbox.store(conn, inbox_, [arrived], START)

    def die(conn: Connection, message: Message, context: Context) -> None:
        note(conn, message, context)
        raise Killed

    with pytest.raises(Killed):
        handle(desk(engine, handlers={"matter.numbered.v1": die}))

    with db.read(engine) as conn:
        assert conn.execute(select(inbox_.c.state, inbox_.c.attempts)).all() == [("new", 0)]
        assert conn.execute(select(done)).all() == []
    engine.dispose()
