"""A directory made up for a scenario whose units and deputies stand in no directory file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from services.workflow.packages import Package
from services.workflow.scenarios import Scenario

PASSWORD: Final = "huiyin-walk-2026"  # noqa: S105  of made-up people in a directory that is thrown away
_UNIT_KEYS: Final = frozenset({"unit", "proposed_unit", "new_unit"})
_OF_UNITS: Final = frozenset({"unit", "assignment"})
_BODY: Final = {
    "situation": "群众反映的问题长期没有解决，影响日常生产生活，多次反映仍无明确答复。" * 2,
    "analysis": "主要原因是责任分工不清、资金安排不足、部门之间衔接不够顺畅。" * 2,
    "request": "建议明确牵头单位和完成时限，落实资金，定期公布进展情况。" * 2,
}
_DEPUTY: Final = "proposer"
_ADMITTED: Final = "matter.admitted"


def invent(scenario: Scenario, package: Package) -> dict[str, Any]:
    """Every unit and deputy the scenario names, an account for each role (of each unit), one session.

    Who does something for a unit by name is one of its people and may do whatever they do there.
    """
    units = sorted({unit for act in scenario.acts for unit in _units([act.unit, act.who, act.data], named=True)})
    deputies = sorted({str(key) for one in scenario.matters for key in (one["lead_proposer"], *one["co_proposers"])})
    staff = [*_staff(package, units)]
    named = {str(act.who["person"]): str(act.unit) for act in scenario.acts if act.unit and "person" in act.who}
    roles = [role.id for role in package.roles.values() if role.scope in _OF_UNITS]
    return {
        "units": [_unit(unit, own=unit in scenario.own) for unit in units],
        "people": [
            *({"id": key, "name": key, "kind": "deputy", "level": package.level} for key in deputies),
            *({"id": login, "name": login, "kind": "staff", "unit": unit} for login, _, unit in staff),
            *({"id": key, "name": key, "kind": "staff", "unit": unit} for key, unit in named.items()),
        ],
        "sessions": [_session(package)],
        "accounts": [
            *(_account(key, "deputy", None) for key in deputies),
            *(_account(login, role, unit) for login, role, unit in staff),
            *(_account(key, roles, unit) for key, unit in named.items()),
        ],
    }


def _unit(key: str, *, own: bool) -> dict[str, Any]:
    return {"id": key, "name": key, "kind": "government", **({"internal": "self"} if own else {})}


def form(matter: Mapping[str, Any]) -> dict[str, Any]:
    """A suggestion for a matter of which the scenario only gives the facts."""
    return {"secrecy": "none", "body": dict(_BODY), "title": f"关于{matter['matter_id']}的建议", **matter}


def _units(node: Any, *, named: bool = False) -> Iterator[str]:
    """Unit codes anywhere in a line: plain strings where a unit is meant, and values of the keys of units."""
    if isinstance(node, str) and named:
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from _units(item, named=named and isinstance(item, str))
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _units(value, named=key in _UNIT_KEYS)


def _staff(package: Package, units: list[str]) -> Iterator[tuple[str, str, str | None]]:
    for role in package.roles.values():
        if role.scope in _OF_UNITS:
            yield from ((f"{role.id}.{unit}", role.id, unit) for unit in units)
        elif role.scope != _DEPUTY:
            yield role.id, role.id, None


def _account(login: str, roles: str | Sequence[str], unit: str | None) -> dict[str, Any]:
    held = [{"role": role, "unit": unit} for role in ([roles] if isinstance(roles, str) else roles)]
    return {"login": login, "password": PASSWORD, "person": login, "roles": held}


def _session(package: Package) -> dict[str, Any]:
    return {
        "id": f"{package.locality}-{package.year}",
        "label": f"{package.name}{package.year}",
        "locality": package.locality,
        "level": package.level,
        "term_no": 1,
        "session_no": 1,
        "year": package.year,
        "process_version": package.version,
        "numbering": "admission" if _admits(package) else "submission",
        "current": True,
        "open": True,
    }


def _admits(package: Package) -> bool:
    """Whether a diagram says when a matter is admitted: then it waits for its number."""
    return any(f'name="{_ADMITTED}"'.encode() in package.files[name] for name in package.diagrams)
