"""Gives SpiffWorkflow the safe expression language in place of Python."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from services.workflow.engine.expressions import compile_expression, compile_script
from services.workflow.engine.failures import ExpressionError
from services.workflow.engine.problems import EngineError

RESERVED = frozenset({"matter", "case", "records", "now", "deadlines", "unreached"})
"""Names every expression of a case can read and no diagram can write; the check of a diagram refuses those that do."""


class ScriptEngine:
    """The library's script engine interface; the case's own facts stand beside the task's data."""

    def __init__(
        self,
        facts: dict[str, Any],
        limits: Callable[[Any], dict[str, str]],
        unreached: Callable[[], list[str]],
        zone: Callable[[], tzinfo],
    ) -> None:
        self.facts, self.limits, self.unreached, self.zone = facts, limits, unreached, zone

    def names(self, task: Any, external: dict[str, Any] | None, wanted: frozenset[str]) -> dict[str, Any]:
        """Everything that can be read where the task stands; due dates are looked up only if they are wanted."""
        limits = {"deadlines": self.limits(task)} if "deadlines" in wanted else {}
        return {**(external or {}), **task.data, **self.facts, **limits, "unreached": self.unreached()}

    def evaluate(self, task: Any, expression: str, external_context: dict[str, Any] | None = None) -> Any:
        """The value of an expression where the task stands; raises EngineError."""
        try:
            compiled = compile_expression(expression)
            return compiled.evaluate(self.names(task, external_context, compiled.names), self.zone())
        except ExpressionError as error:
            raise failed(task, error) from error

    def execute(self, task: Any, script: str, external_context: dict[str, Any] | None = None) -> bool:
        """Run a script on the task's data; raises EngineError."""
        try:
            compiled = compile_script(script)
            names = self.names(task, external_context, compiled.names)
            compiled.execute(names, self.zone())
        except ExpressionError as error:
            raise failed(task, error) from error
        task.data = {**task.data, **{name: names[name] for name in compiled.targets if name in names}}
        return True


def failed(task: Any, error: ExpressionError) -> EngineError:
    """An expression error as the engine's, with the element it happened at."""
    return EngineError("expression", element=task.task_spec.name.removesuffix(" [child]"), detail=str(error))
