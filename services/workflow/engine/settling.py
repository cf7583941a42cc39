"""What a step ends in: open tasks, deadlines, timers, subscriptions, brought in line with the tree.

Only what moved in the step is looked at. Order: what ended, then deadlines (outer scopes before inner ones), then
timers and subscriptions, then tasks, so that a task finds its deadline; within each in the order of arrival.
"""

from datetime import datetime
from typing import Any

from services.workflow.engine import acceptance, deadlines, scopes, timers
from services.workflow.engine import effects as fx
from services.workflow.engine.cases import Case
from services.workflow.engine.scopes import place
from services.workflow.engine.spiff.events import Message, Timer, is_waiting_event, waits
from services.workflow.engine.spiff.trees import FINISHED, READY, CaseTask, element_of


def settle(case: Case) -> None:
    """Bring everything beside the tree in line with it."""
    for deadline_id in [key for key in case.moved if key in case.deadlines]:
        timers.follow(case, deadline_id)
    touched = sorted(case.workflow.touched.values(), key=lambda task: (task.last_state_change, task.id))
    case.workflow.touched.clear()
    for task in touched:
        if not is_alive(task):
            close(case, task)
            deadlines.clear(case, task.id)
    alive = [task for task in touched if is_alive(task)]
    for task in sorted(alive, key=lambda task: (task.workflow.depth, task.last_state_change)):
        open_scope(case, task)
    for task in alive:
        if is_waiting_event(task) and not case.waits.of(task.id):
            open_waits(case, task)
    for task in alive:
        open_task(case, task)
    if case.is_finished:
        close_case(case)


def is_alive(task: CaseTask) -> bool:
    """Whether the task still stands in the tree and is not finished."""
    top = task.workflow.top_workflow
    if task._state & FINISHED or task.workflow.tasks.get(task.id) is not task:
        return False
    return task.workflow is top or top.subprocesses.get(task.workflow.parent_task_id) is task.workflow


def close(case: Case, task: CaseTask) -> None:
    """A task is over: close what stood on it."""
    opened = case.tasks.pop(task.id, None)
    if opened is not None:
        reason = "done" if opened.get("done") else case.reason or "revoked"
        case.emit(fx.TaskClosed(opened["id"], opened["element"], reason))
    for wait_id in case.waits.of(task.id):
        close_wait(case, wait_id)


def close_wait(case: Case, wait_id: str) -> None:
    """Nobody waits for this any more."""
    wait = case.waits.pop(wait_id)
    case.emit(fx.TimerCleared(wait_id) if wait["kind"] == "timer" else fx.Unsubscribed(wait_id))


def told(case: Case, wait_id: str, wait: dict[str, Any]) -> fx.TimerSet | fx.Subscribed:
    """How a timer or subscription that stands is announced."""
    element = wait["to"] if wait["kind"] == "interrupt" else element_of(case.workflow.get_task_from_id(wait["task"]))
    if wait["kind"] == "timer":
        return fx.TimerSet(wait_id, datetime.fromisoformat(wait["due_at"]), element)
    return fx.Subscribed(wait_id, wait["name"], wait["key"], element)


def open_case(case: Case) -> None:
    """The case begins: its own deadlines and interrupts."""
    open_process(case, case.workflow, scopes.ROOT)


def close_case(case: Case) -> None:
    """The case has ended: nothing of it may stay behind."""
    for wait_id in list(case.waits):
        close_wait(case, wait_id)
    for number in {deadline["scope"] for deadline in case.deadlines.values()}:
        deadlines.clear(case, number)
    case.emit(fx.Finished(case.outcome or ""))


def open_scope(case: Case, task: CaseTask) -> None:
    """Deadlines that begin with an activity, and what belongs to the process running inside it."""
    if task.internal_data.get("scope") or not task._state & ~FINISHED:
        return
    declared = getattr(task.task_spec, "extensions", {}).get("deadline", ())
    inner = task.workflow.top_workflow.subprocesses.get(task.id)
    if not declared and not (inner is not None and inner.spec.extensions):
        return
    task.internal_data["scope"] = 1
    for deadline in declared:
        deadlines.set_deadline(case, task, task.id, deadline)
    if inner is not None:
        open_process(case, inner, task.id)


