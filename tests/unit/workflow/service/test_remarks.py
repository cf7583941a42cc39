"""Answers are checked by the package's own tables: the same on the page, over HTTP and over the queue."""

import json
from typing import Any

import pytest

from services.common import db
from services.common.problems import Problem
from services.workflow import cases, chain, remarks
from services.workflow import tables as t
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import Office, publish, somebody

LIAISON = somebody("liaison", "u_b")
MISSING = "  - {name: missing, label: 没有的变量, type: boolean, set_by: [task_decide]}\n"
RULES = (
    '? and "拒绝" in answer.note | "error" | "note" | "不能写“拒绝”" | "do not write that"',
    '? and len(answer.note) < 4 | "warning" | "note" | "说明太短" | "the note is short"',
    '? and "破坏" in answer.note and missing | "warning" | "" | "" | ""',
)


def checked(office: Office) -> str:
    """The version whose opinions are checked by a table and may have a letter number."""
    found = package.files(revision=2)
    main = found["main.bpmn"].decode().replace('form="opinion"', 'form="opinion" check="D_note"')
    form = json.loads(found["forms/opinion.json"])
    form["properties"]["doc_no"] = {"type": "string", "title": "文号", "pattern": "^.+〔20[0-9]{2}〕[0-9]+号$"}
    form["properties"]["doc_no"]["x-normalise"] = "brackets"
    settings = found["package.yaml"].decode().replace("labels:", MISSING + "labels:", 1)
    table = s.table("D_note", "true", "severity path text text_en", *RULES, policy="COLLECT")
    files = {"main.bpmn": main.encode(), "forms/opinion.json": json.dumps(form).encode()}
    files |= {"decisions/D_note.dmn": table, "package.yaml": settings.encode()}
    return publish(office, files={**found, **files})


@pytest.fixture
def case_id(office: Office) -> str:
    """A case of that version in which two units owe their opinions."""
    case_id = office.start(version=checked(office))
    office.decide(case_id, "u_b", "u_c")
    return case_id


def own(office: Office, case_id: str) -> dict[str, Any]:
    """The task of the unit u_b."""
    return next(task for task in office.open(case_id) if task["unit"] == "u_b")


def test_an_error_refuses_the_answer_like_a_fault_of_the_form(office: Office, case_id: str) -> None:
    """422 with path and words; the task stays open and nothing is kept."""
    task = own(office, case_id)
    with pytest.raises(Problem) as caught:
        office.complete(task["id"], {"note": "拒绝办理"}, LIAISON)
    assert (caught.value.code, caught.value.status) == ("invalid_field", 422)
    [fault] = caught.value.errors
    assert (fault.path, fault.text, fault.text_en) == ("note", "不能写“拒绝”", "do not write that")
    assert own(office, case_id)["id"] == task["id"]
    assert [row["seq"] for row in office.rows(t.stimulus)] == [1, 2]


def test_an_agency_is_told_the_same(office: Office, case_id: str) -> None:
    """`message.rejected` with the path and the rule's words."""
    data = {"task_id": own(office, case_id)["id"], "unit": "u_b", "actor": {"name": "王"}, "data": {"note": "拒绝办理"}}
    data["occurred_at"] = office.clock.now().isoformat()
    office.receive("task.complete.v1", data, channel="county")
    office.turn()
    [answer] = office.sent("message.rejected.v1")
    assert (answer["code"], answer["path"], answer["text"]) == ("invalid_field", "note", "不能写“拒绝”")
    assert answer["text_en"] == "do not write that"


def test_a_warning_goes_along(office: Office, case_id: str) -> None:
    """Into the log, the task and what the next people see; the chain and the replay hold."""
    applied = office.complete(own(office, case_id)["id"], {"note": "同意"}, LIAISON)
    wanted = {"path": "note", "text": "说明太短", "text_en": "the note is short"}
    assert applied.warnings == (wanted,)
    [row] = [row for row in office.rows(t.task) if row["unit"] == "u_b"]
    assert row["warnings"] == [wanted]
    log = office.rows(t.stimulus)
    assert chain.payload_of(bytes(log[-1]["payload"]))["warnings"] == [wanted]
    assert chain.first_broken(log) is None
    with db.read(office.engine) as conn:
        assert [task["unit"] for task in remarks.of_case(conn, case_id)] == ["u_b"]
    assert office.replayed(case_id)


def test_brackets_are_normalised_before_the_form_is_checked(office: Office, case_id: str) -> None:
    """With a warning, and only where something changed."""
    applied = office.complete(
        own(office, case_id)["id"], {"note": "同意办理", "doc_no": "云资规函[2026］12号"}, LIAISON
    )
    assert [one["path"] for one in applied.warnings] == ["doc_no"]
    log = chain.payload_of(bytes(office.rows(t.stimulus)[-1]["payload"]))
    assert log["data"]["doc_no"] == "云资规函〔2026〕12号"
    other = office.open(case_id)[0]["id"]
    done = office.complete(other, {"note": "同意办理", "doc_no": "云交函〔2026〕1号"}, somebody("liaison", "u_c"))
    assert done.warnings == ()
    assert office.rows(t.task, t.task.c.id == other)[0]["warnings"] is None


def test_a_rule_that_fails_keeps_the_answer_for_the_administrator(office: Office, case_id: str) -> None:
    """An incident; let through, the answer says that nobody has checked it."""
    task = own(office, case_id)
    applied = office.complete(task["id"], {"note": "破坏规则"}, LIAISON)
    [incident] = office.rows(t.incident)
    assert (applied.incident, incident["code"], incident["task_id"]) == (incident["id"], "decision", task["id"])
    with pytest.raises(Problem, match="incident_open"):
        office.complete(task["id"], {"note": "再来一次"}, LIAISON)
    with db.begin(office.engine) as conn:
        assert cases.retry(conn, incident["id"], "a-admin", office.clock.now()).incident is None
    [row] = office.rows(t.task, t.task.c.id == task["id"])
    assert (row["state"], row["warnings"]) == ("closed", [remarks.UNCHECKED])
    assert office.replayed(case_id)


def test_what_was_done_again_counts_as_it_was_last_done(office: Office, case_id: str) -> None:
    """A warning about an answer that is replaced concerns nobody any more."""
    office.complete(own(office, case_id)["id"], {"note": "同意"}, LIAISON)
    with db.begin(office.engine) as conn:
        office_task = office.open(case_id)[0]["id"]
        data = {"verb": "move", "cancel": [office_task], "to": "task_decide"}
        cases.operate(conn, case_id, data, {}, office.clock.now())
    office.later(hours=1)
    office.decide(case_id, "u_b")
    office.complete(own(office, case_id)["id"], {"note": "同意办理"}, LIAISON)
    with db.read(office.engine) as conn:
        assert remarks.of_case(conn, case_id) == []
