"""Random returns and moves to anywhere: whatever is not refused leaves a case that comes to its end.

A case that is stored at every step stays the case its log leads to.
"""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.workflow.engine import Unexpected, canonical
from tests.unit.workflow.engine.blocks import Block, blocks
from tests.unit.workflow.engine.driving import Driver
from tests.unit.workflow.engine.wholes import variables, whole

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
MOST = 400
"""Steps of a run; the longest of these diagrams has a tenth of it."""


def go_on(driver: Driver, data: st.DataObject) -> bool:
    """Let one ordinary thing happen; False when there is nothing left."""
    choices = [("task", element) for element in sorted(driver.tasks())]
    choices += [(kind, element) for kind in ("timer", "message") for element in sorted(driver.waits(kind))]
    if not choices:
        return False
    kind, element = data.draw(st.sampled_from(choices))
    {"task": driver.complete, "timer": driver.ring, "message": driver.receive}[kind](element)
    return True


def send_anywhere(driver: Driver, elements: list[str], data: st.DataObject) -> None:
    """Return one task, or move some tasks of one scope, to any user task of the diagram."""
    tasks, before = sorted(entry["id"] for entry in driver.case.tasks.values()), canonical(driver.case)
    to = data.draw(st.sampled_from(elements))
    try:
        if data.draw(st.booleans()):
            driver.step("operator", verb="return", task=data.draw(st.sampled_from(tasks)), to=to)
        else:
            chosen = data.draw(st.lists(st.sampled_from(tasks), min_size=1, max_size=3, unique=True))
            driver.step("operator", verb="move", cancel=chosen, to=to)
    except Unexpected as refused:
        assert refused.code in {"unknown_element", "different_scopes", "never_ends"}  # noqa: PT017
        assert canonical(driver.case) == before


def play(block: Block, data: st.DataObject) -> None:
    """Ordinary steps and moves in turn, then ordinary steps to the end: nothing breaks, differs or waits for ever."""
    xml, _ = whole(block)
    elements = sorted(set(re.findall(r'userTask id="([^"]+)"', xml.decode())))
    driver = Driver(xml, variables())
    for _ in range(data.draw(st.integers(1, 12))):
        if driver.case.is_finished:
            break
        if driver.case.tasks and data.draw(st.integers(0, 2)) == 0:
            send_anywhere(driver, elements, data)
        elif not go_on(driver, data):
            break
    while not driver.case.is_finished:
        assert len(driver.log) < MOST
        assert go_on(driver, data)
    driver.check()


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(blocks(), st.data())
def test_moved_cases_stay_what_their_log_says(block: Block, data: st.DataObject) -> None:
    """Whatever is sent anywhere, stored and restored the case is the same, and replaying the log leads to it."""
    play(block, data)


@pytest.mark.long
@settings(max_examples=3000, deadline=None, suppress_health_check=SLOW)
@given(blocks(), st.data())
def test_moved_cases_stay_what_their_log_says_for_long(block: Block, data: st.DataObject) -> None:
    """The same, at length."""
    play(block, data)
