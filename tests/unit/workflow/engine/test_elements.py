"""Each kind of task and scope does what BPMN says of it."""

import pytest

from services.workflow.engine import EngineError, Recorded, Sent, TaskOpened
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver


@pytest.mark.parametrize("tag", ["task", "userTask", "manualTask"])
def test_a_person_does_it(tag: str) -> None:
    """Plain, user and manual tasks wait for somebody and keep what the form says under their own id.

    Without `hy:task` each field of the form is a variable as well, as in the engines such a file was drawn for.
    """
    driver = Driver(s.sketch(d.node(tag, "t"), "start t end"))
    assert driver.tasks() == {"t": 1}
    driver.complete("t", agreed=True)
    assert driver.case.is_finished
    assert driver.case.workflow.data == {"t": {"agreed": True}, "agreed": True}
    driver.check()


def test_a_form_writes_its_record() -> None:
    """A task whose form names a record writes it with unit and role of the task, and into the named variable."""
    task = d.user("t", ext=d.hy("task", role="clerk", unit="'u' + str(1)", form="handover", result="h", public="交办"))
    forms = {"forms/handover.json": b'{"x-record": "handover"}'}
    driver = Driver(s.sketch(task + d.script("after", "n = records.handover"), "start t after end"), **forms)
    opened = next(e for e in driver.effects if isinstance(e, TaskOpened))
    assert (opened.role, opened.unit, opened.form, opened.public) == ("clerk", "u1", "handover", "交办")
    record = next(e for e in driver.complete("t", lead="u2") if isinstance(e, Recorded))
    assert (record.record, record.data, record.unit, record.role) == ("handover", {"lead": "u2"}, "u1", "clerk")
    assert (record.record_id, record.task_id, record.element) == ("C1.r1", "C1.1", "t")
    assert driver.case.workflow.data["h"] == {"lead": "u2"}
    assert driver.case.workflow.data["n"] == 1


def test_a_script_counts() -> None:
    """A script task assigns and branches without anybody waiting."""
    text = "n = a + 1\nif n > 2:\n    big = true\nelse:\n    big = false"
    driver = Driver(s.sketch(d.script("x", text), "start x end"), {"a": 2})
    assert driver.case.workflow.data == {"a": 2, "n": 3, "big": True}


@pytest.mark.parametrize(("kind", "level"), [("suggestion", "A"), ("other", "B")])
def test_a_table_decides(kind: str, level: str) -> None:
    """A business rule task puts the outputs and the row hit into its variable."""
    rule = "<bpmn:extensionElements><spiffworkflow:calledDecisionId>route</spiffworkflow:calledDecisionId>"
    rule += d.hy("decision", result="routing") + "</bpmn:extensionElements>"
    table = s.table("route", "kind", "level", '"suggestion" | "A"', '- | "B"')
    driver = Driver(s.sketch(d.node("businessRuleTask", "x", rule), "start x end"), {"kind": kind}, route_dmn=table)
    assert driver.case.workflow.data["routing"] == {"level": level, "rule": [1 if level == "A" else 2]}


def test_a_table_that_hits_nothing_gives_nothing() -> None:
    """Without a hit the variable exists and is empty, so that a condition can ask for it."""
    rule = "<bpmn:extensionElements><spiffworkflow:calledDecisionId>route</spiffworkflow:calledDecisionId>"
    table = s.table("route", "kind", "level", '"suggestion" | "A"')
    node = d.node("businessRuleTask", "x", rule + "</bpmn:extensionElements>")
    driver = Driver(s.sketch(node, "start x end"), {"kind": "other"}, route_dmn=table)
    assert driver.case.workflow.data["x"] is None


def test_a_missing_table_is_an_error() -> None:
    """A business rule task without its table stops the step and says which table."""
    with pytest.raises(EngineError) as error:
        Driver(
            s.sketch(d.node("businessRuleTask", "x", **{"t:decisionRef": "lost", "xmlns:t": "urn:t"}), "start x end")
        )
    assert error.value.code == "unknown_decision"


