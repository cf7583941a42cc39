"""Which records somebody may read: all but the ratings that are still sealed; the rule is `ratings.may_read`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from services.common import ratings
from services.common.ratings import Asked, Rating
from services.contracts import envelopes
from services.workflow import tables as t
from services.workflow.speakers import Speaker


def readable(conn: Connection, rows: Sequence[RowMapping], speaker: Speaker) -> Sequence[RowMapping]:
    """The records among these that somebody may read."""
    cases = {row["case_id"] for row in rows if row["record"] == ratings.RECORD}
    if not cases or ratings.sees_all(speaker.grants):
        return rows
    ends, asked = _ends(conn, cases), _asked(conn, cases)
    return [
        row
        for row in rows
        if row["record"] != ratings.RECORD
        or ratings.may_read(_rating(row), speaker.person, ends[row["case_id"]], asked[row["case_id"]])
    ]


def _rating(row: Mapping[Any, Any]) -> Rating:
    deputy = row["data"].get("deputy") or row["actor"].get("person")
    return Rating(deputy, row["data"].get("unit"), row["element"], row["at"])


def _ends(conn: Connection, cases: Collection[str]) -> dict[str, list[datetime]]:
    """The instants at which rounds were closed, by case: its milestones, as they were announced, and its end."""
    found: dict[str, list[datetime]] = defaultdict(list)
    ended = select(t.case_.c.id, t.case_.c.ended_at).where(t.case_.c.id.in_(cases), t.case_.c.ended_at.is_not(None))
    for case_id, ended_at in conn.execute(ended):
        found[case_id].append(ended_at)
    c = t.outbox_.c
    matters = select(t.case_.c.matter_id).where(t.case_.c.id.in_(cases))
    announced = select(c.headers, c.body, c.content_type).where(
        c.type == "milestone.reached.v1", c.subject.in_(matters)
    )
    for row in conn.execute(announced):
        data = envelopes.decode(row.headers, bytes(row.body), row.content_type).data
        if data["state"] in ratings.ROUND_ENDS:
            found[data["case_id"]].append(datetime.fromisoformat(data["at"]))
    return found


def _asked(conn: Connection, cases: Collection[str]) -> dict[str, list[Asked]]:
    """The tasks in which deputies rate, by case."""
    c = t.task.c
    query = select(c.case_id, c.element, c.unit, c.opened_at, c.closed_at)
    found: dict[str, list[Asked]] = defaultdict(list)
    for row in conn.execute(query.where(c.case_id.in_(cases), c.record == ratings.RECORD)):
        found[row.case_id].append(Asked(row.element, row.unit, row.opened_at, row.closed_at))
    return found
