"""What notify does with each message it receives: the table at the end is the service's table of contents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from services.common import directories
from services.common.clock import Clock
from services.common.config import Settings
from services.common.handling import Context, Desk, Handler
from services.contracts.envelopes import Message
from services.notify import notices, store, tables, ways
from services.notify.ways import Ways

NONE: Final = Ways({}, ZoneInfo("UTC"))


def keep_entry(conn: Connection, message: Message, _context: Context) -> None:
    """Follow the directory."""
    directories.apply(conn, tables.directory, message.data)


def keep_package(conn: Connection, message: Message, _context: Context) -> None:
    """Keep a process version's texts and roles."""
    row = {name: message.data[name] for name in ("version", "status", "roles", "texts")}
    store.put_package(conn, {**row, "urgent": message.data.get("urgent", [])})


def request(conn: Connection, message: Message, context: Context, ways: Ways = NONE) -> None:
    """Tell people what a diagram wants them to know."""
    notices.request(conn, message, ways, context.now)


def open_task(conn: Connection, message: Message, context: Context, ways: Ways = NONE) -> None:
    """Tell people that they have something to do; not once more when its case has only changed its version."""
    if message.data.get("previous_version") is None:
        notices.open_task(conn, message, ways, context.now)


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
    here = ways.of(settings)
    handlers: dict[str, Handler] = {
        **HANDLERS,
        "notice.requested.v1": partial(request, ways=here),
        "task.opened.v1": partial(open_task, ways=here),
    }
    return Desk("notify", engine, tables.inbox, tables.outbox, handlers, clock)
