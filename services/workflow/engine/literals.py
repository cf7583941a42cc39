"""What can be known of a table's cell without running it: the values it compares its input with.

Such a cell is true or false by comparison with its own literals alone. Between two neighbouring literals nothing
changes, so one value of each stretch, put to the cell's real test, answers for the whole stretch.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from services.workflow.engine.cells import Test, build_cell
from services.workflow.engine.closures import Builder, Run
from services.workflow.engine.failures import ExpressionError
from services.workflow.engine.sources import INPUT
from services.workflow.engine.values import Frame

SCALARS = (type(None), bool, int, float, str)
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", re.DOTALL)
_ORDERED = re.compile(r"[<>]|\.\.")
_COMPARED = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot)


class Known(NamedTuple):
    """A cell that is understood: its test (None: true of anything), its literals, whether their order matters."""

    test: Test | None
    literals: tuple[Any, ...]
    ordered: bool


class _Noting(Builder):
    """A builder that notes the operands it is given, not their parts."""

    def __init__(self) -> None:
        super().__init__()
        self.operands: list[tuple[ast.expr, Run]] = []
        self.depth = 0

    def build(self, node: ast.expr) -> Run:
        """The closure of an expression, noted when it is a whole operand."""
        self.depth += 1
        try:
            run = super().build(node)
        finally:
            self.depth -= 1
        if not self.depth:
            self.operands.append((node, run))
        return run


def understand(text: str) -> Known | None:
    """What a cell compares with; None for one that reads variables, looks into its input, or does not compile."""
    builder = _Noting()
    try:
        test = build_cell(text, builder)
        if builder.names:
            return None
        found = [literal for node, run in builder.operands for literal in _values(node, run)]
    except (ExpressionError, _Unclear):
        return None
    if test is not None and not found:
        return None
    return Known(test, tuple(found), bool(_ORDERED.search(_QUOTED.sub("", text))))


def literal(text: str) -> Any:
    """The value of a cell that is a constant; raises ExpressionError or LookupError."""
    known = understand(text)
    if known is None or known.test is None or known.ordered or len(known.literals) != 1:
        raise LookupError(text)
    return known.literals[0]


class _Unclear(Exception):
    """The cell is no comparison of its input with literals."""


def _values(node: ast.expr, run: Run) -> Iterator[Any]:
    if _reads_input(node):
        for part in _compared(node):
            yield from _constant(Builder().build(part))
    else:
        yield from _constant(run)


def _constant(run: Run) -> Iterator[Any]:
    value = run(Frame({}))
    for item in value if type(value) is list else [value]:
        if type(item) not in SCALARS:
            raise _Unclear
        yield item


def _compared(node: ast.expr) -> Iterator[ast.expr]:
    """The constants an expression compares `?` with; raises _Unclear when it does anything else with it."""
    if isinstance(node, ast.BoolOp):
        for part in node.values:
            yield from _compared(part)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from _compared(node.operand)
    elif isinstance(node, ast.Compare):
        yield from _sides(node)
    else:
        raise _Unclear


def _sides(node: ast.Compare) -> Iterator[ast.expr]:
    sides = [node.left, *node.comparators]
    for index, sign in enumerate(node.ops):
        among = isinstance(sign, ast.In | ast.NotIn) and isinstance(sides[index + 1], ast.List | ast.Tuple)
        if not among and not isinstance(sign, _COMPARED):
            raise _Unclear
    for side in sides:
        if not _reads_input(side):
            yield side
        elif not isinstance(side, ast.Name):
            raise _Unclear


def _reads_input(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Name) and part.id == INPUT for part in ast.walk(node))
