"""Random diagrams of every element the engine executes, in random orders, against the independent model.

After every step the case is stored and restored by another worker: two separately read packages take turns.
"""

import re
from collections import Counter
from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from services.workflow.engine import Bundle, canonical, compile_bundle, conformance, dump, load, scopes
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import specimens
from tests.unit.workflow.engine.blocks import Action, Block
from tests.unit.workflow.engine.driving import Driver, calendar
from tests.unit.workflow.engine.shapes import shapes
from tests.unit.workflow.engine.wholes import WholeRun, variables, whole

QUICK = settings(max_examples=3000, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


class Shift(Driver):
    """A case that is handed to the other worker after every step: each has read the package by itself."""

    def __init__(self, xml: bytes) -> None:
        super().__init__(xml, variables(), route_dmn=specimens.ROUTE)
        files = {"p.bpmn": xml, "route.dmn": specimens.ROUTE}
        self.other: Bundle = compile_bundle(files, self.bundle.settings)

    def save(self) -> None:
        """The other worker takes over."""
        before, blob = canonical(self.case), dump(self.case)
        self.bundle, self.other = getattr(self, "other", self.bundle), self.bundle
        self.case = load("C1", blob, self.bundle, calendar())
        assert canonical(self.case) == before


def opened(driver: Driver, model: WholeRun) -> dict[Action, list[str]]:
    """What the engine says can happen next, with the ids; what is open in instances at once by their places."""
    rows = [("task", entry["element"], entry["id"], number) for number, entry in driver.case.tasks.items()]
    for kind in ("timer", "message"):
        rows += [(kind, name, key, driver.case.waits[key]["task"]) for name, key in driver.waiting(kind)]
    found: dict[Action, list[str]] = {}
    for kind, element, key, number in rows:
        boxes = scopes.place(driver.case.workflow.get_task_from_id(number)).split("/")[:-1]
        places = [box.partition("[")[2][:-1] for box in reversed(boxes) if box.partition("[")[0] in model.together]
        found.setdefault((kind, "@".join([element, *places])), []).append(key)
    return found


def happen(driver: Driver, kind: str, key: str) -> None:
    """A task is done, a timer rings, a message comes."""
    if kind == "task":
        driver.step("complete_task", task=key, data={"done": key})
    elif kind == "timer":
        driver.step("timer", datetime.fromisoformat(driver.case.waits[key]["due_at"]), timer=key)
    else:
        driver.step("message", subscription=key, data={"told": key})


def disturb(driver: Driver, model: WholeRun, data: st.DataObject) -> bool:
    """Now and then a record starts a branch, seldom the process is interrupted; a record, when all wait for one."""
    chance = data.draw(st.integers(0, 40))
    stuck = not any(model.actions())
    if model.gone or not (stuck or chance < 6):
        return False
    if not stuck and chance == 0:
        driver.step("message", name="withdrawn", key="M1", data={})
        model.interrupt()
        return True
    if not stuck and model.world.records >= 3:
        return False
    near = None if stuck else data.draw(st.sampled_from([None, *sorted(e["id"] for e in driver.case.tasks.values())]))
    driver.step("record", record="contact", task=near, data={"n": 1})
    model.add_record()
    return True


def play(block: Block, terminating: bool, data: st.DataObject) -> None:
    """Run engine and model side by side to the end."""
    xml, model = whole(block, terminating=terminating)
    driver = Shift(d.upside_down(xml))
    for _ in range(400):
        expected, found = Counter(model.actions()), opened(driver, model)
        assert {action: len(keys) for action, keys in found.items()} == expected
        assert driver.case.is_finished == model.is_finished()
        if model.is_finished():
            break
        if disturb(driver, model, data):
            continue
        action = data.draw(st.sampled_from(sorted(expected)))
        assert model.act(action)
        happen(driver, action[0], data.draw(st.sampled_from(sorted(found[action]))))
    assert driver.case.is_finished
    driver.check()


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(shapes(), st.booleans(), st.data())
def test_every_shape_does_what_the_model_says(block: Block, terminating: bool, data: st.DataObject) -> None:
    """What is open and awaited agrees with the model after every step, whoever has taken over, and at the end."""
    play(block, terminating, data)


@pytest.mark.long
@settings(max_examples=4000, deadline=None, suppress_health_check=SLOW)
@given(shapes(), st.booleans(), st.data())
def test_every_shape_does_what_the_model_says_for_long(block: Block, terminating: bool, data: st.DataObject) -> None:
    """The same, at length."""
    play(block, terminating, data)


def event(place: str, kind: str, more: str = "") -> str:
    """What a drawn event of a kind looks like."""
    return rf"<bpmn:{place} [^>]*{more}[^>]*>(?:(?!</bpmn:{place}>).)*<bpmn:{kind}EventDefinition"


FEATURES = {
    **{name: f"<bpmn:{name} " for name in conformance.NODES},
    **{
        f"catch {kind}": event("intermediateCatchEvent", kind) for kind in ("message", "timer", "signal", "conditional")
    },
    **{f"throw {kind}": event("intermediateThrowEvent", kind) for kind in ("message", "signal")},
    **{f"end {kind}": event("endEvent", kind) for kind in ("error", "escalation", "cancel", "terminate")},
    **{
        f"boundary {kind}": event("boundaryEvent", kind, 'cancelActivity="true"')
        for kind in ("message", "timer", "signal", "conditional", "error", "escalation", "cancel")
    },
    **{
        f"beside {kind}": event("boundaryEvent", kind, 'cancelActivity="false"')
        for kind in ("timer", "signal", "escalation")
    },
    "instances at once": 'isSequential="false"',
    "instances in a row": 'isSequential="true"',
    "standard loop": "<bpmn:standardLoopCharacteristics ",
    "instances of a called process": r"<bpmn:callActivity [^>]*><bpmn:multiInstance",
    "instances of a sub-process": r"<bpmn:multiInstance(?:(?!</bpmn:\w+Task>).)*</bpmn:subProcess>",
    "default flow": ' default="',
    "condition": "<bpmn:conditionExpression",
}
"""What the generator must be able to draw: everything that docs/elements.md says is executed, inside a process."""


@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_the_generator_draws_everything(feature: str) -> None:
    """For each element, event and kind of repetition there is a random diagram that has it."""
    found = re.compile(FEATURES[feature], re.DOTALL)
    find(shapes(), lambda block: found.search(whole(block)[0].decode()) is not None, settings=QUICK)