def open_process(case: Case, workflow: Any, scope: int) -> None:
    """Deadlines and interrupts a process declares for itself."""
    extensions = workflow.spec.extensions
    for deadline in extensions.get("deadline", ()):
        deadlines.set_deadline(case, workflow.task_tree, scope, deadline)
    for number, interrupt in enumerate(extensions.get("interrupt", ())):
        open_interrupt(case, workflow, scope, number, interrupt)


def open_interrupt(case: Case, workflow: Any, scope: int, number: int, interrupt: dict[str, str]) -> None:
    """A process begins to listen for a message that interrupts it."""
    key = case.key_of(Message(interrupt["message"], interrupt.get("key", "")), workflow.task_tree)
    wait_id = case.draw("s")
    case.waits[wait_id] = {"kind": "interrupt", "task": scope, "position": number, "key": key}
    case.waits[wait_id] |= {"name": interrupt["message"], "to": interrupt["to"]}
    case.waits[wait_id] |= {"reason": interrupt["reason"]} if interrupt.get("reason") else {}
    case.emit(told(case, wait_id, case.waits[wait_id]))


def open_waits(case: Case, task: CaseTask) -> None:
    """Timers and subscriptions of an event that now waits."""
    for position, definition in waits(task):
        if isinstance(definition, Timer):
            timers.set_timer(case, task, position, definition)
        elif isinstance(definition, Message):
            key = case.key_of(definition, task)
            wait_id = case.draw("s")
            case.waits[wait_id] = {"kind": "message", "task": task.id, "position": position, "key": key}
            case.waits[wait_id]["name"] = definition.name
            case.emit(told(case, wait_id, case.waits[wait_id]))


def open_task(case: Case, task: CaseTask) -> None:
    """Somebody has something to do."""
    if task._state != READY or not task.task_spec.manual or task.id in case.tasks:
        return
    hy = task.task_spec.extensions.get("task", {})
    who: dict[str, Any] = {
        "role": hy.get("role") or task.task_spec.lane or "",
        "unit": case.unit_at(task, hy.get("unit")),
    }
    person, facts = case.person_at(task, hy.get("person")), described(case, task)
    entry: dict[str, Any] = {"id": case.draw(), "element": element_of(task), **who}
    if person is not None:
        entry["person"] = person
    case.tasks[task.id] = entry
    case.emit(fx.TaskOpened(task_id=entry["id"], **facts, **who, person=person, initial=initial_of(case, task, hy)))


def described(case: Case, task: CaseTask) -> dict[str, Any]:
    """What the diagram says about an open task."""
    spec = task.task_spec
    hy = spec.extensions.get("task", {})
    return {
        "element": element_of(task),
        "name": spec.bpmn_name or element_of(task),
        "process": task.workflow.spec.name,
        "form": hy.get("form", ""),
        "deadline": deadlines.find(case, task, hy["deadline"]) if hy.get("deadline") else None,
        "public": hy.get("public", ""),
        "accepts": tuple(sorted({one.mark["record"] for one in acceptance.at_task(case, task)})),
        "apart": case.apart_of(hy.get("apart", "")),
        "scope": scope_of(task),
    }


def scope_of(task: CaseTask) -> str:
    """The boxes a task stands in from the outside in, instances with their position."""
    workflow = task.workflow
    top = workflow.top_workflow
    return "" if workflow is top else place(workflow.parent_task)


def initial_of(case: Case, task: CaseTask, hy: dict[str, str]) -> dict[str, Any] | None:
    """What the form holds at first, by `fill`: fields the form has and that are something; None without `fill`."""
    if not hy.get("fill"):
        return None
    fields = case.bundle.forms.get(hy.get("form", ""), {}).get("properties") or {}
    found = case.facts_at(task, hy["fill"])
    return {name: value for name, value in found.items() if name in fields and value is not None}
