"""Gateways: token rules in and out of loops, data behind joins, events that exclude each other, ends."""

from itertools import product

import pytest

from services.workflow.engine import EngineError, Stimulus, compile_bundle, start
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import BEGIN, Driver, calendar


def test_the_first_condition_that_holds_wins() -> None:
    """An exclusive gateway asks its conditions in order and takes the default when none holds."""
    nodes = d.node("exclusiveGateway", "x", default="rest") + "".join(d.user(key) for key in "abc")
    paths = ("start x", ("x a end", "n > 5"), ("x b end", "n > 3"), ("x c end", "", "rest"))
    for n, way in ((6, "a"), (4, "b"), (0, "c")):
        assert Driver(s.sketch(nodes, *paths), {"n": n}).tasks() == {way: 1}


def test_moving_a_box_does_not_change_the_way() -> None:
    """Where several conditions hold, the first in the file wins, however low its target is drawn."""
    nodes = d.node("exclusiveGateway", "x", default="rest") + "".join(d.user(key) for key in "abc")
    xml = s.sketch(nodes, "start x", ("x a end", "True"), ("x b end", "True"), ("x c end", "", "rest"))
    assert Driver(xml).tasks() == Driver(d.upside_down(xml)).tasks() == {"a": 1}


@pytest.mark.parametrize("tag", ["exclusiveGateway", "inclusiveGateway"])
def test_a_gateway_without_a_way_is_an_error(tag: str) -> None:
    """Where no condition holds and no default is drawn the step fails and names the gateway."""
    nodes = d.node(tag, "x") + d.user("a") + d.user("b")
    with pytest.raises(EngineError) as error:
        Driver(s.sketch(nodes, "start x", ("x a end", "n > 1"), ("x b end", "n > 2")), {"n": 0})
    assert (error.value.code, error.value.element) == ("no_flow", "x")


def looped(tag: str, *, condition: str = "") -> bytes:
    """start → begin → fork → a, b → join → after → again? → begin."""
    nodes = d.node("exclusiveGateway", "begin") + d.user("a") + d.user("b") + d.user("after")
    extra = {"default": "rest"} if condition else {}
    nodes += d.node(tag, "fork", **extra) + d.node(tag, "join") + d.node("exclusiveGateway", "again", default="no")
    ways = [("fork a join", condition), ("fork b join", "", "rest" if condition else "")]
    xml = s.sketch(nodes, "start begin fork", *ways, "join after again",
                   ("again begin", "after.again"), ("again end", "", "no"))  # fmt: skip
    return xml


@pytest.mark.parametrize("orders", list(product(["ab", "ba"], repeat=3)))
def test_a_parallel_join_in_a_loop_waits_for_both(orders: tuple[str, ...]) -> None:
    """In every round the join waits for both branches, in whatever order they come (the library's fires early)."""
    driver = Driver(looped("parallelGateway"))
    for number, order in enumerate(orders):
        driver.complete(order[0])
        assert driver.tasks() == {order[1]: 1}
        driver.complete(order[1])
        assert driver.tasks() == {"after": 1}
        driver.complete("after", again=number < 2)
    assert driver.case.is_finished
    driver.check()


def inclusive() -> bytes:
    """A loop around an inclusive pair with two conditions and a default."""
    nodes = d.node("exclusiveGateway", "begin") + "".join(d.user(key) for key in ("a", "b", "c", "after"))
    nodes += d.node("inclusiveGateway", "fork", default="rest") + d.node("inclusiveGateway", "join")
    nodes += d.node("exclusiveGateway", "again", default="no")
    ways = (("fork a join", "'a' in after.ways"), ("fork b join", "'b' in after.ways"), ("fork c join", "", "rest"))
    return s.sketch(nodes, "start begin fork", *ways, "join after again",
                    ("again begin", "after.again"), ("again end", "", "no"))  # fmt: skip


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_an_inclusive_join_in_a_loop_waits_for_those_who_come(order: str) -> None:
    """Each round takes other branches; the join waits for exactly those."""
    driver = Driver(inclusive(), {"after": {"ways": [*order]}})
    for ways in (order, "b", "", order[::-1], "a"):
        expected = list(ways or "c")
        for number, key in enumerate(expected):
            assert driver.tasks() == dict.fromkeys(expected[number:], 1)
            driver.complete(key)
        assert driver.tasks() == {"after": 1}
        following = {order: "b", "b": [], "": [*order[::-1]]}.get(ways, "a")
        driver.complete("after", again=ways != "a", ways=[*following])
    assert driver.case.is_finished
    driver.check()


def test_an_inclusive_join_goes_on_when_nobody_else_can_come() -> None:
    """A branch that leaves for another end, or is taken away, does not keep the others waiting."""
    nodes = d.node("parallelGateway", "fork") + d.node("inclusiveGateway", "join") + d.node("endEvent", "gone")
    nodes += d.user("a") + d.user("b") + d.user("after") + d.node("exclusiveGateway", "x", default="leave")
    paths = ("start fork a join after end", "fork b x", ("x join", "b.stay"), ("x gone", "", "leave"))
    driver = Driver(s.sketch(nodes, *paths))
    driver.complete("a")
    assert driver.tasks() == {"b": 1}
    driver.complete("b", stay=False)
    assert driver.tasks() == {"after": 1}
    driver.check()


