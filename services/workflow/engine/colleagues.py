"""Verbs between people about one open task: act for somebody, urge, ask for an opinion, one co-handler more.

No token moves. A consultation is a task beside another one: it is in no diagram, it holds up the task it stands
beside, and it goes with it.
"""

from typing import Any

from services.workflow.engine import deadlines
from services.workflow.engine import effects as fx
from services.workflow.engine.cases import Case
from services.workflow.engine.problems import Unexpected
from services.workflow.engine.settling import is_alive
from services.workflow.engine.spiff.instances import Instances
from services.workflow.engine.spiff.trees import STARTED, CaseTask, copy_data
from services.workflow.engine.verbs import Verb, changed, task_of

CONSULTATION = "consultation"
"""The element and the record of a task beside another one."""
CO_HANDLER = "co_handler"


def delegate(case: Case, data: dict[str, Any]) -> None:
    """delegate {task, person}: a colleague acts for whoever the task is for; it keeps its unit and role."""
    if not data.get("person"):
        raise Unexpected("no_person", detail=str(data.get("task")))
    entry = case.tasks[task_of(case, data.get("task")).id]
    entry["delegate"] = str(data["person"])
    changed(case, entry)


def undelegate(case: Case, data: dict[str, Any]) -> None:
    """undelegate {task}: whoever the task is for does it himself again."""
    entry = case.tasks[task_of(case, data.get("task")).id]
    if entry.pop("delegate", None) is None:
        raise Unexpected("not_delegated", detail=entry["id"])
    changed(case, entry)


def urge(case: Case, data: dict[str, Any]) -> None:
    """urge {task, reminder}: a record `reminder`; whoever has the task is told, with the package's text `urged`."""
    task_id = str(data.get("task"))
    entry = case.sides.get(task_id)
    task = task_of(case, entry["beside"] if entry else task_id)
    entry = entry or case.tasks[task.id]
    reminder = copy_data(data.get("reminder") or {})
    place = {"task_id": task_id, "unit": entry["unit"], "role": entry["role"]}
    case.add_record("reminder", reminder, entry["element"], **place)
    facts = {**reminder, "task": name_of(task), "unit": entry["unit"], "due": due_of(case, task)}
    case.emit(fx.Noticed("urged", addresses(entry), entry["element"], facts))


def addresses(entry: dict[str, Any]) -> tuple[str, ...]:
    """Whom a task is for, and who acts for him."""
    role = f"role:{entry['role']}@{entry['unit']}" if entry["unit"] else f"role:{entry['role']}"
    holder = f"person:{entry['person']}" if entry.get("person") else role
    return (holder, f"person:{entry['delegate']}") if entry.get("delegate") else (holder,)


def name_of(task: CaseTask) -> str:
    """What the diagram calls the task."""
    return str(task.task_spec.bpmn_name or task.task_spec.bpmn_id)


def deadline_of(case: Case, task: CaseTask) -> str | None:
    """The id of the deadline the diagram gives the task."""
    named = task.task_spec.extensions.get("task", {}).get("deadline")
    return deadlines.find(case, task, named) if named else None


def due_of(case: Case, task: CaseTask) -> str | None:
    """The date the task is due."""
    found = deadline_of(case, task)
    return None if found is None else str(case.deadlines[found]["due"])


def consult(case: Case, data: dict[str, Any]) -> None:
    """consult {task, text, person? | role?, unit?}: somebody else is asked beside the task (加签).

    Who is not named is of the task's own unit and role. The answer is a record `consultation`.
    """
    task = task_of(case, data.get("task"))
    entry = case.tasks[task.id]
    side: dict[str, Any] = {
        "id": case.draw(),
        "beside": entry["id"],
        "element": entry["element"],
        "role": str(data.get("role") or entry["role"]),
        "unit": data.get("unit") or entry["unit"],
    }
    if data.get("person"):
        side["person"] = str(data["person"])
    case.sides[side["id"]] = side
    case.emit(fx.TaskOpened(task_id=side["id"], **described(case, side), question=data.get("text")))


