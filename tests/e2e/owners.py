"""What a process owner changes in a copied package, with a text editor or a modeler: XML, YAML and JSON only."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

LEGAL: Final = "task_legal_review"

_ROLE: Final = """  legal_reviewer:
    label: 法制审查人
    label_en: legal reviewer
    scope: all
    grants: [matters.read_all, tasks.handle, ledger.read]
  unit_process_owner:
    label: 单位流程负责人
    label_en: process owner of a unit
    scope: unit
    grants: [processes.read, processes.edit]
  leader_reviewer:
"""
_LANE: Final = """      <bpmn:lane id="lane_review_legal" name="法制机构">
        <bpmn:flowNodeRef>task_legal_review</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>gw_legal_passed</bpmn:flowNodeRef>
      </bpmn:lane>
    </bpmn:laneSet>
"""
_NODES: Final = """    <bpmn:userTask id="task_legal_review" name="法制审查">
      <bpmn:extensionElements>
        <hy:deadline name="review_legal" rule="review"/>
        <hy:task role="legal_reviewer" form="legal_review" deadline="review_legal" public="答复审核" result="review"/>
      </bpmn:extensionElements>
      <bpmn:incoming>flow_gw_format_passed_to_task_review_leader</bpmn:incoming>
      <bpmn:outgoing>flow_task_legal_review_to_gw_legal_passed</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:exclusiveGateway id="gw_legal_passed" name="合法？" default="flow_gw_legal_passed_to_task_review_leader">
      <bpmn:incoming>flow_task_legal_review_to_gw_legal_passed</bpmn:incoming>
      <bpmn:outgoing>flow_gw_legal_passed_to_task_review_leader</bpmn:outgoing>
      <bpmn:outgoing>flow_gw_legal_passed_to_end_review_returned</bpmn:outgoing>
    </bpmn:exclusiveGateway>
    <bpmn:userTask id="task_review_leader" name="领导复审">
"""
_FLOWS: Final = """    <bpmn:sequenceFlow id="flow_task_legal_review_to_gw_legal_passed" sourceRef="task_legal_review" targetRef="gw_legal_passed"/>
    <bpmn:sequenceFlow id="flow_gw_legal_passed_to_task_review_leader" name="通过" sourceRef="gw_legal_passed" targetRef="task_review_leader"/>
    <bpmn:sequenceFlow id="flow_gw_legal_passed_to_end_review_returned" name="退回" sourceRef="gw_legal_passed" targetRef="end_review_returned">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">review.verdict == "return"</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
  </bpmn:process>
"""  # noqa: E501  as a modeler writes it
_SHAPES: Final = """      <bpmndi:BPMNShape id="lane_review_legal_di" bpmnElement="lane_review_legal" isHorizontal="true">
        <dc:Bounds x="150" y="500" width="980" height="140"/>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="task_legal_review_di" bpmnElement="task_legal_review">
        <dc:Bounds x="555" y="530" width="110" height="80"/>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="gw_legal_passed_di" bpmnElement="gw_legal_passed" isMarkerVisible="true">
        <dc:Bounds x="715" y="545" width="50" height="50"/>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="flow_task_legal_review_to_gw_legal_passed_di" bpmnElement="flow_task_legal_review_to_gw_legal_passed">
        <di:waypoint x="665" y="570"/>
        <di:waypoint x="715" y="570"/>
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="flow_gw_legal_passed_to_task_review_leader_di" bpmnElement="flow_gw_legal_passed_to_task_review_leader">
        <di:waypoint x="740" y="545"/>
        <di:waypoint x="740" y="500"/>
        <di:waypoint x="610" y="500"/>
        <di:waypoint x="610" y="470"/>
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="flow_gw_legal_passed_to_end_review_returned_di" bpmnElement="flow_gw_legal_passed_to_end_review_returned">
        <di:waypoint x="765" y="570"/>
        <di:waypoint x="1110" y="570"/>
        <di:waypoint x="1110" y="150"/>
        <di:waypoint x="1038" y="150"/>
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
"""  # noqa: E501  as a modeler writes it
_RETARGETED: Final = (
    'id="flow_gw_format_passed_to_task_review_leader" name="通过" sourceRef="gw_format_passed" targetRef='
)
_LEADER: Final = '<bpmn:userTask id="task_review_leader" name="领导复审">\n'
_CAME_FROM: Final = "<bpmn:incoming>flow_gw_{}_passed_to_task_review_leader</bpmn:incoming>"


def change(folder: Path, new: Path) -> None:
    """Copy the package to `new` as its next revision, with a legal review and two more days to return a matter."""
    shutil.copytree(folder, new)
    edit(new / "package.yaml", ("revision: 1\n", "revision: 2\n"), ("  leader_reviewer:\n", _ROLE))
    edit(
        new / "package.yaml",
        ("    review_leader: 领导复审\n", "    review_legal: 法制审查\n    review_leader: 领导复审\n"),
    )
    edit(new / "package.yaml", ("单位五个工作日内可申请退办", "单位七个工作日内可申请退办"))
    diagram = new / "reply_review.bpmn"
    head, _, tail = diagram.read_text("utf-8").partition(_LEADER)
    tail = tail.replace(_CAME_FROM.format("format"), _CAME_FROM.format("legal"), 1)
    diagram.write_text(head + _NODES + tail, "utf-8")
    edit(diagram, (f'{_RETARGETED}"task_review_leader"', f'{_RETARGETED}"task_legal_review"'))
    edit(diagram, ("    </bpmn:laneSet>\n", _LANE), ("  </bpmn:process>\n", _FLOWS))
    edit(diagram, ("    </bpmndi:BPMNPlane>\n", _SHAPES), ('width="1010" height="420"', 'width="1010" height="560"'))
    form = (new / "forms/review_leader.json").read_text("utf-8")
    for old, now in (("领导复审", "法制审查"), ("Leader's review", "Legal review"), ('"leader"', '"legal"')):
        form = form.replace(old, now)
    (new / "forms/legal_review.json").write_text(form, "utf-8")
    window = '<outputEntry id="rule_02_amount"><text>"{}wd"</text>'
    edit(new / "decisions/D03_deadlines.dmn", (window.format(5), window.format(7)))
    edit(new / "decisions/D03_deadlines.dmn", ("第六条：五个工作日内可申请退办", "第六条：七个工作日内可申请退办"))
    edit(
        new / "scenarios/happy_path.yaml",
        ("package: yunting-2026.1", "package: yunting-2026.2"),
        ("return_window@unit_a: 2026-03-05", "return_window@unit_a: 2026-03-09"),
        ("review: 3,", "review: 4,"),
    )


def simplify(diagram: Path) -> bytes:
    """A unit's own way inside: two tasks in the place of the package's, the head of the unit decides."""
    text = diagram.read_text("utf-8")
    for old, new in (
        ('id="task_unit_assign" name="分派科室"', 'id="task_head_decides" name="主要负责人批示"'),
        ('role="unit_office"', 'role="unit_head"'),
        ('id="task_prepare" name="调研并拟定办理意见"', 'id="task_site_visit" name="现场办公并拟定意见"'),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    text = text.replace('name="单位办公室"', 'name="单位主要负责人"')
    for old, new in (("task_unit_assign", "task_head_decides"), ("task_prepare", "task_site_visit")):
        text = text.replace(old, new)
    return text.encode()


def edit(path: Path, *changes: tuple[str, str]) -> None:
    """Replace what stands exactly once."""
    text = path.read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"{path.name}: {old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
