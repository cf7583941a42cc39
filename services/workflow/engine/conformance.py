"""Which BPMN the engine executes: every construct it refuses, named with the reason and what to draw instead.

A lone file of any vendor gets these findings only; the rules of a package are checked by `services.workflow.packages`.
"""

from collections.abc import Iterator
from typing import Any

from services.workflow.engine.documents import parse_xml
from services.workflow.engine.expressions import compile_expression, compile_script
from services.workflow.engine.failures import ExpressionError
from services.workflow.engine.findings import Finding, Refused, Words, word

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
HY = "urn:huiyin:bpmn:1"
CAMUNDA = ("http://camunda.org/schema/1.0/bpmn", "http://camunda.org/schema/zeebe/1.0")

WORDS = {
    "not_bpmn": Words(
        "不是 BPMN 2.0 文件",
        "not a BPMN 2.0 file",
        "请上传由 BPMN 建模工具保存的文件",
        "upload a file saved by a BPMN modeler",
    ),
    "no_process": Words(
        "没有可执行的流程",
        "there is no executable process",
        "把流程的“可执行”设为是",
        "mark the process as executable",
    ),
    "no_start": Words("流程没有开始事件", "the process has no start event", "画一个开始事件", "draw a start event"),
    "no_end": Words("流程没有结束事件", "the process has no end event", "画一个结束事件", "draw an end event"),
    "missing_id": Words(
        "元素没有 id", "an element has no id", "用建模工具重新保存", "save the file again in a modeler"
    ),
    "duplicate_id": Words(
        "id “{id}”出现两次",
        "the id '{id}' occurs twice",
        "给其中一个换一个 id",
        "give one of them another id",
    ),
    "duplicate_process": Words(
        "流程 id “{process}”在两个文件中出现",
        "the process id '{process}' occurs in two files",
        "每个流程用自己的 id",
        "give every process an id of its own",
    ),
    "dangling_flow": Words(
        "顺序流没有连到存在的元素",
        "a sequence flow does not connect existing elements",
        "重新连接这条线",
        "connect the flow again",
    ),
    "unreachable": Words(
        "从开始事件走不到这里，它永远不会执行",
        "cannot be reached from a start event; it would never run",
        "把它接入流程，或删除",
        "connect it, or delete it",
    ),
    "unsupported": Words("引擎不执行“{what}”", "the engine does not execute '{what}'", "{instead}", "{instead_en}"),
    "several_flows": Words(
        "活动后面直接分出多条线",
        "several flows leave an activity",
        "在其后画一个网关，说明是并行还是选择",
        "draw a gateway behind it that says parallel or exclusive",
    ),
    "no_default": Words(
        "网关没有默认流，条件都不成立时流程会停住",
        "the gateway has no default flow; a case stops when no condition holds",
        "把其中一条线设为默认流",
        "make one of the flows the default",
    ),
    "no_condition": Words(
        "非默认流没有条件",
        "a flow that is not the default has no condition",
        "写上条件",
        "give it a condition",
    ),
    "bad_expression": Words(
        "表达式不能使用：{detail}",
        "the expression cannot be used: {detail_en}",
        "改写表达式",
        "rewrite the expression",
    ),
    "bad_timer": Words(
        "定时器没有时间",
        "the timer has no time",
        "填写期限、日期、时长或周期",
        "give a deadline, date, duration or cycle",
    ),
    "no_trigger": Words(
        "没有说明等待或发送什么",
        "it does not say what it waits for or sends",
        "选择消息、定时器或信号等事件类型",
        "choose a message, timer, signal or other event",
    ),
    "drawn_only": Words(
        "数据对象和数据存储只作图示，引擎不读也不写",
        "data objects and data stores are drawings only; the engine neither reads nor writes them",
        "把事实放进变量或登记记录",
        "keep facts in variables or records",
    ),
    "bad_instances": Words(
        "多实例没有集合也没有次数",
        "the multi-instance has neither a collection nor a number",
        "填写集合变量",
        "name the variable that holds the collection",
    ),
    "no_called_process": Words(
        "没有写明调用哪个流程", "no called process is named", "填写被调用流程的 id", "name the called process"
    ),
    "not_executable": Words(
        "图不能执行：{detail}",
        "the diagram cannot be executed: {detail}",
        "按提示修改该元素",
        "mend the element",
    ),
}

