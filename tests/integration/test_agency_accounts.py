"""`huiyin agency add | rotate | lock | unlock` on a real RabbitMQ, as an administrator types them."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pika
import pytest
from click.testing import CliRunner, Result
from pika.adapters.blocking_connection import BlockingConnection
from pika.exceptions import AMQPError

from services.common.bus import topology
from services.common.bus.definitions import AGENCY_LIMITS, agency_permissions, definitions
from services.common.testing.brokers import Broker
from services.huiyin.cli import main


@dataclass(frozen=True, slots=True)
class Desk:
    """An administrator at the command line of an installation on RabbitMQ."""

    broker: Broker
    vhost: str
    home: Path
    connector: str = field(default_factory=lambda: f"c{secrets.token_hex(4)}")

    def run(self, *words: str, **changes: str) -> Result:
        """`huiyin agency …`."""
        account = f"{quote(self.broker.user)}:{quote(self.broker.password)}"
        env = {
            "HUIYIN_HOME": str(self.home),
            "HUIYIN_SECRET_KEY": "s" * 40,
            "HUIYIN_BROKER_URL": self.broker.url(self.vhost),
            "HUIYIN_BROKER_ADMIN_URL": self.broker.api_url.replace("://", f"://{account}@"),
        }
        return CliRunner().invoke(main, ["agency", *words], env={**env, **changes})

    def told(self, *words: str) -> dict[str, Any]:
        """What a command that ended well printed as JSON."""
        done = self.run(*words, "--json")
        assert done.exit_code == 0, done.output
        found: dict[str, Any] = json.loads(done.output)
        return found

    def enter(self, user: str, password: str) -> BlockingConnection:
        """Connect as an agency."""
        return BlockingConnection(pika.URLParameters(self.broker.url(self.vhost, user, password)))

    def post(self, *bodies: bytes) -> None:
        """Put messages for the connector into its queue, as a service does."""
        with contextlib.closing(BlockingConnection(pika.URLParameters(self.broker.url(self.vhost)))) as admin:
            channel = admin.channel()
            channel.confirm_delivery()
            for body in bodies:
                sent = pika.BasicProperties(delivery_mode=2)
                channel.basic_publish("agency.out", self.connector, body, sent, mandatory=True)


def is_ours(one: dict[str, Any]) -> bool:
    """The broker has exchanges and bindings of its own, which begin with `amq.` or have no name."""
    return bool(one.get("source", True)) and not one.get("name", "-").startswith("amq.") and one.get("name", "-") != ""


def identity(one: dict[str, Any]) -> tuple[str, ...]:
    """What an object is called, and what it is."""
    definition = json.dumps(one.get("definition"), sort_keys=True)
    words = ("name", "type", "source", "destination", "routing_key", "pattern")
    return (*(str(one.get(word)) for word in words if word != "type" or "internal" in one), definition)


def is_ended(connection: BlockingConnection) -> bool:
    """Whether the broker has closed it, or does within five seconds."""
    with contextlib.suppress(AMQPError):
        connection.process_data_events(5)
    return connection.is_closed


@pytest.fixture
def desk(broker: Broker, tmp_path: Path) -> Iterator[Desk]:
    """A virtual host with the definitions of the deployment and no connector."""
    with broker.vhost() as vhost:
        document = definitions([], vhost)
        del document["vhosts"]
        broker.api("POST", "definitions", document)
        made = Desk(broker, vhost, tmp_path)
        yield made
        for user in broker.api("GET", "users"):
            if topology.may_speak(user["name"], made.connector):
                broker.api("DELETE", f"users/{user['name']}")


def test_what_is_added_is_what_the_definitions_say(desk: Desk) -> None:
    """Exchange, queues and bindings exactly as generated, rights and limits of the account, no password."""
    told = desk.told("add", desk.connector)
    wanted = definitions([desk.connector], desk.vhost)
    for kind in ("exchanges", "queues", "bindings", "policies"):
        there = {identity(one) for one in desk.broker.api("GET", f"{kind}/{quote(desk.vhost)}") if is_ours(one)}
        assert there == {identity(one) for one in wanted[kind]}
    user = f"agency-{desk.connector}"
    [account] = told["accounts"]
    assert (account["name"], account["common_name"]) == (user, user)
    assert (account["locked"], account["has_password"], account["password"]) == (False, False, None)
    rights = desk.broker.api("GET", f"permissions/{quote(desk.vhost)}/{user}")
    assert agency_permissions(desk.connector)._asdict().items() <= rights.items()
    assert desk.broker.api("GET", f"user-limits/{user}")[0]["value"] == AGENCY_LIMITS
    assert told["made"]["accounts"] == [user]
    assert told["found"]["policies"]


def test_adding_again_changes_nothing_and_says_so(desk: Desk) -> None:
    """A limit that was changed by hand stays, so does a lock; what is missing comes back."""
    desk.told("add", desk.connector)
    user, queue = f"agency-{desk.connector}", topology.agency_out(desk.connector)
    desk.broker.api("PUT", f"user-limits/{user}/max-connections", {"value": 9})
    desk.broker.api("DELETE", f"policies/{quote(desk.vhost)}/agency-out")
    desk.broker.api("DELETE", f"queues/{quote(desk.vhost)}/{queue}")
    told = desk.told("add", desk.connector)
    assert told["made"] == {"queues": [queue], "bindings": [f"agency.out → {queue}"], "policies": ["agency-out"]}
    assert desk.broker.api("GET", f"user-limits/{user}")[0]["value"]["max-connections"] == 9
    desk.told("lock", desk.connector)
    again = desk.told("add", desk.connector)
    assert again["made"] == {}
    assert [one["locked"] for one in again["accounts"]] == [True]


def test_a_rotation_loses_no_message(desk: Desk) -> None:
    """Old and new work side by side; what the old one had in hand when it was locked comes to the new one."""
    first, second = f"agency-{desk.connector}", f"agency-{desk.connector}.2"
    [old] = desk.told("add", desk.connector, "--password")["accounts"]
    desk.post(b"1", b"2", b"3")
    queue = topology.agency_out(desk.connector)
    before = desk.enter(first, old["password"])
    assert before.channel().basic_get(queue)[2] == b"1"  # read and not settled
    accounts = desk.told("rotate", desk.connector, "--password")["accounts"]
    assert [one["name"] for one in accounts] == [first, second]
    assert "轮换尚未完成" in desk.run("rotate", desk.connector).output
    with contextlib.closing(desk.enter(second, accounts[1]["password"])) as after:
        channel = after.channel()
        channel.confirm_delivery()
        channel.basic_publish(topology.agency_in(desk.connector), "", b"{}", mandatory=True)
        assert channel.basic_get(queue, auto_ack=True)[2] == b"2"
        locked = desk.told("lock", desk.connector, "--account", first)["accounts"]
        assert [one["locked"] for one in locked] == [True, False]
        assert is_ended(before)
        with pytest.raises(AMQPError):
            desk.enter(first, old["password"])
        assert sorted(channel.basic_get(queue, auto_ack=True)[2] for _ in range(2)) == [b"1", b"3"]
    assert [one["name"] for one in desk.told("rotate", desk.connector)["accounts"]] == [first, second, f"{first}.3"]


def test_a_locked_connector_is_out_at_once_and_keeps_its_messages(desk: Desk) -> None:
    """The open connection ends, a new one is refused, messages go on arriving; unlocked, it reads them all."""
    [account] = desk.told("add", desk.connector, "--password")["accounts"]
    inside = desk.enter(account["name"], account["password"])
    desk.post(b"1")
    desk.told("lock", desk.connector)
    assert is_ended(inside)
    with pytest.raises(AMQPError):
        desk.enter(account["name"], account["password"])
    desk.post(b"2")
    desk.told("unlock", desk.connector)
    with contextlib.closing(desk.enter(account["name"], account["password"])) as again:
        channel = again.channel()
        assert [channel.basic_get(topology.agency_out(desk.connector), auto_ack=True)[2] for _ in range(2)] == [
            b"1",
            b"2",
        ]


def test_people_read_what_was_made(desk: Desk) -> None:
    """In both languages, with the name the certificate has to carry."""
    done = desk.run("add", desk.connector)
    assert done.exit_code == 0, done.output
    assert f"新建 / made: 交换机 / exchanges agency.{desk.connector}.in" in done.output
    assert f"客户端证书的 CN / common name of the client's certificate: CN=agency-{desk.connector}" in done.output


def test_every_mistake_is_told_in_both_languages(desk: Desk) -> None:
    """Nothing is made, and the word says what to do."""
    admin = urlsplit(desk.broker.api_url)
    closed = {"HUIYIN_BROKER_ADMIN_URL": "http://a:b@127.0.0.1:1"}
    stranger = {"HUIYIN_BROKER_ADMIN_URL": f"http://nobody:wrong@{admin.netloc}"}
    elsewhere = {"HUIYIN_BROKER_URL": desk.broker.url("no-such-place")}
    wanted: list[tuple[tuple[str, ...], dict[str, str], str]] = [
        (("add", "Bad_Id"), {}, "a connector id is made of"),
        (("add", "events"), {}, "a connector id is made of"),
        (("add", "x"), {"HUIYIN_BROKER_URL": ""}, "HUIYIN_BROKER_URL is not set"),
        (("add", "x"), {"HUIYIN_BROKER_ADMIN_URL": ""}, "set HUIYIN_BROKER_ADMIN_URL"),
        (("add", "x"), closed, "does not answer"),
        (("add", "x"), stranger, "did not accept this account"),
        (("add", "x"), elsewhere, "import deploy/rabbitmq/definitions.json first"),
        (("rotate", "x"), elsewhere, "import deploy/rabbitmq/definitions.json first"),
        (("rotate", desk.connector), {}, "the broker has no such connector"),
        (("lock", desk.connector), {}, "the broker has no such connector"),
    ]
    for words, changes, english in wanted:
        done = desk.run(*words, **changes)
        assert done.exit_code == 1
        assert english in done.output
        assert any("\u4e00" <= letter <= "\u9fff" for letter in done.output)
    desk.told("add", desk.connector)
    assert "no such connector or account" in desk.run("lock", desk.connector, "--account", "agency-x").output
