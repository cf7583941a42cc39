"""A running case goes on under another version of its package.

The state is read with the specs of the target: tokens, drafts, items and dates stay what they are, what lies behind a
token is the target's. Nothing is predicted beforehand, so nothing behind a running sub-process can be skipped.
"""

from typing import Any

import orjson
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit

from services.workflow.calendars import Calendar
from services.workflow.engine import carrying
from services.workflow.engine.bundles import Bundle
from services.workflow.engine.cases import Case
from services.workflow.engine.codecs import dump, load
from services.workflow.engine.problems import Unexpected
from services.workflow.engine.scopes import way_out
from services.workflow.engine.spiff.events import BoundaryEvent, BoundaryEventJoin
from services.workflow.engine.spiff.instances import Instances
from services.workflow.engine.spiff.joins import ParallelGateway, TokenJoin
from services.workflow.engine.spiff.trees import CANCELLED, COMPLETED, FINISHED, FUTURE, CaseTask, element_of

SUFFIXES = (" [child]", ".BoundaryEventSplit", ".BoundaryEventJoin", ".EndJoin")
DATES = ("keep", "recompute")


def renamed(name: str, names: dict[str, str]) -> str:
    """The name of a spec in the target: its element's new id, and what the library has added to it."""
    for suffix in SUFFIXES:
        if name.endswith(suffix):
            base = name.removesuffix(suffix)
            return names.get(base, base) + suffix
    return names.get(name, name)


class Move:
    """One migration: a copy of the case under its old version, the target, and what is called what there."""

    def __init__(self, case: Case, target: Bundle, names: dict[str, str]) -> None:
        self.old = load(case.case_id, dump(case), case.bundle, case.calendar)
        specs = [spec for process in case.bundle.specs.values() for spec in process.task_specs.values()]
        added = {spec.name for spec in specs if not spec.bpmn_id} - {spec.name for spec in specs if spec.bpmn_id}
        self.target, self.names = target, {old: new for old, new in names.items() if old not in added}
        self.keys = self.workflow_keys()
        self.starving = {(scope, renamed(name, names)) for scope, name in starving(self.old)}

    def workflow_keys(self) -> dict[int, str]:
        """The process of the target that goes on in each running workflow, by the number of the task around it."""
        top = self.old.workflow
        keys = {0: str(top.spec.name)}
        for number, inner in top.subprocesses.items():
            box, key = top.get_task_from_id(number), str(inner.spec.name)
            own = self.specs_at(keys, box.workflow).get(renamed(box.task_spec.name, self.names))
            drawn = key == str(getattr(box.task_spec, "spec", ""))  # not a unit's own diagram
            keys[number] = str(getattr(own, "spec", key)) if drawn else key
        return keys

    def specs_at(self, keys: dict[int, str], workflow: Any) -> dict[str, Any]:
        """The task specs of the target for a running workflow; empty if it has no such process."""
        number = 0 if workflow is self.old.workflow else workflow.parent_task_id
        spec = self.target.specs.get(keys[number])
        return spec.task_specs if spec is not None else {}

    def spec_for(self, task: CaseTask) -> Any:
        """The spec of the target for a task; None if it has none of that name."""
        return self.specs_at(self.keys, task.workflow).get(renamed(task.task_spec.name, self.names))

    def refuse(self) -> None:
        """Raise Unexpected, with every element concerned, if a token could not stand in the target."""
        found: dict[str, dict[str, None]] = {}
        for workflow in self.old.workflow.workflows():
            for task in workflow.open.values():
                faults = ((self.fault(step), element_of(step)) for step in reversed(list(way_out(task))))
                code, element = next((fault for fault in faults if fault[0]), ("", ""))
                if code:
                    found.setdefault(code, {})[element] = None
        for code, elements in found.items():
            raise Unexpected(code, element=next(iter(elements)), detail=", ".join(elements))

    def fault(self, task: CaseTask) -> str:
        """Why a token cannot stand at the same place of the target; empty if it can."""
        old, new = task.task_spec, self.spec_for(task)
        if isinstance(old, BoundaryEvent | BoundaryEventJoin):
            return ""  # the activity holds the token; what is attached to it follows the target
        if isinstance(old, Instances) != isinstance(new, Instances) and new is not None:
            return "migration_instances"
        if new is None:
            many = old.name.endswith(" [child]") and element_of(task) in self.specs_at(self.keys, task.workflow)
            box = task.id in self.old.workflow.subprocesses
            return "migration_instances" if many else "migration_box_missing" if box else "migration_missing"
        if type(old) is not type(new):
            return "migration_kind"
        if task.id in self.keys and self.keys[task.id] not in self.target.specs:
            return "migration_box_missing"  # a unit's own diagram that was not published for the target
        if isinstance(old, TokenJoin) and task.parent is not None and task.parent.task_spec in old.inputs:
            came = renamed(task.parent.task_spec.name, self.names)
            return "" if came in {spec.name for spec in new.inputs} else "migration_join"
        return ""

    def drop(self) -> None:
        """Take out of the copy what the target has no name for: what is finished, and events on activities."""
        for workflow in self.old.workflow.workflows():
            for task in list(workflow.tasks.values()):
                if not self.is_kept(task):
                    splice(workflow, task)

    def is_kept(self, task: CaseTask) -> bool:
        """Whether the target has the like of a task; of an event on an activity, on that very activity."""
        old, new = task.task_spec, self.spec_for(task)
        if new is None or (isinstance(old, BoundaryEvent | BoundaryEventJoin) and type(new) is not type(old)):
            return False
        return not isinstance(old, BoundaryEvent) or self.is_armed(task, new)

    def is_armed(self, event: CaseTask, new: Any) -> bool:
        """Whether an event on an activity is on that activity in the target, too."""
        arming = self.spec_for(event.parent) if isinstance(event.parent.task_spec, BoundaryEventSplit) else None
        return arming is not None and new in arming.outputs

    def state(self) -> bytes:
        """The state of the copy under the names of the target."""
        state = orjson.loads(dump(self.old))
        state["process"] = self.keys[0]
        for row in state["workflows"]:
            row[1] = self.keys[row[0]]
            for entry in row[5]:
                entry[2] = renamed(entry[2], self.names)
        for _, entry in state["tasks"]:
            entry["element"] = self.names.get(entry["element"], entry["element"])
        for side in state["sides"].values():
            side["element"] = self.names.get(side["element"], side["element"])
        for done in state["done"].values():
            done["element"] = self.names.get(done["element"], done["element"])
        return orjson.dumps(state)


