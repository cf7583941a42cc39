"""The ledger: the same rows whatever the order and however often messages come; rebuilt from the inbox."""

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.common import db
from services.common.sights import Sight
from services.contracts.envelopes import Message
from services.intake import directory, grants, ledger, listings, statistics, tables, timelines
from services.intake.listings import Filter
from services.intake.timelines import Reader
from tests.unit.intake import stories
from tests.unit.intake.worlds import Case, World, package

ALL = grants.Scope(everything=True)


def snapshot(world: World) -> dict[str, Any]:
    """Every row of the projection."""
    return {table.name: world.rows(table) for table in tables.PROJECTION}


def apply(world: World, *arriving: Message) -> None:
    """Take messages over in this order."""
    with db.begin(world.engine) as conn:
        for message in arriving:
            ledger.apply(conn, message)


def wipe(world: World) -> None:
    """Forget the projection."""
    with db.begin(world.engine) as conn:
        ledger.rebuild(conn)


def line(world: World) -> listings.Line:
    """The one line of the ledger."""
    with db.read(world.engine) as conn:
        (found,) = listings.find(conn, ALL, Filter(), world.clock.now()).lines
    return found


def test_a_submitted_matter_is_in_the_ledger_at_once(world: World) -> None:
    """Nobody waits for the workflow to see that a suggestion arrived."""
    world.submit(co_proposers=["d-2"])
    found = line(world)
    assert (found.state, found.no, found.lead, found.co_count) == ("submitted", "183001", "李云", 1)


def test_a_whole_case_leaves_its_line(world: World) -> None:
    """State, units with roles, cleared deadline, records."""
    matter_id = world.submit().matter_id
    apply(world, *stories.handled(matter_id))
    found = line(world)
    assert found.state == "completed"
    assert dict(found.units) == {"edu": "lead", "traffic": "co_handler"}
    assert (found.due, found.tasks, found.records) == (None, (), 4)


def test_a_running_deadline_is_shown_with_its_reason(world: World) -> None:
    """The moved date, the new reason, and overdue when its day is over."""
    matter_id = world.submit().matter_id
    apply(world, *stories.handled(matter_id)[:10])
    found = line(world)
    assert (str(found.due), found.why, found.deadline) == ("2026-05-20", ("延期一个月",), "答复期限")
    assert not found.overdue
    world.clock.pass_(days=200)
    assert line(world).overdue


def test_a_task_that_changed_hands_is_open_for_the_new_unit(world: World) -> None:
    """Closed for the one, opened for the other, under one id."""
    matter_id = world.submit().matter_id
    apply(world, *stories.handled(matter_id)[:9])
    assert line(world).tasks == ("单位签收",)
    (task,) = world.rows(tables.led_task)
    assert task["unit"] == "traffic"


def test_a_unit_whose_return_is_granted_is_out(world: World) -> None:
    """The new unit takes its part."""
    case = Case(world.submit().matter_id)
    decision = {"decision": "accept", "reason": "职责不符", "new_unit": "traffic"}
    handover = {"mode": "sole", "assignments": [{"unit": "edu", "role": "lead"}]}
    request = {"reason": "not_our_duty", "text": "二" * 20, "proposed_unit": "traffic"}
    apply(
        world,
        case.record("r1", "handover", handover),
        case.record("r2", "return_request", request),
        case.record("r3", "return_decision", decision, unit=None),
    )
    assert line(world).units == (("traffic", "lead"),)


def test_a_change_of_mode_gives_units_other_roles(world: World) -> None:
    """Who is named has the new role, who is left out is out; a unit that only did a task is still shown."""
    case = Case(world.submit().matter_id)
    roles = {"traffic": "lead", "edu": "co_handler"}
    handover = {
        "mode": "separate",
        "assignments": [{"unit": unit, "role": "separate_handler"} for unit in ("edu", "city")],
    }
    changed = {
        "mode": "lead",
        "assignments": [{"unit": u, "role": r} for u, r in roles.items()],
        "reason": "职责更为集中",
    }
    apply(world, case.record("r1", "handover", handover), case.record("r2", "mode_change", changed, unit=None))
    assert dict(line(world).units) == roles


