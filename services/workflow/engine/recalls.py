"""撤回: who has done a task takes it back, as long as nobody has gone on from it.

After a task is done, the case remembers which tokens and tasks have come of it. The memory goes as soon as one of
them moves, is passed on or gets a record; so what is remembered can be taken back. It is a move like any other: what
has come of the task is taken away, and a token is placed where it was done. What the step told others outside the
case cannot be unsaid, so a step that sent a message or began another case is not remembered, nor is the last task of
a process that has ended with it. Why the latest of those were not is kept, for whoever asks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
    limits = [case.deadlines[key] for key in case.deadlines.of(task.id)]
    who = {name: entry.get(name) for name in ("role", "unit", "person")}
    clocks = {limit["name"]: limit["from"] for limit in limits}
    case.doing = task, {"task": entry["id"], "who": who, "clocks": clocks, "state": case.state_name}


def keep(case: Case) -> None:
    """After a step: forget what somebody has gone on from, and remember the task that was done in it."""
    news = News.of(case) if case.done or case.doing is not None else None
    for task_id in [key for key, done in case.done.items() if news and has_gone_on(case, done, news)]:
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
            roots = roots_of(task.workflow, tokens)
            opened = [key for key, above in news.above.items() if not above.isdisjoint(roots)] if news else []
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


@dataclass(frozen=True, slots=True)
class News:
    """What a step has done, as far as it says that somebody has gone on: looked up once, for every task that was done.

    `about` are the tasks something has happened to, and those beside which one was opened; `above` is for each task
    that was opened everything it lies under, `touching` all of it together.
    """

    about: frozenset[str]
    above: Mapping[str, frozenset[int]]
    touching: frozenset[int]

    @classmethod
    def of(cls, case: Case) -> "News":
        """The news of the step that is running."""
        opened = [effect for effect in case.effects if isinstance(effect, fx.TaskOpened)]
        happened = [x for x in case.effects if isinstance(x, fx.TaskClosed | fx.TaskChanged | fx.Recorded)]
        about = {x.task_id for x in happened if x.task_id} | {x.beside for x in opened if x.beside}
        numbers = {entry["id"]: number for number, entry in case.tasks.items()} if opened else {}
        above = {x.task_id: above_of(case, numbers[x.task_id]) for x in opened if x.task_id in numbers}
        return cls(frozenset(about), above, frozenset().union(*above.values()))


def above_of(case: Case, number: int) -> frozenset[int]:
    """The numbers of a task, of what runs around it, and of everything these have come of."""
    found: set[int] = set()
    for step in way_out(case.workflow.get_task_from_id(number)):
        above: CaseTask | None = step
        while above is not None:
            found.add(above.id)
            above = above.parent
    return frozenset(found)


def roots_of(workflow: Any, tokens: Iterable[int]) -> set[int]:
    """The tokens, or what stands around them and their boundary events."""
    found = [workflow.tasks[number] for number in tokens if number in workflow.tasks]
    return {root_of(token).id for token in found}


def root_of(token: CaseTask) -> CaseTask:
    """The token, or what stands around it and its boundary events."""
    return token.parent if isinstance(token.parent.task_spec, BoundaryEventSplit) else token


def has_gone_on(case: Case, done: dict[str, Any], news: News) -> bool:
    """Whether anything has happened to what came of a task."""
    workflow = workflow_of(case, done["scope"])
    if workflow is None or any(number not in workflow.open for number in done["tokens"]):
        return True
    if not news.about.isdisjoint(done["tasks"]):
        return True
    tokens = [workflow.tasks[number] for number in done["tokens"]]
    if all(token.id not in news.touching and token.parent.id not in news.touching for token in tokens):
        return False  # neither is a root, so it need not be found out which
    return not news.touching.isdisjoint(root_of(token).id for token in tokens)


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
