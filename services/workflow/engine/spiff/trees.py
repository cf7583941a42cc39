"""The task tree of a case: the library's, but every task files itself under its state when the state changes.

The library finds READY and WAITING tasks by walking the whole tree, predicts tasks nobody has reached, draws random
ids and reads the clock. Here a step touches only what moved: `agenda` (engine work to do), `open` (unfinished tasks),
`waiting` (joins to look at again) and `touched` (what changed in this step) are dictionaries in order of arrival.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Protocol

import orjson
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask
from SpiffWorkflow.bpmn.specs.event_definitions.conditional import ConditionalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.util.event import EventManager
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs.MultiChoice import MultiChoice
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from services.workflow.engine.problems import EngineError

MAX_WORK = 20_000
"""Elements one step may pass; a loop without a task or event would otherwise never end."""

FUTURE, WAITING, READY, STARTED = TaskState.FUTURE, TaskState.WAITING, TaskState.READY, TaskState.STARTED
COMPLETED, CANCELLED, FINISHED = TaskState.COMPLETED, TaskState.CANCELLED, TaskState.FINISHED_MASK


class Observer(Protocol):
    """Who is told when a token reaches an element (the case)."""

    def reach(self, task: "CaseTask") -> None:
        """A token has reached the task's element; its data is there."""


def copy_data(value: Any) -> Any:
    """Copy JSON-like data that comes from outside or goes there.

    Within a case values are shared between tasks and never changed: whoever writes puts a new value in its place. So a
    step costs what it changes, and whether two tasks have the same is mostly seen without looking into it.
    """
    kind = type(value)
    if kind is dict:
        return {key: copy_data(item) for key, item in value.items()}
    if kind is list:
        return [copy_data(item) for item in value]
    if kind in (str, int, float, bool) or value is None:
        return value
    return deepcopy(value)


def same_data(one: Any, other: Any) -> bool:
    """Whether two pieces of JSON-like data are the same: for Python 1 equals true and 1.0, for JSON they differ."""
    kind = type(one)
    if one is other or kind is not type(other):
        return one is other
    if kind is dict or kind is list:
        return bool(one == other) and orjson.dumps(one) == orjson.dumps(other)  # walks them faster than Python can
    return bool(one == other)


class CaseTask(Task):
    """A task that knows where it is filed; ids are small numbers counted per case."""

    def __init__(
        self,
        workflow: Any,
        task_spec: Any,
        parent: "CaseTask | None" = None,
        state: int = FUTURE,
        id: int | None = None,  # the library's name
    ) -> None:
        top = workflow.top_workflow
        self.id = top.draw_id() if id is None else id
        workflow.tasks[self.id] = self
        self.workflow, self.task_spec = workflow, task_spec
        self._parent = None if parent is None else parent.id
        self._children: list[int] = []
        self._state, self.triggered, self.thread_id = state, False, 0
        self.detached = False  # begins a branch that belongs to no token
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        self.last_state_change, self.reached = 0, False
        workflow.open[self.id] = self
        workflow.kept = None
        if parent is not None:
            parent._children.append(self.id)

    def _add_child(self, task_spec: Any, state: int = FUTURE) -> "CaseTask":
        child = CaseTask(self.workflow, task_spec, self, FUTURE)
        if state != FUTURE:
            child._set_state(state)
        return child

    def _sync_children(self, task_specs: list[Any], state: int = FUTURE) -> None:
        """Give the task exactly these children, in this order, besides those a trigger or `modify` has put there."""
        kept = [child for child in self.children if child.triggered]
        for child in self.children:
            if not child.triggered:
                self.workflow._remove_task(child.id)
        self._children = [child.id for child in kept]
        for spec in task_specs:
            self._add_child(spec, state)

    def _set_state(self, value: int) -> None:
        if value == self._state:
            return
        self._state = value
        self.last_state_change = self.workflow.top_workflow.draw_tick()
        self.workflow.file(self)

    def _ready(self) -> None:
        """As the library has it, but an element is looked at for what it lacks once, not for every token."""
        if self._state & (COMPLETED | CANCELLED):
            return
        self._set_state(READY)
        spec = self.task_spec
        if not getattr(spec, "lacks_nothing", False):
            spec.test()
            spec.lacks_nothing = True
        for assignment in spec.pre_assign:
            assignment.assign(self, self)
        spec._on_ready_hook(self)

    def complete(self) -> None:
        """Finish, make the children the diagram asks for and wake them."""
        self._set_state(COMPLETED)
        spec = self.task_spec
        if not isinstance(spec, MultiChoice) and not getattr(spec, "chooses_children", False):
            self._sync_children(self.workflow.following(self))
        spec._on_complete(self)

    def _inherit_data(self) -> None:
        self.data = {**self.parent.data, **self.data}

    def is_descendant_of(self, task: Task) -> bool:
        """Whether `task` lies on the way from the root to here."""
        parent = self.parent
        while parent is not None and parent is not task:
            parent = parent.parent
        return parent is not None

    def find_ancestor(self, spec_name: str) -> "CaseTask | None":
        """The nearest task above with this spec."""
        parent = self.parent
        while parent is not None and parent.task_spec.name != spec_name:
            parent = parent.parent
        return parent  # type: ignore[no-any-return]

    def collect_log_extras(self, dct: dict[str, Any] | None = None) -> dict[str, Any]:
        """The library builds this for every log line, also for lines nobody writes; we keep our own log."""
        return dct or {}


