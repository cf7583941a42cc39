"""When people act in a season: working days, times of day, and chance that is always the same."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.huiyin.rhythms import Rhythm
from services.workflow import calendars

CHINA = ZoneInfo("Asia/Shanghai")
HOURS = ("09:40", "15:20")


@pytest.fixture(scope="module")
def rhythm() -> Rhythm:
    """People who act twice a day, in China."""
    folder = Path("processes/calendars")
    return Rhythm(calendars.parse({path.name: path.read_bytes() for path in folder.glob("cn-*.yaml")}), HOURS)


def local(moment: datetime) -> str:
    """An instant as people there say it."""
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def test_a_day_without_a_time_means_one_of_the_hours(rhythm: Rhythm) -> None:
    """Always the same one for the same seed; a time that is given stays."""
    assert local(rhythm.at("2026-02-10T09:00", "x")) == "2026-02-10 09:00"
    found = {local(rhythm.at("2026-02-10", seed)) for seed in "abcdefgh"}
    assert found == {f"2026-02-10 {hour}" for hour in HOURS}
    assert rhythm.at("2026-02-10", "a") == rhythm.at("2026-02-10", "a")


def test_people_act_on_working_days(rhythm: Rhythm) -> None:
    """Holidays do not count, moved working days do: three after 30 September 2025 is 11 October, a Saturday."""
    opened = datetime(2025, 9, 30, 2, tzinfo=UTC)
    assert local(rhythm.after(opened.isoformat(), (3, 3), "x", opened)).startswith("2025-10-11")


def test_chance_keeps_between_its_limits(rhythm: Rhythm) -> None:
    """Somewhere from the least to the most, and not always at the same place."""
    opened = datetime(2026, 3, 2, 1, tzinfo=UTC)
    days = {local(rhythm.after(opened.isoformat(), (1, 3), str(n), opened))[:10] for n in range(40)}
    assert days == {"2026-03-03", "2026-03-04", "2026-03-05"}


def test_nobody_acts_in_the_past(rhythm: Rhythm) -> None:
    """What should have been done before is done at the next hour."""
    now = datetime(2026, 3, 6, 7, 20, tzinfo=UTC)  # Friday 15:20
    assert local(rhythm.after("2026-03-02T01:00:00+00:00", (1, 1), "x", now)) == "2026-03-09 09:40"
    assert local(rhythm.after_day("2026-03-02", 2, "x", now)) == "2026-03-09 09:40"
    assert local(rhythm.next(datetime(2026, 3, 6, 1, 40, tzinfo=UTC))) == "2026-03-06 15:20"
