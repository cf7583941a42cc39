"""Receiving from a broker: deliveries collected while I/O runs, acknowledged together."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pika.channel import Channel
from pika.spec import Basic, BasicProperties

from services.common.bus import Incoming
from services.common.bus.link import Link, LinkLost

PREFETCH = 100
_LINGER = 0.005  # seconds to wait for company once a message is there: one commit for many


class Consumer:
    """A channel that receives."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._channel = link.open_channel()
        self._reading: set[str] = set()
        self._arrived: deque[Incoming] = deque()
        self._channel.add_on_cancel_callback(self._on_cancel)
        link.ask(self._channel.basic_qos, prefetch_count=PREFETCH)

    def subscribe(self, queues: Mapping[str, str]) -> None:
        """Read these {queue: channel} as well; `LinkLost` when somebody else reads one of them.

        Quorum queues take no exclusive consumers, so the readers are counted before and after: of two that
        come at once both step back, and the jitter of their pauses decides.
        """
        for queue, channel in queues.items():
            if queue not in self._reading:
                self._must_have_readers(queue, 0)
                on_message = partial(self._on_message, channel)
                self._link.ask(self._channel.basic_consume, queue=queue, on_message_callback=on_message)
                self._must_have_readers(queue, 1)
                self._reading.add(queue)

    def _must_have_readers(self, queue: str, number: int) -> None:
        answer = self._link.ask(self._channel.queue_declare, queue=queue, passive=True)
        if answer.method.consumer_count > number:
            occupied = LinkLost(f"another process reads {queue}; standing by")
            self._link.lose(occupied)
            raise occupied

    def take(self, limit: int, timeout: float) -> list[Incoming]:
        """What arrived. When the link ends, first what it still brought, then `LinkLost`."""
        try:
            if self._link.run(lambda: bool(self._arrived), timeout):
                self._link.run(lambda: len(self._arrived) >= limit, _LINGER)
        except LinkLost:
            if not self._arrived:
                raise
        return [self._arrived.popleft() for _ in range(min(limit, len(self._arrived)))]

    def settle(self, incoming: Sequence[Incoming]) -> None:
        """One multiple ack; tags of an earlier connection mean nothing here and are left out."""
        tags = [message.token[1] for message in incoming if message.token[0] is self]
        if tags:
            self._link.run(lambda: True, 0)
            self._channel.basic_ack(max(tags), multiple=True)
            self._link.run(lambda: False, 0)

    def _on_message(
        self, source: str, _channel: Channel, method: Basic.Deliver, properties: BasicProperties, body: bytes
    ) -> None:
        self._arrived.append(
            Incoming(
                channel=source,
                message_id=_text(properties.message_id),
                headers=_headers(properties.headers),
                body=body,
                content_type=_text(properties.content_type),
                user_id=_text(properties.user_id),
                token=(self, method.delivery_tag),
            )
        )

    def _on_cancel(self, _frame: Any) -> None:
        """The queue is gone; pika would wait for ever."""
        self._link.lose(LinkLost("the broker ended the consumer"))


def _headers(headers: Mapping[Any, Any] | None) -> dict[str, str]:
    """The envelope's headers; x-death, CC and the like are a sender's word and are ignored."""
    return {
        name: value
        for name, value in (headers or {}).items()
        if isinstance(name, str) and isinstance(value, str) and (name.startswith("ce-") or name == "traceparent")
    }


def _text(value: object) -> str | None:
    """A property; pika hands over bytes where the sender's text was not UTF-8."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None