def element_of(task: CaseTask) -> str:
    """The BPMN id of the element a task stands at."""
    return str(task.task_spec.name).removesuffix(" [child]").removesuffix(".BoundaryEventSplit")


def reaches(task: CaseTask) -> bool:
    """Whether the task's new state means that its token has now arrived.

    A join arrives when it fires, a boundary event when what it waits for has come.
    """
    if task.reached or not task._state & (WAITING | READY | STARTED):
        return False
    return task._state != WAITING or not isinstance(task.task_spec, UnstructuredJoin | BoundaryEvent)


def is_looked_at_again(task: CaseTask) -> bool:
    """Waiting tasks that other tokens can wake; timers and messages are woken by their own stimulus."""
    spec = task.task_spec
    if not isinstance(spec, CatchingEvent):
        return True
    definitions = getattr(spec.event_definition, "event_definitions", None) or [spec.event_definition]
    return any(isinstance(definition, ConditionalEventDefinition) for definition in definitions)


class Filing:
    """What the case's workflow and its sub-workflows share.

    `kept` is what `codecs` has made of it; moving a task lets it go, and whoever writes into tasks that do not move.
    """

    kept: Any = None

    tasks: dict[int, CaseTask]
    open: dict[int, CaseTask]
    waiting: dict[int, CaseTask]
    top_workflow: Any
    spec: Any
    task_tree: CaseTask

    def plant(self) -> None:
        """Set the root of a new tree."""
        self.task_tree = CaseTask(self, self.spec.start)
        self.task_tree._ready()

    def following(self, task: CaseTask) -> list[Any]:
        """The specs a completed task leads to; of several start events only the one that starts is entered."""
        outputs = list(task.task_spec.outputs)
        if not isinstance(task.task_spec, BpmnStartTask):
            return outputs
        named = self.start_event if isinstance(self, CaseWorkflow) else ""
        if not named:
            return [plain_start(outputs)]
        if named not in {spec.name for spec in outputs}:
            raise EngineError("unknown_element", element=named, detail=self.spec.name)
        return [spec for spec in outputs if spec.name == named]

    def file(self, task: CaseTask) -> None:
        """Put a task whose state has changed where its state belongs."""
        top, state = self.top_workflow, task._state
        self.kept = None
        top.touched[task.id] = task
        if state == READY and not task.task_spec.manual:
            top.agenda[task.id] = task
        else:
            top.agenda.pop(task.id, None)
        if state == WAITING and is_looked_at_again(task):
            self.waiting[task.id] = task
        else:
            self.waiting.pop(task.id, None)
        if state & FINISHED:
            self.open.pop(task.id, None)
        elif reaches(task):
            task.reached = True
            top.observer.reach(task)

    def dissolve(self) -> None:
        """Nobody asks for this workflow or its tasks any more."""
        vars(self).clear()

    def update_waiting_tasks(self) -> None:
        """Look again at the joins and conditions of this workflow."""
        for task in list(self.waiting.values()):
            if task._state == WAITING and self.tasks.get(task.id) is task:
                task.task_spec._update(task)

    def _remove_task(self, task_id: int) -> None:
        task, top = self.tasks[task_id], self.top_workflow
        self.kept = None
        for child in list(task._children):
            self._remove_task(child)
        if not task._state & FINISHED:  # for whoever registered it: it is gone, not done
            task._state = CANCELLED
            top.touched[task_id] = task
        for index in (self.open, self.waiting, top.agenda, top.event_manager.tasks):
            index.pop(task_id, None)
        inner = top.subprocesses.pop(task_id, None)
        if inner is not None and not inner.completed:  # the library leaves it behind and then fails on it for ever
            inner.cancel()
        task.parent._children.remove(task_id)
        del self.tasks[task_id]

    def cancel(self, success: bool = False) -> list[CaseTask]:
        """End this workflow and everything inside it."""
        self.success, self.completed, self.kept = success, True, None
        tasks = list(self.open.values())
        for task in tasks:
            if not task._state & FINISHED and self.tasks.get(task.id) is task:
                task.cancel()
        return tasks

    def _mark_complete(self, task: CaseTask) -> None:
        self.data: dict[str, Any] = {**getattr(self, "data", {}), **task.data}
        self.completed = True


