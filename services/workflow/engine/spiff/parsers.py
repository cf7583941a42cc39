"""Reads BPMN into specs: the spiff dialect with `hy:`, our task specs, and nothing the engine does not execute."""

from typing import Any, ClassVar

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import full_tag
from SpiffWorkflow.bpmn.parser.event_parsers import SIGNAL_EVENT_XPATH
from SpiffWorkflow.bpmn.parser.task_parsers import ConditionalGatewayParser, GatewayParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.defaults import IntermediateThrowEvent
from SpiffWorkflow.spiff.parser.event_parsers import (
    SpiffBoundaryEventParser,
    SpiffEndEventParser,
    SpiffIntermediateCatchEventParser,
    SpiffIntermediateThrowEventParser,
    SpiffReceiveTaskParser,
    SpiffSendTaskParser,
    SpiffStartEventParser,
)
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser, SpiffProcessParser
from SpiffWorkflow.spiff.parser.task_spec import (
    CallActivityParser,
    ScriptTaskParser,
    SpiffTaskParser,
    SubWorkflowParser,
    UserTaskParser,
)
from SpiffWorkflow.spiff.specs.defaults import ManualTask, NoneTask, ScriptTask, SendTask, UserTask

from services.workflow.engine.spiff import activities, events, instances, joins

HY = "urn:huiyin:bpmn:1"
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
NS = {"hy": HY, "bpmn": BPMN}

PLACED = "(. | ./bpmn:*)/bpmn:extensionElements/*[self::hy:accepts or self::hy:regroup]/@to"
"""Where tokens are placed without a flow: branches of accepted records, parts opened again for units that come."""

REPEATABLE = ("deadline", "accepts", "interrupt", "milestone", "notice", "start", "record", "extend")
"""`hy:` elements that may stand more than once on one element: always read as lists."""


def read_extensions(node: Any) -> dict[str, Any]:
    """The `hy:` elements of a BPMN element: {local name: attributes}, repeatable ones as lists."""
    found: dict[str, Any] = {}
    for element in node.xpath("./bpmn:extensionElements/hy:*", namespaces=NS):
        name = etree.QName(element).localname
        if name in REPEATABLE:
            found.setdefault(name, []).append(dict(element.attrib))
        else:
            found[name] = dict(element.attrib)
    return found


class Extended:
    """Mixed in front of every node parser: reads `hy:` elements, builds our boundary split."""

    node: Any
    task: Any
    spec: Any
    bpmn_id: str
    process_parser: Any

    def parse_extensions(self, node: Any = None) -> dict[str, Any]:
        """The library's extensions and ours."""
        target = self.node if node is None else node
        known = super().parse_extensions(target)  # type: ignore[misc]
        return {**(known or {}), **read_extensions(target)}

    def get_position(self, _node: Any) -> dict[str, float]:
        """Nowhere: the library tries flows from top to bottom of the picture, so moving a box would change the way."""
        return {"x": 0.0, "y": 0.0}

    def parse_incoming_data_references(self) -> list[Any]:
        """Data objects are drawings: facts live in variables and records."""
        return []

    def parse_outgoing_data_references(self) -> list[Any]:
        """See `parse_incoming_data_references`."""
        return []

    def parse_io_spec(self) -> None:
        """See `parse_incoming_data_references`; the inputs and outputs of a process are read with the process."""

    def _copy_task_attrs(self, original: Any, loop_characteristics: Any = None) -> None:
        super()._copy_task_attrs(original, loop_characteristics)  # type: ignore[misc]
        moved = (
            "milestone",
            "accepts",
            "regroup",
        )  # these belong to the activity as a whole, the rest to each instance
        self.task.extensions = {k: v for k, v in original.extensions.items() if k in moved}
        original.extensions = {k: v for k, v in original.extensions.items() if k not in moved}
        original.completed_event.connect(self.task.merge_child)

    def _add_boundary_event(self, children: list[Any]) -> Any:
        split = events.BoundaryEventSplit(self.spec, f"{self.bpmn_id}.BoundaryEventSplit")
        join = events.BoundaryEventJoin(
            self.spec, f"{self.bpmn_id}.BoundaryEventJoin", split_task=split.name, cancel=True
        )
        split.extensions = join.extensions = {}
        for node in children:
            child = self.process_parser.parse_node(node)
            child.attached_to = self.bpmn_id
            split.connect(child)
            child.connect(join)
        split.connect(self.task)
        self.task.connect(join)
        return split