@pytest.mark.parametrize("tag", ["sendTask", "intermediateThrowEvent", "endEvent"])
def test_messages_leave(tag: str) -> None:
    """Send task, throw event and message end event hand out name, key and data of their message."""
    definition = d.message("reply.issued", key="letter", data="{'unit': unit}")
    node = d.node(tag, "x", definition)
    path = "start x" if tag == "endEvent" else "start x end"
    nodes = node + (d.script("z", "a = 1") if tag == "endEvent" else "")
    paths = ["start fork", "fork z end", "fork x"] if tag == "endEvent" else [path]
    nodes += d.node("parallelGateway", "fork") if tag == "endEvent" else ""
    driver = Driver(s.sketch(nodes, *paths, messages=("reply.issued",)), {"letter": "L7", "unit": "u1"})
    sent = [effect for effect in driver.all_effects if isinstance(effect, Sent)]
    assert sent == [Sent("reply.issued", "L7", {"unit": "u1"}, "x")]
    assert driver.case.is_finished


@pytest.mark.parametrize("tag", ["receiveTask", "intermediateCatchEvent"])
def test_messages_come(tag: str) -> None:
    """Receive task and catch event wait and put what came into their result variable."""
    node = d.node(tag, "x", d.message("reply.delivered", key="'L7'", result="delivery"))
    driver = Driver(s.sketch(node, "start x end", messages=("reply.delivered",)))
    assert not driver.case.is_finished
    driver.receive("x", at="2026-03-01")
    assert driver.case.is_finished
    assert driver.case.workflow.data["delivery"] == {"at": "2026-03-01"}
    driver.check()


def test_a_receive_task_may_name_its_message_by_attribute() -> None:
    """`messageRef` on the task itself is what modelers write."""
    ext = d.hy("message", key="'K'")
    driver = Driver(s.sketch(d.node("receiveTask", "x", ext=ext, messageRef="msg_m"), "start x end", messages=("m",)))
    assert [(w["name"], w["key"]) for w in driver.case.waits.values()] == [("m", "K")]


def test_sub_processes_nest() -> None:
    """Data goes down into nested sub-processes and comes back up."""
    inner = s.scope("inner", d.user("t") + d.script("up", "n = n + 1"), "inner_start t up inner_end")
    outer = s.scope("outer", inner, "outer_start inner outer_end")
    driver = Driver(s.sketch(outer + d.script("last", "n = n * 10"), "start outer last end"), {"n": 1})
    driver.complete("t", ok=1)
    assert driver.case.workflow.data == {"n": 20, "t": {"ok": 1}, "ok": 1}
    driver.check()


def test_a_called_process_takes_and_gives_everything() -> None:
    """Without an io specification the caller's data goes in and comes out whole, yet nothing is shared."""
    inner = s.called("Q", d.script("x", "box.inside = 2\nnew = 3"), "Q_start x Q_end")
    call = d.node("callActivity", "call", calledElement="Q")
    driver = Driver(s.sketch(call + d.user("t"), "start call t end", more=inner), {"box": {"old": 1}})
    driver.complete("t")
    assert driver.case.workflow.data["box"] == {"old": 1, "inside": 2}
    assert driver.case.workflow.data["new"] == 3


def test_a_called_process_with_an_io_specification_keeps_its_rooms_apart() -> None:
    """With an io specification only the listed inputs go in and only the listed outputs come out."""
    io = (
        '<bpmn:ioSpecification><bpmn:dataInput id="a" name="a"/><bpmn:dataOutput id="b" name="b"/>'
        "<bpmn:inputSet><bpmn:dataInputRefs>a</bpmn:dataInputRefs></bpmn:inputSet>"
        "<bpmn:outputSet><bpmn:dataOutputRefs>b</bpmn:dataOutputRefs></bpmn:outputSet></bpmn:ioSpecification>"
    )
    inner = s.called("Q", io + d.script("x", "b = a + 1\nlost = 1"), "Q_start x Q_end")
    xml = s.sketch(d.node("callActivity", "call", calledElement="Q"), "start call end", more=inner)
    driver = Driver(xml, {"a": 1, "c": 7})
    assert driver.case.workflow.data == {"a": 1, "b": 2, "c": 7}


