"""One little diagram for everything BPMN can draw, and the table of what the engine makes of each.

`python -m tests.unit.workflow.engine.specimens` writes docs/elements.md anew. 每种画法一张小图，据此写出元素表。
"""

from pathlib import Path

from services.workflow.engine import check_bpmn
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver

TABLE = Path(__file__).parents[4] / "docs" / "elements.md"
ROUTE = s.table("route", "n", "way", "- | 1")
SIGNAL = d.node("parallelGateway", "fork") + d.user("other") + d.node("intermediateThrowEvent", "throw", s.signal("s"))
ELSEWHERE = ("called_elsewhere", "decision_elsewhere")
BESIDE = ("start fork other throw told",)


def definition(kind: str, *, thrown: bool = False) -> str:
    """An event definition of a kind, complete."""
    named = {
        "message": d.message("m", key="'k'"),
        "timer": d.timer(duration="PT1H"),
        "signal": s.signal("s"),
        "error": s.error("e"),
        "escalation": s.escalation("e"),
        "conditional": s.conditional("true"),
        "link": d.node("linkEventDefinition", "link", name="l"),
        "multiple": d.message("m") + d.timer(duration="PT1H"),
    }
    return "" if kind == "none" else named.get(kind) or d.node(f"{kind}EventDefinition", f"{kind}_{thrown}")


def drawn(nodes: str, *paths: s.Path, more: str = "") -> bytes:
    """A diagram with what events refer to."""
    return s.sketch(nodes, *paths, messages=("m",), signals=("s",), more=s.codes("e") + more)


def beside(nodes: str, *paths: s.Path) -> bytes:
    """A diagram with a branch that throws the signal."""
    return drawn(SIGNAL + d.node("endEvent", "told") + nodes, *BESIDE, "fork x end", *paths)


def start(kind: str) -> bytes:
    """The event starts the process."""
    first = d.node("startEvent", "x", definition(kind)).encode()
    return drawn(d.user("t"), "x t end").replace(d.START.encode(), first)


def catch(kind: str) -> bytes:
    """The event is waited for."""
    node = d.node("intermediateCatchEvent", "x", definition(kind))
    return beside(node) if kind == "signal" else drawn(node, "start x end")


def throw(kind: str) -> bytes:
    """The event is thrown on the way."""
    node = d.node("intermediateThrowEvent", "x", definition(kind))
    inner = s.scope("sub", node + d.user("in"), "sub_start in x sub_end")
    return drawn(inner + d.boundary("b", "sub", s.escalation("e")), "start sub end", "b end")


def end(kind: str) -> bytes:
    """The event ends a process: a transaction, if it cancels."""
    inside = d.node("startEvent", "begin") + d.user("in") + d.node("endEvent", "x", definition(kind))
    tag = "transaction" if kind == "cancel" else "subProcess"
    sub = d.node(tag, "sub", inside + s.flows("begin in x"))
    caught = {"cancel": "<bpmn:cancelEventDefinition/>"}.get(kind, s.error(""))
    return drawn(sub + d.boundary("b", "sub", caught), "start sub end", "b end")


def boundary(kind: str, *, interrupting: bool) -> bytes:
    """The event happens while an activity runs, on which it stands."""
    thrown = kind if kind in ("error", "escalation", "cancel", "signal") else "none"
    inside = d.user("in") + d.node("endEvent", "out", definition(thrown, thrown=True))
    tag = "transaction" if kind == "cancel" else "subProcess"
    sub = s.scope("sub", inside, "sub_start in out", tag=tag).replace(
        '<bpmn:endEvent id="sub_end"></bpmn:endEvent>', ""
    )
    event = d.boundary("x", "sub", definition(kind), interrupting=interrupting) + d.user("after")
    return drawn(sub + event, "start sub end", "x after end")


PLACES = {
    "开始 start": start,
    "中间捕获 catching": catch,
    "中间抛出 throwing": throw,
    "结束 end": end,
    "边界，中断 boundary, interrupting": lambda kind: boundary(kind, interrupting=True),
    "边界，不中断 boundary, not interrupting": lambda kind: boundary(kind, interrupting=False),
}
KINDS = {
    "none": "空 none", "message": "消息 message", "timer": "定时器 timer", "signal": "信号 signal",
    "conditional": "条件 conditional", "error": "错误 error", "escalation": "升级 escalation",
    "terminate": "终止 terminate", "cancel": "取消 cancel", "compensate": "补偿 compensation", "link": "链接 link",
    "multiple": "多重 multiple",
}  # fmt: skip


def straight(node: str, *more: str) -> bytes:
    """start → x → end."""
    return drawn(node + "".join(more), "start x end")


