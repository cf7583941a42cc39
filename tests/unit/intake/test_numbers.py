"""Matter numbers: the pattern is data of the session and no way into objects."""

from typing import Any

import pytest

from services.intake import numbers

SESSION: dict[str, Any] = {"term_no": 18, "session_no": 3, "year": 2026, "locality": "yunting"}


def test_the_default_in_session_is_term_session_and_serial() -> None:
    """Term 18, session 3, serial 50 is 183050."""
    assert numbers.write(SESSION, "suggestion", "in_session", 50) == "183050"


def test_between_sessions_there_is_a_prefix_of_its_own() -> None:
    """Inter-session numbers can be told from the others."""
    assert numbers.write(SESSION, "suggestion", "inter_session", 7) == "闭2026-007"


def test_proposals_are_told_from_suggestions() -> None:
    """Both count from 1, so their numbers must differ by more than the serial."""
    assert numbers.write(SESSION, "proposal", "in_session", 50) == "提183050"
    assert numbers.write(SESSION, "proposal", "inter_session", 7) == "提闭2026-007"


def test_a_session_may_have_its_own_pattern() -> None:
    """A locality numbers as it always has."""
    own = {**SESSION, "number_patterns": {"proposal": {"in_session": "案第{serial:03}号"}}}
    numbers.check_session(own)
    assert numbers.write(own, "proposal", "in_session", 50) == "案第050号"
    assert numbers.write(own, "proposal", "inter_session", 50) == "提闭2026-050"
    assert numbers.write(own, "suggestion", "in_session", 50) == "183050"


def test_two_series_never_share_a_pattern() -> None:
    """Also not with what is left to its default."""
    for patterns in (
        {"proposal": {"in_session": "{serial}", "inter_session": "{serial}"}},
        {"proposal": {"in_session": numbers.DEFAULTS["suggestion"]["in_session"]}},
    ):
        with pytest.raises(numbers.SamePattern):
            numbers.check_session({**SESSION, "number_patterns": patterns})


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
