"""Syntax trees become nested Python functions: no eval, no exec, no code object is ever made.

There is no loop in the language, so a tree of n nodes costs at most n calls; only functions and operators
that walk data pay steps, out of the budget in the `Frame`.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from services.workflow.engine.failures import Failed, Forbidden
from services.workflow.engine.functions import FUNCTIONS
from services.workflow.engine.sources import INPUT
from services.workflow.engine.values import (
    MAX_INTEGER,
    Frame,
    arithmetic,
    at_least,
    at_most,
    bounded,
    contains,
    field,
    join,
    less,
    more,
    same,
)

Run = Callable[[Frame], Any]
Binary = Callable[[Frame, Any, Any], Any]

COMPARISONS: dict[type[ast.cmpop], Binary] = {
    ast.Eq: same,
    ast.NotEq: lambda frame, left, right: not same(frame, left, right),
    ast.Lt: less,
    ast.LtE: at_most,
    ast.Gt: more,
    ast.GtE: at_least,
    ast.In: lambda frame, left, right: contains(frame, right, left),
    ast.NotIn: lambda frame, left, right: not contains(frame, right, left),
    ast.Is: lambda _, left, right: left is right,
    ast.IsNot: lambda _, left, right: left is not right,
}
ARITHMETIC: dict[type[ast.operator], Binary] = {
    ast.Add: join,
    ast.Sub: arithmetic(operator.sub),
    ast.Mult: arithmetic(operator.mul),
    ast.Div: arithmetic(operator.truediv),
    ast.FloorDiv: arithmetic(operator.floordiv),
    ast.Mod: arithmetic(operator.mod),
}


class Builder:
    """Builds closures and notes which variables they read. What has no method here does not exist."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def build(self, node: ast.expr) -> Run:
        """The closure of an expression; raises Forbidden for anything outside the language."""
        method = _METHODS.get(type(node))
        if method is None:
            raise Forbidden("not_allowed", type(node).__name__)
        return method(self, node)

    def constant(self, node: ast.Constant) -> Run:
        """A literal text, number, boolean or None."""
        value = node.value
        if value is not None and not isinstance(value, str | int | float):
            raise Forbidden("not_allowed", type(value).__name__)
        if isinstance(value, int | float) and value > MAX_INTEGER:
            raise Forbidden("bad_number", "too large")
        return lambda _: value

    def name(self, node: ast.Name) -> Run:
        """A variable; it must exist when it is read."""
        name = node.id
        if name != INPUT:
            self.names.add(name)

        def read(frame: Frame) -> Any:
            try:
                return frame.names[name]
            except KeyError:
                raise Failed("unknown_variable", name) from None

        return read

    def attribute(self, node: ast.Attribute) -> Run:
        """`a.b`: the field b of record a, None when absent."""
        base, key = self.build(node.value), node.attr

        def read(frame: Frame) -> Any:
            record = base(frame)
            return record.get(key) if type(record) is dict else field(record, key)

        return read

    def subscript(self, node: ast.Subscript) -> Run:
        """`a["b"]` like `a.b`, `a[0]` an item of a list, None when absent."""
        base, key = self.build(node.value), self.build(node.slice)
        return lambda frame: field(base(frame), key(frame))

    def boolean(self, node: ast.BoolOp) -> Run:
        """`and` and `or`, which stop as soon as the answer is known and give the last value seen."""
        wanted, operands = isinstance(node.op, ast.Or), tuple(self.build(value) for value in node.values)
        *before, last = operands

        def decide(frame: Frame) -> Any:
            for operand in before:
                value = operand(frame)
                if bool(value) is wanted:
                    return value
            return last(frame)

        return decide

    def unary(self, node: ast.UnaryOp) -> Run:
        """`not x`, `-x` and `+x`."""
        operand = self.build(node.operand)
        if isinstance(node.op, ast.Not):
            return lambda frame: not operand(frame)
        if isinstance(node.op, ast.USub):
            return lambda frame: -bounded(operand(frame))
        if isinstance(node.op, ast.UAdd):
            return lambda frame: bounded(operand(frame))
        raise Forbidden("not_allowed", type(node.op).__name__)

    def binary(self, node: ast.BinOp) -> Run:
        """Arithmetic; `+` also joins texts and lists."""
        compute = ARITHMETIC.get(type(node.op))
        if compute is None:
            raise Forbidden("not_allowed", type(node.op).__name__)
        left, right = self.build(node.left), self.build(node.right)
        return lambda frame: compute(frame, left(frame), right(frame))

    def compare(self, node: ast.Compare) -> Run:
        """Comparisons, chained ones too."""
        sides = [node.left, *node.comparators]
        for index, sign in enumerate(node.ops):
            if isinstance(sign, ast.Is | ast.IsNot) and not _is_singleton(sides[index + 1]):
                raise Forbidden("is_needs_constant")
        compares = [COMPARISONS[type(sign)] for sign in node.ops]
        left, *rest = [self.build(side) for side in sides]
        if len(rest) > 1:
            return _chain(left, list(zip(compares, rest, strict=True)))
        compare, right = compares[0], rest[0]
        return lambda frame: compare(frame, left(frame), right(frame))

    def choose(self, node: ast.IfExp) -> Run:
        """`a if test else b`."""
        test, yes, no = self.build(node.test), self.build(node.body), self.build(node.orelse)
        return lambda frame: yes(frame) if test(frame) else no(frame)

    def sequence(self, node: ast.List | ast.Tuple) -> Run:
        """A list; tuples are lists, as in JSON."""
        items = [self.build(item) for item in node.elts]
        return lambda frame: [item(frame) for item in items]

    def record(self, node: ast.Dict) -> Run:
        """A record with text keys."""
        entries = zip(node.keys, node.values, strict=True)
        pairs = [(_literal_key(key), self.build(value)) for key, value in entries]
        return lambda frame: {key: value(frame) for key, value in pairs}

    def call(self, node: ast.Call) -> Run:
        """A call of a function of the fixed table, by position only."""
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
            raise Forbidden("unknown_function", ast.unparse(node.func))
        name, function = node.func.id, FUNCTIONS[node.func.id]
        if node.keywords or not function.fewest <= len(node.args) <= function.most:
            raise Forbidden("wrong_arguments", name)
        call, arguments = function.call, [self.build(argument) for argument in node.args]
        if len(arguments) == 1:
            only = arguments[0]
            return lambda frame: call(frame, only(frame))
        return lambda frame: call(frame, *[argument(frame) for argument in arguments])


def _chain(first: Run, links: list[tuple[Binary, Run]]) -> Run:
    def run(frame: Frame) -> bool:
        left = first(frame)
        for compare, side in links:
            right = side(frame)
            if not compare(frame, left, right):
                return False
            left = right
        return True

    return run


def _is_singleton(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or type(node.value) is bool)


def _literal_key(node: ast.expr | None) -> str:
    if not isinstance(node, ast.Constant) or type(node.value) is not str:
        raise Forbidden("not_allowed", "**" if node is None else ast.unparse(node))
    return node.value


_METHODS: dict[type[ast.expr], Callable[[Builder, Any], Run]] = {
    ast.Constant: Builder.constant,
    ast.Name: Builder.name,
    ast.Attribute: Builder.attribute,
    ast.Subscript: Builder.subscript,
    ast.BoolOp: Builder.boolean,
    ast.UnaryOp: Builder.unary,
    ast.BinOp: Builder.binary,
    ast.Compare: Builder.compare,
    ast.IfExp: Builder.choose,
    ast.List: Builder.sequence,
    ast.Tuple: Builder.sequence,
    ast.Dict: Builder.record,
    ast.Call: Builder.call,
}
