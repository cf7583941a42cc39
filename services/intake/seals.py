"""Which ratings somebody may not read yet, for any number of matters at once; the rule is `ratings.may_read`."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row

from services.common import ratings
from services.common.ratings import Asked, Rating
from services.intake import ledger, store_ledger
from services.intake import tables as t


@dataclass(frozen=True, slots=True, kw_only=True)
class Eyes:
    """Who reads: a person of the directory or nobody in particular, and whether every rating is open to them."""

    person_id: str | None = None
    sees_all: bool = False


def sealed(conn: Connection, matter_ids: Sequence[str], eyes: Eyes) -> frozenset[str]:
    """The ids of the ratings of these matters that these eyes may not read."""
    if eyes.sees_all or not matter_ids:
        return frozenset()
    rated = store_ledger.records_of(conn, matter_ids, [ratings.RECORD])
    if not rated:
        return frozenset()
    ends, asked = _ends(conn, matter_ids), _asked(conn, matter_ids)
    return frozenset(
        row.record_id
        for row in rated
        if not ratings.may_read(_rating(row), eyes.person_id, ends[row.case_id], asked[row.case_id])
    )


def _rating(row: Row) -> Rating:  # type: ignore[type-arg]
    return Rating(row.data.get("deputy") or (row.actor or {}).get("person"), row.data.get("unit"), row.element, row.at)


def _ends(conn: Connection, matter_ids: Sequence[str]) -> dict[str, list[datetime]]:
    """The instants at which rounds were closed, by case."""
    found: dict[str, list[datetime]] = defaultdict(list)
    is_end = t.led_milestone.c.state.in_(ratings.ROUND_ENDS)
    for row in store_ledger.rows_of(conn, t.led_milestone, matter_ids, is_end):
        found[row.case_id].append(row.at)
    for row in store_ledger.rows_of(conn, t.led_case, matter_ids, t.led_case.c.closed_as_of.is_not(None)):
        found[row.case_id].append(row.closed_as_of)
    return found


def _asked(conn: Connection, matter_ids: Sequence[str]) -> dict[str, list[Asked]]:
    """The tasks in which deputies rate, by case."""
    found: dict[str, list[Asked]] = defaultdict(list)
    is_rating = t.led_task.c.record == ratings.RECORD
    for row in store_ledger.rows_of(conn, t.led_task, matter_ids, is_rating):
        if row.opened_at is not None:
            closed = None if ledger.is_open(row) else row.closed_at
            found[row.case_id].append(Asked(row.element, row.unit, row.opened_at, closed))
    return found
