"""Scenario files: YAML read strictly, so that a misspelt key never makes a test pass."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import yaml

from services.workflow.scenarios.models import Act, Expectation, Scenario

_TOP: Final = frozenset({"title", "title_en", "given", "when", "then"})
_GIVEN: Final = frozenset({"package", "calendar", "at", "matters", "auto", "own"})
_THEN: Final = frozenset(Expectation.__dataclass_fields__)
_ACT: Final = frozenset({"at", "matter", "who", "unit", "data", "refused", "unreached"})
_VERBS: Final = frozenset({"do", "message", "record", "operator", "advance_to", "finish", "then"})
_WHO: Final = frozenset({"role", "unit", "person", "name", "account"})


class BadScenario(ValueError):
    """The file is no scenario: the text says where and why."""


def load(content: bytes | str) -> Scenario:
    """Read one scenario; raises `BadScenario`."""
    try:
        found = yaml.safe_load(content)
    except (yaml.YAMLError, RecursionError) as error:
        raise BadScenario(str(error)) from error
    _only(found, _TOP, "scenario")
    given = found.get("given") or {}
    _only(given, _GIVEN, "given")
    for name, value in (("given.at", given.get("at")), ("given.matters", given.get("matters"))):
        if not value:
            raise BadScenario(f"{name} is missing")
    return Scenario(
        title=str(found.get("title") or ""),
        title_en=str(found.get("title_en") or ""),
        package=str(given.get("package") or ""),
        calendar=str(given.get("calendar") or "cn"),
        at=_time(given["at"]),
        matters=tuple(_matter(item) for item in given["matters"]),
        auto=bool(given.get("auto")),
        own=tuple(str(unit) for unit in given.get("own") or ()),
        acts=tuple(_act(number, item) for number, item in enumerate(found.get("when") or (), 1)),
        then=_expectation(found.get("then") or {}, "then"),
    )


def _only(found: Any, known: frozenset[str], where: str) -> None:
    if not isinstance(found, Mapping):
        raise BadScenario(f"{where}: a table is expected")
    if unknown := sorted(str(key) for key in set(found) - known):
        raise BadScenario(f"{where}: unknown {', '.join(unknown)}")


def _matter(data: Any) -> dict[str, Any]:
    if not isinstance(data, Mapping) or not data.get("matter_id"):
        raise BadScenario("given.matters: every matter needs a matter_id")
    usual = {"kind": "suggestion", "submitted_when": "in_session", "secrecy": "none"}
    unknown = ("matter_no", "topic", "main")
    lists = ("co_proposers", "wish_units", "mentions", "similar", "merged")
    return {**usual, **dict.fromkeys(unknown), **{name: [] for name in lists}, **data}


def _act(number: int, data: Any) -> Act:
    where = f"when {number}"
    _only(data, _ACT | _VERBS, where)
    verbs = _VERBS & set(data)
    if len(verbs) != 1:
        raise BadScenario(f"{where}: exactly one of {', '.join(sorted(_VERBS))} is needed")
    _only(data.get("who") or {}, _WHO, f"{where}.who")
    refused = data.get("refused")
    if refused is not None and not ("do" in data and refused and isinstance(refused, list)):
        raise BadScenario(f"{where}: refused is a list of paths, on a line with do")
    at = data.get("advance_to", data.get("at"))
    return Act(
        at=None if at is None else _time(at),
        matter=data.get("matter"),
        who=data.get("who") or {},
        unit=data.get("unit"),
        data=_plain(data.get("data") or {}),
        do=data.get("do"),
        refused=None if refused is None else tuple(str(path) for path in refused),
        message=data.get("message"),
        record=data.get("record"),
        operator=_plain(data.get("operator")),
        advance="advance_to" in data,
        unreached=_units(data.get("unreached"), where),
        finish=bool(data.get("finish")),
        then=_expectation(data["then"], f"{where}.then") if "then" in data else None,
    )


def _units(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadScenario(f"{where}: unreached is a list of units")
    return tuple(str(unit) for unit in value)


def _expectation(data: Any, where: str) -> Expectation:
    _only(data, _THEN, where)
    found = _plain(data)
    lists = {name: tuple(found[name]) for name in ("tasks", "milestones") if name in found}
    return Expectation(**{**found, **lists})


def _plain(value: Any) -> Any:
    """Dates that YAML made of `2026-02-27` as the texts they are in data."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _time(value: Any) -> str:
    """A local time as text; a bare date means nine in the morning."""
    if isinstance(value, datetime):
        return value.isoformat()
    text = value.isoformat() if isinstance(value, date) else str(value)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadScenario(f"{text} is no time") from error
    return (moment.replace(hour=9) if len(text) == len("2026-02-27") else moment).isoformat()
