"""What operators and people may do to a case beside completing tasks, whatever the diagram draws.

One primitive, `move`: cancel tokens, place a token at an element of the same scope. Return, withdrawal and interrupts
are moves. It places; it does not rewind: what lies behind has been compacted away.
"""

from collections.abc import Callable
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit

from services.workflow.engine import deadlines, endings
from services.workflow.engine import effects as fx
from services.workflow.engine.cases import Case
from services.workflow.engine.problems import EngineError, Unexpected
from services.workflow.engine.spiff.events import BoundaryEvent, EventBasedGateway
from services.workflow.engine.spiff.instances import Instances, cancel_instance, is_instance
from services.workflow.engine.spiff.joins import path
from services.workflow.engine.spiff.trees import FINISHED, FUTURE, CaseTask, element_of

Verb = Callable[[Case, dict[str, Any]], None]

INTERRUPT_REASONS = ("revoked", "withdrawn")
"""Why the tasks of an interrupted process are closed; the first, where the diagram does not say."""


def task_of(case: Case, task_id: Any) -> CaseTask:
    """The open task with this id; raises Unexpected."""
    for number, entry in case.tasks.items():
        if entry["id"] == task_id:
            return case.workflow.get_task_from_id(number)
    raise Unexpected("task_closed", detail=str(task_id))


def activity_of(token: CaseTask) -> CaseTask:
    """The task that stands for the token in its own scope: an instance stands for its whole activity."""
    task: CaseTask = token
    while is_instance(task):
        task = task.parent
    return task


def entry_of(workflow: Any, element: str) -> Any:
    """The spec a token enters an element by; None for what no token can enter by itself."""
    specs = workflow.spec.task_specs
    spec = specs.get(element)
    if spec is None or spec.bpmn_id != element or isinstance(spec, BoundaryEvent):
        return None
    if any(isinstance(specs.get(name), EventBasedGateway) for name in spec._inputs):
        return None
    return specs.get(f"{element}.BoundaryEventSplit") or spec


def token_in(case: Case, task: CaseTask, element: str) -> CaseTask:
    """The token, in the nearest scope around a task that has the element; raises Unexpected."""
    token = activity_of(task)
    while entry_of(token.workflow, element) is None:
        if token.workflow is case.workflow:
            raise Unexpected("unknown_element", detail=element)
        token = activity_of(case.workflow.get_task_from_id(token.workflow.parent_task_id))
    return token


def cancel(token: CaseTask) -> CaseTask:
    """Take a token away, with the boundary events around it. Returns the finished task it came from."""
    parent: CaseTask = token.parent
    if token.triggered or not isinstance(parent.task_spec, BoundaryEventSplit):  # placed, or started by an event there
        if not token._state & FINISHED:
            token.cancel()
        return parent
    join = f"{element_of(parent)}.BoundaryEventJoin"
    for task in list(token.workflow.open.values()):
        armed = task.parent is parent and not task.triggered
        if armed or (task.task_spec.name == join and task.is_descendant_of(parent)):
            task.cancel()
    return parent


def move(tokens: list[CaseTask], element: str) -> None:
    """Cancel tokens of one scope and place one at an element there, with the data the first came with."""
    workflow = tokens[0].workflow
    anchors = [cancel(token) for token in tokens if workflow.tasks.get(token.id) is token]
    anchor = anchors[0]
    while not anchor._state & FINISHED:
        anchor = anchor.parent
    child = anchor._add_child(entry_of(workflow, element), FUTURE)
    child.triggered = True
    child.task_spec._update(child)


def demand_end(tokens: list[CaseTask], element: str) -> None:
    """Raise Unexpected if tokens that could all come to their end no longer could after such a `move`."""
    workflow, anchor = tokens[0].workflow, tokens[0].parent
    while not anchor._state & FINISHED:
        anchor = anchor.parent
    lost = endings.lost_joins(workflow, tokens_of(workflow), tokens, anchor, entry_of(workflow, element))
    if lost:
        raise Unexpected("never_ends", element=lost[0], detail=", ".join(lost))


def tokens_of(workflow: Any) -> list[CaseTask]:
    """Every token of a workflow, the earliest first."""
    standing = {activity_of(task).id: activity_of(task) for task in workflow.open.values()}
    return sorted(standing.values(), key=lambda task: (task.last_state_change, task.id))


def interrupt(case: Case, wait: dict[str, Any], payload: dict[str, Any]) -> None:
    """`<hy:interrupt>`: everything in the process stops, one token goes on at the named element."""
    scope, element = wait["task"], wait["to"]
    workflow = case.workflow if not scope else case.workflow.subprocesses[scope]
    if entry_of(workflow, element) is None:
        raise EngineError("unknown_element", detail=element)
    case.reason = wait.get("reason") or INTERRUPT_REASONS[0]
    case.facts["case"]["interrupt"] = payload
    move(tokens_of(workflow), element)


def branches(token: CaseTask) -> set[int]:
    """The branches started by records that a token stands in."""
    return {task.id for task in path(token) if task.detached}


def way_back(case: Case, task: CaseTask) -> str:
    """The element that the task, or the nearest activity around it, names for a return; empty if none does."""
    while True:
        element = getattr(task.task_spec, "extensions", {}).get("return", {}).get("to")
        if element or task.workflow is case.workflow:
            return element or ""
        task = case.workflow.get_task_from_id(task.workflow.parent_task_id)


