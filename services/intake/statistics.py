"""Counts over the ledger; every number comes with the filter that lists what was counted."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from services.contracts.codes import MATTER_STATES, OUTCOME_CLASSES
from services.intake import listings, standings
from services.intake import tables as t
from services.intake.grants import Scope
from services.intake.listings import Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A number and the filter of the list behind it."""

    code: str
    number: int
    filter: Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The numbers over the ledger: all, late ones, by state and by outcome class (canonical codes).

    `standings` add up to `total`: each matter counts once, merged ones singly. `merged` counts the matters that are
    handled together, `groups` how many groups they make.
    """

    total: Count
    overdue: Count
    states: tuple[Count, ...]
    classes: tuple[Count, ...]
    standings: tuple[Count, ...]
    merged: Count
    groups: int


def head(conn: Connection, scope: Scope, wanted: Filter, now: datetime) -> Head:
    """Count what the scope sees within a filter, but for what is counted: state, standing, class, group, lateness."""
    base = listings.without(wanted, state="", standing="", outcome_class="", merged="", overdue=False)
    late = listings.without(base, overdue=True)
    states = listings.counts(conn, scope, base, t.led_matter.c.state, now)
    classes = listings.counts(conn, scope, base, t.led_matter.c.outcome_class, now)
    where = listings.counts(conn, scope, base, standings.standing(), now)
    together = listings.counts(conn, scope, base, standings.group(), now)
    return Head(
        total=Count(code="total", number=sum(states.values()), filter=base),
        overdue=Count(code="overdue", number=listings.total(conn, scope, late, now), filter=late),
        states=tuple(
            Count(code=code, number=states[code], filter=listings.without(base, state=code))
            for code in MATTER_STATES
            if code in states
        ),
        classes=tuple(
            Count(code=code, number=classes[code], filter=listings.without(base, outcome_class=code))
            for code in OUTCOME_CLASSES
            if code in classes
        ),
        standings=tuple(
            Count(code=code, number=where.get(code, 0), filter=listings.without(base, standing=code))
            for code in standings.STANDINGS
        ),
        merged=Count(code="merged", number=sum(together.values()), filter=listings.without(base, merged="group")),
        groups=len(together),
    )
