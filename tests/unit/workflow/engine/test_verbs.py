"""Return, move, transfer, interrupt: what people may do besides completing tasks."""

from typing import Any

import pytest

from services.workflow.engine import (
    Recorded,
    Subscribed,
    TaskChanged,
    TaskClosed,
    Unexpected,
    Unsubscribed,
    canonical,
)
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver


def operate(driver: Driver, verb: str, **facts: Any) -> None:
    """An operator's verb."""
    driver.step("operator", verb=verb, **facts)


def test_a_task_goes_back_to_where_the_diagram_says() -> None:
    """Return closes the task as returned and opens the earlier one anew, with what has been learnt since."""
    nodes = d.user("a") + d.user("b", ext=d.hy("return", to="a"))
    driver = Driver(s.sketch(nodes, "start a b end"))
    driver.complete("a", x=1)
    task_id = driver.task("b")
    operate(driver, "return", task=task_id)
    assert [e for e in driver.effects if isinstance(e, TaskClosed)] == [TaskClosed(task_id, "b", "returned")]
    assert driver.tasks() == {"a": 1}
    driver.complete("a", x=2)
    driver.complete("b")
    assert driver.case.workflow.data["a"] == {"x": 2}
    driver.check()


@pytest.mark.parametrize("kind", ["scope", "called", "instances"])
def test_the_activity_around_says_where_to_go_back_to(kind: str) -> None:
    """A task without a way back of its own takes that of the activity it stands in."""
    way = d.hy("return", to="a")
    more = ""
    if kind == "called":
        node = d.node("callActivity", "sub", ext=way, calledElement="Q")
        more = s.called("Q", d.user("b"), "Q_start b Q_end")
    else:
        loop = d.each("units", "unit") if kind == "instances" else ""
        node = s.scope("sub", d.user("b"), "sub_start b sub_end", ext=way, extra=loop)
    driver = Driver(s.sketch(d.user("a") + node, "start a sub end", more=more), {"units": ["u1", "u2"]})
    driver.complete("a")
    operate(driver, "return", task=driver.task("b"))
    assert driver.tasks() == {"a": 1}
    driver.check()


def test_without_a_way_back_there_is_none() -> None:
    """A task whose diagram names no way back refuses the verb, unless the operator names one."""
    driver = Driver(s.sketch(d.user("a") + d.user("b"), "start a b end"))
    driver.complete("a")
    with pytest.raises(Unexpected) as error:
        operate(driver, "return", task=driver.task("b"))
    assert error.value.code == "no_way_back"
    with pytest.raises(Unexpected) as error:
        operate(driver, "return", task=driver.task("b"), to="nowhere")
    assert error.value.code == "unknown_element"
    operate(driver, "return", task=driver.task("b"), to="a")
    assert driver.tasks() == {"a": 1}


def parallel() -> bytes:
    """first → fork → a, b → join → after, beside a branch `other`."""
    nodes = d.node("parallelGateway", "split") + d.user("other") + d.node("parallelGateway", "fork")
    nodes += d.node("parallelGateway", "join") + "".join(d.user(key) for key in ("first", "a", "b", "after"))
    return s.sketch(nodes, "start split first fork a join after end", "fork b join", "split other end")


def test_return_out_of_a_parallel_part_takes_the_whole_part() -> None:
    """What has come of the earlier element goes too; a branch beside it stays."""
    driver = Driver(parallel())
    driver.complete("first")
    driver.complete("a")
    operate(driver, "return", task=driver.task("b"), to="first")
    assert driver.tasks() == {"first": 1, "other": 1}
    driver.complete("first")
    assert driver.tasks() == {"a": 1, "b": 1, "other": 1}
    for key in ("b", "a", "after", "other"):
        driver.complete(key)
    assert driver.case.is_finished
    driver.check()


def test_return_inside_one_branch_leaves_the_other() -> None:
    """Going back within a branch touches that branch only, also in a second round."""
    nodes = d.node("parallelGateway", "fork") + d.node("parallelGateway", "join")
    nodes += "".join(d.user(key) for key in ("a1", "a2", "b"))
    driver = Driver(s.sketch(nodes, "start fork a1 a2 join end", "fork b join"))
    for _ in range(3):
        driver.complete("a1")
        operate(driver, "return", task=driver.task("a2"), to="a1")
        assert driver.tasks() == {"a1": 1, "b": 1}
    for key in ("a1", "b", "a2"):
        driver.complete(key)
    assert driver.case.is_finished
    driver.check()