def give_back(case: Case, data: dict[str, Any]) -> None:
    """return {task, to?}: go back to an earlier element; what has come of it since is taken away too.

    `to` defaults to `<hy:return to=…>` of the task, else of the nearest activity around it. Out of a parallel part,
    the whole part goes. Raises Unexpected where somebody else's way back would leave a join that waits in vain.
    """
    task = task_of(case, data.get("task"))
    element = str(data.get("to") or way_back(case, task))
    if not element:
        raise Unexpected("no_way_back", element=element_of(task))
    token = token_in(case, task, element)
    entry = entry_of(token.workflow, element)
    before = token if token.task_spec is entry else token.find_ancestor(entry.name)
    own = branches(token)
    behind = [t for t in tokens_of(token.workflow) if before is None or t.is_descendant_of(before)]
    others = [t for t in behind if branches(t) <= own]  # what a record has started goes on
    tokens = [token, *(t for t in others if t is not token)]
    if element != way_back(case, task):
        demand_end(tokens, element)
    case.reason = "returned"
    move(tokens, element)


def shift(case: Case, data: dict[str, Any]) -> None:
    """move {cancel: [task ids] | "all", to}: an operator takes tokens of one scope away and places one.

    "all" takes every token of the case's own process. What is left besides must still make sense: where a parallel
    join would then wait in vain, or a token be left over at one, it raises Unexpected.
    """
    element = str(data.get("to") or "")
    if data.get("cancel") == "all":
        if entry_of(case.workflow, element) is None:
            raise Unexpected("unknown_element", detail=element)
        tokens = tokens_of(case.workflow)
    else:
        tokens = [token_in(case, task_of(case, task_id), element) for task_id in data.get("cancel") or ()]
    if not tokens:
        raise Unexpected("nothing_to_cancel")
    if any(token.workflow is not tokens[0].workflow for token in tokens):
        raise Unexpected("different_scopes", detail=element)
    chosen = list({token.id: token for token in tokens}.values())
    demand_end(chosen, element)
    case.reason = "revoked"
    move(chosen, element)


def transfer(case: Case, data: dict[str, Any]) -> None:
    """transfer {task, unit?, role?, person?}: somebody else does it.

    What is not named stays; but a task that goes to another unit or role is no longer for the one person it was for.
    """
    task = task_of(case, data.get("task"))
    entry = case.tasks[task.id]
    before = entry.pop("person", None)
    entry.pop("delegate", None)
    person = data.get("person", None if "unit" in data or "role" in data else before)
    entry["unit"], entry["role"] = data.get("unit", entry["unit"]), data.get("role", entry["role"])
    if person is not None:
        entry["person"] = str(person)
    changed(case, entry)


def changed(case: Case, entry: dict[str, Any]) -> None:
    """Say who has a task now."""
    case.emit(fx.TaskChanged(entry["id"], entry["role"], entry["unit"], entry.get("person"), entry.get("delegate")))


def end_instance(case: Case, data: dict[str, Any]) -> None:
    """end_instance {task}: the instance of a multi-instance activity around the task ends; the rest goes on."""
    task: CaseTask | None = task_of(case, data.get("task"))
    while task is not None and not is_instance(task):
        workflow = task.workflow
        task = None if workflow is case.workflow else case.workflow.get_task_from_id(workflow.parent_task_id)
    if task is None:
        raise Unexpected("not_an_instance", detail=str(data.get("task")))
    case.reason = "revoked"
    cancel_instance(task)


def begin_instance(case: Case, data: dict[str, Any]) -> None:
    """add_instance {element, item, key?}: one more instance of a running multi-instance activity (加签).

    Where the collection is a dictionary, `key` files the result; in sequence the new one comes last.
    """
    element = str(data.get("element") or "")
    for workflow in case.workflow.workflows():
        for wrapper in list(workflow.open.values()):
            if wrapper.task_spec.name == element and isinstance(wrapper.task_spec, Instances):
                wrapper.task_spec.add(wrapper, data.get("item"), data.get("key"))
                return
    raise Unexpected("not_running", detail=element)


def adopt_calendar(case: Case, data: dict[str, Any]) -> None:
    """calendar {shorten?}: compute every running deadline with the calendar the case has been loaded with.

    With `shorten` false none is brought forward; a log that does not say so means true. Timers follow also where the
    date stays: the working days before it may be others.
    """
    for deadline_id in list(case.deadlines):
        deadlines.recompute(case, deadline_id, shorten=bool(data.get("shorten", True)))
        case.moved[deadline_id] = None


def extend(case: Case, data: dict[str, Any]) -> None:
    """extend {deadline, amount}: a running deadline gets another amount from its own beginning."""
    deadline_id = str(data.get("deadline") or "")
    if deadline_id not in case.deadlines:
        raise Unexpected("unknown_deadline", detail=deadline_id)
    try:
        deadlines.recompute(case, deadline_id, amount=str(data.get("amount")))
    except EngineError as error:
        raise Unexpected(error.code, detail=error.detail) from error


VERBS: dict[str, Verb] = {
    "return": give_back,
    "move": shift,
    "transfer": transfer,
    "end_instance": end_instance,
    "add_instance": begin_instance,
    "calendar": adopt_calendar,
    "extend": extend,
}
