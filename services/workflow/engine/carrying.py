"""What stands beside the tokens of a case that has been migrated, carried over to the target version.

What both versions say alike stays as it is, with its id and its date; what only the target says begins now.
"""

from typing import Any

from services.workflow.engine import colleagues, deadlines, recalls, scopes, settling
from services.workflow.engine import effects as fx
from services.workflow.engine.cases import Case
from services.workflow.engine.spiff.events import Message, Timer, is_waiting_event, waits
from services.workflow.engine.spiff.trees import CaseTask
from services.workflow.engine.verbs import entry_of


def carry(case: Case, old: Case, *, recompute: bool) -> None:
    """Deadlines, then what waits, then open tasks."""
    root = case.workflow.spec.extensions.get("deadline", ())
    carry_deadlines(case, case.workflow.task_tree, scopes.ROOT, list(root), recompute=recompute)
    for task in [task for workflow in case.workflow.workflows() for task in workflow.open.values()]:
        declared = declared_at(task)
        if declared or task.internal_data.get("scope"):
            task.internal_data["scope"] = 1
            carry_deadlines(case, task, task.id, declared, recompute=recompute)
    carry_waits(case, old)
    carry_interrupts(case)
    for number, entry in case.tasks.items():
        carry_task(case, old, number, entry)
    tell_sides(case, old)
    for task_id, done in list(case.done.items()):
        workflow = recalls.workflow_of(case, done["scope"])
        if workflow is None or entry_of(workflow, done["element"]) is None:
            del case.done[task_id]


def declared_at(task: CaseTask) -> list[dict[str, str]]:
    """The deadlines that begin with an activity and with the process that runs in it."""
    inner = task.workflow.top_workflow.subprocesses.get(task.id)
    own = list(getattr(task.task_spec, "extensions", {}).get("deadline", ()))
    return own + (list(inner.spec.extensions.get("deadline", ())) if inner is not None else [])


def carry_deadlines(case: Case, task: CaseTask, scope: int, declared: list[dict[str, str]], *, recompute: bool) -> None:
    """Clear what the target does not declare, begin what is new, compute the others anew if asked."""
    standing = {d["name"]: key for key, d in case.deadlines.items() if d["scope"] == scope}
    for name in [name for name in standing if name not in {mark["name"] for mark in declared}]:
        case.deadlines.pop(standing[name])
        case.emit(fx.DeadlineCleared(standing[name], name))
    for mark in declared:
        if mark["name"] not in standing:
            deadlines.set_deadline(case, task, scope, mark)
        elif recompute:
            by_target(case, task, standing[mark["name"]], mark)


def by_target(case: Case, task: CaseTask, deadline_id: str, mark: dict[str, str]) -> None:
    """A running deadline by the target's table, from its own beginning; one that was extended keeps its amount."""
    outputs, rows = deadlines.look_up(case, task, mark.get("rule") or mark["name"])
    deadline = case.deadlines[deadline_id]
    new = {**deadline, "rule": f"{case.bundle.settings['deadlines']} · {','.join(map(str, rows))}"}
    new |= {"roll": outputs.get("roll") or "next_working_day", "basis": outputs.get("basis") or ""}
    if not deadline.get("extended"):
        new["amount"] = str(outputs["amount"])
    case.deadlines[deadline_id] = new
    deadlines.recompute(case, deadline_id)


def meaning(definition: Any) -> Any:
    """What an event waits for, comparable between versions."""
    if isinstance(definition, Timer):
        return definition.wait
    return (definition.name, definition.key) if isinstance(definition, Message) else None


def carry_waits(case: Case, old: Case) -> None:
    """Timers and subscriptions whose event says the same stay; the others end, and begin anew if there is an event."""
    for number, standing in [(number, case.waits.of(number)) for number in case.waits.numbers()]:
        task, was = case.workflow.find(number), old.workflow.find(number)
        if any(case.waits[key]["kind"] == "interrupt" for key in standing):
            continue
        if task is not None and was is not None and is_waiting_event(task):
            if [meaning(d) for _, d in waits(task)] == [meaning(d) for _, d in waits(was)] and limits_stand(
                case, standing
            ):
                continue
            case.workflow.touched[task.id] = task
        for wait_id in standing:
            settling.close_wait(case, wait_id)


