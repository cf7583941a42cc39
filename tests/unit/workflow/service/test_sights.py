"""From outside a unit's part is one piece of work: pages and interfaces tell others its stage alone."""

from typing import Any

import pytest

from services.workflow import tables as t
from tests.unit.workflow.service.office import Office
from tests.unit.workflow.service.test_web import Person, app, people

__all__ = ["app", "people"]
QUESTION, NOTE = "是否涉及规划调整", "请代为办理，我出差"
STAGE = {"task": None, "actor": {}, "deadline": None, "why": [], "why_en": [], "cause": None, "messages": []}


@pytest.fixture
def case_id(office: Office, people: dict[str, Person]) -> str:
    """u_a has asked a colleague, passed its task on and answered; u_b still has its own."""
    found = office.start()
    office.decide(found, "u_a", "u_b")
    [mine] = [task["id"] for task in office.open(found) if task["unit"] == "u_a"]
    _use(people["liaison"], mine, "consult", person="p-colleague", text=QUESTION)
    [side] = [task["id"] for task in office.open(found) if task["element"] == "consultation"]
    assert people["colleague"].api("POST", f"/tasks/{side}/complete", {"agrees": True, "text": "不涉及"})[0] == 200
    _use(people["liaison"], mine, "reassign", person="p-colleague", note=NOTE)
    assert people["colleague"].api("POST", f"/tasks/{mine}/complete", {"note": "同意"})[0] == 200
    return found


def _use(who: Person, task_id: str, verb: str, **data: Any) -> None:
    status, answer = who.api("POST", f"/tasks/{task_id}/verbs/{verb}", data)
    assert status == 200, answer


def _history(who: Person) -> dict[str, Any]:
    status, answer = who.api("GET", "/matters/m1/history")
    assert status == 200
    [case] = answer["cases"]
    return dict(case)


def test_the_history_tells_every_step_to_those_inside(case_id: str, people: dict[str, Person]) -> None:
    """The unit itself and the office: question, answer, reassignment, with names and messages."""
    for who in ("office", "liaison"):
        steps = _history(people[who])["steps"]
        assert [step["element"] for step in steps if step["unit"] == "u_a"] == [
            "task_opinion",
            "consultation",
            "task_opinion",
            "task_opinion",
        ]
        assert all(step["actor"] for step in steps if step["unit"] == "u_a")


@pytest.mark.parametrize("who", ["other", "d1"])
def test_the_history_tells_others_the_stage_alone(case_id: str, people: dict[str, Person], who: str) -> None:
    """That the opinion was given: not by whom, and nothing of the question and the reassignment."""
    case = _history(people[who])
    [step] = [step for step in case["steps"] if step["unit"] == "u_a"]
    assert step["element"] == "意见"
    assert {name: step[name] for name in STAGE} == STAGE
    [task] = [task for task in case["tasks"] if task["unit"] == "u_a"]
    assert (task["name"], task["person"], task["form"], task["claimed_by"]) == ("意见", None, None, None)
    assert "colleague" not in str(step) + str(task)


@pytest.mark.parametrize("who", ["other", "d1"])
def test_a_case_over_http_keeps_a_units_inside(case_id: str, people: dict[str, Person], who: str) -> None:
    """Neither the consultation nor its deadlines; the unit itself reads both."""
    seen, own = (people[one].api("GET", f"/cases/{case_id}")[1] for one in (who, "liaison"))
    assert [record["record"] for record in seen["records"]] == []
    assert [record["record"] for record in own["records"]] == ["consultation"]
    assert [limit["unit"] for limit in own["deadlines"]].count("u_a") == 1
    assert "u_a" not in [limit["unit"] for limit in seen["deadlines"]]


def test_pages_keep_a_units_inside(office: Office, case_id: str, people: dict[str, Person]) -> None:
    """What was asked and noted inside u_a stands on its own pages, on none of u_b's and of the deputy's."""
    [other] = [task["id"] for task in office.open(case_id)]
    steps = office.rows(t.task, t.task.c.unit == "u_a")
    [mine] = [step["id"] for step in steps if step["element"] == "task_opinion" and step["reason"] == "done"]
    own = people["colleague"].page(f"/tasks/{mine}")
    assert [word in own for word in (QUESTION, NOTE, "不涉及")] == [True, True, True]
    for page in (
        people["other"].page(f"/tasks/{other}"),
        people["other"].page(f"/cases/{case_id}"),
        people["d1"].page(f"/cases/{case_id}"),
    ):
        for word in (QUESTION, NOTE, "不涉及", "colleague"):
            assert word not in page
