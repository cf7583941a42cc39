"""The one language behind every condition, timer, payload, script and decision table cell of a diagram.

A small, Python-like subset: literals, `a.b` and `a["b"]` on records (None when absent), comparisons,
and/or/not, arithmetic, `x if test else y`, lists, records and the functions of `functions.FUNCTIONS`.
Dates are ISO texts: `date(x)` checks one and shortens an instant to its date in the calendar's zone; texts
compare in order. A missing variable is an error, a missing field is None, ordering None is an error,
equality with None is not.

    compile_expression('matter.kind == "suggestion" && redo_round < 3').evaluate(variables)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from functools import lru_cache
from typing import Any

from services.workflow.engine.closures import Builder, Run
from services.workflow.engine.failures import ExpressionError, Failed, Forbidden
from services.workflow.engine.functions import FUNCTIONS
from services.workflow.engine.sources import parse_expression, parse_statements
from services.workflow.engine.statements import Act, Scripter
from services.workflow.engine.values import CIVIL_TIME, Frame, plain

__all__ = [
    "FUNCTIONS",
    "Expression",
    "ExpressionError",
    "Failed",
    "Forbidden",
    "Script",
    "compile_expression",
    "compile_script",
]

CACHED = 8192


class Expression:
    """A compiled expression. `names` are the variables it reads; safe to share between cases and threads."""

    __slots__ = ("names", "run", "source")

    def __init__(self, source: str, run: Run, names: frozenset[str]) -> None:
        self.source = source
        self.run = run
        self.names = names

    def evaluate(self, names: Mapping[str, Any], zone: tzinfo = CIVIL_TIME) -> Any:
        """The value, as fresh plain data that shares nothing with `names`; raises Failed."""
        try:
            frame = Frame(names, zone=zone)
            return plain(frame, self.run(frame))
        except ExpressionError as error:
            error.source = error.source or self.source
            raise


class Script:
    """A compiled script. `names` are the variables it reads, `targets` those it writes."""

    __slots__ = ("_act", "names", "source", "targets")

    def __init__(self, source: str, act: Act, names: frozenset[str], targets: frozenset[str]) -> None:
        self.source = source
        self._act = act
        self.names = names
        self.targets = targets

    def execute(self, names: dict[str, Any], zone: tzinfo = CIVIL_TIME) -> None:
        """Assign into `names`, all or nothing; nested records are replaced, never changed. Raises Failed."""
        work = dict(names)
        try:
            self._act(Frame(work, zone=zone), work)
        except ExpressionError as error:
            error.source = error.source or self.source
            raise
        names.update(work)


@lru_cache(maxsize=CACHED)
def compile_expression(source: str) -> Expression:
    """Compile one expression; raises Forbidden with the reason for the process owner."""
    try:
        builder = Builder()
        run = builder.build(parse_expression(source))
        return Expression(source, run, frozenset(builder.names))
    except ExpressionError as error:
        error.source = source
        raise


@lru_cache(maxsize=CACHED)
def compile_script(source: str) -> Script:
    """Compile a script of assignments and if/elif/else; raises Forbidden with the reason."""
    try:
        scripter = Scripter()
        act = scripter.block(parse_statements(source))
        return Script(source, act, frozenset(scripter.names), frozenset(scripter.targets))
    except ExpressionError as error:
        error.source = source
        raise
