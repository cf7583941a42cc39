"""What every transport promises; each test runs over RabbitMQ and over local files."""

from collections.abc import Callable
from time import monotonic, sleep

from services.common.bus import Incoming
from tests.integration.conftest import Open
from tests.unit.common.letters import closed, complete, ids, numbered, outgoing


def test_a_message_reaches_every_service_that_receives_its_type_and_no_other(transports: Open) -> None:
    """task.closed goes to intake and notify; workflow, which sent it, gets nothing."""
    bus = transports()
    bus.ensure_topology([])

    assert bus.publish([outgoing(closed(1))]) == {"c-1"}

    assert ids(transports().receive("workflow", 10, 0.1)) == []
    for service in ("intake", "notify"):
        reader = transports()
        reader.ensure_topology([])
        assert ids(reader.receive(service, 10, 5)) == ["c-1"]


def test_what_arrives_is_what_was_sent(transports: Open) -> None:
    """Headers, body and content type come through unchanged, on the channel of the services."""
    bus = transports()
    bus.ensure_topology([])
    sent = outgoing(numbered(1, traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))

    bus.publish([sent])
    (arrived,) = bus.receive("workflow", 10, 5)

    assert (arrived.channel, arrived.message_id, arrived.user_id) == ("events", "n-1", None)
    assert (arrived.headers, arrived.body, arrived.content_type) == (sent.headers, sent.body, sent.content_type)


def test_messages_arrive_oldest_first(transports: Open) -> None:
    """Within each subject the order of sending is the order of arrival, over several batches."""
    bus = transports()
    bus.ensure_topology([])
    letters = [numbered(number, f"m-{number % 3}") for number in range(30)]

    for start in (0, 7, 20):
        end = {0: 7, 7: 20, 20: 30}[start]
        assert len(bus.publish([outgoing(letter) for letter in letters[start:end]])) == end - start
    arrived = []
    while len(arrived) < 30:
        arrived += ids(bus.receive("workflow", 8, 5))

    for subject in range(3):
        numbers = [int(name.removeprefix("n-")) for name in arrived if int(name.removeprefix("n-")) % 3 == subject]
        assert numbers == sorted(numbers)


def test_what_was_not_settled_comes_again_in_order(transports: Open) -> None:
    """A reader that dies with messages in hand loses none: the next one gets them, before newer ones."""
    bus, reader = transports(), transports()
    bus.ensure_topology([])
    reader.ensure_topology([])
    bus.publish([outgoing(numbered(number)) for number in range(5)])
    first = reader.receive("workflow", 5, 5)
    reader.settle(first[:2])
    reader.close()

    bus.publish([outgoing(numbered(5))])
    again = transports()
    again.ensure_topology([])
    arrived: list[str] = []
    while len(arrived) < 4:
        arrived += ids(again.receive("workflow", 10, 5))

    assert arrived == ["n-2", "n-3", "n-4", "n-5"]


def test_what_was_settled_never_comes_again(transports: Open) -> None:
    """Settled messages are gone, also after closing and opening again."""
    bus = transports()
    bus.ensure_topology([])
    bus.publish([outgoing(numbered(number)) for number in range(3)])
    bus.settle(bus.receive("workflow", 10, 5))
    bus.close()

    bus.ensure_topology([])

    assert bus.receive("workflow", 10, 0.2) == []


def test_messages_wait_for_a_reader_that_was_never_there_yet(transports: Open) -> None:
    """A service that is installed but not running misses nothing."""
    bus = transports()
    bus.ensure_topology([])
    bus.publish([outgoing(closed(1))])
    bus.close()

    late = transports()
    late.ensure_topology([])

    assert ids(late.receive("notify", 10, 5)) == ["c-1"]


def test_the_queue_proves_the_connector(transports: Open) -> None:
    """Whatever source an agency claims, its messages arrive on its own channel, at every service that listens."""
    service = transports()
    service.ensure_topology(["tongbu", "weather"])
    agency = transports(connector="tongbu")

    assert agency.publish([outgoing(complete(1, source="/agency/weather"))]) == {"a-1"}

    for listener in ("workflow", "intake"):
        (arrived,) = service.receive(listener, 10, 5) if listener == "workflow" else _read(transports, listener)
        assert (arrived.channel, ids([arrived])) == ("tongbu", ["a-1"])


