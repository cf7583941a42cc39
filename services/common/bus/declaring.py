"""Exchanges, queues and bindings of a broker: made where this user may, else checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.common.bus import topology
from services.common.bus.link import Link, LinkLost, Refused

_ACCESS_REFUSED, _NOT_FOUND = 403, 404


class Declarer:
    """Makes sure that exchanges, queues and bindings are there."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._channel = link.open_channel()

    def declare(self, connectors: Sequence[str]) -> None:
        """Everything of the services and these connectors. `LinkLost` names what is missing or different."""
        for exchange in topology.exchanges(connectors):
            facts = {"exchange_type": exchange.kind, "durable": True, "internal": exchange.internal}
            self._ensure("exchange_declare", exchange=exchange.name, **facts)
        for queue in topology.queues(connectors):
            self._ensure("queue_declare", queue=queue, durable=True, arguments=topology.QUEUE_ARGUMENTS)
        for binding in topology.bindings(connectors):
            names = {"queue": binding.queue, "exchange": binding.exchange, "routing_key": binding.key}
            if not self._allowed("queue_bind", **names):
                break  # the deployment binds; what it forgot comes back as unroutable
        self._channel.close()

    def _ensure(self, method: str, **arguments: Any) -> None:
        if self._allowed(method, **arguments):
            return
        passive = {name: value for name, value in arguments.items() if name in ("exchange", "queue")}
        try:
            self._allowed(method, passive=True, **passive)
        except Refused as refused:
            if refused.code == _NOT_FOUND:
                raise LinkLost(f"{refused}; import deploy/rabbitmq/definitions.json") from refused
            raise

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
