"""Paper: what reaches somebody by no other way is printed and handed over or sent by post.

A letter waits until somebody says that it was printed, or that it need not be.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from services.common import logs
from services.notify import store
from services.notify.names import delivery_id

_log = logs.get(__name__)


def letter(notice_id: str, person_id: str, now: datetime) -> dict[str, Any]:
    """A delivery on paper."""
    return {
        "id": delivery_id(notice_id, person_id, store.PAPER),
        "notice_id": notice_id,
        "person_id": person_id,
        "channel": store.PAPER,
        "state": store.WAITING,
        "attempts": 0,
        "created_at": now,
    }


def stand_in(conn: Connection, delivery_id: str, now: datetime) -> None:
    """A delivery reached nobody: where nothing else did, a letter is printed."""
    for row in store.untold(conn, delivery_id):
        store.add_paper(conn, letter(row["notice_id"], row["person_id"], now))


def end(conn: Connection, ids: Collection[str], *, printed: bool, by: str, now: datetime) -> int:
    """Letters were printed, or need not be; how many waited for that."""
    state, reason = (store.PRINTED, None) if printed else (store.SUPPRESSED, "not_needed")
    count = store.end_papers(conn, ids, {"state": state, "reason": reason, "ended_at": now})
    _log.info("papers_ended", state=state, count=count, by=by)
    return count