def plain_start(outputs: list[Any]) -> Any:
    """The start event to begin with where none is named: the one without a trigger, else the first."""
    return next((s for s in outputs if isinstance(s.event_definition, NoneEventDefinition)), outputs[0])


class CaseSubWorkflow(Filing, BpmnSubWorkflow):
    """A running sub-process or called process."""

    def __init__(self, spec: Any, parent_task_id: int, top_workflow: "CaseWorkflow") -> None:
        self.open, self.waiting = {}, {}
        self.parent_task = top_workflow.get_task_from_id(parent_task_id)
        super().__init__(spec, parent_task_id, top_workflow, deserializing=True)

    @property
    def parent_workflow(self) -> Any:
        """The workflow of the activity it runs in."""
        return self.parent_task.workflow


class CaseWorkflow(Filing, BpmnWorkflow):
    """The workflow of a case. `observer` is told about reached elements."""

    def __init__(self, spec: Any, subprocess_specs: dict[str, Any], script_engine: Any, observer: Observer) -> None:
        self.open, self.waiting = {}, {}
        self.agenda: dict[int, CaseTask] = {}
        self.touched: dict[int, CaseTask] = {}
        self.ended: list[CaseSubWorkflow] = []
        self.next_id = self.next_tick = 0
        self.observer, self.start_event = observer, ""
        super().__init__(spec, subprocess_specs, script_engine, deserializing=True)
        self.event_manager = EventManager(self)

    def draw_id(self) -> int:
        """The next task id of this case."""
        self.next_id += 1
        return self.next_id

    def draw_tick(self) -> int:
        """The next moment of this case; the order of state changes, not a time."""
        self.next_tick += 1
        return self.next_tick

    def workflows(self) -> Iterator[Any]:
        """This workflow and all that run inside it, outer before inner."""
        yield self
        yield from sorted(self.subprocesses.values(), key=lambda inner: (inner.depth, inner.parent_task_id))

    def let_go(self) -> None:
        """Whoever may have written anywhere: everything is to be written down anew."""
        for workflow in self.workflows():
            workflow.kept = None

    def find(self, task_id: int) -> CaseTask | None:
        """A task of this case by its number."""
        task = self.tasks.get(task_id)
        if task is None:
            for inner in self.subprocesses.values():
                if task_id in inner.tasks:
                    return inner.tasks[task_id]  # type: ignore[no-any-return]
        return task

    def get_task_from_id(self, task_id: int) -> CaseTask:
        """As the library has it, without walking trees."""
        task = self.find(task_id)
        if task is None:
            raise KeyError(task_id)
        return task

    def create_subprocess(self, my_task: CaseTask, spec_name: str) -> CaseSubWorkflow:
        """Enter a sub-process or called process."""
        inner = CaseSubWorkflow(self.subprocess_specs[spec_name], my_task.id, self)
        self.subprocesses[my_task.id] = inner
        inner.plant()
        return inner

    def looks_again(self) -> bool:
        """Whether joins and conditions anywhere in the case find work now that the rest stands still.

        A token that was taken away, or a record that was counted, completes nothing that would make them look.
        """
        waiting = [inner for inner in (self, *self.subprocesses.values()) if inner.waiting and not inner.completed]
        for workflow in sorted(waiting, key=lambda inner: inner.parent_task_id or 0):
            workflow.update_waiting_tasks()
        return bool(self.agenda)

    def work(self) -> None:
        """Run everything that needs no one from outside, in order of arrival."""
        agenda, left = self.agenda, MAX_WORK
        while agenda or self.looks_again():
            task = agenda.pop(next(iter(agenda)))
            if task._state == READY and task.workflow.tasks.get(task.id) is task:
                task.run()
            left -= 1
            if not left:
                raise EngineError("runaway", element=task.task_spec.name, detail=f"more than {MAX_WORK} elements")
        for task_id in [i for i, inner in self.subprocesses.items() if inner.completed]:
            self.ended.append(self.subprocesses.pop(task_id))

    def forget_ended(self) -> None:
        """Take apart what has ended in this step: its parts hold each other, and only the collector would find them."""
        for inner in self.ended:
            inner.dissolve()
        self.ended.clear()
