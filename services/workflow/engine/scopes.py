"""Where a token stands: its place in the case, the scopes around it, the deadlines in force there."""

from collections.abc import Iterator

from services.workflow.engine.shelves import Shelf
from services.workflow.engine.spiff.trees import CaseTask, element_of

ROOT = 0
"""The scope of the case itself, where tasks have their number."""


def names_in(text: str) -> tuple[str, ...]:
    """The ids in a text that separates them by commas."""
    return tuple(name for part in text.split(",") if (name := part.strip()))


def around(task: CaseTask) -> list[int]:
    """Numbers of the scopes a task stands in, innermost first; a boundary event stands in its activity."""
    numbers, top = [task.id], task.workflow.top_workflow
    attached = getattr(task.task_spec, "attached_to", None)
    if attached:
        numbers += [t.id for t in task.parent.children if element_of(t) == attached]
    workflow = task.workflow
    while workflow is not top:
        outer = workflow.parent_task
        numbers += [outer.id, outer.parent.id] if outer.triggered else [outer.id]
        workflow = outer.workflow
    return [*numbers, ROOT]


def in_force(deadlines: Shelf, task: CaseTask) -> dict[str, str]:
    """The ids of the deadlines in force at a task by name: the task's own before those of the scopes around it."""
    outside_in = reversed(dict.fromkeys(around(task)))
    return {deadlines[key]["name"]: key for number in outside_in for key in deadlines.of(number)}


def way_out(task: CaseTask) -> Iterator[CaseTask]:
    """The task, the task in whose sub-process or called process it stands, and so on to the case's own process."""
    current: CaseTask | None = task
    while current is not None:
        yield current
        workflow = current.workflow
        top = workflow.top_workflow
        current = None if workflow is top else workflow.parent_task


def place(task: CaseTask) -> str:
    """Where a token stands: the elements from the outside in, instances with their position."""
    steps = []
    for step in way_out(task):
        position = step.internal_data.get("position")
        steps.append(element_of(step) if position is None else f"{element_of(step)}[{position}]")
    return "/".join(reversed(steps))
