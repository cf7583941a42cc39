"""A running case under another version: nothing is lost, nothing is skipped, what cannot stand there is refused."""

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.workflow.engine import (
    Bundle,
    DeadlineMoved,
    DeadlineSet,
    Stimulus,
    TaskMigrated,
    Unexpected,
    canonical,
    compile_bundle,
    dump,
    load,
    migrate,
    replay,
)
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.blocks import Block, blocks
from tests.unit.workflow.engine.driving import Driver, calendar
from tests.unit.workflow.engine.test_random_moves import go_on, send_anywhere
from tests.unit.workflow.engine.test_random_runs import SLOW, awaited
from tests.unit.workflow.engine.wholes import variables, whole


def target(xml: bytes, table: bytes = s.DEADLINES) -> Bundle:
    """A package's next version."""
    return compile_bundle({"p.bpmn": xml, "D03.dmn": table}, {"version": "test-2026.2", "deadlines": "D03"})


def move(driver: Driver, bundle: Bundle, **facts: Any) -> None:
    """Bring the case to another version; it goes on there, saved and restored."""
    stimulus = Stimulus("operator", driver.case.now, {}, {"verb": "migrate", "version": bundle.version, **facts})
    driver.case, driver.effects = migrate(driver.case, stimulus, bundle)
    driver.log.append(stimulus)
    driver.bundle = bundle
    again = load("C1", dump(driver.case), bundle, calendar())
    assert canonical(again) == canonical(driver.case)


def check(driver: Driver, first: Bundle) -> None:
    """The log leads to the same state, from the version the case began under to the one it has now."""
    again = replay("C1", driver.log, first, calendar(), {driver.bundle.version: driver.bundle})
    assert canonical(again) == canonical(driver.case)


def to_the_end(driver: Driver) -> list[str]:
    """Complete task after task; the elements in order."""
    done = []
    while driver.tasks():
        done.append(sorted(driver.tasks())[0])
        driver.complete(done[-1])
    return done


def without_version(driver: Driver) -> dict[str, Any]:
    """What the case is, whatever its version is called."""
    state = canonical(driver.case)
    facts = state["facts"]
    return {**state, "facts": {**facts, "case": {**facts["case"], "version": ""}}}


def migrate_under_another_name(block: Block, data: st.DataObject) -> None:
    """At any point of any run a migration to an identical package changes the version alone, and the run goes on."""
    xml, model = whole(block)
    driver = Driver(d.upside_down(xml), variables())
    first, bundle = driver.bundle, target(d.upside_down(xml))
    for _ in range(60):
        expected = Counter(model.actions())
        if not expected:
            break
        if data.draw(st.integers(0, 3)) == 0:
            before = without_version(driver)
            move(driver, bundle)
            assert without_version(driver) == before
            assert driver.effects == []
        kind, element = action = data.draw(st.sampled_from(sorted(expected)))
        model.act(action)
        if kind == "task":
            driver.complete(element, done=element)
        else:
            (driver.ring if kind == "timer" else driver.receive)(element)
        assert awaited(driver) == Counter(model.actions())
    check(driver, first)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(blocks(), st.data())
def test_the_same_package_under_another_name_changes_nothing(block: Block, data: st.DataObject) -> None:
    """At any point of any run a migration to an identical package changes the version alone, and the run goes on."""
    migrate_under_another_name(block, data)


@pytest.mark.long
@settings(max_examples=2000, deadline=None, suppress_health_check=SLOW)
@given(blocks(), st.data())
def test_the_same_package_under_another_name_changes_nothing_for_long(block: Block, data: st.DataObject) -> None:
    """The same, at length."""
    migrate_under_another_name(block, data)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(blocks(), st.data())
