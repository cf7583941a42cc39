"""Systems of agencies on the queue: they send until they are answered, and send some things twice on purpose."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.common.bus import Outgoing
from services.common.bus.amqp import AmqpTransport
from services.common.bus.link import LinkLost
from services.common.clock import Clock
from services.contracts import envelopes
from services.contracts.envelopes import Message
from tests.faults.answers import Task, plan

_AGAIN: Final = 6.0  # seconds after which an unanswered command is sent again
_TWICE: Final = 0.2
ZONE: Final = ZoneInfo("Asia/Shanghai")


class Agency:
    """One connector's system; does the tasks of its units as `answers.plan` says. Runs between `with` and its end."""

    def __init__(self, url: str, connector: str, clock: Clock, seed: int) -> None:
        self._transport = AmqpTransport(url, connector=connector)
        self._connector, self._clock, self._chance = connector, clock, random.Random(seed)
        self._stop, self._lock = Event(), Lock()
        self._thread = Thread(target=self._run, name=connector)
        self._waiting: dict[str, tuple[Outgoing, float]] = {}
        self.heard: Counter[str] = Counter()
        self.accepted: dict[str, dict[str, Any]] = {}
        self.rejected: list[dict[str, Any]] = []
        self.sent = 0

    def __enter__(self) -> Agency:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """End; what is unanswered stays so."""
        self._stop.set()
        self._thread.join()

    def command(self, key: str, type_: str, subject: str, data: Mapping[str, Any]) -> None:
        """Send a command under this message id until it is answered."""
        message = Message(
            id=key,
            type=type_,
            source=f"/agency/{self._connector}",
            subject=subject,
            time=self._clock.now(),
            data=dict(data),
        )
        wire = envelopes.encode(message)
        out = Outgoing(
            message_id=key,
            type=type_,
            subject=subject,
            target=None,
            headers=wire.headers,
            body=wire.body,
            content_type=wire.content_type,
        )
        with self._lock:
            self._waiting[key] = (out, 0.0)

    def waits(self) -> int:
        """How many commands are not answered yet."""
        with self._lock:
            return len(self._waiting)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                for incoming in (batch := self._transport.receive(self._connector, 100, 0.1)):
                    self._hear(envelopes.decode(incoming.headers, incoming.body, incoming.content_type))
                self._transport.settle(batch)
                self._send()
            except LinkLost:
                self._transport.close()
                self._stop.wait(0.5)
        self._transport.close()

    def _send(self) -> None:
        now = time.monotonic()
        with self._lock:
            due = [key for key, (_, sent_at) in self._waiting.items() if now - sent_at > _AGAIN]
            batch = [self._waiting[key][0] for key in due]
            self._waiting |= {key: (self._waiting[key][0], now) for key in due}
        for one in (batch, [out for out in batch if self._chance.random() < _TWICE]):
            self._transport.publish(one)
            self.sent += len(one)

    def _hear(self, message: Message) -> None:
        self.heard[message.id] += 1
        if self.heard[message.id] > 1:
            return
        if message.type == "task.opened.v1":
            self._consider(message.data)
        elif message.type == "command.accepted.v1":
            self.accepted[message.id] = message.data
            self._answered(message.data["original_id"])
        elif message.type == "message.rejected.v1":
            self.rejected.append(message.data)
            self._answered(message.data["original_id"])

    def _answered(self, key: str) -> None:
        with self._lock:
            self._waiting.pop(key, None)

    def _consider(self, data: Mapping[str, Any]) -> None:
        opened = datetime.fromisoformat(data["opened_at"]).astimezone(ZONE).date()
        fields = (data["element"], data["role"], data["unit"], data.get("person"))
        task = Task(data["task_id"], data["matter_id"], *fields, opened)
        wish = plan(task, self._clock.now().astimezone(ZONE).date())
        if wish.data is None:
            return
        body = {
            "task_id": task.id,
            "unit": task.unit,
            "data": wish.data,
            "actor": {"name": "系统"},
            "occurred_at": self._clock.now().isoformat(),
        }
        self.command(f"{self._connector}:{task.id}", "task.complete.v1", task.matter_id, body)
