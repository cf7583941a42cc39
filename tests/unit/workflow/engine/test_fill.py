"""A form may open filled in: `hy:task fill=`."""

import json

import pytest

from services.workflow.engine import EngineError, TaskOpened
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver

FORM = json.dumps({"type": "object", "properties": {"body": {"type": "string"}, "class": {"type": "string"}}}).encode()


def drafted(fill: str, **variables: object) -> Driver:
    """A draft that may come back from its review; `fill` is what it opens with."""
    nodes = d.user("draft", ext=d.hy("task", role="unit", form="reply", result="reply", fill=fill))
    nodes += d.user("review", ext=d.hy("return", to="draft"))
    return Driver(s.sketch(nodes, "start draft review end"), variables, **{"forms__reply.json": FORM})


def opened(driver: Driver) -> object:
    """What the task just opened holds at first."""
    [task] = [effect for effect in driver.effects if isinstance(effect, TaskOpened)]
    return task.initial


def test_a_draft_that_comes_back_opens_with_what_was_written() -> None:
    """The expression is asked each time the task opens; what is nothing and what the form has not is left out."""
    driver = drafted("reply", reply={"body": None, "old": 1})
    assert opened(driver) == {}
    driver.complete("draft", body={"$doc": "f00d", "chars": 3}, **{"class": "planned"}, extra="x")
    driver.step("operator", verb="return", task=driver.task("review"))
    assert opened(driver) == {"body": {"$doc": "f00d", "chars": 3}, "class": "planned"}
    driver.check()


def test_a_task_without_fill_has_no_initial_content() -> None:
    """Agencies see no field at all."""
    driver = drafted("")
    assert opened(driver) is None


def test_what_is_no_record_fills_no_form() -> None:
    """The step fails with the element's name, before anybody sees the task."""
    with pytest.raises(EngineError) as error:
        drafted("'text'")
    assert (error.value.code, error.value.element) == ("not_a_record", "draft")
