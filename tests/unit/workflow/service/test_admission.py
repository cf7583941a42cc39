"""The process admits a matter and waits for its number; a request to withdraw starts the process that decides it."""

from typing import Any

import pytest

from services.common import db
from services.workflow import matters, packages, versions
from services.workflow import tables as t
from tests.unit.workflow.service import office as offices
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import OFFICE, Office, matter

VERSION = "testcity-2026.2"
SIMILAR = {
    "matter_id": "m0",
    "matter_no": "055112",
    "title": "关于增设坡道的建议",
    "year": 2025,
    "percent": 62,
    "outcome_class": None,
    "state": "completed",
}
_INTAKE = """
<bpmn:startEvent id="i_start" name="提交"/>
<bpmn:intermediateThrowEvent id="evt_admitted" name="受理">
  <bpmn:extensionElements><hy:message data="{'topic': '城建环资', 'difficult': true}"/></bpmn:extensionElements>
  <bpmn:messageEventDefinition id="med_admitted" messageRef="msg_admitted"/></bpmn:intermediateThrowEvent>
<bpmn:intermediateCatchEvent id="evt_numbered" name="编号">
  <bpmn:extensionElements><hy:message result="numbered"/></bpmn:extensionElements>
  <bpmn:messageEventDefinition id="med_numbered" messageRef="msg_numbered"/></bpmn:intermediateCatchEvent>
<bpmn:intermediateThrowEvent id="evt_start_main" name="交办"><bpmn:extensionElements><hy:start process="main"/>
  </bpmn:extensionElements></bpmn:intermediateThrowEvent>
<bpmn:endEvent id="i_end" name="结束"/>
""" + "".join(
    f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>'
    for a, b in (
        ("i_start", "evt_admitted"),
        ("evt_admitted", "evt_numbered"),
        ("evt_numbered", "evt_start_main"),
        ("evt_start_main", "i_end"),
    )
)
_WITHDRAWAL = """
<bpmn:startEvent id="w_start" name="申请"/>
<bpmn:userTask id="task_consent" name="征求意见"><bpmn:extensionElements>
  <hy:deadline name="decide" rule="decide"/>
  <hy:task role="office" form="opinion" deadline="decide" public="征求意见"/></bpmn:extensionElements></bpmn:userTask>
<bpmn:intermediateThrowEvent id="evt_withdraw" name="撤回">
  <bpmn:extensionElements><hy:message data="{'reason': withdrawal.reason}"/></bpmn:extensionElements>
  <bpmn:messageEventDefinition id="med_withdrawn" messageRef="msg_withdrawn"/></bpmn:intermediateThrowEvent>
<bpmn:endEvent id="w_end" name="结束"/>
<bpmn:sequenceFlow id="w1" sourceRef="w_start" targetRef="task_consent"/>
<bpmn:sequenceFlow id="w2" sourceRef="task_consent" targetRef="evt_withdraw"/>
<bpmn:sequenceFlow id="w3" sourceRef="evt_withdraw" targetRef="w_end"/>
"""


@pytest.fixture
def bureau(office: Office) -> Office:
    """The office with a second version: admission first, and a process for withdrawals."""
    files = package.files(2)
    settings = files["package.yaml"].decode()
    settings = settings.replace(
        "matter.submitted: main", "matter.submitted: intake\n  withdrawal.requested: withdrawal"
    )
    settings = settings.replace("follow: 跟踪", "follow: 跟踪, intake: 受理, withdrawal: 撤回")
    variables = "variables:\n  - {name: numbered, label: 编号, type: record, set_by: [evt_numbered]}"
    variables += "\n  - {name: withdrawal, label: 申请, type: record, set_by: [withdrawal.requested]}"
    settings = settings.replace("variables:", variables)
    names = "".join(
        f'<bpmn:message id="msg_{name}" name="matter.{name}"/>' for name in ("admitted", "numbered", "withdrawn")
    )
    found = packages.load(
        {
            **files,
            "package.yaml": settings.encode(),
            "intake.bpmn": package.diagram("intake", "受理", _INTAKE, names),
            "withdrawal.bpmn": package.diagram("withdrawal", "撤回", _WITHDRAWAL, names),
        }
    )
    with db.begin(office.engine) as conn:
        versions.submit(conn, found, "a-owner", offices.NOW)
        versions.approve(conn, VERSION, "a-second", offices.NOW)
    return office


def submitted(**changes: Any) -> dict[str, Any]:
    """A matter without a number, under the second version."""
    known = matter("m1")
    session = {**known["session"], "process_version": VERSION}
    return {**known, "matter_no": None, "session": session, "similar": [SIMILAR], **changes}


def row(office: Office) -> dict[str, Any]:
    """The matter as workflow keeps it."""
    return office.rows(t.matter)[0]


def facts(office: Office) -> dict[str, Any]:
    """What a case started now would know of the matter."""
    with db.read(office.engine) as conn:
        found = matters.get(conn, "m1")
        assert found is not None
        return matters.facts(found, {})


def test_a_package_s_entries_are_announced(bureau: Office) -> None:
    """Intake learns whether a withdrawal is to be asked for."""
    said = bureau.sent("package.published.v1")[-1]
    assert said["entries"] == {"matter.submitted": "intake", "withdrawal.requested": "withdrawal"}


