"""Plain files of other modelers run: bpmn.io, Camunda 7 and Zeebe write the same BPMN with different decorations."""

import pytest

from services.workflow.engine import check_bpmn
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver

DIAGRAM = """
  <bpmndi:BPMNDiagram id="d1"><bpmndi:BPMNPlane id="p1" bpmnElement="P">
    <bpmndi:BPMNShape id="check_di" bpmnElement="check"><dc:Bounds x="270" y="80" width="100" height="80"/>
    </bpmndi:BPMNShape>
    <bpmndi:BPMNEdge id="f1_di" bpmnElement="f1"><di:waypoint x="1" y="1"/><di:waypoint x="2" y="1"/></bpmndi:BPMNEdge>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
"""


def written(executable: str, definitions: str, task: str, yes: str, more: str = "", before: str = "") -> bytes:
    """A file as a modeler saves it: submit, then approve until it is approved."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- saved by a modeler -->
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  {definitions} id="Definitions_1" targetNamespace="http://bpmn.io/schema/bpmn">
  {before}
  <bpmn:process id="P" name="审批" {executable}>
    <bpmn:documentation>How it goes</bpmn:documentation>
    <bpmn:startEvent id="start"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="submit"/>
    <bpmn:userTask id="submit" name="填写"><bpmn:incoming>f1</bpmn:incoming></bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="submit" targetRef="check"/>
    {task}
    <bpmn:sequenceFlow id="f3" sourceRef="check" targetRef="x"/>
    <bpmn:exclusiveGateway id="x" name="同意？" default="no"/>
    <bpmn:sequenceFlow id="yes" name="同意" sourceRef="x" targetRef="end">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{yes}</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="no" sourceRef="x" targetRef="submit"/>
    <bpmn:endEvent id="end"/>
    <bpmn:textAnnotation id="note"><bpmn:text>看这里</bpmn:text></bpmn:textAnnotation>
    <bpmn:association id="a1" sourceRef="check" targetRef="note"/>
    <bpmn:group id="g1" categoryValueRef="c1"/>
    {more}
  </bpmn:process>
  {DIAGRAM}
</bpmn:definitions>""".encode()


DATA = """
    <bpmn:dataObjectReference id="ref1" name="方案" dataObjectRef="obj1"/><bpmn:dataObject id="obj1"/>
    <bpmn:dataStoreReference id="store1" name="台账"/>
"""
BPMN_IO = written(
    'isExecutable="true"',
    "",
    """<bpmn:userTask id="check" name="审核">
      <bpmn:ioSpecification id="io1"><bpmn:dataInput id="di1" name="方案"/><bpmn:inputSet id="is1">
      <bpmn:dataInputRefs>di1</bpmn:dataInputRefs></bpmn:inputSet></bpmn:ioSpecification>
      <bpmn:property id="prop1" name="__targetRef_placeholder"/>
      <bpmn:dataInputAssociation id="in1"><bpmn:sourceRef>ref1</bpmn:sourceRef><bpmn:targetRef>prop1</bpmn:targetRef>
      </bpmn:dataInputAssociation>
      <bpmn:dataOutputAssociation id="out1"><bpmn:targetRef>store1</bpmn:targetRef></bpmn:dataOutputAssociation>
    </bpmn:userTask>""",
    "check.approved == true",
    DATA,
    '<bpmn:collaboration id="col"><bpmn:participant id="pool" name="政府办" processRef="P"/></bpmn:collaboration>',
)
CAMUNDA_7 = written(
    'isExecutable="true" camunda:historyTimeToLive="180"',
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:modeler="http://camunda.org/schema/modeler/1.0" '
    'modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.20.0"',
    """<bpmn:userTask id="check" name="审核" camunda:assignee="demo" camunda:candidateGroups="office"
      camunda:formKey="embedded:app:forms/check.html" camunda:dueDate="${dateTime().plusDays(3)}">
      <bpmn:extensionElements><camunda:formData><camunda:formField id="approved" label="同意" type="boolean"/>
      </camunda:formData><camunda:taskListener class="x.Y" event="create"/></bpmn:extensionElements></bpmn:userTask>
    """,
    "${check.approved}",
)
ZEEBE = written(
    'isExecutable="true"',
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:modeler="http://camunda.org/schema/modeler/1.0" '
    'modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.5.0"',
    """<bpmn:userTask id="check" name="审核"><bpmn:extensionElements><zeebe:userTask/>
      <zeebe:formDefinition formId="check"/><zeebe:assignmentDefinition assignee="=owner"/>
      <zeebe:ioMapping><zeebe:output source="=approved" target="approved"/></zeebe:ioMapping>
      </bpmn:extensionElements></bpmn:userTask>""",
    "=check.approved",
)


@pytest.mark.parametrize("content", [BPMN_IO, CAMUNDA_7, ZEEBE], ids=["bpmn.io", "Camunda 7", "Zeebe"])
def test_a_plain_file_runs_to_its_end(content: bytes) -> None:
    """Decorations of other engines are passed over; tasks wait, conditions hold, the loop turns, the case ends."""
    assert [found for found in check_bpmn("p.bpmn", content) if found.severity == "error"] == []
    driver = Driver(content)
    for approved in (False, True):
        driver.complete("submit", text="…")
        driver.complete("check", approved=approved)
    assert driver.case.is_finished
    driver.check()


def test_a_new_bpmn_io_file_is_not_executable_yet() -> None:
    """What bpmn.io saves by default is found out in words: the process must be marked as executable."""
    content = BPMN_IO.replace(b'isExecutable="true"', b'isExecutable="false"')
    (found,) = check_bpmn("p.bpmn", content)
    assert (found.code, found.element) == ("no_process", "P")
    assert "可执行" in found.cure


@pytest.mark.parametrize(
    "condition",
    ["${approved}", "#{approved}", "=approved", "= approved = true", "${approved == true}", "${!rejected}",
     "${approved && n > 1}", "approved and not rejected", "=n >= 2 and approved"],
)  # fmt: skip
def test_conditions_as_other_engines_write_them(condition: str) -> None:
    """The usual ways to ask for a variable mean the same here."""
    content = CAMUNDA_7.replace(b"${check.approved}", condition.replace("&", "&amp;").replace(">", "&gt;").encode())
    if "= true" in condition and "==" not in condition:
        assert {found.code for found in check_bpmn("p.bpmn", content)} == {"bad_expression"}  # FEEL's own equality
        return
    driver = Driver(content, {"approved": True, "rejected": False, "n": 2})
    driver.complete("submit")
    driver.complete("check")
    assert driver.case.is_finished


def test_a_camunda_decision_is_called() -> None:
    """`camunda:decisionRef` and `zeebe:calledDecision` name the table as `calledDecisionId` does."""
    for rule in (
        '<bpmn:businessRuleTask id="check" xmlns:camunda="urn:c" camunda:decisionRef="route"/>',
        '<bpmn:businessRuleTask id="check"><bpmn:extensionElements><zeebe:calledDecision xmlns:zeebe="urn:z" '
        'decisionId="route" resultVariable="r"/></bpmn:extensionElements></bpmn:businessRuleTask>',
    ):
        content = written('isExecutable="true"', "", rule, "check.approved")
        driver = Driver(content, {"kind": 1}, route_dmn=s.table("route", "kind", "approved", "- | true"))
        driver.complete("submit")
        assert driver.case.is_finished
