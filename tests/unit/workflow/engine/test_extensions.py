"""A deadline that is extended moves its timers, and reminders that rang for the old date ring again."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.workflow.engine import DeadlineMoved, EngineError, Noticed, TaskOpened, TimerSet
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import BEGIN, Driver, calendar

OFFSETS = {"early": "-20wd", "soon": "-3wd", "late": "1wd"}
REPLY = d.hy("deadline", name_="reply")


def handled(until: str = "asked.until") -> bytes:
    """A task with reminders; beside it an extension may be asked for, again and again, until the task is done."""
    nodes = d.node("parallelGateway", "fork") + d.user("t", ext=d.hy("task", role="r", deadline="reply"))
    nodes += d.node("endEvent", "all", "<bpmn:terminateEventDefinition/>")
    nodes += d.node("exclusiveGateway", "round") + d.user("ask", ext=d.hy("task", role="r", result="asked"))
    notice = d.hy("notice", template="moved", to="role:r", data="deadlines")
    nodes += d.node("intermediateThrowEvent", "moved", ext=d.hy("extend", deadline="reply", until=until) + notice)
    nodes += d.node("exclusiveGateway", "again", default="more")
    paths: list[s.Path] = ["start fork t all", "fork round ask moved again"]
    paths += [("again round", "", "more"), ("again end", "asked.until == 'never'")]
    for key, offset in OFFSETS.items():
        timer = d.timer(ext=d.hy("timer", deadline="reply", offset=offset, at="09:00"))
        nodes += d.boundary(key, "t", timer, interrupting=False)
        nodes += d.node("endEvent", f"{key}_end", ext=d.hy("notice", template=key, to="role:r"))
        paths.append(f"{key} {key}_end")
    return s.sketch(nodes, *paths, ext=REPLY)


def driven(xml: bytes, variables: dict[str, Any] | None = None) -> Driver:
    """A case of the diagram with the table of deadlines: `reply` is due on 27 May 2026."""
    return Driver(xml, variables, D03_dmn=s.DEADLINES)


def due(driver: Driver) -> dict[str, str]:
    """When the reminders ring, as dates."""
    zone = driver.case.zone
    waits = driver.waits("timer").items()
    return {
        key: datetime.fromisoformat(driver.case.waits[t]["due_at"]).astimezone(zone).date().isoformat()
        for key, t in waits
    }


def test_a_token_extends_the_deadline_in_force() -> None:
    """First date, explanation and timers follow; what comes after it reads the new date."""
    driver = driven(handled())
    driver.complete("ask", until="2026-07-31")
    [moved] = [effect for effect in driver.effects if isinstance(effect, DeadlineMoved)]
    assert (moved.due, moved.first_due) == (date(2026, 7, 31), date(2026, 5, 27))
    assert moved.why[0] == "原定 2026-05-27，已延期"
    assert moved.why_en[0] == "was due 2026-05-27, extended"
    assert moved.why[-1] == "条例第十条"
    assert {effect.element for effect in driver.effects if isinstance(effect, TimerSet)} == set(OFFSETS)
    assert due(driver) == {"early": "2026-07-03", "soon": "2026-07-28", "late": "2026-08-03"}
    [notice] = [effect for effect in driver.effects if isinstance(effect, Noticed)]
    assert notice.data == {"reply": "2026-07-31"}
    driver.check()


@pytest.mark.parametrize("until", ["2026-05-27", "2026-03-01", "2026-05-27T12:00:00+08:00"])
def test_a_deadline_is_never_shortened_that_way(until: str) -> None:
    """What is no later date moves nothing."""
    driver = driven(handled())
    before = driver.case.deadlines["C1.d1"]
    driver.complete("ask", until=until)
    assert not [effect for effect in driver.effects if isinstance(effect, DeadlineMoved | TimerSet)]
    assert driver.case.deadlines["C1.d1"] == before


def test_an_end_on_a_day_off_rolls_as_the_deadline_does() -> None:
    """Saturday 1 August becomes Monday."""
    driver = driven(handled())
    driver.complete("ask", until="2026-08-01")
    assert driver.case.deadlines["C1.d1"]["due"] == "2026-08-03"


@pytest.mark.parametrize(
    ("until", "asked", "code"),
    [
        ("asked.until", "soon", "not_a_date"),
        ("asked.until", None, "not_a_date"),
        ("missing", "2026-07-31", "expression"),
    ],
)
def test_a_date_that_is_none_is_an_error(until: str, asked: str | None, code: str) -> None:
    """The step fails at the element."""
    driver = driven(handled(until))
    with pytest.raises(EngineError) as error:
        driver.complete("ask", until=asked)
    assert (error.value.code, error.value.element) == (code, "moved")


def test_a_deadline_that_is_not_in_force_is_an_error() -> None:
    """Another activity's deadline cannot be extended from here."""
    nodes = d.user("t", ext=REPLY) + d.node(
        "intermediateThrowEvent", "x", ext=d.hy("extend", deadline="reply", until="'2027-01-04'")
    )
    with pytest.raises(EngineError) as error:
        driven(s.sketch(nodes, "start x t end"))
    assert error.value.code == "unknown_deadline"


