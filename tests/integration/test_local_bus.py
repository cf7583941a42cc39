"""What is special about the local transport: files, several processes on them, agencies as files."""

import sqlite3
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.common.bus.local import LocalTransport
from tests.unit.common.letters import closed, complete, ids, numbered, outgoing


def test_every_reader_has_a_file_of_its_own(tmp_path: Path) -> None:
    """Services and connectors are files beside each other; a message lies in its readers' files only."""
    bus = LocalTransport(tmp_path)
    bus.ensure_topology(["tongbu"])
    bus.publish([outgoing(closed(1)), outgoing(closed(2), "tongbu")])
    bus.close()

    held = {}
    for file in tmp_path.glob("*.sqlite"):
        with sqlite3.connect(file) as raw:
            held[file.stem] = [row[0] for row in raw.execute("SELECT message_id FROM queue ORDER BY seq")]
        raw.close()
    assert held == {"intake": ["c-1"], "notify": ["c-1"], "workflow": [], "agency-tongbu": ["c-2"]}


def test_a_file_that_cannot_be_written_leaves_its_messages_unconfirmed(tmp_path: Path) -> None:
    """What only workflow receives is sent; what intake should have as well is not confirmed."""
    bus = LocalTransport(tmp_path)
    bus.ensure_topology([])
    with sqlite3.connect(tmp_path / "intake.sqlite") as raw:
        raw.execute("DROP TABLE queue")
    raw.close()

    with capture_logs() as lines:
        confirmed = bus.publish([outgoing(closed(1)), outgoing(numbered(2))])
    bus.close()

    assert confirmed == {"n-2"}
    assert [line["event"] for line in lines] == ["queue_not_written"]


def test_the_agency_is_known_by_its_account(tmp_path: Path) -> None:
    """As on RabbitMQ, what an agency sends carries its account."""
    bus, agency = LocalTransport(tmp_path), LocalTransport(tmp_path, connector="tongbu")
    bus.ensure_topology(["tongbu"])
    agency.publish([outgoing(complete(1))])

    (arrived,) = bus.receive("workflow", 1, 1)
    bus.close()
    agency.close()
    assert arrived.user_id == "agency-tongbu"


def test_numbers_of_settled_messages_are_not_used_again(tmp_path: Path) -> None:
    """A reader that keeps its place after the queue was emptied still sees what comes next."""
    bus = LocalTransport(tmp_path)
    bus.ensure_topology([])
    for number in range(3):
        bus.publish([outgoing(numbered(number))])
        got = bus.receive("workflow", 10, 1)
        assert ids(got) == [f"n-{number}"]
        bus.settle(got)
    bus.close()


@pytest.mark.parametrize("name", ["events", "A", "../x", "", "a b", "-a"])
def test_odd_connector_ids_are_refused(tmp_path: Path, name: str) -> None:
    """Ids become file and queue names."""
    with pytest.raises(ValueError, match="connector id"):
        LocalTransport(tmp_path, connector=name)
