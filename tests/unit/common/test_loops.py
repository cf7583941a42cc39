"""The loops outlive whatever is down, and hold up nobody for one who takes nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from services.common import db, loops, outbox
from services.common.bus import Incoming, Outgoing
from tests.unit.common.letters import (
    START,
    StillClock,
    Turns,
    closed,
    desk,
    inbox_,
    incoming,
    metadata,
    numbered,
    outbox_,
)


@dataclass
class FakeTransport:
    """A transport whose queues are lists; targets in `full` take nothing."""

    full: set[str | None] = field(default_factory=set)
    waiting: list[Incoming] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    known: list[tuple[str, ...]] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    settled: int = 0
    kept_alive: int = 0
    closed: int = 0
    on_receive: Callable[[], None] = field(default=lambda: None)

    def ensure_topology(self, connectors: Sequence[str]) -> tuple[str, ...]:
        """Remember."""
        self.known.append(tuple(connectors))
        return tuple(one for one in connectors if one not in self.missing)

    def publish(self, batch: Sequence[Outgoing]) -> set[str]:
        """Take all that is not for someone full."""
        taken = [message.message_id for message in batch if message.target not in self.full]
        self.taken += taken
        return set(taken)

    def receive(self, reader: str, limit: int, timeout: float) -> list[Incoming]:
        """Give what waits."""
        if limit == 0:
            self.kept_alive += 1
            return []
        self.on_receive()
        given, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return given

    def untaken(self, connectors: Sequence[str]) -> dict[str, int]:
        """Two for everybody."""
        return dict.fromkeys(connectors, 2)

    def settle(self, incoming: Sequence[Incoming]) -> None:
        """Count."""
        self.settled += len(incoming)

    def close(self) -> None:
        """Count."""
        self.closed += 1


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An SQLite database with inbox and outbox."""
    engine = db.connect(f"sqlite:///{tmp_path}/x.sqlite")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


def add(engine: Engine, *pairs: tuple[object, str | None]) -> None:
    """Put messages into the outbox."""
    with db.begin(engine) as conn:
        outbox.add_all(conn, outbox_, pairs, now=START)  # type: ignore[arg-type]


def relay(engine: Engine, bus: FakeTransport, turns: int, limit: int = 500) -> None:
    """Run the relay for a few turns."""
    loops.relay(bus, engine, outbox_, StillClock(), Turns(turns), limit=limit)


def test_only_what_was_confirmed_is_marked(engine: Engine) -> None:
    """The unconfirmed is sent again, the confirmed is not."""
    add(engine, (numbered(1), None), (closed(2), "full"))
    bus = FakeTransport(full={"full"})
    relay(engine, bus, 6)

    assert bus.taken == ["n-1"]
    with db.read(engine) as conn:
        assert [row.message_id for row in outbox.pending(conn, outbox_, 10)] == ["c-2"]


def test_a_full_connector_holds_up_nobody(engine: Engine) -> None:
    """Older messages for a full queue fill the first batch; the next batches are for the others."""
    add(engine, *((closed(number), "full") for number in range(10)), (numbered(99), None), (closed(98), "tongbu"))
    bus = FakeTransport(full={"full"})
    relay(engine, bus, 8, limit=5)

    assert sorted(bus.taken) == ["c-98", "n-99"]


def test_a_message_that_no_service_takes_is_tried_again_without_a_storm(engine: Engine) -> None:
    """Nothing passes it, nothing is lost, and it goes out when the queue is there."""
    add(engine, (numbered(1), None))
    bus = FakeTransport(full={None})
    relay(engine, bus, 6)
    assert bus.taken == []

    bus.full.clear()
    relay(engine, bus, 6)
    assert bus.taken == ["n-1"]


