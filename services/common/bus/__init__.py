"""How messages travel: one small interface, over RabbitMQ or between files of one machine.

Both transports keep the same promises: durable, at least once, oldest first per subject, nothing confirmed
that is not stored by every receiver, nothing taken off before `settle`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.common.config import Settings

EVENTS = "events"
"""The channel of messages between our own services; every other channel is the id of a connector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message ready to travel: to all who receive its type (`target` None), or to one connector."""

    message_id: str
    type: str
    subject: str
    target: str | None
    headers: dict[str, str]
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message as it arrived. `channel` is proven by the queue it came from, everything else is the
    sender's word."""

    channel: str
    message_id: str | None
    headers: dict[str, str]
    body: bytes
    content_type: str | None
    user_id: str | None
    token: Any
    """What `settle` needs; belongs to the transport."""


class Transport(Protocol):
    """A way for messages. One instance belongs to one thread; it connects when first used and after
    `close`."""

    def ensure_topology(self, connectors: Sequence[str]) -> tuple[str, ...]:
        """Make or check every queue of the services and of these connectors, so that nothing sent is missed.

        Returns the connectors whose place is there; nothing is heard of the others until this is called again.
        """
        ...

    def publish(self, batch: Sequence[Outgoing]) -> set[str]:
        """Send; returns the ids that every receiver has durably stored. What is missing must be sent again.

        Within a subject nothing overtakes: after an unconfirmed message its followers are not confirmed
        either. An empty batch keeps the connection alive.
        """
        ...

    def receive(self, reader: str, limit: int, timeout: float) -> list[Incoming]:
        """Up to `limit` messages for a service (or a connector), waiting at most `timeout` seconds for the
        first.

        `limit` 0 only keeps the connection alive for `timeout` seconds.
        """
        ...

    def settle(self, incoming: Sequence[Incoming]) -> None:
        """Take messages off the queue; all that were received before them must have been stored as well."""
        ...

    def untaken(self, connectors: Sequence[str]) -> dict[str, int]:
        """How many messages lie in the queue of each of these connectors that it has not taken yet.

        One whose queue cannot be looked at is missing.
        """
        ...

    def close(self) -> None:
        """Let go of connections and files; what was received and not settled will come again."""
        ...


def connect(settings: Settings) -> Transport:
    """The transport of an installation: RabbitMQ when `HUIYIN_BROKER_URL` is set, files under home
    otherwise."""
    if settings.broker_url:
        from services.common.bus.amqp import AmqpTransport  # pika is only loaded where there is a broker

        return AmqpTransport(settings.broker_url)
    from services.common.bus.local import LocalTransport

    return LocalTransport(settings.bus_dir)
