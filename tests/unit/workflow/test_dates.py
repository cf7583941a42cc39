"""The calculator against a small model of the law that shares nothing with it, and against what people mistype."""

import json
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from services.huiyin.commands.studying import deadline
from services.workflow.calendars import CalendarError, Rule, parse

FOLDER = Path(__file__).parents[3] / "processes" / "calendars"
CN = parse({file.name: file.read_bytes() for file in FOLDER.glob("cn-*.yaml")})
OFF = "0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007"
ON = "0104 0214 0228 0509 0920 1010"
STARTS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


def works(day: date) -> bool:
    """Whether people work on a day of 2026 or, by weekday alone, after it."""
    if day.year == 2026 and f"{day:%m%d}" in ON.split():
        return True
    off = day.year == 2026 and any(a <= f"{day:%m%d}" <= b for a, b in (p.split("-") for p in OFF.split()))
    return day.isoweekday() < 6 and not off


def model(start: date, number: int, unit: str, *, exclude: bool, roll: bool) -> date:
    """民法典 第200–203条, day by day: months go to the same day or the last, an end on a day off moves on."""
    if unit == "wd":
        day = start if exclude or not number else start - timedelta(days=1)
        for _ in range(number):
            day += timedelta(days=1)
            while not works(day):
                day += timedelta(days=1)
        if number:
            return day
    elif unit == "d":
        day = start + timedelta(days=number if exclude or not number else number - 1)
    else:
        months = start.month - 1 + number
        year, month = start.year + months // 12, months % 12 + 1
        last = monthrange(year, month)[1]
        day = date(year, month, min(start.day, last))
        if not exclude and number and start.day <= last:
            day -= timedelta(days=1)
    while roll and not works(day):
        day += timedelta(days=1)
    return start if unit == "wd" and not roll else day


@given(STARTS, st.integers(0, 60), st.sampled_from(["wd", "d", "m"]), st.booleans(), st.booleans())
@example(date(2026, 2, 27), 5, "wd", True, True)
@example(date(2026, 7, 1), 3, "m", True, True)
@example(date(2026, 1, 1), 0, "wd", False, True)
def test_every_deadline_agrees_with_the_model(start: date, number: int, unit: str, exclude: bool, roll: bool) -> None:
    """Working days, days and months, first day counted or not, moved or not: the same day."""
    rule = Rule(exclude_start_day=exclude, roll_rule="next_working_day" if roll else "none")
    if unit == "m":
        number %= 13
    assert CN.add(start, f"{number}{unit}", rule=rule).due == model(start, number, unit, exclude=exclude, roll=roll)


@pytest.mark.parametrize(
    "row",
    [
        "2026-02-12 5wd 2026-02-26",
        "2026-02-12 7wd 2026-02-28",
        "2026-04-30 5wd 2026-05-11",
        "2026-07-01 3m 2026-10-08",
        "2025-11-30 3m 2026-02-28",
        "2026-02-11T16:00Z 5wd 2026-02-26",
        "2026-02-12T15:59+00:00 5wd 2026-02-26",
        "2026-03-19 -3wd 2026-03-16",
    ],
)
def test_the_command_says_when_and_why(row: str) -> None:
    """Scenario 17 on the command line; an instant counts by the date it has in the calendar's zone."""
    start, amount, due = row.split()
    done = CliRunner().invoke(deadline, [start, amount, "--calendar", "cn", "--json"], catch_exceptions=False)
    found = json.loads(done.stdout)
    assert (done.exit_code, found["due"], found["provisional"]) == (0, due, False)
    assert found["why"]


BAD = st.one_of(
    st.text(max_size=12),
    st.from_regex(r"-?[0-9]{1,40}(wd|d|m)?", fullmatch=True),
    st.sampled_from(
        [
            *("9999-12-31", "0001-01-01", "2026-02-30", "2026-W09-5", "20260227", "2026-02-27T09:00"),
            *("9999-12-31T23:59-12:00", "0001-01-01T00:00+14:00", "2026-02-27T09:00+99:00"),
            *("99999d", "9999m", "-9999m", "9999wd", "٣d"),
            *("cn", "..", "/etc/*", "**", "cn*", "../../etc/passwd", "cn-2026"),
        ]
    ),
    st.sampled_from(["\0", "2026-02-27\0", "5wd\0", "cn\0", "\ud800", "5 wd"]),
)


@given(st.one_of(st.just("2026-02-27"), BAD), st.one_of(st.just("5wd"), BAD), st.one_of(st.just("cn"), BAD))
def test_whatever_is_typed_is_answered_in_words(start: str, amount: str, calendar: str) -> None:
    """A date or a sentence in both languages; never a traceback."""
    done = CliRunner().invoke(deadline, ["--calendar", calendar, "--json", "--", start, amount])
    assert done.exit_code in (0, 1), done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    if done.exit_code:
        assert done.stderr.startswith("Error: ")
        assert " / " in done.stderr


@given(st.integers(0, 500_000_000), st.sampled_from(["UTC", "Asia/Tokyo", "America/Lima"]))
def test_an_instant_is_the_same_whatever_zone_it_is_written_in(minute: int, zone: str) -> None:
    """The text of an instant in any zone is one day in China, also in the years of its summer time."""
    moment = datetime(1950, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    expected = moment.astimezone(ZoneInfo("Asia/Shanghai")).date()
    assert CN.day(moment.astimezone(ZoneInfo(zone)).isoformat()) == expected


@pytest.mark.parametrize("text", ["2026-02-27T09:00", "20260227", "2026-W09-5", "", "27.02.2026", "2026-2-7"])
def test_a_date_that_could_mean_several_things_is_refused(text: str) -> None:
    """An instant without a zone, and other ways to write a date: nothing is guessed."""
    with pytest.raises(CalendarError) as caught:
        CN.day(text)
    assert caught.value.code == "bad_date"
