"""Plays a scenario on running services, over HTTP, by the accounts of a directory.

The shared clock is advanced only when everything is settled: to the next timer or the next line of the scenario,
whichever comes first. Nothing is ever written past a service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.common.clock import FileClock
from services.huiyin import settling, sightings, submissions, timelines
from services.huiyin.casts import Cast
from services.huiyin.clients import Client, Unanswered
from services.huiyin.sightings import Sighting
from services.huiyin.timelines import Step
from services.workflow.packages.examples import example
from services.workflow.scenarios import Act, Expectation, Failure, Scenario

MAX_AUTO: Final = 200
_FORM: Final = frozenset(
    {"title", "topic", "secrecy", "source", "lead_proposer", "co_proposers", "body", "points", "wish_units"}
    | {"matter_kind", "submitted_when", "session_id"}
)

_OWN_ACCORD: Final = frozenset({"reply.delivered", "matter.numbered"})
"""Messages the real services send by themselves."""

_GROUPING: Final = frozenset({"matter.merged", "matter.separated"})
"""Messages that come of what the congress office does with matters."""

Watch = Callable[[list[Step]], None]
"""Called with the new steps whenever everything has settled."""


class Stuck(Exception):
    """流程没有走到剧本所写的环节。The process did not come to where the scenario wants to act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a walk; `as_dict` is what `huiyin walk --json` prints."""

    steps: list[Step]
    final_state: str
    state: str
    matter_id: str
    matter_no: str
    failures: list[Failure]

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        failures = [{"act": one.act, "text": one.text, "text_en": one.text_en} for one in self.failures]
        names = ("steps", "final_state", "state", "matter_id", "matter_no")
        return {**{name: getattr(self, name) for name in names}, "failures": failures}


@dataclass(slots=True)
class Walk:
    """One play. `forms`: what is submitted for a matter of the scenario, by its `matter_id` there."""

    client: Client
    cast: Cast
    clock: FileClock
    scenario: Scenario
    forms: Mapping[str, Mapping[str, Any]]
    zone: ZoneInfo
    watch: Watch | None = None
    matters: dict[str, str] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    line: int = 0
    _since: datetime = field(default=datetime.min.replace(tzinfo=UTC))
    _told: int = 0

    def play(self) -> Outcome:
        """From the first line to the last; raises `Stuck`, `Unsettled`, `Uncast` or `Unanswered`."""
        self.pass_time(self._instant(self.scenario.at))
        for matter in self.scenario.matters:
            self.submit(str(matter["matter_id"]), self._form(matter))
        self._report()
        for number, act in enumerate(self.scenario.acts, 1):
            self.line = number
            self._act(act)
            self._report()
        self.line = 0
        self._expect(self.scenario.then, self.first)
        return self._outcome()

    @property
    def first(self) -> str:
        """The scenario's own name of its first matter."""
        return str(self.scenario.matters[0]["matter_id"])

    def submit(self, name: str, form: Mapping[str, Any]) -> str:
        """Hand in a suggestion as its lead deputy; the matter's real id."""
        self.matters[name] = submissions.hand_in(self.client, self.cast, form, f"walk:{name}")
        settling.wait(self.client)
        return self.matters[name]

    def pass_time(self, until: datetime) -> None:
        """Let time pass up to `until`, resting at every instant at which a timer is due."""
        while True:
            due = settling.next_due(settling.wait(self.client))
            if due is None or due > until:
                break
            self.clock.advance(due)
            settling.wait(self.client)
            self._report()
        self.clock.advance(until)
        settling.wait(self.client)

    def complete(self, task: Mapping[str, Any], data: Mapping[str, Any], login: str) -> None:
        """Do a task through workflow's interface.

        What `data` leaves out is what the form holds at first, or else comes from the form's examples.
        """
        path = f"/workflow/api/v1/tasks/{task['task_id']}"
        found = self.client.get(path, login)
        answer = {**example(found["form_schema"] or {}), **(found["initial"] or {}), **data}
        answer = {name: value for name, value in answer.items() if value is not None}  # a null takes an example away
        self.client.post(f"{path}/complete", answer, login, key=f"walk:{task['task_id']}")
        settling.wait(self.client)

    def open_tasks(self, name: str) -> list[dict[str, Any]]:
        """The open tasks of a submitted matter, the oldest first."""
        return self._look(name).open_tasks

    # -- one line

    def _act(self, act: Act) -> None:
        if act.at is not None:
            self.pass_time(self._instant(act.at))
        name = act.matter or self.first
        if act.do is not None or act.record is not None:
            self._since = self.clock.now()
        if act.then is not None:
            self._expect(act.then, name)
        elif act.do is not None:
            self._do(act, name)
        elif act.finish:
            self._finish(name)
        elif act.record is not None:
            self._record(act, name)
        elif act.message in _OWN_ACCORD:
            self._await(str(act.message), name)
        elif act.message in _GROUPING:
            self._group(act, name)
        elif act.operator is not None or act.message is not None:
            raise Stuck(f"第 {self.line} 行不能在运行中的服务上演 / line {self.line} has no interface to be walked by")

    def _do(self, act: Act, name: str) -> None:
        for _ in range(MAX_AUTO):
            seen = self._look(name)
            task = next((task for task in seen.open_tasks if _means(act, task)), None)
            if task is not None:
                return self._answer(task, act, self._player(act, task, name))
            if not (self.scenario.auto and self._auto(seen, name)):
                break
        found = "、".join(f"{task['element']}@{task['unit']}" for task in self._look(name).open_tasks) or "-"
        raise Stuck(
            f"第 {self.line} 行没有待办 {act.do}，现有：{found} / line {self.line}: no task {act.do}, open: {found}"
        )

    def _answer(self, task: Mapping[str, Any], act: Act, login: str) -> None:
        """Do the task, or have the answer refused if the line says so."""
        try:
            self.complete(task, act.data, login)
        except Unanswered as answer:
            barred = answer.body.get("code") == "four_eyes"
            if act.refused is None or not (barred or answer.status == 422):
                raise
            found = {"four_eyes"} if barred else {str(error["path"]) for error in answer.body["errors"]}
        else:
            found = set()
        if found != set(act.refused or ()):
            wanted, got = "、".join(act.refused or ()), "、".join(sorted(found)) or "-"
            text = f"{act.do} 应因 {wanted} 被退回，实际：{got}"
            text_en = f"{act.do} should be refused for {wanted}, was for: {got}"
            self.failures.append(Failure(self.line, text, text_en))

    def _auto(self, seen: Sighting, name: str) -> bool:
        """Do one task by its form's examples: one that no coming line mentions, else the oldest."""
        coming = [act for act in self.scenario.acts[self.line - 1 :] if (act.matter or self.first) == name]
        tasks = seen.open_tasks
        free = [task for task in tasks if not any(_means(act, task) for act in coming)]
        for task in (free or tasks)[:1]:
            self.complete(task, {}, self._player(Act(), task, name))
        return bool(tasks)

    def _await(self, message: str, name: str) -> None:
        """A service sends the message by itself; where the scenario is `auto`, do what has to be done before."""
        for _ in range(MAX_AUTO):
            seen = sightings.look_closely(self.client, self.cast.watcher, self.matters[name])
            sent = [one["at"] for one in seen.traces["intake"] if one["type"].startswith(f"{message}.")]
            if (sent and sightings.instant(max(sent)) >= self._since) or not self._auto(seen, name):
                return

    def _group(self, act: Act, name: str) -> None:
        """The congress office merges the matter into the main one the line names, or takes it out of its group."""
        office, reason = self.cast.holder("congress_office", None), {"reason": self.scenario.title}
        if act.message == "matter.merged":
            main = self.matters[str(act.data["main"]["matter_id"])]
            body = {"others": [self.matters[name]], **reason}
            self.client.post(f"/api/v1/matters/{main}/merge", body, office)
        else:
            self.client.post(f"/api/v1/matters/{self.matters[name]}/separate", reason, office)
        settling.wait(self.client)

    def _finish(self, name: str) -> None:
        for _ in range(MAX_AUTO):
            if not self._auto(self._look(name), name):
                return
        raise Stuck("流程没有结束 / the process does not come to an end")

    def _record(self, act: Act, name: str) -> None:
        """Beside an open task of the unit that accepts it, else in the running case that does.

        An `auto` scenario goes on until one does.
        """
        for _ in range(MAX_AUTO):
            seen = self._look(name)
            beside = [x for x in seen.open_tasks if act.record in x["accepts"] and x["unit"] == act.unit]
            if self._is_added(act, beside, name):
                return
            if not (self.scenario.auto and self._auto(seen, name)):
                break
        raise Stuck(
            f"第 {self.line} 行：没有流程接收记录 {act.record} / line {self.line}: nothing accepts {act.record}"
        )

    def _is_added(self, act: Act, beside: Sequence[Mapping[str, Any]], name: str) -> bool:
        role = act.who.get("role") or next((task["role"] for task in beside), "")
        login = self.cast.player_of(act, role, act.unit, self._lead(name))
        near = beside[0]["task_id"] if len({task["case_id"] for task in beside}) == 1 else None
        body = {"unit": act.unit, "task_id": near, "data": dict(act.data)}
        try:
            path = f"/workflow/api/v1/matters/{self.matters[name]}/records/{act.record}"
            self.client.post(path, body, login)
        except Unanswered as answer:
            if answer.body.get("code") != "not_expected":
                raise
            return False
        settling.wait(self.client)
        return True

    def _expect(self, expected: Expectation, name: str) -> None:
        seen = sightings.look_closely(self.client, self.cast.watcher, self.matters[name])
        for text, text_en in sightings.compare(expected, seen, self._milestones(name)):
            self.failures.append(Failure(self.line, text, text_en))

    # -- looking

    def _look(self, name: str) -> Sighting:
        return sightings.look(self.client, self.cast.watcher, self.matters[name])

    def doer(self, task: Mapping[str, Any], login: str) -> str:
        """Who does a task in place of `login`, if that account has done the work the task checks."""
        names = self.cast.colleagues(login, task["role"], task["unit"]) if task["apart"] else [login]
        path = f"/workflow/api/v1/tasks/{task['task_id']}"
        return next((one for one in names[:-1] if not self.client.get(path, one)["barred"]), names[-1])

    def _player(self, act: Act, task: Mapping[str, Any], name: str) -> str:
        login = self._named(act, task, name)
        return login if act.who.get("account") or act.who.get("person") else self.doer(task, login)

    def _named(self, act: Act, task: Mapping[str, Any], name: str) -> str:
        return self.cast.player_of(act, task["role"], task["unit"], task["person"] or self._lead(name))

    def _lead(self, name: str) -> str:
        return next(str(one["lead_proposer"]) for one in self.scenario.matters if one["matter_id"] == name)

    def _matter(self, name: str) -> dict[str, Any]:
        return self.client.get(f"/api/v1/matters/{self.matters[name]}", self.cast.of_person(self._lead(name)))

    def _milestones(self, name: str) -> list[str]:
        return [event["code"] for event in self._matter(name)["events"] if event["kind"] in ("submitted", "state")]

    def _steps(self, name: str) -> list[Step]:
        seen = sightings.look_closely(self.client, self.cast.watcher, self.matters[name])
        login = self.cast.of_person(self._lead(name))
        who = next(player for player in self.cast.players if player.login == login)
        return timelines.steps(seen, {"person": who.person, "name": who.name, "role": "deputy"})

    def _report(self) -> None:
        if self.watch is not None and self.first in self.matters:
            steps = self._steps(self.first)
            self.watch(steps[self._told :])
            self._told = len(steps)

    def _outcome(self) -> Outcome:
        names = [str(matter["matter_id"]) for matter in self.scenario.matters]
        steps = [step for name in names for step in self._steps(name)]
        closed = all(self._look(name).is_closed for name in names)
        first = self._matter(self.first)
        return Outcome(
            steps=steps,
            final_state="closed" if closed else "open",
            state=str(first["state"]),
            matter_id=self.matters[self.first],
            matter_no=first["no"],
            failures=self.failures,
        )

    def _form(self, matter: Mapping[str, Any]) -> dict[str, Any]:
        """What is submitted: the known form of this matter, or one made of its facts."""
        form = self.forms.get(str(matter["matter_id"])) or matter
        return {key: value for key, value in form.items() if key in _FORM}

    def _instant(self, local: str) -> datetime:
        moment = datetime.fromisoformat(local)
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)


def _means(act: Act, task: Mapping[str, Any]) -> bool:
    """Whether a line is about this task."""
    unit, person = act.unit or act.who.get("unit"), act.who.get("person")
    if task["person"] and person not in (None, task["person"]):
        return False
    return act.do in (task["element"], task["name"]) and unit in (None, task["unit"])
