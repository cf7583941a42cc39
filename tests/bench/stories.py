"""A case as its people played it: the handling of a suggestion of the demo package, to be told again of any case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from services.workflow import documents
from services.workflow import engine as e
from services.workflow.batches import Order
from services.workflow.packages.examples import complete
from services.workflow.scenarios import load, run
from tests.processes.packages import PROCESSES, bundle_of, calendar, package_in

FOLDER = PROCESSES / "yunting" / "2026"
PROCESS = "suggestion_handling"
ORDINARY = Path(__file__).with_name("ordinary.yaml")


@dataclass(frozen=True, slots=True)
class Line:
    """One stimulus of a story with its texts beside it, and the element and unit of the task it answers."""

    stimulus: e.Stimulus
    texts: Mapping[str, str]
    element: str
    unit: str | None

    @property
    def answer(self) -> dict[str, Any]:
        """What was answered, whole."""
        return dict(documents.expand(self.stimulus.data["data"], self.texts))


@dataclass(frozen=True, slots=True)
class Story:
    """How the case `told_of` went, from its start; timers ring by themselves and are left out."""

    told_of: str
    start: e.Stimulus
    lines: Sequence[Line]
    deadlines: Mapping[str, str]

    def orders(self, case_id: str, lines: slice = slice(None)) -> list[Order]:
        """What is to be done for another case to go the same way."""
        return [
            Order(case_id=case_id, stimulus=self._of(case_id, line.stimulus), texts=line.texts)
            for line in self.lines[lines]
        ]

    def _of(self, case_id: str, stimulus: e.Stimulus) -> e.Stimulus:
        named = {
            name: case_id + value.removeprefix(self.told_of)
            for name, value in stimulus.data.items()
            if name in ("task", "subscription")
        }
        return replace(stimulus, data={**stimulus.data, **named})

    def play(self, case_id: str) -> e.Case:
        """The case on the bare engine, at its end."""
        case = self.begin(case_id)
        for order in self.orders(case_id):
            e.step(case, order.stimulus)
        return case

    def begin(self, case_id: str) -> e.Case:
        """The case on the bare engine, just started."""
        return e.start(case_id, self.start, bundle_of(FOLDER), calendar())[0]


@cache
def ordinary() -> Story:
    """The ordinary case everything is measured with, `ordinary.yaml`."""
    return _played(ORDINARY.read_bytes())


@cache
def given_back(rounds: int) -> tuple[Story, int]:
    """The ordinary case until its draft is checked, then given back `rounds` times; and the lines a round has."""
    lines = ORDINARY.read_text("utf-8").partition("  - {do: task_countersign")[0].splitlines()
    back = "{do: task_gate_business, unit: unit_a, data: {verdict: return, reasons: [not_concrete]}}"
    lines += rounds * [f"  - {back}", "  - {do: task_draft, unit: unit_a}"]
    story = _played("\n".join(lines).encode())
    place = [number for number, line in enumerate(story.lines) if line.element == "task_gate_business"]
    return story, place[-1] - place[-2]


def _logs(scenario: bytes) -> Mapping[str, Sequence[e.Stimulus]]:
    """The log of every case of a scenario of the package."""
    package = package_in(FOLDER)
    result = run(load(scenario), bundle_of(FOLDER), calendar(), package.entries)
    if not result.passed:
        raise RuntimeError(f"the scenario fails: {result.failures}")
    return result.logs


def _played(scenario: bytes) -> Story:
    case_id, log = next((key, log) for key, log in _logs(scenario).items() if log[0].data["process"] == PROCESS)
    case, effects = e.start(case_id, log[0], bundle_of(FOLDER), calendar())
    opened: dict[str, e.TaskOpened] = {}
    deadlines: dict[str, str] = {}
    lines: list[Line] = []
    for stimulus in log[1:]:
        _note(effects, opened, deadlines)
        effects = e.step(case, stimulus)
        if stimulus.kind != "timer":
            lines.append(_line(stimulus, opened.get(str(stimulus.data.get("task")))))
    return Story(case_id, log[0], lines, deadlines)


def _note(effects: Sequence[e.Effect], opened: dict[str, e.TaskOpened], deadlines: dict[str, str]) -> None:
    opened.update({x.task_id: x for x in effects if isinstance(x, e.TaskOpened)})
    deadlines.update({x.name: x.due.isoformat() for x in effects if isinstance(x, e.DeadlineSet)})


def _line(stimulus: e.Stimulus, task: e.TaskOpened | None) -> Line:
    if task is None:
        return Line(stimulus, {}, "", None)
    schema = complete(bundle_of(FOLDER).forms.get(task.form) or {})
    facts, texts = documents.split(schema, stimulus.data["data"])
    data = {**stimulus.data, "data": facts}
    actor = {"account": f"a-{task.role}", "person": task.role, "name": task.role, **stimulus.actor}
    return Line(replace(stimulus, actor=actor, data=data), texts, task.element, task.unit)


def matter(matter_id: str, at: datetime) -> dict[str, Any]:
    """Body of `matter.submitted` for the matter of a story."""
    return {
        "matter_id": matter_id,
        "matter_no": matter_id,
        "matter_kind": "suggestion",
        "level": "市",
        "locality": "yunting",
        "submitted_when": "in_session",
        "title": "关于完善城区慢行道路的建议",
        "lead_proposer": {"id": "d1", "name": "沈若川"},
        "body": {"situation": "慢行道路时断时续。" * 40, "analysis": "规划不一。" * 40, "request": "请统一规划。" * 20},
        "points": ["统一规划", "分段建设"],
        "submitted_at": at.isoformat(),
    }
