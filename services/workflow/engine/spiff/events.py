"""Events without a clock and without guesses.

Timers: the definition says *what* to wait for (a named deadline with an offset, a date, a duration, a cycle); the case
computes the instant once the step has settled and is told by a `timer` stimulus when it has come. Messages: the name
comes from the diagram, the key from `<hy:message key=…>`; who gets which message is decided by the subscription table,
so one message can never complete two waiting tasks. `fire` is the only door by which a waiting event wakes up.
"""

from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin as LibraryBoundaryJoin
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit as LibraryBoundarySplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent as LibraryBoundary
from SpiffWorkflow.bpmn.specs.defaults import EndEvent as LibraryEnd
from SpiffWorkflow.bpmn.specs.defaults import EventBasedGateway as LibraryEventGateway
from SpiffWorkflow.bpmn.specs.defaults import IntermediateCatchEvent as LibraryCatch
from SpiffWorkflow.bpmn.specs.defaults import StartEvent as LibraryStart
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import CancelEventDefinition as LibraryCancel
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition, TerminateEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.spiff.specs.defaults import ReceiveTask as LibraryReceive
from SpiffWorkflow.spiff.specs.event_definitions import ErrorEventDefinition as LibraryError
from SpiffWorkflow.spiff.specs.event_definitions import EscalationEventDefinition as LibraryEscalation

from services.workflow.engine.spiff.trees import (
    COMPLETED,
    FINISHED,
    FUTURE,
    READY,
    STARTED,
    WAITING,
    CaseTask,
    copy_data,
)


@dataclass(frozen=True)
class Wait:
    """When a timer is due. `kind`: deadline | date | duration | cycle; `source` is the ISO text or expression."""

    kind: str
    source: str = ""
    deadline: str = ""
    offset: str = ""
    at: str = ""


def bare_timer(source: str) -> str | None:
    """The ISO text of a timer that a modeler has written as it is; None for an expression that gives one."""
    bare = source.strip().strip('"').strip("'")
    iso = bare[:4].isdigit() or (bare[:1] in ("P", "R") and bare[1:2] in tuple("0123456789PT/"))
    return bare if iso else None


class Timer(EventDefinition):  # type: ignore[misc]
    """A timer event definition; knows its wait, not its instant."""

    def __init__(self, name: str, wait: Wait) -> None:
        super().__init__(name, "Timer")
        self.wait = wait

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]

    def catches(self, _my_task: CaseTask, _event: Any) -> bool:
        """Timers are woken by their own stimulus only."""
        return False


class Message(EventDefinition):  # type: ignore[misc]
    """A message event definition. `key` and `data` are expressions, `result` the variable that receives the data."""

    def __init__(self, name: str, key: str = "", data: str = "", result: str = "") -> None:
        super().__init__(name, "Message")
        self.key, self.data, self.result = key, data, result

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]

    def catches(self, _my_task: CaseTask, _event: Any) -> bool:
        """Messages are woken by their own stimulus only."""
        return False

    def throw(self, my_task: CaseTask) -> None:
        """Hand the message to the case; it leaves with the step's other effects."""
        my_task.workflow.top_workflow.observer.send(self, my_task)

    def update_task_data(self, my_task: CaseTask) -> None:
        """Put what came with the message where the diagram wants it."""
        payload = my_task.internal_data.pop("payload", None)
        if payload is not None and self.result:
            my_task.data[self.result] = payload


class Outward:
    """An event that goes outwards from where it was thrown, until a boundary event around it catches it.

    The library asks every boundary event of the case, so an error in one branch would end the other one too.
    """

    expression: str | None = None

    def throw(self, my_task: CaseTask) -> None:
        """Wake the boundary event nearest to the thrower; one that names a code before one that takes any."""
        payload = my_task.workflow.script_engine.evaluate(my_task, self.expression) if self.expression else None
        event, top = BpmnEvent(self, payload=payload), my_task.workflow.top_workflow
        workflow = my_task.workflow
        while workflow is not top:
            activity = workflow.parent_task
            while activity.parent._state == STARTED:  # one of several instances: its activity runs around it
                activity = activity.parent
            around = [task for task in activity.parent.children if isinstance(task.task_spec, LibraryBoundary)]
            catching = [task for task in around if task.task_spec.catches(task, event)]
            if catching:
                nearest = min(catching, key=lambda task: getattr(task.task_spec.event_definition, "code", None) is None)
                nearest.task_spec.catch(nearest, event)
                nearest.task_spec._update(nearest)
                return
            workflow = activity.workflow


class Error(Outward, LibraryError):
    """An error event definition."""


class Escalation(Outward, LibraryEscalation):
    """An escalation event definition."""


class Cancel(Outward, LibraryCancel):
    """A cancel event definition: leaves a transaction."""


def waits(task: CaseTask) -> list[tuple[int, EventDefinition]]:
    """What a waiting event waits for: one definition, or those of an event gateway by their position."""
    definition = task.task_spec.event_definition
    if isinstance(definition, MultipleEventDefinition):
        return list(enumerate(definition.event_definitions))
    return [(0, definition)]