def limits_stand(case: Case, standing: list[str]) -> bool:
    """Whether the deadlines that timers hang on are still there."""
    return all(case.waits[key].get("deadline", "") in {"", *case.deadlines} for key in standing)


def carry_interrupts(case: Case) -> None:
    """Interrupts of running processes: what the target names stays or begins, the rest ends."""
    standing = {key: wait for key, wait in case.waits.items() if wait["kind"] == "interrupt"}
    for workflow in case.workflow.workflows():
        scope = 0 if workflow is case.workflow else workflow.parent_task_id
        mine = {key: wait for key, wait in standing.items() if wait["task"] == scope}
        for number, mark in enumerate(workflow.spec.extensions.get("interrupt", ())):
            key = case.key_of(Message(mark["message"], mark.get("key", "")), workflow.task_tree)
            wanted = (mark["message"], key, mark["to"], mark.get("reason", ""))
            fits = [k for k, w in mine.items() if (w["name"], w["key"], w["to"], w.get("reason", "")) == wanted]
            if fits:
                mine.pop(fits[0])
                case.waits[fits[0]]["position"] = number
            else:
                settling.open_interrupt(case, workflow, scope, number, mark)
        for wait_id in mine:
            settling.close_wait(case, wait_id)


def carry_task(case: Case, old: Case, number: int, entry: dict[str, Any]) -> None:
    """An open task follows the target; who has it changes only where the two diagrams differ about that.

    With whom it was for before, his delegate goes too.
    """
    task, was = case.workflow.get_task_from_id(number), old.workflow.get_task_from_id(number)
    hy, hy_was = task.task_spec.extensions.get("task", {}), was.task_spec.extensions.get("task", {})
    held = dict(entry)
    if (hy.get("role"), task.task_spec.lane) != (hy_was.get("role"), was.task_spec.lane):
        entry["role"] = hy.get("role") or task.task_spec.lane or ""
    if hy.get("unit") != hy_was.get("unit"):
        entry["unit"] = case.unit_at(task, hy.get("unit"))
    if hy.get("person") != hy_was.get("person"):
        entry.pop("person", None)
        person = case.person_at(task, hy.get("person"))
        entry |= {"person": person} if person is not None else {}
    if holder(entry) != holder(held):
        entry.pop("delegate", None)
    tell_task(case, old, number, entry, held)


def holder(entry: dict[str, Any]) -> tuple[Any, ...]:
    """Whom a task is for."""
    return entry["role"], entry["unit"], entry.get("person")


def tell_task(case: Case, old: Case, number: int, entry: dict[str, Any], held: dict[str, Any]) -> None:
    """Say what is different about an open task and its form since it was `held` in the old version."""
    task, was = case.workflow.get_task_from_id(number), old.workflow.get_task_from_id(number)
    after, before = settling.described(case, task), settling.described(old, was)
    forms = case.bundle.forms.get(after["form"]), old.bundle.forms.get(before["form"])
    if after != before or entry != held or forms[0] != forms[1]:
        who = {"role": entry["role"], "unit": entry["unit"]}
        who |= {"person": entry.get("person"), "delegate": entry.get("delegate")}
        case.emit(fx.TaskMigrated(task_id=entry["id"], **after, **who))


def tell_sides(case: Case, old: Case) -> None:
    """Say what is different about tasks beside others: they take name, process and deadline from these."""
    for side in case.sides.values():
        after, before = (colleagues.described(one, side) for one in (case, old))
        if after != before:
            case.emit(fx.TaskMigrated(task_id=side["id"], **after, delegate=side.get("delegate")))
