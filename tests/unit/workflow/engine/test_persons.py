"""A task may be for one person alone: `hy:task person=`."""

import pytest

from services.workflow.engine import EngineError, TaskChanged, TaskOpened
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver


def rated(**variables: object) -> Driver:
    """A process whose one task is for `who`."""
    task = d.user("rate", ext=d.hy("task", role="deputy", unit="where", person="who"))
    return Driver(s.sketch(task, "start rate end"), {"where": None, **variables})


@pytest.mark.parametrize("who", ["D7", {"id": "D7", "name": "张代表"}, [{"id": "D7"}]])
def test_the_diagram_names_a_person(who: object) -> None:
    """An id or a record with one; the task keeps it, over storing and replay."""
    driver = rated(who=who)
    [opened] = [e for e in driver.effects if isinstance(e, TaskOpened)]
    assert (opened.role, opened.unit, opened.person) == ("deputy", None, "D7")
    assert [entry["person"] for entry in driver.case.tasks.values()] == ["D7"]
    driver.complete("rate")
    driver.check()


@pytest.mark.parametrize("who", [None, "", [], {"name": "张代表"}, ["D7", "D8"]])
def test_nobody_and_several_are_no_person(who: object) -> None:
    """Else a task for one would be open to everybody who holds the role."""
    with pytest.raises(EngineError) as error:
        rated(who=who)
    assert (error.value.code, error.value.element) == ("not_a_person", "rate")


def test_a_task_without_a_person_keeps_its_stored_form() -> None:
    """States stored before there were persons stay equal to what their log leads to."""
    driver = Driver(s.sketch(d.user("t"), "start t end"))
    assert all("person" not in entry for entry in driver.case.tasks.values())


@pytest.mark.parametrize(
    ("wish", "changed"),
    [
        ({"person": "D8"}, TaskChanged("C1.1", "deputy", "u1", "D8")),
        ({}, TaskChanged("C1.1", "deputy", "u1", "D7")),
        ({"unit": "u2"}, TaskChanged("C1.1", "deputy", "u2", None)),
        ({"role": "office"}, TaskChanged("C1.1", "office", "u1", None)),
        ({"role": "office", "person": "P3"}, TaskChanged("C1.1", "office", "u1", "P3")),
        ({"person": None}, TaskChanged("C1.1", "deputy", "u1", None)),
    ],
)
def test_a_transfer_may_change_the_person(wish: dict[str, object], changed: TaskChanged) -> None:
    """What is not named stays; another unit or role frees the task from the one person it was for."""
    driver = rated(who="D7", where="u1")
    driver.step("operator", verb="transfer", task="C1.1", **wish)
    assert driver.effects == [changed]
    assert [entry.get("person") for entry in driver.case.tasks.values()] == [changed.person]
    driver.check()
