"""A small process package: decide, ask units for opinions in parallel, wait for a letter, follow up."""

from __future__ import annotations

import json

SETTINGS = """\
locality: testcity
name: 测试市
year: 2026
revision: 1
level: 市
calendar: cn
zone: Asia/Shanghai
deadlines: D_limits
entries:
  matter.submitted: main
extension_points:
  inside:
    process: inside
    label: 单位内部
    label_en: inside the unit
    reads: [matter]
    writes: []
basis: []
roles:
  office: {label: 督查室, label_en: office, scope: all,
    grants: [matters.read_all, tasks.handle, tasks.urge, cases.operate]}
  liaison: {label: 联络员, label_en: liaison, scope: unit, grants: [matters.read_unit, tasks.handle]}
  owner: {label: 流程负责人, label_en: owner, scope: all, grants: [processes.read, processes.edit, processes.approve]}
classes:
  solved: {letter: A, label: 已解决}
  in_progress: {letter: B, label: 正在解决}
  planned: {letter: B, label: 列入计划}
  deferred: {letter: C, label: 暂缓}
  for_reference: {letter: C, label: 参考}
variables:
  - {name: decision, label: 决定, type: record, set_by: [task_decide]}
  - {name: units, label: 单位, type: list, set_by: [script_units]}
  - {name: unit, label: 一个单位, type: string, set_by: [task_opinion]}
  - {name: opinion, label: 意见, type: record, set_by: [task_opinion]}
  - {name: opinions, label: 全部意见, type: list, set_by: [task_opinion]}
  - {name: letter, label: 送达, type: record, set_by: [evt_letter]}
labels:
  process: {main: 主流程, follow: 跟踪, inside: 单位内部}
  deadline: {decide: 决定期限, opinion: 意见期限}
"""

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:hy="urn:huiyin:bpmn:1"
  id="defs_{name}" targetNamespace="urn:huiyin:processes">{messages}
<bpmn:process id="{name}" name="{label}" isExecutable="true">{body}</bpmn:process></bpmn:definitions>"""


def _flow(*pairs: tuple[str, str]) -> str:
    return "".join(f'<bpmn:sequenceFlow id="flow_{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairs)


_MAIN = """
<bpmn:extensionElements>
  <hy:interrupt message="matter.withdrawn" to="evt_withdrawn" reason="withdrawn"/>
  <hy:accepts record="progress_note" verb="add" role="liaison"/>
</bpmn:extensionElements>
<bpmn:startEvent id="start" name="提交">
  <bpmn:extensionElements><hy:milestone state="submitted"/></bpmn:extensionElements>
</bpmn:startEvent>
<bpmn:userTask id="task_decide" name="决定"><bpmn:extensionElements>
  <hy:deadline name="decide" rule="decide"/>
  <hy:task role="office" form="decide" deadline="decide" public="决定" result="decision"/>
</bpmn:extensionElements></bpmn:userTask>
<bpmn:scriptTask id="script_units" name="分派"><bpmn:script>units = decision.units</bpmn:script></bpmn:scriptTask>
<bpmn:userTask id="task_opinion" name="意见"><bpmn:extensionElements>
  <hy:deadline name="opinion" rule="opinion" unit="unit"/>
  <hy:task role="liaison" unit="unit" form="opinion" deadline="opinion" public="意见" result="opinion"/>
</bpmn:extensionElements>
  <bpmn:multiInstanceLoopCharacteristics id="loop_opinion">
    <bpmn:loopDataInputRef>units</bpmn:loopDataInputRef>
    <bpmn:loopDataOutputRef>opinions</bpmn:loopDataOutputRef>
    <bpmn:inputDataItem id="unit" name="unit"/>
    <bpmn:outputDataItem id="opinion" name="opinion"/>
  </bpmn:multiInstanceLoopCharacteristics>
</bpmn:userTask>
<bpmn:intermediateCatchEvent id="evt_letter" name="等待送达">
  <bpmn:extensionElements><hy:message key="case.id + '.letter'" result="letter"/></bpmn:extensionElements>
  <bpmn:messageEventDefinition id="med_letter" messageRef="msg_delivered"/>
</bpmn:intermediateCatchEvent>
<bpmn:intermediateCatchEvent id="evt_pause" name="等待一周">
  <bpmn:timerEventDefinition id="ted_pause"><bpmn:timeDuration>P7D</bpmn:timeDuration></bpmn:timerEventDefinition>
</bpmn:intermediateCatchEvent>
<bpmn:intermediateThrowEvent id="evt_start_follow" name="转入跟踪">
  <bpmn:extensionElements><hy:start process="follow" data="{'round': 1}"/>
  <hy:milestone state="following_up"/></bpmn:extensionElements>