def test_an_inclusive_join_looks_again_when_a_token_is_moved() -> None:
    """An operator takes the other branch to an end: what waits at the join goes on in the same step."""
    nodes = d.node("parallelGateway", "fork") + d.node("inclusiveGateway", "join") + d.node("endEvent", "gone")
    nodes += d.user("a") + d.user("b") + d.user("after") + d.user("way_out")
    nodes += d.node("exclusiveGateway", "x", default="stay")
    xml = s.sketch(
        nodes, "start fork a join after end", "fork b x", ("x way_out gone", "b.out"), ("x join", "", "stay")
    )
    driver = Driver(xml)
    driver.complete("a")
    driver.step("operator", verb="move", cancel=[driver.task("b")], to="way_out")
    assert driver.tasks() == {"way_out": 1, "after": 1}
    driver.check()


def test_excess_tokens_wait_for_their_own_partner() -> None:
    """Two tokens on one flow are two tokens: the join fires once for each pair."""
    nodes = d.node("parallelGateway", "fork") + d.node("parallelGateway", "twice") + d.node("exclusiveGateway", "merge")
    nodes += d.node("parallelGateway", "join") + "".join(d.user(key) for key in ("a1", "a2", "b1", "b2", "after"))
    nodes += d.node("exclusiveGateway", "merge_b")
    paths = ("start fork twice a1 merge join after end", "twice a2 merge", "fork b1 merge_b join", "fork b2 merge_b")
    driver = Driver(s.sketch(nodes, *paths))
    driver.complete("a1")
    driver.complete("a2")
    assert driver.tasks() == {"b1": 1, "b2": 1}
    driver.complete("b1")
    assert driver.tasks() == {"b2": 1, "after": 1}
    driver.complete("b2")
    assert driver.tasks() == {"after": 2}
    driver.complete("after")
    assert not driver.case.is_finished
    driver.complete("after")
    assert driver.case.is_finished
    driver.check()


def test_two_flows_between_the_same_gateways() -> None:
    """A fork whose branches are both empty is joined once."""
    nodes = d.node("parallelGateway", "fork") + d.node("parallelGateway", "join") + d.user("after")
    driver = Driver(s.sketch(nodes, "start fork join after end", "fork join"))
    assert driver.tasks() == {"after": 1}
    driver.complete("after")
    assert driver.case.is_finished


def test_branches_do_not_take_back_what_others_changed() -> None:
    """Behind a join stands what each branch changed; a branch that did not touch a variable does not reset it."""
    nodes = d.node("parallelGateway", "fork") + d.node("parallelGateway", "join") + d.user("a") + d.user("b")
    nodes += d.script("x", "n = 2\nbox.a = 1") + d.script("y", "box.b = 2\nnew = true")
    driver = Driver(s.sketch(nodes, "start fork a x join end", "fork b y join"), {"n": 1, "box": {"old": 0}})
    driver.complete("a")
    driver.complete("b")
    data = driver.case.workflow.data
    assert (data["n"], data["box"], data["new"]) == (2, {"old": 0, "a": 1, "b": 2}, True)
    driver.check()


@pytest.mark.parametrize(
    ("before", "after"), [(0, False), (1, True), (False, 0), ([1], [True]), ({"k": 1}, {"k": 1.0})]
)
def test_equal_is_not_the_same(before: object, after: object) -> None:
    """A branch that turns 1 into true, or the other way round, has changed it, also in a stored state."""
    nodes = d.node("parallelGateway", "fork") + d.node("parallelGateway", "join") + d.user("b")
    nodes += d.user("a", ext=d.hy("task", role="r", result="got")) + d.script("x", "v = got.v") + d.user("c")
    driver = Driver(s.sketch(nodes, "start fork a x c join end", "fork b join"), {"v": before})
    driver.complete("a", v=after)
    driver.complete("c")
    driver.complete("b")
    assert repr(driver.case.workflow.data["v"]) == repr(after)
    driver.check()


def gateway() -> bytes:
    """An event gateway with two timers and a message."""
    nodes = d.node("eventBasedGateway", "wait") + d.user("a") + d.user("b") + d.user("c")
    nodes += d.node("intermediateCatchEvent", "long", d.timer(duration="PT10H"))
    nodes += d.node("intermediateCatchEvent", "short", d.timer(duration="PT1H"))
    nodes += d.node("receiveTask", "told", ext=d.hy("message", key="'k'", result="got"), messageRef="msg_m")
    paths = ("start wait long a end", "wait short b end", "wait told c end")
    return s.sketch(nodes, *paths, messages=("m",))


