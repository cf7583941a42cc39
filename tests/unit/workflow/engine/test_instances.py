"""Multi-instance and loop activities: order, keys, rounds, early ends."""

from typing import Any

import pytest

from services.workflow.engine import EngineError, Unexpected
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver


def asked(*, sequential: bool = False, until: str = "", collection: str = "units") -> bytes:
    """Every unit is asked for its opinion."""
    loop = d.each(collection, "unit", "opinions", "opinion", sequential=sequential, until=until)
    task = d.user("ask", loop, ext=d.hy("task", role="r", unit="unit", result="opinion"))
    return s.sketch(task + d.user("after"), "start ask after end")


def units_of(driver: Driver) -> list[str | None]:
    """The units that have something to do."""
    return [entry["unit"] for entry in driver.case.tasks.values()]


def results(driver: Driver) -> Any:
    """The output variable at the task behind."""
    number = next(n for n, entry in driver.case.tasks.items() if entry["element"] == "after")
    return driver.case.workflow.get_task_from_id(number).data["opinions"]


def test_results_are_in_the_order_of_the_items() -> None:
    """A list gives a list, whoever answers first."""
    driver = Driver(asked(), {"units": ["a", "b", "c"]})
    assert units_of(driver) == ["a", "b", "c"]
    for number, answer in ((2, "C"), (0, "A"), (0, "B")):
        driver.complete("ask", number, says=answer)
    assert results(driver) == [{"says": "A"}, {"says": "B"}, {"says": "C"}]
    driver.check()


def test_results_of_a_record_are_filed_under_its_keys() -> None:
    """A dictionary gives a dictionary with the same keys."""
    driver = Driver(asked(), {"units": {"x": "a", "y": "b"}})
    driver.complete("ask", 1, says="B")
    driver.complete("ask", 0, says="A")
    assert results(driver) == {"x": {"says": "A"}, "y": {"says": "B"}}


def test_one_after_the_other() -> None:
    """Sequential instances begin when the one before has ended."""
    driver = Driver(asked(sequential=True), {"units": ["a", "b"]})
    assert units_of(driver) == ["a"]
    driver.complete("ask", says="A")
    assert units_of(driver) == ["b"]
    driver.complete("ask", says="B")
    assert results(driver) == [{"says": "A"}, {"says": "B"}]
    driver.check()


@pytest.mark.parametrize("sequential", [True, False])
@pytest.mark.parametrize(("items", "empty"), [([], []), ({}, {})])
def test_nobody_to_ask(items: Any, empty: Any, sequential: bool) -> None:
    """Without items the activity is passed at once, and the output is empty and of the kind of the input."""
    driver = Driver(asked(sequential=sequential), {"units": items})
    assert driver.tasks() == {"after": 1}
    assert results(driver) == empty


def test_three_hundred_units() -> None:
    """Three hundred co-handlers are asked at once and answer one by one."""
    driver = Driver(asked(), {"units": [f"u{n}" for n in range(300)]})
    assert driver.tasks() == {"ask": 300}
    for _ in range(3):
        driver.complete("ask", 7)
    assert driver.tasks() == {"ask": 297}


def test_three_hundred_scripts() -> None:
    """Three hundred instances that need nobody run in one step, in either mode."""
    for sequential in (True, False):
        loop = d.each("units", "unit", "out", "res", sequential=sequential)
        task = d.node("scriptTask", "x", "<bpmn:script>res = unit * 2</bpmn:script>", loop)
        driver = Driver(s.sketch(task, "start x end"), {"units": list(range(300))})
        assert driver.case.workflow.data["out"] == [2 * n for n in range(300)]


def test_more_than_a_thousand_items_are_refused() -> None:
    """A collection out of all proportion is an error with its size."""
    with pytest.raises(EngineError) as error:
        Driver(asked(), {"units": list(range(1001))})
    assert (error.value.code, error.value.detail) == ("too_many_instances", "1001")


@pytest.mark.parametrize("value", ["abc", 3, None])
def test_what_is_no_collection_is_an_error(value: Any) -> None:
    """A collection variable that holds something else is named with its kind."""
    with pytest.raises(EngineError) as error:
        Driver(asked(), {"units": value})
    assert error.value.code == "instances_not_a_list"


def test_an_unknown_collection_is_an_engine_error() -> None:
    """A collection variable that does not exist stops the step as any other unknown variable does."""
    with pytest.raises(EngineError):
        Driver(asked(), {})