def splice(workflow: Any, task: CaseTask) -> None:
    """Take one task out of a tree; its children hang on its parent, which keeps what they are told apart by."""
    parent = task.parent
    if not task._state & FINISHED:
        task._state = CANCELLED
    for number in task._children:
        child = workflow.tasks[number]
        child._parent = parent.id
        child.triggered, child.detached = child.triggered or task.triggered, child.detached or task.detached
    place = parent._children.index(task.id)
    parent._children[place : place + 1] = task._children
    top = workflow.top_workflow
    for index in (workflow.open, workflow.waiting, top.agenda, top.event_manager.tasks, workflow.tasks):
        index.pop(task.id, None)
    if workflow.last_task is task:
        workflow.last_task = None


def prepare(case: Case, data: dict[str, Any], target: Bundle, calendar: Calendar) -> tuple[Case, Move]:
    """The case as it stands in the target, not settled yet; raises Unexpected if it cannot stand there."""
    names = data.get("map") or {}
    if data.get("version") != target.version or data.get("dates", "keep") not in DATES or not isinstance(names, dict):
        raise Unexpected("bad_migration", detail=str(data.get("version")))
    process = case.process
    if process not in target.specs:
        raise Unexpected("migration_box_missing", element=process, detail=process)
    move = Move(case, target, {str(key): str(value) for key, value in names.items()})
    move.refuse()
    move.drop()
    return load(case.case_id, move.state(), target, calendar), move


def starving(case: Case) -> set[tuple[int, str]]:
    """The parallel joins that wait for a token which cannot come, with the number of the box they are in."""
    return {
        (0 if workflow is case.workflow else workflow.parent_task_id, spec.name)
        for workflow in case.workflow.workflows()
        for spec in workflow.spec.task_specs.values()
        if isinstance(spec, ParallelGateway) and spec.starves(workflow)
    }


def carry_on(case: Case, move: Move, data: dict[str, Any]) -> None:
    """Bring a case that has been read with the target's specs in line with them."""
    case.facts["case"]["version"] = case.bundle.version
    case.former = former_names(move.old.former, move.names)
    arm(case, move)
    new = sorted(name for _, name in starving(case) - move.starving)
    if new:
        raise Unexpected("migration_starved", element=new[0], detail=", ".join(new))
    carrying.carry(case, move.old, recompute=data.get("dates") == "recompute")


def former_names(before: dict[str, list[str]], names: dict[str, str]) -> dict[str, list[str]]:
    """The ids that elements had earlier, by the id they have after a migration."""
    found: dict[str, list[str]] = {}
    for old in dict.fromkeys([*before, *names]):
        new = names.get(old, old)
        found.setdefault(new, []).extend([*([old] if old != new else []), *before.get(old, ())])
    return {new: olds for new, olds in found.items() if olds}


def arm(case: Case, move: Move) -> None:
    """Let events wait that the target has attached to activities that are running."""
    top = move.old.workflow
    for workflow in case.workflow.workflows():
        for task in list(workflow.open.values()):
            split = workflow.spec.task_specs.get(f"{task.task_spec.name}.BoundaryEventSplit")
            if split is None:
                continue
            before = top.get_task_from_id(task.id).parent
            known: set[str] = set()
            if before is not None and isinstance(before.task_spec, BoundaryEventSplit):
                known = {renamed(spec.name, move.names) for spec in before.task_spec.outputs}
            holder = task.parent if task.parent.task_spec is split else put_around(task, split)
            for spec in split.outputs:
                if spec is not task.task_spec and spec.name not in known:
                    spec._update(holder._add_child(spec, FUTURE))


def put_around(task: CaseTask, spec: Any) -> CaseTask:
    """The finished task that arms the events on an activity, put before one that is running."""
    parent = task.parent
    split = CaseTask(task.workflow, spec, parent, COMPLETED)
    parent._children.remove(split.id)
    parent._children[parent._children.index(task.id)] = split.id
    task._parent, split._children = split.id, [task.id]
    split.data, split.last_state_change = dict(task.data), task.last_state_change
    split.triggered, split.detached = task.triggered, task.detached
    task.triggered = task.detached = False
    task.workflow.file(split)
    return split
