"""机构改革: a unit's work goes over to its successor, in a case as it stands.

Everything that names the unit names the successor: variables, items of units side by side, tasks, deadlines, keys of
messages that are awaited. Tasks keep their ids, their people and their dates. Where both handled the matter they are
one unit from now on, with the weightier of their roles; the part that is left over ends.
"""

from contextlib import suppress
from typing import Any

from services.workflow.engine import deadlines, regrouping
from services.workflow.engine import effects as fx
from services.workflow.engine.cases import Case
from services.workflow.engine.problems import Unexpected
from services.workflow.engine.settling import close_wait
from services.workflow.engine.spiff.events import Message, waits
from services.workflow.engine.spiff.instances import Instances
from services.workflow.engine.spiff.trees import element_of
from services.workflow.engine.verbs import Verb, changed

WEIGHT = ("lead", "separate_handler", "co_handler")
"""Roles, the weightiest first."""


def succeed(case: Case, data: dict[str, Any]) -> None:
    """succeed {unit, to, reason?}: another unit takes the place of one in the case."""
    unit, to = str(data.get("unit") or ""), str(data.get("to") or "")
    if not unit or not to or unit == to:
        raise Unexpected("no_unit", detail=unit)
    if regrouping.can_regroup(case):
        unite(case, unit, to, str(data.get("reason") or ""))
    rename(case, unit, to)
    for deadline_id in [key for key, found in case.deadlines.items() if found["unit"] == unit]:
        deadlines.hand_on(case, deadline_id, to)
    for entry in [*case.tasks.values(), *case.sides.values()]:
        if entry["unit"] == unit:
            entry["unit"] = to
            changed(case, entry)
    listen_again(case)


def unite(case: Case, unit: str, to: str, reason: str) -> None:
    """Where both handle the matter the successor does so once; a matter that cannot be divided anew stays divided."""
    roles = regrouping.roles(case)
    mark = next((one for one in case.workflow.spec.extensions.get("accepts", ()) if one.get("verb") == "regroup"), None)
    if mark is None or unit not in roles or to not in roles:
        return
    rank = {role: place for place, role in enumerate(WEIGHT)}
    roles[to] = min(roles.pop(unit), roles[to], key=lambda role: rank.get(role, len(WEIGHT)))
    facts = {"assignments": [{"unit": one, "role": role} for one, role in roles.items()], "reason": reason}
    with suppress(Unexpected):
        regrouping.try_out(case, mark, facts)
        regrouping.carry_out(case, mark, facts)


def rename(case: Case, unit: str, to: str) -> None:
    """Whatever the case knows about the one it knows about the other; what was counted for both is added up."""
    counts = case.facts["records"]
    for key in [key for key in counts if key.endswith(f"@{unit}")]:
        heirs = f"{key.rpartition('@')[0]}@{to}"
        counts[heirs] = counts.get(heirs, 0) + counts.pop(key)
    for workflow in case.workflow.workflows():
        workflow.data = replaced(workflow.data, unit, to)
        for task in workflow.tasks.values():
            task.data = replaced(task.data, unit, to)
            if isinstance(task.task_spec, Instances):
                task.internal_data = replaced(task.internal_data, unit, to)


def replaced(value: Any, unit: str, to: str) -> Any:
    """A value in which every text that is the unit's id is the successor's."""
    if isinstance(value, dict):
        return {key: replaced(item, unit, to) for key, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, unit, to) for item in value]
    return to if value == unit and isinstance(value, str) else value


def listen_again(case: Case) -> None:
    """Messages whose key names the unit are awaited under the successor's key."""
    for wait_id, wait in list(case.waits.items()):
        if wait["kind"] != "message":
            continue
        task = case.workflow.get_task_from_id(wait["task"])
        definition = dict(waits(task))[wait["position"]]
        if not isinstance(definition, Message) or (key := case.key_of(definition, task)) == wait["key"]:
            continue
        close_wait(case, wait_id)
        again = case.draw("s")
        case.waits[again] = {**wait, "key": key}
        case.emit(fx.Subscribed(again, definition.name, key, element_of(task)))


VERBS: dict[str, Verb] = {"succeed": succeed}
