"""The transport over RabbitMQ: windowed confirms and `mandatory` always, batches of deliveries, multiple
acks.

A message counts as sent only when the broker confirmed it *and* did not return it as unroutable. A second
consumer of the same service stands by until the first is gone, otherwise two would take turns and the order
per subject would be lost. `user_id` is never sent, so whatever was parked can be replayed by anybody.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.common.bus import EVENTS, Incoming, Outgoing, declaring, topology
from services.common.bus.consuming import Consumer
from services.common.bus.declaring import Declarer
from services.common.bus.lanes import send_in_waves
from services.common.bus.link import Link
from services.common.bus.publishing import Publisher


class AmqpTransport:
    """See `bus.Transport`. With `connector` it speaks for that agency: writes its exchange, reads its
    queue."""

    def __init__(self, url: str, *, connector: str | None = None) -> None:
        """Remember where the broker is; the connection is made when it is first needed."""
        self._url = url
        self._connector = None if connector is None else topology.check_connector(connector)
        self._connectors: tuple[str, ...] = ()
        self._link: Link | None = None
        self._publisher: Publisher | None = None
        self._consumer: Consumer | None = None

    def ensure_topology(self, connectors: Sequence[str]) -> tuple[str, ...]:
        """Declare what is missing; where this user may not declare, check that the deployment did."""
        wanted = tuple(topology.check_connector(connector) for connector in connectors)
        self._connectors = wanted if self._connector else Declarer(self._connect()).declare(wanted)
        return self._connectors

    def publish(self, batch: Sequence[Outgoing]) -> set[str]:
        """Send and wait for the confirms; see `bus.Transport.publish`. Raises `LinkLost`."""
        link = self._connect()
        if self._publisher is None:
            self._publisher = Publisher(link, self._connector)
        if not batch:
            link.run(lambda: False, 0)  # answers heartbeats
        return send_in_waves(batch, self._publisher.send)

    def receive(self, reader: str, limit: int, timeout: float) -> list[Incoming]:
        """See `bus.Transport.receive`. Raises `LinkLost`, also when a consumer was ended by the broker."""
        if limit == 0:
            self._connect().run(lambda: False, timeout)
            return []
        if self._consumer is None:
            self._consumer = Consumer(self._connect())
        self._consumer.subscribe(self._queues(reader))
        return self._consumer.take(limit, timeout)

    def settle(self, incoming: Sequence[Incoming]) -> None:
        """Acknowledge everything up to the newest of `incoming`, per queue."""
        if self._consumer is not None:
            self._consumer.settle(incoming)

    def untaken(self, connectors: Sequence[str]) -> dict[str, int]:
        """See `bus.Transport.untaken`: what was handed out and not acknowledged does not count. Raises `LinkLost`."""
        return declaring.untaken(self._connect(), connectors)

    def close(self) -> None:
        """Close the connection; unsettled messages go back to their queues."""
        link, self._link, self._publisher, self._consumer = self._link, None, None, None
        if link is not None:
            link.close()

    def _queues(self, reader: str) -> dict[str, str]:
        if self._connector is not None:
            return {topology.agency_out(self._connector): EVENTS}
        return topology.queues_of(reader, self._connectors)

    def _connect(self) -> Link:
        if self._link is None:
            self._link = Link(self._url)
        return self._link
