"""变更承办方式: units change their roles while they work (分办⇄主会办, promote, demote, one more, one less).

A record accepted with `verb="regroup"` says who is to handle the matter; `<hy:regroup items to takes_over>` on
multi-instance activities says what that means there: `items` is their new collection, `to` where those go on who come
when the activity is over, `takes_over` that a unit goes on with the part of the one whose role it gets. Whoever stays
keeps instance, tasks, dates and what it has given; who goes has its instance ended; who comes begins.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.workflow.engine import deadlines
from services.workflow.engine import effects as fx
from services.workflow.engine.cases import Case
from services.workflow.engine.codecs import dump, load
from services.workflow.engine.problems import EngineError, Unexpected
from services.workflow.engine.settling import is_alive
from services.workflow.engine.spiff.instances import Instances, cancel_instance
from services.workflow.engine.spiff.joins import TokenJoin
from services.workflow.engine.spiff.trees import FINISHED, FUTURE, STARTED, CaseTask, copy_data, element_of
from services.workflow.engine.verbs import activity_of, branches, cancel, changed, move, tokens_of

VERB = "regroup"
Item = dict[str, Any]
Group = dict[str, Item]
"""Items by the unit they are about."""


@dataclass(frozen=True, slots=True)
class Place:
    """A multi-instance activity with `<hy:regroup>` in a running process; `wrapper` where it runs now."""

    workflow: Any
    spec: Any
    wrapper: CaseTask | None

    @property
    def mark(self) -> dict[str, str]:
        """The attributes of its `hy:regroup`."""
        found: dict[str, str] = self.spec.extensions["regroup"]
        return found

    @property
    def running(self) -> CaseTask:
        """The wrapper of a place that runs."""
        assert self.wrapper is not None  # noqa: S101 - asked of running places only
        return self.wrapper

    @property
    def collection(self) -> str:
        """The variable of its items."""
        return str(self.spec.data_input.bpmn_id)

    @property
    def item(self) -> str:
        """The variable of one item."""
        return str(self.spec.input_item.bpmn_id)

    @property
    def output(self) -> str:
        """The variable of its results; empty if it has none."""
        return str(self.spec.data_output.bpmn_id) if self.spec.data_output is not None else ""

    def instances(self) -> dict[int, CaseTask]:
        """The running instances by position."""
        found = self.spec.instances(self.running)
        return {task.internal_data["position"]: task for task in found if not task._state & FINISHED}


@dataclass(frozen=True, slots=True)
class Part:
    """What one unit does at a running place: its position, its instance (None: finished or not begun), its item."""

    position: int
    instance: CaseTask | None
    item: Item

    @property
    def unit(self) -> str:
        """The unit it is about."""
        return str(self.item.get("unit"))


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be: the answer of whoever decided, the variable that tells diagrams, since when."""

    facts: dict[str, Any]
    name: str
    today: str

    @property
    def after(self) -> dict[str, str]:
        """The new roles by unit."""
        return {str(one["unit"]): str(one["role"]) for one in self.facts["assignments"]}

    def split(self, old: Group, new: Group) -> tuple[Group, Group]:
        """Who stays, with what was known about it, and who comes, from today on."""
        stay = {unit: {**old[unit], **told(item)} for unit, item in new.items() if unit in old}
        come = {unit: {**told(item), "since": self.today} for unit, item in new.items() if unit not in old}
        return stay, come


def told(item: Item) -> Item:
    """What an item says; what it leaves open stays as it was."""
    return {key: value for key, value in item.items() if value is not None}


def can_regroup(case: Case) -> bool:
    """Whether units handle the matter now, somewhere the diagram lets them change their roles."""
    return any(place.wrapper is not None for place in places(case))


def is_marked(spec: Any) -> bool:
    """Whether an activity's items can be regrouped."""
    return isinstance(spec, Instances) and "items" in getattr(spec, "extensions", {}).get("regroup", {})


