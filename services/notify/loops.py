"""What keeps notify going beside its pages, for the composition root: threads of one process or processes."""

from __future__ import annotations

from threading import Event

from sqlalchemy import Engine

from services.common import logs
from services.common import loops as common
from services.common.bus import Transport
from services.common.clock import Clock
from services.common.config import Settings
from services.common.loops import Pause
from services.notify import consumer, dispatch, tables
from services.notify.channels.smtp import Mailer

_REST = 1.0  # seconds between two looks for due deliveries
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
    """Send due deliveries; without a mail server there is nothing to send, and this only waits for `stop`."""
    pause = Pause()
    while not stop.is_set():
        taken = 0
        try:
            if settings.smtp_url:
                taken = dispatch.turn(engine, clock, lambda: Mailer(settings.smtp_url, settings.mail_from))
        except Exception as error:  # noqa: BLE001  the dispatcher's edge: it outlives whatever is down
            _log.error("dispatch_interrupted", service="notify", reason=repr(error)[:500])
            stop.wait(pause.next())
            continue
        pause.reset()
        if taken < dispatch.BATCH:
            stop.wait(_REST)
