"""Which BPMN the engine executes: every construct it refuses, named with the reason and what to draw instead.

A lone file of any vendor gets these findings only; the rules of a package are checked by `services.workflow.packages`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from services.workflow.engine import passed_over
from services.workflow.engine.conformance_words import INSTEAD, WORDS
from services.workflow.engine.documents import parse_xml
from services.workflow.engine.expressions import compile_expression, compile_script
from services.workflow.engine.failures import ExpressionError
from services.workflow.engine.findings import Finding, Refused, word
from services.workflow.engine.scripts import RESERVED
from services.workflow.engine.spiff.activities import MAX_DEPTH
from services.workflow.engine.spiff.events import bare_timer
from services.workflow.engine.spiff.parsers import decision_of
from services.workflow.engine.ways import MAX_ROW, reached

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
HY = "urn:huiyin:bpmn:1"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"

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
ACTIVITIES = frozenset(node for node in NODES if not node.endswith(("Event", "Gateway")))
WAITING = frozenset(("task", "userTask", "manualTask", "businessRuleTask"))
"""What writes its result into a variable of its own name, unless another is named."""
GATEWAYS = frozenset(("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"))


def read_bpmn(content: bytes, file: str) -> Any:
    """The root of a file as check and engine both see it; raises Refused."""
    root = parse_xml(content, file=file)
    passed_over.spell_out(root)
    return root


def elements(root: Any, name: str) -> Iterator[Any]:
    """All BPMN elements of this name, the root included."""
    return root.iter(f"{{{BPMN}}}{name}")  # type: ignore[no-any-return]


def entered(scope: Any) -> list[str]:
    """Ids that tokens enter without a flow: interrupts of the scope, records and regrouping of its activities."""
    extensions = f"{{{BPMN}}}extensionElements"
    marks = scope.findall(f"{extensions}/{{{HY}}}interrupt")
    for name in ("accepts", "regroup"):
        marks += [mark for node in (scope, *scope) for mark in node.findall(f"{extensions}/{{{HY}}}{name}")]
    return [mark.get("to", "") for mark in marks]


def local(node: Any) -> str:
    """The BPMN name of a node, empty for other namespaces and for no node."""
    tag = getattr(node, "tag", None)
    return tag.split("}")[1] if isinstance(tag, str) and tag.startswith(f"{{{BPMN}}}") else ""


def ends_here(node: Any) -> bool:
    """Whether no flow has to lead on from a node: end events, and what is refused for what it is."""
    is_link = node.find(f"{{{BPMN}}}linkEventDefinition") is not None
    return local(node) == "endEvent" or is_link or begins_itself(node)


def begins_itself(node: Any) -> bool:
    """Whether no flow leads to a node because of what it is; it is refused for that, not as unreachable."""
    is_link = local(node) == "intermediateCatchEvent" and node.find(f"{{{BPMN}}}linkEventDefinition") is not None
    return is_link or "true" in (node.get("triggeredByEvent"), node.get("isForCompensation"))


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
            compiled = compiler(source or "")
            self.check_names(node, sorted(getattr(compiled, "targets", ())))
        except ExpressionError as error:
            self.find("bad_expression", node, detail=error.text, detail_en=error.text_en)

    def check_names(self, node: Any, names: Iterable[str | None]) -> None:
        """Nothing a diagram writes may bear a name under which the engine keeps facts of its own."""
        for name in names:
            if name is not None and name.strip() in RESERVED:
                self.find("reserved_name", node, name=name.strip())

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

    def check_scope(self, scope: Any, depth: int = 1) -> None:
        """One process or embedded sub-process, so many inside each other."""
        if depth > MAX_DEPTH:
            self.find("deep_nest", scope, limit=MAX_DEPTH)
            return
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
                self.check_node(name, child, depth)
            elif name in ("dataObjectReference", "dataStoreReference"):
                self.find("drawn_only", child, severity="warning")
        nodes = {child.get("id"): child for child in children if local(child) in NODES | REFUSED_NODES}
        outgoing = self.check_flows([child for child in children if local(child) == "sequenceFlow"], nodes)
        self.check_reachable(scope, nodes, outgoing)

    def check_node(self, name: str, node: Any, depth: int) -> None:
        """One flow node."""
        if name in ("subProcess", "transaction"):
            if node.get("triggeredByEvent") == "true":
                self.refuse("eventSubProcess", node)
                return
            self.check_scope(node, depth + 1)
        for what in passed_over.of_node(node):
            self.refuse(what, node)
        self.check_references(name, node)
        if name == "scriptTask":
            text = node.findtext(f"{{{BPMN}}}script")
            self.expression(node, text, compile_script if text and text.strip() else compile_expression)
        for tag in ("preScript", "postScript"):
            self.check_script(node, tag)
        for drawn in node.findall(f"{{{BPMN}}}ioSpecification"):
            self.find("drawn_only", drawn, severity="warning")
        results = [mark.get("result") for mark in node.iterfind(f"{{{BPMN}}}extensionElements/{{{HY}}}*")]
        self.check_names(node, [*results, node.get("id") if name in WAITING and not any(results) else None])
        self.check_events(name, node)
        self.check_instances(node)

    def check_references(self, name: str, node: Any) -> None:
        """What is called is named, and is there; in a package it may stand in another file."""
        called = node.get("calledElement", "")
        if name == "callActivity" and (not called or called.startswith(("${", "#{", "="))):
            self.find("no_called_process", node)
        elif name == "callActivity" and local(self.by_id.get(called)) != "process":
            self.find("called_elsewhere", node, severity="warning", called=called)
        if name == "businessRuleTask":
            decision = decision_of(node)
            known = ("decision_elsewhere", "warning") if decision else ("no_decision", "error")
            self.find(known[0], node, severity=known[1], called=decision)

    def check_script(self, node: Any, tag: str) -> None:
        """A script before or behind a task, in the spiff dialect."""
        for script in node.findall(f"{{{BPMN}}}extensionElements/{{{SPIFF}}}{tag}"):
            self.expression(node, script.text, compile_script)

    def check_events(self, name: str, node: Any) -> None:
        """The event definitions of a node."""
        definitions = [child for child in node if local(child) in TRIGGERS]
        if len(definitions) > 1:
            self.refuse("multipleEvents", node)
        needed = ("intermediateCatchEvent", "boundaryEvent", "sendTask", "receiveTask")
        if name in needed and not definitions and not node.get("messageRef"):
            self.find("no_trigger", node)
        if name == "boundaryEvent" and self.attached(node) not in ACTIVITIES:
            self.find("not_attached", node)
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
            if kind in ("errorEventDefinition", "cancelEventDefinition") and not interrupting:
                self.refuse("alwaysInterrupts", node)
            if kind == "conditionalEventDefinition":
                self.expression(node, definition.findtext(f"{{{BPMN}}}condition"))

    def attached(self, node: Any) -> str:
        """What a boundary event stands on: an element of the same scope."""
        on = self.by_id.get(node.get("attachedToRef"))
        return local(on) if on is not None and on.getparent() is node.getparent() else ""

    def is_in_transaction(self, name: str, node: Any) -> bool:
        """Whether a cancel event stands on a transaction (boundary event) or in one (end event)."""
        around = self.by_id.get(node.get("attachedToRef")) if name == "boundaryEvent" else node.getparent()
        return around is not None and local(around) == "transaction"

    def check_timer(self, name: str, node: Any, definition: Any) -> None:
        """A timer needs a time, and can only be waited for."""
        if name in ("intermediateThrowEvent", "endEvent"):
            self.refuse("throwTimer", node)
        if any(True for _ in node.iter(f"{{{HY}}}timer")):
            return
        texts = [definition.findtext(f"{{{BPMN}}}{tag}") for tag in ("timeDate", "timeDuration", "timeCycle")]
        text = next((text for text in texts if text and text.strip()), None)
        if text is None:
            self.find("bad_timer", node)
        elif bare_timer(text) is None:
            self.expression(node, text)

    def check_instances(self, node: Any) -> None:
        """Multi-instance: standard attributes only; loops: a condition that compiles."""
        for condition in node.findall(f"{{{BPMN}}}standardLoopCharacteristics/{{{BPMN}}}loopCondition"):
            self.expression(node, condition.text)
        for loop in (child for child in node if local(child) == "multiInstanceLoopCharacteristics"):
            items = [item.get("id") for tag in ("inputDataItem", "outputDataItem") for item in elements(loop, tag)]
            self.check_names(node, [*items, loop.findtext(f"{{{BPMN}}}loopDataOutputRef")])
            ours = [loop.find(f"{{{BPMN}}}{tag}") for tag in ("loopDataInputRef", "loopCardinality")]
            if ours == [None, None] and "camundaInstances" not in passed_over.of_instances(node, loop):
                self.find("bad_instances", node)
            for tag in ("loopCardinality", "completionCondition"):
                text = loop.findtext(f"{{{BPMN}}}{tag}")
                if text or (text is not None and tag == "loopCardinality"):
                    self.expression(node, text)
            if loop.findtext(f"{{{BPMN}}}loopDataInputRef") == "":
                self.find("bad_instances", node)

    def check_flows(self, flows: list[Any], nodes: dict[str, Any]) -> dict[str, list[Any]]:
        """Flows connect nodes of the scope; conditions compile. The flows by the node they leave."""
        outgoing: dict[str, list[Any]] = {}
        for flow in flows:
            if flow.get("sourceRef") not in nodes or flow.get("targetRef") not in nodes:
                self.find("dangling_flow", flow)
                continue
            ends = local(nodes[flow.get("sourceRef")]), local(nodes[flow.get("targetRef")])
            if ends[0] == "endEvent" or ends[1] in ("startEvent", "boundaryEvent"):
                self.find("wrong_way", flow)
            outgoing.setdefault(flow.get("sourceRef"), []).append(flow)
        for key, leaving in outgoing.items():
            self.check_outgoing(nodes[key], leaving)
        for key, node in nodes.items():
            if key not in outgoing and local(node) in NODES and not ends_here(node):
                self.find("no_way_on", node)
        return outgoing

    def check_conditions(self, node: Any, leaving: list[Any]) -> None:
        """Conditions of flows that are taken without asking: nobody looks at them, which a person would not expect."""
        asked = [flow for flow in leaving if (flow.findtext(f"{{{BPMN}}}conditionExpression") or "").strip()]
        for flow in asked:
            self.find("stray_condition", flow, severity="warning" if local(node) in GATEWAYS else "error")

    def check_outgoing(self, node: Any, leaving: list[Any]) -> None:
        """What leaves one node."""
        name = local(node)
        if name not in ("exclusiveGateway", "inclusiveGateway") and name in NODES:
            self.check_conditions(node, leaving)
        if len(leaving) > 1 and name not in GATEWAYS | REFUSED_NODES and name != "startEvent":
            self.find("several_flows", node)
        if name not in ("exclusiveGateway", "inclusiveGateway"):
            return
        if len(leaving) == 1:
            if (leaving[0].findtext(f"{{{BPMN}}}conditionExpression") or "").strip():
                self.expression(leaving[0], leaving[0].findtext(f"{{{BPMN}}}conditionExpression"))
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
        """Every node can be reached from a start event, by an interrupt or record, or from the activity it is on."""
        following: dict[str, list[str]] = {}
        for key, node in nodes.items():
            if local(node) == "boundaryEvent":
                following.setdefault(node.get("attachedToRef", ""), []).append(key)
        for key, leaving in outgoing.items():
            following.setdefault(key, []).extend(flow.get("targetRef") for flow in leaving)
        begin = [key for key, node in nodes.items() if local(node) == "startEvent" or begins_itself(node)]
        seen = {key: row for key, row in reached([*begin, *entered(scope)], following) if key in nodes}
        for key in nodes.keys() - seen.keys():
            self.find("unreachable", nodes[key])
        far = next((key for key, row in seen.items() if row > MAX_ROW), None)
        if far is not None:
            self.find("long_row", nodes[far], limit=MAX_ROW)


def check(name: str, content: bytes) -> list[Finding]:
    """Every construct of a file that the engine does not execute, by element. Never raises for bad files."""
    try:
        root = read_bpmn(content, name)
    except Refused as refused:
        return list(refused.findings)
    return Checker(name, root).check()
