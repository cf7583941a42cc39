"""The daily digest: what can wait goes out as one letter a day to those who want it so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, RowMapping

from services.notify import store, texts
from services.notify.names import delivery_id


def gather(conn: Connection, channel: str, wall: datetime, now: datetime) -> None:
    """Make one letter of what is due for each person; what is alone goes out as it is."""
    rows = store.digest_due(conn, channel, wall, now)
    for _, found in groupby(rows, key=lambda row: (row["person_id"], row["address"])):
        items = list(found)
        if len(items) == 1:
            store.unbundle(conn, items[0]["id"])
        else:
            _bundle(conn, items, now)


def _bundle(conn: Connection, items: Sequence[RowMapping], now: datetime) -> None:
    last = items[-1]
    row = _notice(conn, items, now)
    store.add_notice(conn, row)
    digest_id = delivery_id(row["id"], last["person_id"], last["channel"])
    carried = ("person_id", "channel", "address", "state", "next_at", "give_up_at")
    delivery = {name: last[name] for name in carried}
    store.add_deliveries(
        conn, [{**delivery, "id": digest_id, "notice_id": row["id"], "attempts": 0, "created_at": now}]
    )
    store.bundle(conn, [item["id"] for item in items], digest_id)


def _notice(conn: Connection, items: Sequence[RowMapping], now: datetime) -> dict[str, Any]:
    """In the words of the package of the newest item, if it has any for this."""
    last = items[-1]
    templates, _ = store.texts(conn, last["process_version"])
    rendered = texts.digest(templates, [{"texts": item["texts"], "at": item["at"].isoformat()} for item in items])
    return {
        "id": f"digest.{last['id']}",
        "message_id": last["message_id"],
        "kind": "digest",
        "template": "digest",
        "process_version": last["process_version"],
        "matter_id": None,
        "matter_no": None,
        "title": "",
        "task_id": None,
        "facts": {"count": len(items)},
        "texts": rendered.texts,
        "fault": rendered.error,
        "at": now,
    }
