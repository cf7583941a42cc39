"""The step: the only way a case moves. Deterministic, without I/O, without a clock.

case, effects = start(case_id, Stimulus("start", at, actor, {…}), bundle, calendar)
effects = step(case, Stimulus("complete_task", at, actor, {"task": …, "data": …}))
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from SpiffWorkflow.exceptions import SpiffWorkflowException

from services.workflow.calendars import Calendar
from services.workflow.engine import (
    acceptance,
    colleagues,
    migrations,
    recalls,
    regrouping,
    reversals,
    successions,
    timers,
    verbs,
)
from services.workflow.engine import effects as fx
from services.workflow.engine.bundles import Bundle, variable_of
from services.workflow.engine.cases import Case
from services.workflow.engine.problems import EngineError, Unexpected
from services.workflow.engine.settling import close_wait, open_case, settle
from services.workflow.engine.spiff.events import fire
from services.workflow.engine.spiff.trees import copy_data
from services.workflow.engine.stimuli import Stimulus, is_plain

SEMANTICS = 1
"""Version of what a step means; a log entry names the one it ran under."""

MOVING = frozenset({"complete_task", "message", "timer"})
"""Stimuli that change only where tokens move; the others may write anywhere."""

DEFECTS = (
    *(SpiffWorkflowException, ArithmeticError, AttributeError, LookupError, RecursionError, StopIteration),
    *(TypeError, ValueError),
)
"""What a diagram nobody thought of may lead to: an incident of its case, never of the worker that runs it."""


def start(case_id: str, stimulus: Stimulus, bundle: Bundle, calendar: Calendar) -> tuple[Case, list[fx.Effect]]:
    """Begin a case. Raises EngineError; then there is no case."""
    data = stimulus.data
    if not is_plain(data):
        raise Unexpected("not_plain", detail=stimulus.kind)
    case = Case(case_id, str(data["process"]), bundle, calendar)
    case.pins.update(data.get("pins") or {})
    case.turn(stimulus.at)
    case.facts["matter"].update(copy_data(data.get("matter") or {}))
    case.facts["case"].update(
        id=case_id,
        process=case.process,
        version=bundle.version,
        started_at=case.now.astimezone(case.zone).isoformat(),
    )

    def begin() -> None:
        case.workflow.start_event = str(data.get("event") or "")
        case.workflow.plant()
        case.workflow.task_tree.data = copy_data(data.get("vars") or {})
        open_case(case)

    return case, finish(case, begin)


def step(case: Case, stimulus: Stimulus) -> list[fx.Effect]:
    """Move a case by one stimulus.

    Raises Unexpected when the stimulus does not fit (the case may be used further) and EngineError when the step
    failed (throw the live case away; its stored state still stands before the step).
    """
    if case.is_finished:
        raise Unexpected("case_finished", detail=case.case_id)
    act = STIMULI.get(stimulus.kind)
    if act is None:
        raise Unexpected("unknown_stimulus", detail=stimulus.kind)
    if not is_plain(stimulus.data):
        raise Unexpected("not_plain", detail=stimulus.kind)
    before = case.now, case.facts["now"], case.pins
    case.turn(stimulus.at)
    case.pins = {**case.pins, **(stimulus.data.get("pins") or {})}
    case.unreached = list(stimulus.data.get("unreached") or ())
    try:
        found = finish(case, lambda: act(case, stimulus))
    except Unexpected:
        case.now, case.facts["now"], case.pins = before  # it is not logged, so it must not have happened
        raise
    if stimulus.kind not in MOVING:
        case.workflow.let_go()
    return found


def migrate(case: Case, stimulus: Stimulus, bundle: Bundle) -> tuple[Case, list[fx.Effect]]:
    """Bring a case to another version by `operator` {"verb": "migrate", "version", "map", "dates"}.

    Returns the case that goes on; the one given is not changed. Raises Unexpected when it cannot stand in the target
    (the detail names the elements) and EngineError when the target's expressions cannot be evaluated there.
    """
    if case.is_finished:
        raise Unexpected("case_finished", detail=case.case_id)
    if not is_plain(stimulus.data):
        raise Unexpected("not_plain", detail=stimulus.kind)
    target, move = migrations.prepare(case, stimulus.data, bundle, case.calendar)
    target.turn(stimulus.at)
    pins = {**target.pins, **(stimulus.data.get("pins") or {})}
    target.pins = {place: process for place, process in pins.items() if process in bundle.specs}
    return target, finish(target, lambda: migrations.carry_on(target, move, stimulus.data))


def revert(case: Case, before: Case | None, stimulus: Stimulus) -> tuple[Case, list[fx.Effect]]:
    """Take back the migration that has made `case` out of `before`, by `operator` {"verb": "revert", "version"}.

    `before` is the case as it stood then, None if the last stimulus was no migration; it goes on and is returned.
    Raises Unexpected when there is nothing to take back, or too much has come of it.
    """
    if before is None or stimulus.data.get("version") != before.bundle.version:
        raise Unexpected("nothing_to_revert", detail=case.case_id)
    reversals.demand_unmoved(case, before)
    before.turn(max(case.now, stimulus.at))
    return before, finish(before, lambda: reversals.put_back(case, before))


def dissolve(case: Case) -> None:
    """End the use of a live case: its parts hold each other, and would wait for the collector to be found.

    Whoever plays many cases one after the other spends a tenth of his time on that.
    """
    for workflow in list(case.workflow.workflows()):
        workflow.dissolve()
    vars(case).clear()


def changes_version(stimulus: Stimulus) -> str:
    """The verb, `migrate` or `revert`, of a stimulus that brings a case to another version; empty for others."""
    verb = str(stimulus.data.get("verb")) if stimulus.kind == "operator" else ""
    return verb if verb in ("migrate", "revert") else ""


def finish(case: Case, act: Callable[[], None]) -> list[fx.Effect]:
    """Act, let the tree run to its next wait, settle; the effects in order."""
    case.effects, case.reason, case.moved, case.way = [], "", {}, []
    try:
        act()
        case.workflow.work()
        if case.sides:
            colleagues.close_sides(case)
        settle(case)
        recalls.hand_back(case)
        recalls.keep(case)
    except DEFECTS as error:
        raise EngineError("engine", detail=(str(error) or type(error).__name__)[:500]) from error
    case.workflow.bpmn_events.clear()  # signals nobody in the case waits for
    case.workflow.forget_ended()
    return case.effects


def complete_task(case: Case, stimulus: Stimulus) -> None:
    """A task is done: its facts go to its variable and, if its form has a record, into the records.

    A task drawn for another engine has no `hy:task`; there each field of a form is a variable, so it is one here too.
    """
    facts = copy_data(stimulus.data.get("data") or {})
    side = case.sides.get(str(stimulus.data.get("task")))
    if side is not None:
        colleagues.answer(case, side, facts)
        return
    task = verbs.task_of(case, stimulus.data.get("task"))
    entry = case.tasks[task.id]
    colleagues.demand_answers(case, entry)
    recalls.begin(case, task)
    hy = task.task_spec.extensions.get("task", {})
    if not hy:
        task.data.update(copy_data(facts))
    task.data[variable_of(task.task_spec)] = facts
    record = case.bundle.record_of(hy.get("form", ""))
    if record:
        case.add_record(record, facts, entry["element"], task_id=entry["id"], unit=entry["unit"], role=entry["role"])
    entry["done"] = True
    task.run()


def receive_message(case: Case, stimulus: Stimulus) -> None:
    """A message has come for whom the subscription table has found; by name and key if it names none."""
    wait_id = stimulus.data.get("subscription") or subscription_for(case, stimulus.data)
    wait = case.waits.get(str(wait_id))
    if wait is None or wait["kind"] == "timer":
        raise Unexpected("not_expected", detail=str(wait_id))
    payload = stimulus.data.get("data") or {}
    if wait["kind"] == "interrupt":
        verbs.interrupt(case, wait, copy_data(payload))
        close_wait(case, str(wait_id))
        return
    fire(case.workflow.get_task_from_id(wait["task"]), wait["position"], payload)


def subscription_for(case: Case, data: dict[str, Any]) -> str | None:
    """The subscription for a name and key within the case."""
    for wait_id, wait in case.waits.items():
        if wait["kind"] != "timer" and (wait["name"], wait["key"]) == (data.get("name"), data.get("key")):
            return wait_id
    return None


def ring_timer(case: Case, stimulus: Stimulus) -> None:
    """A timer's instant has come."""
    timer_id = str(stimulus.data.get("timer"))
    if case.waits.get(timer_id, {}).get("kind") != "timer":
        raise Unexpected("timer_gone", detail=timer_id)
    timers.ring(case, timer_id)


