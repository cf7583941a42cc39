"""How the suite shares a machine: whole files to each of `pytest -n` workers, files that pass away in memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

TOGETHER: Final = {f"tests/e2e/test_{name}.py": "the demo year" for name in ("every_page", "limits", "year")}
"""Files that share what takes a minute to make."""
_LONGEST: Final = (*TOGETHER, "tests/e2e/", "tests/integration/")
_MEMORY: Final = Path("/dev/shm")
_ROOM: Final = 4 * 2**30
"""Bytes; a run leaves a tenth of it until it ends."""


def turn(item: pytest.Item) -> int:
    """Sorts tests for workers: the longest begin, so that nobody is left with them in the end."""
    found = (number for number, place in enumerate(_LONGEST) if item.nodeid.startswith(place))
    return next(found, len(_LONGEST))


def memory() -> Path | None:
    """Where files lie in memory, on a machine with enough of it.

    The databases and brokers of the tests write through to the disk thousands of times. A killed process loses nothing
    in memory either; only a power cut would show the difference, and no test cuts the power.
    """
    if not os.access(_MEMORY, os.W_OK | os.X_OK):
        return None
    room = os.statvfs(_MEMORY)
    return _MEMORY if room.f_bavail * room.f_frsize >= _ROOM else None