def test_a_unit_s_successor_has_its_role(world: World) -> None:
    """From the moment it has a task of the matter; a matter that is finished stays with the former unit."""
    case = Case(world.submit().matter_id)
    handover = {"mode": "sole", "assignments": [{"unit": "edu", "role": "lead"}]}
    with db.begin(world.engine) as conn:
        directory.put(
            conn, "unit", "edu", {"name": "教育局", "active": False, "successor": "traffic"}, world.clock.now()
        )
    apply(world, case.record("r1", "handover", handover))
    assert line(world).units == (("edu", "lead"),)
    apply(world, case.task("t1", unit="traffic"))
    assert line(world).units == (("traffic", "lead"),)


def test_the_class_is_that_of_the_issued_letter(world: World) -> None:
    """A draft's class is not shown; the letter's is."""
    case = Case(world.submit().matter_id)
    apply(world, case.record("r1", "reply_draft", {"outcome_class": "deferred"}))
    assert line(world).outcome_class is None
    world.receive(case.letter())
    world.work()
    assert line(world).outcome_class == "solved"


def test_milestones_of_one_instant_keep_the_order_of_the_case(world: World) -> None:
    """In accelerated time many steps happen at once; the 10th message is after the 9th."""
    case = Case(world.submit().matter_id, seq=8, pace=timedelta(0))
    said = [case.milestone(state) for state in ("reply_in_review", "reply_returned")]
    apply(world, *reversed(said))
    assert line(world).state == "reply_returned"


def test_a_follow_up_s_state_comes_after_the_handling_s(world: World) -> None:
    """Two cases of one matter at one instant: the one that begins later in the matter's life wins."""
    matter_id = world.submit().matter_id
    first, second = Case(matter_id, "c-9"), Case(matter_id, "c-10")
    said = [first.milestone("handed_over"), first.milestone("completed"), second.milestone("following_up")]
    at = said[1].time.isoformat()
    last = Message(**{**_fields(said[2]), "time": said[1].time, "data": {**said[2].data, "at": at}})
    for order in ([said[0], said[1], last], [last, said[1], said[0]]):
        wipe(world)
        apply(world, *order)
        assert line(world).state == "following_up"


def test_a_case_without_a_matter_leaves_no_trace(world: World) -> None:
    """Supervision over many matters has no line of its own here."""
    case = Case("none")
    message = case.say("case.opened.v1", {**stories.PROCESS, "matter_id": None})
    apply(world, message)
    assert world.rows(tables.led_case) == []


