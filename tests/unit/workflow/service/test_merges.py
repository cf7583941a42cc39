"""并案: handled together, replied separately; both sides learn of it, and it can be undone."""

from typing import Any

import pytest

from services.common import db
from services.workflow import cases
from services.workflow import tables as t
from tests.unit.workflow.service import yunting
from tests.unit.workflow.service.office import Office

BY = {"id": "p-clerk", "name": "王登记"}


def tell(office: Office, message: str, other: str, **more: Any) -> None:
    """Intake says that a matter was merged into m1, or separated from it."""
    main = {"matter_id": "m1", "matter_no": "021", "title": "关于整治云汀大道拥堵的建议"}
    at = office.clock.now().isoformat()
    data = {"matter_id": other, "main": main, "reason": "同一路段，内容相近", "by": BY}
    times = {"matter.merged": "merged_at", "matter.separated": "separated_at"}
    office.receive(f"{message}.v1", {**data, times[message]: at, **more})
    office.turn()


def known(office: Office, case_id: str) -> dict[str, Any]:
    """With what a running case thinks that its matter is handled together."""
    with db.read(office.engine) as conn:
        facts = cases.live_state(conn, case_id).facts["matter"]
    return {name: facts[name] for name in ("main", "merged")}


def tasks_of(office: Office, matter_id: str) -> set[str]:
    """The open tasks of a matter by their elements."""
    return {row["element"] for row in office.open() if row["matter_id"] == matter_id}


def states(office: Office) -> dict[str, str]:
    """The states of all matters."""
    return {row["matter_id"]: row["state"] for row in office.rows(t.matter)}


@pytest.fixture
def group(office: Office) -> Office:
    """Three matters for one unit, the second merged into the first; the third stays alone."""
    version = yunting.settle_in(office)
    for one in ("m2", "m3", "m1"):
        yunting.begin(office, version, one)
        yunting.hand_over(office, "sole", unit_a="lead")
        yunting.answer(office, "task_receipt")
    tell(office, "matter.merged", "m2")
    return office


def reply(office: Office, matter_id: str) -> None:
    """Everything of a matter up to its reply, as its forms' examples say."""
    for _ in range(40):
        found = [row for row in office.open() if row["matter_id"] == matter_id]
        if not found or any(row["element"] == "task_publication" for row in found):
            return
        yunting.answer_task(office, found[0])
        office.turn()
    raise AssertionError("no reply")


def test_both_sides_know_and_the_other_waits(group: Office) -> None:
    """The main case goes on untouched; the other has nothing to do, in the state 并案."""
    assert known(group, "m1-1")["merged"] == [{"matter_id": "m2", "matter_no": "1830m2"}]
    assert tasks_of(group, "m1") == tasks_of(group, "m3") != set()
    assert tasks_of(group, "m2") == set()
    assert states(group)["m2"] == "merged"
    [waiting] = group.rows(t.case_, t.case_.c.process == "merged_handling")
    assert known(group, waiting["id"])["main"] == {"matter_id": "m1", "matter_no": "1830m1"}
    assert all(group.replayed(row["id"]) for row in group.rows(t.case_))


def test_units_are_told_that_their_tasks_are_gone_and_not_that_it_was_withdrawn(group: Office) -> None:
    """An agency's system reads the reason of a closed task."""
    closed = [one for one in group.sent("task.closed.v1") if one["matter_id"] == "m2" and one["reason"] != "done"]
    assert {one["reason"] for one in closed} == {"revoked"}


def test_the_other_gets_a_letter_of_its_own(group: Office) -> None:
    """Its office puts its own number to the letter; deputies of both matters get one each."""
    reply(group, "m1")
    assert tasks_of(group, "m2") == {"task_merged_letter"}
    [row] = [row for row in group.open() if row["matter_id"] == "m2"]
    yunting.answer_task(group, row, doc_no="云城管函〔2026〕13号")
    group.turn()
    letters = {one["matter_id"]: one["data"] for one in group.sent("reply.issued.v1")}
    assert set(letters) == {"m1", "m2"}
    assert letters["m2"]["doc_no"] != letters["m1"]["doc_no"]
    assert letters["m2"]["body_text"] == letters["m1"]["body_text"]
    assert states(group) == {"m1": "replied", "m2": "replied", "m3": "in_handling"}
    assert all(group.replayed(row["id"]) for row in group.rows(t.case_))


def test_it_can_be_undone(group: Office) -> None:
    """The other goes back to hand-over with the division it had; the main case forgets it."""
    tell(group, "matter.separated", "m2")
    assert known(group, "m1-1")["merged"] == []
    assert tasks_of(group, "m2") == {"task_handover"}
    [row] = [row for row in group.open() if row["matter_id"] == "m2"]
    assert row["initial"]["assignments"] == [{"unit": "unit_a", "role": "lead"}]
    reply(group, "m1")
    assert tasks_of(group, "m2") == {"task_handover"}


def test_one_that_is_withdrawn_leaves_the_group(group: Office) -> None:
    """Its waiting case ends, and no letter is made for it."""
    data = {"matter_id": "m2", "reason": "问题已经解决", "withdrawn_at": group.clock.now().isoformat()}
    group.receive("matter.withdrawn.v1", data)
    group.turn()
    assert states(group)["m2"] == "withdrawn"
    assert known(group, "m1-1")["merged"] == []


def test_a_case_started_later_knows_the_group(group: Office) -> None:
    """Facts are read when a case starts, as running cases are told."""
    with db.begin(group.engine) as conn:
        wish = cases.Begin(
            matter_id="m1", process="suggestion_handling", package_version="yunting-2026.1", vars=yunting.VARS
        )
        applied = cases.start(conn, wish, group.clock.now())
    assert known(group, applied.case_id)["merged"] == [{"matter_id": "m2", "matter_no": "1830m2"}]


def test_the_same_message_twice_changes_nothing(group: Office) -> None:
    """A repeat with another id tells nobody anything new."""
    before = group.rows(t.stimulus)
    tell(group, "matter.merged", "m2")
    assert group.rows(t.stimulus) == before


def test_a_main_matter_nobody_knows_is_left_to_an_administrator(group: Office) -> None:
    """The message is put aside with its reason; nothing of the other matter is touched."""
    before = group.rows(t.stimulus)
    tell(group, "matter.merged", "m3", main={"matter_id": "mx", "matter_no": "099", "title": "无"})
    assert group.rows(t.stimulus) == before
    assert tasks_of(group, "m3") == tasks_of(group, "m1")
