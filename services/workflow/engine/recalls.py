"""撤回: who has done a task takes it back, as long as nobody has gone on from it.

After a task is done, the case remembers which tokens and tasks have come of it. The memory goes as soon as one of
them moves, is passed on or gets a record; so what is remembered can be taken back. It is a move like any other: what
has come of the task is taken away, and a token is placed where it was done. What the step told others outside the
case cannot be unsaid, so a step that sent a message or began another case is not remembered, nor is the last task of
a process that has ended with it. Why the latest of those were not is kept, for whoever asks.
"""

from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit

from services.workflow.engine import effects as fx
from services.workflow.engine.cases import Case
from services.workflow.engine.problems import Unexpected
from services.workflow.engine.scopes import way_out
from services.workflow.engine.spiff.events import BoundaryEvent
from services.workflow.engine.spiff.instances import is_instance
from services.workflow.engine.spiff.joins import TokenJoin
from services.workflow.engine.spiff.trees import CaseTask
from services.workflow.engine.verbs import Verb, activity_of, changed, move

OUTWARD = (fx.Sent, fx.CaseStarted)
"""What reaches others outside the case."""
REASONS = 10
"""Of how many tasks the case knows why they cannot be taken back; of older ones somebody has gone on from them."""
LATE, SENT, JOINED, ENDED, BESIDE = "not_recallable", "recall_sent", "recall_joined", "recall_ended", "recall_beside"


def begin(case: Case, task: CaseTask) -> None:
    """A task is about to be done: note who had it and since when its own deadlines run, before they end with it."""
    entry = case.tasks[task.id]
    if is_instance(task):
        note(case, entry["id"], BESIDE)
        return
    limits = [limit for limit in case.deadlines.values() if limit["scope"] == task.id]
    who = {name: entry.get(name) for name in ("role", "unit", "person")}
    clocks = {limit["name"]: limit["from"] for limit in limits}
    case.doing = task, {"task": entry["id"], "who": who, "clocks": clocks, "state": case.state_name}


def keep(case: Case) -> None:
    """After a step: forget what somebody has gone on from, and remember the task that was done in it."""
    for task_id in [key for key, done in case.done.items() if has_gone_on(case, done)]:
        del case.done[task_id]
    if case.doing is not None:
        task, done = case.doing
        tokens, why = tokens_from(case, task)
        if any(isinstance(effect, OUTWARD) for effect in case.effects):
            why = SENT
        if why:
            note(case, done["task"], why)
        else:
            records = [x.record for x in case.effects if isinstance(x, fx.Recorded)]
            opened = [x.task_id for x in case.effects if isinstance(x, fx.TaskOpened) and lies_under(case, x, tokens)]
            place = {"element": str(task.task_spec.bpmn_id), "scope": scope_of(task)}
            case.done[done["task"]] = {**done, **place, "tokens": sorted(tokens), "tasks": opened, "records": records}
    case.doing, case.clocks = None, {}
    for effect in case.effects:
        if isinstance(effect, fx.Milestone):
            case.state_name = effect.state


def scope_of(task: CaseTask) -> int:
    """The number of the task in whose process this one stands; 0 for the case's own."""
    workflow = task.workflow
    return 0 if workflow is workflow.top_workflow else int(workflow.parent_task_id)


def workflow_of(case: Case, scope: int) -> Any:
    """The running process of a scope, or None once it has ended."""
    return case.workflow.subprocesses.get(scope) if scope else case.workflow


def tokens_from(case: Case, task: CaseTask) -> tuple[set[int], str]:
    """The numbers of the tokens that have come of a task, in its own process, or why they cannot be taken back."""
    workflow = task.workflow
    if workflow.completed or workflow_of(case, scope_of(task)) is not workflow:
        return set(), ENDED
    mine = [token for token in workflow.open.values() if token.is_descendant_of(task)]
    if any(has_joined(token, task) for token in mine):
        return set(), JOINED
    tokens = {activity_of(token).id for token in mine if not isinstance(token.task_spec, BoundaryEvent)}
    return tokens, "" if tokens else ENDED