@pytest.mark.parametrize("cardinality", ["2", "n", "n + 0"])
def test_a_number_instead_of_a_collection(cardinality: str) -> None:
    """`loopCardinality` may be any expression that gives a number."""
    loop = f"<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>{cardinality}</bpmn:loopCardinality>"
    task = d.user("ask", loop + "</bpmn:multiInstanceLoopCharacteristics>")
    assert Driver(s.sketch(task, "start ask end"), {"n": 2}).tasks() == {"ask": 2}


@pytest.mark.parametrize("cardinality", ["-1", "'x'", "true"])
def test_a_bad_number_of_instances_is_an_error(cardinality: str) -> None:
    """A cardinality that is no count is refused."""
    loop = f"<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>{cardinality}</bpmn:loopCardinality>"
    task = d.user("ask", loop + "</bpmn:multiInstanceLoopCharacteristics>")
    with pytest.raises(EngineError) as error:
        Driver(s.sketch(task, "start ask end"))
    assert error.value.code == "instances_not_a_number"


@pytest.mark.parametrize("sequential", [True, False])
def test_a_second_round_begins_afresh(sequential: bool) -> None:
    """In a loop the output is that of the last round only, and the item variable does not stay behind."""
    loop = d.each("units", "unit", "opinions", "opinion", sequential=sequential)
    task = d.user("ask", loop, ext=d.hy("task", role="r", result="opinion"))
    gate = d.node("exclusiveGateway", "again", default="no")
    xml = s.sketch(
        task + d.user("after") + gate,
        "start ask after again",
        ("again ask", "after.again"),
        ("again end", "", "no"),
    )
    driver = Driver(xml, {"units": ["a", "b"]})
    for round_ in range(3):
        driver.complete("ask", says=f"A{round_}")
        driver.complete("ask", says=f"B{round_}")
        assert results(driver) == [{"says": f"A{round_}"}, {"says": f"B{round_}"}]
        driver.complete("after", again=round_ < 2)
    assert driver.case.is_finished
    assert "unit" not in driver.case.workflow.data
    driver.check()


@pytest.mark.parametrize("sequential", [True, False])
def test_the_first_yes_is_enough(sequential: bool) -> None:
    """A completion condition ends the other instances and begins no more."""
    driver = Driver(asked(until="opinion.says == 'yes'", sequential=sequential), {"units": ["a", "b", "c"]})
    driver.complete("ask", says="no")
    assert driver.tasks()["ask"] == (1 if sequential else 2)
    driver.complete("ask", says="yes")
    assert driver.tasks() == {"after": 1}
    assert results(driver) == [{"says": "no"}, {"says": "yes"}]
    driver.check()


@pytest.mark.parametrize("names", ["numberOf{}Instances", "nrOf{}Instances"])
@pytest.mark.parametrize("sequential", [True, False])
def test_a_majority_is_enough(sequential: bool, names: str) -> None:
    """The completion condition knows how many instances there are, have completed, run and were ended."""
    until = f"{names.format('Completed')} / {names.format('')} > 0.5 and {names.format('Active')} < 9"
    driver = Driver(asked(until=until, sequential=sequential), {"units": ["a", "b", "c", "d"]})
    for done in range(3):
        assert "after" not in driver.tasks()
        driver.complete("ask", says=str(done))
    assert results(driver) == [{"says": "0"}, {"says": "1"}, {"says": "2"}]
    driver.check()


def test_an_ended_instance_has_not_completed() -> None:
    """Instances somebody has ended are counted apart."""
    driver = Driver(
        asked(until="numberOfTerminatedInstances == 1 and numberOfActiveInstances == 1"), {"units": [*"abc"]}
    )
    driver.step("operator", verb="end_instance", task=driver.task("ask"))
    driver.complete("ask")
    assert driver.tasks() == {"after": 1}
    driver.check()


def test_without_output_the_instances_change_what_is_around() -> None:
    """Sub-process instances without an output variable carry over what each of them has changed."""
    inner = s.scope("sub", d.script("x", "found[unit] = 1"), "sub_start x sub_end", extra=d.each("units", "unit"))
    driver = Driver(s.sketch(inner, "start sub end"), {"units": ["a", "b"], "found": {}})
    assert driver.case.workflow.data == {"units": ["a", "b"], "found": {"a": 1, "b": 1}}


def test_instances_of_called_processes() -> None:
    """A multi-instance call activity gives every instance its own item and collects what each says."""
    inner = s.called("Q", d.user("t", ext=d.hy("task", role="r", unit="unit", result="opinion")), "Q_start t Q_end")
    call = d.node("callActivity", "ask", d.each("units", "unit", "opinions", "opinion"), calledElement="Q")
    driver = Driver(s.sketch(call + d.user("after"), "start ask after end", more=inner), {"units": ["a", "b"]})
    assert units_of(driver) == ["a", "b"]
    driver.complete("t", 1, says="B")
    driver.complete("t", says="A")
    assert results(driver) == [{"says": "A"}, {"says": "B"}]
    driver.check()


