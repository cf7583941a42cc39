"""Sending to a broker: many messages at once, each confirmed and routable or else not sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from pika.channel import Channel
from pika.spec import Basic, BasicProperties

from services.common import logs
from services.common.bus import EVENTS, Outgoing, topology
from services.common.bus.link import Link

_CONFIRM_TIMEOUT = 30.0
_log = logs.get(__name__)


class Publisher:
    """A channel with confirms."""

    def __init__(self, link: Link, connector: str | None) -> None:
        self._link = link
        self._connector = connector
        self._channel = link.open_channel()
        self._last = 0
        self._unanswered: dict[int, str] = {}
        self._refused: dict[str, str] = {}
        self._channel.add_on_return_callback(self._on_return)
        link.ask(self._channel.confirm_delivery, ack_nack_callback=self._on_confirm)

    def send(self, wave: Sequence[Outgoing]) -> set[str]:
        """Send all, then wait for all answers; the ids that were accepted."""
        self._refused.clear()
        for message in wave:
            self._last += 1
            self._unanswered[self._last] = message.message_id
            exchange, key = self._address(message)
            self._channel.basic_publish(exchange, key, message.body, _properties(message), mandatory=True)
        self._link.run(lambda: not self._unanswered, _CONFIRM_TIMEOUT, needed=True)
        self._complain(wave)
        return {message.message_id for message in wave} - self._refused.keys()

    def _complain(self, wave: Sequence[Outgoing]) -> None:
        """One line per type, target and reason: a full queue must not fill the log as well."""
        lines = Counter(
            (message.type, message.target, self._refused[message.message_id])
            for message in wave
            if message.message_id in self._refused
        )
        for (type, target, reason), count in lines.items():
            _log.error("messages_not_taken", type=type, target=target, reason=reason, count=count)

    def _address(self, message: Outgoing) -> tuple[str, str]:
        if self._connector is not None:
            return topology.agency_in(self._connector), message.type
        if message.target is None:
            return EVENTS, message.type
        return topology.AGENCY_OUT, message.target

    def _on_return(self, _channel: Channel, method: Basic.Return, properties: BasicProperties, _body: bytes) -> None:
        """Unroutable; the broker confirms it all the same, right after this."""
        self._refused[properties.headers["ce-id"]] = f"unroutable: {method.reply_text}"

    def _on_confirm(self, frame: Any) -> None:
        tag, accepted = frame.method.delivery_tag, isinstance(frame.method, Basic.Ack)
        upto = list(takewhile(lambda waiting: waiting <= tag, self._unanswered))
        for answered in upto if frame.method.multiple else [tag]:
            message_id = self._unanswered.pop(answered)
            if not accepted:
                self._refused.setdefault(message_id, "refused: the queue is full")


def _properties(message: Outgoing) -> BasicProperties:
    short = len(message.message_id.encode()) < 256  # AMQP's limit for this property; ce-id holds it in any case
    return BasicProperties(
        delivery_mode=2,
        content_type=message.content_type,
        message_id=message.message_id if short else None,
        type=message.type,
        headers=message.headers,
    )
