"""Which queues exist, who reads them and what flows into them. Pure: derived from the message catalogue.

events (topic, key = type)            → intake.inbox · workflow.inbox · notify.inbox
agency.<id>.in (fanout, one each)     → workflow.from.<id> · intake.from.<id>
agency.out (direct, key = connector)  → agency.<id>.out
dead (direct, internal)               → <service>.parked · agency.parked
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.common.bus import EVENTS
from services.contracts.messages import MESSAGES

SERVICES = ("intake", "workflow", "notify")
LISTENERS = ("workflow", "intake")
"""The services that read what agencies send; the first answers what no one can read."""
AGENCY = "agency"
AGENCY_OUT = "agency.out"
DEAD = "dead"
QUEUE_ARGUMENTS = {"x-queue-type": "quorum"}
"""All a queue is declared with; arguments can never be changed, so every limit is a policy."""
_CONNECTOR = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange; `internal` ones are written by the broker only."""

    name: str
    kind: str
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Binding:
    """What flows from an exchange into a queue."""

    exchange: str
    queue: str
    key: str


def check_connector(connector: str) -> str:
    """The id itself, or ValueError: lower-case letters, digits and hyphens, at most 63; never "events"."""
    if not _CONNECTOR.fullmatch(connector) or connector == EVENTS:
        raise ValueError(f"a connector id is made of a-z, 0-9 and '-': {connector!r}")
    return connector


def may_speak(user_id: str | None, connector: str) -> bool:
    """Whether a broker user may send as `connector`: `agency-<id>`, or `agency-<id>.<n>` while keys are
    rotated.

    The queue is the proof; a user id, where the sender gives one (the broker vouches for it), must agree
    with it.
    """
    return user_id is None or user_id == f"agency-{connector}" or user_id.startswith(f"agency-{connector}.")


def types_for(service: str) -> tuple[str, ...]:
    """The message types a service receives from its sister services."""
    return tuple(
        name for name, entry in MESSAGES.items() if service in entry.receivers and entry.senders & set(SERVICES)
    )


def receivers(type: str) -> tuple[str, ...]:
    """The services whose inbox gets a message of this type from the exchange `events`."""
    return tuple(service for service in SERVICES if type in types_for(service))


def may_send(channel: str, type: str) -> bool:
    """Whether a message of this type may come over this channel: connectors send what agencies send, no
    more."""
    entry = MESSAGES.get(type)
    return channel == EVENTS or entry is None or AGENCY in entry.senders


def is_for(service: str, channel: str, type: str) -> bool:
    """Whether `service` is the one that answers for a message.

    Every listener gets all an agency sends; what no agency may send is answered by the first of them.
    """
    entry = MESSAGES.get(type)
    if channel == EVENTS:
        return entry is None or service in entry.receivers
    if entry is None or AGENCY not in entry.senders:
        return service == LISTENERS[0]
    return service in entry.receivers


def inbox(service: str) -> str:
    """The queue of what the other services send."""
    return f"{service}.inbox"


def from_agency(service: str, connector: str) -> str:
    """The queue that proves that a message comes from this connector."""
    return f"{service}.from.{connector}"


def agency_in(connector: str) -> str:
    """The exchange that only this connector may write to."""
    return f"agency.{connector}.in"


def agency_out(connector: str) -> str:
    """The queue that only this connector may read."""
    return f"agency.{connector}.out"


def parked(owner: str) -> str:
    """The queue of what the broker gave up on for a service (or "agency")."""
    return f"{owner}.parked"


def queues_of(service: str, connectors: Sequence[str]) -> dict[str, str]:
    """The queues a service reads, as {queue: channel}."""
    mine = {inbox(service): EVENTS}
    if service in LISTENERS:
        mine |= {from_agency(service, connector): connector for connector in connectors}
    return mine


def exchanges(connectors: Sequence[str]) -> list[Exchange]:
    """Every exchange."""
    common = [
        Exchange(EVENTS, "topic"),
        Exchange(AGENCY_OUT, "direct"),
        Exchange(DEAD, "direct", internal=True),
    ]
    return common + [Exchange(agency_in(connector), "fanout") for connector in connectors]


def queues(connectors: Sequence[str]) -> list[str]:
    """Every queue; all are durable quorum queues."""
    names = [name for service in SERVICES for name in (inbox(service), parked(service))] + [parked(AGENCY)]
    for connector in connectors:
        names += [*(from_agency(service, connector) for service in LISTENERS), agency_out(connector)]
    return names


def bindings(connectors: Sequence[str]) -> Iterator[Binding]:
    """Every binding."""
    for service in SERVICES:
        yield from (Binding(EVENTS, inbox(service), name) for name in types_for(service))
        yield Binding(DEAD, parked(service), service)
    yield Binding(DEAD, parked(AGENCY), AGENCY)
    for connector in connectors:
        yield from (Binding(agency_in(connector), from_agency(service, connector), "") for service in LISTENERS)
        yield Binding(AGENCY_OUT, agency_out(connector), connector)
