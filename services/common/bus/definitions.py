"""What a broker is told at deployment: objects and policies as RabbitMQ's definitions file, permissions per
account.

`python -m services.common.bus.definitions` rewrites deploy/rabbitmq/definitions.json; a test keeps it
fresh. Accounts are not in the file: it holds no passwords, and importing it again must not reset any.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import services
from services.common.bus import topology

VHOST = "huiyin"
FILE = Path(services.__file__).resolve().parent.parent / "deploy" / "rabbitmq" / "definitions.json"
AGENCY_LIMITS = {"max-connections": 3, "max-channels": 4}
"""What the account of an agency may have open at a time."""
_MB = 1024 * 1024
_DURABLE = {"durable": True, "auto_delete": False}


class Permissions(NamedTuple):
    """Regular expressions of what an account may configure, write and read."""

    configure: str
    write: str
    read: str


def service_permissions(service: str) -> Permissions:
    """A service writes to the exchanges of its messages and reads its own queues; it creates and deletes
    nothing."""
    listens = service in topology.LISTENERS
    write = r"^(events|agency\.out)$" if listens else r"^events$"
    read = rf"^{service}\.(inbox|from\..+)$" if listens else rf"^{service}\.inbox$"
    return Permissions("^$", write, read)


def agency_permissions(connector: str) -> Permissions:
    """An agency writes to its own exchange and reads its own queue, nothing else."""
    name = re.escape(topology.check_connector(connector)).replace(r"\-", "-")
    return Permissions("^$", rf"^agency\.{name}\.in$", rf"^agency\.{name}\.out$")


def policies() -> list[dict[str, Any]]:
    """Limits and the crash guard of every queue.

    A full queue refuses (the sender's outbox keeps the message), nothing is ever dropped; what was handed
    out ten times without an acknowledgement goes to the parked queue of its reader.
    """
    entries = [_policy("parked", r"\.parked$", {"overflow": "reject-publish", **_limits(100_000, 512)})]
    for service in topology.SERVICES:
        guard = _guard(service)
        limits = {**guard, **_limits(500_000, 2048)}
        entries.append(_policy(f"{service}-inbox", rf"^{service}\.inbox$", limits))
        if service in topology.LISTENERS:
            limits = {**guard, **_limits(10_000, 64)}
            entries.append(_policy(f"{service}-from-agencies", rf"^{service}\.from\.", limits))
    outward = {**_guard(topology.AGENCY), **_limits(100_000, 256)}
    return [*entries, _policy("agency-out", r"^agency\..+\.out$", outward)]


def _guard(owner: str) -> dict[str, Any]:
    return {
        "delivery-limit": 10,
        "dead-letter-exchange": topology.DEAD,
        "dead-letter-routing-key": owner,
        "dead-letter-strategy": "at-least-once",
        "overflow": "reject-publish",
    }


def _limits(messages: int, megabytes: int) -> dict[str, int]:
    return {"max-length": messages, "max-length-bytes": megabytes * _MB}


def _policy(name: str, pattern: str, definition: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "pattern": pattern, "apply-to": "queues", "priority": 1, "definition": definition}


def definitions(connectors: Sequence[str] = (), vhost: str = VHOST) -> dict[str, Any]:
    """The definitions document: everything of the services, and of these connectors."""
    place = {"vhost": vhost}
    return {
        "vhosts": [{"name": vhost}],
        "exchanges": [
            {"name": e.name, **place, "type": e.kind, **_DURABLE, "internal": e.internal, "arguments": {}}
            for e in topology.exchanges(connectors)
        ],
        "queues": [
            {"name": name, **place, **_DURABLE, "arguments": dict(topology.QUEUE_ARGUMENTS)}
            for name in topology.queues(connectors)
        ],
        "bindings": [
            {
                "source": binding.exchange,
                **place,
                "destination": binding.queue,
                "destination_type": "queue",
                "routing_key": binding.key,
                "arguments": {},
            }
            for binding in topology.bindings(connectors)
        ],
        "policies": [{**place, **policy} for policy in policies()],
    }


def text() -> str:
    """The content of deploy/rabbitmq/definitions.json."""
    return json.dumps(definitions(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
