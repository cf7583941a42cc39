"""An answer that comes after its time is told which date it missed and how that date was computed."""

import pytest

from services.common.problems import Problem
from services.workflow import timers
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import OFFICE, Office, publish

TIMED = """<bpmn:boundaryEvent id="evt_decide_due" name="期满" attachedToRef="task_decide">
  <bpmn:extensionElements><hy:timer deadline="decide"/></bpmn:extensionElements>
  <bpmn:timerEventDefinition id="ted_decide_due"/></bpmn:boundaryEvent>
<bpmn:sequenceFlow id="flow_decide_due" sourceRef="evt_decide_due" targetRef="end_done"/>
<bpmn:scriptTask id="script_units" name="分派">"""


def timed(office: Office) -> str:
    """The version whose first task ends with its deadline."""
    found = package.files(revision=2)
    main = found["main.bpmn"].decode().replace('<bpmn:scriptTask id="script_units" name="分派">', TIMED, 1)
    return publish(office, files={**found, "main.bpmn": main.encode()})


@pytest.mark.parametrize("ticked", [True, False], ids=["the clock came first", "the answer finds the clock due"])
def test_a_late_answer_is_told_the_date_and_its_reason(office: Office, ticked: bool) -> None:
    """Whoever looks first: the process has gone on by its rules, and the answer is refused as late."""
    case_id = office.start(version=timed(office))
    [task] = office.open(case_id)
    office.later(days=60)
    if ticked:
        timers.fire_due(office.engine, office.clock.now())
    with pytest.raises(Problem) as caught:
        office.complete(task["id"], {"units": ["u_a"]}, OFFICE)
    assert (caught.value.code, caught.value.status) == ("late", 409)
    [error] = caught.value.errors
    assert str(task["due"]) in error.text
    assert "第一条" in error.text
    assert str(task["due"]) in error.text_en
