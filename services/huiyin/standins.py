"""A stand-in for an agency's system: hears of tasks and answers, well or badly, the way an agency does.

For rehearsals of an installation. It keeps nothing: what it has heard and not answered is forgotten when it ends.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from services.common.bus import Incoming, Outgoing, Transport
from services.common.clock import Clock
from services.contracts import envelopes
from services.contracts.envelopes import Malformed, Message
from services.huiyin.fillings import fill

_NAME: Final = "演练人员"
_RETURN: Final = "return_requested"
_NOTE: Final = "演练：退回上一环节，请补充材料以后再交办。"
_BEHIND: Final = timedelta(minutes=1)
"""How long after its last instant a late answer leaves."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was `heard` or `sent`: the type, the id of the message, and what it says."""

    what: str
    type: str
    id: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Letter:
    """Something to send, not before an instant."""

    message: Outgoing
    data: Mapping[str, Any] = field(default_factory=dict)
    after: datetime | None = None


@dataclass(slots=True)
class Standin:
    """Speaks for a connector; the transport is one that was opened for it."""

    transport: Transport
    connector: str
    clock: Clock
    behave: str
    _seen: set[str] = field(default_factory=set)
    _waiting: list[Letter] = field(default_factory=list)

    def turn(self, patience: float) -> Iterator[Event]:
        """Hear what comes within so many seconds, answer, and send what is due; what is not confirmed is sent again."""
        incoming = self.transport.receive(self.connector, 100, patience)
        for one in incoming:
            yield from self._hear(one)
        self.transport.settle(incoming)
        yield from self._send()

    def _hear(self, incoming: Incoming) -> Iterator[Event]:
        try:
            message = envelopes.peek(incoming.headers, incoming.body, incoming.content_type)
        except Malformed as malformed:
            yield Event("heard", malformed.code, str(incoming.message_id), {"path": malformed.path})
            return
        yield Event("heard", message.type, message.id, message.data)
        if message.type == "task.opened.v1" and message.id not in self._seen:
            self._waiting += BEHAVIOURS[self.behave](partial(_letter, self.connector, self.clock.now()), message.data)
        self._seen.add(message.id)

    def _send(self) -> Iterator[Event]:
        now = self.clock.now()
        due = [one for one in self._waiting if one.after is None or one.after <= now]
        for one in due:
            if self.transport.publish([one.message]):
                self._waiting.remove(one)
                yield Event("sent", one.message.type, one.message.message_id, one.data)


Write = Callable[..., Letter]
Task = Mapping[str, Any]


def accept(write: Write, task: Task) -> list[Letter]:
    """Does the task, once."""
    return [write("task.complete.v1", task, _done(task, {}))]


def give_back(write: Write, task: Task) -> list[Letter]:
    """Asks for a return where the form offers one, else gives the task back to the step before."""
    verdict = (task.get("form_schema") or {}).get("properties", {}).get("verdict", {})
    if _RETURN in verdict.get("enum", ()):
        return [write("task.complete.v1", task, _done(task, {"verdict": _RETURN}))]
    return [write("task.operate.v1", task, {**_named(task), "verb": "return", "data": {"note": _NOTE}})]


def be_late(write: Write, task: Task) -> list[Letter]:
    """Does the task when its time is over; at once where it has no deadline."""
    due = (task.get("deadline") or {}).get("due_at")
    after = datetime.fromisoformat(due) + _BEHIND if due else None
    return [write("task.complete.v1", task, _done(task, {}), after=after)]


def send_twice(write: Write, task: Task) -> list[Letter]:
    """Does the task and sends the same message again, as after a lost confirm."""
    return [*accept(write, task)] * 2


def send_garbage(write: Write, task: Task) -> list[Letter]:
    """Rubbish, a type nobody knows, a field of the wrong kind, a task that does not exist; the task is not done."""
    good = _done(task, {})
    return [
        write("task.complete.v1", task, {}, body=b"\x00\xff not JSON"),
        write("task.fly.v1", task, good),
        write("task.complete.v1", task, {**good, "unit": 7}),
        write("task.complete.v1", task, {**good, "task_id": f"{task['case_id']}.none"}),
    ]


BEHAVIOURS: Final[Mapping[str, Callable[[Write, Task], list[Letter]]]] = {
    "accept": accept,
    "return": give_back,
    "late": be_late,
    "twice": send_twice,
    "garbage": send_garbage,
}


def _named(task: Task) -> dict[str, Any]:
    """The part of a command that names the task and who acts."""
    return {"task_id": task["task_id"], "unit": task.get("unit"), "actor": {"name": _NAME}}


def _done(task: Task, chosen: Mapping[str, Any]) -> dict[str, Any]:
    known = {**(task.get("initial") or {}), **chosen}
    today = str(task["opened_at"])[:10]
    data = fill(task.get("form_schema") or {}, known, code=str(task.get("unit")), today=today)
    return {**_named(task), "data": data}


def _letter(
    connector: str,
    now: datetime,
    type: str,
    task: Task,
    data: Mapping[str, Any],
    *,
    after: datetime | None = None,
    body: bytes | None = None,
) -> Letter:
    message = Message(
        id=str(uuid.uuid4()),
        type=type,
        source=f"/agency/{connector}",
        subject=str(task["matter_id"]),
        time=after or now,
        data={**data, "occurred_at": (after or now).isoformat()},
    )
    wire = envelopes.encode(message)
    out = Outgoing(
        message_id=message.id,
        type=type,
        subject=message.subject,
        target=None,
        headers=wire.headers,
        body=wire.body if body is None else body,
        content_type=wire.content_type,
    )
    return Letter(out, data, after)