INSTEAD: dict[str, tuple[str, str]] = {
    "eventSubProcess": (
        "用流程级的 hy:interrupt，或给子流程加边界事件",
        "use hy:interrupt or a boundary event",
    ),
    "adHocSubProcess": ("用 hy:accepts 随时登记，或并行网关", "use hy:accepts, or a parallel gateway"),
    "complexGateway": ("用并行、包容或排他网关", "use a parallel, inclusive or exclusive gateway"),
    "linkEventDefinition": ("直接连线", "draw the flow"),
    "compensateEventDefinition": ("画出更正的步骤", "draw the correcting steps"),
    "serviceTask": ("用消息抛出事件，由系统接收", "throw a message for a system to receive"),
    "callChoreography": ("用调用活动", "use a call activity"),
    "nonInterruptingMessage": ("用 hy:accepts，可多次登记", "use hy:accepts, which takes any number"),
    "camundaInstances": ("用标准的 loopDataInputRef", "use the standard loopDataInputRef"),
    "multipleEvents": ("每个事件画成单独的事件", "draw each event by itself"),
    "throwTimer": ("用中间捕获定时器", "use an intermediate catching timer"),
    "misplacedEvent": ("换成此处可用的事件类型", "use a kind of event that is possible here"),
    "cancelOutside": ("取消事件只用于事务子流程", "cancel events belong to transactions"),
}

NODES = frozenset(
    (
        "startEvent",
        "endEvent",
        "boundaryEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "task",
        "userTask",
        "manualTask",
        "scriptTask",
        "businessRuleTask",
        "sendTask",
        "receiveTask",
        "subProcess",
        "transaction",
        "callActivity",
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "eventBasedGateway",
    )
)
REFUSED_NODES = frozenset(("serviceTask", "adHocSubProcess", "complexGateway", "callChoreography"))
TRIGGERS = frozenset(
    f"{kind}EventDefinition"
    for kind in (
        "message",
        "timer",
        "signal",
        "error",
        "escalation",
        "conditional",
        "terminate",
        "cancel",
        "link",
        "compensate",
    )
)
_CATCHING = ("message", "timer", "signal", "conditional")
PLACES = {
    "startEvent": _CATCHING,
    "intermediateCatchEvent": _CATCHING,
    "boundaryEvent": (*_CATCHING, "error", "escalation", "cancel"),
    "intermediateThrowEvent": ("message", "signal", "escalation", "timer"),
    "endEvent": ("message", "signal", "error", "escalation", "cancel", "terminate", "timer"),
    "sendTask": ("message",),
    "receiveTask": ("message",),
}
"""The events each node may have; timers that cannot be waited for are refused with words of their own."""
GATEWAYS = frozenset(("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"))


def elements(root: Any, name: str) -> Iterator[Any]:
    """All BPMN elements of this name, the root included."""
    return root.iter(f"{{{BPMN}}}{name}")  # type: ignore[no-any-return]


def local(node: Any) -> str:
    """The BPMN name of a node, empty for other namespaces."""
    tag = node.tag
    return tag.split("}")[1] if isinstance(tag, str) and tag.startswith(f"{{{BPMN}}}") else ""


