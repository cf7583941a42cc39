"""Raised secrecy starts the process a package has for it; what runs keeps what it knows."""

from typing import Any

import pytest

from services.common import db
from services.workflow import matters, packages, versions
from services.workflow import tables as t
from tests.unit.workflow.service import office as offices
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import OFFICE, Office, matter

VERSION = "testcity-2026.2"
REASON = "附件含有未公开的管线资料"
_UNPUBLISH = """
<bpmn:startEvent id="u_start" name="密级调整"/>
<bpmn:exclusiveGateway id="gw_published" name="当时是否公开" default="u_not"/>
<bpmn:userTask id="task_unpublish" name="撤下"><bpmn:extensionElements>
  <hy:deadline name="decide" rule="decide"/>
  <hy:task role="office" form="opinion" deadline="decide" public="撤下公开内容"/>
  </bpmn:extensionElements></bpmn:userTask>
<bpmn:endEvent id="u_nothing" name="无需撤下"/>
<bpmn:endEvent id="u_end" name="已撤下"/>
<bpmn:sequenceFlow id="u1" sourceRef="u_start" targetRef="gw_published"/>
<bpmn:sequenceFlow id="u_yes" sourceRef="gw_published" targetRef="task_unpublish">
  <bpmn:conditionExpression>secrecy_change.published</bpmn:conditionExpression></bpmn:sequenceFlow>
<bpmn:sequenceFlow id="u_not" sourceRef="gw_published" targetRef="u_nothing"/>
<bpmn:sequenceFlow id="u2" sourceRef="task_unpublish" targetRef="u_end"/>
"""


@pytest.fixture
def bureau(office: Office) -> Office:
    """The office with a second version that takes down what was published."""
    files = package.files(2)
    settings = files["package.yaml"].decode()
    settings = settings.replace("matter.submitted: main", "matter.submitted: main\n  matter.secrecy_changed: unpublish")
    settings = settings.replace("follow: 跟踪", "follow: 跟踪, unpublish: 撤下公开内容")
    variable = "  - {name: secrecy_change, label: 密级调整, type: record, set_by: [matter.secrecy_changed]}"
    settings = settings.replace("variables:", f"variables:\n{variable}")
    found = packages.load(
        {
            **files,
            "package.yaml": settings.encode(),
            "unpublish.bpmn": package.diagram("unpublish", "撤下公开内容", _UNPUBLISH, ""),
        }
    )
    with db.begin(office.engine) as conn:
        versions.submit(conn, found, "a-owner", offices.NOW)
        versions.approve(conn, VERSION, "a-second", offices.NOW)
    return office


def submit(office: Office, version: str = VERSION) -> None:
    """A matter under a version, its first case running."""
    known = matter("m1")
    office.receive("matter.submitted.v1", {**known, "session": {**known["session"], "process_version": version}})
    office.turn()


def change(office: Office, secrecy: str, before: str, *, matter_id: str = "m1", published: bool = True) -> None:
    """Intake says that the secrecy was changed."""
    data: dict[str, Any] = {
        "matter_id": matter_id,
        "secrecy": secrecy,
        "before": before,
        "published": published,
        "reason": REASON,
        "changed_at": offices.NOW.isoformat(),
        "by": {"id": "p-clerk", "name": "王登记"},
    }
    office.receive("matter.secrecy_changed.v1", data)
    office.turn()


def processes(office: Office) -> list[str]:
    """The processes that were started."""
    return [found["process"] for found in office.rows(t.case_)]


def secrecy(office: Office) -> str:
    """What a case started now would know."""
    with db.read(office.engine) as conn:
        found = matters.get(conn, "m1")
        assert found is not None
        return str(matters.facts(found, {})["secrecy"])


def states(office: Office) -> set[str]:
    """What became of the messages."""
    return {found["state"] for found in office.rows(t.inbox_)}


def test_raised_secrecy_starts_the_process_for_it(bureau: Office) -> None:
    """Its facts are a variable, its reason a document, who changed it stands in the log; the log replays."""
    submit(bureau)
    change(bureau, "internal", "none")
    [task] = [found for found in bureau.open() if found["element"] == "task_unpublish"]
    log = bureau.rows(t.stimulus, t.stimulus.c.case_id == task["case_id"])[0]
    assert log["actor"] == {"account": "/intake", "person": "p-clerk", "name": "王登记"}
    assert REASON.encode() not in bytes(log["payload"])
    assert REASON in [found["body"] for found in bureau.rows(t.document)]
    bureau.complete(task["id"], {"note": "已撤下"}, OFFICE)
    assert bureau.replayed(task["case_id"])


def test_the_process_knows_whether_anything_was_public(bureau: Office) -> None:
    """Where nothing was, its diagram has nothing to do."""
    submit(bureau)
    change(bureau, "internal", "none", published=False)
    assert {found["process"]: found["outcome"] for found in bureau.rows(t.case_)}["unpublish"] == "u_nothing"


def test_later_cases_know_the_new_secrecy_and_running_ones_keep_theirs(bureau: Office) -> None:
    """The projection moves; the log of the running case does not, and still replays."""
    submit(bureau)
    before = len(bureau.rows(t.stimulus))
    change(bureau, "internal", "none")
    assert secrecy(bureau) == "internal"
    running, started = bureau.rows(t.case_)
    assert len(bureau.rows(t.stimulus)) == before + 1
    assert bureau.replayed(running["id"])
    assert b'"secrecy":"internal"' in bytes(
        bureau.rows(t.stimulus, t.stimulus.c.case_id == started["id"])[0]["payload"]
    )


def test_lowered_secrecy_starts_nothing(bureau: Office) -> None:
    """It is known, and that is all; publishing is decided by people."""
    submit(bureau)
    change(bureau, "internal", "none")
    change(bureau, "none", "internal", published=False)
    assert processes(bureau) == ["main", "unpublish"]
    assert secrecy(bureau) == "none"
    assert states(bureau) == {"done"}


def test_a_package_without_a_process_for_it_starts_none(office: Office) -> None:
    """Silently: intake has hidden the matter already."""
    submit(office, "testcity-2026.1")
    change(office, "internal", "none")
    assert processes(office) == ["main"]
    assert secrecy(office) == "internal"
    assert states(office) == {"done"}


def test_a_change_for_an_unknown_matter_is_set_aside(office: Office) -> None:
    """It is parked for people."""
    change(office, "internal", "none", matter_id="m9")
    assert states(office) == {"parked"}
