"""Checks of conditions, scripts and `hy:` expressions: they compile, read known variables, compare canonical codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from services.workflow.engine.expressions import compile_expression, compile_script
from services.workflow.engine.failures import ExpressionError
from services.workflow.engine.findings import Finding
from services.workflow.engine.scopes import names_in
from services.workflow.packages.contexts import Context
from services.workflow.packages.diagrams import Mark, Node
from services.workflow.packages.vocabulary import VOCABULARY
from services.workflow.packages.words import say

_LITERAL: Final = re.compile(r"""["']([^"']+)["']|\b((?:19|20)[0-9]{2})\b""")


class Source(NamedTuple):
    """An expression or script, where it stands, and whether the engine's own check has compiled it already."""

    file: str
    element: str
    text: str
    is_script: bool = False
    checked: bool = False


def find(context: Context) -> Iterator[Finding]:
    """Findings about every expression of the diagrams, and about the variables the tables read."""
    codes = _local_codes(context)
    for source in _sources(context):
        yield from _names(context, source)
        for literal, year in _LITERAL.findall(source.text):
            if (literal or year) in codes:
                yield say("local_code", file=source.file, element=source.element, local=literal or year)
    yield from _lists(context)
    checks = {name for node in context.nodes for mark in node.of("task") for name in names_in(mark.get("check"))}
    for decision in context.decisions.values():
        given = {"deadline", "answer"} if decision.id in checks else {"deadline"}
        for name in sorted(decision.names - context.variables - given):
            yield say("unknown_variable", file=decision.file, element=decision.id, name=name)


def _local_codes(context: Context) -> set[str]:
    package = context.package
    return {item.letter for item in package.classes.values()} | {package.locality, str(package.year)}


def _sources(context: Context) -> Iterator[Source]:
    for node in context.everything:
        if node.script is not None:
            yield Source(node.file, node.id, node.script, is_script=True, checked=True)
        if node.loop and node.loop["completionCondition"]:
            yield Source(node.file, node.id, node.loop["completionCondition"], checked=True)
        for flow in node.outgoing:
            if flow.condition:
                yield Source(node.file, flow.id, flow.condition, checked=True)
        for mark in node.marks:
            for text in _expressions(mark):
                yield Source(node.file, node.id, text)


def _expressions(mark: Mark) -> Iterator[str]:
    known = VOCABULARY.get(mark.name)
    for attribute in known.expressions if known else ():
        if mark.get(attribute):
            yield mark.get(attribute)
    if mark.name == "notice":
        for address in (part.strip() for part in mark.get("to").split(",")):
            kind, _, rest = address.partition(":")
            source = rest if kind == "person" else rest.partition("@")[2]
            if source:
                yield source


def _names(context: Context, source: Source) -> Iterator[Finding]:
    try:
        compiled = (compile_script if source.is_script else compile_expression)(source.text)
    except ExpressionError as error:
        if not source.checked:
            yield _broken(source, error)
        return
    names = compiled.names | getattr(compiled, "targets", frozenset())
    for name in sorted(names - context.variables):
        yield say("unknown_variable", file=source.file, element=source.element, name=name)


def _broken(source: Source, error: ExpressionError) -> Finding:
    detail, detail_en = error.text, error.text_en
    return say("bad_expression", file=source.file, element=source.element, detail=detail, detail_en=detail_en)


def _lists(context: Context) -> Iterator[Finding]:
    """Variables named outside expressions: collections, their items, results."""
    for node in context.everything:
        for name in sorted(_written(node) - context.variables):
            yield say("unknown_variable", file=node.file, element=node.id, name=name)


def _written(node: Node) -> set[str]:
    loop = node.loop or {}
    keys = ("loopDataInputRef", "loopDataOutputRef", "inputDataItem", "outputDataItem")
    marks = [mark for mark in node.marks if mark.name in ("task", "message", "decision")]
    branches = {mark.get("result") or mark.get("record") for mark in node.of("accepts") if mark.get("to")}
    return ({loop.get(key, "") for key in keys} | {mark.get("result") for mark in marks} | branches) - {""}
