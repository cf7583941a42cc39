"""Where a case stands, as a reader of its diagrams sees it."""

from services.workflow.engine import standing
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver


def test_the_boxes_around_a_token_are_marked_too() -> None:
    """Sub-process in sub-process: outer, inner, task; nothing of what is done or still to come."""
    inner = s.scope("inner", d.user("b"), "inner_start b inner_end")
    outer = s.scope("outer", d.user("a") + inner, "outer_start a inner outer_end")
    driver = Driver(s.sketch(outer + d.user("last"), "start outer last end"))
    assert standing(driver.case) == ["outer", "a"]
    driver.complete("a")
    assert standing(driver.case) == ["outer", "inner", "b"]
    driver.complete("b")
    assert standing(driver.case) == ["last"]
    driver.complete("last")
    assert standing(driver.case) == []


def test_a_waiting_boundary_event_is_no_place() -> None:
    """The token is in the activity; a timer at its border only waits."""
    late = d.boundary("late", "a", d.timer(duration="PT1H"))
    driver = Driver(s.sketch(d.user("a") + late + d.node("endEvent", "e"), "start a end", "late e"))
    assert standing(driver.case) == ["a"]


def test_several_tokens_of_one_element_are_one_place() -> None:
    """Parallel instances stand in one box; a join that waits is a place."""
    many = d.user("many", d.each("ks", "k"))
    gates = d.node("parallelGateway", "fork") + d.node("parallelGateway", "join")
    driver = Driver(s.sketch(gates + d.user("a") + many, "start fork a join end", "fork many join"), {"ks": [1, 2]})
    driver.complete("many")
    assert set(standing(driver.case)) == {"a", "many"}
    driver.complete("a")
    assert set(standing(driver.case)) == {"join", "many"}