def places(case: Case) -> Iterator[Place]:
    """Where roles can change, outer processes first; of several activities of one process only the one that runs."""
    for workflow in list(case.workflow.workflows()):
        specs = [spec for spec in workflow.spec.task_specs.values() if is_marked(spec)]
        tasks = list(workflow.open.values()) if specs else []
        running = {task.task_spec.name: task for task in tasks if is_marked(task.task_spec) and task._state == STARTED}
        for spec in specs:
            if tasks and (not running or spec.name in running):
                yield Place(workflow, spec, running.get(spec.name))


def roles(case: Case) -> dict[str, str]:
    """Who handles the matter now, in which role."""
    groups = (standing(place) for place in places(case))
    return {unit: str(item.get("role")) for group in groups for unit, item in group.items()}


def try_out(case: Case, mark: Mapping[str, str], facts: dict[str, Any]) -> None:
    """Carry out a change of roles on a copy; raises Unexpected if it cannot be, and nothing has changed."""
    carry_out(load(case.case_id, dump(case), case.bundle, case.calendar), mark, facts)


def carry_out(case: Case, mark: Mapping[str, str], facts: dict[str, Any]) -> None:
    """Change roles, place by place.

    Raises Unexpected: not_regroupable where nobody handles the matter now, same_division, late_division where what
    a unit is to do is over already. The case must then be thrown away.
    """
    found = list(places(case))
    if not any(place.wrapper is not None for place in found):
        raise Unexpected("not_regroupable")
    today = case.now.astimezone(case.zone).date().isoformat()
    change = Change(copy_data(facts), mark.get("result") or mark["record"], today)
    old, before = {id(place): standing(place) for place in found}, roles(case)
    if before == change.after:
        raise Unexpected("same_division")
    case.reason = "revoked"
    announce(case, change)
    placed: set[str] = set()
    for place in found:
        if not place.workflow.completed:  # a part around it has ended
            new = group_at(case, place.spec, place.wrapper or newest(place.workflow))
            placed |= apply(case, place, change, old[id(place)], new)
    if missing := sorted(change.after.keys() - placed):
        raise Unexpected("late_division", detail=", ".join(missing))
    tell(case, mark, change, before)


def newest(workflow: Any) -> CaseTask:
    """The token of a process that moved last and has data."""
    tasks: list[CaseTask] = [task for task in workflow.open.values() if task.data]
    return max(tasks or workflow.open.values(), key=lambda task: task.last_state_change)


def announce(case: Case, change: Change) -> None:
    """Diagrams may read the change; collections that are known where the case stands follow it."""
    everywhere = list(case.workflow.workflows())
    for workflow in everywhere:
        for task in workflow.tasks.values():
            task.data[change.name] = copy_data(change.facts)
    token = newest(case.workflow)
    for spec in {spec.name: spec for one in case.bundle.specs.values() for spec in one.task_specs.values()}.values():
        name = spec.data_input.bpmn_id if is_marked(spec) else None
        if name in token.data:
            stay, come = change.split(by_unit(token.data[name]), group_at(case, spec, token))
            write(everywhere, name, [*stay.values(), *come.values()])


def group_at(case: Case, spec: Any, token: CaseTask) -> Group:
    """The new items of an activity by unit, as its `hy:regroup` says at a token."""
    items = case.evaluate(token, spec.extensions["regroup"]["items"])
    if not isinstance(items, list) or not all(isinstance(item, dict) and item.get("unit") for item in items):
        raise EngineError("instances_not_a_list", element=str(spec.bpmn_id))
    return by_unit(items)


def by_unit(items: Any) -> Group:
    """Items by the unit they are about."""
    return {str(item["unit"]): item for item in items or () if isinstance(item, dict) and item.get("unit")}


def standing(place: Place) -> Group:
    """Who is there as things stand: what running instances say now, what finished ones gave, else the collection."""
    if place.wrapper is None:
        return by_unit(newest(place.workflow).data.get(place.collection))
    return {part.unit: copy_data(part.item) for part in parts(place)}


