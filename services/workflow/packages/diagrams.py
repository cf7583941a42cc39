"""BPMN files as plain data: what the checks and the comparison of packages look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.workflow.engine.conformance import NODES
from services.workflow.engine.documents import parse_xml

BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI: Final = "{http://www.omg.org/spec/BPMN/20100524/DI}"
HY: Final = "{urn:huiyin:bpmn:1}"
SPIFF: Final = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"


@dataclass(frozen=True, slots=True)
class Mark:
    """One `hy:` element: its name and attributes."""

    name: str
    values: Mapping[str, str]

    def get(self, key: str) -> str:
        """An attribute, empty when absent."""
        return self.values.get(key, "")


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow."""

    id: str
    name: str
    source: str
    target: str
    condition: str | None


@dataclass(slots=True)
class Node:
    """A flow node, or a process; `scope` is the id of the sub-process or process it stands in."""

    id: str
    kind: str
    name: str
    file: str
    process: str
    scope: str
    marks: tuple[Mark, ...]
    attached_to: str = ""
    interrupting: bool = True
    default: str = ""
    called: str = ""
    decision: str = ""
    message: str | None = None
    script: str | None = None
    loop: Mapping[str, str] | None = None
    outgoing: list[Flow] = field(default_factory=list)
    in_lane: bool = False
    drawn: bool = False

    def of(self, name: str) -> Iterator[Mark]:
        """The `hy:` elements of this name."""
        return (mark for mark in self.marks if mark.name == name)


@dataclass(slots=True)
class Diagram:
    """One file: its processes and nodes by id (a node may be a sub-process), and where it has lanes."""

    file: str
    processes: dict[str, Node] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    has_lanes: bool = False

    @property
    def everything(self) -> Iterator[Node]:
        """Processes, then nodes."""
        yield from self.processes.values()
        yield from self.nodes.values()


def parse(file: str, content: bytes) -> Diagram:
    """The diagram in a file; raises `Refused` for what is no XML we read."""
    root = parse_xml(content, file=file)
    diagram = Diagram(file)
    messages = {node.get("id"): node.get("name") or "" for node in root.iter(f"{BPMN}message")}
    for process in root.iter(f"{BPMN}process"):
        key = process.get("id") or ""
        diagram.processes[key] = _node(process, file, key, "")
        _walk(process, diagram, key, key, messages)
    drawn = {shape.get("bpmnElement") for shape in root.iter(f"{BPMNDI}BPMNShape", f"{BPMNDI}BPMNEdge")}
    lanes = {(ref.text or "").strip() for ref in root.iter(f"{BPMN}flowNodeRef")}
    diagram.has_lanes = bool(lanes)
    for node in diagram.nodes.values():
        node.drawn, node.in_lane = node.id in drawn, node.id in lanes
    return diagram


def _walk(parent: Any, diagram: Diagram, process: str, scope: str, messages: Mapping[Any, str]) -> None:
    for element in parent:
        kind = _local(element)
        key = element.get("id") or ""
        if kind == "sequenceFlow":
            _add_flow(element, diagram)
        elif kind in NODES:
            node = _node(element, diagram.file, process, scope)
            node.message = _message(element, messages)
            diagram.nodes[key] = node
            if kind in ("subProcess", "transaction"):
                _walk(element, diagram, process, key, messages)
    if parent.tag == f"{BPMN}process":
        for flow in diagram.flows.values():
            if flow.source in diagram.nodes and flow not in diagram.nodes[flow.source].outgoing:
                diagram.nodes[flow.source].outgoing.append(flow)


def _add_flow(element: Any, diagram: Diagram) -> None:
    key = element.get("id") or ""
    condition = element.findtext(f"{BPMN}conditionExpression")
    source, target = element.get("sourceRef") or "", element.get("targetRef") or ""
    diagram.flows[key] = Flow(key, element.get("name") or "", source, target, condition)


def _node(element: Any, file: str, process: str, scope: str) -> Node:
    return Node(
        id=element.get("id") or "",
        kind=_local(element),
        name=element.get("name") or "",
        file=file,
        process=process,
        scope=scope,
        marks=tuple(_marks(element)),
        attached_to=element.get("attachedToRef") or "",
        interrupting=element.get("cancelActivity") != "false",
        default=element.get("default") or "",
        called=element.get("calledElement") or "",
        decision=(element.findtext(f"{BPMN}extensionElements/{SPIFF}calledDecisionId") or "").strip(),
        script=element.findtext(f"{BPMN}script"),
        loop=_loop(element),
    )


def _marks(element: Any) -> Iterator[Mark]:
    extensions = element.find(f"{BPMN}extensionElements")
    for child in () if extensions is None else extensions:
        if isinstance(child.tag, str) and child.tag.startswith(HY):
            yield Mark(child.tag.removeprefix(HY), dict(child.attrib))


def _message(element: Any, messages: Mapping[Any, str]) -> str | None:
    """The name of the message a node throws or waits for; None when it is no message node."""
    definition = element.find(f"{BPMN}messageEventDefinition")
    if definition is None and _local(element) not in ("sendTask", "receiveTask"):
        return None
    reference = (element if definition is None else definition).get("messageRef")
    return messages.get(reference, "")


def _loop(element: Any) -> Mapping[str, str] | None:
    loop = element.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if loop is None:
        return None
    found = {tag: (loop.findtext(f"{BPMN}{tag}") or "").strip() for tag in ("loopDataInputRef", "loopDataOutputRef")}
    for tag in ("inputDataItem", "outputDataItem"):
        item = loop.find(f"{BPMN}{tag}")
        found[tag] = "" if item is None else item.get("id") or ""
    found["completionCondition"] = loop.findtext(f"{BPMN}completionCondition") or ""
    found["isSequential"] = loop.get("isSequential") or "false"
    return found


def _local(element: Any) -> str:
    tag = element.tag
    return tag.removeprefix(BPMN) if isinstance(tag, str) and tag.startswith(BPMN) else ""