def described(case: Case, side: dict[str, Any]) -> dict[str, Any]:
    """What a task beside another one is like: its name, process and deadline are those of that one."""
    task = task_of(case, side["beside"])
    return {
        "element": CONSULTATION,
        "name": name_of(task),
        "process": task.workflow.spec.name,
        "role": side["role"],
        "unit": side["unit"],
        "person": side.get("person"),
        "form": "",
        "deadline": deadline_of(case, task),
        "public": "",
        "beside": side["beside"],
    }


def withdraw(case: Case, data: dict[str, Any]) -> None:
    """withdraw_consult {task}: the question is taken back; `task` is the one beside."""
    side = case.sides.pop(str(data.get("task")), None)
    if side is None:
        raise Unexpected("task_closed", detail=str(data.get("task")))
    case.emit(fx.TaskClosed(side["id"], CONSULTATION, "revoked"))


def answer(case: Case, side: dict[str, Any], facts: dict[str, Any]) -> None:
    """Somebody who was asked has answered."""
    del case.sides[side["id"]]
    place = {"task_id": side["id"], "unit": side["unit"], "role": side["role"]}
    case.add_record(CONSULTATION, facts, side["element"], **place)
    case.emit(fx.TaskClosed(side["id"], CONSULTATION, "done"))


def demand_answers(case: Case, entry: dict[str, Any]) -> None:
    """Raise Unexpected while a question beside the task is open."""
    if any(side["beside"] == entry["id"] for side in case.sides.values()):
        raise Unexpected("consultation_open", detail=entry["id"])


def close_sides(case: Case) -> None:
    """Tasks beside one that is over are over too."""
    standing = {entry["id"] for number, entry in case.tasks.items() if stands(case, number)}
    for side in [side for side in case.sides.values() if side["beside"] not in standing]:
        del case.sides[side["id"]]
        case.emit(fx.TaskClosed(side["id"], CONSULTATION, case.reason or "revoked"))


def stands(case: Case, number: int) -> bool:
    """Whether the task with this number is still in the tree, and open."""
    task = case.workflow.find(number)
    return task is not None and is_alive(task)


def add_co_handler(case: Case, data: dict[str, Any]) -> None:
    """add_co_handler {unit, part?, element?}: one more unit in the running part in which units handle side by side.

    `element` names the activity; else it is the one whose items are co-handlers. What all the items agree on, the
    new one has too.
    """
    wrapper = co_handling(case, str(data.get("element") or ""))
    items = [item for _, item in wrapper.internal_data["items"]]
    unit = str(data.get("unit") or "")
    if not unit or unit in {unit_of(item) for item in items}:
        raise Unexpected("already_instance" if unit else "no_unit", detail=unit)
    item: Any = unit
    if isinstance(items[0], dict):
        alike = {key: value for key, value in items[0].items() if all(other.get(key) == value for other in items)}
        item = {**alike, "unit": unit, "part": data.get("part")}
    wrapper.task_spec.add(wrapper, item, unit if wrapper.internal_data["keyed"] else None)


def co_handling(case: Case, element: str = "") -> CaseTask:
    """The running multi-instance activity of the co-handlers; raises Unexpected where there is none."""
    running: list[CaseTask] = [task for workflow in case.workflow.workflows() for task in workflow.open.values()]
    for task in running:
        if isinstance(task.task_spec, Instances) and task._state == STARTED and is_theirs(task, element):
            return task
    raise Unexpected("not_running", detail=element or CO_HANDLER)


def has_co_handlers(case: Case) -> bool:
    """Whether co-handlers work side by side now."""
    try:
        co_handling(case)
    except Unexpected:
        return False
    return True


def is_theirs(wrapper: CaseTask, element: str) -> bool:
    """Whether an activity is the one named, else one for co-handlers."""
    items = [item for _, item in wrapper.internal_data["items"]]
    if element:
        return bool(wrapper.task_spec.bpmn_id == element and items)
    return bool(items) and all(isinstance(item, dict) and item.get("role") == CO_HANDLER for item in items)


def unit_of(item: Any) -> str:
    """The unit an item is about."""
    return str(item.get("unit") if isinstance(item, dict) else item)


VERBS: dict[str, Verb] = {
    "delegate": delegate,
    "undelegate": undelegate,
    "urge": urge,
    "consult": consult,
    "withdraw_consult": withdraw,
    "add_co_handler": add_co_handler,
}