def parts(place: Place) -> list[Part]:
    """Everybody who has a part at a running place; whose instance was ended has none."""
    facts, running, found = place.running.internal_data, place.instances(), []
    for position, (_, item) in enumerate(facts["items"]):
        result = facts["results"].get(str(position))
        if position in running:
            found.append(Part(position, running[position], latest(running[position], place.item) or item))
        elif isinstance(result, dict) and result.get("unit"):
            found.append(Part(position, None, {**item, **{key: result[key] for key in item if key in result}}))
        elif position >= facts["next"]:
            found.append(Part(position, None, item))
    return found


def latest(instance: CaseTask, name: str) -> Any:
    """The value of a variable where an instance stands now."""
    tasks = [task for workflow in inside(instance) for task in workflow.open.values() if name in task.data]
    return max(tasks, key=lambda task: task.last_state_change, default=instance).data.get(name)


def inside(task: CaseTask) -> list[Any]:
    """The processes that run inside an activity, outer before inner."""
    inner = task.workflow.top_workflow.subprocesses.get(task.id)
    if inner is None:
        return []
    return [inner, *(deeper for one in list(inner.open.values()) for deeper in inside(one))]


def write(workflows: list[Any], name: str, value: Any) -> None:
    """Let a variable have a value wherever it is known in these processes: what goes back finds it changed, too."""
    for workflow in workflows:
        for task in workflow.tasks.values():
            if name in task.data:
                task.data[name] = copy_data(value)


def apply(case: Case, place: Place, change: Change, old: Group, new: Group) -> set[str]:
    """Bring one place to its new items; the units that have their part there."""
    stay, come = change.split(old, new)
    inner = [deeper for task in list(place.workflow.open.values()) for deeper in inside(task)]
    write([place.workflow, *inner], place.collection, [*stay.values(), *come.values()])
    if place.wrapper is not None:
        regroup_running(case, place, stay, come)
        return set(new)
    return regroup_finished(case, place, change, old, stay, come)


def regroup_running(case: Case, place: Place, stay: Group, come: Group) -> None:
    """Instances of a running activity: changed, taken over, begun, ended."""
    wrapper = place.running
    facts, left = wrapper.internal_data, dict(come)
    going = []
    for part in parts(place):
        heir = heir_of(place, part, left)
        if part.unit in stay:
            keep(place, part, stay[part.unit])
        elif heir is not None:
            take_over(case, place, part, left.pop(heir))
        else:
            going.append(part)
    for unit, item in left.items():
        place.spec.add(wrapper, item, unit if facts["keyed"] else None)
    for part in reversed(going):
        facts["results"].pop(str(part.position), None)
        if part.instance is not None:
            cancel_instance(part.instance)
        elif part.position >= facts["next"]:
            del facts["items"][part.position]


def heir_of(place: Place, part: Part, come: Group) -> str | None:
    """The unit that comes for the role of one that works here, where the diagram lets it take over."""
    if place.mark.get("takes_over") != "true" or part.instance is None:
        return None
    return next((unit for unit, item in come.items() if item.get("role") == part.item.get("role")), None)


def keep(place: Place, part: Part, item: Item) -> None:
    """A unit stays: its item says its new role, and so does what it has given."""
    facts = place.running.internal_data
    facts["items"][part.position][1] = copy_data(item)
    result = facts["results"].get(str(part.position))
    if part.instance is not None:
        write_item(place, part.instance, item)
    elif isinstance(result, dict):
        result.update({key: value for key, value in item.items() if key in result})


def write_item(place: Place, instance: CaseTask, item: Item) -> None:
    """An instance's own item changes, everywhere inside it."""
    instance.data[place.item] = copy_data(item)
    write(inside(instance), place.item, item)


def take_over(case: Case, place: Place, part: Part, heir: Item) -> None:
    """A unit goes on with another's part: with its tasks and dates, but its own inside begins afresh."""
    assert part.instance is not None  # noqa: S101 - only who works can be relieved
    item = {**part.item, **heir}
    place.running.internal_data["items"][part.position][1] = copy_data(item)
    write_item(place, part.instance, item)
    tokens = [task for workflow in inside(part.instance) for task in workflow.open.values()]
    hand_on(case, [part.instance, *tokens], part.unit, str(item["unit"]))


