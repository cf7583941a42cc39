"""Numbers at admission: none before, one ever, the answer that the process waits for."""

from typing import Any

import pytest

from services.common import db
from services.common.problems import Problem
from services.contracts import messages
from services.contracts.envelopes import Message
from services.intake import directory, tables, withdrawals
from tests.unit.intake.worlds import DIRECTORY, START, World


@pytest.fixture
def late(world: World) -> World:
    """The city, with a session that numbers at admission."""
    configure(world, numbering="admission")
    return world


def configure(world: World, **changes: Any) -> None:
    """Change the session."""
    body = {name: value for name, value in DIRECTORY["sessions"][0].items() if name != "id"}
    with db.begin(world.engine) as conn:
        directory.put(conn, "session", "s-18-3", {**body, **changes}, world.clock.now())


def admitted(matter_id: str, message_id: str = "c-1.4.2", **decided: Any) -> Message:
    """What the diagram throws."""
    data = {"case_id": "c-1", "matter_id": matter_id, **decided}
    return Message(
        id=message_id, type="matter.admitted.v1", source="/workflow", subject=matter_id, time=START, data=data
    )


def numbers(world: World) -> list[str | None]:
    """The numbers of all matters in the order of their submission."""
    rows = sorted(world.rows(tables.matter), key=lambda row: row["submitted_at"])
    return [row["no"] for row in rows]


def test_a_matter_waits_for_its_number(late: World) -> None:
    """Neither the answer nor the announcement has one; a retry means the same."""
    done = late.submit()
    assert done.matter_no is None
    assert not late.submit().created
    (said,) = late.sent("matter.submitted.v1")
    assert said.data["matter_no"] is None
    assert messages.validate(said.type, said.data) == said.data


def test_admission_draws_the_next_number_of_the_series(late: World) -> None:
    """In the order of admission, not of submission; decided topic and secrecy are kept and told."""
    first = late.submit(key="1").matter_id
    late.clock.pass_(hours=1)
    second = late.submit(key="2").matter_id
    late.receive(admitted(second, "c-2.1.1", topic="城建环资", secrecy="internal", difficult=True))
    late.receive(admitted(first, "c-1.1.1"))
    late.work()
    assert numbers(late) == ["183002", "183001"]
    said, _ = late.sent("matter.numbered.v1")
    assert said.data == {
        "matter_id": second,
        "matter_no": "183001",
        "topic": "城建环资",
        "secrecy": "internal",
        "difficult": True,
    }
    assert (said.id, said.causation_id, said.subject) == ("c-2.1.1.numbered", "c-2.1.1", second)
    (row,) = [row for row in late.rows(tables.matter) if row["id"] == second]
    assert (row["topic"], row["secrecy"], row["difficult"]) == ("城建环资", "internal", True)


def test_a_number_is_given_once(late: World) -> None:
    """The same admission twice is one; another admission of the same matter is answered with its number."""
    matter_id = late.submit().matter_id
    late.receive(admitted(matter_id))
    late.receive(admitted(matter_id))
    late.work()
    late.receive(admitted(matter_id, "c-9.1.1"))
    late.work()
    assert [said.data["matter_no"] for said in late.sent("matter.numbered.v1")] == ["183001", "183001"]
    assert numbers(late) == ["183001"]


def test_a_matter_numbered_at_submission_keeps_its_number(world: World) -> None:
    """A process with admission also works for a session that numbers at once."""
    done = world.submit()
    world.receive(admitted(done.matter_id))
    world.work()
    (said,) = world.sent("matter.numbered.v1")
    assert said.data["matter_no"] == done.matter_no == "183001"


def test_a_matter_withdrawn_before_admission_gets_no_number(late: World) -> None:
    """And leaves no gap in the series."""
    matter_id = late.submit(key="1").matter_id
    with db.begin(late.engine) as conn:
        withdrawals.ask(conn, matter_id, person_id="d-1", reason="不再需要", now=late.clock.now())
    late.receive(admitted(matter_id))
    late.work()
    assert late.sent("matter.numbered.v1") == []
    other = late.submit(key="2").matter_id
    late.receive(admitted(other, "c-2.1.1"))
    late.work()
    assert [row["no"] for row in late.rows(tables.matter) if row["id"] == other] == ["183001"]


def test_a_matter_is_numbered_in_the_series_of_its_submission(late: World) -> None:
    """Admission after the session's last day changes nothing; closing the session does not either."""
    matter_id = late.submit().matter_id
    late.clock.pass_(days=30)
    configure(late, numbering="admission", open=False)
    late.receive(admitted(matter_id))
    late.work()
    assert numbers(late) == ["183001"]


def test_an_unknown_time_of_numbering_is_refused(world: World) -> None:
    """A session says submission or admission."""
    with pytest.raises(Problem) as caught:
        configure(world, numbering="sometime")
    assert caught.value.code == "bad_numbering"