</bpmn:intermediateThrowEvent>
<bpmn:endEvent id="end_done" name="结束">
  <bpmn:extensionElements><hy:milestone state="completed"/></bpmn:extensionElements></bpmn:endEvent>
<bpmn:intermediateThrowEvent id="evt_withdrawn" name="撤回">
  <bpmn:extensionElements><hy:milestone state="withdrawn"/></bpmn:extensionElements>
</bpmn:intermediateThrowEvent>
<bpmn:endEvent id="end_withdrawn" name="已撤回"/>
""" + _flow(
    ("start", "task_decide"),
    ("task_decide", "script_units"),
    ("script_units", "task_opinion"),
    ("task_opinion", "evt_letter"),
    ("evt_letter", "evt_pause"),
    ("evt_pause", "evt_start_follow"),
    ("evt_start_follow", "end_done"),
    ("evt_withdrawn", "end_withdrawn"),
)

_FOLLOW = """
<bpmn:startEvent id="f_start" name="开始"/>
<bpmn:callActivity id="call_inside" name="单位内部" calledElement="inside">
  <bpmn:extensionElements><hy:extension-point name="inside" unit="'u_a'"/></bpmn:extensionElements></bpmn:callActivity>
<bpmn:endEvent id="f_end" name="结束"/>
""" + _flow(("f_start", "call_inside"), ("call_inside", "f_end"))

_INSIDE = (
    """
<bpmn:startEvent id="{p}_start" name="开始"/>
<bpmn:userTask id="{p}_task" name="{name}"><bpmn:extensionElements>
  <hy:deadline name="decide" rule="decide"/>
  <hy:task role="liaison" unit="'u_a'" form="opinion" deadline="decide" public="跟踪"/>
</bpmn:extensionElements></bpmn:userTask>
<bpmn:endEvent id="{p}_end" name="结束"/>
"""
    + '<bpmn:sequenceFlow id="{p}_f1" sourceRef="{p}_start" targetRef="{p}_task"/>'
    + '<bpmn:sequenceFlow id="{p}_f2" sourceRef="{p}_task" targetRef="{p}_end"/>'
)

_TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="defs_limits" name="期限" namespace="urn:t">
<decision id="D_limits" name="期限"><decisionTable id="t_limits" hitPolicy="UNIQUE">
<input id="i1"><inputExpression id="ie1" typeRef="string"><text>deadline</text></inputExpression></input>
<output id="o1" name="amount" typeRef="string"/><output id="o2" name="roll" typeRef="string"/>
<output id="o3" name="basis" typeRef="string"/><output id="o4" name="clock_start" typeRef="string"/>
{rules}</decisionTable></decision></definitions>"""


def _rule(n: int, name: str, amount: str) -> str:
    cells = (f'"{amount}"', '"next_working_day"', '"第一条"', '"now"')
    outputs = "".join(f'<outputEntry id="r{n}o{k}"><text>{c}</text></outputEntry>' for k, c in enumerate(cells))
    return f'<rule id="r{n}"><inputEntry id="r{n}i"><text>"{name}"</text></inputEntry>{outputs}</rule>'


def _form(title: str, required: list[str], **properties: object) -> bytes:
    schema = {
        "title": title,
        "x-title-en": title,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    return json.dumps(schema, ensure_ascii=False).encode()


def diagram(name: str, label: str, body: str, messages: str = "") -> bytes:
    """One BPMN file."""
    return _HEAD.format(name=name, label=label, body=body, messages=messages).encode()


def inside(prefix: str, name: str) -> bytes:
    """A unit's own diagram for the extension point `inside`."""
    return diagram("inside", name, _INSIDE.format(p=prefix, name=name))


def files(revision: int = 1) -> dict[str, bytes]:
    """The files of the package."""
    units = {
        "type": "array",
        "title": "单位",
        "x-title-en": "units",
        "minItems": 1,
        "items": {"type": "string", "x-options": "units"},
        "examples": [["u_a", "u_b"]],
    }
    note = {
        "type": "string",
        "title": "说明",
        "x-title-en": "note",
        "x-text": True,
        "maxLength": 500,
        "examples": ["说明"],
    }
    message = '<bpmn:message id="msg_delivered" name="reply.delivered"/>'
    return {
        "package.yaml": SETTINGS.replace("revision: 1", f"revision: {revision}").encode(),
        "main.bpmn": diagram("main", "主流程", _MAIN, message),
        "follow.bpmn": diagram("follow", "跟踪", _FOLLOW),
        "inside.bpmn": inside("inside", "默认办理"),
        "decisions/D_limits.dmn": _TABLE.format(rules=_rule(1, "decide", "5wd") + _rule(2, "opinion", "10d")).encode(),
        "forms/decide.json": _form("决定", ["units"], units=units, note=note),
        "forms/opinion.json": _form("意见", ["note"], note=note),
    }
