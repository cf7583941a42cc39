"""A suggestion's whole way through the three services: embedded, and as separate processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.commands import huiyin, read

pytestmark = pytest.mark.timeout(400)
SERVICES = {"intake", "workflow", "notify"}


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The demo's walk, played once in one process."""
    return read(huiyin(tmp_path_factory.mktemp("walk"), "walk", "--json"))


def test_the_walk_ends_closed_as_its_script_says(embedded: dict[str, Any]) -> None:
    """Every expectation of the script holds on the real services."""
    assert embedded["failures"] == []
    assert (embedded["final_state"], embedded["state"]) == ("closed", "closed_out")


def test_every_step_says_who_when_until_when_and_why(embedded: dict[str, Any]) -> None:
    """Steps of all three services in the order of time; a task done names actor, deadline and its computation."""
    steps = embedded["steps"]
    assert {step["service"] for step in steps} == SERVICES
    times = [step["at"] for step in steps]
    assert times == sorted(times)
    for step in steps:
        assert {"service", "element", "case", "actor", "at", "deadline", "why", "messages"} <= set(step)
    for step in steps:
        if step["kind"] == "complete_task":
            assert step["actor"]["name"]
            assert step["deadline"]
            assert step["why"]


def test_messages_are_those_of_outbox_and_inbox(embedded: dict[str, Any]) -> None:
    """What notify and intake received is what workflow sent, under the very same ids."""
    sent = {m["id"]: m["type"] for step in embedded["steps"] for m in step["messages"] if step["service"] == "workflow"}
    heard = [m for step in embedded["steps"] if step["service"] == "notify" for m in step["messages"]]
    assert heard
    assert all(sent[message["id"]] == message["type"] for message in heard)
    delivered = next(step for step in embedded["steps"] if step["element"] == "reply.delivered")
    assert [message["type"] for message in delivered["messages"]] == ["reply.issued.v1", "reply.delivered.v1"]
    assert all(message["id"] in sent for message in delivered["messages"])


def test_separate_processes_over_real_servers_give_the_same_steps(
    embedded: dict[str, Any], tmp_path: Path, amqp_url: str, postgres: Callable[..., dict[str, str]]
) -> None:
    """RabbitMQ, PostgreSQL, one process per role and two workers: the same walk, message for message.

    Ids are derived and time is told, so nothing differs.
    """
    urls = {f"HUIYIN_{name.upper()}_DATABASE_URL": url for name, url in postgres().items()}
    env = {**urls, "HUIYIN_BROKER_URL": amqp_url, "HUIYIN_SECRET_KEY": "s" * 40}
    again = read(huiyin(tmp_path, "walk", "--json", "--processes", "2", env=env, timeout=380))
    assert again == embedded
