"""A live case: the task tree of SpiffWorkflow and beside it what the tree does not know.

The case is told when a token reaches an element (`reach`) and says at once what the element's `hy:` attributes mean:
milestones, notices, records, other cases. Everything that depends on the state a step ends in (open tasks, deadlines,
timers, subscriptions) is settled once at its end, by `settling`.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from SpiffWorkflow.bpmn.specs.mixins.events.end_event import EndEvent

from services.workflow.calendars import Calendar
from services.workflow.engine import deadlines, scopes
from services.workflow.engine import effects as fx
from services.workflow.engine.bundles import Bundle
from services.workflow.engine.decisions import Outcome
from services.workflow.engine.failures import ExpressionError
from services.workflow.engine.problems import EngineError
from services.workflow.engine.scripts import ScriptEngine
from services.workflow.engine.shelves import Shelf
from services.workflow.engine.spiff.events import Message
from services.workflow.engine.spiff.trees import CaseTask, CaseWorkflow, element_of

START = datetime(1970, 1, 1, tzinfo=UTC)


class Case:
    """The live object `step` works on. Throw it away after an exception; load it again from its last state.

    `sides` are tasks beside others, by id; `done` tasks that can still be taken back; `spent` says why
    others cannot; `state_name` is the last milestone; `former` are ids that elements had in versions the case has left.
    `doing`, `again`, `clocks` and `unreached` (the units whose own systems have not taken what was sent them, as the
    stimulus says) are notes of the step that is running, `way` are the elements its tokens came to.
    """

    def __init__(self, case_id: str, process: str, bundle: Bundle, calendar: Calendar) -> None:
        self.case_id, self.process, self.bundle, self.calendar = case_id, process, bundle, bundle.calendar(calendar)
        self.now = START
        self.facts: dict[str, Any] = {"matter": {}, "case": {}, "records": {}, "now": ""}
        self.counters: dict[str, int] = {}
        self.tasks: dict[int, dict[str, Any]] = {}
        self.waits, self.deadlines = Shelf("task"), Shelf("scope")
        self.sides: dict[str, dict[str, Any]] = {}
        self.done: dict[str, dict[str, Any]] = {}
        self.spent: dict[str, str] = {}
        self.former: dict[str, list[str]] = {}
        self.state_name = ""
        self.doing: tuple[CaseTask, dict[str, Any]] | None = None
        self.again: dict[str, Any] | None = None
        self.clocks: dict[str, dict[str, str]] = {}
        self.pins: dict[str, str] = {}
        self.unreached: list[str] = []
        self.way: list[str] = []
        self.outcome: str | None = None
        self.effects: list[fx.Effect] = []
        self.reason = ""
        self.moved: dict[str, None] = {}
        self.engine = ScriptEngine(self.facts, self.due_dates, lambda: self.unreached, lambda: self.zone)
        if process not in bundle.specs:
            raise EngineError("unknown_process", detail=process)
        self.workflow = CaseWorkflow(bundle.specs[process], bundle.specs, self.engine, self)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the calendar: dates begin and end there."""
        return ZoneInfo(self.calendar.zone)

    @property
    def is_finished(self) -> bool:
        """Whether the case has ended."""
        return bool(self.workflow.completed)

    def draw(self, letter: str = "") -> str:
        """The next derived id: `<case>.<n>` for tasks, `<case>.<letter><n>` for the rest."""
        self.counters[letter] = self.counters.get(letter, 0) + 1
        return f"{self.case_id}.{letter}{self.counters[letter]}"

    def emit(self, effect: fx.Effect) -> None:
        """Add to what this step asks for."""
        self.effects.append(effect)

    def turn(self, at: datetime) -> None:
        """Move the case's time; it never goes back."""
        self.now = max(self.now, at.astimezone(UTC))
        self.facts["now"] = self.now.astimezone(self.zone).isoformat()

    def names(self, task: CaseTask, wanted: Collection[str]) -> dict[str, Any]:
        """Everything a table or expression at this task can read; `deadlines` only if it is `wanted`."""
        limits = {"deadlines": self.due_dates(task)} if "deadlines" in wanted else {}
        return {**task.data, **self.facts, **limits, "unreached": self.unreached}

    def due_dates(self, task: CaseTask) -> dict[str, str]:
        """The due dates of the deadlines in force at a task, by name."""
        return {name: self.deadlines[key]["due"] for name, key in scopes.in_force(self.deadlines, task).items()}

    def evaluate(self, task: CaseTask, expression: str) -> Any:
        """The value of an expression at a task; raises EngineError."""
        return self.engine.evaluate(task, expression)

    def facts_at(self, task: CaseTask, expression: str | None, code: str = "not_a_record") -> dict[str, Any]:
        """The facts an element hands on, empty if it names none; raises EngineError if they have no names."""
        data = self.evaluate(task, expression) if expression else {}
        if not isinstance(data, dict):
            raise EngineError(code, element=element_of(task), detail=str(expression)[:80])
        return data

    def unit_at(self, task: CaseTask, expression: str | None) -> str | None:
        """The unit an element names, if it names one."""
        value = self.evaluate(task, expression) if expression else None
        return None if value in (None, "") else str(value)

    def person_at(self, task: CaseTask, expression: str | None) -> str | None:
        """The one person an element names, if it names one; raises EngineError for nobody and for several."""
        if not expression:
            return None
        found = people(self.evaluate(task, expression))
        if len(found) != 1:
            raise EngineError("not_a_person", element=element_of(task), detail=expression[:80])
        return found[0]

    def resolve(self, point: str, unit: Any, default: str) -> str:
        """The process that runs at an extension point: the unit's own diagram or the package's."""
        return self.pins.get(f"{point}/{unit}", default)

    def apart_of(self, elements: str) -> tuple[str, ...]:
        """The elements in a list of names, under every id they have had in this case."""
        return tuple(one for name in scopes.names_in(elements) for one in (name, *self.former.get(name, ())))

    def outcome_of(self, decision: str, task: CaseTask, facts: Mapping[str, Any]) -> Outcome:
        """What a decision table says at a task, with `facts` beside the variables there; raises EngineError."""
        table = self.bundle.decisions.get(decision)
        if table is None:
            raise EngineError("unknown_decision", element=element_of(task), detail=decision)
        try:
            return table.evaluate({**self.names(task, table.names), **facts}, self.zone)
        except ExpressionError as error:
            raise EngineError("decision", element=element_of(task), detail=str(error)) from error

    def decide(self, decision: str, task: CaseTask) -> Any:
        """Ask a decision table: its outputs, with the numbers of the rows hit under `rule`."""
        outcome = self.outcome_of(decision, task, {})
        if isinstance(outcome.outputs, dict):
            return {**outcome.outputs, "rule": list(outcome.rules)}
        return outcome.outputs

    def send(self, message: Message, task: CaseTask) -> None:
        """A diagram throws a message."""
        key = self.key_of(message, task)
        data = self.facts_at(task, message.data, "message_not_a_record")
        self.emit(fx.Sent(message.name, key, data, element_of(task)))

    def key_of(self, message: Message, task: CaseTask) -> str:
        """What a message is about: its key expression, else the matter as a whole."""
        value = self.evaluate(task, message.key) if message.key else self.facts["matter"].get("matter_id")
        if value in (None, ""):
            raise EngineError("message_without_key", element=task.task_spec.name, detail=message.name)
        return str(value)

    def reach(self, task: CaseTask) -> None:
        """A token has reached an element: say what its `hy:` attributes mean."""
        spec = task.task_spec
        if spec.bpmn_id is not None:
            self.way.append(element_of(task))
        extensions = getattr(spec, "extensions", None)
        if isinstance(spec, EndEvent) and task.workflow is self.workflow:
            self.outcome = spec.name
        if not extensions:
            return
        for milestone in extensions.get("milestone", ()):
            self.emit(fx.Milestone(milestone["state"], element_of(task)))
        for extension in extensions.get("extend", ()):
            deadlines.extend(self, task, extension)
        for record in extensions.get("record", ()):
            self.record_at(task, record)
        for notice in extensions.get("notice", ()):
            self.notice(task, notice)
        for start in extensions.get("start", ()):
            data = self.facts_at(task, start.get("data"))
            self.emit(fx.CaseStarted(start["process"], data, element_of(task)))

    def record_at(self, task: CaseTask, record: dict[str, str]) -> None:
        """`<hy:record>`: a record without a form."""
        data = self.facts_at(task, record.get("data"))
        unit = self.unit_at(task, record.get("unit"))
        self.add_record(record["type"], data, element_of(task), unit=unit)

    def add_record(
        self,
        record: str,
        data: dict[str, Any],
        element: str,
        *,
        task_id: str | None = None,
        unit: str | None = None,
        role: str | None = None,
    ) -> None:
        """Emit a record and count it; conditions may ask `records.contact >= 1`.

        Fields the package names under `counts` are counted by value, and by value and unit:
        `contact.phase=before`, `contact.phase=before@housing`.
        """
        fields = self.bundle.settings.get("counts", {}).get(record, ())
        values = [f"{record}.{name}={data[name]}" for name in fields if isinstance(data.get(name), str)]
        for key in (record, *values, *(f"{value}@{unit}" for value in values if unit)):
            self.facts["records"][key] = self.facts["records"].get(key, 0) + 1
        self.emit(fx.Recorded(self.draw("r"), record, data, element, task_id, unit, role))

    def notice(self, task: CaseTask, notice: dict[str, str]) -> None:
        """`<hy:notice>`: addresses are `role:<role>[@<unit expression>]` and `person:<expression>`, by commas."""
        to: list[str] = []
        for address in filter(None, (part.strip() for part in notice.get("to", "").split(","))):
            kind, _, rest = address.partition(":")
            role, _, unit = rest.partition("@")
            if kind == "person":
                to += [f"person:{one}" for one in people(self.evaluate(task, rest))]
            elif unit:
                to.append(f"role:{role}@{self.unit_at(task, unit) or ''}")
            else:
                to.append(f"role:{role}")
        data = self.facts_at(task, notice.get("data"))
        self.emit(fx.Noticed(notice["template"], tuple(to), element_of(task), data))


def people(value: Any) -> list[str]:
    """The ids in an id, a record with an id, or a list of these."""
    if isinstance(value, list):
        return [one for item in value for one in people(item)]
    if isinstance(value, dict):
        value = value.get("id")
    return [] if value in (None, "") else [str(value)]
