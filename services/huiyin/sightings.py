"""What can be seen of a matter from outside, through the interfaces of the three services."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, cast

from services.huiyin.clients import Client, Unanswered
from services.workflow.scenarios.expectations import differences
from services.workflow.scenarios.models import Expectation
from services.workflow.scenarios.worlds import Limit, World

_SENT = "out"


@dataclass(slots=True)
class Sighting:
    """Everything known of one matter. `cases` as workflow tells them, `traces` by service, `notices` by id."""

    matter_id: str
    cases: list[dict[str, Any]] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    traces: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    deliveries: list[dict[str, Any]] = field(default_factory=list)

    @property
    def open_tasks(self) -> list[dict[str, Any]]:
        """Open tasks of all cases, the oldest first."""
        found = [task for case in self.cases for task in case["tasks"] if task["state"] == "open"]
        return sorted(found, key=lambda task: (task["opened_at"], number_of(task["task_id"])))

    @property
    def is_closed(self) -> bool:
        """Whether every case has ended."""
        return bool(self.cases) and all(case["status"] == "ended" for case in self.cases)


def look(client: Client, watcher: str, matter_id: str) -> Sighting:
    """Ask workflow for cases and steps; nothing for a matter whose case has not started."""
    try:
        found = client.get(f"/workflow/api/v1/matters/{matter_id}/history", watcher)
    except Unanswered as error:
        if error.status != 404:
            raise
        return Sighting(matter_id)
    cases = sorted(found["cases"], key=lambda case: number_of(case["id"]))
    return Sighting(matter_id, cases)


def look_closely(client: Client, watcher: str, matter_id: str) -> Sighting:
    """Ask everybody: cases with deadlines and records, messages of all services, deliveries."""
    seen = look(client, watcher, matter_id)
    seen.details = [client.get(f"/workflow/api/v1/cases/{case['id']}", watcher) for case in seen.cases]
    for service, prefix in (("intake", ""), ("workflow", "/workflow"), ("notify", "/notify")):
        seen.traces[service] = client.get(f"{prefix}/api/v1/traces/{matter_id}", watcher)["messages"]
    seen.deliveries = list(_deliveries(client, watcher, matter_id))
    return seen


def _deliveries(client: Client, watcher: str, matter_id: str) -> Iterator[dict[str, Any]]:
    page = 1
    while rows := _page(client, watcher, matter_id, page):
        yield from rows
        page += 1


def _page(client: Client, watcher: str, matter_id: str, page: int) -> list[dict[str, Any]]:
    answer = client.get("/notify/api/v1/deliveries", watcher, matter_id=matter_id, page=str(page))
    found: list[dict[str, Any]] = answer["deliveries"]
    return found


def compare(expected: Expectation, seen: Sighting, milestones: Sequence[str]) -> list[tuple[str, str]]:
    """What is not as a scenario expects, in its own words."""
    return list(differences(expected, cast(World, _AsWorld(seen, milestones)), seen.matter_id))


@dataclass(frozen=True, slots=True)
class _Task:
    element: str
    unit: str | None


@dataclass(frozen=True, slots=True)
class _Case:
    matter: str
    process: str
    outcome: str | None


class _AsWorld:
    """A sighting in the shape in which scenarios look at their own small world."""

    def __init__(self, seen: Sighting, milestones: Sequence[str]) -> None:
        self._seen = seen
        self.states = {seen.matter_id: list(milestones)}
        self.cases = {case["id"]: _Case(seen.matter_id, case["process"], case["outcome"]) for case in seen.cases}
        limits = sorted(_all(seen.details, "deadlines"), key=lambda limit: number_of(limit["id"]))
        self._limits = list({limit["id"]: _limit(limit) for limit in limits}.values())
        sent = (message for message in seen.traces.get("workflow", ()) if message["way"] == _SENT)
        notices = {d["notice_id"]: d for d in seen.deliveries}.values()
        self.records = {seen.matter_id: Counter(record["record"] for record in _all(seen.details, "records"))}
        self.notices = {seen.matter_id: Counter(row["template"] for row in notices)}
        self.messages = {seen.matter_id: Counter(message["type"].rpartition(".")[0] for message in sent)}

    def limits(self, _matter: str) -> list[Limit]:
        return self._limits

    def open_tasks(self, _matter: str) -> list[_Task]:
        return [_Task(task["element"], task["unit"]) for task in self._seen.open_tasks]


def _all(details: Iterable[Mapping[str, Any]], name: str) -> Iterator[dict[str, Any]]:
    for detail in details:
        yield from detail[name]


def _limit(row: Mapping[str, Any]) -> Limit:
    return Limit(row["name"], row["unit"], date.fromisoformat(row["due"]), tuple(row["why"]))


def number_of(key: str) -> tuple[int, ...]:
    """The numbers an id ends in, for sorting: `m-2` before `m-10`, `m-1.9` before `m-1.10`."""
    return tuple(int(digits) for digits in re.findall(r"[0-9]+", key.rpartition("-")[2]))


def instant(text: str) -> datetime:
    """An instant of an interface, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)