@pytest.mark.parametrize("door", ["token", "operator"])
def test_reminders_that_rang_ring_again(door: str) -> None:
    """Before and behind the new date; none for an instant that has passed, none twice."""
    driver = driven(handled())
    for key in ("early", "soon", "late"):
        driver.ring(key)
    assert due(driver) == {}
    if door == "token":
        driver.complete("ask", until="2026-06-16")
    else:
        driver.step("operator", verb="extend", deadline="C1.d1", amount="2026-06-16")
    assert due(driver) == {"soon": "2026-06-11", "late": "2026-06-17"}
    driver.ring("soon")
    told = [effect.template for effect in driver.all_effects if isinstance(effect, Noticed)]
    assert told.count("soon") == 2
    driver.step("operator", verb="extend", deadline="C1.d1", amount="2026-06-17")
    assert due(driver) == {"soon": "2026-06-12", "late": "2026-06-18"}
    driver.complete("t")
    assert driver.case.is_finished
    assert not driver.case.waits
    driver.check()


@pytest.mark.parametrize("form", ["instances", "call", "placed"])
def test_reminders_ring_again_wherever_the_activity_stands(form: str) -> None:
    """On an activity with instances, on a called process, on one that a return has placed."""
    timer = d.boundary("soon", "x", d.timer(ext=d.hy("timer", deadline="reply", offset="-3wd")), interrupting=False)
    told = d.node("endEvent", "told")
    more = ""
    if form == "instances":
        node = d.user("x", d.each("units", "unit"), ext=d.hy("task", role="r"))
    elif form == "call":
        node, more = d.node("callActivity", "x", calledElement="Q"), s.called("Q", d.user("t"), "Q_start t Q_end")
    else:
        node = d.user("x", ext=d.hy("task", role="r"))
    back = d.user("back", ext=d.hy("return", to="x"))
    driver = driven(
        s.sketch(node + timer + told + back, "start x back end", "soon told", ext=REPLY, more=more), {"units": [1, 2]}
    )
    if form == "placed":
        driver.complete("x")
        driver.step("operator", verb="return", task=driver.task("back"))
    for amount in ("4m", "5m", "6m"):
        driver.ring("soon")
        assert due(driver) == {}
        driver.step("operator", verb="extend", deadline="C1.d1", amount=amount)
        assert set(due(driver)) == {"soon"}
    for element in sorted(driver.tasks().elements()):
        driver.complete(element)
    assert driver.tasks() == {"back": 1}
    assert due(driver) == {}
    driver.complete("back")
    assert driver.case.is_finished
    driver.check()


def test_an_ended_activity_has_no_reminders() -> None:
    """Extending what is still in force around it arms nothing there."""
    timer = d.boundary("soon", "x", d.timer(ext=d.hy("timer", deadline="reply", offset="-3wd")), interrupting=False)
    nodes = d.user("x") + timer + d.node("endEvent", "told") + d.user("y")
    driver = driven(s.sketch(nodes, "start x y end", "soon told", ext=REPLY))
    driver.complete("x")
    driver.step("operator", verb="extend", deadline="C1.d1", amount="4m")
    assert due(driver) == {}


def test_what_opens_in_the_same_step_sees_the_new_date() -> None:
    """The task behind the extension."""
    nodes = d.user("a") + d.node(
        "intermediateThrowEvent", "x", ext=d.hy("extend", deadline="reply", until="'2026-07-31'")
    )
    nodes += d.user("b", ext=d.hy("task", role="r", deadline="reply", fill="{'due': deadlines.reply}", form="f"))
    form = b'{"type": "object", "properties": {"due": {"type": "string"}}}'
    driver = Driver(s.sketch(nodes, "start a x b end", ext=REPLY), D03_dmn=s.DEADLINES, **{"forms__f.json": form})
    driver.complete("a")
    [task] = [effect for effect in driver.effects if isinstance(effect, TaskOpened)]
    assert (task.deadline, task.initial) == ("C1.d1", {"due": "2026-07-31"})
    driver.check()


class Reminders:
    """An independent model: which reminders wait for which day."""

    def __init__(self) -> None:
        self.due, self.now = date(2026, 5, 27), BEGIN
        self.armed = set(OFFSETS)

    def instant(self, key: str) -> datetime:
        """When a reminder rings, by the present date."""
        return calendar().instant(calendar().add(self.due, OFFSETS[key]).due, "09:00")

    def ring(self, key: str) -> None:
        """Its instant has come."""
        self.now = max(self.now, self.instant(key))
        self.armed.discard(key)

    def extend(self, until: date) -> None:
        """Another date; everything that lies ahead waits."""
        if until > self.due:
            self.due = calendar().add(self.now.date(), until.isoformat()).due
            self.armed |= {key for key in OFFSETS if self.instant(key) > self.now}


@settings(max_examples=60, deadline=None, suppress_health_check=(HealthCheck.too_slow,))
@given(st.data())
def test_reminders_and_extensions_in_any_order(data: st.DataObject) -> None:
    """After every ring and every extension the reminders that wait are those the model says."""
    driver, model = driven(handled()), Reminders()
    for _ in range(data.draw(st.integers(1, 10))):
        waiting = sorted(driver.waits("timer"))
        if waiting and data.draw(st.booleans()):
            key = data.draw(st.sampled_from(waiting))
            driver.ring(key)
            model.ring(key)
        else:
            until = date(2026, 5, 1) + timedelta(days=data.draw(st.integers(0, 200)))
            driver.complete("ask", until=until.isoformat())
            model.now = driver.now
            model.extend(until)
        assert due(driver) == {
            key: model.instant(key).astimezone(driver.case.zone).date().isoformat() for key in model.armed
        }
    driver.complete("t")
    assert driver.case.is_finished
    driver.check()
