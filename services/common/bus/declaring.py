"""Exchanges, queues and bindings of a broker: made where this user may, else checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.common import logs
from services.common.bus import topology
from services.common.bus.link import Link, LinkLost, Refused

_ACCESS_REFUSED, _NOT_FOUND = 403, 404
_log = logs.get(__name__)


class Missing(LinkLost):
    """Something is not there and this user may not make it."""


@dataclass(frozen=True, slots=True)
class _Objects:
    exchanges: list[topology.Exchange]
    queues: list[str]
    bindings: list[topology.Binding]

    @classmethod
    def of(cls, connectors: Sequence[str]) -> _Objects:
        """All that belongs to the services and these connectors."""
        return cls(topology.exchanges(connectors), topology.queues(connectors), [*topology.bindings(connectors)])

    def without(self, other: _Objects) -> _Objects:
        """What is not among the others."""
        return _Objects(
            [one for one in self.exchanges if one not in other.exchanges],
            [one for one in self.queues if one not in other.queues],
            [one for one in self.bindings if one not in other.bindings],
        )


class Declarer:
    """Makes sure that exchanges, queues and bindings are there."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._channel = link.open_channel()

    def declare(self, connectors: Sequence[str]) -> tuple[str, ...]:
        """Everything of the services, and of these connectors; those whose place is there.

        `LinkLost` names what is missing of the services, or is different. A connector without its place holds up
        nobody else: it is logged and left out.
        """
        self._make(_Objects.of(()))
        found = tuple(one for one in connectors if self._has_made(one))
        self._channel.close()
        return found

    def _has_made(self, connector: str) -> bool:
        try:
            self._make(_Objects.of((connector,)).without(_Objects.of(())))
        except Missing as missing:
            _log.error("connector_missing", connector=connector, reason=str(missing), cure="huiyin agency add")
            return False
        return True

    def _make(self, objects: _Objects) -> None:
        for exchange in objects.exchanges:
            facts = {"exchange_type": exchange.kind, "durable": True, "internal": exchange.internal}
            self._ensure("exchange_declare", exchange=exchange.name, **facts)
        for queue in objects.queues:
            self._ensure("queue_declare", queue=queue, durable=True, arguments=topology.QUEUE_ARGUMENTS)
        for binding in objects.bindings:
            names = {"queue": binding.queue, "exchange": binding.exchange, "routing_key": binding.key}
            if not self._allowed("queue_bind", **names):
                break  # the deployment binds; what it forgot comes back as unroutable

    def _ensure(self, method: str, **arguments: Any) -> None:
        if self._allowed(method, **arguments):
            return
        passive = {name: value for name, value in arguments.items() if name in ("exchange", "queue")}
        try:
            self._allowed(method, passive=True, **passive)
        except Refused as refused:
            if refused.code != _NOT_FOUND:
                raise
            self._link.forgive()
            self._channel = self._link.open_channel()
            raise Missing(f"{refused}; import deploy/rabbitmq/definitions.json") from refused

    def _allowed(self, method: str, **arguments: Any) -> bool:
        """Ask the broker; False where this user is not permitted, which newer brokers say of a look, too."""
        try:
            self._link.ask(getattr(self._channel, method), **arguments)
        except Refused as refused:
            if refused.code != _ACCESS_REFUSED:
                raise
            self._link.forgive()
            self._channel = self._link.open_channel()
            return False
        return True


def untaken(link: Link, connectors: Sequence[str]) -> dict[str, int]:
    """How many messages lie in each connector's queue that it has not taken; without those nobody may look at."""
    found: dict[str, int] = {}
    channel = link.open_channel()
    for connector in connectors:
        try:
            answer = link.ask(channel.queue_declare, queue=topology.agency_out(connector), passive=True)
        except Refused as refused:
            if refused.code not in (_ACCESS_REFUSED, _NOT_FOUND):
                raise
            link.forgive()
            channel = link.open_channel()
        else:
            found[connector] = int(answer.method.message_count)
    channel.close()
    return found