def add_record(case: Case, stimulus: Stimulus) -> None:
    """A record somebody adds while a scope accepts it; it may start a branch or change who handles the matter."""
    data = stimulus.data
    found, task_id = acceptance.choose(case, data), data.get("task")
    facts = copy_data(data.get("data") or {})
    element = case.tasks[verbs.task_of(case, task_id).id]["element"] if task_id else ""
    if found.mark.get("verb") == regrouping.VERB:
        regrouping.try_out(case, found.mark, facts)
    case.add_record(found.mark["record"], facts, element, task_id=task_id, unit=data.get("unit"), role=data.get("role"))
    if found.mark.get("verb") == regrouping.VERB:
        regrouping.carry_out(case, found.mark, facts)
    if found.mark.get("to"):
        acceptance.branch(found, facts)


def learn_matter(case: Case, stimulus: Stimulus) -> None:
    """Facts of the matter are others now; no token moves for it, expressions read the new ones from here on."""
    case.facts["matter"].update(copy_data(stimulus.data.get("facts") or {}))


def operate(case: Case, stimulus: Stimulus) -> None:
    """An operator's verb."""
    verb = VERBS.get(str(stimulus.data.get("verb")))
    if verb is None:
        raise Unexpected("unknown_verb", detail=str(stimulus.data.get("verb")))
    verb(case, stimulus.data)


VERBS: dict[str, verbs.Verb] = {**verbs.VERBS, **colleagues.VERBS, **recalls.VERBS, **successions.VERBS}
"""What `operate` carries out, by name."""

STIMULI: dict[str, Callable[[Case, Stimulus], None]] = {
    "complete_task": complete_task,
    "message": receive_message,
    "timer": ring_timer,
    "record": add_record,
    "matter": learn_matter,
    "operator": operate,
}


def replay(
    case_id: str,
    stimuli: Iterable[Stimulus],
    bundle: Bundle,
    calendar: Calendar,
    targets: Mapping[str, Bundle] | None = None,
) -> Case:
    """The case a log leads to, from its start; `targets` are the versions it has been migrated to."""
    entries = iter(stimuli)
    case, _ = start(case_id, next(entries), bundle, calendar)
    before: Case | None = None
    for stimulus in entries:
        verb, standing = changes_version(stimulus), case
        if verb == "migrate":
            case, _ = migrate(case, stimulus, (targets or {})[stimulus.data["version"]])
        elif verb == "revert":
            case, _ = revert(case, before, stimulus)
        else:
            step(case, stimulus)
        before = standing if verb == "migrate" else None
    return case
