"""Inside a unit of Yunting: its sections together, or its own system (`internal: self`)."""

from __future__ import annotations

import pytest

from services.common.problems import Problem
from services.workflow import tables as t
from services.workflow.speakers import Speaker
from tests.unit.workflow.service import yunting
from tests.unit.workflow.service.office import Office
from tests.unit.workflow.service.yunting import answer, answer_task, waiting

SHARES = [
    {"section": "管网科", "officer": "p1", "part": "管线迁改"},
    {"section": "质监科", "officer": "p2", "part": "质量监督"},
]


@pytest.fixture
def version(office: Office) -> str:
    """The package, in a city where unit_b has a system of its own."""
    found = yunting.settle_in(office)
    tell(office, "self", 2)
    return found


def tell(office: Office, internal: str, version: int) -> None:
    """The directory says where unit_b handles."""
    facts = {"name": "单位unit_b", "kind": "government", "active": True, "internal": internal}
    office.directory("unit", "unit_b", version=version, **facts)


def handed_over(office: Office, version: str, matter: str = "m1") -> str:
    """unit_a and unit_b each have their part, both have accepted."""
    case = yunting.begin(office, version, matter)
    yunting.hand_over(office, "separate", unit_a="separate_handler", unit_b="separate_handler")
    answer(office, "task_receipt", "unit_a")
    answer(office, "task_receipt", "unit_b")
    return case


def draft(office: Office, unit: str) -> None:
    """The unit brings its reply to the point where it is signed off."""
    answer(office, "task_contact_during", unit)
    answer(office, "task_draft", unit)


def officer(key: str) -> Speaker:
    """Somebody of a section."""
    roles = (("section_officer", "unit_a"),)
    return Speaker(actor={"account": key, "person": key, "name": key}, roles=roles, account=key, person=key)


def test_a_unit_with_its_own_system_gets_the_tasks_that_face_outwards(office: Office, version: str) -> None:
    """The other unit reads, assigns and passes three gates here; both come to the same review; the log plays again."""
    case = handed_over(office, version)
    assert waiting(office) == {"task_unit_read@unit_a", "task_own_contact@unit_b"}
    answer(office, "task_own_contact", "unit_b")
    with pytest.raises(Problem, match="officer"):
        answer(office, "task_own_handling", "unit_b", officer=None)
    answer(office, "task_own_handling", "unit_b")
    draft(office, "unit_b")
    assert waiting(office) == {"task_unit_read@unit_a", "task_own_sign_off@unit_b"}
    answer(office, "task_own_sign_off", "unit_b")
    assert waiting(office) == {"task_unit_read@unit_a", "task_review_content"}
    told = {row["element"] for row in office.rows(t.task, t.task.c.unit == "unit_b")}
    assert told == {
        "task_receipt",
        "task_own_contact",
        "task_own_handling",
        "task_contact_during",
        "task_draft",
        "task_own_sign_off",
    }
    [plan] = yunting.records(office, "handling_plan")
    assert plan["unit"] == "unit_b"
    assert {"leader", "section", "officer", "plan_text", "target_date"} <= plan["data"].keys()
    assert office.replayed(case)


def test_a_unit_that_gives_up_its_system_does_so_for_cases_to_come(office: Office, version: str) -> None:
    """What runs goes on as it began."""
    running = handed_over(office, version)
    tell(office, "huiyin", 3)
    answer(office, "task_own_contact", "unit_b")
    later = handed_over(office, version, "m2")
    mine = {row["element"] for row in office.open(later) if row["unit"] == "unit_b"}
    assert mine == {"task_unit_read"}
    assert {row["element"] for row in office.open(running) if row["unit"] == "unit_b"} == {"task_own_handling"}


def test_a_unit_that_takes_its_own_system_does_so_where_it_comes_next(office: Office, version: str) -> None:
    """What is inside a part ends there as it began; the next part is its own."""
    handed_over(office, version)
    office.directory("unit", "unit_a", version=2, name="单位unit_a", kind="government", active=True, internal="self")
    answer(office, "task_unit_read", "unit_a")
    answer(office, "task_unit_assign", "unit_a")
    answer(office, "task_contact", "unit_a")
    answer(office, "task_prepare", "unit_a")
    draft(office, "unit_a")
    assert "task_own_sign_off@unit_a" in waiting(office)


def test_a_missing_part_of_a_section_keeps_the_unit_from_its_reply(office: Office, version: str) -> None:
    """The lead section merges when all have spoken; no section passes the gates or issues the reply."""
    for key in ("p1", "p2"):
        office.directory("person", key, name=key, kind="staff", unit="unit_a", active=True)
        roles = [{"role": "section_officer", "unit": "unit_a"}]
        office.directory("account", key, login=key, person_id=key, epoch=1, active=True, roles=roles)
    case = handed_over(office, version)
    answer(office, "task_unit_read", "unit_a")
    answer(office, "task_unit_assign", "unit_a", shares=SHARES)
    parts = [row for row in office.open(case) if row["element"] == "task_section_opinion"]
    assert [row["person"] for row in parts] == ["p1", "p2"]
    answer_task(office, parts[0], officer("p1"))
    assert "task_section_opinion@unit_a" in waiting(office)
    assert not {"task_contact@unit_a", "task_draft@unit_a", "task_gate_office@unit_a"} & waiting(office)
    answer_task(office, parts[1], officer("p2"))
    answer(office, "task_contact", "unit_a")
    answer(office, "task_prepare", "unit_a")
    draft(office, "unit_a")
    for gate, role in (
        ("task_gate_business", "unit_deputy_head"),
        ("task_gate_office", "unit_office"),
        ("task_gate_head", "unit_head"),
    ):
        [task] = [row for row in office.open(case) if row["element"] == gate]
        assert task["role"] == role
        with pytest.raises(Problem, match="not_permitted"):
            office.complete(task["id"], {"verdict": "approve"}, yunting.speaker_of("section_officer", "unit_a"))
        answer(office, gate, "unit_a")
    assert "task_review_content" in waiting(office)
    assert office.sent("reply.issued.v1") == []
