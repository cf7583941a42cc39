"""What stands on a task's page to be read first, what a late reader is told, and what deputies are spared."""

import json

from services.workflow import timers
from tests.unit.workflow.service.office import Office, publish
from tests.unit.workflow.service.test_four_eyes import drafting
from tests.unit.workflow.service.test_late_answers import timed
from tests.unit.workflow.service.test_remarks import checked
from tests.unit.workflow.service.test_web import Person, app, people

__all__ = ["app", "people"]
NOTE = {
    "title": "意见",
    "x-title-en": "opinion",
    "x-record": "progress_note",
    "type": "object",
    "properties": {"text": {"$ref": "urn:huiyin:record:progress_note#/properties/text"}},
    "required": ["text"],
    "additionalProperties": False,
}


def test_what_a_task_checks_is_read_before_its_form(office: Office, people: dict[str, Person]) -> None:
    """The draft that is checked, not what others have written since."""
    files = {**drafting(), "forms/opinion.json": json.dumps(NOTE).encode()}
    case_id = office.start(version=publish(office, files=files))
    office.decide(case_id, "u_a", "u_b")
    draft, other = (task["id"] for task in office.open(case_id))
    people["liaison"].api("POST", f"/tasks/{draft}/complete", {"text": "这是草稿"})
    office.later(minutes=5)
    people["other"].api("POST", f"/tasks/{other}/complete", {"text": "另一单位的稿子"})
    [gate] = [task["id"] for task in office.open(case_id) if task["unit"] == "u_a"]
    before, _, _ = people["colleague"].page(f"/tasks/{gate}").partition('id="form-title"')
    assert "请先看" in before
    assert "这是草稿" in before
    assert "另一单位的稿子" not in before


def test_a_page_opened_too_late_tells_the_date(office: Office, people: dict[str, Person]) -> None:
    """The date and how it was computed, instead of a closed task; the text stays."""
    case_id = office.start(version=timed(office))
    [task] = office.open(case_id)
    office.later(days=60)
    timers.fire_due(office.engine, office.clock.now())
    told = f"这项任务 {task['due']} 到期"
    assert told in people["office"].page(f"/tasks/{task['id']}")
    _, page = people["office"].send(f"/tasks/{task['id']}", action="complete", units="u_a", note="写了很久")
    assert told in page
    assert "写了很久" in page
    assert "这项任务已关闭" not in page


def test_a_deputy_is_spared_what_is_internal(office: Office, people: dict[str, Person]) -> None:
    """Stages by their public names; neither the log nor what rules said about drafts."""
    case_id = office.start(version=checked(office))
    office.decide(case_id, "u_a")
    people["liaison"].api("POST", f"/tasks/{office.open(case_id)[0]['id']}/complete", {"note": "同意"})
    inside, outside = (people[one].page(f"/cases/{case_id}") for one in ("office", "d1"))
    for words in ("办理日志", "说明太短"):
        assert words in inside
        assert words not in outside
    assert "意见" in outside