def test_cases_that_were_moved_about_migrate_too(block: Block, data: st.DataObject) -> None:
    """Also where operators have placed tokens anywhere, an identical package changes the version alone."""
    xml, _ = whole(block)
    driver = Driver(xml, variables())
    first, bundle = driver.bundle, target(xml)
    elements = sorted(set(re.findall(r'userTask id="([^"]+)"', xml.decode())))
    for _ in range(data.draw(st.integers(1, 8))):
        if driver.case.is_finished:
            break
        before = without_version(driver)
        move(driver, bundle)
        assert (without_version(driver), driver.effects) == (before, [])
        if driver.case.tasks and data.draw(st.booleans()):
            send_anywhere(driver, elements, data)
        elif not go_on(driver, data):
            break
    check(driver, first)


@pytest.mark.parametrize("loop", ["", d.each("units", "unit")])
def test_what_is_new_behind_and_in_a_running_sub_process_is_done(loop: str) -> None:
    """A step added in the sub-process behind the token and one added after it are both executed."""
    old = s.sketch(s.scope("sub", d.user("a"), "sub_start a sub_end", extra=loop), "start sub end")
    inner = s.scope("sub", d.user("a") + d.user("b"), "sub_start a b sub_end", extra=loop)
    driver = Driver(old, {"units": ["u1"]})
    first = driver.bundle
    move(driver, target(s.sketch(inner + d.user("c"), "start sub c end")))
    assert to_the_end(driver) == ["a", "b", "c"]
    assert driver.case.is_finished
    check(driver, first)


def test_a_renamed_task_and_box_keep_their_token() -> None:
    """With a map a task keeps its id under its element's new name, and whoever shows it is told."""
    driver = Driver(s.sketch(s.scope("sub", d.user("a"), "sub_start a sub_end"), "start sub end"))
    task_id = driver.task("a")
    bundle = target(s.sketch(s.scope("box", d.user("b"), "box_start b box_end"), "start box end"))
    move(driver, bundle, map={"sub": "box", "a": "b"})
    assert driver.task("b") == task_id
    assert [(e.task_id, e.element, e.scope) for e in driver.effects if isinstance(e, TaskMigrated)] == [
        (task_id, "b", "box")
    ]
    assert to_the_end(driver) == ["b"]


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("box", [True, False])
def test_the_first_event_on_a_running_activity_waits(*, box: bool, interrupting: bool) -> None:
    """A timer the target attaches to a running task or sub-process is set; it rings, or goes with the activity."""
    own = s.scope("x", d.user("a"), "x_start a x_end") if box else d.user("x")
    late = d.boundary("late", "x", d.timer(duration="PT1H"), interrupting=interrupting) + d.user("b")
    bundle = target(s.sketch(own + late + d.user("c"), "start x c end", "late b end"))
    for rings in (True, False):
        driver = Driver(s.sketch(own, "start x end"))
        first = driver.bundle
        move(driver, bundle)
        if rings:
            driver.ring("late")
        else:
            driver.complete("a" if box else "x")
            assert driver.case.waits == {}
        mine = ["a" if box else "x"] if rings and not interrupting else []
        assert sorted(to_the_end(driver)) == sorted([*mine, *["b"] * rings, *["c"] * (not rings or not interrupting)])
        assert driver.case.is_finished
        check(driver, first)


def test_an_event_the_target_lacks_waits_no_more() -> None:
    """The timer of a boundary event that is gone is cleared, and the task goes on."""
    late = d.boundary("late", "a", d.timer(duration="PT1H")) + d.user("b")
    driver = Driver(s.sketch(d.user("a") + late, "start a end", "late b end"))
    move(driver, target(s.sketch(d.user("a"), "start a end")))
    assert driver.case.waits == {}
    assert to_the_end(driver) == ["a"]
    assert driver.case.is_finished