def fire(task: CaseTask, position: int, payload: Any = None) -> None:
    """Wake a waiting event with what has come."""
    if payload is not None:
        task.internal_data["payload"] = copy_data(payload)
    task.internal_data["fired"] = position
    task.internal_data["event_fired"] = True
    task.task_spec._update(task)


class Catching(CatchingEvent):
    """Waits for its event; wakes once."""

    def _run_hook(self, my_task: CaseTask) -> bool:
        self.event_definition.update_task_data(my_task)
        my_task.internal_data = {}
        return True


class StartEvent(Catching, LibraryStart):
    """A start event; the one that starts the case has fired already, whatever its trigger."""

    def _update_hook(self, my_task: CaseTask) -> bool:
        my_task.internal_data["event_fired"] = True
        return bool(super()._update_hook(my_task))


class IntermediateCatchEvent(Catching, LibraryCatch):
    """An intermediate catch event."""


class ReceiveTask(Catching, LibraryReceive):
    """A receive task."""


class BoundaryEvent(Catching, LibraryBoundary):
    """A boundary event; what does not interrupt may come more than once (cycle timers, signals, escalations)."""

    def catch(self, my_task: CaseTask, event: Any) -> None:
        """A signal, escalation, error or cancellation has come."""
        super().catch(my_task, event)
        if not self.cancel_activity:
            self.event_definition.update_task_data(my_task)
            my_task.internal_data = {}
            self.repeat(my_task)

    def repeat(self, my_task: CaseTask) -> None:
        """Start the flow behind the event and keep waiting; what it starts outlives the event."""
        my_task.workflow.top_workflow.observer.reach(my_task)
        for spec in self.outputs:
            if not isinstance(spec, BoundaryEventJoin):
                child = my_task.parent._add_child(spec, FUTURE)
                child.triggered = True
                child.data = dict(my_task.data)
                child.task_spec._update(child)


class BoundaryEventJoin(LibraryBoundaryJoin):
    """Stands behind an activity with boundary events: goes on when the activity ends or is interrupted."""

    def _check_threshold_structured(self, my_task: CaseTask) -> tuple[bool, list[CaseTask]]:
        split = my_task.find_ancestor(self.split_task)
        own = [child for child in split.children if not child.triggered] if split is not None else []
        events = [child for child in own if isinstance(child.task_spec, LibraryBoundary)]
        main = next(child for child in own if child not in events)
        interrupted = any(event.task_spec.cancel_activity and event._state & (READY | COMPLETED) for event in events)
        if not interrupted and not main._state & FINISHED:
            return False, []
        waiting = [event for event in events if event._state == WAITING]
        return True, [*waiting, main] if interrupted else waiting


class BoundaryEventSplit(LibraryBoundarySplit):
    """Stands before an activity with boundary events: arms them, then enters the activity."""

    def _run_hook(self, _my_task: CaseTask) -> bool:
        return True


class EventBasedGateway(Catching, LibraryEventGateway):
    """Waits for the first of several events."""

    chooses_children = True

    def _run_hook(self, my_task: CaseTask) -> bool:
        position = my_task.internal_data.get("fired", 0)
        self.event_definition.event_definitions[position].update_task_data(my_task)
        my_task.internal_data = {}
        my_task._sync_children([self.outputs[position]])
        return True


class Either(MultipleEventDefinition):  # type: ignore[misc]
    """The events behind an event gateway; the gateway manages them."""

    def has_fired(self, my_task: CaseTask) -> bool:
        """Whether one of them has come; conditions are asked."""
        for position, item in enumerate(self.event_definitions):
            if isinstance(item, ConditionalEventDefinition) and item.has_fired(my_task):
                my_task.internal_data |= {"fired": position, "event_fired": True}
        return bool(my_task.internal_data.get("event_fired", False))

    def catches(self, my_task: CaseTask, event: Any = None) -> bool:
        """Signals reach the gateway through their own definition."""
        return any(item.catches(my_task, event) for item in self.event_definitions)

    def catch(self, my_task: CaseTask, event: Any = None) -> None:
        """A signal has come for one of them."""
        for position, item in enumerate(self.event_definitions):
            if item.catches(my_task, event):
                item.catch(my_task, event)
                my_task.internal_data["fired"] = position
                return


class EndEvent(LibraryEnd):
    """An end event; terminate ends every other token of its process."""

    def _on_complete_hook(self, my_task: CaseTask) -> None:
        if not isinstance(self.event_definition, TerminateEventDefinition):
            super()._on_complete_hook(my_task)
            return
        workflow = my_task.workflow
        for task in list(workflow.open.values()):
            if task is not my_task and not task._state & FINISHED and workflow.tasks.get(task.id) is task:
                task.cancel()
        workflow._mark_complete(my_task)


def is_waiting_event(task: CaseTask) -> bool:
    """Whether the task is an event that waits for something from outside."""
    return task._state == WAITING and isinstance(task.task_spec, CatchingEvent)


def is_plain(definition: EventDefinition) -> bool:
    """An event without a trigger."""
    return isinstance(definition, NoneEventDefinition)
