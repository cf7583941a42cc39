"""Named deadlines: where they begin and end, what hangs on them, how they move."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.workflow import calendars
from services.workflow.engine import (
    DeadlineCleared,
    DeadlineMoved,
    DeadlineSet,
    EngineError,
    Stimulus,
    TaskOpened,
    TimerSet,
    Unexpected,
    canonical,
    dump,
    load,
    step,
)
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver, calendar


def driven(xml: bytes, variables: dict[str, Any] | None = None) -> Driver:
    """A case with the table of deadlines."""
    return Driver(xml, variables, D03_dmn=s.DEADLINES)


def of(driver: Driver, kind: type) -> list[Any]:
    """The last step's effects of one kind."""
    return [effect for effect in driver.effects if isinstance(effect, kind)]


def test_a_task_has_its_deadline() -> None:
    """A deadline on a task begins with it, is named by it, says why, and is cleared with it."""
    task = d.user("t", ext=d.hy("task", role="r", deadline="reply") + d.hy("deadline", name_="reply", unit="'u1'"))
    driver = driven(s.sketch(task, "start t end"))
    (begun,) = of(driver, DeadlineSet)
    assert (begun.deadline_id, begun.name, begun.unit, begun.due) == ("C1.d1", "reply", "u1", date(2026, 5, 27))
    assert begun.due_at == datetime(2026, 5, 27, 16, tzinfo=UTC)
    assert begun.rule == "D03 · 1"
    assert begun.why[-1] == "条例第十条"
    assert not begun.provisional
    assert of(driver, TaskOpened)[0].deadline == "C1.d1"
    driver.complete("t")
    assert of(driver, DeadlineCleared) == [DeadlineCleared("C1.d1", "reply")]
    driver.check()


@pytest.mark.parametrize("where", ["process", "scope", "called"])
def test_a_deadline_of_a_scope_lasts_as_long_as_the_scope(where: str) -> None:
    """A task names the deadline of the process, sub-process or called process around it; it begins once."""
    declared = d.hy("deadline", name_="reply")
    tasks = "".join(d.user(key, ext=d.hy("task", role="r", deadline="reply")) for key in ("a", "b"))
    if where == "process":
        xml = s.sketch(tasks, "start a b end", ext=declared)
    elif where == "scope":
        xml = s.sketch(s.scope("sub", tasks, "sub_start a b sub_end", ext=declared), "start sub end")
    else:
        inner = s.called("Q", tasks, "Q_start a b Q_end", ext=declared)
        xml = s.sketch(d.node("callActivity", "call", calledElement="Q"), "start call end", more=inner)
    driver = driven(xml)
    assert len(of(driver, DeadlineSet)) == 1
    assert of(driver, TaskOpened)[0].deadline == "C1.d1"
    driver.complete("a")
    assert of(driver, TaskOpened)[0].deadline == "C1.d1"
    driver.complete("b")
    assert of(driver, DeadlineCleared) == [DeadlineCleared("C1.d1", "reply")]
    driver.check()


@pytest.mark.parametrize("form", ["task", "sub", "call"])
def test_each_instance_has_its_own_deadline(form: str) -> None:
    """Instances of a multi-instance activity have deadlines of their own, with their own unit."""
    ext, loop = d.hy("deadline", name_="reply", unit="unit"), d.each("units", "unit")
    task = d.hy("task", role="r", unit="unit", deadline="reply")
    more = ""
    if form == "task":
        node = d.user("t", loop, ext=ext + task)
    elif form == "sub":
        node = s.scope("sub", d.user("t", ext=task), "sub_start t sub_end", ext=ext, extra=loop)
    else:
        node = d.node("callActivity", "call", loop, ext=ext, calledElement="Q")
        more = s.called("Q", d.user("t", ext=task), "Q_start t Q_end")
    key = {"task": "t", "sub": "sub", "call": "call"}[form]
    driver = driven(s.sketch(node, f"start {key} end", more=more), {"units": ["u1", "u2"]})
    assert [(begun.deadline_id, begun.unit) for begun in of(driver, DeadlineSet)] == [("C1.d1", "u1"), ("C1.d2", "u2")]
    assert [(opened.unit, opened.deadline) for opened in of(driver, TaskOpened)] == [("u1", "C1.d1"), ("u2", "C1.d2")]
    driver.complete("t")
    assert [cleared.deadline_id for cleared in of(driver, DeadlineCleared)] == ["C1.d1"]
    driver.check()