@pytest.mark.parametrize(
    ("nodes", "way", "code", "element"),
    [
        (s.scope("sub", d.user("z"), "sub_start z sub_end"), "start sub end", "migration_missing", "a"),
        (d.user("a"), "start a end", "migration_box_missing", "sub"),
        (s.scope("sub", d.script("a", "x = 1"), "sub_start a sub_end"), "start sub end", "migration_kind", "a"),
        (
            s.scope("sub", d.user("a"), "sub_start a sub_end", extra=d.each("units", "unit")),
            "start sub end",
            "migration_instances",
            "sub",
        ),
    ],
)
def test_what_cannot_stand_in_the_target_is_refused(nodes: str, way: str, code: str, element: str) -> None:
    """The refusal names the code and the elements; the case is what it was."""
    driver = Driver(s.sketch(s.scope("sub", d.user("a"), "sub_start a sub_end"), "start sub end"))
    before = canonical(driver.case)
    with pytest.raises(Unexpected) as refusal:
        move(driver, target(s.sketch(nodes, way)))
    assert (refusal.value.code, element in refusal.value.detail) == (code, True)
    assert canonical(driver.case) == before


REPLY = d.hy("deadline", name_="reply")
MINE = d.hy("task", role="r", deadline="reply")


def test_dates_are_kept_or_computed_anew_from_their_own_beginning() -> None:
    """Another amount in the target's table moves a running deadline only when asked; it is announced once."""
    xml = s.sketch(d.user("a", ext=MINE + REPLY), "start a end")
    shorter = target(xml, s.DEADLINES.replace(b"3m", b"1m"))
    driver = Driver(xml, D03_dmn=s.DEADLINES)
    due = driver.case.deadlines["C1.d1"]["due"]
    move(driver, shorter)
    assert (driver.effects, driver.case.deadlines["C1.d1"]["due"]) == ([], due)
    move(driver, shorter, dates="recompute")
    assert [(e.deadline_id, e.due.isoformat()) for e in driver.effects if isinstance(e, DeadlineMoved)] == [
        ("C1.d1", "2026-03-27")
    ]
    move(driver, shorter, dates="recompute")
    assert driver.effects == []


def test_a_deadline_and_a_form_the_target_adds_reach_the_open_task() -> None:
    """The open task is told its new form and deadline; the deadline begins with the migration."""
    driver = Driver(s.sketch(d.user("a", ext=d.hy("task", role="r")), "start a end"), D03_dmn=s.DEADLINES)
    task = d.hy("task", role="q", deadline="reply", form="answer")
    move(driver, target(s.sketch(d.user("a", ext=task + REPLY), "start a end")))
    (told,) = [e for e in driver.effects if isinstance(e, TaskMigrated)]
    assert (told.role, told.form, told.deadline) == ("q", "answer", "C1.d1")
    assert [e.name for e in driver.effects if isinstance(e, DeadlineSet)] == ["reply"]


def test_who_has_been_given_a_task_keeps_it() -> None:
    """A task that was transferred stays where it is when both versions name the same role and unit."""
    xml = s.sketch(d.user("a", ext=d.hy("task", role="r", unit="'u1'")), "start a end")
    driver = Driver(xml, D03_dmn=s.DEADLINES)
    driver.step("operator", verb="transfer", task=driver.task("a"), unit="u2")
    move(driver, target(xml))
    assert next(iter(driver.case.tasks.values()))["unit"] == "u2"


def test_an_interrupt_the_target_adds_is_heard_and_one_it_lacks_is_not() -> None:
    """Interrupts follow the version the case has now."""
    nodes = d.user("a") + d.user("b")
    plain = s.sketch(nodes, "start a b end")
    heard = s.sketch(nodes, "start a b end", ext=d.hy("interrupt", message="stop", to="b"), messages=["stop"])
    driver = Driver(plain, D03_dmn=s.DEADLINES)
    move(driver, target(heard))
    (wait_id,) = driver.case.waits
    move(driver, target(heard))
    assert list(driver.case.waits) == [wait_id]
    driver.step("message", subscription=wait_id, data={})
    assert driver.tasks() == {"b": 1}
    other = Driver(heard, D03_dmn=s.DEADLINES)
    move(other, target(plain))
    assert other.case.waits == {}
