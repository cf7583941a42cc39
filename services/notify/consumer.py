"""What notify does with each message it receives: the table at the end is the service's table of contents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from sqlalchemy import Connection, Engine

from services.common import directories
from services.common.clock import Clock
from services.common.config import Settings
from services.common.handling import Context, Desk, Handler
from services.contracts.envelopes import Message
from services.notify import notices, store, tables
from services.notify.channels import registry

NONE: Final[notices.Channels] = {}


def keep_entry(conn: Connection, message: Message, _context: Context) -> None:
    """Follow the directory."""
    directories.apply(conn, tables.directory, message.data)


def keep_package(conn: Connection, message: Message, _context: Context) -> None:
    """Keep a process version's texts and roles."""
    store.put_package(conn, {name: message.data[name] for name in ("version", "status", "roles", "texts")})


def request(conn: Connection, message: Message, context: Context, channels: notices.Channels = NONE) -> None:
    """Tell people what a diagram wants them to know."""
    notices.request(conn, message, channels, context.now)


def open_task(conn: Connection, message: Message, context: Context) -> None:
    """Tell people that they have something to do; not once more when its case has only changed its version."""
    if message.data.get("previous_version") is None:
        notices.open_task(conn, message, context.now)


def close_task(conn: Connection, message: Message, _context: Context) -> None:
    """Settle what was told about a task."""
    notices.close_task(conn, message.data)


HANDLERS: Final[Mapping[str, Handler]] = {
    "directory.changed.v1": keep_entry,
    "package.published.v1": keep_package,
    "notice.requested.v1": request,
    "task.opened.v1": open_task,
    "task.closed.v1": close_task,
}


def desk(settings: Settings, engine: Engine, clock: Clock) -> Desk:
    """What a worker of notify works with; the settings say which channels there are."""
    handlers: dict[str, Handler] = {
        **HANDLERS,
        "notice.requested.v1": partial(request, channels=registry.of(settings)),
    }
    return Desk("notify", engine, tables.inbox, tables.outbox, handlers, clock)
