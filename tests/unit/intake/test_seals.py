"""Ratings stay sealed until their round is closed: on the page, in counts and over HTTP, by one rule."""

from collections.abc import Sequence

import pytest

from services.common import db
from services.common.sights import Sight
from services.contracts.envelopes import Message
from services.intake import listings, tables, timelines
from services.intake.grants import Scope
from services.intake.listings import Filter
from services.intake.timelines import Reader
from tests.unit.intake.worlds import AT, VERSION, Case, World

RATING = {"result": "dissatisfied", "reason": "车位没有增加，只画了线", "unit": "edu", "redo_round": 0}
CLOSED = {"process": "suggestion_handling", "process_version": VERSION, "outcome": "completed", "at": AT}


def rated(case: Case, number: int, deputy: str, unit: str = "edu", redo_round: int = 0) -> list[Message]:
    """A deputy answers the task of rating a unit."""
    data = {**RATING, "deputy": deputy, "unit": unit, "redo_round": redo_round}
    return [
        case.record(f"{case.id}.r{number}", "feedback", data, unit=None, element="task_feedback"),
        case.close(f"{case.id}.{number}"),
    ]


def asked(case: Case, number: int, deputy: str, unit: str | None = None) -> Message:
    """A deputy is asked to rate."""
    about = {"element": "task_feedback", "record": "feedback", "role": "deputy", "person": deputy}
    return case.task(f"{case.id}.{number}", unit, **about)


@pytest.fixture
def case(world: World) -> Case:
    """A joint matter whose two deputies are asked, one has rated."""
    case = Case(world.submit(co_proposers=["d-2"]).matter_id)
    said = [case.milestone("awaiting_feedback"), asked(case, 1, "d-1"), asked(case, 2, "d-2")]
    say(world, [*said, *rated(case, 1, "d-1")])
    return case


def say(world: World, messages: Sequence[Message]) -> None:
    """Messages arrive."""
    world.receive(*messages)
    world.work()


def seen(world: World, **eyes: object) -> list[str]:
    """Whose ratings somebody reads, in the story and, as a number, in the list."""
    reader = Reader(sees=Sight(inside="person_id" not in eyes), **eyes)  # type: ignore[arg-type]
    scope = Scope(everything=True, **eyes)  # type: ignore[arg-type]
    with db.read(world.engine) as conn:
        matter = conn.execute(tables.matter.select()).one()
        events = timelines.tell(conn, matter, reader, world.clock.now()).events
        (line,) = listings.find(conn, scope, Filter(), world.clock.now()).lines
    found = [event.data["deputy"] for event in events if event.code == "feedback" and event.kind == "record"]
    assert line.records == len(found)
    return found


def test_before_the_round_is_closed_only_the_deputy_and_the_office_read_it(world: World, case: Case) -> None:
    """Not the other deputy, not the unit, not the government's office."""
    assert seen(world, person_id="d-1") == ["d-1"]
    assert seen(world, sees_ratings=True) == ["d-1"]
    assert seen(world, person_id="d-2") == []
    assert seen(world) == []


@pytest.mark.parametrize("state", ["feedback_closed", "redo", "completed"])
def test_the_end_of_the_round_opens_it(world: World, case: Case, state: str) -> None:
    """Whatever comes after it."""
    say(world, [*rated(case, 2, "d-2"), case.milestone(state)])
    assert seen(world) == seen(world, person_id="d-2") == ["d-1", "d-2"]


def test_the_end_of_the_case_opens_it(world: World, case: Case) -> None:
    """A process that reaches no such milestone closes its rounds with its end."""
    say(world, [case.close("c-1.2", "expired"), case.say("case.closed.v1", CLOSED)])
    assert seen(world) == ["d-1"]


def test_a_new_round_is_sealed_again(world: World, case: Case) -> None:
    """What was open stays open."""
    say(world, [*rated(case, 2, "d-2"), case.milestone("redo"), asked(case, 3, "d-1"), asked(case, 4, "d-2")])
    say(world, rated(case, 3, "d-1", redo_round=1))
    assert seen(world) == ["d-1", "d-2"]
    assert seen(world, person_id="d-1") == ["d-1", "d-2", "d-1"]


def test_another_unit_s_round_opens_nothing(world: World) -> None:
    """Separate handling: the traffic office's ratings are still coming in when the education office's are closed."""
    case = Case(world.submit(co_proposers=["d-2"]).matter_id)
    say(
        world,
        [
            asked(case, n, f"d-{n % 2 + 1}", unit)
            for n, unit in ((1, "edu"), (2, "edu"), (3, "traffic"), (4, "traffic"))
        ],
    )
    say(world, [*rated(case, 1, "d-2"), *rated(case, 2, "d-1"), *rated(case, 3, "d-2", "traffic")])
    say(world, [case.milestone("feedback_closed")])
    with db.read(world.engine) as conn:
        matter = conn.execute(tables.matter.select()).one()
        events = timelines.tell(conn, matter, Reader(sees=Sight(inside=True)), world.clock.now()).events
    assert [event.data["unit"] for event in events if event.code == "feedback"] == ["edu", "edu"]
    say(world, [*rated(case, 4, "d-1", "traffic"), case.milestone("feedback_closed")])
    assert len(seen(world)) == 4
