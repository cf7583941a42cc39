"""Who gets in by TLS: a real RabbitMQ with `deploy/rabbitmq/agencies.conf` as it is shipped, and a test's authority."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pika
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pika.credentials import ExternalCredentials, PlainCredentials
from pika.exceptions import AMQPError, AuthenticationError, ProbableAuthenticationError

from services.common.bus import Outgoing, topology
from services.common.bus.amqp import AmqpTransport
from services.common.bus.definitions import VHOST, definitions, service_permissions
from services.common.bus.management import Management
from services.common.testing import brokers, guards
from services.common.testing.brokers import Broker
from services.huiyin.agencies import Gate
from tests.attempts import AT_THE_DOOR
from tests.e2e.houses import until
from tests.examples import command
from tests.integration.certificates import Authority, Certificate

SHIPPED: Final = Path(__file__).parents[2] / "deploy/rabbitmq/agencies.conf"
PLUGINS: Final = "rabbitmq_management, rabbitmq_auth_mechanism_ssl"
PASSWORD: Final = "geheim"
OUTSIDE: Final = pika.BasicProperties(delivery_mode=2)


class Insistent(PlainCredentials):  # type: ignore[misc, unused-ignore]  pika has no types
    """Sends a password whether or not the broker offers to take one."""

    def response_for(self, start: Any) -> tuple[str, bytes]:
        """The answer to the broker's list of mechanisms, which is not looked at."""
        return "PLAIN", f"\0{self.username}\0{self.password}".encode()


@dataclass(frozen=True, slots=True)
class Door:
    """A broker that takes certificates alone: the ports of agencies and of services."""

    broker: Broker
    authority: Authority
    agencies: int
    services: int

    def gate(self, connector: str) -> Gate:
        """Where a connector's accounts are made."""
        return Gate(Management(self.broker.api_url, self.broker.user, self.broker.password), VHOST, connector)

    def context(self, shown: Certificate | None) -> ssl.SSLContext:
        """A client that trusts this authority and shows a certificate."""
        made = ssl.create_default_context(cafile=str(self.authority.file))
        if shown is not None:
            made.load_cert_chain(shown.file, shown.key)
        return made

    def service(self) -> AmqpTransport:
        """Workflow, by the port of the services."""
        own = self.authority.issue("svc-workflow")
        files = f"{{'ca_certs':'{self.authority.file}','certfile':'{own.file}','keyfile':'{own.key}'}}"
        made = AmqpTransport(f"amqps://localhost:{self.services}/{VHOST}?ssl_options={files}")
        made.ensure_topology(["tongbu", "weather"])
        return made

    def enter(
        self, shown: Certificate, credentials: ExternalCredentials | PlainCredentials | None = None, port: int = 0
    ) -> BlockingConnection:
        """Connect as agencies do, by certificate unless a password is given."""
        return BlockingConnection(
            pika.ConnectionParameters(
                "localhost",
                port or self.agencies,
                VHOST,
                credentials or ExternalCredentials(),
                ssl_options=pika.SSLOptions(self.context(shown), "localhost"),
            )
        )

    def alert(self, shown: Certificate | None) -> str:
        """With what word the broker ends a handshake; empty where it goes on.

        By TLS 1.2, where the client's certificate is part of the handshake; by 1.3 the word may come too late.
        """
        context = self.context(shown)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with socket.create_connection(("localhost", self.agencies), 10) as plain:
            try:
                context.wrap_socket(plain, server_hostname="localhost").close()
            except ssl.SSLError as error:
                return str(error.reason)
        return ""


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """As the deployment says, with the files and addresses of the test; the connectors tongbu and weather."""
    authority = Authority(tmp_path_factory.mktemp("tls"), "Yunting test authority")
    authority.issue("localhost", file="server", host="localhost")
    [inner] = guards.free_ports(1)
    conf = SHIPPED.read_text("utf-8")
    places = {"0.0.0.0:5671": "127.0.0.1:{amqp}", "127.0.0.1:5673": f"127.0.0.1:{inner}"}
    for shipped, here in {**places, "/etc/rabbitmq/tls": str(authority.directory)}.items():
        assert shipped in conf
        conf = conf.replace(shipped, here)
    try:
        with brokers.private(conf, PLUGINS) as broker:
            broker.api("POST", "definitions", definitions([], VHOST))
            made = Door(broker, authority, int(broker.address.rpartition(":")[2]), inner)
            broker.api("PUT", "users/svc-workflow", {"password": PASSWORD, "tags": ""})
            broker.api("PUT", f"permissions/{VHOST}/svc-workflow", service_permissions("workflow")._asdict())
            for connector in ("tongbu", "weather"):
                made.gate(connector).add(with_password=False)
            yield made
    except brokers.Missing as missing:
        pytest.skip(str(missing))


