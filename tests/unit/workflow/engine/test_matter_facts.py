"""Facts of a matter that change while its case runs: no token moves, and what is decided later reads the new ones."""

import pytest

from services.workflow.engine import Unexpected, dump
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver


def asked() -> bytes:
    """A task, then a question about the matter."""
    nodes = d.user("t") + d.node("exclusiveGateway", "q", default="no") + d.user("alone") + d.user("group")
    group = ("q group end", "matter.merged and len(matter.merged) > 0")
    return s.sketch(nodes, "start t q", group, ("q alone end", "", "no"))


def test_nothing_moves_and_later_questions_read_the_new_facts() -> None:
    """The same task stays open; the gateway behind it decides by what is true then."""
    driver = Driver(asked())
    assert driver.step("matter", facts={"merged": [{"matter_id": "m2", "matter_no": "034"}]}) == []
    assert driver.tasks() == {"t": 1}
    driver.complete("t")
    assert driver.tasks() == {"group": 1}
    driver.check()


def test_facts_that_are_not_named_stay() -> None:
    """Only what is told changes, and log and state keep it."""
    driver = Driver(asked())
    known = dict(driver.case.facts["matter"])
    driver.step("matter", facts={"main": None})
    assert driver.case.facts["matter"] == {**known, "main": None}
    driver.check()


def test_what_no_json_can_hold_is_refused() -> None:
    """As with any stimulus: nothing has changed."""
    driver = Driver(asked())
    before = dump(driver.case)
    with pytest.raises(Unexpected, match="not_plain"):
        driver.step("matter", facts={"merged": {1, 2}})
    assert dump(driver.case) == before
