"""What a process owner changes in a copied package, with a text editor or a modeler: XML, YAML and JSON only."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Final

from tests.e2e.modelers import Box, Drawing

LEGAL: Final = "task_legal_review"
SITE_CHECK: Final = "task_site_check"

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
_TASK: Final = """<bpmn:userTask id="task_legal_review" name="法制审查">
  <bpmn:extensionElements>
    <hy:deadline name="review_legal" rule="review"/>
    <hy:task role="legal_reviewer" form="legal_review" deadline="review_legal" public="答复审核" result="review"/>
  </bpmn:extensionElements>
</bpmn:userTask>"""
_SITE_CHECK: Final = """<bpmn:userTask id="task_site_check" name="现场核查">
  <bpmn:extensionElements>
    <hy:deadline name="site_check" rule="co_opinion" unit="co_handler.unit"/>
    <hy:task role="unit_liaison" unit="co_handler.unit" form="site_check" deadline="site_check" public="会办单位研究"/>
  </bpmn:extensionElements>
</bpmn:userTask>"""
_GATEWAY: Final = (
    '<bpmn:exclusiveGateway id="gw_legal_passed" name="合法？" default="flow_gw_legal_passed_to_task_review_leader"/>'
)
_WINDOW: Final = re.compile(r'(<text>"return_window"</text>.*?<text>)"5wd"(</text>)', re.DOTALL)


def change(folder: Path, new: Path) -> None:
    """Copy the package to `new` as its next revision, with a legal review and two more days to return a matter."""
    shutil.copytree(folder, new)
    edit(new / "package.yaml", ("revision: 1\n", "revision: 2\n"), ("  leader_reviewer:\n", _ROLE))
    edit(
        new / "package.yaml",
        ("    review_leader: 领导复审\n", "    review_legal: 法制审查\n    review_leader: 领导复审\n"),
    )
    edit(new / "package.yaml", ("单位五个工作日内可申请退办", "单位七个工作日内可申请退办"))
    _review_by_lawyers(new / "reply_review.bpmn")
    form = (new / "forms/review_leader.json").read_text("utf-8")
    for old, now in (("领导复审", "法制审查"), ("Leader's review", "Legal review"), ('"leader"', '"legal"')):
        form = form.replace(old, now)
    (new / "forms/legal_review.json").write_text(form, "utf-8")
    table = new / "decisions/D03_deadlines.dmn"
    edit(table, ("第六条：五个工作日内可申请退办", "第六条：七个工作日内可申请退办"))
    text, count = _WINDOW.subn(r'\1"7wd"\2', table.read_text("utf-8"))
    assert count == 1
    table.write_text(text, "utf-8")
    edit(
        new / "scenarios/happy_path.yaml",
        ("package: yunting-2026.1", "package: yunting-2026.2"),
        ("return_window@unit_a: 2026-03-05", "return_window@unit_a: 2026-03-09"),
        ("review: 6,", "review: 7,"),
    )


def _review_by_lawyers(diagram: Path) -> None:
    """Whatever led to the leader's review leads to the legal one first; what is not legal goes back."""
    drawing = Drawing(diagram)
    came, leader = drawing.flows_to("task_review_leader"), drawing.box("task_review_leader")
    lane = drawing.add_lane("lane_review_legal", "法制机构", LEGAL, "gw_legal_passed")
    drawing.add_node(_TASK, Box(leader.x, lane.y + 20, 110, 80))
    drawing.add_node(_GATEWAY, Box(leader.x + 160, lane.y + 35, 50, 50))
    for flow in came:
        drawing.retarget(flow, LEGAL)
    drawing.add_flow("flow_task_legal_review_to_gw_legal_passed", LEGAL, "gw_legal_passed")
    drawing.add_flow("flow_gw_legal_passed_to_task_review_leader", "gw_legal_passed", "task_review_leader", name="通过")
    drawing.add_flow(
        "flow_gw_legal_passed_to_end_review_returned",
        "gw_legal_passed",
        "end_review_returned",
        name="退回",
        condition='review.verdict == "return"',
    )
    diagram.write_bytes(drawing.content())


def visit_first(folder: Path, new: Path) -> None:
    """Copy the package to `new` as its next revision: before an opinion the unit looks at the place, by a new form."""
    shutil.copytree(folder, new, ignore=shutil.ignore_patterns("scenarios"))
    label = "    co_check: 核对会办意见\n"
    edit(new / "package.yaml", ("revision: 1\n", "revision: 2\n"), (label, f"    site_check: 现场核查\n{label}"))
    record = "urn:huiyin:record:activity#/properties"
    fields = {name: {"$ref": f"{record}/{name}"} for name in ("date", "present", "outcome")}
    lamps = {
        "count": {"title": "不亮的灯", "type": "integer", "minimum": 1},
        "seen_on": {"title": "查看日期", "type": "string", "format": "date"},
        "poles": {"title": "灯杆", "type": "array", "minItems": 1, "items": {"enum": ["steel", "concrete"]}},
        "finding": {"title": "现场情况", "type": "string", "minLength": 20},
    }
    form = {
        "title": "现场核查",
        "x-title-en": "Looking at the place",
        "x-record": "activity",
        "type": "object",
        "properties": {
            **fields,
            "type": {"$ref": f"{record}/type", "enum": ["site_visit"], "default": "site_visit", "x-widget": "hidden"},
            "extra": {"type": "object", "properties": lamps, "required": [*lamps]},
        },
        "required": ["type", *fields, "extra"],
        "additionalProperties": False,
    }
    (new / "forms/site_check.json").write_text(json.dumps(form, ensure_ascii=False), "utf-8")
    diagram = new / "co_handling.bpmn"
    drawing = Drawing(diagram)
    lane = drawing.add_lane("lane_place", "会办单位·现场", SITE_CHECK)
    drawing.add_node(_SITE_CHECK, Box(drawing.box("task_co_opinion").x, lane.y + 20, 110, 80))
    drawing.retarget("flow_start_co_handling_to_task_co_opinion", SITE_CHECK)
    drawing.add_flow("flow_task_site_check_to_task_co_opinion", SITE_CHECK, "task_co_opinion")
    diagram.write_bytes(drawing.content())


def simplify(diagram: Path) -> bytes:
    """A unit's own way inside: the head decides at once, nobody reads or gives opinions; then a visit on site."""
    drawing = Drawing(diagram)
    for node in ("task_unit_read", "script_shares", "task_section_opinion"):
        drawing.cut(node)
    text = drawing.content().decode()
    for old, new in (
        ('id="task_unit_assign" name="登记分派"', 'id="task_head_decides" name="主要负责人批示"'),
        ('<hy:return to="task_unit_read"/>', ""),
        ('role="unit_office"', 'role="unit_head"'),
        ('id="task_prepare" name="调研并拟定办理意见"', 'id="task_site_visit" name="现场办公并拟定意见"'),
        ('name="单位办公室"', 'name="单位主要负责人"'),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
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