class EventParser(Extended):
    """Mixed in front of every event parser: our timers and messages."""

    def parse_timer_event(self, event: Any) -> events.Timer:
        """A timer by `<hy:timer>`, or by BPMN's own date, duration or cycle."""
        name = self.node.get("name") or self.bpmn_id
        for node in (event, self.node):
            timer = read_extensions(node).get("timer")
            if timer is not None:
                return events.Timer(
                    name,
                    events.Wait(
                        "deadline",
                        deadline=timer.get("deadline", ""),
                        offset=timer.get("offset", ""),
                        at=timer.get("at", ""),
                    ),
                )
        for tag, kind in (("timeDate", "date"), ("timeDuration", "duration"), ("timeCycle", "cycle")):
            text = event.findtext(f"{{{BPMN}}}{tag}")
            if text is not None:
                return events.Timer(name, events.Wait(kind, source=text.strip()))
        raise ValidationException("timer without a time", node=self.node)

    def parse_message_event(self, message_event: Any) -> events.Message:
        """A message with its key, data and result."""
        reference = message_event.get("messageRef")
        messages = self.node.getroottree().iter(f"{{{BPMN}}}message")  # ids are unique within a file only
        named = next((message.get("name") for message in messages if message.get("id") == reference), None)
        name = named or self.node.get("name") or self.bpmn_id
        hy = read_extensions(message_event).get("message") or read_extensions(self.node).get("message") or {}
        payload, variable = self.parse_message_extensions(message_event)  # type: ignore[attr-defined]
        return events.Message(
            name,
            hy.get("key", ""),
            hy.get("data", "") or payload or "",
            hy.get("result", "") or variable or "",
        )

    def parse_error_event(self, error_event: Any) -> events.Error:
        """An error with its code."""
        read = super().parse_error_event(error_event)  # type: ignore[misc]
        return events.Error(read.name, expression=read.expression, variable=read.variable, code=read.code)

    def parse_escalation_event(self, escalation_event: Any) -> events.Escalation:
        """An escalation with its code."""
        read = super().parse_escalation_event(escalation_event)  # type: ignore[misc]
        return events.Escalation(read.name, expression=read.expression, variable=read.variable, code=read.code)

    def parse_cancel_event(self, _event: Any) -> events.Cancel:
        """The cancellation of a transaction."""
        return events.Cancel()


class EndParser(EventParser, SpiffEndEventParser):  # type: ignore[misc]
    """An end event; the library would overlook a signal here."""

    def get_event_definition(self, xpaths: list[str]) -> Any:
        """The definition, a signal included."""
        return super().get_event_definition([*xpaths, SIGNAL_EVENT_XPATH])


class EventGatewayParser(EventParser, SpiffIntermediateCatchEventParser):
    """An event gateway."""

    def create_task(self) -> Any:
        """The gateway takes over the events that follow it."""
        return self._create_task(events.Either())

    def handles_multiple_outgoing(self) -> bool:
        """It has one flow for each event."""
        return True


class DecisionParser(Extended, SpiffTaskParser):
    """A business rule task: `calledDecisionId` of the spiff dialect, or the attribute other vendors write."""

    def create_task(self) -> Any:
        """The decision is looked up when the task runs."""
        return activities.BusinessRuleTask(self.spec, self.bpmn_id, decision_of(self.node), **self.bpmn_attributes)


def decision_of(node: Any) -> str:
    """The table a business rule task names, empty if it names none."""
    ours = node.findtext(f"{{{BPMN}}}extensionElements/{{{SPIFF}}}calledDecisionId")
    return (ours or "").strip() or (foreign(node, "decisionRef", "decisionId") or "").strip()


def foreign(node: Any, *names: str) -> str | None:
    """An attribute of another vendor's namespace, on the element or on its extension elements."""
    for element in (node, *node.xpath("./bpmn:extensionElements/*", namespaces=NS)):
        for key, value in element.attrib.items():
            if etree.QName(key).localname in names:
                return str(value)
    return None


class ProcessSpec(BpmnProcessSpec):  # type: ignore[misc]
    """A process; ends in our join, keeps the `hy:` elements of the process itself."""

    def __init__(self, name: str, description: str, filename: str | None, extensions: dict[str, Any]) -> None:
        super().__init__(name=name, description=description, filename=filename)
        end_name = f"{name}.EndJoin"
        del self.task_specs[end_name]
        self.end = joins.EndJoin(self, end_name)
        self.end.connect(self.task_specs["End"])
        self.task_specs["End"]._inputs = [end_name]
        self.extensions = extensions
        for spec in self.task_specs.values():
            spec.extensions = {}


