"""What is wrong with a package, in words for its owner: every rule of this folder applied once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from services.workflow.engine import check_bpmn
from services.workflow.engine.findings import Finding
from services.workflow.packages import (
    contexts,
    element_checks,
    expression_checks,
    file_checks,
    setting_checks,
    table_checks,
)
from services.workflow.packages.contexts import Context
from services.workflow.packages.models import BadPackage, Package
from services.workflow.packages.sources import load

_RULES: Final[tuple[Callable[[Context], Iterator[Finding]], ...]] = (
    setting_checks.find,
    element_checks.find,
    expression_checks.find,
    file_checks.find,
    table_checks.find,
)
_HARDER: Final = frozenset({"no_default"})
"""Warnings of the engine for anybody's diagram that are errors in a package."""
_ALONE: Final = frozenset({"called_elsewhere", "decision_elsewhere"})
"""What the engine says of a file by itself; in a package the rules know the other files."""


def check(source: Package | Path | Mapping[str, bytes]) -> list[Finding]:
    """All findings about a package, sorted by file; an empty list means it may be published."""
    try:
        package = source if isinstance(source, Package) else load(source)
    except BadPackage as bad:
        return list(bad.findings)
    context = contexts.read(package)
    found = [*_engine(package), *context.findings]
    for rule in _RULES:
        found += rule(context)
    unique = dict.fromkeys(found)
    return sorted(unique, key=lambda f: (f.file, f.severity, f.element or "", f.code))


def _engine(package: Package) -> Iterator[Finding]:
    for name in package.diagrams:
        for finding in check_bpmn(name, package.files[name]):
            if finding.code not in _ALONE:
                yield replace(finding, severity="error") if finding.code in _HARDER else finding
