"""The state of a case as one small blob, and its canonical form.

No specs, no predicted tasks, finished prefixes cut off, data as differences to the task before. `canonical` leaves out
everything that depends on how the state came about (numbers of tasks, ticks, what was cut off), so that a replayed
case and a saved and restored one can be compared with `==`.
"""

from hashlib import sha256
from operator import is_
from typing import Any

import orjson

from services.workflow.calendars import Calendar
from services.workflow.engine.bundles import Bundle
from services.workflow.engine.cases import Case
from services.workflow.engine.compaction import compact
from services.workflow.engine.problems import EngineError
from services.workflow.engine.scopes import place, way_out
from services.workflow.engine.shelves import Shelf
from services.workflow.engine.spiff.events import BoundaryEvent, is_waiting_event
from services.workflow.engine.spiff.trees import (
    FINISHED,
    READY,
    STARTED,
    WAITING,
    CaseSubWorkflow,
    CaseTask,
    element_of,
    same_data,
)

FORMAT = 1
_MISSING = object()


def dump(case: Case) -> bytes:
    """The state between two steps. Compacts the case first."""
    top = case.workflow
    head = {
        "v": FORMAT,
        "process": case.process,
        "now": case.now.isoformat(),
        "facts": case.facts,
        "counters": case.counters,
        "ids": [top.next_id, top.next_tick],
        "tasks": [[number, entry] for number, entry in case.tasks.items()],
        "waits": case.waits,
        "deadlines": case.deadlines,
        "sides": case.sides,
        "done": case.done,
        "spent": case.spent,
        "former": case.former,
        "state": case.state_name,
        "pins": case.pins,
        "outcome": case.outcome,
        "workflows": [kept_row(workflow) for workflow in top.workflows()],
    }
    return orjson.dumps(head)


def kept_row(workflow: Any) -> orjson.Fragment:
    """A workflow's row as JSON: made anew only where one of its tasks, or what it is a difference to, has changed.

    So a step in one of hundreds of parallel parts costs no more than a step in one of two.
    """
    base = workflow.parent_task.data if isinstance(workflow, CaseSubWorkflow) else {}
    if workflow.kept is None or not is_same(workflow.kept[0], base):
        compact(workflow)
        workflow.kept = dict(base), orjson.Fragment(orjson.dumps(workflow_row(workflow)))
    fragment: orjson.Fragment = workflow.kept[1]
    return fragment


def is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether both hold the very same values in the same order."""
    return list(one) == list(other) and all(map(is_, one.values(), other.values()))


def workflow_row(workflow: Any) -> list[Any]:
    """One workflow: the task it runs in, its process, whether it has ended, its tasks from the root down."""
    last = workflow.last_task
    inner = isinstance(workflow, CaseSubWorkflow)
    return [
        workflow.parent_task_id if inner else 0,
        key_of(workflow),
        int(workflow.completed),
        last.id if last is not None and last.id in workflow.tasks else 0,
        workflow.data,
        task_rows(workflow),
    ]


def key_of(workflow: Any) -> str:
    """The id a workflow's process is filed under in the bundle."""
    return str(workflow.spec.name)


def task_rows(workflow: Any) -> list[list[Any]]:
    """Every task of a tree, parents first, in the order of their children."""
    rows, stack = [], [workflow.task_tree]
    while stack:
        task = stack.pop()
        rows.append(task_row(task))
        stack.extend(reversed(task.children))
    return rows


def task_row(task: CaseTask) -> list[Any]:
    """[number, parent, element, state, tick, flags, internal data, changed data, removed keys]."""
    parent = task.parent
    base = base_of(task)
    changed = {k: v for k, v in task.data.items() if (old := base.get(k, _MISSING)) is not v and not same_data(old, v)}
    removed = [k for k in base if k not in task.data]
    flags = int(task.triggered) | int(task.reached) << 1 | int(task.detached) << 2
    number = parent.id if parent is not None else 0
    name = task.task_spec.name
    return [
        task.id,
        number,
        name,
        task._state,
        task.last_state_change,
        flags,
        task.internal_data,
        changed,
        removed,
    ]


def base_of(task: CaseTask) -> dict[str, Any]:
    """The data a task's own is stored as a difference to: of the task before, for a root of the activity around it."""
    parent = task.parent
    if parent is None and isinstance(task.workflow, CaseSubWorkflow):
        parent = task.workflow.parent_task
    data: dict[str, Any] = parent.data if parent is not None else {}
    return data


def load(case_id: str, blob: bytes, bundle: Bundle, calendar: Calendar) -> Case:
    """The live case of a stored state; raises EngineError if it is of another format or does not fit the bundle."""
    try:
        state = orjson.loads(blob)
        if state["v"] != FORMAT:
            raise EngineError("state_format", detail=f"{state['v']} instead of {FORMAT}")
        return restore(Case(case_id, state["process"], bundle, calendar), state)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise EngineError("state_damaged", detail=repr(error)[:200]) from error


