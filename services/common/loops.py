"""The loops that keep a service going: consume, relay, work. Each runs in a thread or process of its own
until `stop`.

A loop never ends because something else is down: it logs, lets go of the connection, waits 0.2 → 5 s
(jittered) and tries again. All promises hold over a kill at any line: what was not marked, settled or
committed is done again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Event

from sqlalchemy import Engine, Table
from sqlalchemy.exc import SQLAlchemyError

from services.common import bells, db, logs, outbox
from services.common import inbox as inboxes
from services.common.bus import Incoming, Transport
from services.common.clock import Clock, monotonic
from services.common.handling import Desk, handle

BATCH = 100
_REST = 0.05  # seconds a relay rests after a batch that was not full: one commit for many
_CHECK_CONNECTORS = 10.0  # seconds between two looks at the list of connectors
_MIN_PAUSE, _MAX_PAUSE = 0.2, 5.0
_log = logs.get(__name__)

Connectors = Callable[[], Sequence[str]]
"""Gives the connectors that exist now; asked again every few seconds."""
Untaken = Callable[[Mapping[str, int]], None]
"""Is told every few seconds how many messages lie untaken in each connector's queue."""


def consume(
    transport: Transport,
    engine: Engine,
    inbox: Table,
    service: str,
    clock: Clock,
    stop: Event,
    *,
    connectors: Connectors = tuple,
    patience: float = 1.0,
) -> None:
    """Move messages from the transport into the inbox: stored and committed first, settled afterwards.

    `patience`: seconds to wait for a delivery before looking at `stop`.
    """

    def turn() -> None:
        deliveries = transport.receive(service, BATCH, patience)
        if deliveries and _stored(transport, engine, inbox, service, deliveries, clock, stop):
            transport.settle(deliveries)

    _keep_going("consume", service, transport, turn, stop, connectors)


def _stored(
    transport: Transport,
    engine: Engine,
    inbox: Table,
    service: str,
    deliveries: Sequence[Incoming],
    clock: Clock,
    stop: Event,
) -> bool:
    """Store, however long the database is down; False when stopped before.

    The deliveries stay in hand and the connection alive meanwhile: giving them back would count as a
    delivery each time, and at the limit the broker puts them aside.
    """
    pause = Pause()
    while not stop.is_set():
        try:
            with db.begin(engine) as conn:
                inboxes.store(conn, inbox, deliveries, clock.now())
            return True
        except SQLAlchemyError as error:
            _log.error("inbox_not_written", service=service, waiting=len(deliveries), reason=str(error)[:500])
            transport.receive(service, 0, pause.next())
    return False


def relay(
    transport: Transport,
    engine: Engine,
    table: Table,
    clock: Clock,
    stop: Event,
    *,
    connectors: Connectors = tuple,
    untaken: Untaken | None = None,
    limit: int = 500,
    rest: float = _REST,
) -> None:
    """Send what the outbox holds, oldest first; rows are marked after the confirm and not before.

    A connector whose queue takes nothing (full, locked) rests by itself and holds up nobody else.
    """
    resting, stuck, bell = Resting(), Pause(), bells.of(engine, bells.OUTBOX)

    def turn() -> None:
        with db.read(engine) as conn:
            batch = outbox.pending(conn, table, limit, skip=resting.targets())
        confirmed = transport.publish(batch)
        if confirmed:
            with db.begin(engine) as conn:
                outbox.mark(conn, table, confirmed, clock.now())
        resting.note((message.target, message.message_id in confirmed) for message in batch)
        if any(message.target is None and message.message_id not in confirmed for message in batch):
            stop.wait(stuck.next())  # a service's queue is full or missing: everything behind it waits, in order
        elif len(batch) < limit:
            stuck.reset()
            bell.wait(rest)

    _keep_going("relay", str(engine.url.database), transport, turn, stop, connectors, untaken)


def work(desk: Desk, stop: Event, *, limit: int = BATCH, longest_rest: float = 0.2) -> None:
    """Handle waiting messages; any number of workers may run beside each other (on SQLite they take
    turns)."""
    rest, pause, bell = 0.005, Pause(), bells.of(desk.engine, bells.WORK)
    while not stop.is_set():
        try:
            count = handle(desk, limit)
        except Exception as error:  # noqa: BLE001  the worker's edge: it outlives whatever is down
            _log.error("work_interrupted", service=desk.service, reason=repr(error)[:500])
            stop.wait(pause.next())
            continue
        pause = Pause()
        rest = 0.005 if count else min(rest * 2, longest_rest)
        if count < limit:
            bell.wait(rest)


def _keep_going(
    action: str,
    name: str,
    transport: Transport,
    turn: Callable[[], None],
    stop: Event,
    connectors: Connectors,
    untaken: Untaken | None = None,
) -> None:
    """Run `turn` over and over on a connected transport; connect again after whatever goes wrong."""
    pause = Pause()
    while not stop.is_set():
        try:
            _run_connected(transport, turn, stop, connectors, pause, untaken)
        except Exception as error:  # noqa: BLE001  the loop's edge: it outlives broker and database
            seconds = pause.next()
            _log.error(f"{action}_interrupted", name=name, reason=repr(error)[:500], seconds=round(seconds, 2))
            transport.close()
            stop.wait(seconds)
    transport.close()


def _run_connected(
    transport: Transport,
    turn: Callable[[], None],
    stop: Event,
    connectors: Connectors,
    pause: Pause,
    untaken: Untaken | None,
) -> None:
    known: tuple[str, ...] | None = None
    checked = 0.0
    while not stop.is_set():
        if known is None or monotonic() - checked > _CHECK_CONNECTORS:
            current, checked = tuple(sorted(connectors())), monotonic()
            if current != known:
                known = transport.ensure_topology(current)  # one that is missing is looked for again
            if untaken is not None and known:
                untaken(transport.untaken(known))
        turn()
        pause.reset()


class Pause:
    """Growing, jittered pauses: a crowd that lost its broker does not come back in step."""

    def __init__(self) -> None:
        self._seconds = _MIN_PAUSE

    def next(self) -> float:
        """Seconds to wait now."""
        seconds = self._seconds * random.uniform(0.5, 1.5)  # noqa: S311  jitter, not a secret
        self._seconds = min(self._seconds * 2, _MAX_PAUSE)
        return seconds

    def reset(self) -> None:
        """It worked: begin small again."""
        self._seconds = _MIN_PAUSE


class Resting:
    """Connectors whose queue took nothing lately, and until when they are left alone."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._pauses: dict[str, Pause] = {}

    def targets(self) -> list[str]:
        """Those who still rest."""
        now = monotonic()
        return [target for target, until in self._until.items() if until > now]

    def note(self, outcomes: Iterable[tuple[str | None, bool]]) -> None:
        """Learn from a batch: pairs of target and whether the message was confirmed."""
        failed: dict[str, bool] = {}
        for target, confirmed in outcomes:
            if target is not None:
                failed[target] = failed.get(target, False) or not confirmed
        for target, bad in failed.items():
            if bad:
                self._until[target] = monotonic() + self._pauses.setdefault(target, Pause()).next()
            else:
                self._until.pop(target, None)
                self._pauses.pop(target, None)
