"""A package as the engine runs it: diagrams and tables read once, shared by every case of the version."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import orjson
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import ThrowingEvent
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask as SubWorkflowMixin

from services.workflow import calendar_files
from services.workflow.calendar_files import CalendarError, SpecialDay
from services.workflow.calendars import Calendar, Rule
from services.workflow.engine.conformance import check, elements, read_bpmn
from services.workflow.engine.conformance_words import WORDS
from services.workflow.engine.decisions import Decision, parse_decision
from services.workflow.engine.findings import Finding, Refused, word
from services.workflow.engine.scopes import names_in
from services.workflow.engine.spiff.events import Message
from services.workflow.engine.spiff.parsers import CaseParser

UNREADABLE = (ValidationException, RecursionError, LookupError, ValueError, TypeError, AttributeError)
"""What the library's parser raises for a diagram it cannot read."""
OVERLAY = "calendar.yaml"
"""The package's own holidays and working days, over the shared calendar."""


@dataclass(frozen=True, slots=True)
class Question:
    """A gateway's name and its conditions, one a line."""

    name: str
    source: str


@dataclass(frozen=True)
class Bundle:
    """What a case needs to run. Never changed after it is made; share it between threads.

    `specs` are the processes by id, embedded sub-processes included; `decisions` the tables by decision id;
    `forms` the JSON Schemas by id; `settings` are `deadlines` (id of the table of deadlines), `version`, `zone`,
    `counting` and `own` (the processes of units whose own system does the inside, by extension point); `days` are the
    package's own holidays and working days.
    """

    specs: dict[str, Any]
    decisions: dict[str, Decision]
    forms: dict[str, dict[str, Any]]
    settings: dict[str, Any]
    entry_specs: frozenset[str] = field(default_factory=frozenset)
    days: Mapping[date, SpecialDay] = field(default_factory=dict)
    _calendars: dict[str, Calendar] = field(default_factory=dict, repr=False, compare=False)
    _rules: dict[str, Rule] = field(default_factory=dict, repr=False, compare=False)

    def calendar(self, shared: Calendar) -> Calendar:
        """The calendar as this package counts by it: in its zone, with its own days."""
        found = self._calendars.get(shared.version)
        if found is None:
            found = shared.at(str(self.settings.get("zone") or shared.zone), self.days)
            self._calendars[shared.version] = found
        return found

    def counting(self, roll: str) -> Rule:
        """How the package counts days, for a deadline whose row of the table says `roll`; raises CalendarError."""
        found = self._rules.get(roll)
        if found is None:
            found = Rule(**{**self.settings.get("counting", {}), **({"roll_rule": roll} if roll else {})})
            self._rules[roll] = found
        return found

    @cached_property
    def thrown(self) -> frozenset[str]:
        """Names of the messages the diagrams throw themselves."""
        specs = (task for spec in self.specs.values() for task in spec.task_specs.values())
        found = (getattr(task, "event_definition", None) for task in specs if isinstance(task, ThrowingEvent))
        return frozenset(definition.name for definition in found if isinstance(definition, Message))

    @cached_property
    def interrupting(self) -> frozenset[str]:
        """Names of the messages that interrupt a process."""
        return frozenset(
            mark["message"] for spec in self.specs.values() for mark in spec.extensions.get("interrupt", ())
        )

    @cached_property
    def questions(self) -> Mapping[str, "Question"]:
        """What every gateway that chooses asks, by its element."""
        found: dict[str, Question] = {}
        for task in self._task_specs:
            conditions = [condition for condition, _ in getattr(task, "cond_task_specs", ()) if condition is not None]
            if task.bpmn_id is not None and conditions:
                source = "\n".join(str(condition.args[0]) for condition in conditions)
                found[task.bpmn_id] = Question(str(task.bpmn_name or ""), source)
        return found

    @cached_property
    def variables(self) -> Mapping[str, str]:
        """The variable into which the answer to each task goes, by its element."""
        return {_element(task): variable_of(task) for task in self._task_specs if getattr(task, "manual", False)}

    @cached_property
    def checked(self) -> frozenset[str]:
        """The elements that somebody else checks: who did these may not do the task that is apart from them."""
        marks = (getattr(task, "extensions", {}).get("task", {}).get("apart", "") for task in self._task_specs)
        return frozenset(name for mark in marks for name in names_in(mark))

    @property
    def _task_specs(self) -> list[Any]:
        return [task for spec in self.specs.values() for task in spec.task_specs.values()]

    @property
    def version(self) -> str:
        """The package version, e.g. `yunting-2026.1`."""
        return str(self.settings.get("version", ""))

    def record_of(self, form: str) -> str | None:
        """The record type a form writes, if it writes one."""
        schema = self.forms.get(form)
        return None if schema is None else schema.get("x-record") or schema.get("record")

    def include(self, process_id: str, name: str, content: bytes) -> "Bundle":
        """This bundle with a unit's own diagram under `process_id`; its inner ids cannot collide. Raises Refused."""
        specs = parse_processes({name: content})
        own = next(iter(specs))
        names = {key: process_id if key == own else f"{process_id}:{key}" for key in specs}
        for key, spec in specs.items():
            spec.name = names[key]
            for task_spec in spec.task_specs.values():
                if isinstance(task_spec, SubWorkflowMixin) and task_spec.spec in names:
                    task_spec.spec = names[task_spec.spec]
        added = {names[key]: spec for key, spec in specs.items()}
        return replace(self, specs={**self.specs, **added}, entry_specs=self.entry_specs | {process_id})


