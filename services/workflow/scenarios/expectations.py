"""Compares what a scenario expects with what has happened, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.workflow.scenarios.models import Expectation
from services.workflow.scenarios.worlds import World

Words = tuple[str, str]


def differences(expected: Expectation, world: World, matter: str) -> Iterator[Words]:
    """What is not as expected, Chinese and English."""
    if expected.tasks is not None:
        yield from _tasks(expected.tasks, world, matter)
    yield from _deadlines(expected.deadlines, world, matter)
    for what, what_en, wanted, found in (
        ("记录", "records", expected.records, world.records[matter]),
        ("通知", "notices", expected.notices, world.notices[matter]),
        ("消息", "messages", expected.messages, world.messages[matter]),
    ):
        for name, count in wanted.items():
            if found[name] != count:
                yield (
                    f"{what} {name} 应有 {count} 条，实有 {found[name]} 条",
                    f"{count} {what_en} {name} expected, {found[name]} found",
                )
    yield from _states(expected, world.states.get(matter, []))
    yield from _cases(expected.cases, world, matter)


def _tasks(wanted: tuple[str, ...], world: World, matter: str) -> Iterator[Words]:
    found = [(task.element, f"{task.element}@{task.unit}") for task in world.open_tasks(matter)]
    rest = list(found)
    for name in wanted:
        hit = next((pair for pair in rest if name in pair), None)
        if hit is None:
            yield f"应有待办 {name}，没有", f"the task {name} is expected, but not open"
        else:
            rest.remove(hit)
    for _, name in rest:
        yield f"多出待办 {name}", f"the task {name} is open, but not expected"


def _deadlines(wanted: Mapping[str, str], world: World, matter: str) -> Iterator[Words]:
    found: dict[str, str] = {}
    for limit in world.limits(matter):
        found[limit.name] = found[f"{limit.name}@{limit.unit}"] = limit.due.isoformat()
    for name, due in wanted.items():
        if found.get(name) != due:
            yield f"期限 {name} 应为 {due}，实为 {found.get(name)}", f"{name} should be due {due}, is {found.get(name)}"


def _states(expected: Expectation, found: list[str]) -> Iterator[Words]:
    rest = iter(found)
    for state in expected.milestones:
        if state not in rest:
            yield (
                f"办理状态没有依次到达 {state}：{'、'.join(found)}",
                f"the state {state} was not reached in this order: {', '.join(found)}",
            )
            break
    if expected.state is not None and found[-1:] != [expected.state]:
        last = found[-1] if found else None
        yield f"办理状态应为 {expected.state}，实为 {last}", f"the state should be {expected.state}, is {last}"


def _cases(wanted: Mapping[str, str], world: World, matter: str) -> Iterator[Words]:
    found = {c.process: c.outcome or "open" for c in world.cases.values() if c.matter == matter}
    for process, outcome in wanted.items():
        if found.get(process) != outcome:
            yield (
                f"流程 {process} 应为 {outcome}，实为 {found.get(process)}",
                f"the case of {process} should be {outcome}, is {found.get(process)}",
            )