@pytest.mark.parametrize("tag", ["receiveTask", "intermediateCatchEvent"])
def test_waiting_for_a_message_has_its_deadline_too(tag: str) -> None:
    """A deadline on a receive task or catch event ends when the message has come."""
    node = d.node(tag, "x", d.message("m", key="'k'"), ext=d.hy("deadline", name_="week"))
    driver = driven(s.sketch(node + d.user("after"), "start x after end", messages=("m",)))
    assert [begun.name for begun in of(driver, DeadlineSet)] == ["week"]
    driver.receive("x")
    assert of(driver, DeadlineCleared) == [DeadlineCleared("C1.d1", "week")]
    assert not driver.case.deadlines
    driver.check()


def test_the_nearest_deadline_of_a_name_counts() -> None:
    """A task takes its own deadline before one of the same name around it."""
    task = d.user("t", ext=d.hy("task", role="r", deadline="reply") + d.hy("deadline", name_="reply", rule="day"))
    driver = driven(s.sketch(task, "start t end", ext=d.hy("deadline", name_="reply")))
    assert [begun.due for begun in of(driver, DeadlineSet)] == [date(2026, 5, 27), date(2026, 2, 28)]
    assert of(driver, TaskOpened)[0].deadline == "C1.d2"


@pytest.mark.parametrize("start", ["'2026-03-02'", "'2026-03-01T17:00:00+00:00'", "handed_over"])
def test_the_clock_may_start_elsewhere(start: str) -> None:
    """`from` names a date, or an instant whose date in the calendar's zone counts."""
    task = d.user("t", ext=d.hy("deadline", name_="week", from_=start))
    driver = driven(s.sketch(task, "start t end"), {"handed_over": "2026-03-02"})
    assert of(driver, DeadlineSet)[0].due == date(2026, 3, 9)


@pytest.mark.parametrize(
    ("ext", "code"),
    [
        (d.hy("deadline", name_="nothing"), "no_deadline_rule"),
        (d.hy("deadline", name_="week", from_="'soon'"), "not_a_date"),
        (d.hy("deadline", name_="week", from_="missing"), "expression"),
        (d.hy("task", role="r", deadline="week"), "unknown_deadline"),
    ],
)
def test_a_deadline_that_cannot_be_computed_is_an_error(ext: str, code: str) -> None:
    """A rule the table does not have, a date that is none, a name not in scope: the step fails with its code."""
    with pytest.raises(EngineError) as error:
        driven(s.sketch(d.user("t", ext=ext), "start t end"))
    assert error.value.code == code


def test_without_a_table_there_are_no_deadlines() -> None:
    """A package without a table of deadlines cannot run a diagram that names one."""
    with pytest.raises(EngineError) as error:
        Driver(s.sketch(d.user("t", ext=d.hy("deadline", name_="week")), "start t end"))
    assert error.value.code == "no_deadline_table"


def reminded(*, interrupting: bool = False) -> bytes:
    """A task with a deadline and three timers on it: before, on its last instant, and behind."""
    task = d.user("t", ext=d.hy("deadline", name_="reply"))
    nodes = task
    paths = ["start t end"]
    for key, facts in {"soon": {"offset": "-3wd", "at": "09:00"}, "due": {}, "late": {"offset": "1wd"}}.items():
        timer = d.timer(ext=d.hy("timer", deadline="reply", **facts))
        nodes += d.boundary(key, "t", timer, interrupting=interrupting) + d.node("endEvent", f"{key}_end")
        paths.append(f"{key} {key}_end")
    return s.sketch(nodes, *paths)