def test_a_called_process_that_lacks_its_input_is_an_error() -> None:
    """A listed input that does not exist stops the step and is named."""
    io = '<bpmn:ioSpecification><bpmn:dataInput id="a" name="a"/>'
    io += "<bpmn:inputSet><bpmn:dataInputRefs>a</bpmn:dataInputRefs></bpmn:inputSet></bpmn:ioSpecification>"
    inner = s.called("Q", io + d.script("x", "b = 1"), "Q_start x Q_end")
    with pytest.raises(EngineError) as error:
        Driver(s.sketch(d.node("callActivity", "call", calledElement="Q"), "start call end", more=inner))
    assert (error.value.code, error.value.element, error.value.detail) == ("missing_input", "call", "a")


def test_an_unknown_called_process_is_an_error() -> None:
    """A call of a process the package does not have stops the step and names it."""
    with pytest.raises(EngineError) as error:
        Driver(s.sketch(d.node("callActivity", "call", calledElement="Nowhere"), "start call end"))
    assert (error.value.code, error.value.detail) == ("unknown_process", "Nowhere")


def test_a_process_may_call_itself_but_not_for_ever() -> None:
    """Recursion that ends is fine; recursion that does not is stopped soon."""
    gate = d.node("exclusiveGateway", "more", default="stop") + d.script("down", "n = n - 1")
    call = d.node("callActivity", "again", calledElement="P")
    paths = ("start down more", ("more again end", "n > 0"), ("more end", "", "stop"))
    assert Driver(s.sketch(gate + call, *paths), {"n": 5}).case.is_finished
    with pytest.raises(EngineError) as error:
        Driver(s.sketch(gate + call, *paths), {"n": 10**9})
    assert error.value.code in {"runaway", "too_deep"}


def test_a_transaction_is_left_by_its_cancel_event() -> None:
    """A cancel end event leaves the transaction by its cancel boundary, and only its own."""
    cancel = "<bpmn:cancelEventDefinition/>"
    nodes = d.node("parallelGateway", "fork") + d.node("parallelGateway", "join")
    for n in ("1", "2"):
        inside = d.user(f"t{n}") + d.node("endEvent", f"give_up{n}", cancel)
        inside += d.node("exclusiveGateway", f"ok{n}", default=f"fine{n}")
        key = f"deal{n}"
        nodes += s.scope(
            key,
            inside,
            f"{key}_start t{n} ok{n}",
            (f"ok{n} give_up{n}", f"t{n}.no"),
            (f"ok{n} {key}_end", "", f"fine{n}"),
            tag="transaction",
        )
        nodes += d.boundary(f"left{n}", key, cancel) + d.user(f"again{n}") + d.node("exclusiveGateway", f"x{n}")
    paths = [p for n in ("1", "2") for p in (f"fork deal{n} x{n} join", f"left{n} again{n} x{n}")]
    driver = Driver(s.sketch(nodes, "start fork", *paths, "join end"))
    driver.complete("t1", no=True)
    assert driver.tasks() == {"again1": 1, "t2": 1}
    driver.complete("again1")
    driver.complete("t2", no=False)
    assert driver.case.is_finished
    driver.check()


def test_lanes_name_the_role() -> None:
    """Where no role is written the lane's name is the role."""
    lanes = '<bpmn:laneSet id="l"><bpmn:lane id="l1" name="督办处"><bpmn:flowNodeRef>t</bpmn:flowNodeRef>'
    lanes += "</bpmn:lane></bpmn:laneSet>"
    driver = Driver(s.sketch(lanes + d.user("t"), "start t end"))
    assert next(iter(driver.case.tasks.values()))["role"] == "督办处"
