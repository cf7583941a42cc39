"""Checks of the diagrams: every name an element uses must exist, and every task must be complete."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from services.contracts.codes import MATTER_STATES
from services.contracts.records import RECORDS
from services.workflow.engine.findings import Finding, Severity
from services.workflow.engine.remarks import OUTPUTS
from services.workflow.engine.scopes import names_in
from services.workflow.engine.verbs import INTERRUPT_REASONS
from services.workflow.packages import tables
from services.workflow.packages.contexts import Context
from services.workflow.packages.diagrams import Mark, Node
from services.workflow.packages.setting_checks import MESSAGE_NAMES
from services.workflow.packages.vocabulary import VOCABULARY
from services.workflow.packages.words import say

_MANUAL: Final = frozenset({"userTask", "manualTask"})
_JOINS: Final = frozenset({"parallelGateway", "inclusiveGateway", "boundaryEvent", "startEvent"})
_QUIET: Final = frozenset({"parallelGateway", "boundaryEvent", "startEvent", "endEvent"})
_OFFSET: Final = re.compile(r"[+-]?[0-9]{1,4}(wd|d|m)")
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_ADDRESS: Final = re.compile(r"person:\S.*|role:[a-z][a-z0-9_]*(@\S.*)?")


def find(context: Context) -> Iterator[Finding]:
    """Findings about the elements of the diagrams."""
    yield from _twins(context)
    for node in context.everything:
        for mark in node.marks:
            yield from _words(node, mark)
            if rule := _MARKS.get(mark.name):
                yield from rule(context, node, mark)
        if node.kind != "process":
            yield from _node(context, node)


def _of(node: Node, code: str, severity: Severity = "error", **facts: object) -> Finding:
    return say(code, file=node.file, element=node.id, severity=severity, **facts)


def _twins(context: Context) -> Iterator[Finding]:
    """Ids are unique in the whole package: tasks, logs and scenarios name elements by id alone."""
    homes: dict[str, str] = {}
    for node in context.everything:
        home = homes.setdefault(node.id, node.file)
        if home != node.file:
            yield _of(node, "duplicate_id", id=node.id, other=home)


def _words(node: Node, mark: Mark) -> Iterator[Finding]:
    known = VOCABULARY.get(mark.name)
    if known is None:
        yield _of(node, "unknown_hy", name=mark.name)
        return
    for attribute in sorted(set(mark.values) - set(known.attributes)):
        yield _of(node, "unknown_hy_attribute", name=mark.name, attribute=attribute)
    if mark.name != "task":  # what a task lacks has words of its own
        for attribute in known.required:
            if not mark.get(attribute):
                yield _of(node, "missing_hy_attribute", name=mark.name, attribute=attribute)


def _node(context: Context, node: Node) -> Iterator[Finding]:
    if node.kind in _MANUAL and not list(node.of("task")):
        yield _of(node, "task_without_role")
    if node.called and node.called not in context.processes:
        yield _of(node, "unknown_process", name=node.called)
    if node.decision and node.decision not in context.decisions:
        yield _of(node, "unknown_decision", name=node.decision)
    if node.message is not None and not _is_known_message(context, node):
        yield _of(node, "unknown_message", name=node.message)
    if not node.outgoing and node.kind != "endEvent":
        yield _of(node, "dead_end")
    yield from _look(node)


def _look(node: Node) -> Iterator[Finding]:
    """What a reader of the picture would miss."""
    if not node.drawn:
        yield _of(node, "missing_shape", "warning")
    if not node.in_lane and node.scope == node.process:
        yield _of(node, "missing_lane", "warning")
    if not node.name and node.kind not in _QUIET:
        yield _of(node, "missing_name", "warning")


def _is_known_message(context: Context, node: Node) -> bool:
    others = {other.message for other in context.nodes if other is not node}
    return bool(node.message) and (node.message in MESSAGE_NAMES or node.message in others)


def _task(context: Context, node: Node, mark: Mark) -> Iterator[Finding]:
    role, form, deadline = mark.get("role"), mark.get("form"), mark.get("deadline")
    if not role:
        yield _of(node, "task_without_role")
    elif role not in context.package.roles:
        yield _of(node, "unknown_role", name=role)
    elif context.package.roles[role].scope == "unit" and not mark.get("unit"):
        yield _of(node, "unit_expected", name=role)
    elif context.package.roles[role].scope == "proposer" and not mark.get("person"):
        yield _of(node, "person_expected", name=role)
    if not form:
        yield _of(node, "task_without_form")
    elif f"forms/{form}.json" not in context.package.files:
        yield _of(node, "unknown_form", name=form)
    if not deadline:
        yield _of(node, "task_without_deadline")
    elif deadline not in context.deadlines_at(node):
        yield _of(node, "unknown_deadline", name=deadline)
    for name in names_in(mark.get("check")):
        yield from _check(context, node, name)
    for name in names_in(mark.get("apart")):
        if name == node.id or name not in context.by_id or context.by_id[name].kind not in _MANUAL:
            yield _of(node, "unknown_apart", name=name)


def _check(context: Context, node: Node, name: str) -> Iterator[Finding]:
    """A table of checks exists and has the outputs that make a remark."""
    table = context.decisions.get(name)
    if table is None:
        yield _of(node, "unknown_decision", name=name)
        return
    for output in OUTPUTS:
        if output not in table.outputs:
            yield say("bad_check_table", file=table.file, element=name, name=output)


def _deadline(context: Context, node: Node, mark: Mark) -> Iterator[Finding]:
    rule = mark.get("rule") or mark.get("name")
    table = context.decisions.get(context.package.deadlines)
    if table is not None and rule and not _has_row(context, table.file, rule):
        yield _of(node, "unknown_deadline_rule", name=rule)


def _has_row(context: Context, file: str, rule: str) -> bool:
    """Whether a row of the table of deadlines can be meant: its cell names the rule, or anything at all."""
    table = tables.read(file, context.package.files[file])
    label = next((label for label, source in table.inputs.items() if source == "deadline"), None)
    cells = [row.inputs.get(label or "", "-") for row in table.rows]
    return any(cell in ("", "-") or f'"{rule}"' in cell for cell in cells)


def _timer(context: Context, node: Node, mark: Mark) -> Iterator[Finding]:
    if mark.get("deadline") and mark.get("deadline") not in context.deadlines_at(node):
        yield _of(node, "unknown_deadline", name=mark.get("deadline"))
    if mark.get("offset") and not _OFFSET.fullmatch(mark.get("offset")):
        yield _of(node, "bad_offset", offset=mark.get("offset"))
    if mark.get("at") and not _CLOCK.fullmatch(mark.get("at")):
        yield _of(node, "bad_clock", at=mark.get("at"))


def _extend(context: Context, node: Node, mark: Mark) -> Iterator[Finding]:
    if mark.get("deadline") and mark.get("deadline") not in context.deadlines_at(node):
        yield _of(node, "unknown_deadline", name=mark.get("deadline"))


def _accepts(context: Context, node: Node, mark: Mark) -> Iterator[Finding]:
    if mark.get("record") and mark.get("record") not in RECORDS:
        yield _of(node, "unknown_record", name=mark.get("record"))
    if mark.get("role") and mark.get("role") not in context.package.roles:
        yield _of(node, "unknown_role", name=mark.get("role"))
    if mark.get("to") and not _takes_branch(context, node, mark.get("to")):
        yield _of(node, "bad_accepts_target", name=mark.get("to"))
    if mark.get("tell") and mark.get("tell") not in context.package.roles:
        yield _of(node, "unknown_role", name=mark.get("tell"))
    if mark.get("tell") and "regrouped" not in context.package.templates:
        yield _of(node, "unknown_template", name="regrouped")


def _regroup(context: Context, node: Node, mark: Mark) -> Iterator[Finding]:
    """A regroup stands on instances over a list; who comes late goes on in the same process, or joins others there."""
    joined = context.by_id.get(mark.get("joins"))
    takes = joined is not None and any(other.get("items") for other in joined.of("regroup"))
    if not (node.loop or {}).get("loopDataInputRef") or not (mark.get("items") or takes):
        yield _of(node, "bad_regroup")
    if mark.get("to") and not _takes_branch(context, node, mark.get("to")):
        yield _of(node, "bad_accepts_target", name=mark.get("to"))


def _takes_branch(context: Context, node: Node, to: str) -> bool:
    """Whether a record accepted at a node may start a branch at an element: one in it or beside it, no join."""
    target = context.by_id.get(to)
    if target is None or target.kind in _JOINS or target.scope not in (node.id, node.scope):
        return False
    return not any(flow.target == to and other.kind == "eventBasedGateway" for other, flow in context.flows)


def _interrupt(context: Context, node: Node, mark: Mark) -> Iterator[Finding]:
    if mark.get("message") and mark.get("message") not in MESSAGE_NAMES:
        yield _of(node, "unknown_message", name=mark.get("message"))
    target = context.by_id.get(mark.get("to"))
    if mark.get("to") and (target is None or target.process != node.process):
        yield _of(node, "unknown_interrupt_target", name=mark.get("to"))
    if mark.get("reason") and mark.get("reason") not in INTERRUPT_REASONS:
        yield _of(node, "unknown_interrupt_reason", name=mark.get("reason"), known=", ".join(INTERRUPT_REASONS))


def _return(context: Context, node: Node, mark: Mark) -> Iterator[Finding]:
    target = context.by_id.get(mark.get("to"))
    if mark.get("to") and (target is None or target.process != node.process):
        yield _of(node, "unknown_return_target", name=mark.get("to"))


def _milestone(_: Context, node: Node, mark: Mark) -> Iterator[Finding]:
    if mark.get("state") and mark.get("state") not in MATTER_STATES:
        yield _of(node, "unknown_state", name=mark.get("state"))


def _notice(context: Context, node: Node, mark: Mark) -> Iterator[Finding]:
    if mark.get("template") and mark.get("template") not in context.package.templates:
        yield _of(node, "unknown_template", name=mark.get("template"))
    for address in filter(None, (part.strip() for part in mark.get("to").split(","))):
        if not _ADDRESS.fullmatch(address):
            yield _of(node, "bad_address", address=address)
        elif address.startswith("role:"):
            role = address.removeprefix("role:").partition("@")[0]
            if role not in context.package.roles:
                yield _of(node, "unknown_role", name=role)


def _start(context: Context, node: Node, mark: Mark) -> Iterator[Finding]:
    if mark.get("process") and mark.get("process") not in context.processes:
        yield _of(node, "unknown_process", name=mark.get("process"))


def _record(_: Context, node: Node, mark: Mark) -> Iterator[Finding]:
    if mark.get("type") and mark.get("type") not in RECORDS:
        yield _of(node, "unknown_record", name=mark.get("type"))


def _point(context: Context, node: Node, mark: Mark) -> Iterator[Finding]:
    point = context.package.extension_points.get(mark.get("name"))
    if mark.get("name") and (point is None or point.process != node.called):
        yield _of(node, "unknown_extension_point", name=mark.get("name"))


_MARKS: Final[dict[str, Callable[[Context, Node, Mark], Iterator[Finding]]]] = {
    "task": _task,
    "deadline": _deadline,
    "timer": _timer,
    "extend": _extend,
    "accepts": _accepts,
    "regroup": _regroup,
    "interrupt": _interrupt,
    "return": _return,
    "milestone": _milestone,
    "notice": _notice,
    "start": _start,
    "record": _record,
    "extension-point": _point,
}