def variable_of(task_spec: Any) -> str:
    """The variable into which the answer to a task goes."""
    named = task_spec.extensions.get("task", {}).get("result") or getattr(task_spec, "variable", None)
    return str(named or _element(task_spec))


def _element(task_spec: Any) -> str:
    return str(task_spec.name).removesuffix(" [child]")  # one instance of several


def check_bpmn(name: str, content: bytes) -> list[Finding]:
    """Whether the engine executes this file: every construct it refuses, by element. Never raises for bad files."""
    findings = check(name, content)
    if all(found.severity != "error" for found in findings):
        try:
            read_files({name: content})
        except Refused as refused:
            findings += refused.findings
    return findings


def parse_processes(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Every process of these files by id, in order of appearance; raises Refused with all findings."""
    findings = [found for name, content in files.items() for found in check(name, content)]
    if errors := [found for found in findings if found.severity == "error"]:
        raise Refused(errors)
    return read_files(files)


def read_files(files: Mapping[str, bytes]) -> dict[str, Any]:
    """The processes of files that conform; raises Refused for what only shows when they are read."""
    parser = CaseParser()
    homes: dict[str, str] = {}
    for name, content in files.items():
        root = read_bpmn(content, name)
        taken = [process.get("id") for process in elements(root, "process") if process.get("id") in homes]
        if taken:
            raise Refused([word(WORDS, "duplicate_process", file=name, element=taken[0], process=taken[0])])
        homes.update({process.get("id"): name for process in elements(root, "process")})
        try:
            parser.add_bpmn_xml(root, name)
        except UNREADABLE as error:
            raise Refused([unreadable(name, "", error)]) from error
    return read_specs(parser, homes)


def read_specs(parser: Any, homes: dict[str, str]) -> dict[str, Any]:
    """Turn what the parser has collected into specs."""
    specs: dict[str, Any] = {}
    while pending := [key for key in parser.process_parsers if key not in specs]:
        for key in pending:
            try:
                specs[key] = parser.get_spec(key, required=True)
            except UNREADABLE as error:
                raise Refused([unreadable(homes.get(key, ""), key, error)]) from error
    return specs


def unreadable(file: str, process: str, error: Exception) -> Finding:
    """What the library could not make of a diagram, as a finding."""
    node = getattr(error, "tag", None) and getattr(error, "id", None)
    deep = "RecursionError" in repr(error)  # the library wraps it
    reason = "the diagram is nested or chained too deep" if deep else str(error)
    return word(WORDS, "not_executable", file=file, element=node or process or None, detail=reason[:300])


def compile_bundle(files: Mapping[str, bytes], settings: Mapping[str, Any]) -> Bundle:
    """Compile a package's files (paths relative to the package). Raises Refused with every finding."""
    diagrams = {name: content for name, content in files.items() if name.endswith(".bpmn")}
    specs = parse_processes(diagrams)
    decisions: dict[str, Decision] = {}
    findings: list[Finding] = []
    for name, content in files.items():
        if name.endswith(".dmn"):
            decision = parse_decision(name, content)
            decisions[decision.id] = decision
            findings += [found for found in decision.find() if found.severity == "error"]
    if findings:
        raise Refused(findings)
    forms = {
        name.removeprefix("forms/").removesuffix(".json"): orjson.loads(content)
        for name, content in files.items()
        if name.startswith("forms/") and name.endswith(".json")
    }
    return Bundle(specs, decisions, forms, dict(settings), frozenset(specs), own_days(files))


def own_days(files: Mapping[str, bytes]) -> Mapping[date, SpecialDay]:
    """The days of the package's `calendar.yaml`, if there is one; raises Refused."""
    try:
        return calendar_files.read(OVERLAY, files[OVERLAY]).days if OVERLAY in files else {}
    except CalendarError as error:
        raise Refused([misread(OVERLAY, error)]) from error


def misread(file: str, error: CalendarError) -> Finding:
    """What is wrong with a file of a calendar, as a finding."""
    return Finding(
        code="bad_calendar",
        severity="error",
        file=file,
        element=None,
        reason=error.text,
        reason_en=error.text_en,
        cure="按日历格式修改",
        cure_en="mend it, see the format of calendars",
    )