@pytest.mark.parametrize("to", ["a", "x"])
def test_return_in_a_later_round_leaves_the_other_branch(to: str) -> None:
    """In the second round of a loop in one branch, going back to where one stands, or before, touches that only."""
    nodes = d.node("parallelGateway", "fork") + d.node("parallelGateway", "join") + d.user("b")
    nodes += d.node("exclusiveGateway", "x") + d.user("a") + d.node("exclusiveGateway", "again", default="no")
    paths = ("start fork x a again", ("again x", "a.again"), ("again join", "", "no"), "fork b join end")
    driver = Driver(s.sketch(nodes, *paths))
    for _ in range(3):
        driver.complete("a", again=True)
        operate(driver, "return", task=driver.task("a"), to=to)
        assert driver.tasks() == {"a": 1, "b": 1}
    driver.check()


def test_return_after_a_move_finds_the_last_round() -> None:
    """What was done in an earlier round is known, although the token that stood there again has been moved away."""
    nodes = d.node("parallelGateway", "fork") + d.node("inclusiveGateway", "join") + d.user("b")
    nodes += d.node("exclusiveGateway", "x") + d.user("a") + d.node("exclusiveGateway", "again", default="no")
    paths = ("start fork x a again", ("again x", "a.again"), ("again join", "", "no"), "fork b join end")
    driver = Driver(s.sketch(nodes + d.user("c"), *paths[:-1], "fork c b join end"))
    driver.complete("a", again=True)
    operate(driver, "move", cancel=[driver.task("a")], to="b")
    operate(driver, "return", task=driver.task("b"), to="a")
    assert driver.tasks() == {"a": 1, "c": 1}
    driver.check()


def test_return_within_a_branch_that_others_have_left() -> None:
    """A token that went round again from the same element stays when another one goes back to it."""
    nodes = d.node("exclusiveGateway", "x") + d.user("a") + d.node("parallelGateway", "spawn") + d.user("b")
    nodes += d.node("parallelGateway", "fork") + d.user("c") + d.node("endEvent", "e")
    driver = Driver(s.sketch(nodes, "start fork x a spawn b end", "spawn x", "fork c e"))
    driver.complete("a")
    assert driver.tasks() == {"a": 1, "b": 1, "c": 1}
    operate(driver, "return", task=driver.task("b"), to="a")
    assert driver.tasks() == {"a": 1, "c": 1}
    driver.check()


def test_return_out_of_called_instances_ends_them_all() -> None:
    """A co-handler who returns out of a multi-instance call takes the other instances along."""
    inner = s.called("Q", d.user("opinion"), "Q_start opinion Q_end")
    call = d.node("callActivity", "ask", d.each("units", "unit", "out", "got"), calledElement="Q")
    driver = Driver(s.sketch(d.user("a") + call, "start a ask end", more=inner), {"units": ["u1", "u2", "u3"]})
    driver.complete("a")
    driver.complete("opinion")
    operate(driver, "return", task=driver.task("opinion", 1), to="a")
    assert driver.tasks() == {"a": 1}
    driver.complete("a")
    assert driver.tasks() == {"opinion": 3}
    for _ in range(3):
        driver.complete("opinion")
    assert driver.case.is_finished
    driver.check()


def test_return_to_the_same_task_begins_it_again() -> None:
    """A way back to itself opens the task again, with its boundary timer."""
    nodes = d.user("a") + d.boundary("late", "a", d.timer(duration="PT1H")) + d.node("endEvent", "e")
    driver = Driver(s.sketch(nodes, "start a end", "late e"))
    before = dict(driver.case.waits)
    operate(driver, "return", task=driver.task("a"), to="a")
    assert driver.tasks() == {"a": 1}
    assert len(driver.case.waits) == 1
    assert driver.case.waits.keys() != before.keys()
    driver.ring("late")
    assert driver.case.is_finished
    driver.check()


def test_a_task_behind_instances_may_go_back_again_and_again() -> None:
    """What is placed where a multi-instance activity has just ended is no instance of it."""
    nodes = d.user("a") + d.user("ask", d.each("units", "unit")) + d.user("reply")
    driver = Driver(s.sketch(nodes, "start a ask reply end"), {"units": ["u1"]})
    driver.complete("a")
    driver.complete("ask")
    for _ in range(3):
        operate(driver, "return", task=driver.task("reply"), to="reply")
        assert driver.tasks() == {"reply": 1}
        with pytest.raises(Unexpected) as error:
            operate(driver, "end_instance", task=driver.task("reply"))
        assert error.value.code == "not_an_instance"
    operate(driver, "return", task=driver.task("reply"), to="a")
    assert driver.tasks() == {"a": 1}
    driver.check()


