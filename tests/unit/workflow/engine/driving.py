"""Drives one case in a test: starts it, lets things happen, and checks after every step what must always hold."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from services.workflow import calendars
from services.workflow.engine import (
    Bundle,
    Case,
    Effect,
    Stimulus,
    canonical,
    compile_bundle,
    digest,
    dump,
    load,
    replay,
    start,
    step,
)
from services.workflow.engine.spiff.events import EventBasedGateway

BEGIN = datetime(2026, 2, 27, 1, 0, tzinfo=UTC)


@cache
def calendar() -> calendars.Calendar:
    """The official calendar of the product."""
    folder = Path(__file__).parents[4] / "processes" / "calendars"
    return calendars.parse({path.name: path.read_bytes() for path in sorted(folder.glob("cn-*.yaml"))})


class Driver:
    """A case with its log; every step is saved and restored, and `check` replays the log."""

    def __init__(
        self,
        xml: bytes,
        variables: dict[str, Any] | None = None,
        *,
        process: str = "P",
        counts: dict[str, tuple[str, ...]] | None = None,
        **files: bytes,
    ) -> None:
        settings = {"version": "test-2026.1", "deadlines": "D03", "counts": counts or {}}
        named = {name.replace("__", "/").replace("_dmn", ".dmn"): content for name, content in files.items()}
        self.bundle: Bundle = compile_bundle({"p.bpmn": xml, **named}, settings)
        data = {"process": process, "matter": {"matter_id": "M1"}, "vars": variables or {}}
        self.log = [Stimulus("start", BEGIN, {}, data)]
        self.case: Case
        self.case, self.effects = start("C1", self.log[0], self.bundle, calendar())
        self.all_effects: list[Effect] = list(self.effects)
        self.now = BEGIN
        self.save()

    def save(self) -> None:
        """Store and restore the case; it must be the same case. Every third time the restored one goes on.

        The living one between knows what it has written down before, and writes only what has changed.
        """
        before = canonical(self.case)
        restored = load("C1", dump(self.case), self.bundle, calendar())
        assert canonical(restored) == before
        if len(self.log) % 3 == 0:
            self.case = restored

    def step(self, kind: Any, at: datetime | None = None, **data: Any) -> list[Effect]:
        """Let something happen."""
        self.now = max(self.now, at) if at else self.now + timedelta(minutes=1)
        stimulus = Stimulus(kind, self.now, {}, data)
        self.effects = step(self.case, stimulus)
        self.log.append(stimulus)
        self.all_effects += self.effects
        self.save()
        return self.effects

    def tasks(self) -> Counter[str]:
        """Open tasks by element."""
        return Counter(entry["element"] for entry in self.case.tasks.values())

    def task(self, element: str, number: int = 0) -> str:
        """The id of an open task."""
        found = sorted(e["id"] for e in self.case.tasks.values() if e["element"] == element)
        return str(found[number])

    def complete(self, element: str, number: int = 0, **facts: Any) -> list[Effect]:
        """Complete an open task."""
        return self.step("complete_task", task=self.task(element, number), data=facts)

    def waits(self, kind: str) -> dict[str, str]:
        """Open timers or messages: element → id; of several instances the last."""
        return dict(self.waiting(kind))

    def waiting(self, kind: str) -> list[tuple[str, str]]:
        """Open timers or messages with their elements; of an event gateway the events behind it."""
        found = []
        for wait_id, wait in self.case.waits.items():
            if wait["kind"] == kind and wait["task"]:
                spec = self.case.workflow.get_task_from_id(wait["task"]).task_spec
                behind = isinstance(spec, EventBasedGateway)
                found.append((spec.outputs[wait["position"]].name if behind else spec.name, wait_id))
        return found

    def ring(self, element: str, number: int = -1) -> list[Effect]:
        """A timer's instant comes."""
        wait_id = [key for name, key in self.waiting("timer") if name == element][number]
        return self.step("timer", datetime.fromisoformat(self.case.waits[wait_id]["due_at"]), timer=wait_id)

    def receive(self, element: str, number: int = -1, **data: Any) -> list[Effect]:
        """A message comes for a waiting event."""
        wait_id = [key for name, key in self.waiting("message") if name == element][number]
        return self.step("message", subscription=wait_id, data=data)

    def check(self) -> None:
        """The log leads to the same state."""
        again = replay("C1", self.log, self.bundle, calendar())
        assert canonical(again) == canonical(self.case)
        assert digest(again) == digest(self.case)
