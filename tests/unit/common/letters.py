"""Messages, wires and a small service to try the plumbing with."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, Text

from services.common import inbox, outbox
from services.common.bus import EVENTS, Incoming, Outgoing
from services.common.handling import Context, Desk, Handler
from services.contracts.envelopes import Message, encode

START = datetime(2026, 1, 26, 1, 0, tzinfo=UTC)


class StillClock:
    """A clock that stands at START."""

    def now(self) -> datetime:
        """Always the same instant."""
        return START


def numbered(number: int | str, subject: str = "m-1", **changes: Any) -> Message:
    """A message of intake for workflow."""
    data = {"matter_id": subject, "matter_no": f"1830{number}"}
    message: dict[str, Any] = {
        "id": f"n-{number}",
        "type": "matter.numbered.v1",
        "source": "/intake",
        "subject": subject,
        "time": START,
        "data": data,
    }
    return Message(**{**message, **changes})


def closed(number: int | str, subject: str = "case-1", **changes: Any) -> Message:
    """A message of workflow that intake, notify and agencies receive."""
    data = {
        "task_id": f"{subject}.{number}",
        "case_id": subject,
        "matter_id": "m-1",
        "reason": "done",
        "by": None,
        "at": START.isoformat(),
        "successor_task_id": None,
    }
    message: dict[str, Any] = {
        "id": f"c-{number}",
        "type": "task.closed.v1",
        "source": "/workflow",
        "subject": subject,
        "time": START,
        "data": data,
    }
    return Message(**{**message, **changes})


def complete(number: int | str, subject: str = "case-1", **changes: Any) -> Message:
    """A command of an agency for workflow."""
    data = {
        "task_id": f"{subject}.7",
        "unit": "u-traffic",
        "data": {},
        "actor": {"name": "李工"},
        "occurred_at": START.isoformat(),
        "external_ref": f"OA-{number}",
    }
    message: dict[str, Any] = {
        "id": f"a-{number}",
        "type": "task.complete.v1",
        "source": "/agency/tongbu",
        "subject": subject,
        "time": START,
        "data": data,
    }
    return Message(**{**message, **changes})


def outgoing(message: Message, target: str | None = None) -> Outgoing:
    """The message as a relay sends it."""
    wire = encode(message)
    return Outgoing(
        message_id=message.id,
        type=message.type,
        subject=message.subject,
        target=target,
        headers=wire.headers,
        body=wire.body,
        content_type=wire.content_type,
    )


def incoming(message: Message, channel: str = EVENTS, **changes: Any) -> Incoming:
    """The message as it arrives."""
    wire = encode(message)
    arrived: dict[str, Any] = {
        "channel": channel,
        "message_id": message.id,
        "headers": wire.headers,
        "body": wire.body,
        "content_type": wire.content_type,
        "user_id": None,
        "token": 0,
    }
    return Incoming(**{**arrived, **changes})


def ids(arrived: Sequence[Incoming]) -> list[str]:
    """The message ids, in order of arrival."""
    return [message.headers["ce-id"] for message in arrived]


metadata = MetaData()
inbox_ = inbox.table(metadata)
outbox_ = outbox.table(metadata)
done = Table(
    "done",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("subject", Text),
    Column("message_id", Text),
)


def note(conn: Connection, message: Message, context: Context) -> None:
    """A handler that writes down what it handled."""
    conn.execute(done.insert(), {"subject": message.subject, "message_id": message.id})


def desk(engine: Engine, service: str = "workflow", handlers: Mapping[str, Handler] | None = None) -> Desk:
    """A small service with these tables whose handlers, by default, only note what they handle."""
    noting: dict[str, Handler] = dict.fromkeys(
        ("matter.numbered.v1", "task.complete.v1", "record.submit.v1", "task.closed.v1", "matter.submit.v1"), note
    )
    return Desk(service, engine, inbox_, outbox_, {**noting, **(handlers or {})}, StillClock())


class Turns(Event):
    """A stop signal that comes after so many looks at it; waiting for it takes no time."""

    def __init__(self, turns: int) -> None:
        super().__init__()
        self.turns = turns

    def is_set(self) -> bool:
        """True once all turns are used up."""
        self.turns -= 1
        return self.turns < 0

    def wait(self, timeout: float | None = None) -> bool:
        """No waiting in tests."""
        return self.turns < 0


def later(seconds: float) -> datetime:
    """An instant after START."""
    return START + timedelta(seconds=seconds)


Make = Callable[..., Message]