def hand_on(case: Case, tokens: list[CaseTask], before: str, after: str) -> None:
    """What a unit has to do at these tokens another unit does: tasks keep their ids, deadlines their dates."""
    numbers = {task.id for task in tokens}
    for deadline_id, deadline in list(case.deadlines.items()):
        if deadline["scope"] in numbers and deadline["unit"] == before:
            deadlines.hand_on(case, deadline_id, after)
    for task in tokens:
        if is_alive(task) and is_own_inside(case, task, after):
            move([activity_of(task)], element_of(task))
    for number, entry in case.tasks.items():
        if number in numbers and entry["unit"] == before and is_alive(case.workflow.get_task_from_id(number)):
            entry["unit"] = after
            entry.pop("person", None)
            entry.pop("delegate", None)
            changed(case, entry)


def is_own_inside(case: Case, task: CaseTask, unit: str) -> bool:
    """Whether an activity that runs is a unit's own inside, an extension point for that unit."""
    point = getattr(task.task_spec, "extensions", {}).get("extension-point") or {}
    running = task.id in case.workflow.subprocesses
    return bool(running and point.get("unit") and case.unit_at(task, point["unit"]) == unit)


def regroup_finished(case: Case, place: Place, change: Change, old: Group, stay: Group, come: Group) -> set[str]:
    """An activity that does not run: who comes joins the one behind `to`, else it is opened again, or `to` goes on."""
    drop_results(place, {*old} - {*stay})
    token, to, other = behind(place), place.mark.get("to"), stand_in(place)
    if other is not None:
        regroup_running(case, other, stay, come)
    elif come and token is not None:
        reopen(place, token, come)
    elif come and to:
        for task in place.workflow.tasks.values():
            task.data[change.name] = copy_data({**change.facts, "come": [*come.values()]})
        move([token for token in tokens_of(place.workflow) if not branches(token)], to)
    elif come:
        return set(stay)
    return {*stay, *come}


def stand_in(place: Place) -> Place | None:
    """The activity that `joins` this one, where it runs already."""
    for workflow in [deeper for task in list(place.workflow.open.values()) for deeper in inside(task)]:
        for task in workflow.open.values():
            mark = getattr(task.task_spec, "extensions", {}).get("regroup", {})
            if mark.get("joins") == place.spec.bpmn_id and task._state == STARTED:
                return Place(workflow, task.task_spec, task)
    return None


def drop_results(place: Place, gone: set[str]) -> None:
    """Results of units that have no part any more do not count; their records stay."""
    for task in place.workflow.tasks.values():
        found = task.data.get(place.output) if place.output else None
        if isinstance(found, list):
            task.data[place.output] = [one for one in found if not (isinstance(one, dict) and one.get("unit") in gone)]


def behind(place: Place) -> CaseTask | None:
    """The token that waits at a join right behind the activity, if there is one."""
    for task in place.workflow.waiting.values():
        if isinstance(task.task_spec, TokenJoin) and task.parent.task_spec.name == place.spec.name:
            return task  # type: ignore[no-any-return]
    return None


def reopen(place: Place, token: CaseTask, come: Group) -> None:
    """The activity behind which a token waits goes on with those that come; what others have given stays."""
    anchor = cancel(token)
    given = anchor.data.get(place.output) if place.output else None
    child = anchor._add_child(place.spec, FUTURE)
    child.triggered = True
    child.internal_data["again"] = copy_data({"come": [*come.values()], "given": given or []})
    child.task_spec._update(child)


def tell(case: Case, mark: Mapping[str, str], change: Change, before: dict[str, str]) -> None:
    """Every unit whose role has changed is told, by the text `regrouped`; `tell` names the role that reads it."""
    after = change.after
    facts: dict[str, Any] = {key: change.facts[key] for key in ("mode", "reason") if key in change.facts}
    for unit in [*after, *(one for one in before if one not in after)]:
        old, new = before.get(unit, ""), after.get(unit, "")
        if old != new and mark.get("tell"):
            said = {**facts, "unit": unit, "before": old, "role": new}
            case.emit(fx.Noticed("regrouped", (f"role:{mark['tell']}@{unit}",), "", said))
