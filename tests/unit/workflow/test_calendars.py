"""Deadlines: counted by the law, by the notices, and the same as an independent count day by day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workflow.calendars import Calendar, CalendarError, Rule, explain, overlay, parse

FOLDER = Path(__file__).parents[3] / "processes" / "calendars"
FILES = {file.name: file.read_bytes() for file in sorted(FOLDER.glob("cn-*.yaml"))}
CN = parse(FILES)

# typed from the notices a second time, as month-day ranges, so that a slip in the YAML shows
HOLIDAYS = {
    2025: ["0101-0101", "0128-0204", "0404-0406", "0501-0505", "0531-0602", "1001-1008"],
    2026: ["0101-0103", "0215-0223", "0404-0406", "0501-0505", "0619-0621", "0925-0927", "1001-1007"],
}
WORKDAYS = {
    2025: ["0126", "0208", "0427", "0928", "1011"],
    2026: ["0104", "0214", "0228", "0509", "0920", "1010"],
}
YEARS = sorted(HOLIDAYS)
STARTS = st.dates(date(2024, 12, 1), date(2027, 3, 31))
KEEP = Rule(roll_rule="none")


def day(text: str) -> date:
    """An ISO date."""
    return date.fromisoformat(text)


def on(year: int, month_day: str) -> date:
    """A date from `MMDD`."""
    return date(year, int(month_day[:2]), int(month_day[2:]))


def expand(year: int, period: str) -> list[date]:
    """Every date of `MMDD-MMDD`."""
    first, last = (on(year, end) for end in period.split("-"))
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


OFF = {off for year in YEARS for period in HOLIDAYS[year] for off in expand(year, period)}
ON = {on(year, text) for year in YEARS for text in WORKDAYS[year]}


def works(when: date) -> bool:
    """Whether people work that day, by the second typing."""
    return when in ON or (when.isoweekday() <= 5 and when not in OFF)


def naive(start: date, count: int) -> date:
    """Count working days one by one on a list, the first day left out."""
    sign = 1 if count > 0 else -1
    days = [start + timedelta(days=sign * n) for n in range(1, 900)]
    return [one for one in days if works(one)][abs(count) - 1]


def test_the_files_say_what_the_notices_say() -> None:
    """Every day of both years is a working day exactly when the notices of the State Council say so."""
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(730)]
    assert [one for one in days if CN.is_working_day(one) != works(one)] == []
    assert CN.years == frozenset(YEARS)


@pytest.mark.parametrize(("year", "count"), [(2025, 248), (2026, 248)])
def test_a_year_has_the_known_number_of_working_days(year: int, count: int) -> None:
    """Since 2025 there are 13 statutory holidays, so a year has 248 working days."""
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    assert sum(map(CN.is_working_day, days)) == count


@pytest.mark.parametrize(
    ("start", "amount", "due"),
    [
        ("2026-02-12", "5wd", "2026-02-26"),
        ("2026-02-12", "7wd", "2026-02-28"),
        ("2026-04-30", "5wd", "2026-05-11"),
        ("2026-07-01", "3m", "2026-10-08"),
        ("2025-11-30", "3m", "2026-02-28"),
        ("2026-02-27", "5wd", "2026-03-05"),
        ("2026-02-27", "15wd", "2026-03-19"),
        ("2026-02-27", "3m", "2026-05-27"),
        ("2026-02-27", "6m", "2026-08-27"),
        ("2026-03-09", "5wd", "2026-03-16"),
        ("2026-03-09", "15wd", "2026-03-30"),
        ("2026-03-09", "3m", "2026-06-09"),
        ("2026-03-19", "1wd", "2026-03-20"),
        ("2026-03-19", "5wd", "2026-03-26"),
        ("2026-05-20", "10wd", "2026-06-03"),
        ("2026-06-03", "30d", "2026-07-03"),
        ("2025-03-03", "10d", "2025-03-13"),
    ],
)
def test_the_deadlines_of_the_scenarios_come_out(start: str, amount: str, due: str) -> None:
    """The acceptance scenarios 1–4, 8 and 17 name these dates; all of them are settled."""
    result = CN.add(day(start), amount)
    assert (result.due, result.provisional) == (day(due), False)


@pytest.mark.parametrize(
    ("start", "amount", "rule", "due"),
    [
        ("2026-01-31", "1m", KEEP, "2026-02-28"),
        ("2024-01-31", "1m", KEEP, "2024-02-29"),
        ("2026-03-31", "-1m", KEEP, "2026-02-28"),
        ("2026-12-31", "2m", KEEP, "2027-02-28"),
        ("2026-01-15", "12m", KEEP, "2027-01-15"),
        ("2026-01-15", "-1m", KEEP, "2025-12-15"),
        ("2026-01-01", "3m", Rule(exclude_start_day=False, roll_rule="none"), "2026-03-31"),
        ("2026-01-31", "1m", Rule(exclude_start_day=False, roll_rule="none"), "2026-02-28"),
        ("2026-03-02", "5wd", Rule(exclude_start_day=False), "2026-03-06"),
        ("2026-03-01", "1wd", Rule(exclude_start_day=False), "2026-03-02"),
        ("2026-03-02", "10d", Rule(exclude_start_day=False), "2026-03-11"),
        ("2026-05-31", "0d", Rule(), "2026-06-01"),
        ("2026-05-31", "0wd", KEEP, "2026-05-31"),
        ("2026-01-01", "2026-05-31", Rule(), "2026-06-01"),
        ("2026-01-01", "2026-05-31", KEEP, "2026-05-31"),
        ("2026-10-08", "-1d", Rule(), "2026-10-08"),
        ("2026-03-19", "-3wd", Rule(), "2026-03-16"),
        ("2026-02-28", "-1wd", Rule(), "2026-02-27"),
        ("2026-02-24", "-1wd", Rule(), "2026-02-14"),
    ],
)
def test_rules_months_and_backward_offsets(start: str, amount: str, rule: Rule, due: str) -> None:
    """Month ends, counting the first day, fixed dates, zero and offsets before a date follow the rule."""
    assert CN.add(day(start), amount, rule=rule).due == day(due)


def test_the_explanation_is_a_sentence_in_two_languages() -> None:
    """Why 5 March and not 6 March: the Saturday is a working day."""
    due = CN.add(day("2026-02-27"), "5wd")
    assert due.text == "2026-02-27 起 5 个工作日，首日不计；2026-02-28 调休上班计入 → 2026-03-05"
    assert due.text_en == (
        "5 working days from 2026-02-27, first day not counted; 2026-02-28 working day in lieu, counted → 2026-03-05"
    )


@pytest.mark.parametrize(
    ("start", "amount", "text"),
    [
        ("2026-07-01", "3m", "2026-07-01 起 3 个月，首日不计；2026-10-01 国庆节放假，顺延 → 2026-10-08"),
        (
            "2025-11-30",
            "3m",
            "2025-11-30 起 3 个月，首日不计；2026-02 无 30 日，取月末；2026-02-28 调休上班，不顺延 → 2026-02-28",
        ),
        ("2026-01-01", "2026-05-31", "固定日期 2026-05-31；2026-05-31 周日，顺延 → 2026-06-01"),
        (
            "2026-04-30",
            "5wd",
            "2026-04-30 起 5 个工作日，首日不计；2026-05-01 至 2026-05-05 劳动节放假不计；"
            "2026-05-09 调休上班计入 → 2026-05-11",
        ),
        ("2026-03-19", "-3wd", "2026-03-19 前 3 个工作日，当日不计 → 2026-03-16"),
    ],
)
def test_every_deviation_from_the_plain_count_is_named(start: str, amount: str, text: str) -> None:
    """Holidays skipped, working weekends counted, month ends and moves each get their clause."""
    assert CN.add(day(start), amount).text == text


def test_a_deadline_beyond_the_last_notice_is_provisional() -> None:
    """Scenario 18: without the notice of 2027 weekdays count, the date is flagged and says so."""
    due = CN.add(day("2026-09-30"), "6m")
    assert (due.due, due.provisional) == (day("2027-03-30"), True)
    assert "没有 2027 年的放假安排" in due.text
    assert not CN.add(day("2026-09-30"), "6m", rule=KEEP).provisional, "nothing can move it"


def test_the_last_days_of_a_year_wait_for_the_next_notice() -> None:
    """Notices have moved days from 29 December of the year before on, so those are not settled either."""
    assert not CN.add(day("2026-12-21"), "5wd").provisional
    assert CN.add(day("2026-12-24"), "5wd").provisional
    assert not CN.add(day("2025-12-24"), "5wd").provisional, "the notice of 2026 is known"


def test_without_any_year_only_weekdays_count() -> None:
    """A calendar without years is Monday to Friday, and every count in it is provisional."""
    bare = Calendar("bare", "Asia/Shanghai", frozenset(), {})
    due = bare.add(day("2026-02-12"), "5wd")
    assert (due.due, due.provisional) == (day("2026-02-19"), True)


def test_a_day_ends_at_midnight_in_china_unless_the_rule_says_otherwise() -> None:
    """24:00 in Shanghai is 16:00 UTC of the same date; business hours end earlier."""
    last = day("2026-03-05")
    assert CN.due_at(last) == datetime(2026, 3, 5, 16, tzinfo=UTC)
    assert CN.due_at(last, Rule(day_end="17:30")) == datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
    assert CN.instant(last, "09:00") == datetime(2026, 3, 5, 1, tzinfo=UTC)
    assert CN.local_date(datetime(2026, 3, 5, 16, tzinfo=UTC)) == day("2026-03-06")


def test_an_explanation_is_ready_for_the_command_line() -> None:
    """`explain` gives everything as JSON-ready values, with the version of the calendar."""
    told = explain(day("2026-02-27"), "5wd", CN, Rule())
    assert told["due"] == "2026-03-05"
    assert told["due_at"] == "2026-03-05T16:00:00+00:00"
    assert told["calendar"] == CN.version
    assert told["text"].endswith("→ 2026-03-05")
    assert told["provisional"] is False


@given(start=STARTS, count=st.integers(1, 120), backwards=st.booleans())
def test_working_days_agree_with_an_independent_count(start: date, count: int, backwards: bool) -> None:
    """Forwards and backwards, in years with and without notice, the same day comes out."""
    signed = -count if backwards else count
    assert CN.add(start, f"{signed}wd").due == naive(start, signed)


@given(start=STARTS, count=st.integers(1, 120))
def test_counting_back_undoes_counting(start: date, count: int) -> None:
    """From a working day n forwards and n backwards is where one began; else the last working day before."""
    there = CN.add(start, f"{count}wd").due
    back = CN.add(there, f"-{count}wd").due
    assert back == (start if works(start) else naive(start, -1))


@given(start=STARTS, first=st.integers(1, 60), second=st.integers(1, 60))
def test_working_days_add_up(start: date, first: int, second: int) -> None:
    """n and then m working days are n + m; more days never end earlier."""
    middle = CN.add(start, f"{first}wd").due
    assert CN.add(middle, f"{second}wd").due == CN.add(start, f"{first + second}wd").due > middle


@given(start=STARTS, count=st.integers(1, 60))
def test_counting_the_first_day_is_counting_from_the_day_before(start: date, count: int) -> None:
    """Including a day is the same as excluding its eve."""
    included = CN.add(start, f"{count}wd", rule=Rule(exclude_start_day=False)).due
    assert included == CN.add(start - timedelta(days=1), f"{count}wd").due


@given(start=STARTS, count=st.integers(-400, 400))
def test_calendar_days_are_plain_and_roll_to_a_working_day(start: date, count: int) -> None:
    """Without roll it is date arithmetic; with it the next working day, nothing in between works."""
    end, due = start + timedelta(days=count), CN.add(start, f"{count}d").due
    assert CN.add(start, f"{count}d", rule=KEEP).due == end
    assert works(due)
    assert not any(works(end + timedelta(days=n)) for n in range((due - end).days))


@given(start=STARTS, count=st.integers(-40, 40))
def test_months_end_on_the_corresponding_day_or_the_last(start: date, count: int) -> None:
    """The day number is kept, or the next day would be the first of a month; the month is exact."""
    end = CN.add(start, f"{count}m", rule=KEEP).due
    assert (end.year - start.year) * 12 + end.month - start.month == count
    assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)


@given(start=STARTS, amount=st.sampled_from(["5wd", "-5wd", "10d", "3m"]))
def test_a_later_notice_changes_only_provisional_deadlines(start: date, amount: str) -> None:
    """What is not flagged with the calendar of 2025 alone stays when the notice of 2026 arrives."""
    early = parse({"cn-2025.yaml": FILES["cn-2025.yaml"]}).add(start, amount)
    assert early.provisional or early.due == CN.add(start, amount).due


def test_the_version_is_the_content() -> None:
    """Order of files does not matter, a changed day does."""
    assert parse(dict(reversed(FILES.items()))).version == CN.version
    changed = FILES["cn-2026.yaml"].replace(b"2026-05-09", b"2026-05-10")
    assert parse({**FILES, "cn-2026.yaml": changed}).version != CN.version
    assert CN.version.startswith("cn-")


def test_a_local_overlay_adds_its_holidays() -> None:
    """An autonomous region has days off of its own; the calendar it lies on is not changed."""
    local = """
