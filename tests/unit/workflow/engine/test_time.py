"""A case's time: it never goes back, instants may come from any zone, dates end where and when the package says."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workflow.engine import (
    Bundle,
    Case,
    DeadlineConfirmed,
    DeadlineSet,
    EngineError,
    Refused,
    Stimulus,
    TimerSet,
    canonical,
    compile_bundle,
    dump,
    load,
    replay,
    start,
    step,
)
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import BEGIN, calendar

ZONES = ("Asia/Shanghai", "Asia/Urumqi", "UTC", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago")
LOCAL = b"""
id: cn-yunting
overlay: cn
source: invented
holidays:
  - {name: the city's day, name_en: the city's day, from: 2026-03-04, to: 2026-03-04}
"""
TASK = d.user("t", ext=d.hy("deadline", name_="week", from_="begun"))
ROUND = s.sketch(
    TASK + d.node("exclusiveGateway", "again", default="f_on"),
    "start t again",
    ("again end", "false"),
    ("again t", "", "f_on"),
)


def bundle(xml: bytes = ROUND, files: dict[str, bytes] | None = None, **settings: Any) -> Bundle:
    """A compiled package with the table of deadlines."""
    named = {"p.bpmn": xml, "D03.dmn": s.DEADLINES, **(files or {})}
    return compile_bundle(named, {"version": "test-2026.1", "deadlines": "D03", **settings})


def begun(of: Bundle, at: datetime, source: Any = "") -> tuple[Case, DeadlineSet]:
    """A case started at an instant, and its deadline of five working days."""
    stimulus = Stimulus("start", at, {}, {"process": "P", "vars": {"begun": source}})
    case, effects = start("C1", stimulus, of, calendar())
    return case, next(effect for effect in effects if isinstance(effect, DeadlineSet))


PACKAGE = bundle()


@given(minutes=st.lists(st.integers(-600_000, 600_000), min_size=1, max_size=6), zone=st.sampled_from(ZONES))
def test_a_case_never_goes_back_in_time(minutes: list[int], zone: str) -> None:
    """Whatever a clock says that jumps, its time only grows, no deadline begins before it, and the log replays."""
    case, _ = begun(PACKAGE, BEGIN)
    log = [Stimulus("start", BEGIN, {}, {"process": "P", "vars": {"begun": ""}})]
    for number in minutes:
        before = case.now
        at = (BEGIN + timedelta(minutes=number)).astimezone(ZoneInfo(zone))
        stimulus = Stimulus("complete_task", at, {}, {"task": next(iter(case.tasks.values()))["id"]})
        step(case, stimulus)
        log.append(stimulus)
        assert case.now == max(before, at)
        [limit] = case.deadlines.values()
        assert limit["from"] == case.calendar.local_date(case.now).isoformat()
        case = load("C1", dump(case), PACKAGE, calendar())
    assert canonical(replay("C1", log, PACKAGE, calendar())) == canonical(case)


@given(
    minute=st.integers(0, 270 * 24 * 60),
    offset=st.integers(-14 * 60, 14 * 60),
    home=st.sampled_from(ZONES),
    end=st.sampled_from(["24:00", "17:30", "00:00"]),
    named=st.booleans(),
)
def test_an_instant_of_any_zone_counts_by_the_date_at_home(
    minute: int, offset: int, home: str, end: str, named: bool
) -> None:
    """Whether it is the stimulus' own instant or one that `from` names: the last day ends at `day_end` in the zone."""
    at = datetime(2026, 1, 1, tzinfo=timezone(timedelta(minutes=offset))) + timedelta(minutes=minute)
    _, found = begun(bundle(zone=home, counting={"day_end": end}), at, at.isoformat() if named else "")
    due = calendar().add(at.astimezone(ZoneInfo(home)).date(), "5wd").due
    clock = time.min if end == "24:00" else time.fromisoformat(end)
    last = datetime.combine(due + timedelta(days=end == "24:00"), clock, ZoneInfo(home))
    assert (found.due, found.due_at) == (due, last.astimezone(UTC))


def test_an_instant_without_a_zone_is_read_as_of_the_package() -> None:
    """What a form gave without an offset means the time of the place, not that of the machine."""
    for home in ZONES:
        _, found = begun(bundle(zone=home), BEGIN, "2026-03-01T23:30:00")
        assert found.due == date(2026, 3, 6)


