"""Messages put aside: parked after failures, or refused; an administrator replays them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, RowMapping, select

from services.common import inbox
from services.workflow import tables as t

_c = t.inbox_.c


def list_(conn: Connection, limit: int = 200) -> Sequence[RowMapping]:
    """Parked and refused messages without their body, the latest first."""
    columns = [column for column in _c if column.name not in ("body", "headers")]
    statement = select(*columns).where(_c.state.in_((inbox.PARKED, inbox.REJECTED)))
    return conn.execute(statement.order_by(_c.id.desc()).limit(limit)).mappings().all()


def replay(conn: Connection, ids: Collection[int]) -> int:
    """Give them another try; how many were taken up."""
    return len(inbox.replay(conn, t.inbox_, ids))
