"""Counts over the ledger; every number comes with the filter that lists what was counted."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from services.contracts.codes import MATTER_STATES, OUTCOME_CLASSES
from services.intake import listings
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
    """The numbers over the ledger: all, late ones, by state and by outcome class (canonical codes)."""

    total: Count
    overdue: Count
    states: tuple[Count, ...]
    classes: tuple[Count, ...]


def head(conn: Connection, scope: Scope, wanted: Filter, now: datetime) -> Head:
    """Count what the scope sees within a filter, but for its state, class and lateness: these are counted."""
    base = listings.without(wanted, state="", outcome_class="", overdue=False)
    late = listings.without(base, overdue=True)
    states = listings.counts(conn, scope, base, t.led_matter.c.state, now)
    classes = listings.counts(conn, scope, base, t.led_matter.c.outcome_class, now)
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
    )
