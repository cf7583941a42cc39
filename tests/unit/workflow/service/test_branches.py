"""Records that start a branch, and who may add a record: the role the diagram names, for people, HTTP and queue."""

from dataclasses import replace

import pytest

from services.common import db
from services.common.problems import Problem
from services.contracts.record_examples import EXAMPLES
from services.workflow import cases, packages, records
from services.workflow import tables as t
from services.workflow.speakers import Speaker, connector
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import OFFICE, Office, publish, somebody

ROLE = "  deputy: {label: 代表, label_en: deputy, scope: proposer, grants: [feedback.give]}\n"
LIAISON, OTHER = somebody("liaison", "u_a"), somebody("liaison", "u_c")
COUNTY = connector("county", ["u_b"], {"name": "王"})
CLERK = somebody("clerk", None, "feedback.enter")
ANNA = replace(somebody("deputy"), account="a-d1", person="d1", roles=())
BERT = replace(ANNA, account="a-d9", person="d9")


def files(to: str = "task_look") -> dict[str, bytes]:
    """The small package: a liaison's progress note starts a task of the office; others add what is theirs."""
    found = package.files(revision=2)
    marks = f'<hy:accepts record="progress_note" role="liaison" to="{to}" result="seen"/>'
    marks += '<hy:accepts record="extension_request" role="office"/><hy:accepts record="feedback" role="deputy"/>'
    look = '<bpmn:userTask id="task_look" name="看一看"><bpmn:extensionElements><hy:deadline name="decide"/>'
    look += '<hy:task role="office" form="look" deadline="decide" fill="{\'note\': seen.text}"/>'
    look += '</bpmn:extensionElements></bpmn:userTask><bpmn:endEvent id="end_look" name="看过"/>'
    look += '<bpmn:sequenceFlow id="flow_look" sourceRef="task_look" targetRef="end_look"/>'
    main = found["main.bpmn"].decode()
    main = main.replace('<hy:accepts record="progress_note" verb="add" role="liaison"/>', marks)
    main = main.replace('<bpmn:endEvent id="end_done"', f'{look}<bpmn:endEvent id="end_done"')
    settings = found["package.yaml"].decode().replace("classes:", f"{ROLE}classes:", 1)
    settings = settings.replace("variables:", "variables:\n  - {name: seen, label: 进展, type: record, set_by: [main]}")
    more = {"forms/look.json": found["forms/opinion.json"]}
    return {**found, **more, "main.bpmn": main.encode(), "package.yaml": settings.encode()}


@pytest.fixture
def case_id(office: Office) -> str:
    """A case of that version in which two units owe their opinions."""
    case_id = office.start(version=publish(office, files=files()))
    office.decide(case_id, "u_a", "u_b")
    return case_id


def add(office: Office, case_id: str, record: str, who: Speaker, unit: str | None, task: str | None = None) -> None:
    """Somebody adds the catalogue's example of a record."""
    with db.begin(office.engine) as conn:
        entry = records.Entry(record=record, data=EXAMPLES[record][0], unit=unit, task_id=task)
        records.submit(conn, case_id, entry, who, office.clock.now())


def test_a_record_opens_a_task_beside_the_others(office: Office, case_id: str) -> None:
    """With its texts in the form; the opinions stay as they are, and log and state agree."""
    before = office.open(case_id)
    add(office, case_id, "progress_note", LIAISON, "u_a")
    *same, task = office.open(case_id)
    assert same == before
    assert (task["element"], task["role"]) == ("task_look", "office")
    assert office.sent("task.opened.v1")[-1]["initial"] == {"note": EXAMPLES["progress_note"][0]["text"]}
    assert office.replayed(case_id)
    office.complete(task["id"], {"note": "知道了"}, OFFICE)
    assert office.open(case_id) == before
    assert office.replayed(case_id)


