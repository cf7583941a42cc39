"""Questions of the hot path: on PostgreSQL rendered once, and sent in one packet with what waits to be written.

rows = questions.ask(conn, select(table).where(table.c.id == bindparam("b_id")), [{"b_id": …}, …])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Select

from services.common import db, pending
from services.common.renderings import rendered


def ask(conn: Connection, question: Select[Any] | Insert, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a question finds for each row of its parameters, in their order; give the same statement every time.

    Also what an INSERT that returns something has added.
    """
    if not rows:
        return []
    if db.is_postgres(conn):
        return pending.ask(conn, rendered(question, conn.dialect, tuple(rows[0])), rows)
    return [dict(found) for row in rows for found in conn.execute(question, row).mappings()]
