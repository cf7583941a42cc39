"""The only place that knows what time it is.

Business time comes from a `Clock`; loops measure patience with `monotonic`, which never jumps. Accelerated
time of demo and tests is one instant in a file that every process of an installation reads.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from services.common import bells
from services.common.config import Settings

monotonic = time.monotonic
"""Seconds that only ever grow; for timeouts and back-off, never for business time."""


sleep = time.sleep
"""Pause the thread for so many seconds; loops that can be stopped wait on their stop event instead."""


class Clock(Protocol):
    """Something that says what time it is."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)


class FileClock:
    """An instant in a file: stands still until somebody advances it, and never goes back.

    Several processes may read and advance it; a reader sees the old or the new instant, never half of one.
    """

    def __init__(self, path: Path, *, start: datetime | None = None) -> None:
        """Use the clock at `path`; where there is none it is created at `start` (default: the system's
        time)."""
        self.path = path
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._locked():
                if not path.exists():
                    self._write(start or SystemClock().now())

    def now(self) -> datetime:
        """The instant in the file, aware, in UTC."""
        return datetime.fromisoformat(self.path.read_text("utf-8").strip()).astimezone(UTC)

    def advance(self, to: datetime) -> datetime:
        """Move the clock forward to `to` (aware); an earlier instant changes nothing. Returns the instant
        in force."""
        if to.tzinfo is None:
            raise ValueError("a clock is advanced to an aware instant only")
        with self._locked():
            present = self.now()
            if to > present:
                self._write(to)
                bells.ring_all(bells.TIMERS)
            return max(to.astimezone(UTC), present)

    def _write(self, instant: datetime) -> None:
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(instant.astimezone(UTC).isoformat())
        Path(name).replace(self.path)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time across processes; the lock file stays, removing it would reopen the race."""
        import fcntl  # not on Windows, where only the system clock is offered

        with self.path.with_name(f"{self.path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def from_settings(settings: Settings) -> Clock:
    """The clock an installation runs on: the system's, or the file of `HUIYIN_CLOCK=file:/path`."""
    return SystemClock() if settings.clock_file is None else FileClock(settings.clock_file)