def _read(transports: Open, service: str, timeout: float = 5) -> list[Incoming]:
    reader = transports()
    reader.ensure_topology(["tongbu", "weather"])
    return reader.receive(service, 10, timeout)


def test_only_the_targeted_connector_reads_a_message(transports: Open) -> None:
    """A message for one connector reaches no other connector and no service."""
    service = transports()
    service.ensure_topology(["tongbu", "weather"])

    assert service.publish([outgoing(closed(1), "tongbu"), outgoing(closed(2), "weather")]) == {"c-1", "c-2"}

    assert ids(transports(connector="tongbu").receive("tongbu", 10, 5)) == ["c-1"]
    assert ids(transports(connector="weather").receive("weather", 10, 5)) == ["c-2"]
    assert ids(_read(transports, "notify", 0.2)) == []


def test_a_message_nobody_can_receive_is_not_confirmed(transports: Open) -> None:
    """Unknown type, unknown connector: not confirmed, while the rest of the batch is."""
    bus = transports()
    bus.ensure_topology(["tongbu"])
    odd = outgoing(numbered(1, subject="m-2", type="matter.teleported.v1"))
    lost = outgoing(closed(2, subject="case-2"), "nobody")

    assert bus.publish([odd, lost, outgoing(numbered(3))]) == {"n-3"}


def test_nothing_overtakes_an_unconfirmed_message_of_its_subject(transports: Open) -> None:
    """After a message that was not taken, its followers of the same subject and target are held back."""
    bus = transports()
    bus.ensure_topology([])
    stuck = outgoing(numbered(1, subject="m-1", type="matter.teleported.v1"))
    batch = [stuck, outgoing(numbered(2, "m-1")), outgoing(numbered(3, "m-9"))]

    assert bus.publish(batch) == {"n-3"}

    assert ids(bus.receive("workflow", 10, 5)) == ["n-3"]


def test_a_connector_may_be_added_while_running(transports: Open) -> None:
    """Calling ensure_topology again adds the new connector's queues."""
    service = transports()
    service.ensure_topology([])
    assert service.receive("workflow", 10, 0.05) == []

    service.ensure_topology(["tongbu"])
    transports(connector="tongbu").publish([outgoing(complete(1))])

    assert ids(service.receive("workflow", 10, 5)) == ["a-1"]


def test_an_empty_batch_and_no_limit_only_keep_the_connection_alive(transports: Open) -> None:
    """publish([]) confirms nothing; receive with limit 0 takes nothing off the queue."""
    bus = transports()
    bus.ensure_topology([])
    bus.publish([outgoing(numbered(1))])

    assert bus.publish([]) == set()
    assert bus.receive("workflow", 0, 0.05) == []
    assert ids(bus.receive("workflow", 1, 5)) == ["n-1"]


def test_how_much_an_agency_has_not_taken_is_known(transports: Open) -> None:
    """What lies in its queue counts until it takes it; a queue that is not there is left out."""
    bus, agency = transports(), transports(connector="tongbu")
    bus.ensure_topology(["tongbu"])
    assert bus.untaken(["tongbu", "nobody"]) == {"tongbu": 0}
    bus.publish([outgoing(numbered(number), target="tongbu") for number in range(3)])
    assert eventually(lambda: bus.untaken(["tongbu"]), {"tongbu": 3})
    agency.settle(agency.receive("", 10, 5))
    assert eventually(lambda: bus.untaken(["tongbu"]), {"tongbu": 0})
    assert bus.publish([outgoing(numbered(9))]) == {"n-9"}


def eventually(look: Callable[[], object], wanted: object) -> bool:
    """Whether it comes to this within five seconds: a broker counts a moment later."""
    end = monotonic() + 5
    while look() != wanted and monotonic() < end:
        sleep(0.02)
    return look() == wanted
