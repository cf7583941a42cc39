"""When an installation is settled, and what is said when it is not."""

from collections.abc import Mapping
from typing import Any

import pytest

from services.huiyin import settling
from services.huiyin.clients import Client, Unanswered
from services.huiyin.sightings import number_of


def answer(received: int = 0, **more: Any) -> dict[str, Any]:
    """What a quiet service says."""
    idle = {"outbox_pending": 0, "inbox_pending": 0, "timers_due": 0, "next_due": None, "inbox_parked": 0}
    return {**idle, "received": received, "sent": {"intake": 0, "workflow": 0, "notify": 0}, **more}


class Told(Client):
    """A client that is told the answers, one round after the other; the last one stays."""

    def __init__(self, *rounds: Mapping[str, Mapping[str, Any]] | Exception) -> None:
        super().__init__("http://nowhere")
        self.rounds = list(rounds)
        self.round = -1

    def get(self, path: str, login: str | None = None, **query: str) -> dict[str, Any]:
        """The answer of this round."""
        self.round += path.startswith("/workflow")  # which is asked first
        found = self.rounds[min(self.round, len(self.rounds) - 1)]
        if isinstance(found, Exception):
            raise found
        return dict(found[path.split("/")[1] if not path.startswith("/health") else "intake"])


def all_of(**changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Three answers, some of them changed."""
    return {name: answer(**changes.get(name, {})) for name in ("intake", "workflow", "notify")}


def test_it_waits_until_what_was_sent_has_arrived() -> None:
    """Messages on their way are in nobody's tables: counts tell."""
    sent = {"intake": 0, "workflow": 2, "notify": 0}
    travelling = all_of(intake={"sent": sent}, workflow={"received": 1})
    arrived = all_of(intake={"sent": sent}, workflow={"received": 2})
    client = Told(Unanswered("GET", 0, {}), travelling, travelling, arrived)
    assert settling.wait(client, 5)["workflow"]["received"] == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"notify": {"inbox_pending": 3}}, "notify: inbox_pending = 3"),
        ({"workflow": {"timers_due": 1}}, "workflow: timers_due = 1"),
        ({"intake": {"sent": {"intake": 0, "workflow": 0, "notify": 4}}}, "notify: received = 0 of 4"),
    ],
)
def test_it_names_what_does_not_settle(changes: dict[str, dict[str, Any]], words: str) -> None:
    """Service, what, and how many."""
    with pytest.raises(settling.Unsettled, match=words):
        settling.wait(Told(all_of(**changes)), 0.05)


@pytest.mark.parametrize("trouble", ["inbox_parked", "incidents"])
def test_what_no_waiting_settles_ends_it_at_once(trouble: str) -> None:
    """A parked message or an incident needs a person."""
    with pytest.raises(settling.Unsettled, match=f"workflow: {trouble} = 1"):
        settling.wait(Told(all_of(workflow={trouble: 1})), 60)


def test_the_next_instant_is_the_earliest_of_all() -> None:
    """None where nobody has anything to do."""
    assert settling.next_due(all_of()) is None
    due = all_of(workflow={"next_due": "2026-03-05T16:00:00+00:00"}, notify={"next_due": "2026-03-04T16:00:00+00:00"})
    found = settling.next_due(due)
    assert found is not None
    assert found.day == 4


def test_ids_are_ordered_by_their_numbers() -> None:
    """`-2` before `-10`, `.9` before `.10`, deadlines by theirs."""
    assert sorted(["m-10", "m-2"], key=number_of) == ["m-2", "m-10"]
    assert sorted(["m-1.10.1", "m-1.9.2"], key=number_of) == ["m-1.9.2", "m-1.10.1"]
    assert number_of("0bbb00b5-7267-1.d12") == (1, 12)
