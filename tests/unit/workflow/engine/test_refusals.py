"""Records that scopes accept, and stimuli that do not fit: refused, and as if they had never been."""

from typing import Any

import pytest

from services.workflow.engine import Recorded, Stimulus, TaskOpened, Unexpected, canonical, step
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver


def test_accepts_belong_to_scopes() -> None:
    """Records are accepted by the task, by what is around it, or by the case; without a task by whatever is open."""
    inner = d.user("t", ext=d.hy("accepts", record="progress_note"))
    sub = s.scope("sub", inner, "sub_start t sub_end", ext=d.hy("accepts", record="contact"))
    driver = Driver(s.sketch(sub + d.user("last"), "start sub last end", ext=d.hy("accepts", record="blocker")))
    opened = next(e for e in driver.effects if isinstance(e, TaskOpened))
    assert opened.accepts == ("blocker", "contact", "progress_note")
    task = driver.task("t")
    (record,) = driver.step("record", record="contact", task=task, data={"n": 1}, unit="u1", role="r")
    assert record == Recorded("C1.r1", "contact", {"n": 1}, "t", task, "u1", "r")
    for name in ("blocker", "contact", "progress_note"):
        driver.step("record", record=name, data={})
    for facts in ({"record": "reply"}, {"record": "reply", "task": task}):
        with pytest.raises(Unexpected) as error:
            driver.step("record", data={}, **facts)
        assert error.value.code == "not_accepted"
    driver.complete("t")
    with pytest.raises(Unexpected) as error:
        driver.step("record", record="contact", task=task, data={})
    assert error.value.code == "task_closed"
    with pytest.raises(Unexpected):
        driver.step("record", record="contact", data={})
    assert driver.case.facts["records"] == {"contact": 2, "blocker": 1, "progress_note": 1}
    driver.check()


@pytest.mark.parametrize("form", ["task", "scope"])
def test_instances_accept_what_their_activity_accepts(form: str) -> None:
    """What a multi-instance activity accepts, every task in it accepts."""
    ext, loop = d.hy("accepts", record="contact"), d.each("units", "unit")
    node = d.user("t", loop, ext=ext) if form == "task" else ""
    node = node or s.scope("sub", d.user("t"), "sub_start t sub_end", ext=ext, extra=loop)
    driver = Driver(s.sketch(node, f"start {'t' if form == 'task' else 'sub'} end"), {"units": ["u1", "u2"]})
    assert [e.accepts for e in driver.effects if isinstance(e, TaskOpened)] == [("contact",), ("contact",)]
    driver.step("record", record="contact", task=driver.task("t", 1), data={})
    driver.check()


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("complete_task", {"task": "C1.9"}, "task_closed"),
        ("complete_task", {}, "task_closed"),
        ("message", {"subscription": "C1.s9"}, "not_expected"),
        ("message", {"name": "m", "key": "other"}, "not_expected"),
        ("message", {}, "not_expected"),
        ("timer", {"timer": "C1.t9"}, "timer_gone"),
        ("operator", {"verb": "dance"}, "unknown_verb"),
        ("operator", {}, "unknown_verb"),
        ("record", {"record": "contact"}, "not_accepted"),
        ("dance", {}, "unknown_stimulus"),
    ],
)
def test_what_does_not_fit_changes_nothing(kind: Any, data: dict[str, Any], code: str) -> None:
    """A stimulus that does not fit is refused with its code; the live case, its time and pins are untouched."""
    nodes = d.node("parallelGateway", "fork") + d.user("a")
    nodes += d.node("intermediateCatchEvent", "m", d.message("m", key="'k'"))
    driver = Driver(s.sketch(nodes, "start fork a end", "fork m end", messages=("m",)))
    before = canonical(driver.case)
    late = driver.now.replace(year=2027)
    with pytest.raises(Unexpected) as error:
        step(driver.case, Stimulus(kind, late, {}, {**data, "pins": {"point/u1": "Q"}}))
    assert error.value.code == code
    assert canonical(driver.case) == before
    driver.complete("a")
    driver.check()


def test_a_finished_case_takes_nothing_more() -> None:
    """Whatever comes after the end is refused."""
    driver = Driver(s.sketch(d.user("a"), "start a end"))
    driver.complete("a")
    with pytest.raises(Unexpected) as error:
        driver.step("complete_task", task="C1.1", data={})
    assert error.value.code == "case_finished"


def test_a_task_is_done_once() -> None:
    """The second completion of a task is refused: the first accepted wins."""
    driver = Driver(s.sketch(d.user("a") + d.user("b"), "start a b end"))
    task = driver.task("a")
    driver.complete("a")
    with pytest.raises(Unexpected) as error:
        driver.step("complete_task", task=task, data={})
    assert error.value.code == "task_closed"
