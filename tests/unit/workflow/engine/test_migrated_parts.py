"""What stands beside and around tokens migrates with them: instances, tasks beside others, what can be taken back."""

from typing import Any

import pytest

from services.workflow.engine import TaskMigrated, Unexpected, canonical, compile_bundle, recallable, replay
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver, calendar
from tests.unit.workflow.engine.test_migrations import check, move, target, to_the_end

UNITS = {"units": ["u1", "u2", "u3"]}


def each_unit(key: str, task: str, *, sequential: bool = False) -> str:
    """A sub-process for every unit with one task in it."""
    inner = d.user(task, ext=d.hy("task", role="r", unit="unit"))
    extra = d.each("units", "unit", sequential=sequential)
    return s.scope(key, inner, f"{key}_start {task} {key}_end", extra=extra)


@pytest.mark.parametrize("sequential", [False, True])
def test_a_renamed_box_of_instances_keeps_every_instance(*, sequential: bool) -> None:
    """With a map all that are running stay where they are, what is done stays done, and the rest still comes."""
    driver = Driver(s.sketch(each_unit("each", "a", sequential=sequential), "start each end"), UNITS)
    first = driver.bundle
    driver.complete("a")
    tasks = sorted(entry["id"] for entry in driver.case.tasks.values())
    new = each_unit("all", "b", sequential=sequential) + d.user("c")
    move(driver, target(s.sketch(new, "start all c end")), map={"each": "all", "a": "b"})
    assert sorted(entry["id"] for entry in driver.case.tasks.values()) == tasks
    assert to_the_end(driver) == ["b", "b", "c"]
    assert driver.case.is_finished
    check(driver, first)


def test_instances_that_become_a_single_box_are_refused() -> None:
    """The refusal names the box; the case is what it was."""
    driver = Driver(s.sketch(each_unit("each", "a"), "start each end"), UNITS)
    before = canonical(driver.case)
    single = s.scope("each", d.user("a"), "each_start a each_end")
    assert refusal(driver, s.sketch(single, "start each end")) == ("migration_instances", "each")
    assert canonical(driver.case) == before


def refusal(driver: Driver, xml: bytes, **facts: Any) -> tuple[str, str]:
    """Code and element of the refusal a migration meets."""
    with pytest.raises(Unexpected) as error:
        move(driver, target(xml), **facts)
    return error.value.code, error.value.element


def gateways(*ways: str) -> bytes:
    """Tasks side by side, between a fork and what joins them."""
    nodes = d.node("parallelGateway", "fork") + d.node("parallelGateway", "join") + "".join(map(d.user, ways))
    return s.sketch(nodes, "start fork", *(f"fork {way} join" for way in ways), "join end")


def test_a_token_that_waits_for_others_needs_its_flow() -> None:
    """A token at a join stays there under the target; where its flow leads elsewhere, the join is named."""
    driver = Driver(gateways("a", "b"))
    first = driver.bundle
    driver.complete("a")
    assert refusal(driver, gateways("b", "c")) == ("migration_join", "join")
    move(driver, target(gateways("a", "b")))
    assert to_the_end(driver) == ["b"]
    assert driver.case.is_finished
    check(driver, first)


def test_a_token_is_not_sent_where_it_would_wait_for_ever() -> None:
    """A single task that becomes one of two side by side is refused: nobody would do the other; the join is named."""
    driver = Driver(s.sketch(d.user("a"), "start a end"))
    assert refusal(driver, gateways("a", "b")) == ("migration_starved", "join")
    early = Driver(s.sketch(d.user("z") + d.user("a"), "start z a end"))
    first = early.bundle
    nodes = d.user("z") + d.node("parallelGateway", "fork") + d.node("parallelGateway", "join")
    xml = s.sketch(nodes + d.user("a") + d.user("b"), "start z fork a join end", "fork b join")
    move(early, target(xml))
    assert sorted(to_the_end(early)) == ["a", "b", "z"]
    assert early.case.is_finished
    check(early, first)


@pytest.mark.parametrize(
    "facts", [{"version": "other-2026.1"}, {"dates": "forget"}, {"map": ["a", "b"]}, {"version": None}]
)
def test_a_malformed_wish_is_refused(facts: dict[str, Any]) -> None:
    """Another version than the bundle's, unknown dates and a map that is none change nothing."""
    xml = s.sketch(d.user("a"), "start a end")
    driver = Driver(xml)
    bundle = target(xml)
    with pytest.raises(Unexpected, match="bad_migration"):
        move(driver, bundle, **{"version": bundle.version, **facts})
    assert driver.tasks() == {"a": 1}