def test_one_instance_may_be_ended() -> None:
    """Ending an instance takes it out of the results and lets the rest go on; the last one ends the activity."""
    driver = Driver(asked(), {"units": ["a", "b", "c"]})
    driver.step("operator", verb="end_instance", task=driver.task("ask", 1))
    assert units_of(driver) == ["a", "c"]
    driver.complete("ask", says="A")
    driver.step("operator", verb="end_instance", task=driver.task("ask"))
    assert results(driver) == [{"says": "A"}]
    driver.check()


def test_ending_a_sequential_instance_begins_the_next() -> None:
    """In sequence the next item's turn comes."""
    driver = Driver(asked(sequential=True), {"units": ["a", "b"]})
    driver.step("operator", verb="end_instance", task=driver.task("ask"))
    assert units_of(driver) == ["b"]
    driver.complete("ask", says="B")
    assert results(driver) == [{"says": "B"}]


def test_only_instances_can_be_ended() -> None:
    """A task that is no instance refuses the verb and stays."""
    driver = Driver(s.sketch(d.user("t"), "start t end"))
    with pytest.raises(Unexpected) as error:
        driver.step("operator", verb="end_instance", task="C1.1")
    assert error.value.code == "not_an_instance"
    driver.complete("t")


def test_one_more_may_be_asked() -> None:
    """An added instance counts like the others and its result comes last."""
    driver = Driver(asked(), {"units": ["a", "b"]})
    driver.complete("ask", says="A")
    driver.step("operator", verb="add_instance", element="ask", item="c")
    assert units_of(driver) == ["b", "c"]
    driver.complete("ask", 1, says="C")
    driver.complete("ask", says="B")
    assert results(driver) == [{"says": "A"}, {"says": "B"}, {"says": "C"}]
    driver.check()


def test_one_more_in_sequence_waits_for_its_turn() -> None:
    """In sequence an added item comes after those already waiting, and none of them is passed over."""
    driver = Driver(asked(sequential=True), {"units": ["a", "b"]})
    driver.step("operator", verb="add_instance", element="ask", item="c")
    for expected in ("a", "b", "c"):
        assert units_of(driver) == [expected]
        driver.complete("ask", says=expected.upper())
    assert results(driver) == [{"says": "A"}, {"says": "B"}, {"says": "C"}]
    driver.check()


def test_one_more_of_a_record_needs_a_key() -> None:
    """Where results are filed under keys the added item brings its own, and no other's."""
    driver = Driver(asked(), {"units": {"x": "a"}})
    for key, code in (({}, "bad_key"), ({"key": "x"}, "already_instance")):
        with pytest.raises(Unexpected) as error:
            driver.step("operator", verb="add_instance", element="ask", item="b", **key)
        assert error.value.code == code
    driver.step("operator", verb="add_instance", element="ask", item="b", key="y")
    driver.complete("ask", says="A")
    driver.complete("ask", says="B")
    assert results(driver) == {"x": {"says": "A"}, "y": {"says": "B"}}
    driver.check()


def test_one_more_where_nothing_runs() -> None:
    """Adding to an activity that is not running is refused."""
    driver = Driver(asked(), {"units": []})
    with pytest.raises(Unexpected) as error:
        driver.step("operator", verb="add_instance", element="ask", item="c")
    assert error.value.code == "not_running"


@pytest.mark.parametrize("before", [True, False])
def test_a_standard_loop_goes_on_while_its_condition_holds(before: bool) -> None:
    """The condition is asked before or after each round; a round sees what the one before has written."""
    loop = f'<bpmn:standardLoopCharacteristics testBefore="{str(before).lower()}">'
    loop += "<bpmn:loopCondition>n &lt; 3</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"
    task = d.node("scriptTask", "x", "<bpmn:script>n = n + 1</bpmn:script>", loop)
    for begin, end in ((0, 3), (5, 5 if before else 6)):
        assert Driver(s.sketch(task, "start x end"), {"n": begin}).case.workflow.data["n"] == end


def test_a_standard_loop_of_people_has_a_maximum() -> None:
    """`loopMaximum` ends a loop of user tasks."""
    task = d.user("t", '<bpmn:standardLoopCharacteristics loopMaximum="2"/>')
    driver = Driver(s.sketch(task, "start t end"))
    driver.complete("t", round=1)
    assert driver.tasks() == {"t": 1}
    driver.complete("t", round=2)
    assert driver.case.is_finished
    assert driver.case.workflow.data["t"] == {"round": 2}
    driver.check()
