"""Matter numbers: the pattern is data of the session and no way into objects."""

from typing import Any

import pytest

from services.intake import numbers

SESSION: dict[str, Any] = {"term_no": 18, "session_no": 3, "year": 2026, "locality": "yunting"}


def test_the_default_in_session_is_term_session_and_serial() -> None:
    """Term 18, session 3, serial 50 is 183050."""
    assert numbers.write(SESSION, "in_session", 50) == "183050"


def test_between_sessions_there_is_a_prefix_of_its_own() -> None:
    """Inter-session numbers can be told from the others."""
    assert numbers.write(SESSION, "inter_session", 7) == "闭2026-007"


def test_a_session_may_have_its_own_pattern() -> None:
    """A locality numbers as it always has."""
    assert numbers.write({**SESSION, "number_pattern": "第{serial:03}号"}, "in_session", 50) == "第050号"


@pytest.mark.parametrize(
    "pattern",
    [
        "{term}",
        "no serial",
        "{serial.__class__}",
        "{serial!r}",
        "{0}",
        "{serial:>99}",
        "{other}{serial}",
        "{serial",
        "",
    ],
)
def test_other_patterns_are_refused(pattern: str) -> None:
    """A pattern without serial gives doubles, one with attributes opens objects."""
    with pytest.raises(numbers.BadPattern):
        numbers.check(pattern)


def test_the_series_is_one_per_session_kind_and_time() -> None:
    """Numbers count apart where they are read apart."""
    names = {
        numbers.series_of(SESSION, session, kind, when)
        for session in ("s-1", "s-2")
        for kind in ("suggestion", "proposal")
        for when in ("in_session", "inter_session")
    }
    assert len(names) == 8
