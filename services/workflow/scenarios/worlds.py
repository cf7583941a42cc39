"""The little world a scenario runs in: live cases, what they wait for, and everything that has happened."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from services.workflow import engine as e
from services.workflow.calendars import Calendar
from services.workflow.scenarios.models import Step

_HEARD: Final = {
    e.TaskOpened: "task.opened",
    e.TaskChanged: "task.opened",
    e.TaskClosed: "task.closed",
    e.DeadlineSet: "deadline.changed",
    e.DeadlineMoved: "deadline.changed",
    e.DeadlineCleared: "deadline.changed",
    e.DeadlineConfirmed: "deadline.confirmed",
    e.Recorded: "record.added",
    e.Milestone: "milestone.reached",
    e.Noticed: "notice.requested",
    e.Finished: "case.closed",
}
"""The messages the effects of a step become."""


@dataclass(slots=True)
class Running:
    """One case: its matter, its process, the live object, and its outcome once it has ended."""

    id: str
    matter: str
    process: str
    case: e.Case
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A deadline as it was last set or moved."""

    name: str
    unit: str | None
    due: date
    why: tuple[str, ...]


Counts = defaultdict[str, Counter[str]]
"""How many of a type there were so far, by matter."""


def name_of(who: Mapping[str, str]) -> str | None:
    """Whom a line names: an account, a person or a name; None for anybody in the role."""
    return who.get("account") or who.get("person") or who.get("name")