def note(case: Case, task_id: str, why: str) -> None:
    """Remember why a task that was done cannot be taken back; the oldest such note goes."""
    case.spent[task_id] = why
    for oldest in list(case.spent)[:-REASONS]:
        del case.spent[oldest]


def has_joined(token: CaseTask, task: CaseTask) -> bool:
    """Whether a token has come through a join since a task: then tokens of others have gone into it."""
    step = token.parent
    while step is not task:
        if isinstance(step.task_spec, TokenJoin) and len(step.task_spec.inputs) > 1:
            return True
        step = step.parent
    return False


def lies_under(case: Case, opened: fx.TaskOpened, tokens: set[int]) -> bool:
    """Whether a task has come of one of the tokens, there, in a process that runs there, or by an event there."""
    number = next((key for key, entry in case.tasks.items() if entry["id"] == opened.task_id), None)
    if number is None:
        return False
    roots = [root_of(token) for token in map(case.workflow.find, tokens) if token is not None]
    steps = list(way_out(case.workflow.get_task_from_id(number)))
    return any(step is root or step.is_descendant_of(root) for step in steps for root in roots)


def root_of(token: CaseTask) -> CaseTask:
    """The token, or what stands around it and its boundary events."""
    return token.parent if isinstance(token.parent.task_spec, BoundaryEventSplit) else token


def has_gone_on(case: Case, done: dict[str, Any]) -> bool:
    """Whether anything has happened to what came of a task."""
    workflow = workflow_of(case, done["scope"])
    if workflow is None or any(number not in workflow.open for number in done["tokens"]):
        return True
    return any(is_about(case, effect, done) for effect in case.effects)


def is_about(case: Case, effect: fx.Effect, done: dict[str, Any]) -> bool:
    """Whether an effect has happened to what came of a task."""
    if isinstance(effect, fx.TaskOpened):
        return effect.beside in done["tasks"] or lies_under(case, effect, set(done["tokens"]))
    return isinstance(effect, fx.TaskClosed | fx.TaskChanged | fx.Recorded) and effect.task_id in done["tasks"]


def recall(case: Case, data: dict[str, Any]) -> None:
    """recall {task}: a task that was done is open again, for the same people and with the same deadline."""
    task_id = str(data.get("task"))
    done = case.done.pop(task_id, None)
    if done is None:
        raise Unexpected(unrecallable(case, task_id), detail=task_id)
    workflow = workflow_of(case, done["scope"])
    for record in done["records"]:
        case.facts["records"][record] -= 1
    case.reason, case.clocks = "revoked", {done["element"]: done["clocks"]}
    case.again = {**done["who"], "element": done["element"], "scope": done["scope"]}
    move([workflow.tasks[number] for number in done["tokens"]], done["element"])
    if done["state"] and done["state"] != case.state_name:
        case.emit(fx.Milestone(done["state"], done["element"]))


def recallable(case: Case, task_id: str) -> list[str] | None:
    """The tasks that would go if a task that was done were taken back; None if it cannot be."""
    done = case.done.get(task_id)
    return None if done is None else list(done["tasks"])


def unrecallable(case: Case, task_id: str) -> str:
    """The code of why a task that was done cannot be taken back."""
    return ENDED if case.is_finished else case.spent.get(task_id, LATE)


def hand_back(case: Case) -> None:
    """After a recall the task is for whom it was before, whatever the diagram said when it was first opened."""
    if case.again is None:
        return
    again, case.again = case.again, None
    for number, entry in case.tasks.items():
        task = case.workflow.get_task_from_id(number)
        if entry["element"] == again["element"] and scope_of(task) == again["scope"]:
            before = {**entry}
            entry |= {"role": again["role"], "unit": again["unit"]}
            entry.pop("person", None)
            if again["person"] is not None:
                entry["person"] = again["person"]
            if entry != before:
                changed(case, entry)


VERBS: dict[str, Verb] = {"recall": recall}
