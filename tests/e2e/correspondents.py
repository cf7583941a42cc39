"""An agency's system that writes whatever it likes into its exchange and reads what it is told."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

import orjson

from services.common.bus import Outgoing
from services.common.bus.amqp import AmqpTransport
from services.contracts import envelopes
from services.contracts.envelopes import Message

_PATIENCE: Final = 30.0
_NOW: Final = "2026-02-26T09:30:00+08:00"


class Correspondent:
    """Sends by `send` or `ask`; every message heard is kept in `heard`."""

    def __init__(self, url: str, connector: str) -> None:
        self._transport = AmqpTransport(url, connector=connector)
        self._connector = connector
        self.heard: list[Message] = []

    def send(self, type: str, body: Mapping[str, Any] | bytes, key: str = "", **changed: str | None) -> str:
        """Send a message whose headers are right but for those given (`id=None`: left out); its id."""
        key = key or str(uuid.uuid4())
        content_type = changed.pop("content_type", None) or envelopes.CONTENT_TYPE
        right = {"specversion": "1.0", "id": key, "type": type, "source": "/x", "subject": key, "time": _NOW}
        headers = {f"ce-{name}": value for name, value in {**right, **changed}.items() if value is not None}
        out = Outgoing(
            message_id=key,
            type=type,
            subject=key,
            target=None,
            headers=headers,
            body=body if isinstance(body, bytes) else orjson.dumps(body),
            content_type=content_type,
        )
        assert self._transport.publish([out]) == {key}
        return key

    def ask(self, type: str, body: Mapping[str, Any] | bytes, key: str = "", **changed: str | None) -> Message:
        """Send and wait for the answer to it."""
        return self.answer(self.send(type, body, key, **changed))

    def answer(self, key: str) -> Message:
        """The first answer to a message that has not been taken yet."""
        return self.hear(lambda message: message.data.get("original_id") == key)

    def hear(self, wanted: Any) -> Message:
        """Wait for a message; it is taken out of `heard`."""
        end = time.monotonic() + _PATIENCE
        while True:
            for message in self.heard:
                if wanted(message):
                    self.heard.remove(message)
                    return message
            assert time.monotonic() < end, f"{self._connector} heard only {[one.type for one in self.heard]}"
            self.listen(0.2)

    def listen(self, seconds: float) -> None:
        """Take what arrives now."""
        incoming = self._transport.receive(self._connector, 100, seconds)
        self.heard += [envelopes.decode(one.headers, one.body, one.content_type) for one in incoming]
        self._transport.settle(incoming)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()