def _fields(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in Message.__slots__}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), doubles=st.floats(0, 1))
def test_any_order_and_any_repetition_give_the_same_rows(world: World, seed: int, doubles: float) -> None:
    """Shuffled and duplicated deliveries of two cases end in the rows of the orderly delivery."""
    if not world.rows(tables.matter):
        world.submit(key="a")
        world.submit(key="b")
    first, second = (row["id"] for row in world.rows(tables.matter))
    orderly = [package(), *stories.handled(first), *stories.handled(second, "c-2"), package(status="retired")]
    wipe(world)
    apply(world, *orderly)
    expected = snapshot(world)
    chance = random.Random(seed)
    shuffled = orderly + [message for message in orderly if chance.random() < doubles]
    chance.shuffle(shuffled)
    wipe(world)
    apply(world, *shuffled)
    assert snapshot(world) == expected


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_a_rebuild_gives_identical_rows(world: World, seed: int) -> None:
    """What the inbox holds, in whatever order it came, is enough to make the projection anew."""
    matter_id = world.submit(key=str(seed)).matter_id
    arriving = [package(), *stories.handled(matter_id, f"c-{seed}"), Case(matter_id, f"x-{seed}").letter(f"l-{seed}")]
    random.Random(seed).shuffle(arriving)
    world.receive(*arriving, *arriving[:7])
    world.work()
    before, letters, sent = snapshot(world), world.rows(tables.letter), len(world.sent())
    with db.begin(world.engine) as conn:
        assert ledger.rebuild(conn) >= len(arriving) - 1
    assert snapshot(world) == before
    assert world.rows(tables.letter) == letters
    assert len(world.sent()) == sent


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Filter(), 3),
        (Filter(state="submitted"), 2),
        (Filter(state="completed"), 1),
        (Filter(unit="edu"), 1),
        (Filter(unit="nowhere"), 0),
        (Filter(text="停车 李云"), 3),
        (Filter(text="183002"), 1),
        (Filter(text="韩若溪"), 1),
        (Filter(text="100%"), 0),
        (Filter(kind="proposal"), 0),
        (Filter(session="s-18-3"), 3),
        (Filter(overdue=True), 0),
        (Filter(role="co_handler"), 1),
        (Filter(role="lead", unit="edu"), 1),
        (Filter(role="lead", unit="traffic"), 0),
        (Filter(topic="城建环资"), 1),
        (Filter(delegation="望河区代表团"), 3),
        (Filter(delegation="望河"), 0),
    ],
)
def test_filters_find_what_they_say(world: World, wanted: Filter, count: int) -> None:
    """Session, unit and its part, state, kind, topic, delegation, overdue, words in number, title and names."""
    topics = (None, "城建环资", "教科文卫")
    ids = [
        world.submit(key=str(n), co_proposers=["d-2"] * (n == 1), topic=topic).matter_id
        for n, topic in enumerate(topics)
    ]
    apply(world, *stories.handled(ids[0]))
    with db.read(world.engine) as conn:
        assert listings.find(conn, ALL, wanted, world.clock.now()).total == count


def test_a_scope_never_shows_more(world: World) -> None:
    """A deputy sees own matters, a unit its own, nobody nothing."""
    own = world.submit(key="1", co_proposers=["d-2"]).matter_id
    other = world.submit(key="2", lead_proposer="d-2").matter_id
    apply(world, *stories.handled(other))
    seen = {}
    with db.read(world.engine) as conn:
        for name, scope in {
            "d-1": grants.Scope(person_id="d-1"),
            "edu": grants.Scope(units=frozenset({"edu"})),
            "nobody": grants.Scope(),
        }.items():
            found = listings.find(conn, scope, Filter(), world.clock.now())
            seen[name] = {one.matter_id for one in found.lines}
    assert seen == {"d-1": {own}, "edu": {other}, "nobody": set()}


def test_long_ledgers_come_in_pages(world: World) -> None:
    """Fifty lines a page, none twice, none missing, a page too far is the last."""
    count = listings.PAGE_SIZE + 2
    for n in range(count):
        world.submit(key=str(n))
    with db.read(world.engine) as conn:
        pages = [listings.find(conn, ALL, Filter(), world.clock.now(), page=n) for n in (1, 2, 99)]
        every = list(listings.every(conn, ALL, Filter(), world.clock.now()))
    ids = [one.matter_id for page in pages[:2] for one in page.lines]
    assert len(set(ids)) == count == len(every)
    assert pages[2].lines == pages[1].lines
    assert pages[0].has_next
    assert not pages[1].has_next


def test_every_count_matches_the_list_behind_it(world: World) -> None:
    """A number links to exactly what it counts."""
    ids = [world.submit(key=str(n)).matter_id for n in range(3)]
    apply(world, *stories.handled(ids[0])[:10])
    world.receive(Case(ids[1], "c-3").letter())
    world.work()
    world.clock.pass_(days=200)
    with db.read(world.engine) as conn:
        head = statistics.head(conn, ALL, Filter(state="submitted"), world.clock.now())
        for count in (head.total, head.overdue, *head.states, *head.classes):
            assert listings.find(conn, ALL, count.filter, world.clock.now()).total == count.number
    assert (head.total.number, head.overdue.number) == (3, 1)
    assert {count.code: count.number for count in head.classes} == {"solved": 1}


