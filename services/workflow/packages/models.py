"""A process package in memory: its settings as data, its files as bytes. Never changed after it is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Final

import orjson

from services.workflow.engine.findings import Refused

SCOPES: Final = ("all", "unit", "assignment", "committee", "proposer")
"""Whom a role is held for: everybody, one unit, one assignment, one committee, or the matter's proposers."""

LANGUAGES: Final = ("zh", "en")


class BadPackage(Refused):
    """The files are no package: `findings` says why, in the words of a process owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """A clause of a law or notice that a parameter rests on."""

    document: str
    clause: str
    parameter: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Somebody's part in the process; who holds it stands in the directory."""

    id: str
    label: str
    label_en: str
    scope: str
    grants: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable of the case, for pick lists; `values` names the code list `<record>.<field>` it is from."""

    name: str
    label: str
    type: str
    values: str | None
    set_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeClass:
    """How a locality shows a canonical outcome class."""

    letter: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionPoint:
    """A called process that a unit may replace by its own; `reads` and `writes` are its fixed interface.

    `own` is the process of units whose own system does the inside (`internal: self`), empty where there is none.
    """

    name: str
    process: str
    label: str
    label_en: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    own: str = ""


@dataclass(frozen=True, kw_only=True)
class Package:
    """A whole package. `files` maps paths relative to the package to bytes (UTF-8, `\\n`)."""

    locality: str
    name: str
    year: int
    revision: int
    level: str
    calendar: str
    zone: str
    deadlines: str
    entries: Mapping[str, str]
    basis: tuple[Basis, ...]
    roles: Mapping[str, Role]
    variables: tuple[Variable, ...]
    classes: Mapping[str, OutcomeClass]
    labels: Mapping[str, Mapping[str, str]]
    extension_points: Mapping[str, ExtensionPoint]
    keywords: Mapping[str, tuple[str, ...]]
    counts: Mapping[str, tuple[str, ...]]
    counting: Mapping[str, bool | str]
    urgent: tuple[str, ...]
    unreached: Mapping[str, Any]
    files: Mapping[str, bytes]

    @property
    def version(self) -> str:
        """The name of this version, e.g. `yunting-2026.1`."""
        return f"{self.locality}-{self.year}.{self.revision}"

    @property
    def settings(self) -> dict[str, Any]:
        """What the engine wants to know beside the files."""
        names = ("deadlines", "zone", "version", "counts", "counting", "own")
        return {name: getattr(self, name) for name in names}

    @property
    def own(self) -> dict[str, str]:
        """By extension point the process of units whose own system does the inside."""
        return {point.name: point.own for point in self.extension_points.values() if point.own}

    @cached_property
    def forms(self) -> Mapping[str, dict[str, Any]]:
        """JSON Schemas by form id; `ValueError` when one is no JSON (`check` reports it first)."""
        return {stem(name): orjson.loads(self.files[name]) for name in self.under("forms", ".json")}

    @property
    def diagrams(self) -> tuple[str, ...]:
        """Names of the diagram files."""
        return tuple(self.under("", ".bpmn"))

    @property
    def templates(self) -> frozenset[str]:
        """Names of the text templates, in whatever language."""
        return frozenset(stem(name).rpartition(".")[0] for name in self.under("texts", ".txt"))

    def text(self, template: str, language: str) -> tuple[str, str]:
        """Subject and body (Jinja sources) of a template; `KeyError` when there is none in this language."""
        subject, _, body = self.files[f"texts/{template}.{language}.txt"].decode().partition("\n")
        return subject.strip(), body.strip() + "\n"

    def under(self, folder: str, suffix: str) -> Iterable[str]:
        """The files of a folder with this suffix, sorted; an empty folder is the package's root."""
        parent = folder or "."
        return (n for n in sorted(self.files) if str(PurePosixPath(n).parent) == parent and n.endswith(suffix))


def stem(name: str) -> str:
    """`forms/handover.json` is `handover`."""
    return PurePosixPath(name).stem
