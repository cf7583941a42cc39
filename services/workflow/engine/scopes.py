"""Which scopes a token stands in, and the deadlines that are in force there."""

from collections.abc import Mapping
from typing import Any

from services.workflow.engine.spiff.trees import CaseTask, element_of

ROOT = 0
"""The scope of the case itself, where tasks have their number."""


def around(task: CaseTask) -> list[int]:
    """Numbers of the scopes a task stands in, innermost first; a boundary event stands in its activity."""
    numbers, top = [task.id], task.workflow.top_workflow
    attached = getattr(task.task_spec, "attached_to", None)
    if attached:
        numbers += [t.id for t in task.parent.children if element_of(t) == attached]
    workflow = task.workflow
    while workflow is not top:
        outer = top.get_task_from_id(workflow.parent_task_id)
        numbers += [outer.id, outer.parent.id] if outer.triggered else [outer.id]
        workflow = outer.workflow
    return [*numbers, ROOT]


def in_force(deadlines: Mapping[str, dict[str, Any]], task: CaseTask) -> dict[str, str]:
    """The ids of the deadlines in force at a task by name: the task's own before those of the scopes around it."""
    numbers = around(task)
    places = {number: place for place, number in reversed(list(enumerate(numbers)))}
    standing = [(places[d["scope"]], key, d["name"]) for key, d in deadlines.items() if d["scope"] in places]
    return {name: key for _, key, name in sorted(standing, key=lambda row: row[0], reverse=True)}
