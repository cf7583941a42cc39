"""A case costs the same in its tenth year as in its first, and two runs of one log are the same run."""

from typing import Any

import pytest

from services.workflow.engine import Stimulus, compile_bundle, digest, dump, load, start, step
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import BEGIN, Driver, calendar


def redone(*, reminders: bool = False) -> bytes:
    """handle (by two units at once, in a sub-process) → reply → feedback, again until everybody is content."""
    inner = d.user("handle", d.each("units", "unit", "opinions", "opinion"))
    sub = s.scope("sub", inner + d.user("sum_up"), "sub_start handle sum_up sub_end")
    nodes = d.node("parallelGateway", "fork") + sub + d.user("reply") + d.node("parallelGateway", "join")
    nodes += (
        d.node("exclusiveGateway", "round") + d.user("feedback") + d.node("exclusiveGateway", "content", default="no")
    )
    paths: list[s.Path] = ["start round fork sub join feedback content", "fork reply join"]
    paths += [("content end", "feedback.content"), ("content round", "", "no")]
    if reminders:
        nodes += d.boundary("remind", "sub", d.timer(cycle="R/P7D"), interrupting=False)
        nodes += d.boundary("soon", "feedback", d.timer(duration="P7D"), interrupting=False)
        nodes += d.node("endEvent", "reminded") + d.node("endEvent", "told")
        paths += ["remind reminded", "soon told"]
    return s.sketch(nodes, *paths)


def one_round(driver: Driver, number: int, *, content: bool = False, reminders: bool = False) -> None:
    """A round in an order that differs from round to round."""
    if reminders:
        driver.ring("remind")
        driver.ring("remind")
    first = ["reply", "handle", "handle"] if number % 2 else ["handle", "handle", "reply"]
    for element in first:
        driver.complete(element, note="x" * 20)
    driver.complete("sum_up")
    if reminders:
        driver.ring("soon")
    driver.complete("feedback", content=content)


def size(driver: Driver) -> tuple[int, int]:
    """Bytes of the state, and tasks in the trees."""
    return len(dump(driver.case)), sum(len(workflow.tasks) for workflow in driver.case.workflow.workflows())


@pytest.mark.parametrize("reminders", [False, True])
def test_fifty_rounds_are_no_larger_than_five(reminders: bool) -> None:
    """Redoing a reply again and again leaves no trace in the state but the digits of its counters."""
    driver = Driver(redone(reminders=reminders), {"units": ["u1", "u2"]})
    for number in range(5):
        one_round(driver, number, reminders=reminders)
    small, few = size(driver)
    for number in range(5, 49):
        one_round(driver, number, reminders=reminders)
    large, many = size(driver)
    assert many == few
    assert few < 40
    assert large - small < 120
    one_round(driver, 49, content=True, reminders=reminders)
    assert driver.case.is_finished
    driver.check()


def test_returns_leave_no_trace() -> None:
    """A task that goes back and forth fifty times is no larger than after five."""
    driver = Driver(s.sketch(d.user("a") + d.user("b", ext=d.hy("return", to="a")), "start a b end"))
    sizes = []
    for _ in range(50):
        driver.complete("a", note="x")
        driver.step("operator", verb="return", task=driver.task("b"))
        sizes.append(size(driver))
    assert sizes[-1][1] == sizes[4][1]
    assert sizes[-1][0] - sizes[4][0] < 20


def test_reminders_leave_no_trace() -> None:
    """A hundred reminders of a task that waits for years leave nothing behind once they have been sent."""
    nodes = d.user("a") + d.boundary("remind", "a", d.timer(cycle="R/P7D"), interrupting=False)
    nodes += d.node("endEvent", "reminded", ext=d.hy("notice", template="t", to="role:r"))
    driver = Driver(s.sketch(nodes, "start a end", "remind reminded"))
    sizes = []
    for _ in range(100):
        driver.ring("remind")
        sizes.append(size(driver))
    assert sizes[-1][1] == sizes[4][1]
    assert sizes[-1][0] - sizes[4][0] < 20
    driver.complete("a")
    assert driver.case.is_finished
    driver.check()


def test_what_a_reminder_has_changed_is_kept() -> None:
    """A way that ends before the others and has changed something still counts when the process ends."""
    nodes = d.user("a") + d.boundary("remind", "a", d.timer(cycle="R/P7D"), interrupting=False)
    nodes += d.user("note") + d.script("x", "said = note.text") + d.node("endEvent", "reminded")
    driver = Driver(s.sketch(nodes, "start a end", "remind note x reminded"), {"said": "", "n": 1})
    for text in ("first", "second"):
        driver.ring("remind")
        driver.complete("note", text=text)
    driver.complete("a", done=True)
    assert driver.case.is_finished
    assert driver.case.workflow.data == {
        "said": "second", "n": 1, "note": {"text": "second"}, "a": {"done": True}, "text": "second", "done": True,
    }  # fmt: skip
    driver.check()


