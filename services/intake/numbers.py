"""Matter numbers: pattern in, number out. Pure; the serial is drawn in `store`.

A pattern is a format string over `term`, `session`, `year` and `serial`, chosen per session (domain 7-fields
§7.1): `{term:02}{session}{serial:03}` gives 183050 for term 18, session 3, serial 50.
"""

import re
import string
from collections.abc import Mapping
from typing import Any

FIELDS = frozenset({"term", "session", "year", "serial"})
IN_SESSION = "{term:02}{session}{serial:03}"
INTER_SESSION = "闭{year}-{serial:03}"


class BadPattern(ValueError):
    """The pattern names something else than term, session, year and serial, or has no serial."""


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


def pattern_for(session: Mapping[str, Any], submitted_when: str) -> str:
    """Return the pattern of a session body, in session or between sessions, or our default."""
    if submitted_when == "in_session":
        return str(session.get("number_pattern") or IN_SESSION)
    return str(session.get("inter_session_pattern") or INTER_SESSION)


def series_of(session: Mapping[str, Any], session_id: str, kind: str, submitted_when: str) -> str:
    """Name the series a serial is drawn from: unique per locality, session, kind and time of submission."""
    return f"{session['locality']}/{session_id}/{kind}/{submitted_when}"


def write(session: Mapping[str, Any], submitted_when: str, serial: int) -> str:
    """Write the number with this serial."""
    return check(pattern_for(session, submitted_when)).format(
        term=int(session["term_no"]),
        session=int(session["session_no"]),
        year=int(session["year"]),
        serial=serial,
    )
