"""The four loops of this service, for the composition root: threads of one process or processes of their own."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event

from sqlalchemy import Engine, select

from services.common import db, logs
from services.common import loops as common
from services.common.bus import Transport
from services.common.clock import Clock
from services.workflow import backlogs, ticker, worker
from services.workflow import tables as t

_log = logs.get(__name__)


def consume(transport: Transport, engine: Engine, clock: Clock, stop: Event) -> None:
    """Move messages of services and agencies into the inbox."""

    def connectors() -> list[str]:
        return known_connectors(engine)

    common.consume(transport, engine, t.inbox_, "workflow", clock, stop, connectors=connectors)


def relay(transport: Transport, engine: Engine, clock: Clock, stop: Event) -> None:
    """Send what the outbox holds, and see what agencies do not take."""

    def connectors() -> list[str]:
        return known_connectors(engine)

    def note(untaken: Mapping[str, int]) -> None:
        for connector, ready in untaken.items():
            try:
                backlogs.note(engine, connector, ready, clock.now())
            except Exception as error:  # noqa: BLE001  the relay's edge: what goes wrong about one holds up no message
                _log.error("backlog_unseen", connector=connector, reason=repr(error)[:500])

    common.relay(transport, engine, t.outbox_, clock, stop, connectors=connectors, untaken=note)


def work(engine: Engine, clock: Clock, stop: Event) -> None:
    """Handle what arrived and deliver what cases sent each other."""
    worker.work(engine, clock, stop)


def tick(engine: Engine, clock: Clock, stop: Event) -> None:
    """Fire timers when they are due."""
    ticker.tick(engine, clock, stop)


def known_connectors(engine: Engine) -> list[str]:
    """Ids of the connectors in the directory."""
    with db.read(engine) as conn:
        return list(conn.execute(select(t.directory.connector.c.id)).scalars())