@dataclass(slots=True)
class World:
    """Everything a scenario can look at. Times are aware; effects are folded in as they come."""

    bundle: e.Bundle
    calendar: Calendar
    now: datetime
    own: tuple[str, ...] = ()
    matters: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    cases: dict[str, Running] = field(default_factory=dict)
    tasks: dict[str, e.TaskOpened] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    units: defaultdict[str, set[str | None]] = field(default_factory=lambda: defaultdict(set))
    timers: dict[str, e.TimerSet] = field(default_factory=dict)
    waits: dict[str, e.Subscribed] = field(default_factory=dict)
    deadlines: dict[str, Limit] = field(default_factory=dict)
    states: dict[str, list[str]] = field(default_factory=dict)
    records: Counts = field(default_factory=lambda: defaultdict(Counter))
    notices: Counts = field(default_factory=lambda: defaultdict(Counter))
    messages: Counts = field(default_factory=lambda: defaultdict(Counter))
    steps: list[Step] = field(default_factory=list)
    done: list[dict[str, Any]] = field(default_factory=list)
    logs: dict[str, list[e.Stimulus]] = field(default_factory=dict)
    early: list[e.Sent] = field(default_factory=list)

    def start(self, matter: str, process: str, variables: Mapping[str, Any]) -> None:
        """Begin a case of a matter, as `matter.submitted` or a running case asks for it."""
        number = 1 + sum(running.matter == matter for running in self.cases.values())
        case_id = f"{matter}-{number}"
        data = {"process": process, "matter": dict(self.matters[matter]), "vars": dict(variables)}
        places = self.bundle.settings.get("own", {}).items()
        if pins := {f"{point}/{unit}": inside for point, inside in places for unit in self.own}:
            data["pins"] = pins
        stimulus = e.Stimulus(kind="start", at=self.now, data=data)
        case, effects = e.start(case_id, stimulus, self.bundle, self.calendar)
        self.cases[case_id] = Running(case_id, matter, process, case)
        self.logs[case_id] = [stimulus]
        self._note(case_id, process, {}, None, effects, ("case.opened",))

    def step(self, case_id: str, stimulus: e.Stimulus, element: str, task: str | None = None) -> None:
        """Move a case; raises `engine.EngineError`."""
        limit = self._limit(task)
        effects = e.step(self.cases[case_id].case, stimulus)
        self.logs[case_id].append(stimulus)
        self._note(case_id, element, stimulus.actor, limit, effects, ())

    def fire_until(self, until: datetime, unreached: Sequence[str] = ()) -> None:
        """Let time pass: every timer due by then rings at its own instant, the earliest first.

        `unreached` are units whose own systems take nothing meanwhile.
        """
        facts = {"unreached": list(unreached)} if unreached else {}
        while due := [timer for timer in self.timers.values() if timer.due_at <= until]:
            timer = min(due, key=lambda timer: (timer.due_at, timer.timer_id))
            self.timers.pop(timer.timer_id)
            self.now = max(self.now, timer.due_at)
            stimulus = e.Stimulus(kind="timer", at=timer.due_at, data={"timer": timer.timer_id, **facts})
            self.step(self.homes[timer.timer_id], stimulus, timer.element)
        self.now = max(self.now, until)

    def row(self, task: e.TaskOpened, who: Mapping[str, str]) -> dict[str, Any]:
        """A task as the rule of four eyes looks at it, done `by` whoever the scenario names."""
        facts = {name: getattr(task, name) for name in ("element", "unit", "scope", "apart")}
        return {**facts, "case_id": self.homes[task.task_id], "by": name_of(who)}

    def open_tasks(self, matter: str) -> list[e.TaskOpened]:
        """The open tasks of a matter, the oldest first."""
        return [task for task in self.tasks.values() if self.cases[self.homes[task.task_id]].matter == matter]

    def limits(self, matter: str) -> list[Limit]:
        """The deadlines of a matter there have been, in the order in which they began."""
        home = self.cases
        return [limit for key, limit in self.deadlines.items() if home[key.rpartition(".")[0]].matter == matter]

    def accepting(self, record: str, unit: str | None, matter: str) -> set[str]:
        """The running cases of a matter that accept a record; of several those in which the unit has had a task."""
        running = [one for one in self.cases.values() if one.matter == matter and one.outcome is None]
        found = {one.id for one in running if e.roles(one.case, record, None, unit)}
        return {case_id for case_id in found if unit in self.units[case_id]} or found

    def _limit(self, task: str | None) -> Limit | None:
        opened = self.tasks.get(task or "")
        return None if opened is None else self.deadlines.get(opened.deadline or "")

    def _note(
        self,
        case_id: str,
        element: str,
        actor: Mapping[str, Any],
        limit: Limit | None,
        effects: list[e.Effect],
        heard: tuple[str, ...],
    ) -> None:
        names = [*heard, *(_HEARD[type(x)] for x in effects if type(x) in _HEARD)]
        names += [x.name for x in effects if isinstance(x, e.Sent)]
        self.steps.append(
            Step(
                element=element,
                case=case_id,
                actor=dict(actor),
                at=self.now.astimezone(self.cases[case_id].case.zone).isoformat(),
                deadline=limit.due.isoformat() if limit else None,
                why=limit.why if limit else (),
                messages=tuple(names),
            )
        )
        for effect in effects:
            self._fold(case_id, effect)
        for effect in effects:
            if isinstance(effect, e.CaseStarted):  # another transaction, after this one
                self.start(self.cases[case_id].matter, effect.process, effect.data)
            elif isinstance(effect, e.Sent):
                self._deliver(effect)
        awaited = {(x.name, x.key) for x in effects if isinstance(x, e.Subscribed)}
        sent = next((sent for sent in self.early if (sent.name, sent.key) in awaited), None)
        if sent is not None:
            self.early.remove(sent)
            self._deliver(sent)

    def _deliver(self, sent: e.Sent) -> None:
        """A message thrown by a diagram reaches every case that waits for it, else it is kept until one does."""
        waits = [wait for wait in self.waits.values() if (wait.name, wait.key) == (sent.name, sent.key)]
        if not waits:
            self.early.append(sent)
        for wait in waits:
            data = {"subscription": wait.subscription_id, "data": dict(sent.data)}
            self.step(self.homes[wait.subscription_id], e.Stimulus("message", self.now, {}, data), wait.element)

    def _fold(self, case_id: str, effect: e.Effect) -> None:
        match effect:
            case e.TaskOpened():
                self.tasks[effect.task_id], self.homes[effect.task_id] = effect, case_id
                self.units[case_id].add(effect.unit)
            case e.TaskClosed():
                self.tasks.pop(effect.task_id, None)
            case e.TimerSet():
                self.timers[effect.timer_id], self.homes[effect.timer_id] = effect, case_id
            case e.TimerCleared():
                self.timers.pop(effect.timer_id, None)
            case e.Subscribed():
                self.waits[effect.subscription_id], self.homes[effect.subscription_id] = effect, case_id
            case e.Unsubscribed():
                self.waits.pop(effect.subscription_id, None)
            case e.DeadlineSet() | e.DeadlineMoved() | e.DeadlineConfirmed():
                limit = Limit(effect.name, effect.unit, effect.due, effect.why)
                self.deadlines[effect.deadline_id] = limit
            case _:
                self._count(case_id, effect)

    def _count(self, case_id: str, effect: e.Effect) -> None:
        running = self.cases[case_id]
        match effect:
            case e.Recorded():
                self.records[running.matter][effect.record] += 1
            case e.Noticed():
                self.notices[running.matter][effect.template] += 1
            case e.Sent():
                self.messages[running.matter][effect.name] += 1
            case e.Milestone():
                self.states.setdefault(running.matter, []).append(effect.state)
            case e.Finished():
                running.outcome = effect.outcome