def restore(case: Case, state: dict[str, Any]) -> Case:
    """Fill a new case with a stored state."""
    case.now = type(case.now).fromisoformat(state["now"])
    case.facts.update(state["facts"])
    case.counters = state["counters"]
    case.waits, case.deadlines = Shelf("task", state["waits"]), Shelf("scope", state["deadlines"])
    case.tasks = dict(state["tasks"])
    case.sides, case.done, case.state_name = state.get("sides", {}), state.get("done", {}), state.get("state", "")
    case.spent, case.former = state.get("spent", {}), state.get("former", {})
    case.pins, case.outcome = state["pins"], state["outcome"]
    top = case.workflow
    for parent, process, completed, last, data, rows in state["workflows"]:
        workflow = top if not parent else enter(top, parent, process)
        fill(workflow, rows)
        workflow.completed, workflow.data = bool(completed), data
        workflow.last_task = workflow.tasks.get(last)
    top.next_id, top.next_tick = state["ids"]
    top.touched.clear()
    in_order_of_arrival(top)
    return case


def in_order_of_arrival(top: Any) -> None:
    """Put the books into the order in which the live case had them: a signal wakes who waits in this order."""
    for workflow in top.workflows():
        workflow.open = dict(sorted(workflow.open.items()))
        workflow.waiting = by_tick(workflow.waiting)
    top.event_manager.tasks = by_tick(top.event_manager.tasks)


def by_tick(tasks: dict[int, CaseTask]) -> dict[int, CaseTask]:
    """Tasks by their last change."""
    return dict(sorted(tasks.items(), key=lambda row: row[1].last_state_change))


def enter(top: Any, parent: int, process: str) -> CaseSubWorkflow:
    """Put a running sub-workflow back where it runs."""
    task = top.get_task_from_id(parent)
    if process not in top.subprocess_specs:
        raise EngineError("unknown_process", detail=process)
    workflow = CaseSubWorkflow(top.subprocess_specs[process], parent, top)
    top.subprocesses[parent] = workflow
    workflow.completed_event.connect(task.task_spec._on_subworkflow_completed, task)
    return workflow


def fill(workflow: Any, rows: list[list[Any]]) -> None:
    """Rebuild a tree from its rows and file every task under its state."""
    specs, top = workflow.spec.task_specs, workflow.top_workflow
    for number, parent_number, name, state, tick, flags, internal, changed, removed in rows:
        if name not in specs:
            raise EngineError("unknown_element", element=name, detail=workflow.spec.name)
        parent = workflow.tasks.get(parent_number)
        task = CaseTask(workflow, specs[name], parent, state, number)
        task.triggered, task.reached, task.detached = bool(flags & 1), bool(flags & 2), bool(flags & 4)
        task.last_state_change, task.internal_data = tick, internal
        base = base_of(task)
        kept = {k: v for k, v in base.items() if k not in removed and k not in changed}
        task.data = {**kept, **changed}
        if parent is None:
            workflow.task_tree = task
        workflow.file(task)
        if is_waiting_event(task):
            top.event_manager.add_task(task)


def canonical(case: Case) -> dict[str, Any]:
    """What a case *is*: tokens with their data, tasks, deadlines, timers, subscriptions, facts."""
    places = {task.id: place(task) for w in case.workflow.workflows() for task in w.open.values()}
    tokens = [
        [places[task.id], state_name(task), task.data]
        for workflow in case.workflow.workflows()
        for task in workflow.open.values()
    ]
    standing = {0: "", **places}
    return {
        "process": case.process,
        "now": case.now.isoformat(),
        "facts": case.facts,
        "finished": case.is_finished,
        "outcome": case.outcome,
        "tokens": sorted(tokens, key=lambda token: orjson.dumps(token, option=orjson.OPT_SORT_KEYS)),
        "tasks": sorted(([standing[n], entry] for n, entry in case.tasks.items()), key=lambda row: row[1]["id"]),
        "waits": {k: {**wait, "task": standing[wait["task"]]} for k, wait in sorted(case.waits.items())},
        "deadlines": {k: {**d, "scope": standing[d["scope"]]} for k, d in sorted(case.deadlines.items())},
        "sides": dict(sorted(case.sides.items())),
        "done": {k: {**done, **where(done, standing)} for k, done in sorted(case.done.items())},
        "state": case.state_name,
        "former": dict(sorted(case.former.items())),
        "counters": dict(sorted(case.counters.items())),
        "pins": dict(sorted(case.pins.items())),
    }


def where(done: dict[str, Any], places: dict[int, str]) -> dict[str, Any]:
    """The places of what came of a task that was done."""
    return {"scope": places[done["scope"]], "tokens": sorted(places[number] for number in done["tokens"])}


def standing(case: Case) -> list[str]:
    """The elements in which tokens stand, with the boxes around them, each once and after the box it is in.

    A boundary event that waits is no place of its own: its token is in the activity.
    """
    found: dict[str, None] = {}
    for workflow in case.workflow.workflows():
        for task in workflow.open.values():
            if not isinstance(task.task_spec, BoundaryEvent):
                steps = reversed([step for step in way_out(task) if step.task_spec.bpmn_id])
                found |= dict.fromkeys(element_of(step) for step in steps)
    return list(found)


def state_name(task: CaseTask) -> str:
    """The state of an unfinished task in words."""
    return {WAITING: "waiting", READY: "ready", STARTED: "started"}.get(task._state, str(task._state & ~FINISHED))


def digest(case: Case) -> str:
    """SHA-256 of the canonical form."""
    return sha256(orjson.dumps(canonical(case), option=orjson.OPT_SORT_KEYS)).hexdigest()