def test_the_event_that_comes_first_wins() -> None:
    """Two timers and a message behind one event gateway each lead their own way and clear the others."""
    for act, way in (("long", "a"), ("short", "b"), ("message", "c")):
        driver = Driver(gateway())
        waits = sorted(driver.case.waits.items(), key=lambda row: row[1]["position"])
        assert [wait["kind"] for _, wait in waits] == ["timer", "timer", "message"]
        hours = [int(str(wait["due_at"])[11:13]) for _, wait in waits if "due_at" in wait]
        assert (hours[0] - hours[1]) % 24 == 9
        if act == "message":
            driver.step("message", name="m", key="k", data={"x": 1})
        else:
            driver.step("timer", timer=waits[act == "short"][0])
        assert driver.tasks() == {way: 1}
        assert not driver.case.waits
        driver.complete(way)
        assert driver.case.is_finished
        assert driver.case.workflow.data.get("got") == ({"x": 1} if act == "message" else None)
        driver.check()


def test_an_event_gateway_takes_signals_and_conditions_too() -> None:
    """A signal thrown in a parallel branch, or a condition that comes true, chooses the way."""
    nodes = d.node("parallelGateway", "fork") + d.node("eventBasedGateway", "wait") + d.user("go") + d.user("a")
    nodes += d.node("intermediateCatchEvent", "on_signal", s.signal("s"))
    nodes += d.node("intermediateCatchEvent", "on_record", s.conditional("records.contact"))
    nodes += d.node("intermediateThrowEvent", "throw", s.signal("s")) + d.node("endEvent", "e2") + d.user("b")
    paths = ("start fork wait on_signal a end", "wait on_record b end", "fork go throw e2")
    ext = d.hy("accepts", record="contact")
    driver = Driver(s.sketch(nodes, *paths, signals=("s",), ext=ext))
    driver.complete("go")
    assert driver.tasks() == {"a": 1}
    driver.check()
    driver = Driver(s.sketch(nodes, *paths, signals=("s",), ext=ext))
    driver.step("record", record="contact", data={})
    assert driver.tasks() == {"go": 1, "b": 1}
    driver.check()


def test_terminate_ends_its_scope_only() -> None:
    """A terminate end in a sub-process ends every token of it; the process around goes on with its data."""
    inner = d.node("parallelGateway", "fork") + d.user("slow") + d.user("quick")
    inner += d.node("endEvent", "stop", "<bpmn:terminateEventDefinition/>")
    sub = s.scope("sub", inner, "sub_start fork quick stop", "fork slow sub_end")
    driver = Driver(s.sketch(sub + d.user("after"), "start sub after end"))
    driver.complete("quick", x=1)
    assert driver.tasks() == {"after": 1}
    driver.complete("after")
    assert driver.case.workflow.data["quick"] == {"x": 1}
    driver.check()


def test_terminate_ends_the_case() -> None:
    """A terminate end of the process itself ends the case with its id as the outcome."""
    nodes = d.node("parallelGateway", "fork") + d.user("slow") + d.user("quick")
    nodes += d.node("endEvent", "stop", "<bpmn:terminateEventDefinition/>")
    driver = Driver(s.sketch(nodes, "start fork quick stop", "fork slow end"))
    driver.complete("quick")
    assert driver.case.is_finished
    assert driver.case.outcome == "stop"
    assert not driver.case.tasks
    driver.check()


@pytest.mark.parametrize(("event", "way"), [("", "a"), ("start", "a"), ("by_message", "b")])
def test_of_several_start_events_the_named_one_starts(event: str, way: str) -> None:
    """A case begins at the start event it is told, else at the one without a trigger."""
    nodes = d.node("startEvent", "by_message", d.message("m", key="'k'")) + d.user("a") + d.user("b")
    xml = s.sketch(nodes, "start a end", "by_message b end", messages=("m",))
    assert begun(xml, event) == [way]


def test_an_unknown_start_event_is_an_error() -> None:
    """A start event the process does not have is not replaced by another one in silence."""
    with pytest.raises(EngineError) as error:
        begun(s.sketch(d.user("a"), "start a end"), "nowhere")
    assert (error.value.code, error.value.element) == ("unknown_element", "nowhere")


def begun(xml: bytes, event: str) -> list[str]:
    """The elements of the open tasks of a case begun at a start event."""
    facts = {"process": "P", "event": event, "matter": {"matter_id": "M1"}}
    case, _ = start("C1", Stimulus("start", BEGIN, {}, facts), compile_bundle({"p.bpmn": xml}, {}), calendar())
    return [entry["element"] for entry in case.tasks.values()]


def test_a_case_ends_when_its_last_token_ends() -> None:
    """Tokens at different ends: the case is finished by the last, whose end is its outcome."""
    nodes = d.node("parallelGateway", "fork") + d.user("a") + d.user("b") + d.node("endEvent", "end_b")
    driver = Driver(s.sketch(nodes, "start fork a end", "fork b end_b"))
    driver.complete("b", x=1)
    assert not driver.case.is_finished
    driver.complete("a", y=1)
    assert driver.case.is_finished
    assert driver.case.outcome == "end"
    assert driver.case.workflow.data == {"a": {"y": 1}, "b": {"x": 1}, "x": 1, "y": 1}