def test_what_interrupts_is_announced(bureau: Office) -> None:
    """Intake learns whether a matter can be taken out of its handling."""
    assert bureau.sent("package.published.v1")[-1]["interrupts"] == ["matter.withdrawn"]


def test_admission_asks_for_a_number_and_waits(bureau: Office) -> None:
    """What the diagram decided goes along; the case stands at the catching event."""
    bureau.receive("matter.submitted.v1", submitted())
    bureau.turn()
    [said] = bureau.sent("matter.admitted.v1")
    assert said == {"matter_id": "m1", "topic": "城建环资", "difficult": True}
    assert [found["name"] for found in bureau.rows(t.subscription)] == ["matter.numbered"]
    assert row(bureau)["matter_no"] is None


def test_the_number_reaches_pages_and_later_cases(bureau: Office) -> None:
    """Number, topic and secrecy as decided; twice is once; the log replays."""
    bureau.receive("matter.submitted.v1", submitted())
    bureau.turn()
    data = {"matter_id": "m1", "matter_no": "183050", "topic": "城建环资", "secrecy": "internal", "difficult": True}
    for number in ("n1", "n2"):
        bureau.receive("matter.numbered.v1", data, id=number)
    bureau.turn()
    assert row(bureau)["matter_no"] == "183050"
    assert bureau.sent("task.opened.v1")[-1]["matter_no"] == "183050"
    known = facts(bureau)
    assert [known[name] for name in ("matter_no", "topic", "secrecy", "difficult")] == [
        "183050",
        "城建环资",
        "internal",
        True,
    ]
    assert [found["process"] for found in bureau.rows(t.case_)] == ["intake", "main"]
    assert all(bureau.replayed(found["id"]) for found in bureau.rows(t.case_))


def test_a_corrected_text_does_not_take_the_number_back(bureau: Office) -> None:
    """`matter.submitted` again knows no number."""
    bureau.receive("matter.submitted.v1", submitted())
    bureau.receive("matter.numbered.v1", {"matter_id": "m1", "matter_no": "183050"})
    bureau.turn()
    bureau.receive("matter.submitted.v1", submitted(title="关于增设坡道的建议"))
    bureau.turn()
    assert (row(bureau)["matter_no"], row(bureau)["title"]) == ("183050", "关于增设坡道的建议")


def test_a_number_for_an_unknown_matter_is_set_aside(bureau: Office) -> None:
    """Nobody reads answers to it: it is parked for people."""
    bureau.receive("matter.numbered.v1", {"matter_id": "m9", "matter_no": "1"})
    bureau.turn()
    assert [found["state"] for found in bureau.rows(t.inbox_)] == ["parked"]


def test_similar_matters_are_facts_without_texts(bureau: Office) -> None:
    """A table can read percent, year and class; the titles stay on the page."""
    bureau.receive("matter.submitted.v1", submitted())
    bureau.turn()
    assert facts(bureau)["similar"] == [{name: value for name, value in SIMILAR.items() if name != "title"}]
    assert facts(bureau)["similar"][0]["percent"] == 62


def test_a_requested_withdrawal_is_decided_by_its_own_process(bureau: Office) -> None:
    """The reason is a document, not state; what the process throws ends the cases that let themselves be ended."""
    bureau.receive("matter.submitted.v1", submitted())
    bureau.receive("matter.numbered.v1", {"matter_id": "m1", "matter_no": "183050"})
    bureau.turn()
    request = {
        "matter_id": "m1",
        "reason": "所提事项已解决",
        "requested_at": offices.NOW.isoformat(),
        "by": {"id": "d1", "name": "张代表"},
    }
    bureau.receive("withdrawal.requested.v1", request, id="w1")
    bureau.turn()
    [task] = [found for found in bureau.open() if found["element"] == "task_consent"]
    log = bureau.rows(t.stimulus, t.stimulus.c.case_id == task["case_id"])[0]
    assert "所提事项已解决".encode() not in bytes(log["payload"])
    assert log["actor"]["person"] == "d1"
    bureau.complete(task["id"], {"note": "均同意"}, OFFICE)
    [said] = bureau.sent("matter.withdrawn.v1")
    assert (said["reason"], said["withdrawn_at"]) == ("所提事项已解决", bureau.clock.now().isoformat())
    bureau.receive("matter.withdrawn.v1", said)
    bureau.turn()
    states = {found["process"]: found["outcome"] for found in bureau.rows(t.case_)}
    assert states == {"intake": "i_end", "main": "end_withdrawn", "withdrawal": "w_end"}
    assert bureau.replayed(task["case_id"])


def test_a_request_is_set_aside_where_the_package_has_no_process_for_it(office: Office) -> None:
    """It is parked for people, not lost."""
    office.start()
    request = {
        "matter_id": "m1",
        "reason": "不再需要",
        "requested_at": offices.NOW.isoformat(),
        "by": {"id": "d1", "name": "张代表"},
    }
    office.receive("withdrawal.requested.v1", request)
    office.turn()
    assert [found["state"] for found in office.rows(t.inbox_)] == ["parked"]
