"""Tests that share something that takes long to make run in one process."""

import re
from pathlib import Path

from tests.workers import TOGETHER

ROOT = Path(__file__).parents[2]
USE = re.compile(r"\b(year: PlayedYear|city: City)\b")


def test_whoever_uses_the_demo_year_shares_it() -> None:
    """A file that is not named among the others would play the year once more."""
    found = [path for path in (ROOT / "tests/e2e").glob("test_*.py") if USE.search(path.read_text("utf-8"))]
    assert {path.relative_to(ROOT).as_posix() for path in found} == TOGETHER.keys()
