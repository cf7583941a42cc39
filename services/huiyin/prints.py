"""Steps of a walk for people to read: Chinese with English beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from services.huiyin.casts import Cast
from services.huiyin.scenes import Script
from services.huiyin.timelines import Step
from services.huiyin.words import say, service
from services.workflow.packages import Package
from services.workflow.packages.diagrams import parse


class Printer:
    """Knows the names of elements, roles, units and people."""

    def __init__(self, script: Script) -> None:
        self._zone, self._package = script.zone, script.package
        self._elements = _elements(script.package)
        self._units = {unit["id"]: unit.get("short_name") or unit["name"] for unit in script.directory["units"]}
        self._cast: Cast = script.cast

    def lines(self, step: Step) -> Iterator[str]:
        """One step in a few lines."""
        at = datetime.fromisoformat(step["at"]).astimezone(self._zone)
        head = f"{at:%Y-%m-%d %H:%M}  {service(step['service']):<12}  {self._what(step)}"
        if step["service"] == "notify":
            yield f"{head} → {'、'.join(step['to'])}"
            return
        yield head
        if step["actor"].get("name"):
            yield self._line("by", self._who(step["actor"]))
        elif step["kind"] == "timer":
            yield self._line("by", say("timer"))
        if step["deadline"]:
            yield self._line("due", f"{step['deadline']} = {';'.join(step['why'])}")
        if step["messages"]:
            yield self._line("messages", _counted(step["messages"]))

    def _what(self, step: Step) -> str:
        if step["service"] == "intake":
            return f"{say(step['element'])} ({step['element']})"
        name = self._elements.get(step["element"], step["element"])
        unit = f" @{self._units.get(step['unit'], step['unit'])}" if step.get("unit") in self._units else ""
        if step["service"] == "notify":
            return f"{say('new_task' if step['kind'] == 'task' else 'notice')}: {name} ({step['element']})"
        return f"{name}{unit} ({step['element']})"

    def _who(self, actor: Mapping[str, Any]) -> str:
        role = self._package.roles.get(actor.get("role") or "")
        words = [f"{role.label} {role.label_en}" if role else "", self._units.get(actor.get("unit") or "", "")]
        return f"{actor['name']} ({', '.join(word for word in words if word)})"

    def _line(self, label: str, text: str) -> str:
        return f"{'':18}{say(label)}: {text}"


def accounts(script: Script) -> Iterator[str]:
    """Who can sign in: a line for each role that is held for the whole locality, then one for each unit."""
    units = {unit["id"]: unit.get("short_name") or unit["name"] for unit in script.directory["units"]}
    whole: dict[str, list[str]] = {}
    within: dict[str, dict[str, list[str]]] = {}
    for player in script.cast.players:
        for role, unit in player.roles:
            place = whole if unit is None else within.setdefault(unit, {})
            place.setdefault(role, []).append(f"{player.name} {player.login}" if unit is None else player.login)
    for role, people in whole.items():
        yield f"{_label(script, role)}: {'、'.join(people)}"
    roles = list(dict.fromkeys(role for held in within.values() for role in held))
    yield f"{say('units')}: {' / '.join(_label(script, role) for role in roles)}"
    for unit, held in within.items():
        yield f"{units.get(unit, unit)}: {' / '.join('、'.join(held.get(role, ['-'])) for role in roles)}"


def _label(script: Script, role: str) -> str:
    found = script.package.roles.get(role)
    return f"{found.label} {found.label_en}" if found else role


def _elements(package: Package) -> dict[str, str]:
    """Names of the elements of all diagrams, in the diagrams' own words, and of the texts by their subjects."""
    names: dict[str, str] = {}
    for file in package.diagrams:
        names |= {node.id: node.name for node in parse(file, package.files[file]).everything if node.name}
    for template in package.templates:
        subject, _ = package.text(template, "zh")
        names[template] = re.split("[：:{]", subject)[0]
    return names


def _counted(messages: list[dict[str, str]]) -> str:
    counts = Counter(message["type"].rpartition(".")[0] for message in messages)
    return "、".join(name if count == 1 else f"{name}×{count}" for name, count in counts.items())
