"""Checks of `package.yaml` against the rest of the package and the canonical catalogues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.contracts.messages import MESSAGES
from services.workflow import calendar_files
from services.workflow.calendar_files import CalendarError
from services.workflow.engine.bundles import OVERLAY, misread
from services.workflow.engine.findings import Finding
from services.workflow.packages import tables
from services.workflow.packages.contexts import Context
from services.workflow.packages.models import Package
from services.workflow.packages.sources import SETTINGS
from services.workflow.packages.words import say

OUTPUTS: Final = ("amount", "clock_start", "roll", "basis")
AMOUNT: Final = re.compile(r"[+-]?[0-9]{1,4}(wd|d|m)|[0-9]{4}-[0-9]{2}-[0-9]{2}")
MESSAGE_NAMES: Final = frozenset(name.rpartition(".v")[0] for name in MESSAGES)


def find(context: Context) -> Iterator[Finding]:
    """Findings about the settings."""
    yield from _entries(context)
    yield from _points(context)
    yield from _table(context)
    yield from _labels(context)
    yield from _urgent(context.package)
    try:
        ZoneInfo(context.package.zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield say("unknown_calendar_zone", file=SETTINGS, zone=context.package.zone)
    yield from _own_days(context.package)
    notice = context.package.unreached.get("notice")
    if notice is not None and notice not in context.package.templates:
        yield say("unknown_template", file=SETTINGS, element="unreached", name=notice)


def _own_days(package: Package) -> Iterator[Finding]:
    content = package.files.get(OVERLAY)
    if content is None:
        return
    try:
        base = calendar_files.read(OVERLAY, content).base
    except CalendarError as error:
        yield misread(OVERLAY, error)
        return
    if base != package.calendar:
        yield say("other_calendar", file=OVERLAY, base=base or "-", name=package.calendar)


def _urgent(package: Package) -> Iterator[Finding]:
    for name in sorted(set(package.urgent) - package.templates):
        yield say("unknown_template", file=SETTINGS, element="urgent", name=name)


def _entries(context: Context) -> Iterator[Finding]:
    for message, process in context.package.entries.items():
        if message not in MESSAGE_NAMES:
            yield say("unknown_entry_message", file=SETTINGS, element="entries", name=message)
        if process not in context.processes:
            yield say("unknown_process", file=SETTINGS, element="entries", name=process)


def _points(context: Context) -> Iterator[Finding]:
    for point in context.package.extension_points.values():
        for process in (point.process, *([point.own] if point.own else ())):
            if process not in context.processes:
                yield say("unknown_process", file=SETTINGS, element=point.name, name=process)


def _table(context: Context) -> Iterator[Finding]:
    name = context.package.deadlines
    table = context.decisions.get(name)
    if table is None:
        yield say("unknown_deadline_table", file=SETTINGS, element="deadlines", name=name)
        return
    missing = [output for output in OUTPUTS if output not in table.outputs]
    missing += [] if "deadline" in table.names else ["deadline"]
    for output in missing:
        yield say("bad_deadline_table", file=table.file, element=name, name=output)
    for amount in sorted(_amounts(context, table.file)):
        if not AMOUNT.fullmatch(amount):
            yield say("bad_amount", file=table.file, element=name, amount=amount)


def _amounts(context: Context, file: str) -> set[str]:
    """The literal amounts of the table of deadlines."""
    table = tables.read(file, context.package.files[file])
    cells = [row.outputs.get("amount", "") for row in table.rows]
    return {cell[1:-1] for cell in cells if cell[:1] == cell[-1:] == '"'}


def _labels(context: Context) -> Iterator[Finding]:
    labels = context.package.labels
    names = {mark.get("name") for node in context.everything for mark in node.of("deadline")}
    for kind, wanted in (("process", set(context.processes)), ("deadline", names)):
        for name in sorted(wanted - set(labels.get(kind, {}))):
            yield say("missing_label", file=SETTINGS, element=name, severity="warning", name=name)
