"""When a step fails: the error says where, the stored state still works, and no defect gets past the step."""

from copy import deepcopy
from typing import Any

import orjson
import pytest

from services.workflow.engine import EngineError, Refused, Stimulus, Unexpected, canonical, dump, load, start, step
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import BEGIN, Driver, calendar


def failing(driver: Driver, element: str, **facts: Any) -> EngineError:
    """Complete a task with facts that make the step fail; the state stored before must then still work."""
    stored, before = dump(driver.case), deepcopy(canonical(driver.case))
    stimulus = Stimulus("complete_task", driver.now, {}, {"task": driver.task(element), "data": facts})
    with pytest.raises(EngineError) as error:
        step(driver.case, stimulus)
    assert not isinstance(error.value, Unexpected)
    driver.case = load("C1", stored, driver.bundle, calendar())
    assert canonical(driver.case) == before
    return error.value


def guarded() -> bytes:
    """A task, then a condition on what it says."""
    gate = d.node("exclusiveGateway", "x", default="no") + d.user("b")
    return s.sketch(d.user("a") + gate, "start a x", ("x b end", "a.score > 3"), ("x end", "", "no"))


def test_a_value_that_cannot_be_compared() -> None:
    """A condition over a missing value fails with expression and element; done again with the value it goes on."""
    driver = Driver(guarded())
    error = failing(driver, "a")
    assert (error.code, error.element) == ("expression", "x")
    assert "a.score" in error.detail
    driver.complete("a", score=5)
    assert driver.tasks() == {"b": 1}
    driver.check()


def test_an_unknown_variable() -> None:
    """A variable nobody has set is named."""
    driver = Driver(s.sketch(d.user("a") + d.script("x", "n = nobody + 1"), "start a x end"))
    error = failing(driver, "a")
    assert (error.code, error.element) == ("expression", "x")
    assert "nobody" in error.detail


@pytest.mark.parametrize("name", ["matter", "case", "records", "now", "deadlines"])
def test_reserved_names_cannot_be_written(name: str) -> None:
    """A script cannot pretend to be the facts of the case, in whatever branch it tries; such a diagram never runs."""
    for text in (f"{name} = 1", f"{name}.a = 1", f"a = 1\nif a > 1:\n    {name} = 1"):
        with pytest.raises(Refused) as refused:
            Driver(s.sketch(d.user("a") + d.script("x", text), "start a x end"))
        assert [(found.code, found.element) for found in refused.value.findings] == [("reserved_name", "x")]


@pytest.mark.parametrize("name", ["matter", "case", "records", "now", "deadlines"])
def test_an_answer_cannot_pretend_to_be_the_facts_of_the_case(name: str) -> None:
    """Fields of a form under the engine's own names are data of the form and nothing else."""
    nodes = d.user("a") + d.script("x", "seen = [matter.matter_id, case.id, records, deadlines, now]")
    plain, driver = Driver(s.sketch(nodes, "start a x end")), Driver(s.sketch(nodes, "start a x end"))
    plain.complete("a")
    driver.complete("a", **{name: {"matter_id": "M2", "id": "C2"}, "typename": "x", "__class__": "y", "$doc": "z"})
    assert driver.case.workflow.data["seen"] == plain.case.workflow.data["seen"]
    driver.check()


def test_a_loop_without_anybody_in_it() -> None:
    """A circle of gateways and scripts is stopped, and the element named is one of it."""
    nodes = d.user("a") + d.script("x", "n = 1") + d.node("exclusiveGateway", "g")
    driver = Driver(circle(nodes))
    error = failing(driver, "a")
    assert error.code == "runaway"
    assert error.element in {"x", "g", "h"}


def circle(nodes: str) -> bytes:
    """start → a → g → x → h → g, for ever."""
    nodes += d.node("exclusiveGateway", "h", default="round")
    return s.sketch(nodes, "start a g x h", ("h g", "", "round"), ("h end", "false"))


def test_a_process_nobody_has() -> None:
    """A case cannot begin with a process the bundle does not have."""
    bundle = Driver(guarded()).bundle
    with pytest.raises(EngineError) as error:
        start("C2", Stimulus("start", BEGIN, {}, {"process": "Q"}), bundle, calendar())
    assert error.value.code == "unknown_process"