class ProcessParser(SpiffProcessParser):  # type: ignore[misc]
    """Builds a process without the library's handling of several start events (the case chooses one)."""

    def create_spec(self) -> ProcessSpec:
        """The empty process; a deadline drawn on a sub-process belongs to the activity, not to what is in it too."""
        extensions = read_extensions(self.node)
        if etree.QName(self.node).localname != "process":
            extensions.pop("deadline", None)
        return ProcessSpec(self.bpmn_id, self.get_name(), self.filename, extensions)

    def add_tasks(self) -> None:
        """Read everything that can be reached from a start event, by an interrupt or by an accepted record."""
        for node in self.xpath("./bpmn:startEvent"):
            self.parse_node(node)
        targets = {interrupt.get("to") for interrupt in self.spec.extensions.get("interrupt", ())}
        targets |= set(self.node.xpath(PLACED, namespaces=NS))
        for node in [child for child in self.node if child.get("id") in targets]:
            entry = self.parse_node(node)
            entry._inputs = entry._inputs or [self.spec.start.name]


def ours(parser: type, *mixins: type) -> type:
    """A node parser with our mixins in front."""
    return type(f"Case{parser.__name__}", (*mixins, parser), {})


class ExtendedGatewayParser(Extended, GatewayParser):
    """A parallel gateway."""


class ExtendedConditionalParser(Extended, ConditionalGatewayParser):
    """A gateway with conditions."""


def _parser_classes() -> dict[str, tuple[type, type]]:
    task, event = (Extended,), (EventParser,)
    table: dict[str, tuple[type, type]] = {
        "task": (ours(SpiffTaskParser, *task), NoneTask),
        "manualTask": (ours(SpiffTaskParser, *task), ManualTask),
        "userTask": (ours(UserTaskParser, *task), UserTask),
        "scriptTask": (ours(ScriptTaskParser, *task), ScriptTask),
        "businessRuleTask": (DecisionParser, activities.BusinessRuleTask),
        "subProcess": (ours(SubWorkflowParser, *task), activities.SubWorkflowTask),
        "transaction": (ours(SubWorkflowParser, *task), activities.TransactionSubprocess),
        "callActivity": (ours(CallActivityParser, *task), activities.CallActivity),
        "parallelGateway": (ExtendedGatewayParser, joins.ParallelGateway),
        "inclusiveGateway": (ExtendedConditionalParser, joins.InclusiveGateway),
        "exclusiveGateway": (ExtendedConditionalParser, joins.ExclusiveGateway),
        "eventBasedGateway": (EventGatewayParser, events.EventBasedGateway),
        "startEvent": (ours(SpiffStartEventParser, *event), events.StartEvent),
        "endEvent": (EndParser, events.EndEvent),
        "boundaryEvent": (ours(SpiffBoundaryEventParser, *event), events.BoundaryEvent),
        "intermediateCatchEvent": (
            ours(SpiffIntermediateCatchEventParser, *event),
            events.IntermediateCatchEvent,
        ),
        "intermediateThrowEvent": (ours(SpiffIntermediateThrowEventParser, *event), IntermediateThrowEvent),
        "sendTask": (ours(SpiffSendTaskParser, *event), SendTask),
        "receiveTask": (ours(SpiffReceiveTaskParser, *event), events.ReceiveTask),
    }
    for parser, _ in table.values():
        parser.STANDARD_LOOP_CLASS = instances.StandardLoopTask  # type: ignore[attr-defined]
        parser.PARALLEL_MI_CLASS = instances.ParallelMultiInstanceTask  # type: ignore[attr-defined]
        parser.SEQUENTIAL_MI_CLASS = instances.SequentialMultiInstanceTask  # type: ignore[attr-defined]
    return {full_tag(name): pair for name, pair in table.items()}


class CaseParser(SpiffBpmnParser):  # type: ignore[misc]
    """Knows exactly the elements the engine executes; its own map, never the library's."""

    PROCESS_PARSER_CLASS = ProcessParser
    PARSER_CLASSES = _parser_classes()
    OVERRIDE_PARSER_CLASSES: ClassVar[dict[str, tuple[type, type]]] = {}

    def add_bpmn_xml(self, bpmn: Any, filename: str | None = None) -> None:
        """Take in a file's executable processes; messages and the like are looked up where they are used."""
        self._add_diagram_indexes(bpmn)
        for process in bpmn.iter(full_tag("process")):
            if process.get("isExecutable", "true") == "true":
                self.create_parser(process, filename)
