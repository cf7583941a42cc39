"""What has become of a case so far, folded out of the effects of its steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from services.workflow import engine as e


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task as it was opened; `reason` says how it ended, None while it is open."""

    id: str
    element: str
    name: str
    form: str
    unit: str | None
    person: str | None
    deadline: str | None
    initial: Mapping[str, Any] | None
    opened_at: datetime
    closed_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A deadline with its last due date."""

    name: str
    unit: str | None
    due: date
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has a task now; `Task` says for whom it was opened."""

    role: str
    unit: str | None
    person: str | None


@dataclass(slots=True)
class Track:
    """Tasks, their holders, deadlines, timers and subscriptions of one case by id.

    `seen` keeps subscriptions that have ended too.
    """

    tasks: dict[str, Task] = field(default_factory=dict)
    holders: dict[str, Holder] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    timers: dict[str, e.TimerSet] = field(default_factory=dict)
    waits: dict[str, e.Subscribed] = field(default_factory=dict)
    seen: dict[str, e.Subscribed] = field(default_factory=dict)
    states: list[str] = field(default_factory=list)
    outcome: str | None = None

    def fold(self, effects: Iterable[e.Effect], at: datetime) -> list[Task]:
        """Take in what a step at this instant has led to; the tasks it has opened."""
        opened = []
        for effect in effects:
            match effect:
                case e.TaskOpened():
                    self.tasks[effect.task_id] = _task(effect, at)
                    self._hand(effect)
                    opened.append(self.tasks[effect.task_id])
                case e.TaskMigrated():
                    names = ("element", "name", "form", "deadline")
                    news = {name: getattr(effect, name) for name in names}
                    self.tasks[effect.task_id] = replace(self.tasks[effect.task_id], **news)
                    self._hand(effect)
                case e.TaskChanged():
                    self._hand(effect)
                case e.TaskClosed() if effect.task_id in self.tasks:
                    task = self.tasks[effect.task_id]
                    self.tasks[effect.task_id] = replace(task, closed_at=at, reason=effect.reason)
                case e.DeadlineSet() | e.DeadlineMoved() | e.DeadlineConfirmed():
                    limit = Limit(name=effect.name, unit=effect.unit, due=effect.due, why=effect.why)
                    self.limits[effect.deadline_id] = limit
                case _:
                    self._wait(effect)
        return opened

    def _hand(self, effect: e.TaskOpened | e.TaskChanged | e.TaskMigrated) -> None:
        self.holders[effect.task_id] = Holder(role=effect.role, unit=effect.unit, person=effect.person)

    def _wait(self, effect: e.Effect) -> None:
        match effect:
            case e.TimerSet():
                self.timers[effect.timer_id] = effect
            case e.TimerCleared():
                self.timers.pop(effect.timer_id, None)
            case e.Subscribed():
                self.waits[effect.subscription_id] = self.seen[effect.subscription_id] = effect
            case e.Unsubscribed():
                self.waits.pop(effect.subscription_id, None)
            case e.Milestone():
                self.states.append(effect.state)
            case e.Finished():
                self.outcome = effect.outcome
            case _:
                pass

    def rename(self, elements: Mapping[str, str]) -> None:
        """Tasks are known by other elements than those they were opened at: by their ids."""
        self.tasks |= {key: replace(self.tasks[key], element=element) for key, element in elements.items()}

    @property
    def path(self) -> tuple[str, ...]:
        """The elements of the tasks in the order in which they came."""
        return tuple(task.element for task in self.tasks.values())

    def is_open(self, task_id: str) -> bool:
        """Whether a task waits to be done."""
        return self.tasks[task_id].reason is None

    def due(self, task: Task) -> Limit | None:
        """The deadline of a task."""
        return self.limits.get(task.deadline or "")

    def next_timer(self, until: datetime) -> e.TimerSet | None:
        """The timer that rings next, if it is due by then."""
        due = [timer for timer in self.timers.values() if timer.due_at <= until]
        return min(due, key=lambda timer: (timer.due_at, timer.timer_id), default=None)


def _task(effect: e.TaskOpened, at: datetime) -> Task:
    return Task(
        id=effect.task_id,
        element=effect.element,
        name=effect.name,
        form=effect.form,
        unit=effect.unit,
        person=effect.person,
        deadline=effect.deadline,
        initial=effect.initial,
        opened_at=at,
    )
