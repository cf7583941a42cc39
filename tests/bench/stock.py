"""The same diagrams on the library as it comes: its parser, its tree, its JSON. Only expressions are ours.

What it does not know is put in its own words: timers become long durations, decision tables become scripts. Deadlines,
records, work lists and messages are left out; so the comparison is kinder to it than to us.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer import DEFAULT_CONFIG
from SpiffWorkflow.util.task import TaskState

from services.workflow.engine.expressions import compile_expression, compile_script
from tests.bench.stories import FOLDER, PROCESS, Line, Story
from tests.processes.packages import bundle_of

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_HY = "{urn:huiyin:bpmn:1}"
_SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
_DECIDE = "decide:"
AGAIN = "task_redo_order"
"""The task with which a second round begins."""


class Library:
    """The diagrams of the package, parsed once; cases of a story on them, in memory or through JSON."""

    def __init__(self, story: Story) -> None:
        parser = SpiffBpmnParser()
        self.lists: set[str] = set()  # what instances leave behind; the library starts no second round on top of it
        for path in sorted(FOLDER.glob("*.bpmn")):
            root = _in_its_words(path.read_bytes())
            self.lists |= {str(name.text) for name in root.iter(f"{_BPMN}loopDataOutputRef")}
            parser.add_bpmn_xml(root, path.name)
        self.spec, self.inner = parser.get_spec(PROCESS), parser.get_subprocess_specs(PROCESS)
        self.story = story
        self.serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(DEFAULT_CONFIG))

    def begin(self) -> BpmnWorkflow:
        """A case, at its first task."""
        workflow = BpmnWorkflow(self.spec, dict(self.inner), script_engine=self._engine())
        workflow.task_tree.set_data(**self.story.start.data["vars"])
        workflow.do_engine_steps()
        return workflow

    def step(self, workflow: BpmnWorkflow, line: Line) -> None:
        """One line of the story."""
        if line.stimulus.kind == "message":
            waiting = workflow.get_tasks(state=TaskState.WAITING)
            found = next(t for t in waiting if isinstance(_definition(t), MessageEventDefinition))
            workflow.send_event(BpmnEvent(_definition(found), {}))
        else:
            task = _ready(workflow, line)
            task.data[bundle_of(FOLDER).variables[line.element]] = dict(line.stimulus.data["data"])
            if line.element == AGAIN:
                task.data.update({name: [] for name in self.lists & task.data.keys()})
            task.run()
        workflow.do_engine_steps()
        workflow.get_events()

    def json_step(self, text: str, line: Line) -> str:
        """The same as its users do it: load, step, dump."""
        workflow = self.serializer.deserialize_json(text)
        workflow.script_engine = self._engine()
        self.step(workflow, line)
        return str(self.serializer.serialize_json(workflow))

    def _engine(self) -> PythonScriptEngine:
        facts = {**self.story.start.data, "deadlines": dict(self.story.deadlines), "now": "2026-04-20T10:00:00+08:00"}
        case = {"id": self.story.told_of, "process": PROCESS, "version": "", "started_at": facts["now"]}
        names = {"matter": facts["matter"], "case": case, "deadlines": facts["deadlines"], "now": facts["now"]}
        return PythonScriptEngine(_Environment(names))


class _Environment(BasePythonScriptEngineEnvironment):
    """Our expressions, and our tables, on the library's task data."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        super().__init__({})
        self.facts = {**facts, "records": {}}

    def evaluate(self, expression: str, context: dict[str, Any], external_context: Any = None) -> Any:
        return compile_expression(expression).evaluate({**context, **self.facts})

    def execute(self, script: str, context: dict[str, Any], external_context: Any = None) -> bool:
        if script.startswith(_DECIDE):
            _, table, result = script.split(":")
            outcome = bundle_of(FOLDER).decisions[table].evaluate({**context, **self.facts})
            context[result] = outcome.outputs
            return True
        names = {**context, **self.facts}
        compiled = compile_script(script)
        compiled.execute(names)
        context.update({name: names[name] for name in compiled.targets if name in names})
        return True

    def call_service(self, context: Any, **kwargs: Any) -> Any:
        raise NotImplementedError


def _ready(workflow: BpmnWorkflow, line: Line) -> Any:
    """The task a line answers; of several instances that of the unit."""
    ready = list(workflow.get_tasks(state=TaskState.READY, manual=True))
    same = [task for task in ready if task.task_spec.name.removesuffix(" [child]") == line.element]
    if not same:
        raise LookupError(f"{line.element} is not ready: {[task.task_spec.name for task in ready]}")
    return next((task for task in same if _unit(task) == line.unit), same[0])


def _unit(task: Any) -> Any:
    found = task.data.get("assignment") or task.data.get("co_handler") or {}
    return found.get("unit") if isinstance(found, dict) else None


def _definition(task: Any) -> Any:
    return getattr(task.task_spec, "event_definition", None)


def _in_its_words(content: bytes) -> Any:
    """A diagram with what the library cannot read replaced."""
    root = etree.fromstring(content)
    for timer in root.iter(f"{_BPMN}timerEventDefinition"):
        etree.SubElement(timer, f"{_BPMN}timeDuration").text = '"P3650D"'
    for rule in list(root.iter(f"{_BPMN}businessRuleTask")):
        table = rule.find(f".//{_SPIFF}calledDecisionId").text
        result = rule.find(f".//{_HY}decision").get("result")
        rule.tag = f"{_BPMN}scriptTask"
        etree.SubElement(rule, f"{_BPMN}script").text = f"{_DECIDE}{table}:{result}"
    for extensions in list(root.iter(f"{_BPMN}extensionElements")):
        extensions.getparent().remove(extensions)
    for picture in root.findall("{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"):
        root.remove(picture)  # it tries the flows of a gateway from the top of the picture to its bottom
    return root
