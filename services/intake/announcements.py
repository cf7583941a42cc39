"""What intake announces about a matter: one message, leaving with the transaction that caused it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from services.common import outbox
from services.contracts.envelopes import Message
from services.intake import tables

SOURCE = "/intake"


def send(
    conn: Connection, kind: str, data: Mapping[str, Any], message_id: str, now: datetime, cause: str | None = None
) -> None:
    """Announce something about the matter of `data`; `cause` is the message that led to it."""
    message = Message(
        id=message_id,
        type=kind,
        source=SOURCE,
        subject=str(data["matter_id"]),
        time=now,
        data=dict(data),
        causation_id=cause,
    )
    outbox.add(conn, tables.outbox, message, now=now)