def test_services_and_agencies_meet_by_certificate(door: Door) -> None:
    """A service on its own port and an agency on the other: what one writes the other reads, both ways."""
    service = door.service()
    assert service.publish([letter("m1", "tongbu")]) == {"m1"}
    with contextlib.closing(door.enter(door.authority.issue("agency-tongbu"))) as agency:
        channel = agency.channel()
        channel.confirm_delivery()
        assert channel.basic_get(topology.agency_out("tongbu"), auto_ack=True)[2] == b"{}"
        channel.basic_publish(topology.agency_in("tongbu"), "", b"[]", OUTSIDE, mandatory=True)
    [got] = service.receive("workflow", 10, 5.0)
    assert (got.channel, got.body) == ("tongbu", b"[]")
    service.settle([got])
    service.close()


def letter(key: str, connector: str) -> Outgoing:
    """Something for an agency."""
    return Outgoing(
        message_id=key,
        type="task.opened.v1",
        subject="s",
        target=connector,
        headers={"ce-id": key, "ce-type": "tomorrow.v1"},
        body=b"{}",
        content_type="application/json",
    )


@pytest.mark.parametrize(("program", "connector"), [("python", "tongbu"), ("node", "weather")])
def test_the_programs_of_the_examples_come_in_by_certificate(
    door: Door, tmp_path: Path, program: str, connector: str
) -> None:
    """With the three files of their command line, and no password."""
    own, store = door.authority.issue(f"agency-{connector}"), tmp_path / "store"
    files = (f"--cert={own.file}", f"--key={own.key}", f"--ca={door.authority.file}", f"--store={store}")
    url = f"amqps://localhost:{door.agencies}/{VHOST}"
    with contextlib.closing(door.service()) as service:
        service.publish([letter(f"by-{program}", connector)])
    with subprocess.Popen([*command(program), url, connector, *files], stderr=subprocess.DEVNULL) as running:
        until(lambda: store.exists() and f"by-{program}".encode() in store.read_bytes())
        running.kill()


def no_certificate(door: Door) -> None:
    """Nothing is shown."""
    assert "HANDSHAKE_FAILURE" in door.alert(None)


def foreign_authority(door: Door) -> None:
    """The right name, signed by somebody else."""
    foreign = Authority(door.authority.directory / "foreign", "another authority")
    assert "UNKNOWN_CA" in door.alert(foreign.issue("agency-tongbu"))


def expired(door: Door) -> None:
    """It was good until yesterday."""
    assert "CERTIFICATE_EXPIRED" in door.alert(door.authority.issue("agency-tongbu", days=-1, file="expired"))


def wrong_name(door: Door) -> None:
    """A good certificate whose name is no account."""
    with pytest.raises(AMQPError, match="ACCESS_REFUSED"):
        door.enter(door.authority.issue("agency-nobody"))


def password(door: Door) -> None:
    """Even the right one of a service, with an agency's good certificate: it is neither asked for nor taken."""
    shown = door.authority.issue("agency-tongbu")
    for port in (door.agencies, door.services):
        with pytest.raises(AuthenticationError):
            door.enter(shown, PlainCredentials("svc-workflow", PASSWORD), port)
        with pytest.raises(ProbableAuthenticationError):
            door.enter(shown, Insistent("svc-workflow", PASSWORD), port)


ACTS: Final = {
    "no-certificate": no_certificate,
    "foreign-authority": foreign_authority,
    "expired": expired,
    "wrong-name": wrong_name,
    "password": password,
}


@pytest.mark.parametrize("name", AT_THE_DOOR)
def test_the_door_stays_shut(door: Door, name: str) -> None:
    """For each of these, while a good certificate gets in."""
    ACTS[name](door)
    good = door.authority.issue("agency-tongbu")
    assert door.alert(good) == ""
    door.enter(good).close()


def test_a_certificate_opens_one_account(door: Door) -> None:
    """Somebody else's queue stays closed to it."""
    with contextlib.closing(door.enter(door.authority.issue("agency-weather"))) as weather:
        with pytest.raises(AMQPError, match="ACCESS_REFUSED"):
            weather.channel().basic_get(topology.agency_out("tongbu"))
        assert weather.channel().basic_get(topology.agency_out("weather"))[0] is None


def test_a_rotated_certificate_works_until_it_is_locked(door: Door) -> None:
    """The next name works beside the first; locked, the first is out with its certificate still good."""
    gate, first = door.gate("weather"), door.authority.issue("agency-weather")
    gate.rotate(with_password=False)
    with contextlib.closing(door.enter(door.authority.issue("agency-weather.2"))) as after:
        door.enter(first).close()
        gate.lock("agency-weather")
        with pytest.raises(AMQPError):
            door.enter(first)
        assert after.channel().basic_get(topology.agency_out("weather"))[0] is None