id: cn-guangxi
overlay: cn
source: 广西壮族自治区人民政府公告
holidays:
  - {name: 三月三, name_en: Sanyuesan, from: 2026-04-17, to: 2026-04-21}
workdays:
  - {name: 三月三, name_en: Sanyuesan, date: 2026-04-25}
"""
    calendar = overlay(CN, "gx.yaml", local.encode())
    assert calendar.id == "cn-guangxi"
    assert not calendar.is_working_day(day("2026-04-20"))
    assert calendar.is_working_day(day("2026-04-25"))
    assert CN.is_working_day(day("2026-04-20"))
    assert calendar.version != CN.version


@pytest.mark.parametrize(
    "amount", ["", "5", "wd", "5 wd", "5h", "1.5d", "--5d", "99999d", "2026-02-30", "20260531", "٥d"]
)
def test_a_badly_written_amount_is_refused(amount: str) -> None:
    """Nothing is guessed: the code says it is the amount, in both languages."""
    with pytest.raises(CalendarError) as caught:
        CN.add(day("2026-02-27"), amount)
    assert caught.value.code == "bad_amount"
    assert "期限" in caught.value.text


def test_dates_beyond_the_calendar_of_python_are_refused() -> None:
    """The year 10000 is an error with a name, not a crash."""
    for amount in ("9999wd", "9999d", "9999m"):
        with pytest.raises(CalendarError, match="out_of_range"):
            CN.add(date(9999, 12, 30), amount)
    with pytest.raises(CalendarError, match="out_of_range"):
        CN.add(date(9999, 12, 31), "1d")


def test_an_instant_is_no_start() -> None:
    """Which date an instant is depends on the zone: asking for it is not left to chance."""
    with pytest.raises(TypeError):
        CN.add(datetime(2026, 2, 27, tzinfo=UTC), "5wd")


@pytest.mark.parametrize("end", ["25:00", "24:01", "9:00", "", "12:60"])
def test_a_day_must_end_at_a_time_of_day(end: str) -> None:
    """The end of the day is HH:MM or 24:00."""
    with pytest.raises(CalendarError, match="bad_rule"):
        Rule(day_end=end)


GOOD = FILES["cn-2026.yaml"].decode()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("[", "bad_yaml"),
        ("- a", "bad_field"),
        ("id: cn", "bad_field"),
        (GOOD + "\nextra: 1", "bad_field"),
        (GOOD.replace("year: 2026", "year: 二〇二六"), "bad_field"),
        (GOOD.replace("date: 2026-05-09", "day: 2026-05-09"), "bad_field"),
        (GOOD.replace("date: 2026-05-09", "date: 2026-05-08"), "bad_day"),
        (GOOD.replace("date: 2026-05-09", "date: 2027-05-09"), "bad_day"),
        (GOOD.replace("date: 2026-05-09", "date: 2026-05-03"), "bad_day"),
        (GOOD.replace("to: 2026-05-05", "to: 2026-04-05"), "bad_day"),
        (GOOD.replace("to: 2026-05-05", "to: soon"), "bad_day"),
        (GOOD.replace("Asia/Shanghai", "Asia/Urumqi"), "bad_set"),
        (GOOD.replace("id: cn", "id: hk"), "bad_set"),
        (GOOD.replace("year: 2026", "year: 2025"), "bad_day"),
        ("a: &a [1]\nb: [*a, *a]", "bad_yaml"),
        ("a: !!python/object/apply:os.getpid []", "bad_yaml"),
        ("#" * 200_001, "bad_yaml"),
    ],
)
def test_a_wrong_calendar_file_is_refused(content: str, code: str) -> None:
    """Typing errors, foreign dates, bombs and files that do not belong together are named, not loaded."""
    with pytest.raises(CalendarError) as caught:
        parse({"cn-2025.yaml": FILES["cn-2025.yaml"], "cn-2026.yaml": content.encode()})
    assert caught.value.code == code


@pytest.mark.parametrize("zone", ["Asia/Nowhere", "../../etc/passwd", "/etc/passwd", ""])
def test_a_zone_must_be_known(zone: str) -> None:
    """A zone is a name of the time zone database, never a path."""
    with pytest.raises(CalendarError, match="bad_zone"):
        parse({"a.yaml": GOOD.replace("Asia/Shanghai", zone or '""').encode()})


def test_a_set_needs_files_and_one_per_year() -> None:
    """No file, the same year twice, or an overlay among the years is not a calendar."""
    year = FILES["cn-2025.yaml"]
    for files in ({}, {"a": year, "b": year}):
        with pytest.raises(CalendarError, match="bad_set"):
            parse(files)
    with pytest.raises(CalendarError, match="bad_set"):
        overlay(CN, "x.yaml", b"{id: x, overlay: hk, source: s}")
