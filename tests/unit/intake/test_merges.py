"""Merging: which matters may be merged, who is told, and how a group comes apart."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.common import db
from services.common.problems import Problem
from services.intake import store, tables, withdrawals
from tests.unit.intake.groups import CLERK, WHY, drawn, groups, handled, merge, separate, three, told
from tests.unit.intake.test_admission import configure
from tests.unit.intake.test_withdrawals import said
from tests.unit.intake.worlds import Case, World


def refusal(world: World, main: str, others: list[str], reason: str = WHY) -> Problem:
    """The refusal; nothing is stored or said."""
    before = world.rows(tables.matter), world.rows(tables.merge_change), len(world.sent())
    with pytest.raises(Problem) as caught:
        merge(world, main, others, reason)
    assert (world.rows(tables.matter), world.rows(tables.merge_change), len(world.sent())) == before
    return caught.value


def codes(problem: Problem) -> dict[str, str]:
    """What is wrong, by path."""
    return {error.path: error.code for error in problem.errors}


def change(world: World, matter_id: str, **values: Any) -> None:
    """Make a matter what the test needs."""
    with db.begin(world.engine) as conn:
        store.change_matter(conn, matter_id, values)


def withdraw(world: World, matter_id: str) -> None:
    """Withdraw as the office that has the letter."""
    with db.begin(world.engine) as conn:
        withdrawals.ask(conn, matter_id, person_id=None, reason="已自行解决", now=world.clock.now())


def ask_to_withdraw(world: World, matter_id: str) -> None:
    """Its co-signers are being asked."""
    change(world, matter_id, withdrawal_requested_at=world.clock.now())


def test_two_are_merged_into_a_third(world: World) -> None:
    """One message for each of the two, with the main one; the main one goes on as it was."""
    first, second, third = three(world)
    assert list(merge(world, first, [third, second])) == ["183003", "183002"]
    assert groups(world) == {"183001": None, "183002": "183001", "183003": "183001"}
    messages = world.sent("matter.merged.v1")
    assert {message.data["matter_id"] for message in messages} == {second, third}
    assert messages[0].data == {
        "matter_id": third,
        "main": {"matter_id": first, "matter_no": "183001", "title": "关于第1段路的建议"},
        "reason": WHY,
        "merged_at": world.clock.now().isoformat(),
        "by": {"id": "p-clerk", "name": "王登记"},
    }
    assert [(row["number"], row["main_id"], row["merged"]) for row in world.rows(tables.merge_change)] == [
        (1, first, True),
        (1, first, True),
    ]


def test_a_main_matter_may_get_more_later(world: World) -> None:
    """As long as it has not replied."""
    first, second, third = three(world)
    merge(world, first, [second])
    merge(world, first, [third])
    assert groups(world) == {"183001": None, "183002": "183001", "183003": "183001"}
    told(world, first, "replied")
    assert codes(refusal(world, first, [handled(world, "4")])) == {f"matters.{first}": "merge_replied"}


def test_a_reason_and_two_different_matters_are_needed(world: World) -> None:
    """Each fault is named at its place, several at once."""
    first, second, _ = three(world)
    assert codes(refusal(world, first, [second], " ")) == {"reason": "required"}
    assert codes(refusal(world, first, [second], "长" * 501)) == {"reason": "too_long"}
    assert codes(refusal(world, first, [])) == {"matters": "merge_too_few"}
    assert codes(refusal(world, first, [first], "")) == {"matters": "merge_too_few", "reason": "required"}
    assert codes(refusal(world, first, [second, second])) == {f"matters.{second}": "merge_twice"}
    assert codes(refusal(world, first, [second, first])) == {f"matters.{first}": "merge_twice"}
    assert refusal(world, first, ["m-0"]).code == refusal(world, "m-0", [first]).code == "unknown_matter"


@pytest.mark.parametrize("side", ["main", "other"])
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda world, matter: withdraw(world, matter), "merge_withdrawn"),
        (
            lambda world, matter: change(world, matter, withdrawal_requested_at=world.clock.now()),
            "merge_withdrawal_pending",
        ),
        (lambda world, matter: change(world, matter, secrecy="classified"), "merge_classified"),
        (lambda world, matter: change(world, matter, no=None), "merge_not_admitted"),
        (lambda world, matter: told(world, matter, "not_admitted"), "merge_not_taken_up"),
        (lambda world, matter: told(world, matter, "replied", "redo", "in_handling"), "merge_replied"),
        (lambda world, matter: (world.receive(Case(matter, "c-9").letter()), world.work()), "merge_replied"),
    ],
)
def test_what_hinders_hinders_on_either_side(
    world: World, spoil: Callable[[World, str], object], code: str, side: str
) -> None:
    """With a text that names the matter and says what to do."""
    first, second, _ = three(world)
    spoil(world, first if side == "main" else second)
    problem = refusal(world, first, [second])
    assert codes(problem) == {f"matters.{first if side == 'main' else second}": code}
    assert "第" in problem.errors[0].text
    assert problem.status == 409


def test_a_matter_waits_for_its_admission(world: World) -> None:
    """Its number alone, given when it was submitted, is not enough."""
    first, *_ = three(world)
    fresh = world.submit(key="9").matter_id
    assert codes(refusal(world, first, [fresh])) == {f"matters.{fresh}": "merge_not_admitted"}


def test_only_what_lies_in_one_session_and_kind_is_merged(world: World) -> None:
    """A proposal has its own committee."""
    first, second, third = three(world)
    change(world, second, kind="proposal")
    change(world, third, session_id="s-18-2")
    found = codes(refusal(world, first, [second, third]))
    assert found == dict.fromkeys((f"matters.{second}", f"matters.{third}"), "merge_other_session")


def test_a_package_has_to_draw_it(world: World) -> None:
    """Otherwise nobody would take the matter out of its handling."""
    first, second = handled(world, "1"), handled(world, "2")
    found = codes(refusal(world, first, [second]))
    assert found == dict.fromkeys((f"matters.{first}", f"matters.{second}"), "merge_not_drawn")
    drawn(world)
    merge(world, first, [second])


def test_there_are_no_chains(world: World) -> None:
    """What is merged gets none of its own, a main matter goes under no other; the texts name the group."""
    first, second, third = three(world)
    fourth = handled(world, "4")
    merge(world, first, [second])
    assert codes(refusal(world, second, [third])) == {f"matters.{second}": "merge_main_is_merged"}
    assert codes(refusal(world, third, [second])) == {f"matters.{second}": "merge_elsewhere"}
    problem = refusal(world, third, [first, fourth])
    assert codes(problem) == {f"matters.{first}": "merge_is_main"}
    assert "已并第183002号" in problem.errors[0].text


def test_a_matter_is_separated_while_it_waits(world: World) -> None:
    """Announced with who did it and why; it may be merged again, as another message."""
    first, second, _ = three(world)
    merge(world, first, [second])
    told(world, second, "merged")
    assert separate(world, second) == "183001"
    (message,) = world.sent("matter.separated.v1")
    assert (message.data["main"]["matter_no"], message.data["reason"]) == ("183001", "不是同一路段")
    assert message.data["by"] == {"id": CLERK.person_id, "name": CLERK.name}
    assert set(groups(world).values()) == {None}
    told(world, second, "pre_handover")
    merge(world, first, [second])
    told(world, second, "merged")
    assert len({message.id for message in world.sent("matter.merged.v1")}) == 2
    separate(world, second)
    assert [row["number"] for row in world.rows(tables.merge_change)] == [1, 2, 3, 4]


def test_a_matter_is_separated_before_its_process_heard_of_the_merge(world: World) -> None:
    """A slip is taken back at once."""
    first, second, _ = three(world)
    merge(world, first, [second])
    separate(world, second)
    assert [message.type for message in world.sent()][-2:] == ["matter.merged.v1", "matter.separated.v1"]


@pytest.mark.parametrize(("who", "state"), [("main", "replied"), ("other", "in_handling"), ("other", "replied")])
def test_a_reply_that_has_begun_is_not_taken_back(world: World, who: str, state: str) -> None:
    """Once the main one has replied the other gets its own."""
    first, second, _ = three(world)
    merge(world, first, [second])
    told(world, second, "merged")
    told(world, first if who == "main" else second, state)
    with pytest.raises(Problem, match="reply_begun"):
        separate(world, second)


def test_separating_says_what_is_wrong(world: World) -> None:
    """Not merged, unknown, without a reason."""
    first, second, _ = three(world)
    merge(world, first, [second])
    for matter_id, reason, code in (
        (first, "x", "not_in_group"),
        ("m-0", "x", "unknown_matter"),
        (second, " ", "invalid_form"),
    ):
        with pytest.raises(Problem, match=code):
            separate(world, matter_id, reason)


def test_the_others_go_on_alone_when_the_main_one_is_withdrawn(world: World) -> None:
    """The system separates them, with the reason; the withdrawal is announced as ever."""
    first, second, third = three(world)
    merge(world, first, [second, third])
    withdraw(world, first)
    messages = world.sent("matter.separated.v1")
    assert {message.data["matter_id"] for message in messages} == {second, third}
    assert {(message.data["reason"], message.data["by"]) for message in messages} == {
        (withdrawals.MAIN_WITHDRAWN, None)
    }
    assert set(groups(world).values()) == {None}
    assert len(world.sent("matter.withdrawn.v1")) == 1


@pytest.mark.parametrize("way", ["withdrawn", "not_admitted"])
def test_the_others_go_on_alone_when_a_diagram_ends_the_main_one(world: World, way: str) -> None:
    """By withdrawing it, or by not taking it up after all; twice is once."""
    first, second, _ = three(world)
    merge(world, first, [second])
    at = world.clock.now().isoformat()
    if way == "withdrawn":
        world.receive(said(first, "matter.withdrawn.v1", reason="联名代表均同意", withdrawn_at=at))
        world.work()
    else:
        told(world, first, "not_admitted")
        told(world, first, "not_admitted")
    (message,) = world.sent("matter.separated.v1")
    assert message.data["matter_id"] == second
    assert {row["state"] for row in world.rows(tables.inbox)} == {"done"}


def test_a_merged_matter_can_be_withdrawn(world: World) -> None:
    """It leaves the group; its process hears of the withdrawal alone. After its own reply it cannot."""
    first, second, third = three(world)
    merge(world, first, [second, third])
    told(world, second, "merged")
    told(world, third, "merged", "replied")
    withdraw(world, second)
    assert groups(world) == {"183001": None, "183002": None, "183003": "183001"}
    assert world.sent("matter.separated.v1") == []
    assert world.rows(tables.merge_change)[-1]["reason"] in (withdrawals.LEFT, WHY)
    with pytest.raises(Problem, match="already_replied"):
        withdraw(world, third)


def test_a_session_that_numbers_at_admission_merges_what_has_its_number(world: World) -> None:
    """Before that there is no number to merge under."""
    configure(world, numbering="admission")
    drawn(world)
    first, second = handled(world, "1"), handled(world, "2")
    found = codes(refusal(world, first, [second]))
    assert found == dict.fromkeys((f"matters.{first}", f"matters.{second}"), "merge_not_admitted")


def test_a_merge_taken_back_at_the_same_instant_leaves_the_later_state(world: World) -> None:
    """Each case reaches one state, and the clock has not moved: merged first, then back to hand-over."""
    matter_id = handled(world, "1")
    for number, state in enumerate(("merged", "pre_handover"), 2):
        case = Case(matter_id, f"c-{number}", at=world.clock.now(), pace=timedelta())
        world.receive(case.milestone(state))
        world.work()
    assert world.rows(tables.led_matter)[0]["state"] == "pre_handover"
