"""Clocks say what time it is; the shared one stands still, moves forward only, and is never half written."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from services.common.clock import FileClock, SystemClock, from_settings
from services.common.config import load

START = datetime(2026, 1, 26, 1, 0, tzinfo=UTC)


def test_the_system_clock_is_aware_and_utc() -> None:
    """No naive instants anywhere."""
    assert SystemClock().now().tzinfo is UTC


def test_a_file_clock_stands_until_it_is_advanced(tmp_path: Path) -> None:
    """Every process that opens the file sees the same instant."""
    clock = FileClock(tmp_path / "clock", start=START)
    assert clock.now() == clock.now() == START

    later = (START + timedelta(hours=2)).astimezone(timezone(timedelta(hours=8)))
    assert clock.advance(later) == later
    assert FileClock(tmp_path / "clock").now() == later


def test_a_file_clock_never_goes_back(tmp_path: Path) -> None:
    """Advancing to an earlier instant changes nothing and says what is in force."""
    clock = FileClock(tmp_path / "clock", start=START)
    assert clock.advance(START - timedelta(days=1)) == START
    assert clock.now() == START
    with pytest.raises(ValueError, match="aware"):
        clock.advance(datetime(2027, 1, 1))  # noqa: DTZ001


def test_readers_never_see_half_an_instant(tmp_path: Path) -> None:
    """Many advances by two threads; a reader beside them sees only growing, whole instants."""
    clock = FileClock(tmp_path / "clock", start=START)

    def push(offset: int) -> None:
        for step in range(100):
            clock.advance(START + timedelta(seconds=2 * step + offset))

    threads = [threading.Thread(target=push, args=(offset,)) for offset in (0, 1)]
    for thread in threads:
        thread.start()
    seen = [clock.now() for _ in range(200)]
    for thread in threads:
        thread.join()

    assert seen == sorted(seen)
    assert clock.now() == START + timedelta(seconds=199)


def test_another_process_sees_the_clock(tmp_path: Path) -> None:
    """The clock is shared by file, not by memory."""
    FileClock(tmp_path / "clock", start=START)
    code = (
        "import sys, pathlib as p; from services.common import clock; print(clock.FileClock(p.Path(sys.argv[1])).now())"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "clock"], capture_output=True, text=True, check=True
    )
    assert datetime.fromisoformat(answer.stdout.strip()) == START


def test_the_settings_choose_the_clock(tmp_path: Path) -> None:
    """Empty: the system's; file:/path: the shared one."""
    home = {"HUIYIN_HOME": str(tmp_path)}
    assert isinstance(from_settings(load(home)), SystemClock)
    assert isinstance(from_settings(load({**home, "HUIYIN_CLOCK": f"file:{tmp_path}/clock"})), FileClock)
