"""What an agency's account could try at the broker, each act tried and refused there; `docs/security.md` lists them."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError, ChannelClosedByBroker, NackError

from services.common.bus import topology
from services.common.bus.definitions import AGENCY_LIMITS, agency_permissions, definitions
from services.common.bus.management import Management, Refused
from services.common.testing.brokers import Broker
from tests.attempts import AT_THE_DOOR, IN_A_MESSAGE, WITH_A_FILE

DOCUMENT: Final = Path(__file__).parents[2] / "docs/security.md"
PASSWORD: Final = "geheim"
FLOOD: Final = 3
"""Messages that the queue of the flooded connector takes in this test."""

OWN, OTHER = topology.agency_in("tongbu"), topology.agency_out("weather")
Act = Callable[[BlockingChannel], object]


@dataclass(frozen=True, slots=True)
class Forbidden:
    """An act as the table calls it, and the code with which the broker closes the channel."""

    name: str
    act: Act
    code: int = 403


def publish(exchange: str, key: str = "", body: bytes = b"{}", **properties: object) -> Act:
    """Send a message somewhere."""
    sent = pika.BasicProperties(delivery_mode=2, **properties)  # type: ignore[arg-type]
    return lambda channel: channel.basic_publish(exchange, key, body, sent, mandatory=True)


ACTS: Final = (
    Forbidden("read-other", lambda channel: channel.basic_get(OTHER)),
    Forbidden("read-service", lambda channel: channel.basic_get("workflow.from.tongbu")),
    Forbidden("publish-other", publish(topology.agency_in("weather"))),
    Forbidden("publish-default", publish("", "workflow.inbox")),
    Forbidden("publish-events", publish("events", "matter.submitted.v1")),
    Forbidden("publish-agency-out", publish("agency.out", "weather")),
    Forbidden("publish-dead", publish("dead", "workflow")),
    Forbidden("bind", lambda channel: channel.queue_bind(topology.agency_out("tongbu"), "events", "#")),
    Forbidden("bind-exchange", lambda channel: channel.exchange_bind(topology.agency_in("weather"), OWN)),
    Forbidden("unbind", lambda channel: channel.queue_unbind("workflow.from.tongbu", OWN, "")),
    Forbidden("declare-queue", lambda channel: channel.queue_declare("mine")),
    Forbidden("declare-exchange", lambda channel: channel.exchange_declare("mine")),
    Forbidden("delete-queue", lambda channel: channel.queue_delete(OTHER)),
    Forbidden("delete-exchange", lambda channel: channel.exchange_delete(OWN)),
    Forbidden("delete-own", lambda channel: channel.queue_delete(topology.agency_out("tongbu"))),
    Forbidden("purge-other", lambda channel: channel.queue_purge(OTHER)),
    Forbidden("forge-user", publish(OWN, user_id="agency-weather"), 406),
    Forbidden("huge", publish(OWN, body=b" " * (1024 * 1024 + 1)), 406),
)
ELSEWHERE: Final = ("copy", "look", "vhost", "management", "flood", "connections", "channels", "locked")
"""Acts with a test of their own."""


def flood(channel: BlockingChannel) -> None:
    """Send until the broker refuses; a policy counts a moment after it was set."""
    for _ in range(1_000):
        publish(OWN)(channel)


@dataclass(frozen=True, slots=True)
class Post:
    """A deployed virtual host with two connectors, one account each."""

    broker: Broker
    vhost: str

    def enter(self, user: str = "agency-tongbu") -> BlockingConnection:
        """Connect as an account; the administrator without a name."""
        url = self.broker.url(self.vhost, user, PASSWORD) if user else self.broker.url(self.vhost)
        return BlockingConnection(pika.URLParameters(url))

    def count(self, queue: str) -> int:
        """How many messages lie in a queue."""
        with contextlib.closing(self.enter("")) as admin:
            return int(admin.channel().queue_declare(queue, passive=True).method.message_count)


@pytest.fixture(scope="module")
def post(broker: Broker) -> Iterator[Post]:
    """As the deployment sets it up for the connectors tongbu and weather."""
    users = ("tongbu", "weather")
    with broker.vhost() as vhost:
        document = definitions(users, vhost)
        del document["vhosts"]
        broker.api("POST", "definitions", document)
        for one in users:
            user = f"agency-{one}"
            broker.api("PUT", f"users/{user}", {"password": PASSWORD, "tags": ""})
            broker.api("PUT", f"permissions/{quote(vhost)}/{user}", agency_permissions(one)._asdict())
            for limit, value in AGENCY_LIMITS.items():
                broker.api("PUT", f"user-limits/{user}/{limit}", {"value": value})
        yield Post(broker, vhost)
        for one in users:
            broker.api("DELETE", f"users/agency-{one}")


@pytest.fixture
def hostile(post: Post) -> Iterator[BlockingChannel]:
    """A channel of the agency tongbu, with confirms."""
    connection = post.enter()
    channel = connection.channel()
    channel.confirm_delivery()
    yield channel
    with contextlib.suppress(AMQPError):
        connection.close()


@pytest.mark.parametrize("forbidden", ACTS, ids=lambda one: one.name)
def test_the_broker_refuses(hostile: BlockingChannel, post: Post, forbidden: Forbidden) -> None:
    """The channel is closed with the reason, and nothing has reached anybody."""
    with pytest.raises(ChannelClosedByBroker) as refused:
        forbidden.act(hostile)
    assert refused.value.reply_code == forbidden.code
    places = (OTHER, "workflow.inbox", "workflow.from.weather", "workflow.parked")
    assert [post.count(queue) for queue in places] == [0] * 4


def test_copies_reach_nobody_else(hostile: BlockingChannel, post: Post) -> None:
    """CC and BCC pass the rights of old brokers; a fanout exchange of its own takes no notice of keys."""
    mark = secrets.token_hex(4)
    headers = {"CC": [OTHER, "workflow.inbox", "weather"], "BCC": ["workflow.from.weather"]}
    sent = pika.BasicProperties(delivery_mode=2, headers=headers, message_id=mark)
    hostile.basic_publish(OWN, "workflow.inbox", b"{}", sent, mandatory=True)
    assert [post.count(queue) for queue in (OTHER, "workflow.inbox", "workflow.from.weather")] == [0] * 3
    assert post.count("workflow.from.tongbu") >= 1


def test_looking_at_queues_is_stopped_by_new_brokers_alone(hostile: BlockingChannel, post: Post) -> None:
    """Before 4.2.6 a passive declare tells every account how long a queue is; since then it needs a right."""
    version = post.broker.api("GET", "overview")["rabbitmq_version"]
    if tuple(int(part) for part in version.split(".")[:3]) >= (4, 2, 6):
        with pytest.raises(ChannelClosedByBroker) as refused:
            hostile.queue_declare(OTHER, passive=True)
        assert refused.value.reply_code == 403
    else:
        assert hostile.queue_declare(OTHER, passive=True).method.queue == OTHER


def test_the_rest_of_the_broker_is_closed(post: Post) -> None:
    """Neither another virtual host nor the management interface opens for an agency's account."""
    with pytest.raises(AMQPError, match="530"):
        BlockingConnection(pika.URLParameters(post.broker.url("/", "agency-tongbu", PASSWORD)))
    with pytest.raises(Refused) as refused:
        Management(post.broker.api_url, "agency-tongbu", PASSWORD).call("GET", "overview")
    assert refused.value.status == 401


