"""What a step's effects mean outside the engine: rows of the projections, messages to the other services.

The engine says what happened; here it becomes what people and other systems see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from services.workflow import engine as e
from services.workflow.effects import deadlines, others, tasks
from services.workflow.effects.others import case_words, migrated
from services.workflow.effects.scene import Scene

__all__ = ["Scene", "case_words", "migrated", "translate", "wanted"]

_HANDLERS: Final[Mapping[type[Any], Callable[[Scene, Any], None]]] = {
    e.TaskOpened: tasks.opened,
    e.TaskChanged: tasks.changed,
    e.TaskMigrated: tasks.migrated,
    e.TaskClosed: tasks.closed,
    e.DeadlineSet: deadlines.set_,
    e.DeadlineMoved: deadlines.moved,
    e.DeadlineConfirmed: deadlines.confirmed,
    e.DeadlineCleared: deadlines.cleared,
    e.TimerSet: others.timer_set,
    e.TimerCleared: others.timer_cleared,
    e.Subscribed: others.subscribed,
    e.Unsubscribed: others.unsubscribed,
    e.Sent: others.sent,
    e.CaseStarted: others.case_started,
    e.Recorded: others.recorded,
    e.Milestone: others.milestone,
    e.Noticed: others.noticed,
    e.Finished: others.finished,
}


def translate(scene: Scene, effects: Sequence[e.Effect]) -> None:
    """Turn the effects of one step into rows and messages of `scene.changes`, in their order."""
    for effect in effects:
        _HANDLERS[type(effect)](scene, effect)


def wanted(effects: Sequence[e.Effect]) -> tuple[set[str], set[str]]:
    """What the effects refer to from earlier steps: (deadline ids, task ids)."""
    own = {x.deadline_id for x in effects if isinstance(x, e.DeadlineSet)}
    own |= {x.task_id for x in effects if isinstance(x, e.TaskOpened)}
    limits = {
        x.deadline_id for x in effects if isinstance(x, e.DeadlineMoved | e.DeadlineConfirmed | e.DeadlineCleared)
    }
    limits |= {x.deadline for x in effects if isinstance(x, e.TaskOpened | e.TaskMigrated) and x.deadline}
    tasks_ = {x.task_id for x in effects if isinstance(x, e.TaskClosed | e.TaskChanged | e.TaskMigrated)}
    return limits - own, tasks_ - own
