"""A recorded case under another package: what really happened comes again at its own instants, time runs by itself.

Tasks of the recording find their twins by element, unit and person in the order in which they were opened; a task
without a twin was not there and is answered at once, as it was answered last or by the examples of its form. What
depends on such an answer is told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from services.common.form_checks import rejection
from services.workflow import engine as e
from services.workflow import rules
from services.workflow.calendars import Calendar
from services.workflow.packages.examples import complete, example
from services.workflow.tracks import Task, Track
from services.workflow.whatifs.differences import Difference, compare
from services.workflow.whatifs.recordings import Recording

MOST: Final = 100
"""Answers that are made up for one case; more means the process goes round in circles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What would have become of a case: its way through the diagram, its track, and every difference."""

    recording: Recording
    way: tuple[str, ...]
    track: Track
    differences: tuple[Difference, ...]

    @property
    def path(self) -> tuple[str, ...]:
        """The tasks in the order in which they came."""
        return self.track.path


def try_out(recording: Recording, bundle: e.Bundle, calendar: Calendar) -> Trial:
    """Let a recorded case run under another package; an engine error ends it and is one of the differences."""
    first = _pinned(recording.stimuli[0], bundle)
    try:
        case, effects = e.start(recording.case_id, first, bundle, calendar)
    except e.EngineError as error:
        return Trial(recording=recording, way=(), track=Track(), differences=(_failure(error),))
    run = _Run(recording, bundle, case)
    try:
        run.play(effects)
    except e.EngineError as error:
        run.notes.append(_failure(error))
    found = (*compare(recording, run.track, run.twins), *run.notes, *run.undecided())
    e.dissolve(case)
    return Trial(recording=recording, way=tuple(run.way), track=run.track, differences=found)


@dataclass(slots=True)
class _Run:
    recording: Recording
    bundle: e.Bundle
    case: e.Case
    track: Track = field(default_factory=Track)
    twins: dict[str, str] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    waiting: list[e.Stimulus] = field(default_factory=list)
    assumed: dict[str, str] = field(default_factory=dict)  # pattern of what was assumed → element it was assumed at
    notes: list[Difference] = field(default_factory=list)
    way: list[str] = field(default_factory=list)
    made_up: int = 0

    def play(self, effects: list[e.Effect]) -> None:
        """Everything that came after the start, which has had these effects."""
        first, *rest = (_pinned(stimulus, self.bundle) for stimulus in self.recording.stimuli)
        self._fold(effects, first.at)
        self._settle(first.at)
        for stimulus in rest:
            self._pass_time(stimulus.at)
            if stimulus.kind != "timer" and not e.changes_version(stimulus):  # it has its own
                self.waiting.append(stimulus)
            self._settle(stimulus.at)
        for stimulus in self.waiting:
            if stimulus.kind != "complete_task" or stimulus.data["task"] in self.twins:
                self.notes.append(self._unplaced(stimulus))

    # -- time and steps

    def _pass_time(self, until: datetime) -> None:
        while (timer := self.track.next_timer(until)) is not None and not self.case.is_finished:
            del self.track.timers[timer.timer_id]
            facts = self.recording.unreached(timer.due_at)
            self._step(e.Stimulus(kind="timer", at=timer.due_at, data={"timer": timer.timer_id, **facts}))
            self._settle(timer.due_at)

    def _step(self, stimulus: e.Stimulus) -> None:
        self._fold(e.step(self.case, stimulus), stimulus.at)

    def _fold(self, effects: list[e.Effect], at: datetime) -> None:
        self.way += self.case.way
        for task in self.track.fold(effects, at):
            self._pair(task)

    def _pair(self, task: Task) -> None:
        """Find the recorded task that this one is: of the same element, best of the same unit and person."""
        free = [one for one in self.recording.track.tasks.values() if one.id not in self.twins]
        same = [one for one in free if one.element == task.element]
        if not same:
            self.extra.append(task.id)
            return
        best = min(same, key=lambda one: (one.unit != task.unit, one.person != task.person))
        self.twins[best.id] = task.id

    # -- what happened, and what has to be made up

    def _settle(self, at: datetime) -> None:
        """Go on with what has waited for its place, and answer what nobody was asked; until nothing moves."""
        while not self.case.is_finished:
            placed = next((one for one in self.waiting if self._place(replace(one, at=at))), None)
            if placed is not None:
                self.waiting.remove(placed)
                continue
            task_id = next((key for key in self.extra if self.track.is_open(key)), None)
            if task_id is None:
                return
            self._make_up(self.track.tasks[task_id], at)

    def _place(self, stimulus: e.Stimulus) -> bool:
        """Carry out something that happened, if it has a place now."""
        found = self._translate(stimulus)
        if found is None:
            return False
        made = self._made(found) if found.kind == "complete_task" else {}
        if made:
            found = replace(found, data={**found.data, "data": {**found.data["data"], **made}})
        try:
            self._step(found)
        except e.Unexpected:
            return False
        if made:
            self._tell_made(self.track.tasks[found.data["task"]], made)
        return True

    def _translate(self, stimulus: e.Stimulus) -> e.Stimulus | None:
        data = dict(stimulus.data)
        if data.get("task") is not None:
            twin = self.twins.get(str(data["task"]))
            if twin is None:
                return None
            data["task"] = twin
        if stimulus.kind == "complete_task":
            if not self.track.is_open(data["task"]):
                return None
            data["data"] = dict(data.get("data") or {})
        if stimulus.kind == "message":
            wait = self._wait_for(data)
            if wait is None:
                return None
            data["subscription"] = wait
        return replace(stimulus, data=data)

    def _wait_for(self, data: Mapping[str, Any]) -> str | None:
        """The subscription that takes a recorded message: by name and key, else the only one of that name."""
        was = self.recording.track.seen.get(str(data.get("subscription")))
        name = was.name if was is not None else data.get("name")
        same = [wait for wait in self.track.waits.values() if wait.name == name]
        exact = [wait for wait in same if was is not None and wait.key == was.key]
        found = exact or (same if len(same) == 1 else [])
        return found[0].subscription_id if found else None

    def _made(self, stimulus: e.Stimulus) -> dict[str, Any]:
        """The fields a form asks for now and nobody was asked for then, by its examples (None without one)."""
        task = self.track.tasks[stimulus.data["task"]]
        schema = self.bundle.forms.get(task.form) or {}
        if schema == self.recording.forms.get(task.form):
            return {}
        schema = complete(schema)
        faults = [one for one in rules.faults(schema, None, stimulus.data["data"]) if rejection(one) == "missing_field"]
        examples = self._example(task)
        asked = [fault.path for fault in faults if fault.path in schema["properties"]]
        return {name: examples.get(name) for name in asked}

    def _tell_made(self, task: Task, made: Mapping[str, Any]) -> None:
        self.notes.append(Difference(kind="answer_incomplete", **_named(task), fields=tuple(made), assumed=made))
        variable = re.escape(self.bundle.variables[task.element])
        self.assumed |= {rf"\b{variable}\.{re.escape(name)}\b": task.element for name in made}

    def _example(self, task: Task) -> dict[str, Any]:
        schema = complete(self.bundle.forms.get(task.form) or {})
        return rules.settle_hidden(schema, {**example(schema), **(task.initial or {})}, task.initial)

    def _make_up(self, task: Task, at: datetime) -> None:
        """Answer a task that the case did not have."""
        self.made_up += 1
        if self.made_up > MOST:
            raise e.EngineError("runaway", element=task.element, detail=f"{MOST} made-up answers")
        answer = self._last_answer(task) or self._example(task)
        self.assumed[rf"\b{re.escape(self.bundle.variables[task.element])}\b"] = task.element
        self.notes.append(Difference(kind="task_added", **_named(task), assumed=answer))
        self.extra.remove(task.id)
        self._step(e.Stimulus(kind="complete_task", at=at, data={"task": task.id, "data": answer}))

    def _last_answer(self, task: Task) -> Mapping[str, Any] | None:
        """How the same element was last answered in the case, best by the same unit."""
        tasks = self.recording.track.tasks
        same = [key for key in self.recording.answers if key in tasks and tasks[key].element == task.element]
        own = [key for key in same if tasks[key].unit == task.unit]
        found = own or same
        return self.recording.answers[found[-1]] if found else None

    # -- what is told

    def _unplaced(self, stimulus: e.Stimulus) -> Difference:
        data = stimulus.data
        task = self.recording.track.tasks.get(str(data.get("task")))
        was = self.recording.track.seen.get(str(data.get("subscription")))
        what = data.get("verb") or data.get("record") or data.get("name") or (was.name if was is not None else None)
        element = task.element if task is not None else was.element if was is not None else ""
        return Difference(
            kind="unplaced",
            element=element,
            name=task.name if task is not None else "",
            unit=data.get("unit") or (task.unit if task is not None else None),
            was=f"{stimulus.kind}:{what}" if what else stimulus.kind,
        )

    def undecided(self) -> list[Difference]:
        """The gateways passed whose conditions read something assumed."""
        passed, found = set(self.way), []
        for element, question in self.bundle.questions.items():
            reasons = [at for pattern, at in self.assumed.items() if re.search(pattern, question.source)]
            if element in passed and reasons:
                note = Difference(kind="undecided", element=element, name=question.name, fields=tuple(reasons))
                found.append(note)
        return found


def _failure(error: e.EngineError) -> Difference:
    return Difference(kind="failed", element=error.element, was=error.detail, now=error.code)


def _named(task: Task) -> dict[str, Any]:
    return {"element": task.element, "name": task.name, "unit": task.unit}


def _pinned(stimulus: e.Stimulus, bundle: e.Bundle) -> e.Stimulus:
    """Units' own diagrams belong to the version they were published for; processes of the package stay in place."""
    pins = {place: process for place, process in stimulus.data.get("pins", {}).items() if process in bundle.specs}
    data = {key: value for key, value in stimulus.data.items() if key != "pins"}
    return replace(stimulus, data={**data, **({"pins": pins} if pins else {})})
