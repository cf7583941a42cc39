"""What only RabbitMQ can do or do wrong: policies, permissions, full queues, consumers that end."""

import contextlib
import secrets
from collections.abc import Iterator
from urllib.parse import quote

import pika
import pytest
from structlog.testing import capture_logs

from services.common.bus import Outgoing, topology
from services.common.bus.amqp import AmqpTransport
from services.common.bus.definitions import (
    Permissions,
    agency_permissions,
    definitions,
    policies,
    service_permissions,
)
from services.common.bus.link import LinkLost
from services.common.testing.brokers import Broker
from tests.unit.common.letters import closed, complete, ids, numbered, outgoing


class Place:
    """A virtual host as the deployment sets it up: imported definitions, one account per speaker."""

    def __init__(self, broker: Broker, vhost: str) -> None:
        self.broker, self.vhost = broker, vhost
        self.users: list[str] = []

    def account(self, name: str, permissions: Permissions) -> str:
        """Make an account and return its URL."""
        user, password = f"{name}-{secrets.token_hex(3)}" if name.startswith("svc") else name, "geheim"
        self.broker.api("PUT", f"users/{user}", {"password": password, "tags": ""})
        self.broker.api("PUT", f"permissions/{quote(self.vhost)}/{user}", permissions._asdict())
        self.users.append(user)
        return self.broker.url(self.vhost, user, password)

    def policy(self, name: str, pattern: str, **definition: object) -> None:
        """Set a policy that wins over the deployed ones."""
        body = {"pattern": pattern, "definition": definition, "priority": 9, "apply-to": "queues"}
        self.broker.api("PUT", f"policies/{quote(self.vhost)}/{name}", body)


@pytest.fixture
def place(broker: Broker) -> Iterator[Place]:
    """A deployed virtual host with the connectors tongbu and weather."""
    with broker.vhost() as vhost:
        document = definitions(["tongbu", "weather"], vhost)
        del document["vhosts"]
        broker.api("POST", "definitions", document)
        made = Place(broker, vhost)
        yield made
        for user in made.users:
            broker.api("DELETE", f"users/{user}")


@pytest.fixture
def opened() -> Iterator[contextlib.ExitStack]:
    """Closes what a test opened."""
    with contextlib.ExitStack() as stack:
        yield stack


def use(stack: contextlib.ExitStack, url: str, connector: str | None = None) -> AmqpTransport:
    """Open a transport for the time of the test."""
    transport = AmqpTransport(url, connector=connector)
    stack.callback(transport.close)
    return transport


def test_services_and_agencies_work_with_least_privilege(place: Place, opened: contextlib.ExitStack) -> None:
    """Accounts that may declare nothing check the deployed topology and do all their work."""
    intake = use(opened, place.account("svc-intake", service_permissions("intake")))
    workflow = use(opened, place.account("svc-workflow", service_permissions("workflow")))
    notify = use(opened, place.account("svc-notify", service_permissions("notify")))
    agency = use(opened, place.account("agency-tongbu", agency_permissions("tongbu")), "tongbu")
    intake.ensure_topology(["tongbu"])
    workflow.ensure_topology(["tongbu"])
    notify.ensure_topology([])

    assert intake.publish([outgoing(numbered(1))]) == {"n-1"}
    assert agency.publish([outgoing(complete(1))]) == {"a-1"}
    assert workflow.publish([outgoing(closed(1)), outgoing(closed(2), "tongbu")]) == {"c-1", "c-2"}

    got: list[str] = []
    while len(got) < 2:
        got += ids(workflow.receive("workflow", 10, 5))
    assert sorted(got) == ["a-1", "n-1"]
    assert ids(notify.receive("notify", 10, 5)) == ["c-1"]
    assert ids(agency.receive("tongbu", 10, 5)) == ["c-2"]


def test_an_agency_reaches_nothing_of_others(place: Place, opened: contextlib.ExitStack) -> None:
    """Its account may not write to the services' exchange or another agency's, nor read another's queue."""
    url = place.account("agency-tongbu", agency_permissions("tongbu"))

    with pytest.raises(LinkLost, match="ACCESS_REFUSED"):
        use(opened, url).publish([outgoing(numbered(1))])
    with pytest.raises(LinkLost, match="ACCESS_REFUSED"):
        use(opened, url, "weather").publish([outgoing(complete(1))])
    with pytest.raises(LinkLost, match="ACCESS_REFUSED"):
        use(opened, url, "weather").receive("weather", 1, 1)


def test_a_missing_deployment_is_named(broker: Broker, opened: contextlib.ExitStack) -> None:
    """A service that may not declare and finds nothing says what to import."""
    with broker.vhost() as vhost:
        place = Place(broker, vhost)
        service = use(opened, place.account("svc-intake", service_permissions("intake")))
        with pytest.raises(LinkLost, match=r"deploy/rabbitmq/definitions\.json"):
            service.ensure_topology([])
        service.close()
        broker.api("DELETE", f"users/{place.users[0]}")


def test_a_connector_without_its_place_holds_up_nobody_else(place: Place, opened: contextlib.ExitStack) -> None:
    """Registered before the broker knew it: it is logged with its cure, the others are heard; made, so is it."""
    workflow = use(opened, place.account("svc-workflow", service_permissions("workflow")))
    tongbu = use(opened, place.account("agency-tongbu", agency_permissions("tongbu")), "tongbu")
    with capture_logs() as lines:
        assert workflow.ensure_topology(["early", "tongbu"]) == ("tongbu",)
    assert [(line["event"], line["connector"], line["cure"]) for line in lines] == [
        ("connector_missing", "early", "huiyin agency add")
    ]
    tongbu.publish([outgoing(complete(1))])
    assert ids(workflow.receive("workflow", 1, 5)) == ["a-1"]

    document = definitions(["early"], place.vhost)
    del document["vhosts"]
    place.broker.api("POST", "definitions", document)
    assert workflow.ensure_topology(["early", "tongbu"]) == ("early", "tongbu")