def test_a_flood_fills_only_its_own_queue(hostile: BlockingChannel, post: Post) -> None:
    """The full queue refuses, the sender learns it, and another agency's messages arrive."""
    for service in topology.LISTENERS:
        queue = topology.from_agency(service, "tongbu")
        bound = {"max-length": FLOOD, "overflow": "reject-publish"}
        body = {"pattern": f"^{queue.replace('.', '[.]')}$", "definition": bound, "priority": 9, "apply-to": "queues"}
        post.broker.api("PUT", f"policies/{quote(post.vhost)}/tiny-{service}", body)
    with contextlib.closing(post.enter("agency-weather")) as other:
        neighbour = other.channel()
        neighbour.confirm_delivery()
        with pytest.raises(NackError):
            flood(hostile)
        publish(topology.agency_in("weather"))(neighbour)
        assert post.count("workflow.from.weather") == 1
    with contextlib.closing(post.enter("")) as admin:
        for service in topology.LISTENERS:
            admin.channel().queue_purge(topology.from_agency(service, "weather"))
            post.broker.api("DELETE", f"policies/{quote(post.vhost)}/tiny-{service}")


def test_no_more_connections_and_channels_than_allowed(post: Post) -> None:
    """A connection too many is refused; a channel too many costs its connection, the others go on."""
    with contextlib.ExitStack() as stack:
        first, *others = [post.enter() for _ in range(AGENCY_LIMITS["max-connections"])]
        for one in others:
            stack.enter_context(contextlib.closing(one))
        with pytest.raises(AMQPError, match="connection limit"):
            post.enter()
        for _ in range(AGENCY_LIMITS["max-channels"]):
            first.channel()
        with pytest.raises(AMQPError, match="number of channels"):
            first.channel()
        assert all(one.is_open for one in others)


def test_a_locked_agency_is_out_at_once_and_loses_nothing(post: Post) -> None:
    """Without rights nothing can be read or written; what waits for it stays."""
    user, admin = "agency-weather", post.enter("")
    with contextlib.closing(admin):
        admin.channel().basic_publish("agency.out", "weather", b"{}", pika.BasicProperties(delivery_mode=2))
        post.broker.api("DELETE", f"permissions/{quote(post.vhost)}/{user}")
        with pytest.raises(AMQPError):
            post.enter(user).channel().basic_get(OTHER)
        post.broker.api("PUT", f"permissions/{quote(post.vhost)}/{user}", agency_permissions("weather")._asdict())
        with contextlib.closing(post.enter(user)) as again:
            assert again.channel().basic_get(OTHER, auto_ack=True)[2] == b"{}"


def test_the_document_lists_every_act() -> None:
    """In both languages, each act once, none that is not tried by a test; of messages with what the sender is told."""
    rows = [line.split("|") for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith("| `")]
    listed = [cells[1].strip().strip("`") for cells in rows]
    names = [*AT_THE_DOOR, *(one.name for one in ACTS), *ELSEWHERE, *IN_A_MESSAGE, *WITH_A_FILE]
    told = IN_A_MESSAGE | WITH_A_FILE
    assert sorted(listed) == sorted([*names, *names])
    for name, cells in zip(listed, rows, strict=True):
        assert f"`{told[name]}`" in cells[-2] if name in told else cells[-2].strip()