def due(driver: Driver) -> dict[str, str]:
    """When the timers ring, in Chinese civil time."""
    found = {}
    for element, timer_id in driver.waits("timer").items():
        instant = datetime.fromisoformat(driver.case.waits[timer_id]["due_at"])
        found[element] = instant.astimezone(driver.case.zone).strftime("%m-%d %H:%M")
    return found


def test_timers_hang_on_deadlines() -> None:
    """An offset in working days and a time of day; without both the deadline's last instant."""
    driver = driven(reminded())
    assert due(driver) == {"soon": "05-22 09:00", "due": "05-28 00:00", "late": "05-29 00:00"}
    driver.ring("soon")
    driver.ring("due")
    assert driver.tasks() == {"t": 1}
    driver.complete("t")
    assert not driver.case.waits
    driver.check()


def test_an_extended_deadline_moves_its_timers() -> None:
    """An extension counts from the deadline's own beginning and remembers the first date."""
    driver = driven(reminded())
    driver.step("operator", verb="extend", deadline="C1.d1", amount="4m")
    (moved,) = of(driver, DeadlineMoved)
    assert (moved.due, moved.first_due) == (date(2026, 6, 29), date(2026, 5, 27))
    assert {timer.element for timer in of(driver, TimerSet)} == {"soon", "due", "late"}
    assert due(driver) == {"soon": "06-24 09:00", "due": "06-30 00:00", "late": "07-01 00:00"}
    driver.step("operator", verb="extend", deadline="C1.d1", amount="5m")
    assert of(driver, DeadlineMoved)[0].first_due == date(2026, 5, 27)
    driver.check()


def test_extending_to_the_same_date_moves_nothing() -> None:
    """An extension that changes no date says nothing."""
    driver = driven(reminded())
    assert driver.step("operator", verb="extend", deadline="C1.d1", amount="3m") == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"deadline": "C1.d9", "amount": "4m"}, "unknown_deadline"),
        ({"deadline": "C1.d1", "amount": "soon"}, "bad_amount"),
        ({"deadline": "C1.d1"}, "bad_amount"),
    ],
)
def test_a_wrong_extension_is_refused(facts: dict[str, str], code: str) -> None:
    """An unknown deadline or an amount that is none refuses the verb; the case is as before."""
    driver = driven(reminded())
    before = canonical(driver.case)
    with pytest.raises(Unexpected) as error:
        driver.step("operator", verb="extend", **facts)
    assert error.value.code == code
    assert {**canonical(driver.case), "now": before["now"], "facts": before["facts"]} == before


def test_a_new_calendar_moves_what_it_changes() -> None:
    """A case adopts the calendar it is loaded with by an operator's verb only, and says which date moved why."""
    task = d.user("t", ext=d.hy("deadline", name_="week")) + d.node("endEvent", "e")
    timer = d.timer(ext=d.hy("timer", deadline="week", at="09:00"))
    driver = driven(s.sketch(task + d.boundary("soon", "t", timer), "start t end", "soon e"))
    (begun,) = of(driver, DeadlineSet)
    assert begun.due == date(2026, 3, 5)
    special = other_calendar()
    case = load("C1", dump(driver.case), driver.bundle, special)
    assert next(iter(case.deadlines.values()))["calendar"] == calendar().version
    effects = step(case, Stimulus("operator", driver.now, {}, {"verb": "calendar"}))
    (moved,) = [effect for effect in effects if isinstance(effect, DeadlineMoved)]
    assert (moved.due, moved.first_due, moved.calendar) == (date(2026, 3, 6), date(2026, 3, 5), special.version)
    (timer_set,) = [effect for effect in effects if isinstance(effect, TimerSet)]
    assert timer_set.due_at == datetime(2026, 3, 6, 1, tzinfo=UTC)


def other_calendar() -> calendars.Calendar:
    """The official calendar with one more day off, 4 March 2026."""
    official = calendar()
    off = next(special for special in official.days.values() if special.kind != "workday")
    return calendars.Calendar("cn", official.zone, official.years, {**official.days, date(2026, 3, 4): off})
