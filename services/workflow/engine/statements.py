"""Scripts: assignments and if/elif/else of assignments, nothing more.

A script works on a copy of the variables and copies each record on the path it writes, so nothing that
earlier tasks still hold is changed, and a script that fails has changed nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from services.workflow.engine.closures import Builder, Run
from services.workflow.engine.failures import Failed, Forbidden
from services.workflow.engine.values import Frame, mismatch, plain

Act = Callable[[Frame, dict[str, Any]], None]


class Scripter(Builder):
    """Builds the closures of statements and notes which variables they write."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: set[str] = set()

    def block(self, body: list[ast.stmt]) -> Act:
        """The closure of a list of statements; raises Forbidden."""
        acts = [self.statement(node) for node in body]

        def run(frame: Frame, names: dict[str, Any]) -> None:
            for act in acts:
                act(frame, names)

        return run

    def statement(self, node: ast.stmt) -> Act:
        """One assignment or one if."""
        if isinstance(node, ast.If):
            return self._branch(node)
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            return self._assignment(node.targets[0], self.build(node.value))
        raise Forbidden("not_allowed", type(node).__name__)

    def _branch(self, node: ast.If) -> Act:
        test, yes, no = self.build(node.test), self.block(node.body), self.block(node.orelse)

        def run(frame: Frame, names: dict[str, Any]) -> None:
            (yes if test(frame) else no)(frame, names)

        return run

    def _assignment(self, target: ast.expr, value: Run) -> Act:
        name, keys = self._path(target)
        self.targets.add(name)
        if keys:
            self.names.add(name)

        def run(frame: Frame, names: dict[str, Any]) -> None:
            found = plain(frame, value(frame))
            names[name] = _placed(frame, names, name, [key(frame) for key in keys], found)

        return run

    def _path(self, target: ast.expr) -> tuple[str, list[Run]]:
        keys: list[Run] = []
        while not isinstance(target, ast.Name):
            if isinstance(target, ast.Attribute):
                keys.insert(0, self.build(ast.Constant(target.attr)))
            elif isinstance(target, ast.Subscript):
                keys.insert(0, self.build(target.slice))
            else:
                raise Forbidden("bad_target", ast.unparse(target))
            target = target.value
        return target.id, keys


def _placed(frame: Frame, names: dict[str, Any], name: str, keys: list[Any], value: Any) -> Any:
    """The new value of variable `name` after writing `value` at the path `keys`; the old one stays."""
    if not keys:
        return value
    if name not in names:
        raise Failed("unknown_variable", name)
    root = here = _opened(frame, names[name], name)
    for key in keys[:-1]:
        here[_text(key)] = here = _opened(frame, here.get(_text(key)), str(key))
    here[_text(keys[-1])] = value
    return root


def _opened(frame: Frame, record: Any, name: str) -> dict[str, Any]:
    if type(record) is not dict:
        raise Failed("not_a_record", name)
    frame.charge(len(record))
    return dict(record)


def _text(key: Any) -> str:
    if type(key) is not str:
        raise mismatch("bad_key", key)
    return key