def test_a_deputy_does_not_read_what_is_internal(world: World) -> None:
    """Drafts stay inside; a task without a public name too."""
    matter_id = world.submit(co_proposers=["d-2"]).matter_id
    apply(world, *stories.handled(matter_id)[:20])
    inside, own = (story(world, reader) for reader in (Reader(sees=Sight(inside=True)), deputy("d-1")))
    assert kinds(inside) == ["handover", "contact", "reply_draft"]
    assert kinds(own) == ["handover", "contact"]
    assert [task.title for task in inside.waiting] == ["审核"]
    assert own.waiting == []


def test_the_story_is_told_in_order(world: World) -> None:
    """From submission to completion, with every deadline and its first date."""
    matter_id = world.submit().matter_id
    apply(world, *stories.handled(matter_id))
    told = story(world, Reader(sees=Sight(inside=True)))
    states = [event.code for event in told.events if event.kind in ("submitted", "state")]
    assert states[0] == "submitted"
    assert states[-1] == "completed"
    assert [event.at for event in told.events] == sorted(event.at for event in told.events)
    (limit,) = told.limits
    assert (str(limit.first_due), str(limit.due), limit.state) == ("2026-04-20", "2026-05-20", "cleared")


def test_what_happens_at_one_instant_is_told_in_the_order_of_the_case(world: World) -> None:
    """交办 → 已交办 → 签收, in whatever order the messages arrive; a letter where it was issued."""
    matter_id = world.submit().matter_id
    case = Case(matter_id, seq=8, pace=timedelta(0))
    opened = [case.task("c-1.1", None, name="交办", public_name="交办"), case.task("c-1.2")]
    said = [
        case.close("c-1.1"),
        case.milestone("handed_over"),
        case.close("c-1.2"),
        case.record("c-1.r1", "acceptance", {"verdict": "accepted"}),
        case.letter(),
        case.milestone("replied"),
    ]
    world.receive(*opened, *reversed(said))
    world.work()
    told = [(e.kind, e.title or e.code) for e in story(world, Reader(sees=Sight(inside=True))).events[1:]]
    assert told == [
        ("task", "交办"),
        ("state", "handed_over"),
        ("task", "单位签收"),
        ("record", "acceptance"),
        ("letter", "关于停车位建议的答复"),
        ("state", "replied"),
    ]


def test_a_task_for_one_person_is_no_units(world: World) -> None:
    """The matter's units stay units; who it waits for is told to colleagues and to the person."""
    matter_id = world.submit(co_proposers=["d-2"]).matter_id
    apply(world, Case(matter_id).task("c-1.1", None, role="deputy", person="d-1", public_name="代表评价"))
    assert line(world).units == ()
    seen = {
        who: story(world, who).waiting[0].person
        for who in (Reader(sees=Sight(inside=True)), deputy("d-1"), deputy("d-2"))
    }
    assert list(seen.values()) == ["d-1", "d-1", None]


def deputy(person_id: str) -> Reader:
    """A deputy's eyes."""
    return Reader(sees=Sight(), person_id=person_id)


def story(world: World, reader: Reader) -> timelines.Story:
    """What a reader sees of the first matter."""
    with db.read(world.engine) as conn:
        matter = conn.execute(tables.matter.select()).first()
        assert matter is not None
        return timelines.tell(conn, matter, reader, world.clock.now())


def kinds(told: timelines.Story) -> list[str]:
    """The records of a story."""
    return [event.code for event in told.events if event.kind == "record"]


def test_a_key_matter_is_shown_and_found(world: World) -> None:
    """Since the first designation; the ledger filtered for key matters has it, and only it."""
    case = Case(world.submit().matter_id)
    assert not line(world).key
    said = {"meeting": "第十二次主任会议", "supervising_leader": "林静", "handling_leader": "陶文涛"}
    apply(world, case.record("r1", "key_designation", said, unit=None))
    assert line(world).key
    world.submit()
    with db.read(world.engine) as conn:
        found = listings.find(conn, ALL, Filter(key=True), world.clock.now()).lines
    assert [one.matter_id for one in found] == [case.matter_id]
