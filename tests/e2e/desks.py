"""A running installation as its people use it: they hand in, look at their work and do it, all over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.request import Request, urlopen

import yaml

from services.common import logs
from services.common.clock import FileClock
from services.huiyin import casts, homes, settling, sightings, submissions
from services.huiyin.casts import Cast
from services.huiyin.clients import Client
from services.huiyin.embedded import Installation
from services.intake import seed as intake_seed
from services.workflow import seed as workflow_seed
from services.workflow.packages.examples import example
from services.workflow.scenarios import Act

PROCESSES: Final = Path(__file__).parents[2] / "processes"
DEMO: Final = PROCESSES / "yunting/demo"
START: Final = datetime.fromisoformat("2026-02-26T09:00+08:00")
DEPUTY: Final = "d-01"
_FAR: Final = 40  # no step of the process is further away


@dataclass(slots=True)
class Desk:
    """`cast` are the demo's people; `installation` runs embedded, its clock stands unless it is told the time."""

    installation: Installation
    client: Client
    clock: FileClock
    cast: Cast
    directory: dict[str, Any]

    def learn(self, **sections: list[dict[str, Any]]) -> None:
        """Load more of a directory, as an administrator does with `huiyin init --directory`."""
        intake_seed.load(self.installation.engines["intake"], sections, self.clock.now())
        known = {name: [*self.directory[name], *sections.get(name, [])] for name in ("people", "accounts")}
        self.directory = {**self.directory, **known}
        self.cast = casts.of(self.directory)
        self.client.passwords = self.cast.passwords
        settling.wait(self.client)

    def upload(self, path: str, content: bytes, login: str) -> dict[str, Any]:
        """Send a file as it is; raises `HTTPError`."""
        token = self.client.post("/api/v1/tokens", {"login": login, "password": self.cast.passwords[login]})["token"]
        request = Request(self.client.url + path, content, {"Authorization": f"Bearer {token}"}, method="POST")
        with urlopen(request, timeout=60) as response:
            answer: dict[str, Any] = json.loads(response.read())
        return answer

    def submit(self, name: str, **changed: Any) -> str:
        """One of the demo's suggestions but for what is given, handed in by its deputy; the matter's id."""
        form = self.form(name, **changed)
        matter = submissions.hand_in(self.client, self.cast, form, name)
        settling.wait(self.client)
        return matter

    @staticmethod
    def form(name: str, **changed: Any) -> dict[str, Any]:
        """One of the demo's suggestions as its deputy would hand it in, but for what is given."""
        matters = yaml.safe_load((DEMO / "matters.yaml").read_bytes())["matters"]
        known = next(one for one in matters if one["id"] == name)
        return {**{key: value for key, value in known.items() if key in _FORM}, **changed}

    def open(self, matter: str) -> list[dict[str, Any]]:
        """The open tasks of a matter, the oldest first."""
        return sightings.look(self.client, self.cast.watcher, matter).open_tasks

    def open_elements(self, matter: str) -> list[str]:
        """Which elements of the diagram wait."""
        return [task["element"] for task in self.open(matter)]

    def do(self, matter: str, element: str, data: Mapping[str, Any] | None = None, login: str = "") -> dict[str, Any]:
        """Somebody of the task's role and unit does it. The task.

        What `data` leaves out is what the form opens with, or else its example; a None leaves a field out.
        """
        task = next(task for task in self.open(matter) if task["element"] == element)
        return self._answer(task, data or {}, login)

    def bring(self, matter: str, element: str, **given: Mapping[str, Any]) -> list[str]:
        """Let a matter go on by itself until a task of this element is open; the elements done on the way.

        The rule of scenarios with `auto`: the oldest task is done with what its form opens with, or else with its
        examples. `given` are answers to tasks on the way.
        """
        done: list[str] = []
        for _ in range(_FAR):
            tasks = self.open(matter)
            if element in [task["element"] for task in tasks]:
                return done
            assert tasks, f"{element} does not come after {done}"
            self._answer(tasks[0], given.get(tasks[0]["element"], {}))
            done.append(tasks[0]["element"])
        raise AssertionError(f"{element} is not on the way: {done}")

    def hand_over(self, matter: str, unit: str) -> None:
        """From the admission to the receipt of one unit that is to handle the matter alone and is not asked before."""
        alone = {"mode": "sole", "assignments": [{"unit": unit, "role": "lead"}], "urgent": True}
        self.bring(matter, "task_receipt", task_pre_handover=alone)

    def _answer(self, task: Mapping[str, Any], data: Mapping[str, Any], login: str = "") -> dict[str, Any]:
        path = f"/workflow/api/v1/tasks/{task['task_id']}"
        who = login or self.cast.player_of(Act(), task["role"], task["unit"], task["person"] or DEPUTY)
        seen = self.client.get(path, who)
        answer = {**example(seen["form_schema"] or {}), **(seen["initial"] or {}), **data}
        self.client.post(
            f"{path}/complete", {k: v for k, v in answer.items() if v is not None}, who, key=task["task_id"]
        )
        settling.wait(self.client)
        return {**task, **seen}

    def cases(self, matter: str) -> list[dict[str, Any]]:
        """The matter's cases with their deadlines, the oldest first, as the administrator sees them."""
        found = sightings.look(self.client, self.cast.watcher, matter).cases
        return [{**one, **self.client.get(f"/workflow/api/v1/cases/{one['id']}", self.cast.watcher)} for one in found]

    def versions(self, matter: str) -> set[str]:
        """The process versions its cases run under."""
        return {str(case["package_version"]) for case in self.cases(matter)}

    def deadline(self, matter: str, name: str) -> dict[str, Any]:
        """The one deadline of this name."""
        [found] = [limit for case in self.cases(matter) for limit in case["deadlines"] if limit["name"] == name]
        return dict(found)


_FORM: Final = frozenset(
    {"matter_kind", "submitted_when", "title", "topic", "secrecy", "source", "lead_proposer", "co_proposers"}
    | {"body", "points", "wish_units"}
)


def demo_directory() -> dict[str, Any]:
    """The demo's units, people, session and accounts."""
    found: dict[str, Any] = yaml.safe_load((DEMO / "directory.yaml").read_bytes())
    return found


@contextmanager
def desk(
    home: Path,
    units: Sequence[str],
    *,
    directory: dict[str, Any] | None = None,
    package: str = "yunting/2026",
    start: datetime = START,
    settings: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[Desk]:
    """A fresh embedded installation on the morning of START: the demo's package, its people of these units.

    `settings` are those that are not as usual.
    """
    usual, clock = homes.fresh(home, start)
    directory = directory or demo_directory()
    accounts = directory["accounts"]
    directory["accounts"] = [one for one in accounts if all(r.get("unit", "") in (*units, "") for r in one["roles"])]
    cast = casts.of(directory)
    logs.setup("WARNING", "json")
    with Installation(replace(usual, **settings), port=0) as installation:
        workflow_seed.publish(installation.engines["workflow"], PROCESSES / package, clock.now())
        intake_seed.load(installation.engines["intake"], directory, clock.now())
        client = Client(installation.url, cast.passwords)
        settling.wait(client)
        try:
            yield Desk(installation, client, clock, cast, directory)
        finally:
            client.close()