@pytest.mark.parametrize("home", ZONES)
def test_the_day_of_an_instant_is_that_of_the_package_in_expressions_too(home: str) -> None:
    """In a condition, a script and a cell of a table `date(x)` means the day in the package's zone."""
    late = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)
    called = "<spiffworkflow:calledDecisionId>D05</spiffworkflow:calledDecisionId>"
    rule = d.node("businessRuleTask", "rule", ext=called + d.hy("decision", result="found"))
    xml = s.sketch(d.script("day", "day = date(begun)") + rule + d.user("t"), "start day rule t end")
    of = bundle(xml, {"D05.dmn": s.table("D05", "begun", "day", "- | date(begun)")}, zone=home)
    begin = Stimulus("start", late, {}, {"process": "P", "vars": {"begun": late.isoformat()}})
    case, _ = start("C1", begin, of, calendar())
    there = late.astimezone(ZoneInfo(home)).date().isoformat()
    [task] = case.workflow.open.values()
    assert (task.data["day"], task.data["found"]["day"]) == (there, there)


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "9999-12-31", "a\0b"])
def test_an_instant_at_the_end_of_time_is_an_error_with_a_name(text: str) -> None:
    """The step fails as one that can be repaired; nothing overflows."""
    with pytest.raises(EngineError) as error:
        begun(PACKAGE, BEGIN, text)
    assert error.value.code in ("not_a_date", "bad_amount", "not_plain")


@pytest.mark.parametrize(
    ("counting", "due"),
    [
        ({}, date(2026, 3, 5)),
        ({"exclude_start_day": False}, date(2026, 3, 4)),
        ({"exclude_start_day": True, "month_end_rule": "last_day", "roll_rule": "none"}, date(2026, 3, 5)),
    ],
)
def test_the_package_says_how_days_are_counted(counting: dict[str, Any], due: date) -> None:
    """The parameters of 5.1 belong to the package; without them the law's defaults hold."""
    assert begun(bundle(counting=counting), BEGIN)[1].due == due


def test_a_package_lays_its_own_holidays_over_the_calendar() -> None:
    """The city's day counts for this package alone; the case still names the shared calendar's version."""
    case, found = begun(bundle(files={"calendar.yaml": LOCAL}), BEGIN)
    assert (found.due, found.calendar) == (date(2026, 3, 6), calendar().version)
    assert "the city's day" in " ".join(found.why)
    again = load("C1", dump(case), case.bundle, calendar())
    assert not again.calendar.is_working_day(date(2026, 3, 4))
    assert calendar().is_working_day(date(2026, 3, 4))


def test_a_broken_overlay_is_refused_with_its_reason() -> None:
    """A calendar of the package that cannot be read keeps it from being compiled."""
    with pytest.raises(Refused) as refused:
        bundle(files={"calendar.yaml": LOCAL.replace(b"to: 2026-03-04", b"to: soon")})
    assert refused.value.findings[0].code == "bad_calendar"


def test_an_overlay_gives_way_to_that_of_another_package() -> None:
    """What one package has laid over a calendar is gone when another takes it."""
    own = replace(PACKAGE, days=bundle(files={"calendar.yaml": LOCAL}).days, _calendars={})
    assert PACKAGE.calendar(own.calendar(calendar())) == calendar()


def test_a_reminder_follows_a_calendar_that_leaves_its_deadline_where_it_is() -> None:
    """Working days are counted back from the date: a day off before it moves the reminder, and nothing else is told."""
    task = d.user("t", ext=d.hy("deadline", name_="reply")) + d.node("endEvent", "e")
    timer = d.timer(ext=d.hy("timer", deadline="reply", offset="-5wd", at="09:00"))
    of = bundle(s.sketch(task + d.boundary("soon", "t", timer, interrupting=False), "start t end", "soon e"))
    case, found = begun(of, BEGIN)
    [wait] = [wait for wait in case.waits.values() if wait["kind"] == "timer"]
    assert (found.due, wait["due_at"]) == (date(2026, 5, 27), "2026-05-20T01:00:00+00:00")
    off = next(special for special in calendar().days.values() if special.kind != "workday")
    case = load("C1", dump(case), of, replace(calendar(), days={**calendar().days, date(2026, 5, 20): off}))
    effects = step(case, Stimulus("operator", BEGIN, {}, {"verb": "calendar", "shorten": False}))
    [told] = [effect for effect in effects if not isinstance(effect, DeadlineConfirmed)]
    assert isinstance(told, TimerSet)
    assert told.due_at == datetime(2026, 5, 19, 1, tzinfo=UTC)