@pytest.mark.parametrize(
    ("record", "who", "unit", "code"),
    [
        ("progress_note", LIAISON, "u_a", ""),
        ("progress_note", COUNTY, "u_b", ""),
        ("progress_note", OTHER, "u_c", "wrong_unit"),
        ("progress_note", OTHER, "u_a", "not_permitted"),
        ("progress_note", OFFICE, None, "not_permitted"),
        ("progress_note", COUNTY, "u_a", "wrong_unit"),
        ("extension_request", OFFICE, None, ""),
        ("extension_request", LIAISON, "u_a", "not_permitted"),
        ("extension_request", COUNTY, "u_b", "not_permitted"),
        ("feedback", ANNA, None, ""),
        ("feedback", CLERK, None, ""),
        ("feedback", BERT, None, "not_permitted"),
        ("feedback", OFFICE, None, "not_permitted"),
        ("feedback", COUNTY, "u_b", "not_permitted"),
        ("contact", LIAISON, "u_a", "not_expected"),
    ],
)
def test_only_the_role_the_diagram_names_adds_a_record(
    office: Office, case_id: str, record: str, who: Speaker, unit: str | None, code: str
) -> None:
    """A liaison for his unit, a system for units it speaks for, the office, a proposer, who enters paper forms."""
    if not code:
        add(office, case_id, record, who, unit)
        [row] = office.rows(t.record, t.record.c.record == record)
        assert row["role"] == {"progress_note": "liaison", "extension_request": "office", "feedback": "deputy"}[record]
        return
    with pytest.raises(Problem) as caught:
        add(office, case_id, record, who, unit)
    assert caught.value.code == code
    assert office.rows(t.record, t.record.c.record == record) == []


def test_the_queue_has_the_same_rule(office: Office, case_id: str) -> None:
    """An agency's record of the office's is refused with a reason; its own is accepted."""
    facts = {"case_id": case_id, "unit": "u_b", "actor": {"name": "王"}, "occurred_at": office.clock.now().isoformat()}
    for record in ("extension_request", "progress_note"):
        data = {**facts, "record": record, "data": EXAMPLES[record][0]}
        office.receive("record.submit.v1", data, channel="county")
        office.turn()
    assert [answer["code"] for answer in office.sent("message.rejected.v1")] == ["not_permitted"]
    assert [row["record"] for row in office.rows(t.record)] == ["progress_note"]


def test_what_was_due_before_counts_first(office: Office, case_id: str) -> None:
    """A timer that ends the case before the record arrives leaves nothing to add it to."""
    for task in office.open(case_id):
        office.complete(task["id"], {"note": "同意"}, somebody("liaison", task["unit"]))
    office.receive("reply.delivered.v1", {"matter_id": "m1", "letter_id": f"{case_id}.letter"} | DELIVERED)
    office.turn()
    office.later(days=8)
    with pytest.raises(Problem, match="not_expected"):
        add(office, case_id, "progress_note", LIAISON, "u_a")


DELIVERED = {"delivered_at": "2026-03-02T09:00:00+08:00", "recipients": ["d1"]}


def test_the_case_ends_when_its_branches_have_ended(office: Office, case_id: str) -> None:
    """The matter is withdrawn: the task that a record has opened goes too."""
    add(office, case_id, "progress_note", LIAISON, "u_a")
    withdrawn = {"matter_id": "m1", "reason": "不再需要", "withdrawn_at": office.clock.now().isoformat()}
    office.receive("matter.withdrawn.v1", withdrawn)
    office.turn()
    assert office.open(case_id) == []
    assert office.rows(t.case_)[0]["status"] == "ended"


@pytest.mark.parametrize("to", ["task_nothing", "start", "evt_nobody", "f_start"])
def test_the_check_knows_where_branches_may_begin(to: str) -> None:
    """An element of the scope that a token may enter; such a target is reachable, and its variable is declared."""
    assert [f.code for f in packages.check(packages.load(files())) if f.severity == "error"] == []
    found = packages.check(packages.load(files(to)))
    assert {f.code for f in found if f.severity == "error"} >= {"bad_accepts_target"}
    undeclared = files()["package.yaml"].replace(b"name: seen", b"name: other")
    found = packages.check(packages.load({**files(), "package.yaml": undeclared}))
    assert {f.code for f in found if f.severity == "error"} == {"unknown_variable"}


def test_a_case_without_the_scope_accepts_nothing(office: Office) -> None:
    """Once it is closed."""
    case_id = office.start(version=publish(office, files=files()))
    with db.begin(office.engine) as conn:
        cases.operate(conn, case_id, {"verb": "move", "cancel": "all", "to": "evt_withdrawn"}, {}, office.clock.now())
    with pytest.raises(Problem, match="not_expected"):
        add(office, case_id, "extension_request", OFFICE, None)
