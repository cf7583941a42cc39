"""Unary tests: what a cell of a decision table says about its input.

`-` or nothing is true of anything; `"a", "b"` one of several values; `not(…)` none of them; `< 5`,
`>= date("…")`; ranges `[1..5)`, also written `[1..5[`; `null`, `true`, `false`; any expression with `?` for the
input. A missing input (null) is never smaller, greater or within, as in DMN; test for it with `null`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from services.workflow.engine.closures import Binary, Builder, Run
from services.workflow.engine.failures import Forbidden
from services.workflow.engine.sources import INPUT, MAX_LENGTH, parse_expression
from services.workflow.engine.values import Frame, at_least, at_most, contains, less, more, same

Test = Callable[[Frame, Any], bool]

_PIECE = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\.\.|.""", re.DOTALL)
_SIGN = re.compile(r"(<=|>=|!=|==|<|>)(.+)", re.DOTALL)
_NOT = re.compile(r"not\s*\((.*)\)", re.DOTALL)
_BEGINS, _ENDS = ("[", "(", "]"), ("]", ")", "[")  # DMN's ]1..5[ leaves both ends out, as (1..5) does
_ORDERS: dict[str, Binary] = {"<": less, "<=": at_most, ">": more, ">=": at_least}


def build_cell(text: str, builder: Builder) -> Test | None:
    """The test of an input cell, None when it is true of anything; raises Forbidden."""
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise Forbidden("too_long", f"{len(text)} > {MAX_LENGTH}")
    if text in ("", "-", "–", "—"):
        return None
    if _asks(text):
        return _question(builder.build(parse_expression(text, cell=True)))
    return _one_of(_tests(text, builder))


def _tests(text: str, builder: Builder) -> list[Test]:
    return [_test(part.strip(), builder) for part in _split(text, ",")]


def _test(text: str, builder: Builder) -> Test:
    if negated := _NOT.fullmatch(text):
        return _none_of([_simple(part.strip(), builder) for part in _split(negated[1], ",")])
    return _simple(text, builder)


def _simple(text: str, builder: Builder) -> Test:
    if text[:1] in _BEGINS and text[-1:] in _ENDS:
        ends = _split(text[1:-1], "..")
        if len(ends) == 2:
            low, high = (builder.build(parse_expression(end)) for end in ends)
            lower, upper = (at_least if text[0] == "[" else more), (at_most if text[-1] == "]" else less)
            return _within(_ordered(lower, low), _ordered(upper, high))
    if match := _SIGN.fullmatch(text):
        operand = builder.build(parse_expression(match[2]))
        if match[1] in _ORDERS:
            return _ordered(_ORDERS[match[1]], operand)
        return _equal(operand) if match[1] == "==" else _none_of([_equal(operand)])
    node = _value(text)
    operand = builder.build(node)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return Says(node.value)
    return _equal(operand)


@dataclass(frozen=True, slots=True)
class Says:
    """The test of most cells: the input is this text. Nothing needs to be worked out for it."""

    wanted: str

    def __call__(self, _frame: Frame, value: Any) -> bool:
        """Whether it is."""
        return type(value) is str and value == self.wanted


def _value(text: str) -> ast.expr:
    """A value to be equal to; a comparison without `?` would be compared as true or false, never meant."""
    node = parse_expression(text)
    if isinstance(node, ast.Compare | ast.BoolOp) or _is_negation(node):
        raise Forbidden("needs_question", text)
    return node


def _is_negation(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _ordered(compare: Binary, operand: Run) -> Test:
    return lambda frame, value: value is not None and bool(compare(frame, value, operand(frame)))


def _equal(operand: Run) -> Test:
    """The value itself, or one of a list of values."""

    def test(frame: Frame, value: Any) -> bool:
        wanted = operand(frame)
        return same(frame, value, wanted) or (type(wanted) is list and contains(frame, wanted, value))

    return test


def _within(lower: Test, upper: Test) -> Test:
    return lambda frame, value: lower(frame, value) and upper(frame, value)


def _one_of(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda frame, value: any(test(frame, value) for test in tests)


def _none_of(tests: list[Test]) -> Test:
    return lambda frame, value: not any(test(frame, value) for test in tests)


def _question(run: Run) -> Test:
    def test(frame: Frame, value: Any) -> bool:
        inner = Frame({**frame.names, INPUT: value}, frame.left, frame.zone)
        answer = bool(run(inner))
        frame.left = inner.left
        return answer

    return test


def _asks(text: str) -> bool:
    return any(piece == "?" for piece in _PIECE.findall(text))


def _split(text: str, separator: str) -> list[str]:
    """Split at separators outside quotes and brackets; raises Forbidden where nothing stands between."""
    parts = [""]
    for piece, depth in _depths(text):
        if piece == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    if len(parts) > 1 and not all(part.strip() for part in parts):
        raise Forbidden("bad_syntax", text)
    return parts


def _depths(text: str) -> Iterator[tuple[str, int]]:
    """The pieces of a text, each with the number of brackets open behind it."""
    pieces, opened = _PIECE.findall(text), list[tuple[str, bool]]()  # each with whether `..` stands in it
    for place, piece in enumerate(pieces):
        within, ranges = opened[-1] if opened else ("", False)
        if piece == ".." and opened:
            opened[-1] = (within, True)
        elif piece == "[" and ranges and _ends_cell("".join(pieces[place + 1 :])):
            opened.pop()
        elif piece in ("(", "[", "{") or (piece == "]" and within not in ("[", "]")):
            opened.append((piece, False))
        elif piece in (")", "]", "}") and opened:
            opened.pop()
        yield piece, len(opened)


def _ends_cell(rest: str) -> bool:
    return rest.lstrip()[:1] in ("", ",", ")")
