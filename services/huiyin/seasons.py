"""Plays a season: many matters at once on running services, over HTTP, by the accounts of a directory.

All acts stand in one agenda. The shared clock moves from one instant to the next at which somebody acts or a timer is
due, and only when everything is settled; the acts of one instant follow each other without waiting. What happens
depends on nothing but the files: the same season gives the same ids, numbers and states.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from services.common.clock import FileClock
from services.huiyin import settling, submissions
from services.huiyin.casts import Cast
from services.huiyin.clients import Client, Unanswered
from services.huiyin.phrases import Speech
from services.huiyin.programmes import Line, Programme
from services.huiyin.rhythms import Rhythm
from services.huiyin.stories import Story, Task
from services.huiyin.walks import Stuck
from services.workflow.packages.examples import example

_HINTS: Final = frozenset({"id", "handling", "answers", "promise", "session_id", "submitted_when"})
_FOUR_EYES: Final = "four_eyes"
_DEPUTY: Final = "deputy"

Put = Callable[[Mapping[str, Any]], None]
"""Puts a congress session into the directory."""


@dataclass(frozen=True, slots=True, order=True)
class _Act:
    """What is to be done at an instant: hand a matter in, or play a line beside one of its tasks."""

    at: datetime
    number: int
    turn: int
    story: Story = field(compare=False)
    line: Line | None = field(compare=False, default=None)
    task: Task = field(compare=False, default_factory=dict)


@dataclass(slots=True)
class Season:
    """A season under way. `forms`: the matters by name. `done`: how many acts."""

    client: Client
    cast: Cast
    clock: FileClock
    programme: Programme
    forms: Mapping[str, Mapping[str, Any]]
    rhythm: Rhythm
    speech: Speech
    put_session: Put
    away: frozenset[str] = frozenset()
    """Units whose tasks are left to others, who may do them at any time and in any way."""
    wait: Callable[[datetime], None] = lambda _at: None
    """Called before the clock moves."""
    stories: dict[str, Story] = field(default_factory=dict)
    done: int = 0
    open: dict[str, Task] = field(default_factory=dict)
    _agenda: list[_Act] = field(default_factory=list)
    _sessions: list[tuple[datetime, Mapping[str, Any]]] = field(default_factory=list)
    _turns: int = 0
    _known: set[str] = field(default_factory=set)
    _schemas: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def play(self) -> Iterator[datetime]:
        """From the first instant to the last; yields the instants at which somebody acted."""
        self._plan_season()
        end = self.rhythm.instant(self.programme.end)
        while True:
            due = settling.next_due(settling.wait(self.client))
            self._look()
            at = min(self._upcoming(due), default=end)
            if at >= end:
                break
            self.wait(at)
            self.clock.advance(at)
            if due is not None and due <= at:
                continue  # what the timer brings comes before what people do
            self._open_sessions(at)
            if self._act(at):
                yield at
        self.clock.advance(end)
        settling.wait(self.client)

    @property
    def unplayed(self) -> list[str]:
        """Lines of fates that found no occasion: the diagrams have changed, or the fate is wrong."""
        waiting = {act.story.name for act in self._agenda}
        return [
            f"{story.name}: {line.do or line.record or line.merge or 'withdraw'}"
            for story in self.stories.values()
            for line in story.lines
            if story.name not in waiting
        ]

    # -- planning

    def _plan_season(self) -> None:
        for session in self.programme.sessions:
            for name in ("opens", "shuts"):
                if name in session:
                    open_ = {"open": name == "opens", "current": name == "opens"}
                    self._sessions.append((self.rhythm.instant(session[name]), {**_entry(session), **open_}))
        self._sessions.sort(key=lambda pair: pair[0])
        for number, entry in enumerate(self.programme.entries, 1):
            story = Story(entry, self.forms[entry.matter], number, lines=list(entry.fate.lines))
            self.stories[entry.matter] = story
            self._push(self.rhythm.at(entry.submitted, f"{entry.matter} submitted"), story)

    def _upcoming(self, due: datetime | None) -> Iterator[datetime]:
        if due is not None:
            yield due
        if self._agenda:
            yield self._agenda[0].at
        if self._sessions:
            yield self._sessions[0][0]

    def _look(self) -> None:
        """See which tasks are open, and plan for those that are new."""
        self.open = {task["task_id"]: task for task in self._tasks()}
        by_matter = {story.matter_id: story for story in self.stories.values() if story.matter_id}
        for key, task in self.open.items():
            if key not in self._known:
                self._known.add(key)
                if task["unit"] not in self.away and task["matter_id"] in by_matter:
                    self._plan(by_matter[task["matter_id"]], task)

    def _tasks(self) -> Iterator[Task]:
        page, more = 1, True
        while more:
            found = self.client.get("/workflow/api/v1/open-tasks", self.cast.watcher, page=str(page))
            yield from found["tasks"]
            page, more = page + 1, found["more"]

    def _plan(self, story: Story, task: Task) -> None:
        for beside in story.take_beside(task):
            self._push(self._when(beside, task, story), story, beside, task)
        if story.stays_open(task):
            return
        line = story.take(task)
        if line is None:
            if story.entry.fate.only:
                return
            line = self.programme.usual.get(task["element"]) or Line(do=task["element"])
        if not line.leave:
            self._push(self._when(line, task, story), story, line, task)

    def _when(self, line: Line, task: Task, story: Story) -> datetime:
        seed = f"{story.name} {task['element']} {task['unit']} {story.times(task)}"
        if line.at is not None:
            return max(self.rhythm.at(line.at, seed), self.clock.now())
        if line.late is not None:
            return self.rhythm.after_day(task["due"], line.late, seed, self.clock.now())
        return self.rhythm.after(task["opened_at"], line.after, seed, self.clock.now())

    def _push(self, at: datetime, story: Story, line: Line | None = None, task: Task | None = None) -> None:
        self._turns += 1
        heapq.heappush(self._agenda, _Act(at, story.number, self._turns, story, line, task or {}))

    # -- acting

    def _open_sessions(self, now: datetime) -> None:
        while self._sessions and self._sessions[0][0] <= now:
            self.put_session(self._sessions.pop(0)[1])
            settling.wait(self.client)

    def _act(self, now: datetime) -> bool:
        """Do what is due, one act per matter (what else it has waits for the next hour); whether anything was."""
        before = self.done
        while self._agenda and self._agenda[0].at <= now:
            act = heapq.heappop(self._agenda)
            if act.story.acted_at == now:
                self._push(self.rhythm.next(now), act.story, act.line, act.task)
                continue
            act.story.acted_at = now
            try:
                self._carry_out(act)
            except Unanswered as error:
                if self.away and 400 <= error.status < 500:
                    continue  # who is away may have done what makes this act impossible
                raise Stuck(f"{act.story.name} {act.task.get('element', '')}: {error}") from error
        return self.done > before

    def _carry_out(self, act: _Act) -> None:
        story, line, task = act.story, act.line, act.task
        if line is None:
            self._submit(story)
        elif line.withdraw:
            self._withdraw(story, line, task)
        elif line.merge:
            self._merge(story, line, task)
        elif line.record:
            self._record(story, line, task)
        elif task["task_id"] in self.open:
            self._do(story, line, task)
        else:
            return  # it was closed meanwhile
        self.done += 1

    def _submit(self, story: Story) -> None:
        entry, form = story.entry, {key: value for key, value in story.form.items() if key not in _HINTS}
        form |= {"session_id": entry.session, "submitted_when": entry.submitted_when}
        story.matter_id = submissions.hand_in(self.client, self.cast, form, f"season:{story.name}")

    def _withdraw(self, story: Story, line: Line, task: Task) -> None:
        said = self._say(story, task, line.data)
        self.client.post(f"/api/v1/matters/{story.matter_id}/withdraw", said, self.cast.of_person(story.proposers[0]))

    def _merge(self, story: Story, line: Line, task: Task) -> None:
        said = {"others": [story.matter_id], **self._say(story, task, line.data)}
        path = f"/api/v1/matters/{self.stories[line.merge].matter_id}/merge"
        self.client.post(path, said, self.cast.holder("congress_office", None))

    def _record(self, story: Story, line: Line, task: Task) -> None:
        unit = line.unit if isinstance(line.unit, str) else task["unit"]
        login = line.who or self.cast.holder(line.role, unit)
        body = {"unit": unit, "data": self._say(story, task, line.data)}
        self.client.post(f"/workflow/api/v1/cases/{task['case_id']}/records/{line.record}", body, login)

    def _do(self, story: Story, line: Line, task: Task) -> None:
        """Do a task as the first of its players who may; whoever did what must be another's is passed over."""
        usual = self.programme.usual.get(task["element"])
        data = {**(usual.data if usual else {}), **line.data}
        path = f"/workflow/api/v1/tasks/{task['task_id']}"
        players = self._players(story, line, task)
        for left, login in enumerate(players, 1 - len(players)):
            schema, initial = self._form(task, login)
            answer = {**example(schema), **initial, **self._say(story, task, data, initial)}
            answer = {name: value for name, value in answer.items() if value is not None}
            try:
                self.client.post(f"{path}/complete", answer, login, key=f"season:{task['task_id']}")
            except Unanswered as error:
                if error.body.get("code") != _FOUR_EYES or not left:
                    raise
            else:
                return story.note(task)

    def _form(self, task: Task, login: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The schema of a task's form and what it holds at first; one that opens empty is read once per version."""
        key = (task["process_version"], task["form"])
        if key in self._schemas and not task["filled"]:
            return self._schemas[key], {}
        found = self.client.get(f"/workflow/api/v1/tasks/{task['task_id']}", login)
        self._schemas[key] = found["form_schema"] or {}
        return self._schemas[key], found["initial"] or {}

    def _players(self, story: Story, line: Line, task: Task) -> list[str]:
        if line.who:
            return [line.who]
        if task["person"] or task["role"] == _DEPUTY:
            return [self.cast.of_person(task["person"] or story.proposers[0])]
        return self.cast.holders(task["role"], task["unit"])

    def _say(self, story: Story, task: Task, data: Any, initial: Mapping[str, Any] | None = None) -> Any:
        return self.speech.say(data, self.speech.about(story, task, self.clock.now(), initial or {}))


def _entry(session: Mapping[str, Any]) -> dict[str, Any]:
    """A session as the directory keeps it: the day it opens, not the hour at which it is put there."""
    known = {name: value for name, value in session.items() if name != "shuts"}
    return {**known, "opens": str(session["opens"]).partition("T")[0]} if "opens" in session else known
