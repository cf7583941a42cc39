"""Random diagrams in random orders: the engine does what an independent model of BPMN says, at every step."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine.blocks import Action, Block, blocks
from tests.unit.workflow.engine.driving import Driver
from tests.unit.workflow.engine.wholes import variables, whole

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def awaited(driver: Driver) -> Counter[Action]:
    """What the engine says can happen next."""
    found: Counter[Action] = Counter({("task", element): n for element, n in driver.tasks().items()})
    for kind in ("timer", "message"):
        found.update((kind, element) for element, _ in driver.waiting(kind))
    return found


def play(block: Block, data: st.DataObject) -> None:
    """Run engine and model side by side to the end; now and then a record starts a branch."""
    xml, model = whole(block)
    driver = Driver(d.upside_down(xml), variables())
    for _ in range(400):
        expected = Counter(model.actions())
        assert awaited(driver) == expected
        assert driver.case.is_finished == (not expected)
        if not expected:
            break
        if model.asides < 3 and data.draw(st.integers(0, 5)) == 0:
            near = data.draw(st.sampled_from([None, *sorted(e["id"] for e in driver.case.tasks.values())]))
            driver.step("record", record="contact", task=near, data={"n": 1})
            model.asides += 1
            continue
        action = data.draw(st.sampled_from(sorted(expected)))
        model.act(action)
        kind, element = action
        if kind == "task":
            driver.complete(element, data.draw(st.integers(0, expected[action] - 1)), done=element)
        elif kind == "timer":
            driver.ring(element)
        else:
            driver.receive(element, told=element)
    driver.check()


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(blocks(), st.data())
def test_engine_does_what_the_model_says(block: Block, data: st.DataObject) -> None:
    """Open tasks, timers and messages agree with the model after every step, saved, restored and replayed."""
    play(block, data)


@pytest.mark.long
@settings(max_examples=5000, deadline=None, suppress_health_check=SLOW)
@given(blocks(), st.data())
def test_engine_does_what_the_model_says_for_long(block: Block, data: st.DataObject) -> None:
    """The same, at length."""
    play(block, data)