def ways(tag: str) -> bytes:
    """A gateway that parts and one that joins."""
    flows = ("start x", ("x a", "n == 1"), ("x b", "", "dflt"), "a j", "b j", "j end")
    plain = ("start x a j", "x b j end")
    asks = tag in ("exclusiveGateway", "inclusiveGateway")
    nodes = d.node(tag, "x", **({"default": "dflt"} if asks else {})) + d.node(tag, "j") + d.user("a") + d.user("b")
    return drawn(nodes, *(flows if asks else plain))


def events(**attributes: str) -> bytes:
    """An event gateway before a message and a timer."""
    nodes = d.node("eventBasedGateway", "x", **attributes) + d.node("intermediateCatchEvent", "a", definition("timer"))
    nodes += d.node("intermediateCatchEvent", "b", definition("message"))
    return drawn(nodes, "start x a end", "x b end")


def repeated(inside: str, tag: str = "multiInstanceLoopCharacteristics", **attributes: str) -> bytes:
    """A user task with characteristics."""
    return straight(d.user("x", d.node(tag, "loop", inside, **attributes)))


def ref(name: str) -> str:
    """What a multi-instance goes through."""
    return f"<bpmn:loopDataInputRef>{name}</bpmn:loopDataInputRef>"


SUB = s.scope("x", d.user("in"), "x_start in x_end")
HANDLER = d.node("subProcess", "x", d.node("startEvent", "b", definition("message")) + d.node("endEvent", "e"),
                 s.flows("b e"), triggeredByEvent="true")  # fmt: skip
RULE = d.node("businessRuleTask", "x", ext="<spiffworkflow:calledDecisionId>route</spiffworkflow:calledDecisionId>")
OWN = "<bpmn:ioSpecification id='io'><bpmn:dataInput id='in'/></bpmn:ioSpecification>"
LANES = (
    "<bpmn:laneSet id='ls'><bpmn:lane id='l' name='L'><bpmn:flowNodeRef>x</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
)
POOLS = "<bpmn:collaboration id='c'><bpmn:participant id='x' processRef='P'/><bpmn:participant id='q'/>"
POOLS += "<bpmn:messageFlow id='mf' sourceRef='q' targetRef='x'/></bpmn:collaboration>"
NOTE = "<bpmn:textAnnotation id='n'/><bpmn:association id='as' sourceRef='n' targetRef='t'/><bpmn:group id='g'/>"
OUTSIDE = drawn(
    s.scope("sub", d.user("in"), "sub_start in sub_end") + d.boundary("x", "sub", "<bpmn:cancelEventDefinition/>"),
    "start sub end", "x end",
)  # fmt: skip
CALLED = s.called("Q", d.user("in"), "Q_start in Q_end")
NUMBER = "<bpmn:loopCardinality>2</bpmn:loopCardinality>"
CHILD = {"xmlns:f": "http://flowable.org/bpmn", "f:collection": "items"}

ELEMENTS: dict[str, dict[str, bytes]] = {
    "活动 Activities": {
        "任务 task": straight(d.node("task", "x")),
        "用户任务 user task": straight(d.user("x")),
        "手工任务 manual task": straight(d.node("manualTask", "x")),
        "脚本任务 script task": straight(d.script("x", "a = 1")),
        "业务规则任务 business rule task": straight(RULE),
        "发送任务 send task": straight(d.node("sendTask", "x", definition("message"))),
        "接收任务 receive task": straight(d.node("receiveTask", "x", definition("message"))),
        "服务任务 service task": straight(d.node("serviceTask", "x")),
        "调用活动 call activity": drawn(d.node("callActivity", "x", calledElement="Q"), "start x end", more=CALLED),
        "子流程 sub-process": drawn(SUB, "start x end"),
        "事务 transaction": drawn(SUB.replace("bpmn:subProcess", "bpmn:transaction"), "start x end"),
        "事件子流程 event sub-process": drawn(HANDLER + d.user("t"), "start t end"),
        "自由子流程 ad-hoc sub-process": straight(d.node("adHocSubProcess", "x", d.user("in"))),
        "调用编排 call choreography": straight(d.node("callChoreography", "x")),
        "事务之外的取消 cancel event outside of a transaction": OUTSIDE,
        "补偿活动 compensation activity": drawn(d.user("x", isForCompensation="true") + d.user("t"), "start t end"),
    },
    "网关 Gateways": {
        "排他 exclusive": ways("exclusiveGateway"),
        "并行 parallel": ways("parallelGateway"),
        "包容 inclusive": ways("inclusiveGateway"),
        "事件 event-based": events(),
        "并行事件 event-based, parallel": events(eventGatewayType="Parallel"),
        "复杂 complex": straight(d.node("complexGateway", "x")),
    },
    "重复 Repetition": {
        "多实例，并行，集合 instances at once, of a collection": repeated(ref("items")),
        "多实例，串行，集合 instances in a row, of a collection": repeated(ref("items"), isSequential="true"),
        "多实例，次数 instances by number": repeated(NUMBER),
        "标准循环 standard loop": repeated("", "standardLoopCharacteristics", loopMaximum="2"),
        "其他厂商的集合 collection of another vendor": repeated("", **CHILD),
        "任务自己的输入 the task's own input": straight(
            d.user("x", OWN, d.node("multiInstanceLoopCharacteristics", "l", ref("in")))
        ),
        "按实例抛事件 events of instances": repeated(NUMBER, behavior="One"),
        "令牌数量 quantities of tokens": straight(d.user("x", startQuantity="2")),
    },
    "连线 Flows": {
        "网关后的条件与默认流 conditions and default behind a gateway": ways("exclusiveGateway"),
        "活动后的条件 condition behind an activity": drawn(d.user("t"), "start t", ("t end", "a", "x")),
        "活动后多条线 several flows out of an activity": drawn(d.user("x") + d.user("b"), "start x end", "x b end"),
        "引用的事件定义 event definition by reference": straight(
            d.node("intermediateThrowEvent", "x", "<bpmn:eventDefinitionRef>td</bpmn:eventDefinitionRef>")
        ),
    },
    "图示 Drawings": {
        "泳道 lanes": straight(LANES + d.user("x")),
        "池与消息流 pools and message flows": drawn(d.user("t"), "start t end", more=POOLS),
        "注释、分组、关联 annotations, groups, associations": drawn(d.user("t") + NOTE, "start t end"),
        "数据对象 data objects": drawn(d.user("t") + d.node("dataObjectReference", "x"), "start t end"),
        "数据存储 data stores": drawn(d.user("t") + d.node("dataStoreReference", "x"), "start t end"),
        "任务的输入输出 inputs and outputs of a task": straight(d.user("x", OWN)),
    },
}


