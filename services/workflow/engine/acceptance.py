"""Records that may be added while a scope is open: `<hy:accepts record role to result>`.

With `to` an accepted record starts a branch of its own: a token at that element, in the scope that declares it, with
the record's facts in a variable. Nothing else moves; the scope ends when the branch has ended too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.workflow.engine.cases import Case
from services.workflow.engine.problems import Unexpected
from services.workflow.engine.spiff.instances import is_instance
from services.workflow.engine.spiff.joins import TokenJoin, common_ancestor
from services.workflow.engine.spiff.trees import FINISHED, FUTURE, CaseTask, copy_data
from services.workflow.engine.verbs import activity_of, entry_of, task_of


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One `hy:accepts` in force: its attributes, the workflow it stands in, the token there it is asked from."""

    mark: Mapping[str, str]
    workflow: Any
    near: CaseTask | None

    @property
    def role(self) -> str | None:
        """Who may add the record; None: whoever takes part."""
        return self.mark.get("role") or None

    @property
    def entry(self) -> Any:
        """The spec at which a branch begins; None where none can."""
        spec = entry_of(self.workflow, self.mark["to"])
        return None if isinstance(spec, TokenJoin) else spec


def at_task(case: Case, task: CaseTask) -> Iterator[Acceptance]:
    """What may be added at a task: its own, then that of the scopes around it, the nearest first."""
    current: CaseTask | None = task
    while current is not None:
        workflow: Any = current.workflow
        step: CaseTask | None = current
        while step is not None:
            yield from of_token(step)
            step = step.parent if is_instance(step) else None
        yield from of_workflow(workflow, current)
        current = None if workflow is case.workflow else workflow.parent_task


def anywhere(case: Case, unit: str | None) -> Iterator[Acceptance]:
    """What may be added to the case, outer scopes first; inside, where the unit has something to do counts first."""
    yield from of_workflow(case.workflow, None)
    found = [one for workflow in case.workflow.workflows() for one in inside(case, workflow)]
    own = [one for one in found if unit is not None and works_in(case, one, unit)]
    yield from own or found


def inside(case: Case, workflow: Any) -> Iterator[Acceptance]:
    """What a running process below the case's own, and the activities that run in it, declare."""
    if workflow is not case.workflow:
        yield from of_workflow(workflow, None)
    for task in workflow.open.values():
        yield from of_token(task)


def of_token(task: CaseTask) -> Iterator[Acceptance]:
    """What an activity declares."""
    for mark in getattr(task.task_spec, "extensions", {}).get("accepts", ()):
        yield Acceptance(mark, task.workflow, task)


def of_workflow(workflow: Any, near: CaseTask | None) -> Iterator[Acceptance]:
    """What a process or sub-process declares for all that is in it."""
    for mark in workflow.spec.extensions.get("accepts", ()):
        yield Acceptance(mark, workflow, near)


def works_in(case: Case, acceptance: Acceptance, unit: str) -> bool:
    """Whether a unit has an open task in the scope of an acceptance."""
    for number, entry in case.tasks.items():
        workflow = case.workflow.get_task_from_id(number).workflow if entry["unit"] == unit else None
        while workflow is not None:
            if workflow is acceptance.workflow:
                return True
            outer = None if workflow is case.workflow else workflow.parent_task
            workflow = None if outer is None else outer.workflow
    return False


def offers(case: Case, record: str, task_id: str | None, unit: str | None) -> list[Acceptance]:
    """Every way in which a record may be added now, the nearest first; raises Unexpected for a closed task."""
    around = at_task(case, task_of(case, task_id)) if task_id else anywhere(case, unit)
    return [one for one in around if one.mark["record"] == record and (not one.mark.get("to") or one.entry is not None)]


def accepted(case: Case) -> list[str]:
    """The types of record that may be added somewhere in the case now, each once."""
    return list(dict.fromkeys(str(one.mark["record"]) for one in anywhere(case, None)))


def roles(case: Case, record: str, task_id: str | None, unit: str | None) -> list[str | None]:
    """The roles that may add a record now, in order; None is whoever takes part; empty: the record is not accepted."""
    return list(dict.fromkeys(one.role for one in offers(case, record, task_id, unit)))


def choose(case: Case, data: Mapping[str, Any]) -> Acceptance:
    """The acceptance a record comes by: the nearest for its role. Raises Unexpected where there is none, or several."""
    record, role = str(data.get("record")), data.get("role")
    found = offers(case, record, data.get("task"), data.get("unit"))
    mine = [one for one in found if one.role in (None, role)] or found
    if not mine:
        raise Unexpected("not_accepted", detail=record)
    first, places = mine[0], {id(one.workflow) for one in mine}
    guessed = not data.get("task") and first.workflow is not case.workflow
    if guessed and first.mark.get("to") and len(places) > 1:
        raise Unexpected("several_places", detail=record)
    return first


def branch(acceptance: Acceptance, facts: dict[str, Any]) -> None:
    """Start the branch an accepted record asks for.

    It hangs where the token it is asked from began, else where the tokens of its scope parted: at a join or at the
    end only what it changed itself is merged, never what it has brought along.
    """
    near, workflow = acceptance.near, acceptance.workflow
    anchor = activity_of(near) if near is not None else common_ancestor(workflow.open.values())
    while not anchor._state & FINISHED:
        anchor = anchor.parent
    child = anchor._add_child(acceptance.entry, FUTURE)
    child.triggered = child.detached = True
    child.data = {acceptance.mark.get("result") or acceptance.mark["record"]: copy_data(facts)}
    child.task_spec._update(child)
