"""What keeps intake going beside its pages: three loops, processes in production, threads for a newcomer."""

from collections.abc import Callable, Sequence
from threading import Event
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from services.common import db
from services.common import loops as common
from services.common.bus import Transport
from services.common.clock import Clock
from services.common.config import Settings
from services.intake import consumer, store, tables

Run = Callable[[], None]


def consume(transport: Transport, engine: Engine, clock: Clock, stop: Event) -> None:
    """Store what arrives."""
    common.consume(transport, engine, tables.inbox, "intake", clock, stop, connectors=lambda: connectors(engine))


def relay(transport: Transport, engine: Engine, clock: Clock, stop: Event) -> None:
    """Send what waits in the outbox."""
    common.relay(transport, engine, tables.outbox, clock, stop, connectors=lambda: connectors(engine))


def work(engine: Engine, clock: Clock, stop: Event, zone: ZoneInfo = consumer.CHINA) -> None:
    """Handle what was stored."""
    common.work(consumer.desk(engine, clock, zone), stop)


def start(settings: Settings, clock: Clock, transport: Callable[[], Transport], stop: Event) -> dict[str, Run]:
    """Return the loops by role, to be run each in a thread or process of its own until `stop`.

    `transport` makes a transport: one belongs to one thread.
    """
    engine = db.connect(settings.databases["intake"])
    return {
        "consume": lambda: consume(transport(), engine, clock, stop),
        "work": lambda: work(engine, clock, stop, settings.zone),
        "relay": lambda: relay(transport(), engine, clock, stop),
    }


def connectors(engine: Engine) -> Sequence[str]:
    """Return the ids of the agencies' connectors."""
    with db.read(engine) as conn:
        return [key for key, _ in store.entries(conn, "connector")]
