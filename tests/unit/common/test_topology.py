"""Who gets what follows from the message catalogue; what the broker is told follows from that."""

import re

import pytest

from services.common.bus import definitions, topology
from services.contracts.messages import MESSAGES


def test_every_message_between_services_has_a_receiver() -> None:
    """A type that services send to services reaches at least one inbox."""
    between = {
        name
        for name, entry in MESSAGES.items()
        if entry.senders & set(topology.SERVICES) and entry.receivers & set(topology.SERVICES)
    }
    assert {name for name in MESSAGES if topology.receivers(name)} == between


def test_every_message_of_an_agency_is_answered_by_exactly_one_service() -> None:
    """Each listener gets a copy of everything; only one may answer, also for what is forged or unknown."""
    for type in [*MESSAGES, "matter.teleported.v1", ""]:
        answering = [service for service in topology.LISTENERS if topology.is_for(service, "tongbu", type)]
        assert len(answering) == 1, type


def test_an_agency_may_send_what_the_catalogue_says() -> None:
    """Commands yes, what services announce no; unknown types fail later with a better reason."""
    assert topology.may_send("tongbu", "task.complete.v1")
    assert not topology.may_send("tongbu", "task.opened.v1")
    assert topology.may_send("events", "task.opened.v1")


def test_an_account_speaks_for_one_connector() -> None:
    """agency-<id>, with a number while keys are rotated; an absent user id proves nothing and harms nothing."""
    assert all(topology.may_speak(user, "a") for user in (None, "agency-a", "agency-a.2"))
    assert not any(topology.may_speak(user, "a") for user in ("agency-ab", "agency-a-2", "a", "svc-intake"))


@pytest.mark.parametrize("connector", ["tongbu", "bureau-7"])
def test_permissions_name_exactly_the_own_objects(connector: str) -> None:
    """An agency's patterns match its exchange and its queue and nothing else that exists."""
    others = [connector, "tongbu", "bureau-7", "tongbu-in", "xtongbu"]
    names = {e.name for e in topology.exchanges(others)} | set(topology.queues(others))
    allowed = definitions.agency_permissions(connector)

    assert [name for name in names if re.search(allowed.write, name)] == [topology.agency_in(connector)]
    assert [name for name in names if re.search(allowed.read, name)] == [topology.agency_out(connector)]
    assert not any(re.search(allowed.configure, name) for name in names)


def test_every_queue_has_exactly_one_policy() -> None:
    """Two policies of one priority would win by chance, none would mean no limit."""
    for queue in topology.queues(["tongbu", "inbox"]):
        matching = [entry["name"] for entry in definitions.policies() if re.search(entry["pattern"], queue)]
        assert len(matching) == 1, (queue, matching)


def test_the_definitions_file_is_fresh() -> None:
    """`python -m services.common.bus.definitions` rewrites it."""
    assert definitions.FILE.read_text("utf-8") == definitions.text()


def test_the_readme_grants_what_the_code_says() -> None:
    """The commands an administrator copies are the permissions the tests run with."""
    readme = (definitions.FILE.parent / "README.md").read_text("utf-8")
    for service in topology.SERVICES:
        for pattern in definitions.service_permissions(service):
            assert f"'{pattern}'" in readme
