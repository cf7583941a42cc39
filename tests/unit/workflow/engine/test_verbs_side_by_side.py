"""Every verb inside a parallel part: whoever stands beside is not touched, whatever is done to one of many units."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.workflow.engine import Effect, Unexpected
from tests.unit.workflow.engine.driving import Driver
from tests.unit.workflow.engine.groups import divided, do, tasks
from tests.unit.workflow.engine.test_regrouping import SLOW, finish

UNITS = tuple(f"u{number}" for number in range(1, 7))
VERBS = (
    *("return", "move", "transfer", "delegate", "undelegate", "urge", "consult", "withdraw_consult", "answer"),
    *("recall", "end_instance", "add_instance", "extend", "regroup", "complete"),
)


def around(driver: Driver, unit: str) -> dict[str, Any]:
    """What a unit has: its tasks with whoever has them, questions beside them, deadlines, timers."""
    case = driver.case
    mine = {number: entry for number, entry in case.tasks.items() if entry["unit"] == unit}
    return {
        "tasks": {entry["id"]: dict(entry) for entry in mine.values()},
        "sides": {key: dict(side) for key, side in case.sides.items() if side["unit"] == unit},
        "deadlines": {key: dict(limit) for key, limit in case.deadlines.items() if limit["unit"] == unit},
        "waits": {key: dict(wait) for key, wait in case.waits.items() if wait["task"] in mine},
    }


def facts_for(driver: Driver, unit: str, verb: str, data: st.DataObject) -> dict[str, Any]:
    """What the verb needs, about this unit alone."""
    own = sorted(entry["id"] for entry in driver.case.tasks.values() if entry["unit"] == unit)
    sides = sorted(key for key, side in driver.case.sides.items() if side["unit"] == unit)
    done = sorted(key for key, one in driver.case.done.items() if one["who"]["unit"] == unit)
    limits = sorted(key for key, limit in driver.case.deadlines.items() if limit["unit"] == unit)
    task = data.draw(st.sampled_from({"recall": done, "withdraw_consult": sides}.get(verb, own) or [""]))
    more: dict[str, dict[str, Any]] = {
        "return": {"to": data.draw(st.sampled_from(["read", "prepare"]))},
        "move": {"cancel": [task], "to": data.draw(st.sampled_from(["read", "prepare"]))},
        "transfer": {"unit": unit, "role": "head", "person": None},
        "delegate": {"person": "p1"},
        "urge": {"reminder": {"text": "请抓紧"}},
        "consult": {"text": "如何", "role": "head"},
        "add_instance": {"element": "replies", "item": {"unit": f"n{len(driver.log)}", "role": "separate"}},
        "extend": {"deadline": (limits or [""])[0], "amount": "20wd"},
    }
    return {"task": task, **more.get(verb, {})}


def act(driver: Driver, unit: str, verb: str, data: st.DataObject) -> list[Effect]:
    """One verb about one unit."""
    facts = facts_for(driver, unit, verb, data)
    if verb == "complete":
        return driver.step("complete_task", task=facts["task"], data={})
    if verb == "answer":
        asked = [key for key, side in driver.case.sides.items() if side["unit"] == unit]
        return driver.step("complete_task", task=(asked or [""])[0], data={"text": "可以"})
    if verb == "regroup":
        roles = {name.rpartition("@")[2]: "separate" for name in tasks(driver)}
        roles.pop(unit, None)
        wanted = {"mode": "x", "reason": "事由", "assignments": [{"unit": u, "role": r} for u, r in roles.items()]}
        return driver.step("record", record="mode_change", role="office", data=wanted)
    return driver.step("operator", verb=verb, **facts)


def play(count: int, data: st.DataObject) -> None:
    """n units work side by side, each somewhere else; verbs fall on one of them after the other."""
    driver = divided(**dict.fromkeys(UNITS[:count], "separate"))
    for _ in range(data.draw(st.integers(0, count * 2))):
        do(driver, data.draw(st.sampled_from(sorted(tasks(driver)))))
        if driver.case.is_finished:
            return
    for _ in range(data.draw(st.integers(1, 6))):
        working = sorted({name.rpartition("@")[2] for name in tasks(driver)})
        if driver.case.is_finished or not working:
            break
        unit, verb = data.draw(st.sampled_from(working)), data.draw(st.sampled_from(VERBS))
        others = [one for one in working if one != unit]
        before = {one: around(driver, one) for one in others}
        try:
            effects = act(driver, unit, verb, data)
        except Unexpected:
            effects = []
        assert {one: around(driver, one) for one in others} == before
        theirs = {task for found in before.values() for task in found["tasks"]}
        assert not theirs & {getattr(effect, "task_id", None) for effect in effects}
    for side in list(driver.case.sides):
        driver.step("complete_task", task=side, data={})
    finish(driver)


@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
@given(st.integers(2, len(UNITS)), st.data())
def test_whoever_stands_beside_is_not_touched(count: int, data: st.DataObject) -> None:
    """Tasks, people, questions, dates and timers of all others are the same; the case is stored at every step."""
    play(count, data)


@pytest.mark.long
@pytest.mark.timeout(900)
@settings(max_examples=2000, deadline=None, suppress_health_check=SLOW)
@given(st.integers(2, len(UNITS)), st.data())
def test_whoever_stands_beside_is_not_touched_for_long(count: int, data: st.DataObject) -> None:
    """The same, at length."""
    play(count, data)