@pytest.mark.parametrize(
    "to", ["Start", "End", "P.EndJoin", "ask [child]", "ask.BoundaryEventSplit", "late", "soon", ""]
)
def test_only_elements_a_token_can_enter_are_targets(to: str) -> None:
    """What the engine adds to a diagram, boundary events and the events of a gateway cannot be sent to."""
    nodes = d.user("ask", d.each("units", "unit")) + d.boundary("late", "ask", d.timer(duration="PT1H"))
    nodes += d.node("eventBasedGateway", "wait") + d.node("intermediateCatchEvent", "soon", d.timer(duration="PT1H"))
    driver = Driver(s.sketch(nodes, "start ask wait soon end", "late end"), {"units": ["u1"]})
    for verb, facts in (("return", {"task": "C1.1"}), ("move", {"cancel": "all"}), ("move", {"cancel": ["C1.1"]})):
        with pytest.raises(Unexpected) as error:
            operate(driver, verb, **facts, to=to)
        assert error.value.code in {"unknown_element", "no_way_back"}
    driver.complete("ask")
    driver.check()


def reminding(definition: str) -> bytes:
    """A task `a` with a boundary event that does not interrupt and leads to `told`."""
    nodes = d.user("a") + d.boundary("event", "a", definition, interrupting=False) + d.user("told") + d.user("b")
    return s.sketch(nodes + d.node("endEvent", "e"), "start a b end", "event told e")


@pytest.mark.parametrize("definition", [d.timer(duration="PT1H"), d.timer(cycle="R/PT1H")])
def test_moving_a_reminder_leaves_the_activity(definition: str) -> None:
    """What a boundary event started is a token of its own: moving it does not end the activity, nor the reverse."""
    driver = Driver(reminding(definition))
    driver.ring("event")
    operate(driver, "move", cancel=[driver.task("told")], to="told")
    assert driver.tasks() == {"a": 1, "told": 1}
    operate(driver, "move", cancel=[driver.task("a")], to="b")
    assert driver.tasks() == {"b": 1, "told": 1}
    assert not driver.case.waits
    driver.complete("told")
    driver.complete("b")
    assert driver.case.is_finished
    driver.check()


def test_moving_several_tokens_leaves_one() -> None:
    """Tokens of one scope become one at the named element; moving all takes every token of the case."""
    driver = Driver(parallel())
    driver.complete("first")
    operate(driver, "move", cancel=[driver.task("a"), driver.task("b")], to="after")
    assert driver.tasks() == {"other": 1, "after": 1}
    operate(driver, "move", cancel="all", to="first")
    assert driver.tasks() == {"first": 1}
    assert {e.reason for e in driver.effects if isinstance(e, TaskClosed)} == {"revoked"}
    driver.check()


@pytest.mark.parametrize(
    ("verb", "facts", "join"),
    [
        ("move", {"cancel": ["a"], "to": "after"}, "join"),  # b would wait for a
        ("move", {"cancel": ["a"], "to": "first"}, "join"),  # b would come twice
        ("move", {"cancel": ["a"], "to": "b"}, "join"),  # and so here
        ("move", {"cancel": ["a"], "to": "join"}, "join"),  # on none of its flows
        ("move", {"cancel": "all", "to": "a"}, "join"),  # b would be missing
        ("return", {"task": "a", "to": "b"}, "join"),
    ],
)
def test_no_join_is_left_waiting_in_vain(verb: str, facts: dict[str, Any], join: str) -> None:
    """A move after which the case could never end is refused, names the join, and changes nothing."""
    driver = Driver(parallel())
    driver.complete("first")
    before = canonical(driver.case)
    named = {**facts, "cancel": [driver.task("a")]} if isinstance(facts.get("cancel"), list) else facts
    named = {**named, "task": driver.task("a")} if "task" in facts else named
    with pytest.raises(Unexpected) as error:
        operate(driver, verb, **named)
    assert (error.value.code, error.value.element) == ("never_ends", join)
    assert canonical(driver.case) == before
    driver.check()


def test_a_case_that_waits_in_vain_may_be_mended_step_by_step() -> None:
    """A join that starves by the diagram itself is no reason to refuse the moves that put it right."""
    nodes = d.node("parallelGateway", "fork") + d.node("parallelGateway", "join") + d.user("a") + d.user("b")
    nodes += d.node("exclusiveGateway", "x", default="no") + d.user("after") + d.node("endEvent", "e")
    driver = Driver(s.sketch(nodes, "start fork a join after end", "fork b join", "fork x", ("x join", "false"),
                             ("x e", "", "no")))  # fmt: skip
    driver.complete("a")
    operate(driver, "move", cancel=[driver.task("b")], to="after")
    assert driver.tasks() == {"after": 1}
    operate(driver, "move", cancel="all", to="after")
    driver.complete("after")
    assert driver.case.is_finished
    driver.check()


