"""The service's side of a trial: tells a client of invented tasks, hears its answers, accepts or rejects them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Protocol

from services.common.bus import Incoming, Outgoing, Transport
from services.common.clock import SystemClock, monotonic
from services.contracts import envelopes
from services.contracts.envelopes import Malformed, Message
from services.contracts.rejections import REJECTIONS

_CLOCK: Final = SystemClock()
RARE: Final = "阿依努尔·𠮷㛃䶮"
"""A name with letters outside the basic plane, as people have them."""
_TITLE: Final = f"接入检验：关于修复{RARE}路路灯的建议"
FILLING: Final = "filling"
"""The type of messages that fill a queue; nobody has sent them."""
FORM: Final[Mapping[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "接入检验",
    "type": "object",
    "properties": {
        "verdict": {"type": "string", "enum": ["accepted", "refused"], "title": "是否承办", "examples": ["accepted"]},
        "contact": {"type": "string", "enum": [RARE], "title": "联系人"},
        "note": {"type": "string", "minLength": 6, "maxLength": 200, "title": "说明"},
    },
    "required": ["verdict", "contact", "note"],
}
INITIAL: Final = {"verdict": "accepted", "contact": RARE, "note": "按要求办理，接入检验用。"}


class Place(Protocol):
    """Where a client is tried; see `grounds.Ground`."""

    @property
    def service(self) -> Transport:
        """The transport of the service that is played."""
        ...

    @property
    def connector(self) -> str:
        """For whom the client speaks."""
        ...

    def cut(self, patience: float) -> bool:
        """End the client's connections; False where it had none."""
        ...

    def shut(self) -> None:
        """Let the broker refuse what the client sends."""
        ...

    def reopen(self) -> None:
        """Let it take messages again."""
        ...

    def unsettled(self) -> int:
        """How many messages the client has not acknowledged."""
        ...


@dataclass(frozen=True, slots=True)
class Heard:
    """Something the client sent: its id, the task it names and what it says; `fault` where it breaks the contract."""

    id: str
    task: str
    data: Mapping[str, Any]
    fault: Malformed | None = None


@dataclass(slots=True)
class Talk:
    """The service's part: tells of tasks, hears answers, accepts or rejects them; ids and numbers are of the trial."""

    place: Place
    unit: str
    patience: float
    heard: list[Heard] = field(default_factory=list)
    told: dict[str, Message] = field(default_factory=dict)
    """The message that told of each task."""

    def open(self, **more: Any) -> str:
        """Tell of another task; its id."""
        number = len(self.told) + 1
        now = _CLOCK.now()
        due = now + timedelta(days=1)
        task = f"trial-1.{number}"
        data = {
            "task_id": task,
            "case_id": "trial-1",
            "matter_id": "trial",
            "matter_no": f"T{number:04d}",
            "title": _TITLE,
            "element": "task_trial",
            "name": "接入检验",
            "role": "unit_liaison",
            "unit": self.unit,
            "form": "trial",
            "form_schema": FORM,
            "initial": INITIAL,
            "deadline": {"name": "trial", "due": f"{due:%Y-%m-%d}", "due_at": due.isoformat(), "why": ["接入检验用"]},
            "process_version": "trial.1",
            "opened_at": now.isoformat(),
        }
        self.told[task] = message("task.opened.v1", {**data, **more})
        self.send(self.told[task])
        return task

    def send(self, sent: Message) -> None:
        """Put a message into the client's queue."""
        wire = envelopes.encode(sent)
        out = Outgoing(
            message_id=sent.id,
            type=sent.type,
            subject=sent.subject,
            target=self.place.connector,
            headers=wire.headers,
            body=wire.body,
            content_type=wire.content_type,
        )
        if not self.place.service.publish([out]):
            raise RuntimeError(f"the broker does not take {sent.type} for {self.place.connector}")

    def accept(self, got: Heard) -> None:
        """Say that it was accepted."""
        data = {
            "original_id": got.id,
            "task_id": got.task or None,
            "stimulus": "1",
            "at": _CLOCK.now().isoformat(),
        }
        self.send(message("command.accepted.v1", data))

    def reject(self, got: Heard, code: str, path: str) -> None:
        """Say that it was not, and why."""
        words = REJECTIONS[code]
        data = {
            "original_id": got.id,
            "original_type": "task.complete.v1",
            "code": code,
            "path": path,
            "retryable": words.retryable,
            "text": f"接入检验：{words.zh}",
            "text_en": f"trial: {words.en}",
        }
        self.send(message("message.rejected.v1", data))

    def answer(self, task: str) -> Heard | None:
        """The first answer to a task, or whatever could not be read; None when patience ends."""
        end, mark = monotonic() + self.patience, 0
        while True:
            for one in self.heard[mark:]:
                if one.task == task or one.fault is not None:
                    return one
            mark = len(self.heard)
            if monotonic() >= end:
                return None
            self.listen(0.3)

    def watch(self, seconds: float) -> None:
        """Hear what comes within so many seconds."""
        end = monotonic() + seconds
        while monotonic() < end:
            self.listen(0.3)

    def listen(self, seconds: float) -> None:
        """Take what has come; a copy under the same id counts once, as it does in the inbox of a service."""
        incoming = self.place.service.receive("workflow", 100, seconds)
        for one in (_read(one) for one in incoming if one.headers.get("ce-type") != FILLING):
            if one.fault is not None or one not in self.heard:
                self.heard.append(one)
        self.place.service.settle(incoming)

    def about(self, task: str) -> list[Heard]:
        """Everything the client has sent about a task."""
        return [one for one in self.heard if one.task == task]


def message(type: str, data: Mapping[str, Any]) -> Message:
    """A message of the service."""
    key, now = str(uuid.uuid4()), _CLOCK.now()
    return Message(id=key, type=type, source="/workflow", subject="trial", time=now, data=dict(data))


def _read(incoming: Incoming) -> Heard:
    key, data = incoming.headers.get("ce-id", ""), {}
    try:
        found = envelopes.peek(incoming.headers, incoming.body, incoming.content_type)
        data = found.data
        envelopes.decode(incoming.headers, incoming.body, incoming.content_type)
        fault = None
    except Malformed as malformed:
        fault = malformed
    return Heard(key, str(data.get("task_id", "")), data, fault)