def test_a_lost_broker_is_found_again(engine: Engine) -> None:
    """The loop logs, closes, waits and connects anew; nothing waits for an operator."""

    class Shaky(FakeTransport):
        def publish(self, batch: Sequence[Outgoing]) -> set[str]:
            if self.closed < 2:
                raise ConnectionResetError("gone")
            return super().publish(batch)

    add(engine, (numbered(1), None))
    bus = Shaky()
    with capture_logs() as lines:
        relay(engine, bus, 12)

    assert bus.taken == ["n-1"]
    assert [line["event"] for line in lines] == ["relay_interrupted"] * 2
    assert len(bus.known) == 3


def test_deliveries_stay_in_hand_while_the_database_is_down(engine: Engine) -> None:
    """Given back they would count toward the broker's delivery limit; the connection is kept alive instead."""
    bus = FakeTransport(waiting=[incoming(numbered(1))])
    metadata.drop_all(engine)
    repaired = iter([False, False, True])

    def keep_alive(reader: str, limit: int, timeout: float) -> list[Incoming]:
        if limit == 0 and next(repaired):
            metadata.create_all(engine)
        return FakeTransport.receive(bus, reader, limit, timeout)

    bus.receive = keep_alive  # type: ignore[method-assign]
    with capture_logs() as lines:
        loops.consume(bus, engine, inbox_, "workflow", StillClock(), Turns(10))

    assert (bus.settled, bus.kept_alive, bus.closed) == (1, 3, 1)
    assert [line["event"] for line in lines] == ["inbox_not_written"] * 3
    with db.read(engine) as conn:
        assert conn.scalars(select(inbox_.c.message_id)).all() == ["n-1"]


def test_new_connectors_are_noticed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is asked again, and the topology follows when it changed."""
    monkeypatch.setattr(loops, "_CHECK_CONNECTORS", -1.0)
    lists: list[list[str]] = [["a"], ["a"], ["b", "a"]]
    bus = FakeTransport()

    loops.consume(
        bus,
        engine,
        inbox_,
        "workflow",
        StillClock(),
        Turns(4),
        connectors=lambda: lists.pop(0) if len(lists) > 1 else lists[0],
    )

    assert bus.known == [("a",), ("a", "b")]


def test_a_connector_whose_place_is_missing_is_looked_for_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every look at the list, until it is there."""
    monkeypatch.setattr(loops, "_CHECK_CONNECTORS", -1.0)
    bus = FakeTransport(missing={"b"})

    def connectors() -> list[str]:
        if len(bus.known) == 2:
            bus.missing.clear()
        return ["a", "b"]

    loops.consume(bus, engine, inbox_, "workflow", StillClock(), Turns(6), connectors=connectors)
    assert bus.known == [("a", "b")] * 3


def test_the_relay_tells_now_and_then_what_lies_untaken(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever it looks who the connectors are, not at every turn."""
    told: list[Mapping[str, int]] = []
    bus = FakeTransport()
    loops.relay(bus, engine, outbox_, StillClock(), Turns(12), connectors=lambda: ["tongbu"], untaken=told.append)
    assert told == [{"tongbu": 2}]
    monkeypatch.setattr(loops, "_CHECK_CONNECTORS", 0)
    loops.relay(bus, engine, outbox_, StillClock(), Turns(12), connectors=lambda: ["tongbu"], untaken=told.append)
    assert len(told) > 2


def test_a_worker_outlives_its_database(engine: Engine) -> None:
    """It logs and tries again instead of ending."""
    metadata.drop_all(engine)
    with capture_logs() as lines:
        loops.work(desk(engine), Turns(3))
    assert [line["event"] for line in lines] == ["work_interrupted"] * 3


def test_pauses_grow_to_a_limit_and_begin_small_again() -> None:
    """0.2, 0.4 … 5 s, each within a half of itself."""
    pause = loops.Pause()
    for wanted in (0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0):
        assert wanted * 0.5 <= pause.next() <= wanted * 1.5
    pause.reset()
    assert pause.next() <= 0.3
