"""What keeps notify going beside its pages, for the composition root: threads of one process or processes."""

from __future__ import annotations

from threading import Event, Thread

from sqlalchemy import Engine

from services.common import bells, logs
from services.common import loops as common
from services.common.bus import Transport
from services.common.clock import Clock
from services.common.config import Settings
from services.common.loops import Pause
from services.notify import consumer, dispatch, notices, tables
from services.notify.channels import registry
from services.notify.channels.letters import Channel

_REST = 0.2  # seconds between two looks for due deliveries; what this process has left rings the bell at once
_log = logs.get(__name__)


def consume(transport: Transport, engine: Engine, clock: Clock, stop: Event) -> None:
    """Store what arrives."""
    common.consume(transport, engine, tables.inbox, "notify", clock, stop)


def work(settings: Settings, engine: Engine, clock: Clock, stop: Event) -> None:
    """Handle what was stored."""
    common.work(consumer.desk(settings, engine, clock), stop)


def relay(transport: Transport, engine: Engine, clock: Clock, stop: Event) -> None:
    """Send what waits in the outbox."""
    common.relay(transport, engine, tables.outbox, clock, stop)


def send(settings: Settings, engine: Engine, clock: Clock, stop: Event) -> None:
    """Send due deliveries, each channel in a thread of its own; without channels this only waits for `stop`."""
    threads = [
        Thread(target=_send, args=(channel, engine, clock, stop), name=f"notify dispatch {channel.id}", daemon=True)
        for channel in registry.of(settings).values()
    ]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join()


def _send(channel: Channel, engine: Engine, clock: Clock, stop: Event) -> None:
    pause, bell = Pause(), bells.of(engine, notices.bell(channel.id))
    while not stop.is_set():
        try:
            taken, alone = dispatch.turn(engine, clock, channel, stop)
        except Exception as error:  # noqa: BLE001  the dispatcher's edge: it outlives whatever is down
            _log.error("dispatch_interrupted", service="notify", channel=channel.id, reason=repr(error)[:500])
            stop.wait(pause.next())
            continue
        pause.reset()
        if alone:
            stop.wait(alone)
        elif taken < dispatch.BATCH:
            bell.wait(_REST)