class Checker:
    """Collects the findings of one file."""

    def __init__(self, file: str, root: Any) -> None:
        self.file, self.root = file, root
        self.findings: list[Finding] = []
        self.by_id: dict[str, Any] = {}

    def find(self, code: str, node: Any, severity: str = "error", **facts: Any) -> None:
        """Note a finding on a node."""
        element = node.get("id") if node is not None else None
        level = "warning" if severity == "warning" else "error"
        self.findings.append(word(WORDS, code, file=self.file, element=element, severity=level, **facts))  # type: ignore[arg-type]

    def refuse(self, what: str, node: Any) -> None:
        """Note a construct the engine does not execute."""
        instead, instead_en = INSTEAD.get(what, ("改用支持的元素", "use a supported element"))
        self.find("unsupported", node, what=what, instead=instead, instead_en=instead_en)

    def expression(self, node: Any, source: str | None, compiler: Any = compile_expression) -> None:
        """Compile an expression; note what is wrong with it."""
        try:
            compiler(source or "")
        except ExpressionError as error:
            self.find("bad_expression", node, detail=error.text, detail_en=error.text_en)

    def check(self) -> list[Finding]:
        """All findings of the file."""
        if local(self.root) != "definitions":
            self.find("not_bpmn", None)
            return self.findings
        self.index()
        processes = [p for p in elements(self.root, "process") if p.get("isExecutable", "true") == "true"]
        if not processes:
            self.find("no_process", next(iter(elements(self.root, "process")), None))
        for process in processes:
            self.check_scope(process)
        return self.findings

    def index(self) -> None:
        """Ids must exist and be unique: the engine finds everything by them."""
        for node in self.root.iter():
            name = local(node)
            if name in NODES | REFUSED_NODES | {"process", "sequenceFlow"} and not node.get("id"):
                self.find("missing_id", node)
            key = node.get("id") if name else None
            if key and key in self.by_id:
                self.find("duplicate_id", node, id=key)
            elif key:
                self.by_id[key] = node

    def check_scope(self, scope: Any) -> None:
        """One process or embedded sub-process."""
        children = list(scope)
        if not any(local(child) == "startEvent" for child in children):
            self.find("no_start", scope)
        if not any(local(child) == "endEvent" for child in children):
            self.find("no_end", scope)
        for child in children:
            name = local(child)
            if name in REFUSED_NODES:
                self.refuse(name, child)
            elif name in NODES:
                self.check_node(name, child)
            elif name in ("dataObjectReference", "dataStoreReference"):
                self.find("drawn_only", child, severity="warning")
        nodes = {child.get("id"): child for child in children if local(child) in NODES}
        outgoing = self.check_flows([child for child in children if local(child) == "sequenceFlow"], nodes)
        self.check_reachable(scope, nodes, outgoing)

    def check_node(self, name: str, node: Any) -> None:
        """One flow node."""
        if name in ("subProcess", "transaction"):
            if node.get("triggeredByEvent") == "true":
                self.refuse("eventSubProcess", node)
                return
            self.check_scope(node)
        if name == "callActivity" and not node.get("calledElement"):
            self.find("no_called_process", node)
        if name == "scriptTask":
            text = node.findtext(f"{{{BPMN}}}script")
            self.expression(node, text, compile_script if text and text.strip() else compile_expression)
        self.check_events(name, node)
        self.check_instances(node)

    def check_events(self, name: str, node: Any) -> None:
        """The event definitions of a node."""
        definitions = [child for child in node if local(child) in TRIGGERS]
        if len(definitions) > 1:
            self.refuse("multipleEvents", node)
        needed = ("intermediateCatchEvent", "boundaryEvent", "sendTask", "receiveTask")
        if name in needed and not definitions and not node.get("messageRef"):
            self.find("no_trigger", node)
        for definition in definitions:
            kind = local(definition)
            if kind in ("linkEventDefinition", "compensateEventDefinition"):
                self.refuse(kind, node)
            elif kind.removesuffix("EventDefinition") not in PLACES.get(name, ()):
                self.refuse("misplacedEvent", node)
            elif kind == "cancelEventDefinition" and not self.is_in_transaction(name, node):
                self.refuse("cancelOutside", node)
            if kind == "timerEventDefinition":
                self.check_timer(name, node, definition)
            interrupting = node.get("cancelActivity", "true") == "true"
            if name == "boundaryEvent" and kind == "messageEventDefinition" and not interrupting:
                self.refuse("nonInterruptingMessage", node)
            if kind == "conditionalEventDefinition":
                self.expression(node, definition.findtext(f"{{{BPMN}}}condition"))

    def is_in_transaction(self, name: str, node: Any) -> bool:
        """Whether a cancel event stands on a transaction (boundary event) or in one (end event)."""
        around = self.by_id.get(node.get("attachedToRef")) if name == "boundaryEvent" else node.getparent()
        return around is not None and local(around) == "transaction"

    def check_timer(self, name: str, node: Any, definition: Any) -> None:
        """A timer needs a time, and can only be waited for."""
        if name in ("intermediateThrowEvent", "endEvent"):
            self.refuse("throwTimer", node)
        hy = any(True for _ in node.iter(f"{{{HY}}}timer"))
        texts = (definition.findtext(f"{{{BPMN}}}{tag}") for tag in ("timeDate", "timeDuration", "timeCycle"))
        if not hy and not any(text and text.strip() for text in texts):
            self.find("bad_timer", node)

    def check_instances(self, node: Any) -> None:
        """Multi-instance: standard attributes only."""
        for loop in (child for child in node if local(child) == "multiInstanceLoopCharacteristics"):
            if any(key.startswith(tuple(f"{{{ns}}}" for ns in CAMUNDA)) for key in loop.attrib):
                self.refuse("camundaInstances", node)
            elif loop.find(f"{{{BPMN}}}loopDataInputRef") is None and loop.find(f"{{{BPMN}}}loopCardinality") is None:
                self.find("bad_instances", node)
            for tag in ("loopCardinality", "completionCondition"):
                text = loop.findtext(f"{{{BPMN}}}{tag}")
                if text:
                    self.expression(node, text)

    def check_flows(self, flows: list[Any], nodes: dict[str, Any]) -> dict[str, list[Any]]:
        """Flows connect nodes of the scope; conditions compile. The flows by the node they leave."""
        outgoing: dict[str, list[Any]] = {}
        for flow in flows:
            if flow.get("sourceRef") not in nodes or flow.get("targetRef") not in nodes:
                self.find("dangling_flow", flow)
                continue
            outgoing.setdefault(flow.get("sourceRef"), []).append(flow)
        for key, leaving in outgoing.items():
            self.check_outgoing(nodes[key], leaving)
        return outgoing

    def check_outgoing(self, node: Any, leaving: list[Any]) -> None:
        """What leaves one node."""
        name = local(node)
        if len(leaving) > 1 and name not in GATEWAYS and name != "startEvent":
            self.find("several_flows", node)
        if name not in ("exclusiveGateway", "inclusiveGateway") or len(leaving) < 2:
            return
        default = node.get("default")
        if default not in {flow.get("id") for flow in leaving}:
            self.find("no_default", node, severity="warning")
        for flow in leaving:
            condition = flow.findtext(f"{{{BPMN}}}conditionExpression")
            if flow.get("id") == default:
                continue
            if not condition or not condition.strip():
                self.find("no_condition", flow)
            else:
                self.expression(flow, condition)

    def check_reachable(self, scope: Any, nodes: dict[str, Any], outgoing: dict[str, list[Any]]) -> None:
        """Every node can be reached from a start event, by an interrupt, or (boundary event) from its activity."""
        attached: dict[str, list[str]] = {}
        for key, node in nodes.items():
            if local(node) == "boundaryEvent":
                attached.setdefault(node.get("attachedToRef", ""), []).append(key)
        stack = [key for key, node in nodes.items() if local(node) == "startEvent"]
        stack += [i.get("to", "") for i in scope.findall(f"{{{BPMN}}}extensionElements/{{{HY}}}interrupt")]
        seen: set[str] = set()
        while stack:
            key = stack.pop()
            if key in seen or key not in nodes:
                continue
            seen.add(key)
            stack += [flow.get("targetRef") for flow in outgoing.get(key, [])] + attached.get(key, [])
        for key in nodes.keys() - seen:
            self.find("unreachable", nodes[key])


def check(name: str, content: bytes) -> list[Finding]:
    """Every construct of a file that the engine does not execute, by element. Never raises for bad files."""
    try:
        root = parse_xml(content, file=name)
    except Refused as refused:
        return list(refused.findings)
    return Checker(name, root).check()
