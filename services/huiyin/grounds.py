"""A place of its own at a broker for one client: a virtual host that is made for it and goes afterwards."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from services.common.bus import Outgoing, Transport, topology
from services.common.bus.amqp import AmqpTransport
from services.common.bus.definitions import definitions
from services.common.bus.local import agency
from services.common.bus.management import Management, place
from services.common.clock import monotonic, sleep
from services.huiyin.agencies import Gate
from services.huiyin.talks import FILLING

_NAP: Final = 0.3
_FILL: Final = 300
"""Messages after which a queue that is to be full must have refused one."""
_SHUT: Final = "shut"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the client connects, the transport of the service that is played, and what can be done to the client."""

    management: Management
    vhost: str
    connector: str
    url: str
    """Of the client."""
    has_password: bool
    """Whether the URL says the password; an account that was there before has its own."""
    service_url: str
    """Of the services that are played, or really run there."""
    service: Transport
    _filler: Transport

    def cut(self, patience: float) -> bool:
        """End the client's connections here, as a fault of the network does; False where it had none."""
        end = monotonic() + patience
        while monotonic() < end:
            found = self.management.call("GET", f"vhosts/{place(self.vhost)}/connections")
            if names := [one["name"] for one in found if one["user"].startswith(agency(self.connector))]:
                for name in names:
                    self.management.drop(f"connections/{place(name)}")
                return True
            sleep(_NAP)
        return False

    def shut(self) -> None:
        """Let the queue of what the client sends be full: the broker refuses everything until `reopen`."""
        queue = topology.from_agency("workflow", self.connector)
        bound = {"max-length": 1, "overflow": "reject-publish"}
        policy = {"pattern": f"^{queue}$", "definition": bound, "priority": 9, "apply-to": "queues"}
        self.service.close()  # what a reader has in hand would not count
        self.management.call("PUT", f"policies/{place(self.vhost, _SHUT)}", policy)
        for _ in range(_FILL):
            if not self._filler.publish([_filling()]):
                return
        raise RuntimeError(f"{queue} does not fill")

    def reopen(self) -> None:
        """Let the queue take messages again; what filled it arrives as well."""
        self.management.drop(f"policies/{place(self.vhost, _SHUT)}")

    def unsettled(self) -> int:
        """How many messages the client has not taken, or not acknowledged; the broker counts every few seconds."""
        queue = self.management.find(f"queues/{place(self.vhost, topology.agency_out(self.connector))}") or {}
        return int(queue.get("messages", 0))


def _filling() -> Outgoing:
    key = str(uuid.uuid4())
    return Outgoing(
        message_id=key,
        type=FILLING,
        subject=key,
        target=None,
        headers={"ce-type": FILLING},
        body=b"{}",
        content_type="application/json",
    )


@contextmanager
def prepared(management: Management, broker_url: str, connector: str, purpose: str) -> Iterator[Ground]:
    """Make the place at the broker of an URL, and take it down again; the connector's own account stays, if it had one.

    Raises what `Management` raises, `ValueError` for a bad id, `LinkLost` when the broker takes no passwords.
    """
    gate = Gate(management, f"huiyin-{purpose}-{connector}", connector)
    examiner, password = gate.vhost, secrets.token_urlsafe(24)
    management.drop(f"vhosts/{place(gate.vhost)}")
    made: list[str] = []
    own = _address(broker_url, gate.vhost, examiner, password)
    service, filler = AmqpTransport(own), AmqpTransport(own, connector=connector)
    try:
        management.call("POST", "definitions", definitions([connector], gate.vhost))
        management.call("PUT", f"users/{place(examiner)}", {"password": password, "tags": ""})
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        management.call("PUT", f"permissions/{place(gate.vhost, examiner)}", everything)
        there = gate.accounts()
        outcome = gate.unlock(None) if there else gate.add(with_password=True)
        made += [] if there else [one.name for one in outcome.accounts]
        user = outcome.accounts[-1].name
        url = _address(broker_url, gate.vhost, user, outcome.passwords.get(user, ""))
        service.ensure_topology([connector])
        yield Ground(management, gate.vhost, connector, url, bool(outcome.passwords), own, service, filler)
    finally:
        service.close()
        filler.close()
        management.drop(f"vhosts/{place(gate.vhost)}")
        for name in (examiner, *made):
            management.drop(f"users/{place(name)}")


def _address(broker_url: str, vhost: str, user: str, password: str) -> str:
    parts = urlsplit(broker_url)
    account = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    where = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{account}@{where}", path=f"/{quote(vhost, safe='')}").geturl()