def test_a_stored_state_of_another_format() -> None:
    """A state of an older or newer format is refused by number."""
    driver = Driver(guarded())
    state = orjson.loads(dump(driver.case))
    with pytest.raises(EngineError) as error:
        load("C1", orjson.dumps({**state, "v": 99}), driver.bundle, calendar())
    assert error.value.code == "state_format"
    assert "99" in error.value.detail


def test_a_state_that_does_not_fit_its_diagram() -> None:
    """A state with a token at an element the diagram no longer has names the element."""
    driver = Driver(guarded())
    other = Driver(s.sketch(d.user("other"), "start other end"))
    with pytest.raises(EngineError) as error:
        load("C1", dump(driver.case), other.bundle, calendar())
    assert (error.value.code, error.value.element) == ("unknown_element", "a")


def everything() -> Driver:
    """A case that has some of everything in its state."""
    ext = d.hy("deadline", name_="week") + d.hy("interrupt", message="m", to="end")
    sub = s.scope("sub", d.user("b", d.each("units", "unit", "out", "res")), "sub_start b sub_end")
    nodes = d.node("parallelGateway", "fork") + d.user("a") + sub + d.node("parallelGateway", "join")
    nodes += d.boundary("late", "a", d.timer(ext=d.hy("timer", deadline="week")))
    xml = s.sketch(nodes, "start fork a join end", "fork sub join", "late end", ext=ext, messages=("m",))
    return Driver(xml, {"units": ["u1", "u2"], "box": {"n": [1, None, "x"]}}, D03_dmn=s.DEADLINES)


def test_a_damaged_state_is_an_engine_error() -> None:
    """Whatever is cut off or overwritten in a stored state, loading it says so and raises nothing else."""
    driver = everything()
    blob = dump(driver.case)
    damaged = [blob[:cut] for cut in range(0, len(blob), 7)]
    damaged += [blob[:place] + b"0" + blob[place + 1 :] for place in range(len(blob))]
    damaged += [b"null", b"[]", b"{}", b'"x"', b"1", b"\xff", blob + b"x"]
    for content in damaged:
        try:
            load("C1", content, driver.bundle, calendar())
        except EngineError as error:
            assert error.code in {"state_damaged", "state_format", "unknown_process", "unknown_element"}  # noqa: PT017


@pytest.mark.parametrize(
    "value", [2**64, float("nan"), float("inf"), "\ud800", "\x00", {1: 2}, {"a": {2, 3}}, object()]
)
def test_facts_that_are_no_json_are_refused(value: Any) -> None:
    """Facts no database could keep are refused before they get into the case."""
    driver = Driver(guarded())
    before = deepcopy(canonical(driver.case))
    for kind, data in (
        ("complete_task", {"task": driver.task("a"), "data": {"score": 5, "x": value}}),
        ("complete_task", {"task": driver.task("a"), "data": {"score": 5, "x": [{"y": value}]}}),
    ):
        with pytest.raises(Unexpected) as error:
            step(driver.case, Stimulus(kind, driver.now, {}, data))  # type: ignore[arg-type]
        assert error.value.code == "not_plain"
    assert canonical(driver.case) == before
    driver.complete("a", score=1)
    assert driver.case.is_finished


def test_a_defect_of_the_library_is_an_engine_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a diagram nobody thought of makes the library raise, the worker gets an EngineError."""
    driver = Driver(guarded())
    for raised in (KeyError("x"), TypeError("x"), AttributeError("x"), RecursionError("x"), ValueError("x")):

        def broken(*_: Any, error: Exception = raised) -> Any:
            raise error

        monkeypatch.setattr("services.workflow.engine.steps.settle", broken)
        assert failing(driver, "a", score=1).code == "engine"


def test_an_error_tells_its_place() -> None:
    """An engine error can be logged and stored as plain data."""
    error = EngineError("expression", element="x", detail="why")
    assert error.as_dict() == {"code": "expression", "element": "x", "detail": "why"}
    assert str(error) == "expression at x: why"
