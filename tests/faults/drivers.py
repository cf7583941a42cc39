"""Drives many matters through the small process at once, over HTTP, stubbornly: the same request under the
same key until it is answered.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Any, Final, TypeVar

from services.huiyin import settling
from services.huiyin.casts import Cast
from services.huiyin.clients import Client, Unanswered
from tests.e2e.deployments import Deployment
from tests.faults.agencies import ZONE
from tests.faults.answers import SEED, Task, plan

HANDS: Final = 8
_AWAY: Final = (0, 502, 503)
_PATIENCE: Final = 180.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Submission:
    """A suggestion to be handed in: by whom, under which key, on which day of the play."""

    key: str
    login: str
    form: Mapping[str, Any]
    day: int


@dataclass(slots=True)
class Driver:
    """Plays everybody who works on the web. `agency_units` do their tasks elsewhere."""

    deployment: Deployment
    cast: Cast
    overseer: str
    agency_units: frozenset[str]
    noticed: Callable[[], None]
    idle: Callable[[], bool]
    matters: dict[str, str] = field(default_factory=dict)  # key → matter id
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)  # task id → answer
    records: dict[str, dict[str, Any]] = field(default_factory=dict)  # key → answer
    rounds: int = 0
    retries: int = 0
    replays: int = 0
    _client: Client = field(init=False)
    _chance: random.Random = field(default_factory=lambda: random.Random(SEED))

    def __post_init__(self) -> None:
        self._client = Client(self.deployment.url, self.cast.passwords)

    def play(self, submissions: Sequence[Submission]) -> None:
        """From the first suggestion to the end of the last case."""
        waiting, begin = list(submissions), self._today()
        with ThreadPoolExecutor(HANDS) as pool:
            list(pool.map(self._sign_in, {one.login for one in submissions} | {self.overseer}))
            while True:
                self.rounds += 1
                due = [one for one in waiting if begin + timedelta(days=one.day) <= self._today()]
                waiting = [one for one in waiting if one not in due]
                list(pool.map(self._submit, due))
                open_ = self._open_tasks()
                now = [task for task in open_ if self._is_due(task)]
                list(pool.map(self._complete, now))
                if not due and not now and not self._pass_time(open_, waiting, begin):
                    return

    # -- one act

    def _sign_in(self, login: str) -> None:
        self.insist(lambda: self._client.get("/workflow/api/v1/tasks", login))

    def _submit(self, one: Submission) -> None:
        self.matters[one.key] = self._post("/api/v1/matters", one.form, one.login, one.key)["matter_id"]

    def _complete(self, task: Task) -> None:
        wish = plan(task, self._today())
        login = self.cast.of_person(task.person) if task.person else self.cast.holder(task.role, task.unit)
        if task.element == "task_prepare" and wish.data is not None:
            self._note(task, self.cast.holder("unit_liaison", task.unit))
        path = f"/workflow/api/v1/tasks/{task.id}/complete"
        self.tasks[task.id] = self._post(path, wish.data or {}, login, f"task:{task.id}")

    def _note(self, task: Task, login: str) -> None:
        """A progress note besides: a record that moves nothing is easily doubled."""
        key, case_id = f"note:{task.id}", task.id.rpartition(".")[0]
        body = {"unit": task.unit, "data": {"text": f"已开展调研 {task.id}"}}
        path = f"/workflow/api/v1/cases/{case_id}/records/progress_note"
        self.records[key] = self._post(path, body, login, key)

    def _post(self, path: str, body: Mapping[str, Any], login: str, key: str) -> dict[str, Any]:
        """Ask until answered; some ask once more afterwards, and must hear the same."""
        answer = self.insist(lambda: self._client.post(path, body, login, key))
        if self._chance.random() < 0.1:
            again = self.insist(lambda: self._client.post(path, body, login, key))
            assert {**again, "warnings": []} == {**answer, "warnings": []}, (key, answer, again)
            self.replays += 1
        self.noticed()
        return answer

    def insist(self, ask: Callable[[], T]) -> T:
        """Ask again while nobody is there; everything else that goes wrong is a failure."""
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                return ask()
            except Unanswered as error:
                if error.status not in _AWAY or error.body.get("code") == "incident" or time.monotonic() > end:
                    raise
                self.retries += 1
                time.sleep(self._chance.uniform(0.05, 0.5))
            finally:
                self._client.close()

    # -- looking and waiting

    def _open_tasks(self) -> list[Task]:
        found: dict[str, Task] = {}
        page, more = 1, True
        while more:
            number = str(page)
            answer = self.insist(
                lambda number=number: self._client.get("/workflow/api/v1/tasks", self.overseer, page=number)  # type: ignore[misc]
            )
            found |= {row["task_id"]: _task(row) for row in answer["tasks"]}
            page, more = page + 1, answer["more"]
        return [task for task in found.values() if task.id not in self.tasks]

    def _is_ours(self, task: Task) -> bool:
        return task.unit not in self.agency_units and plan(task, self._today()).data is not None

    def _is_due(self, task: Task) -> bool:
        return self._is_ours(task) and self._planned(task) <= self._today()

    def _planned(self, task: Task) -> date:
        """The day on which somebody does it: people come every third day, so that much happens at once."""
        day = task.opened_on + timedelta(days=plan(task, self._today()).days)
        return day if day == task.opened_on else day + timedelta(days=-day.toordinal() % 3)

    def _pass_time(self, open_: Iterable[Task], waiting: Sequence[Submission], begin: date) -> bool:
        """Nothing to do: wait until all is settled, then let time pass. False when nothing will come any more."""
        answers = settling.wait(self._client, _PATIENCE)
        self._client.close()
        if not self.idle() or {task.id for task in self._open_tasks()} != {task.id for task in open_}:
            time.sleep(0.1)  # somebody was still at work
            return True
        days = [self._planned(task) for task in open_ if self._is_ours(task)]
        days += [begin + timedelta(days=one.day) for one in waiting]
        due = settling.next_due(answers)
        if not days and due is None:
            return False
        self.deployment.clock.advance(_morning(min(days)) if days else due or datetime.now(UTC))
        settling.wait(self._client, _PATIENCE)
        self._client.close()
        return True

    def _today(self) -> date:
        return self.deployment.clock.now().astimezone(ZONE).date()


def _task(row: Mapping[str, Any]) -> Task:
    opened = datetime.fromisoformat(row["opened_at"]).astimezone(ZONE).date()
    return Task(row["task_id"], row["matter_id"], row["element"], row["role"], row["unit"], row["person"], opened)


def _morning(day: date) -> datetime:
    return datetime.combine(day, clock_time(10), ZONE)
