"""Timers: dates, durations, cycles, as modelers write them."""

from datetime import datetime, timedelta

import pytest

from services.workflow.engine import EngineError, TimerCleared, TimerSet, Unexpected
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import BEGIN, Driver


def waiting(definition: str) -> bytes:
    """A process that waits for a timer."""
    return s.sketch(d.node("intermediateCatchEvent", "x", definition), "start x end")


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (d.timer(duration="PT72H"), "2026-03-02T01:00:00+00:00"),
        (d.timer(duration='"PT72H"'), "2026-03-02T01:00:00+00:00"),
        (d.timer(duration="wait.duration"), "2026-02-28T01:00:00+00:00"),
        (d.timer(duration="${wait.duration}"), "2026-02-28T01:00:00+00:00"),
        (d.timer(duration="=wait.duration"), "2026-02-28T01:00:00+00:00"),
        (d.timer(duration="P1M"), "2026-03-27T01:00:00+00:00"),
        (d.timer(date="2026-05-31"), "2026-05-31T16:00:00+00:00"),
        (d.timer(date="2026-05-31T09:00"), "2026-05-31T01:00:00+00:00"),
        (d.timer(date="2026-05-31T09:00:00Z"), "2026-05-31T09:00:00+00:00"),
        (d.timer(date="wait.date"), "2026-04-01T16:00:00+00:00"),
        (d.timer(cycle="R3/PT24H"), "2026-02-28T01:00:00+00:00"),
        (d.timer(cycle="R/2026-03-01T09:00/P7D"), "2026-03-01T01:00:00+00:00"),
    ],
)
def test_a_timer_knows_its_instant(definition: str, expected: str) -> None:
    """Bare ISO texts, quoted ones, and expressions of several vendors; dates end with their day in the zone."""
    driver = Driver(waiting(definition), {"wait": {"duration": "P1D", "date": "2026-04-01"}})
    (wait,) = driver.case.waits.values()
    assert wait["due_at"] == expected
    driver.ring("x")
    assert driver.case.is_finished
    driver.check()


@pytest.mark.parametrize(
    "definition",
    [
        d.timer(duration="PX"),
        d.timer(duration="'soon'"),
        d.timer(duration="n"),
        d.timer(date="2026-02-30"),
        d.timer(date="2026"),
        d.timer(duration="P99999999Y"),
        d.timer(cycle="R/2026-03-01/soon"),
        d.timer(cycle="Rx/PT1H"),
        d.timer(cycle="R0/PT1H"),
        d.timer(cycle="R/PT0S"),
        d.timer(cycle="R/2026-03-01T09:00/PX"),
        d.timer(cycle="R/2026-03-01T09:00/PT0S"),
    ],
)
def test_a_timer_without_an_instant_is_an_error(definition: str) -> None:
    """A text that names no instant, or a cycle that never comes or never moves on, fails when it begins to wait."""
    with pytest.raises(EngineError) as error:
        Driver(waiting(definition), {"n": 3})
    assert error.value.code in {"bad_timer", "expression"}


def test_a_cycle_rings_so_often() -> None:
    """R3/PT24H rings three times, each a day after the one before, whenever the stimulus arrives."""
    nodes = d.user("a") + d.boundary("again", "a", d.timer(cycle="R3/PT24H"), interrupting=False)
    nodes += d.user("remind") + d.node("endEvent", "reminded")
    driver = Driver(s.sketch(nodes, "start a end", "again remind reminded"))
    for number in (1, 2, 3):
        timer_id = driver.waits("timer")["again"]
        due = datetime.fromisoformat(driver.case.waits[timer_id]["due_at"])
        assert due == BEGIN + timedelta(days=number)
        driver.step("timer", at=due + timedelta(hours=5), timer=timer_id)
        assert driver.tasks() == {"a": 1, "remind": number}
        kind = TimerCleared if number == 3 else TimerSet
        assert [type(e) for e in driver.effects if isinstance(e, TimerSet | TimerCleared)] == [kind]
    assert not driver.case.waits
    driver.complete("a")
    for _ in range(3):
        driver.complete("remind")
    assert driver.case.is_finished
    driver.check()


def test_a_cycle_without_a_number_goes_on_for_ever() -> None:
    """R/P7D rings as long as its activity lasts; what it started goes on when the activity has ended."""
    nodes = d.user("a") + d.boundary("again", "a", d.timer(cycle="R/P7D"), interrupting=False)
    driver = Driver(s.sketch(nodes + d.user("remind") + d.node("endEvent", "e"), "start a end", "again remind e"))
    for _ in range(10):
        driver.ring("again")
    driver.complete("a")
    assert not driver.case.waits
    assert driver.tasks() == {"remind": 10}
    driver.check()


def test_an_interrupting_cycle_rings_once() -> None:
    """An interrupting boundary event has nothing left to repeat on."""
    nodes = d.user("a") + d.boundary("late", "a", d.timer(cycle="R3/PT1H")) + d.user("after")
    driver = Driver(s.sketch(nodes, "start a end", "late after end"))
    driver.ring("late")
    assert driver.tasks() == {"after": 1}
    assert not driver.case.waits


def test_a_timer_that_is_gone_is_refused() -> None:
    """A timer that rang already, was cleared, or never was: the stimulus does not fit and nothing changes."""
    nodes = d.user("a") + d.boundary("soon", "a", d.timer(duration="PT1H"), interrupting=False)
    driver = Driver(s.sketch(nodes + d.node("endEvent", "e"), "start a end", "soon e"))
    timer_id = driver.waits("timer")["soon"]
    driver.ring("soon")
    for gone in (timer_id, "C1.t9", "", None):
        with pytest.raises(Unexpected) as error:
            driver.step("timer", timer=gone)
        assert error.value.code == "timer_gone"
    driver.complete("a")
    assert driver.case.is_finished


def test_a_message_subscription_is_no_timer() -> None:
    """A timer stimulus with the id of a subscription, and the reverse, are refused."""
    nodes = d.node("parallelGateway", "fork") + d.node("intermediateCatchEvent", "m", d.message("m", key="'k'"))
    nodes += d.node("intermediateCatchEvent", "t", d.timer(duration="PT1H"))
    driver = Driver(s.sketch(nodes, "start fork m end", "fork t end", messages=("m",)))
    with pytest.raises(Unexpected):
        driver.step("timer", timer=driver.waits("message")["m"])
    with pytest.raises(Unexpected):
        driver.step("message", subscription=driver.waits("timer")["t"])


def test_time_never_goes_back() -> None:
    """A clock that jumps back does not take the case with it: what begins then counts from the case's own time."""
    nodes = d.user("a") + d.node("intermediateCatchEvent", "x", d.timer(duration="PT1H")) + d.user("b")
    driver = Driver(s.sketch(nodes, "start b a x end"))
    driver.complete("b")
    driver.now = BEGIN - timedelta(days=3)
    driver.complete("a")
    assert driver.case.now == BEGIN + timedelta(minutes=1)
    (wait,) = driver.case.waits.values()
    assert datetime.fromisoformat(wait["due_at"]) == BEGIN + timedelta(minutes=61)
    driver.check()