def test_only_elements_are_renamed() -> None:
    """A map that names what the engine adds to a diagram changes nothing."""
    xml = s.sketch(d.user("a") + d.user("b"), "start a b end")
    driver = Driver(xml)
    driver.complete("a")
    first = driver.bundle
    added = [name for name, spec in first.specs["P"].task_specs.items() if spec.bpmn_id is None]
    assert added
    move(driver, target(xml), map=dict.fromkeys(added, "nowhere"))
    assert to_the_end(driver) == ["b"]
    check(driver, first)


def test_a_colleague_who_is_asked_may_still_answer() -> None:
    """A task beside another goes along with it under its new name; the question stays open."""
    driver = Driver(s.sketch(d.user("a", ext=d.hy("task", role="r", unit="'u1'")), "start a end"))
    first = driver.bundle
    driver.step("operator", verb="consult", task=driver.task("a"), person="p2", question={"text": "意见"})
    (side,) = driver.case.sides
    move(driver, target(s.sketch(d.user("b", ext=d.hy("task", role="r", unit="'u1'")), "start b end")), map={"a": "b"})
    driver.step("complete_task", task=side, data={"opinion": "同意"})
    assert to_the_end(driver) == ["b"]
    check(driver, first)


def test_what_was_done_is_taken_back_under_its_new_name() -> None:
    """Recall leads to the renamed element; where the target has none, nothing can be taken back any more."""
    old = s.sketch(d.user("a") + d.user("b"), "start a b end")
    driver = Driver(old)
    first, done = driver.bundle, driver.task("a")
    driver.complete("a")
    move(driver, target(s.sketch(d.user("x") + d.user("b"), "start x b end")), map={"a": "x"})
    assert recallable(driver.case, done) is not None
    driver.step("operator", verb="recall", task=done)
    assert driver.tasks() == {"x": 1}
    check(driver, first)
    other, done = Driver(old), Driver(old).task("a")
    other.complete("a")
    move(other, target(s.sketch(d.user("b"), "start b end")))
    assert recallable(other.case, done) is None


def test_who_did_the_work_under_its_old_name_may_not_check_it() -> None:
    """A task apart from others names them under every id they have had, also after a second migration."""

    def checked(write: str, check: str) -> bytes:
        apart = d.hy("task", role="r", apart=write)
        return s.sketch(d.user(write) + d.user(check, ext=apart), f"start {write} {check} end")

    driver = Driver(checked("a", "x"))
    first, second = driver.bundle, target(checked("b", "x"))
    driver.complete("a")
    move(driver, second, map={"a": "b"})
    assert [e.apart for e in driver.effects if isinstance(e, TaskMigrated)] == [("b", "a")]
    third = compile_bundle({"p.bpmn": checked("c", "y")}, {"version": "test-2026.3"})
    move(driver, third, map={"b": "c", "x": "y"})
    assert [e.apart for e in driver.effects if isinstance(e, TaskMigrated)] == [("c", "b", "a")]
    assert driver.case.former == {"c": ["b", "a"], "y": ["x"]}
    targets = {bundle.version: bundle for bundle in (second, third)}
    assert canonical(replay("C1", driver.log, first, calendar(), targets)) == canonical(driver.case)


def pointed(*elements: str) -> bytes:
    """A process with a task, then an extension point whose default is `Q`."""
    point = d.hy("extension-point", name_="part", unit="'u1'")
    call = d.node("callActivity", "call", ext=point, calledElement="Q")
    more = s.called("Q", d.user("common"), "Q_start common Q_end")
    more += "".join(s.called(key, d.user("own"), f"{key}_start own {key}_end") for key in elements)
    return s.sketch(d.user("a") + call + d.user("z"), "start a call z end", more=more)


def test_a_running_diagram_of_a_unit_goes_on_where_the_target_has_it() -> None:
    """Published for the target too it runs on; without it the refusal names the box, and a pin alone is dropped."""
    driver = Driver(pointed("R"))
    first = driver.bundle
    driver.step("complete_task", task=driver.task("a"), data={}, pins={"part/u1": "R"})
    assert refusal(driver, pointed()) == ("migration_box_missing", "call")
    move(driver, target(pointed("R")))
    assert to_the_end(driver) == ["own", "z"]
    check(driver, first)
    early = Driver(pointed("R"))
    move(early, target(pointed("R")), pins={"part/u1": "R"})
    move(early, target(pointed()))
    assert to_the_end(early) == ["a", "common", "z"]
