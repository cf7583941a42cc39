"""Matter numbers: pattern in, number out. Pure; the serial is drawn in `store`.

A pattern is a format string over `term`, `session`, `year` and `serial`, chosen per session, kind of matter and
time of submission (domain 7-fields §7.1): `{term:02}{session}{serial:03}` gives 183050 for term 18, session 3,
serial 50. Every kind counts for itself, so no two may share a pattern.
"""

import re
import string
from collections.abc import Mapping
from typing import Any

FIELDS = frozenset({"term", "session", "year", "serial"})
DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "suggestion": {"in_session": "{term:02}{session}{serial:03}", "inter_session": "闭{year}-{serial:03}"},
    "proposal": {"in_session": "提{term:02}{session}{serial:03}", "inter_session": "提闭{year}-{serial:03}"},
}
"""By kind and time of submission; a session overrides any of them in its `number_patterns`."""


class BadPattern(ValueError):
    """The pattern names something else than term, session, year and serial, or has no serial."""


class SamePattern(ValueError):
    """Two series of a session have the same pattern: every number would be given twice."""


def check(pattern: str) -> str:
    """Return the pattern, or raise `BadPattern`: a format string must not become a way into objects."""
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise BadPattern(pattern) from error
    names = {name for _, name, _, _ in parts if name is not None}
    plain = all(
        re.fullmatch(r"0?\d?", spec or "") is not None and not conversion
        for _, name, spec, conversion in parts
        if name is not None
    )
    if not plain or not names <= FIELDS or "serial" not in names or len(pattern) > 40:
        raise BadPattern(pattern)
    return pattern


def check_session(session: Mapping[str, Any]) -> None:
    """Raise `BadPattern` for a pattern that is none, and `SamePattern` where two series would give equal numbers."""
    seen: set[str] = set()
    for kind, patterns in (session.get("number_patterns") or {}).items():
        for when, pattern in patterns.items():
            if when not in DEFAULTS.get(kind, {}):
                raise BadPattern(f"{kind}.{when}")
            check(pattern)
    for kind, defaults in DEFAULTS.items():
        for when in defaults:
            pattern = pattern_for(session, kind, when)
            if pattern in seen:
                raise SamePattern(pattern)
            seen.add(pattern)


def pattern_for(session: Mapping[str, Any], kind: str, submitted_when: str) -> str:
    """Return the pattern a session body has for a kind of matter and time of submission, or our default."""
    own = (session.get("number_patterns") or {}).get(kind) or {}
    return str(own.get(submitted_when) or DEFAULTS[kind][submitted_when])


def series_of(session: Mapping[str, Any], session_id: str, kind: str, submitted_when: str) -> str:
    """Name the series a serial is drawn from: unique per locality, session, kind and time of submission."""
    return f"{session['locality']}/{session_id}/{kind}/{submitted_when}"


def write(session: Mapping[str, Any], kind: str, submitted_when: str, serial: int) -> str:
    """Write the number with this serial."""
    return check(pattern_for(session, kind, submitted_when)).format(
        term=int(session["term_no"]),
        session=int(session["session_no"]),
        year=int(session["year"]),
        serial=serial,
    )
