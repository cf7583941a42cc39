"""A case that another diagram has taken comes to that diagram's end: nothing breaks, and no token waits for ever."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.workflow.engine import Unexpected, canonical, replay, standing
from tests.unit.workflow.engine.blocks import Block, blocks
from tests.unit.workflow.engine.driving import Driver, calendar
from tests.unit.workflow.engine.test_migrations import move, target
from tests.unit.workflow.engine.test_random_moves import go_on
from tests.unit.workflow.engine.test_random_runs import SLOW
from tests.unit.workflow.engine.test_reversals import pairs
from tests.unit.workflow.engine.wholes import variables, whole


def play(old: Block, new: Block, data: st.DataObject) -> None:
    """Some steps under one diagram, the rest under another; whatever was accepted ends."""
    (xml, _), (other, _) = whole(old), whole(new)
    driver = Driver(xml, variables())
    first, bundle = driver.bundle, target(other)
    for _ in range(data.draw(st.integers(0, 6))):
        if not go_on(driver, data):
            return
    try:
        move(driver, bundle, map=pairs(xml, other, data))
    except Unexpected:
        return
    while go_on(driver, data):
        pass
    assert driver.case.is_finished, standing(driver.case)
    again = replay("C1", driver.log, first, calendar(), {bundle.version: bundle})
    assert canonical(again) == canonical(driver.case)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(blocks(), blocks(), st.data())
def test_what_another_diagram_has_taken_comes_to_its_end(old: Block, new: Block, data: st.DataObject) -> None:
    """From any point of a run, with any element standing for any other of its kind."""
    play(old, new, data)


@pytest.mark.long
@settings(max_examples=3000, deadline=None, suppress_health_check=SLOW)
@given(blocks(), blocks(), st.data())
def test_what_another_diagram_has_taken_comes_to_its_end_for_long(old: Block, new: Block, data: st.DataObject) -> None:
    """The same, at length."""
    play(old, new, data)
