"""Packages from folders and from files in memory: `read` brings bytes, `load` makes sense of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

from services.workflow.engine.findings import Finding
from services.workflow.packages.models import (
    BadPackage,
    Basis,
    ExtensionPoint,
    OutcomeClass,
    Package,
    Role,
    Variable,
)
from services.workflow.packages.settings import faults
from services.workflow.packages.words import say

SETTINGS: Final = "package.yaml"
MAX_FILES: Final = 500
MAX_BYTES: Final = 20 * 1024 * 1024
_KNOWN: Final = re.compile(
    r"package\.yaml|calendar\.yaml|CHANGES\.md|[\w-]+\.bpmn|decisions/[\w-]+\.dmn|forms/[\w-]+\.json"
    r"|texts/[\w-]+\.(zh|en)\.txt|scenarios/[\w-]+\.yaml",
    re.ASCII,
)


def read(folder: Path) -> dict[str, bytes]:
    """Every file below a package's folder by its relative path; hidden ones are left out.

    Raises `BadPackage` when there is no `package.yaml` in it.
    """
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    named = ((path.relative_to(folder).as_posix(), path) for path in paths)
    files = {name: path.read_bytes() for name, path in named if not _is_hidden(name)}
    if SETTINGS not in files:
        raise BadPackage([say("no_settings", file=SETTINGS)])
    return files


def load(source: Path | Mapping[str, bytes]) -> Package:
    """The package in a folder or in files; raises `BadPackage` when it cannot even be read.

    Line ends become `\\n` and a byte order mark goes, so that the same text has the same identity everywhere.
    What is wrong *inside* the files is found by `check`.
    """
    files = {name: _tidy(data) for name, data in (read(source) if isinstance(source, Path) else source).items()}
    findings = list(_fit(files))
    if findings:
        raise BadPackage(findings)
    settings, findings = _settings(files[SETTINGS])
    if findings:
        raise BadPackage(findings)
    return _build(settings, files)


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "~")) for part in name.split("/"))


def _tidy(content: bytes) -> bytes:
    return content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")


def _fit(files: Mapping[str, bytes]) -> list[Finding]:
    """What keeps the files from being a package at all."""
    found = [] if SETTINGS in files else [say("no_settings", file=SETTINGS)]
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_BYTES:
        found.append(say("too_large", file=SETTINGS, files=MAX_FILES, megabytes=MAX_BYTES // 2**20))
    for name, content in files.items():
        if not _KNOWN.fullmatch(name):
            found.append(say("unknown_file", file=name))
        try:
            content.decode()
        except UnicodeDecodeError:
            found.append(say("not_utf8", file=name))
    return found


def _settings(content: bytes) -> tuple[dict[str, Any], list[Finding]]:
    try:
        settings = yaml.safe_load(content)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        return {}, [say("bad_yaml", file=SETTINGS, line=line)]
    return settings, [
        say("bad_setting", file=SETTINGS, element=path or None, path=path or "/", detail=detail)
        for path, detail in faults(settings)
    ]


def _build(s: Mapping[str, Any], files: Mapping[str, bytes]) -> Package:
    plain = ("locality", "name", "year", "revision", "level", "calendar", "zone", "deadlines")
    return Package(
        **{key: s[key] for key in plain},
        entries=MappingProxyType(dict(s["entries"])),
        basis=tuple(Basis(**item) for item in s["basis"]),
        roles=MappingProxyType({key: _role(key, role) for key, role in s["roles"].items()}),
        variables=tuple(_variable(item) for item in s["variables"]),
        classes=MappingProxyType({key: OutcomeClass(**item) for key, item in s["classes"].items()}),
        labels=MappingProxyType({kind: MappingProxyType(dict(of)) for kind, of in s["labels"].items()}),
        extension_points=MappingProxyType(
            {key: _point(key, point) for key, point in (s.get("extension_points") or {}).items()}
        ),
        keywords=_lists(s.get("keywords")),
        counts=_lists(s.get("counts")),
        urgent=tuple(s.get("urgent") or ()),
        counting=MappingProxyType(dict(s.get("counting") or {})),
        unreached=MappingProxyType(dict(s.get("unreached") or {})),
        files=MappingProxyType(dict(sorted(files.items()))),
    )


def _lists(data: Mapping[str, Any] | None) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({key: tuple(items) for key, items in (data or {}).items()})


def _role(key: str, data: Mapping[str, Any]) -> Role:
    return Role(id=key, **{**data, "grants": tuple(data["grants"])})


def _variable(data: Mapping[str, Any]) -> Variable:
    return Variable(**{"values": None, **data, "set_by": tuple(data["set_by"])})


def _point(key: str, data: Mapping[str, Any]) -> ExtensionPoint:
    return ExtensionPoint(name=key, **{**data, "reads": tuple(data["reads"]), "writes": tuple(data["writes"])})