@pytest.mark.parametrize("order", ["abc", "acb", "bac", "bca", "cab", "cba"])
def test_ways_that_end_in_any_order_keep_what_each_has_changed(order: str) -> None:
    """A way that ends last does not take back what one that parted from it later, and ended before, has changed."""
    nodes = d.node("parallelGateway", "fork") + d.script("one", "k = 1") + d.node("parallelGateway", "inner")
    nodes += d.script("two", "k = 2\nbox.a = 1") + d.script("three", "box.b = 1") + d.script("four", "box.c = 1")
    nodes += "".join(d.user(key) + d.node("endEvent", f"end_{key}") for key in "abc")
    paths = ("start fork one inner a two end_a", "inner b three end_b", "fork c four end_c")
    xml = s.sketch(nodes, *paths).replace(b'<bpmn:endEvent id="end"></bpmn:endEvent>', b"")
    driver = Driver(xml, {"k": 0, "box": {}})
    for key in order:
        driver.complete(key)
    assert driver.case.is_finished
    assert driver.case.workflow.data["k"] == 2
    assert driver.case.workflow.data["box"] == {"a": 1, "b": 1, "c": 1}
    driver.check()


def run(reload: bool) -> tuple[list[Any], str]:
    """The effects of three rounds and the digest of the state they end in."""
    bundle = compile_bundle({"p.bpmn": redone(reminders=True)}, {})
    facts = {"process": "P", "matter": {"matter_id": "M1"}, "vars": {"units": ["u1", "u2"]}}
    case, found = start("C1", Stimulus("start", BEGIN, {}, facts), bundle, calendar())
    effects = list(found)
    for number in range(18):
        waiting = sorted(case.tasks.values(), key=lambda entry: (entry["element"], entry["id"]))
        entry = waiting[number % len(waiting)]
        data = {"task": entry["id"], "data": {"content": False, "n": number}}
        effects += step(case, Stimulus("complete_task", BEGIN, {}, data))
        if reload:
            case = load("C1", dump(case), bundle, calendar())
    return effects, digest(case)


def test_nothing_is_random() -> None:
    """The same stimuli give the same effects with the same ids and the same state, stored in between or not."""
    first = run(reload=False)
    assert run(reload=False) == first
    assert run(reload=True) == first
    ids = [effect.task_id for effect in first[0] if hasattr(effect, "task_id") and effect.kind == "task_opened"]
    assert ids == [f"C1.{number}" for number in range(1, len(ids) + 1)]


def test_many_cases_share_one_bundle() -> None:
    """Running a case changes nothing in the bundle that another case runs on."""
    bundle = compile_bundle({"p.bpmn": redone(reminders=True)}, {})
    facts = {"process": "P", "matter": {"matter_id": "M1"}, "vars": {"units": ["u1", "u2"]}}
    cases = [start("C1", Stimulus("start", BEGIN, {}, facts), bundle, calendar())[0]]
    before = digest(cases[0])
    for _ in range(4):
        entry = next(iter(cases[0].tasks.values()))
        step(cases[0], Stimulus("complete_task", BEGIN, {}, {"task": entry["id"], "data": {"content": False}}))
    cases.append(start("C1", Stimulus("start", BEGIN, {}, facts), bundle, calendar())[0])
    assert digest(cases[1]) == before


@pytest.mark.parametrize("form", ["sub", "call"])
def test_instances_do_not_repeat_what_is_around_them(form: str) -> None:
    """What every instance has from its surroundings is stored once: a hundred units do not cost a hundred copies."""
    loop, more = d.each("units", "unit", "out", "res"), ""
    if form == "sub":
        node = s.scope("ask", d.user("t"), "ask_start t ask_end", extra=loop)
    else:
        node = d.node("callActivity", "ask", loop, calledElement="Q")
        more = s.called("Q", d.user("t"), "Q_start t Q_end")
    sizes = []
    for count in (50, 100):
        units, text = [f"unit-{number}" for number in range(count)], "x" * 1000
        driver = Driver(s.sketch(node, "start ask end", more=more), {"units": units, "facts": {"text": text}})
        sizes.append(len(dump(driver.case)))
    assert sizes[1] < 2.2 * sizes[0]
    assert sizes[1] / 100 < 600
    driver.complete("t", 3, x=1)
    driver.check()
