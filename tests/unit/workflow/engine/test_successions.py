"""机构改革: a unit's work goes over to its successor, whatever it is doing at that moment."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.workflow.engine import DeadlineMoved, TaskChanged, TaskClosed, TaskOpened, Unexpected
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver
from tests.unit.workflow.engine.groups import divided, do, tasks
from tests.unit.workflow.engine.test_regrouping import SLOW, divisions, finish


def succeed(driver: Driver, unit: str, to: str) -> None:
    """The one unit's work is the other's."""
    driver.step("operator", verb="succeed", unit=unit, to=to)


def test_tasks_and_dates_go_over_as_they_are() -> None:
    """Same task, same date, another unit; what comes later is the successor's too; others hear nothing."""
    driver = divided(u1="lead", u2="co", u3="co")
    before = tasks(driver)
    succeed(driver, "u1", "n1")
    assert tasks(driver) == {"read@n1": before["read@u1"], **{f"give@{u}": before[f"give@{u}"] for u in ("u2", "u3")}}
    assert [(type(x).__name__, x.unit) for x in driver.effects if isinstance(x, TaskChanged | DeadlineMoved)] == [
        ("DeadlineMoved", "n1"),
        ("TaskChanged", "n1"),
    ]
    assert not [x for x in driver.effects if isinstance(x, TaskClosed | TaskOpened)]
    do(driver, "read@n1")
    assert "prepare@n1" in tasks(driver)
    finish(driver)


def test_two_units_that_become_one_handle_the_matter_once() -> None:
    """Lead and co-handler merge: the weightier role stays, nobody gives himself an opinion."""
    driver = divided(u1="co", u2="lead", u3="co")
    succeed(driver, "u1", "n1")
    succeed(driver, "u2", "n1")
    assert set(tasks(driver)) == {"read@n1", "give@u3"}
    finish(driver)


def test_who_is_asked_and_by_which_key_follow_the_unit() -> None:
    """A consultation beside a task, and a message awaited under a key that names the unit."""
    wait = d.node("intermediateCatchEvent", "wait", d.message("revoked", key="case.id + '/' + unit"))
    nodes = d.user("a", ext=d.hy("task", role="r", unit="unit")) + wait + d.node("parallelGateway", "split")
    xml = s.sketch(nodes, "start split a end", "split wait end", messages=("revoked",))
    driver = Driver(xml, {"unit": "u1"})
    driver.step("operator", verb="consult", task=driver.task("a"), text="x", role="r")
    succeed(driver, "u1", "n1")
    assert {side["unit"] for side in driver.case.sides.values()} == {"n1"}
    assert {wait["key"] for wait in driver.case.waits.values()} == {"C1/n1"}
    driver.receive("wait")
    driver.check()


def test_a_unit_succeeds_another_one() -> None:
    """Nobody succeeds himself."""
    driver = divided(u1="lead")
    for unit, to in (("u1", "u1"), ("", "n1"), ("u1", "")):
        with pytest.raises(Unexpected, match="no_unit"):
            succeed(driver, unit, to)


@settings(max_examples=40, deadline=None, suppress_health_check=(*SLOW, HealthCheck.large_base_example))
@given(divisions(), st.data())
def test_nothing_is_left_with_units_that_are_gone(first: dict[str, str], data: st.DataObject) -> None:
    """After any steps units become one: no task or deadline is theirs any more, and the case ends as its log says."""
    driver = divided(**first)
    gone = data.draw(st.lists(st.sampled_from(["u1", "u2", "u3"]), min_size=1, max_size=3, unique=True))
    for unit in gone:
        for _ in range(data.draw(st.integers(0, 5))):
            if driver.case.tasks:
                do(driver, data.draw(st.sampled_from(sorted(tasks(driver)))))
        if driver.case.is_finished:
            break
        others = {name: task for name, task in tasks(driver).items() if name[-2:] not in (*gone, "n1")}
        kept = {task for name, task in others.items() if not name.startswith("check@")}  # of an opinion of theirs
        succeed(driver, unit, "n1")
        assert not [name for name in tasks(driver) if name.endswith(f"@{unit}")]
        assert not [limit for limit in driver.case.deadlines.values() if limit["unit"] == unit]
        assert kept <= set(tasks(driver).values())
    finish(driver)