def test_declaring_services_fit_the_deployed_objects(place: Place, opened: contextlib.ExitStack) -> None:
    """An account with all permissions declares the same objects without contradiction."""
    admin = use(opened, place.broker.url(place.vhost))
    admin.ensure_topology(["tongbu", "weather", "new-one"])

    queues = {queue["name"]: queue for queue in place.broker.api("GET", f"queues/{quote(place.vhost)}")}
    assert set(queues) == set(topology.queues(["tongbu", "weather", "new-one"]))
    assert {queue["arguments"]["x-queue-type"] for queue in queues.values()} == {"quorum"}


def test_a_full_queue_refuses_and_loses_nothing(place: Place, opened: contextlib.ExitStack) -> None:
    """What does not fit is not confirmed, is logged once, and is taken later, in order."""
    place.policy("tiny", r"^agency\.tongbu\.out$", **{"max-length": 3, "overflow": "reject-publish"})
    bus = use(opened, place.broker.url(place.vhost))
    bus.ensure_topology(["tongbu"])
    agency = use(opened, place.broker.url(place.vhost), "tongbu")
    waiting: list[Outgoing] = [outgoing(closed(number), "tongbu") for number in range(12)]

    with capture_logs() as lines:
        confirmed = bus.publish(waiting)
    assert 3 <= len(confirmed) < 12
    assert [(line["event"], line["target"], line["count"]) for line in lines] == [("messages_not_taken", "tongbu", 1)]

    arrived: list[str] = []
    while len(arrived) < 12:
        waiting = [message for message in waiting if message.message_id not in confirmed]
        batch = agency.receive("tongbu", 10, 0.2)
        agency.settle(batch)
        arrived += ids(batch)
        confirmed = bus.publish(waiting)
    assert arrived == [f"c-{number}" for number in range(12)]


def test_a_second_consumer_of_a_service_stands_by(place: Place, opened: contextlib.ExitStack) -> None:
    """Two taking turns would break the order, so the second is refused until the first is gone."""
    first, second = (use(opened, place.broker.url(place.vhost)) for _ in range(2))
    first.receive("workflow", 1, 0.05)
    with pytest.raises(LinkLost, match="another process reads workflow"):
        second.receive("workflow", 1, 0.05)
    second.close()

    first.close()
    assert second.receive("workflow", 1, 0.05) == []


def test_a_deleted_queue_ends_the_consumer_with_an_error(place: Place, opened: contextlib.ExitStack) -> None:
    """The broker's cancel is an error, not a silence."""
    bus = use(opened, place.broker.url(place.vhost))
    bus.receive("workflow", 1, 0.05)
    place.broker.api("DELETE", f"queues/{quote(place.vhost)}/workflow.inbox")

    with pytest.raises(LinkLost, match="ended the consumer"):
        bus.receive("workflow", 1, 5)


def test_a_message_that_brings_consumers_down_is_put_aside_by_the_broker(
    place: Place, opened: contextlib.ExitStack
) -> None:
    """After the delivery limit it waits in workflow.parked; nobody has to look at headers a sender may forge."""
    guard = next(entry for entry in policies() if entry["name"] == "workflow-inbox")["definition"]
    place.policy("impatient", r"^workflow\.inbox$", **{**guard, "delivery-limit": 2})
    bus = use(opened, place.broker.url(place.vhost))
    bus.publish([outgoing(numbered(1))])
    for _ in range(3):
        assert ids(bus.receive("workflow", 1, 5)) == ["n-1"]
        bus.close()
    assert bus.receive("workflow", 1, 0.3) == []

    with contextlib.closing(pika.BlockingConnection(pika.URLParameters(place.broker.url(place.vhost)))) as raw:
        for _method, properties, _body in raw.channel().consume("workflow.parked", inactivity_timeout=5):
            assert properties is not None
            assert properties.headers["ce-id"] == "n-1"
            break


def test_hostile_properties_arrive_as_plain_text(place: Place, opened: contextlib.ExitStack) -> None:
    """Forged death notes, CC, numbers as headers and broken UTF-8 come through as nothing or as text."""
    bus = use(opened, place.broker.url(place.vhost))
    bus.ensure_topology(["tongbu"])
    headers = {
        "ce-id": 7,
        "ce-type": b"\xff\xfe",
        "x-death": [{"count": 99}],
        "CC": ["workflow.inbox"],
        "ce-subject": "s",
    }
    with contextlib.closing(pika.BlockingConnection(pika.URLParameters(place.broker.url(place.vhost)))) as raw:
        properties = pika.BasicProperties(headers=headers, message_id="m", reply_to="x")
        raw.channel().basic_publish("agency.tongbu.in", "", b"\x00", properties)

    (arrived,) = bus.receive("workflow", 1, 5)
    assert (arrived.channel, arrived.headers, arrived.message_id) == ("tongbu", {"ce-subject": "s"}, "m")


def test_an_unreachable_broker_is_one_clear_error() -> None:
    """No pika exception escapes."""
    with pytest.raises(LinkLost):
        AmqpTransport("amqp://guest:guest@127.0.0.1:9/").ensure_topology([])


def test_a_wrong_password_is_one_clear_error(broker: Broker) -> None:
    """The broker's reason is in it, the password is not."""
    with pytest.raises(LinkLost) as caught:
        AmqpTransport(broker.url("/", "nobody", "geheim")).ensure_topology([])
    assert "geheim" not in str(caught.value)
