"""Sub-processes, called processes, extension points and decisions.

The library shares nested data between caller and called process; here data is copied in and copied out. A call with
an extension point asks the bundle whether the unit draws this part itself.
"""

from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask as SubWorkflowMixin
from SpiffWorkflow.spiff.specs.defaults import CallActivity as LibraryCall
from SpiffWorkflow.spiff.specs.defaults import SubWorkflowTask as LibrarySubProcess
from SpiffWorkflow.spiff.specs.defaults import TransactionSubprocess as LibraryTransaction
from SpiffWorkflow.spiff.specs.spiff_task import SpiffBpmnTask

from services.workflow.engine.problems import EngineError
from services.workflow.engine.spiff.trees import READY, STARTED, CaseTask

MAX_DEPTH = 50
"""Processes running inside each other; one that calls itself without end would else fill the memory."""


class Scope(SubWorkflowMixin):
    """What runs a workflow inside: entered when the token arrives, left when the inner workflow ends."""

    def called(self, _my_task: CaseTask) -> str:
        """The id of the process to run."""
        return str(self.spec)

    def _update_hook(self, my_task: CaseTask) -> bool:
        if my_task._state in (READY, STARTED):
            return my_task._state == READY
        SpiffBpmnTask._update_hook(self, my_task)
        name, top = self.called(my_task), my_task.workflow.top_workflow
        if name not in top.subprocess_specs:
            raise EngineError("unknown_process", element=self.name, detail=name)
        if my_task.workflow.depth >= MAX_DEPTH:
            raise EngineError("runaway", element=self.name, detail=f"more than {MAX_DEPTH} processes inside each other")
        my_task._set_state(STARTED)
        inner = top.create_subprocess(my_task, name)
        inner.completed_event.connect(self._on_subworkflow_completed, my_task)
        inner.task_tree.data = self.enter(my_task, inner)
        return False

    def enter(self, my_task: CaseTask, _inner: Any) -> dict[str, Any]:
        """The data the inner workflow begins with."""
        return dict(my_task.data)

    def update_data(self, my_task: CaseTask, subworkflow: Any) -> None:
        """Take over the data the inner workflow ended with."""
        my_task.data = dict(subworkflow.last_task.data)


class SubWorkflowTask(Scope, LibrarySubProcess):
    """An embedded sub-process."""


class TransactionSubprocess(Scope, LibraryTransaction):
    """A transaction: may be left by a cancel event; nothing is compensated."""


class CallActivity(Scope, LibraryCall):
    """A called process of the package, or the unit's own diagram at an extension point."""

    def called(self, my_task: CaseTask) -> str:  # noqa: D102
        point = self.extensions.get("extension-point")
        if not point:
            return str(self.spec)
        engine = my_task.workflow.script_engine
        unit = engine.evaluate(my_task, point["unit"]) if point.get("unit") else None
        return my_task.workflow.top_workflow.observer.resolve(point["name"], unit, str(self.spec))  # type: ignore[no-any-return]

    def enter(self, my_task: CaseTask, inner: Any) -> dict[str, Any]:  # noqa: D102
        io = inner.spec.io_specification
        if io is None or not io.data_inputs:
            return super().enter(my_task, inner)
        missing = [var.bpmn_id for var in io.data_inputs if not var.exists(my_task)]
        if missing:
            raise EngineError("missing_input", element=self.name, detail=", ".join(missing))
        return {var.bpmn_id: var.get(my_task) for var in io.data_inputs}

    def update_data(self, my_task: CaseTask, subworkflow: Any) -> None:  # noqa: D102
        io = subworkflow.spec.io_specification
        if io is None or not io.data_outputs:
            super().update_data(my_task, subworkflow)
            return
        result = subworkflow.last_task.data
        missing = [var.bpmn_id for var in io.data_outputs if var.bpmn_id not in result]
        if missing:
            raise EngineError("missing_output", element=self.name, detail=", ".join(missing))
        my_task.data.update({var.bpmn_id: result[var.bpmn_id] for var in io.data_outputs})


class BusinessRuleTask(SpiffBpmnTask):
    """Asks a decision table; `<hy:decision result="…"/>` names the variable, else the task's id."""

    def __init__(self, wf_spec: Any, name: str, decision: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, name, **kwargs)
        self.decision = decision

    def _run_hook(self, my_task: CaseTask) -> bool:
        names = self.extensions.get("decision") or {}
        outputs = my_task.workflow.top_workflow.observer.decide(self.decision, my_task)
        my_task.data[names.get("result") or self.name] = outputs
        return True
