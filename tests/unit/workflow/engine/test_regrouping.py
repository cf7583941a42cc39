"""Units change their roles while they work: whoever stays keeps what he has, whoever comes begins, nothing is lost."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.workflow.engine import (
    DeadlineMoved,
    DeadlineSet,
    Noticed,
    Recorded,
    TaskChanged,
    TaskClosed,
    TaskOpened,
    Unexpected,
)
from tests.unit.workflow.engine.driving import Driver
from tests.unit.workflow.engine.groups import change, divided, do, tasks

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def finish(driver: Driver) -> None:
    """Do what is open until nothing is."""
    for _ in range(200):
        if driver.case.is_finished:
            break
        do(driver, min(tasks(driver)))
    assert driver.case.is_finished
    driver.check()


def test_separate_handlers_become_lead_and_co_handler() -> None:
    """The new lead keeps its task; the other's own part ends and it is asked for an opinion, within a new week."""
    driver = divided(u1="separate", u2="separate")
    do(driver, "read@u1")
    before = tasks(driver)
    effects = change(driver, u1="lead", u2="co")
    assert tasks(driver) == {"prepare@u1": before["prepare@u1"], "give@u2": tasks(driver)["give@u2"]}
    assert [(x.task_id, x.reason) for x in effects if isinstance(x, TaskClosed)] == [(before["read@u2"], "revoked")]
    [record] = [x for x in effects if isinstance(x, Recorded)]
    assert record.record == "mode_change"
    assert {(x.to, x.data["before"], x.data["role"]) for x in effects if isinstance(x, Noticed)} == {
        (("role:liaison@u1",), "separate", "lead"),
        (("role:liaison@u2",), "separate", "co"),
    }
    assert [x.unit for x in effects if isinstance(x, DeadlineSet)] == ["u2"]
    finish(driver)


def test_a_lead_and_its_co_handlers_become_separate_handlers() -> None:
    """The lead does not wait for anybody any more; the others begin their own part."""
    driver = divided(u1="lead", u2="co", u3="co")
    do(driver, "give@u2")
    kept = tasks(driver)["read@u1"]
    change(driver, u1="separate", u2="separate", u3="separate")
    assert tasks(driver)["read@u1"] == kept
    assert set(tasks(driver)) == {"read@u1", "read@u2", "read@u3"}
    for name in ("read@u1", "prepare@u1"):
        do(driver, name)
    assert "draft@u1" in tasks(driver)
    finish(driver)


def test_a_co_handler_is_promoted_and_the_lead_demoted() -> None:
    """The new lead takes the part over and begins its own inside; other co-handlers are not touched at all."""
    driver = divided(u1="lead", u2="co", u3="co", u4="co")
    do(driver, "give@u4")
    do(driver, "read@u1")
    before = tasks(driver)
    effects = change(driver, u2="lead", u1="co", u3="co", u4="co")
    after = tasks(driver)
    assert set(after) == {"read@u2", "give@u1", "give@u3", "check@u2"}
    assert (after["give@u3"], after["check@u2"]) == (before["give@u3"], before["check@u1"])
    about = [x for x in effects if isinstance(x, TaskChanged)]
    assert [(x.task_id, x.unit) for x in about] == [(before["check@u1"], "u2")]
    [moved] = [x for x in effects if isinstance(x, DeadlineMoved)]
    assert (moved.name, moved.unit) == ("reply", "u2") or moved.unit == "u2"
    finish(driver)


def test_a_lead_who_is_drafting_waits_for_those_who_come() -> None:
    """Behind the join the diagram says where to go on; opinions that were given are kept."""
    driver = divided(u1="lead", u2="co")
    for name in ("give@u2", "check@u1", "read@u1", "prepare@u1"):
        do(driver, name)
    change(driver, u1="lead", u2="co", u3="co")
    assert set(tasks(driver)) == {"give@u3"}
    for name in ("give@u3", "check@u1"):
        do(driver, name)
    [token] = [
        task for inner in driver.case.workflow.workflows() for task in inner.open.values() if "opinions" in task.data
    ]
    assert [one["unit"] for one in token.data["opinions"]] == ["u2", "u3"]
    finish(driver)


def test_a_new_co_handler_where_all_others_have_spoken() -> None:
    """While the lead's own inside still runs, the part of the co-handlers is opened again for the new one only."""
    driver = divided(u1="lead", u2="co")
    for name in ("give@u2", "check@u1"):
        do(driver, name)
    kept = tasks(driver)["read@u1"]
    change(driver, u1="lead", u2="co", u3="co")
    assert tasks(driver)["read@u1"] == kept
    assert set(tasks(driver)) == {"read@u1", "give@u3"}
    for name in ("give@u3", "check@u1", "read@u1", "prepare@u1"):
        do(driver, name)
    [token] = [
        task for inner in driver.case.workflow.workflows() for task in inner.open.values() if "opinions" in task.data
    ]
    assert [one["unit"] for one in token.data["opinions"]] == ["u2", "u3"]
    finish(driver)


def test_what_cannot_be_is_refused_and_changes_nothing() -> None:
    """The same roles again; a co-handler for a unit that has done its part; a case nobody handles."""
    driver = divided(u1="separate", u2="separate")
    with pytest.raises(Unexpected, match="same_division"):
        change(driver, u1="separate", u2="separate")
    for name in ("read@u1", "prepare@u1", "draft@u1"):
        do(driver, name)
    before = tasks(driver)
    with pytest.raises(Unexpected, match="late_division"):
        change(driver, u1="lead", u2="co")
    assert tasks(driver) == before
    finish(driver)


ROLES = st.sampled_from(["lead", "separate"])


@st.composite
def divisions(draw: st.DrawFn) -> dict[str, str]:
    """Some of six units, all separate or one lead and the rest co-handlers."""
    units = draw(st.lists(st.sampled_from([f"u{n}" for n in range(1, 7)]), min_size=1, max_size=6, unique=True))
    if draw(ROLES) == "separate":
        return dict.fromkeys(units, "separate")
    return {unit: "lead" if number == 0 else "co" for number, unit in enumerate(units)}


def untouched(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """The units whose tasks a change must leave alone: co-handlers who stay, separate handlers who stay."""
    same = {unit for unit, role in after.items() if before.get(unit) == role}
    return {unit for unit in same if after[unit] == "separate" or ("lead" in before.values() and after[unit] == "co")}


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(divisions(), st.data())
def test_whoever_stays_is_not_touched(first: dict[str, str], data: st.DataObject) -> None:
    """In any division, after any steps, any change: others keep their tasks; the case replays and comes to its end."""
    driver, roles = divided(**first), first
    for _ in range(data.draw(st.integers(1, 4))):
        for _ in range(data.draw(st.integers(0, 6))):
            if driver.case.tasks:
                do(driver, data.draw(st.sampled_from(sorted(tasks(driver)))))
        if driver.case.is_finished:
            break
        wanted, before = data.draw(divisions()), tasks(driver)
        try:
            effects = change(driver, **wanted)
        except Unexpected as refused:
            assert refused.code in {"same_division", "late_division", "not_regroupable"}  # noqa: PT017
            assert tasks(driver) == before
            continue
        safe = untouched(roles, wanted)
        touched = {x.task_id for x in effects if isinstance(x, TaskClosed | TaskChanged | TaskOpened)}
        mine = {task for name, task in before.items() if name.startswith("give@") or roles.get(name[-2:]) == "separate"}
        assert not touched & {task for name, task in before.items() if name[-2:] in safe and task in mine}
        roles = wanted
    finish(driver)
