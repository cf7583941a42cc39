"""Forgets what no open task can ever look at again, so that a case costs the same in its tenth year as in its first.

Cut off: finished branches without open tasks below; the finished way from the root to the lowest task above all open
ones; and, on the ways in between, finished tasks of an element that comes again further down.
"""

from typing import Any

from services.workflow.engine.spiff.trees import FINISHED, CaseTask


def compact(workflow: Any) -> None:
    """Cut one workflow's tree. Does nothing where nothing is open."""
    if not workflow.open:
        return
    prune(workflow)
    cut_prefix(workflow)
    splice(workflow)


def needed(workflow: Any) -> set[int]:
    """The numbers of all open tasks and everything above them."""
    keep: set[int] = set()
    for task in workflow.open.values():
        current: CaseTask | None = task
        while current is not None and current.id not in keep:
            keep.add(current.id)
            current = current.parent
    return keep


def forget(workflow: Any, task: CaseTask) -> None:
    """Drop a finished task from the books; the caller has taken it out of the tree."""
    del workflow.tasks[task.id]
    if workflow.last_task is task:
        workflow.last_task = None


def prune(workflow: Any) -> None:
    """Drop finished branches."""
    keep = needed(workflow)
    gone = [task for number, task in workflow.tasks.items() if number not in keep]
    for task in gone:
        parent = task.parent
        if parent is not None and parent.id in keep:
            parent._children.remove(task.id)
    for task in gone:
        forget(workflow, task)


def parting(workflow: Any) -> CaseTask:
    """The lowest task above (or among) all open ones, where nothing but open tasks and what is above them is left."""
    task: CaseTask = workflow.task_tree
    while task.id not in workflow.open and len(task._children) == 1:
        task = workflow.tasks[task._children[0]]
    return task


def cut_prefix(workflow: Any) -> None:
    """Hang the lowest finished task above all open ones right below the root."""
    root: CaseTask = workflow.task_tree
    lowest = parting(workflow)
    if not lowest._state & FINISHED:
        lowest = lowest.parent
    if lowest is None or lowest is root or lowest.parent is root:
        return
    between = lowest.parent
    lowest._parent, root._children = root.id, [lowest.id]
    while between is not root:
        above = between.parent
        forget(workflow, between)
        between = above


def splice(workflow: Any) -> None:
    """Drop finished tasks with one child whose element has been passed again on every way down.

    Whoever looks up from an open task for an element, now or after it has been moved away, finds the same as before.
    """
    seen: dict[int, frozenset[str]] = {}
    for task in reversed(order(workflow)):
        ways = [seen[child] for child in task._children]
        below = ways[0].intersection(*ways[1:]) if ways else frozenset()
        name, parent = task.task_spec.name, task.parent
        if (
            parent is not None
            and task._state & FINISHED
            and len(task._children) == 1
            and name in below
            and not is_parent_of_open(workflow, task)
        ):
            child = workflow.tasks[task._children[0]]
            child._parent, child.detached = parent.id, child.detached or task.detached
            parent._children[parent._children.index(task.id)] = child.id
            seen[task.id] = seen[child.id]
            seen[child.id] = below
            forget(workflow, task)
            continue
        seen[task.id] = below | {name} if task._state & FINISHED else below


def is_parent_of_open(workflow: Any, task: CaseTask) -> bool:
    """Whether a task's child is a token: joins ask a token which flow it came by."""
    return any(child in workflow.open for child in task._children)


def order(workflow: Any) -> list[CaseTask]:
    """All tasks, parents before children."""
    tasks: list[CaseTask] = []
    stack = [workflow.task_tree]
    while stack:
        task = stack.pop()
        tasks.append(task)
        stack.extend(task.children)
    return tasks
