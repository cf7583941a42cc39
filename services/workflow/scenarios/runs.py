"""Plays a scenario: line by line, timers in between, and what nobody mentions by the examples of the forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo

from services.common.form_normalising import normalise
from services.common.problems import FieldError, texts
from services.contracts import catalogue
from services.workflow import engine as e
from services.workflow import entries, four_eyes, rules
from services.workflow.calendars import Calendar
from services.workflow.engine.stimuli import Kind
from services.workflow.packages.examples import complete, example
from services.workflow.scenarios import groups
from services.workflow.scenarios.expectations import differences
from services.workflow.scenarios.models import Act, Failure, Result, Scenario, Step
from services.workflow.scenarios.worlds import World, name_of

MAX_AUTO: Final = 200
"""Tasks done by themselves between two lines; more means the process goes round in circles."""


def run(scenario: Scenario, bundle: e.Bundle, calendar: Calendar, entries: Mapping[str, str]) -> Result:
    """Play a scenario from its first line to its last; nothing is raised for what the process does wrong.

    `entries` are the package's: which message starts which process; every matter begins with `matter.submitted`.
    """
    player = _Player(scenario, bundle, calendar, entries)
    try:
        player.begin()
        for number, act in enumerate(scenario.acts, 1):
            player.line = number
            player.play(act)
    except _Stopped:
        pass  # the failure is noted; what comes after it would only mislead
    else:
        player.line = 0
        player.expect(scenario.then, player.first)
    return player.result()


class _Stopped(Exception):
    """A line could not be played; the scenario ends here."""


class _Player:
    def __init__(self, scenario: Scenario, bundle: e.Bundle, calendar: Calendar, entries: Mapping[str, str]) -> None:
        self.scenario, self.bundle, self.entries = scenario, bundle, entries
        self.unbidden = bundle.thrown | bundle.interrupting
        self.zone = ZoneInfo(bundle.calendar(calendar).zone)
        self.world = World(bundle, calendar, self._instant(scenario.at), scenario.own)
        self.first = str(scenario.matters[0]["matter_id"])
        self.failures: list[Failure] = []
        self.line = 0

    def begin(self) -> None:
        for matter in self.scenario.matters:
            key = str(matter["matter_id"])
            self.world.matters[key] = matter
            self._engine(lambda key=key: self.world.start(key, self.entries["matter.submitted"], {}))

    def play(self, act: Act) -> None:
        if act.at is not None:
            self._pass_time(self._instant(act.at), act.unreached)
        matter = act.matter or self.first
        if act.then is not None:
            self.expect(act.then, matter)
        elif act.finish:
            self._finish(matter)
        elif act.do is not None:
            self._do(act, matter)
        elif act.message is not None:
            self._message(act, matter)
        elif act.record is not None:
            self._record(act, matter)
        elif act.operator is not None:
            data = dict(act.operator)
            self._step(self._main_case(matter), "operator", dict(act.who), data, str(data.get("verb")))

    def expect(self, expected: Any, matter: str) -> None:
        for text, text_en in differences(expected, self.world, matter):
            self._fail(text, text_en)

    def result(self) -> Result:
        states = {matter: found[-1] for matter, found in self.world.states.items() if found}
        steps: tuple[Step, ...] = tuple(self.world.steps)
        return Result(steps=steps, failures=tuple(self.failures), final_state=states, logs=self.world.logs)

    def _instant(self, local: str) -> datetime:
        moment = datetime.fromisoformat(local)
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def _pass_time(self, until: datetime, unreached: Sequence[str] = ()) -> None:
        if until < self.world.now:
            self._stop(f"时间不能倒退到 {until.isoformat()}", f"time cannot go back to {until.isoformat()}")
        self._engine(lambda: self.world.fire_until(until, unreached))

    # -- tasks

    def _do(self, act: Act, matter: str) -> None:
        task = self._find(act, matter)
        for _ in range(MAX_AUTO):
            if task is not None or not self.scenario.auto or not self._auto_step(matter):
                break
            task = self._find(act, matter)
        if task is None:
            found = "、".join(f"{t.element}@{t.unit}" for t in self.world.open_tasks(matter)) or "-"
            self._stop(
                f"没有待办 {act.do}{'@' + act.unit if act.unit else ''}；现有：{found}",
                f"there is no task {act.do}{'@' + act.unit if act.unit else ''}; open are: {found}",
            )
        if act.who.get("role") and act.who["role"] != task.role:
            text = f"{task.element}: {act.who['role']} ≠ {task.role}"
            self._fail(f"办理角色不符：{text}", f"wrong role: {text}")
        answer = {**self._example(task), **act.data}
        given = {name: value for name, value in answer.items() if value is not None}  # a null takes an example away
        self._complete(task, given, act.who, act.refused)

    def _find(self, act: Act, matter: str) -> e.TaskOpened | None:
        wanted = act.unit or act.who.get("unit")
        for task in self.world.open_tasks(matter):
            if act.who.get("person") not in (None, task.person or act.who.get("person")):
                continue
            if act.do in (task.element, task.public, task.name) and wanted in (None, task.unit):
                return task
        return None

    def _complete(
        self,
        task: e.TaskOpened,
        data: Mapping[str, Any],
        who: Mapping[str, str],
        refused: tuple[str, ...] | None = None,
    ) -> None:
        schema = complete(self.bundle.forms.get(task.form) or {})
        answer, _ = normalise(schema, rules.settle_hidden(schema, data, task.initial))
        faults = self._barred(task, who) or rules.faults(schema, self.bundle.record_of(task.form), answer)
        faults = faults or self._remarked(task, answer)
        if refused is not None:
            self._expect_refusal(task, refused, faults)
            return
        for error in faults:
            text = f"{task.element} {error.path}: "
            self._fail(text + error.text, text + error.text_en)
        actor = {"role": task.role, **({"unit": task.unit} if task.unit else {}), **who}
        case_id = self.world.homes[task.task_id]
        self._step(case_id, "complete_task", actor, {"task": task.task_id, "data": answer}, task.element)
        self.world.done.append(self.world.row(task, who))

    def _barred(self, task: e.TaskOpened, who: Mapping[str, str]) -> list[FieldError]:
        """A fault where the line names somebody who has done the work the task checks."""
        done = four_eyes.latest(self.world.row(task, who), self.world.done)
        if not any(one["by"] and one["by"] == name_of(who) for one in done):
            return []
        return [FieldError("four_eyes", "four_eyes", *texts("four_eyes"))]

    def _remarked(self, task: e.TaskOpened, answer: dict[str, Any]) -> list[FieldError]:
        """What the tables of the package refuse an answer for."""
        case, found = self.world.cases[self.world.homes[task.task_id]].case, list[e.Remark]()
        self._engine(lambda: found.extend(e.remarks(case, task.task_id, answer, self.world.now)))
        return [FieldError(one.path, "check", one.text, one.text_en) for one in found if one.severity == "error"]

    def _expect_refusal(self, task: e.TaskOpened, wanted: tuple[str, ...], faults: list[FieldError]) -> None:
        found = sorted({error.path for error in faults})
        if found != sorted(set(wanted)):
            zh, en = "、".join(found) or "-", ", ".join(found) or "-"
            self._fail(
                f"{task.element} 应因 {'、'.join(wanted)} 被退回，实际：{zh}",
                f"{task.element} should be refused for {', '.join(wanted)}, was for: {en}",
            )

    def _example(self, task: e.TaskOpened) -> dict[str, Any]:
        return {**example(complete(self.bundle.forms.get(task.form) or {})), **(task.initial or {})}

    def _auto_step(self, matter: str) -> bool:
        """Do one thing: a task no later line mentions, a message nobody else brings, else the oldest task."""
        tasks = self.world.open_tasks(matter)
        free = [task for task in tasks if not self._is_mentioned(task, matter)]
        if free:
            self._complete(free[0], self._example(free[0]), {})
            return True
        for wait in self.world.waits.values():
            home = self.world.cases[self.world.homes[wait.subscription_id]]
            if home.matter == matter and wait.name not in self.unbidden and not self._awaits(wait.name, matter):
                self._step(home.id, "message", {}, {"subscription": wait.subscription_id, "data": {}}, wait.element)
                return True
        if tasks:
            self._complete(tasks[0], self._example(tasks[0]), {})
        return bool(tasks)

    def _is_mentioned(self, task: e.TaskOpened, matter: str) -> bool:
        names = (task.element, task.public, task.name)
        return any(
            act.do in names and (act.unit or act.who.get("unit")) in (None, task.unit) for act in self._coming(matter)
        )

    def _awaits(self, message: str, matter: str) -> bool:
        return any(act.message == message for act in self._coming(matter))

    def _coming(self, matter: str) -> Iterator[Act]:
        """The lines still to be played for a matter, the present one included."""
        lines = self.scenario.acts[max(self.line - 1, 0) :]
        return (act for act in lines if (act.matter or self.first) == matter)

    def _finish(self, matter: str) -> None:
        for _ in range(MAX_AUTO):
            if not self._auto_step(matter):
                return
        self._stop("流程没有结束", "the process does not come to an end")

    # -- everything else

    def _message(self, act: Act, matter: str) -> None:
        name = act.message or ""
        if name in entries.VARIABLES and name in self.entries:
            facts, process = {entries.VARIABLES[name]: dict(act.data)}, self.entries[name]
            self._engine(lambda: self.world.start(matter, process, facts))
            return
        if name in groups.MESSAGES:
            self._engine(lambda: groups.change(self.world, matter, act.data))
        wait = self._wait(name, matter)
        for _ in range(MAX_AUTO):
            if wait is not None or not self.scenario.auto or not self._auto_step(matter):
                break
            wait = self._wait(name, matter)
        if wait is None:
            self._stop(f"没有流程在等消息 {name}", f"nothing waits for the message {name}")
        data = {"subscription": wait.subscription_id, "data": dict(act.data)}
        self._step(self.world.homes[wait.subscription_id], "message", dict(act.who), data, wait.element)

    def _wait(self, name: str, matter: str) -> e.Subscribed | None:
        for wait in self.world.waits.values():
            if wait.name == name and self.world.cases[self.world.homes[wait.subscription_id]].matter == matter:
                return wait
        return None

    def _record(self, act: Act, matter: str) -> None:
        record, wanted = str(act.record), act.who.get("role")
        case_id, task, roles = self._accepting(record, act.unit, matter)
        for _ in range(MAX_AUTO):
            if roles or not self.scenario.auto or not self._auto_step(matter):
                break
            case_id, task, roles = self._accepting(record, act.unit, matter)
        if not roles:
            self._stop(f"没有流程接收记录 {record}", f"nothing accepts the record {record}")
        if wanted and not {None, wanted} & {*roles}:
            self._fail(f"登记角色不符：{wanted} ≠ {roles[0]}", f"wrong role: {wanted} ≠ {roles[0]}")
        schema = complete(self.bundle.forms.get(record) or catalogue.record_schema(record))
        answer, _ = normalise(schema, dict(act.data))
        for error in rules.faults(schema, record, answer):
            self._fail(f"{record} {error.path}: {error.text}", f"{record} {error.path}: {error.text_en}")
        data = {"record": record, "task": task, "data": answer, "unit": act.unit, "role": wanted or roles[0]}
        self._step(case_id, "record", dict(act.who), data, record)

    def _accepting(self, record: str, unit: str | None, matter: str) -> tuple[str, str | None, Sequence[str | None]]:
        """The case that accepts a record now, the unit's open task there that does, and the roles that may add it."""
        beside = [one for one in self.world.open_tasks(matter) if record in one.accepts and one.unit == unit]
        found = {self.world.homes[one.task_id] for one in beside} or self.world.accepting(record, unit, matter)
        if len(found) > 1:
            names = ", ".join(sorted(found))
            self._stop(
                f"几个流程实例都接收记录 {record}：{names}", f"several cases accept the record {record}: {names}"
            )
        for case_id in found:
            task = beside[0].task_id if beside else None
            return case_id, task, e.roles(self.world.cases[case_id].case, record, task, unit)
        return "", None, ()

    def _main_case(self, matter: str) -> str:
        cases = [running for running in self.world.cases.values() if running.matter == matter]
        running = next((c for c in cases if c.outcome is None), None)
        if running is None:
            self._stop("没有进行中的流程", "there is no running case")
        return running.id

    def _step(self, case_id: str, kind: Kind, actor: dict[str, Any], data: dict[str, Any], element: str) -> None:
        stimulus = e.Stimulus(kind=kind, at=self.world.now, actor=actor, data=data)
        task = data.get("task") if kind == "complete_task" else None
        self._engine(lambda: self.world.step(case_id, stimulus, element, task))

    def _engine(self, act: Any) -> None:
        try:
            act()
        except e.EngineError as error:
            self._stop(f"流程出错：{error}", f"the process failed: {error}")

    def _fail(self, text: str, text_en: str) -> None:
        self.failures.append(Failure(self.line, text, text_en))

    def _stop(self, text: str, text_en: str) -> NoReturn:
        self._fail(text, text_en)
        raise _Stopped