def test_moves_that_make_no_sense_are_refused() -> None:
    """Nothing chosen, an element nobody knows, a closed task, tokens of different scopes: nothing changes."""
    sub = s.scope("sub", d.user("inner") + d.user("inner2"), "sub_start inner inner2 sub_end")
    sub2 = s.scope("sub2", d.user("deep"), "sub2_start deep sub2_end")
    nodes = d.node("parallelGateway", "fork") + d.user("a") + sub + sub2
    driver = Driver(s.sketch(nodes, "start fork a end", "fork sub end", "fork sub2 end"))
    before = canonical(driver.case)
    for facts, code in (
        ({"cancel": [], "to": "a"}, "nothing_to_cancel"),
        ({"to": "a"}, "nothing_to_cancel"),
        ({"cancel": "all", "to": "nowhere"}, "unknown_element"),
        ({"cancel": [driver.task("a")], "to": "nowhere"}, "unknown_element"),
        ({"cancel": ["C1.99"], "to": "a"}, "task_closed"),
        ({"cancel": [driver.task("a"), driver.task("inner")], "to": "inner2"}, "unknown_element"),
    ):
        with pytest.raises(Unexpected) as error:
            operate(driver, "move", **facts)
        assert error.value.code == code
    operate(driver, "move", cancel=[driver.task("a"), driver.task("inner")], to="a")
    assert driver.tasks() == {"a": 1, "deep": 1}
    assert before["tasks"] != canonical(driver.case)["tasks"]
    driver.check()


def test_somebody_else_does_it() -> None:
    """A transfer changes unit and role of the open task, and its record says the new ones."""
    task = d.user("a", ext=d.hy("task", role="r", unit="'u1'", form="reply"))
    driver = Driver(s.sketch(task, "start a end"), **{"forms/reply.json": b'{"x-record": "reply"}'})
    operate(driver, "transfer", task="C1.1", unit="u2")
    assert driver.effects == [TaskChanged("C1.1", "r", "u2")]
    record = next(e for e in driver.complete("a") if isinstance(e, Recorded))
    assert (record.unit, record.role) == ("u2", "r")
    driver.check()


def withdrawn(*, key: str = "") -> bytes:
    """A process that can be withdrawn at any time."""
    attributes = {"message": "matter.withdrawn", "to": "gone", "reason": "withdrawn"} | ({"key": key} if key else {})
    nodes = d.node("parallelGateway", "fork") + d.user("a") + s.scope("sub", d.user("b"), "sub_start b sub_end")
    nodes += d.node("endEvent", "gone") + d.boundary("late", "a", d.timer(duration="PT1H")) + d.node("endEvent", "e")
    return s.sketch(nodes, "start fork a end", "fork sub end", "late e",
                    ext=d.hy("interrupt", **attributes), messages=("matter.withdrawn",))  # fmt: skip


def test_an_interrupt_ends_everything() -> None:
    """The matter is withdrawn: every task closes as withdrawn, nothing waits, the outcome is the named end."""
    driver = Driver(withdrawn())
    assert [e for e in driver.effects if isinstance(e, Subscribed)] == [
        Subscribed("C1.s1", "matter.withdrawn", "M1", "gone")
    ]
    driver.step("message", name="matter.withdrawn", key="M1", data={"reason": "merged"})
    assert {e.reason for e in driver.effects if isinstance(e, TaskClosed)} == {"withdrawn"}
    assert [e for e in driver.effects if isinstance(e, Unsubscribed)] == [Unsubscribed("C1.s1")]
    assert driver.case.is_finished
    assert driver.case.outcome == "gone"
    assert not driver.case.waits
    assert driver.case.facts["case"]["interrupt"] == {"reason": "merged"}
    driver.check()


def test_an_interrupt_may_have_another_key() -> None:
    """An interrupt with a key of its own does not listen to the matter's."""
    driver = Driver(withdrawn(key="'L7'"))
    with pytest.raises(Unexpected) as error:
        driver.step("message", name="matter.withdrawn", key="M1", data={})
    assert error.value.code == "not_expected"
    driver.step("message", name="matter.withdrawn", key="L7", data={})
    assert driver.case.is_finished


def test_an_interrupt_of_a_called_process_ends_only_that() -> None:
    """A called process that can be interrupted lets its caller go on."""
    ext = d.hy("interrupt", message="stop", to="out", key="unit")
    inner = s.called("Q", d.user("t") + d.user("out"), "Q_start t Q_end", "out Q_end", ext=ext)
    call = d.node("callActivity", "ask", d.each("units", "unit"), calledElement="Q")
    driver = Driver(s.sketch(call, "start ask end", more=inner, messages=("stop",)), {"units": ["u1", "u2"]})
    driver.step("message", name="stop", key="u2", data={})
    assert driver.tasks() == {"t": 1, "out": 1}
    assert [wait["key"] for wait in driver.case.waits.values()] == ["u1"]
    driver.complete("out")
    driver.complete("t")
    assert driver.case.is_finished
    assert not driver.case.waits
    driver.check()