def ended(content: bytes) -> bool:
    """Whether the diagram runs to its end when everything that can happen does, what is awaited before the tasks."""
    driver = Driver(content, {"n": 1, "items": ["a", "b"]}, route_dmn=ROUTE)
    for _ in range(20):
        if driver.case.is_finished:
            break
        for kind, act in (("timer", driver.ring), ("message", driver.receive)):
            for element in list(driver.waits(kind))[:1]:
                act(element)
        for element in list(driver.tasks())[:1]:
            driver.complete(element)
    driver.check()
    return driver.case.is_finished


def verdict(content: bytes) -> tuple[str, str, str]:
    """What becomes of a diagram: a sign, and what to do instead in Chinese and English."""
    found = [finding for finding in check_bpmn("p.bpmn", content) if finding.code not in ELSEWHERE]
    assert {finding.element for finding in found} <= {"x", "io"}
    if any(finding.severity == "error" for finding in found):
        return "✗", found[0].cure, found[0].cure_en
    assert ended(content)
    return ("○", found[0].cure, found[0].cure_en) if found else ("✓", "", "")


HEAD = """# Elements 元素表

What the engine makes of everything BPMN can draw. Written from the program by
`python -m tests.unit.workflow.engine.specimens`; a test runs a diagram for every line and compares.
引擎如何对待 BPMN 的每种画法。本表由程序写成，测试逐行运行小图核对。

✓ executed 执行 · ○ accepted, only a drawing 接受，仅作图示 · ✗ refused, with what to draw instead 拒绝，写明改画成什么

More about each: [the engine](engine.md#executed).
"""


def table() -> str:
    """The whole page."""
    parts = [HEAD]
    for group, rows in ELEMENTS.items():
        parts.append(f"## {group}\n\n| | | 改画成 | Draw instead |\n|---|---|---|---|")
        for name, content in rows.items():
            parts.append("| " + " | ".join((name, *verdict(content))) + " |")
        parts.append("")
    notes: dict[str, str] = {}
    parts.append("## 事件 Events\n\n| | " + " | ".join(PLACES) + " |\n|---|" + "---|" * len(PLACES))
    for kind, name in KINDS.items():
        cells = []
        for place in PLACES.values():
            sign, instead, instead_en = verdict(place(kind))
            note = f"{instead} / {instead_en}"
            number = notes.setdefault(note, str(len(notes) + 1)) if instead else ""
            cells.append(f"{sign} {number}".strip())
        parts.append(f"| {name} | " + " | ".join(cells) + " |")
    parts.append("")
    parts += [f"{number}. {note}" for note, number in notes.items()]
    return "\n".join(parts) + "\n"


def every() -> list[bytes]:
    """All specimens."""
    plain = [content for rows in ELEMENTS.values() for content in rows.values()]
    return [*plain, *(place(kind) for kind in KINDS for place in PLACES.values())]


if __name__ == "__main__":
    TABLE.write_text(table(), "utf-8")
