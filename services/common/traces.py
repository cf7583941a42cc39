"""What a service received and sent about one subject: the trace of a matter through inbox and outbox.

For administrators who want to know where something is, and for whoever plays a scenario. Reading only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Blueprint, Response
from sqlalchemy import Connection, Table, select

from services.common import auth, db


def of_subject(conn: Connection, inbox: Table, outbox: Table, subject: str) -> list[dict[str, Any]]:
    """Every message about `subject`, received ones first, each in the order of this service.

    `{way: in|out, id, type, source, at, state, cause, case}`; `state` of a sent one is waiting or sent.
    """
    received = select(inbox).where(inbox.c.subject == subject).order_by(inbox.c.id)
    sent = select(outbox).where(outbox.c.subject == subject).order_by(outbox.c.id)
    return [
        *(_line("in", row, row["state"]) for row in conn.execute(received).mappings()),
        *(
            _line("out", row, "waiting" if row["published_at"] is None else "sent")
            for row in conn.execute(sent).mappings()
        ),
    ]


def blueprint(inbox: Table, outbox: Table) -> Blueprint:
    """`GET /api/v1/traces/<subject>` → `{messages: […]}` over a service's own tables."""
    pages = Blueprint("traces", __name__, url_prefix="/api/v1")

    @pages.get("/traces/<path:subject>")
    @auth.granted("audit.read", "messages.manage")
    def trace(subject: str) -> Response:
        with db.read(auth.extension().engine) as conn:
            found = of_subject(conn, inbox, outbox, subject)
        return Response(orjson.dumps({"messages": found}), content_type="application/json")

    return pages


def _line(way: str, row: Mapping[Any, Any], state: str) -> dict[str, Any]:
    headers = row["headers"]
    return {
        "way": way,
        "id": row["message_id"],
        "type": row["type"],
        "source": headers.get("ce-source"),
        "at": headers.get("ce-time"),
        "state": state,
        "cause": headers.get("ce-causationid"),
        "case": headers.get("ce-correlationid"),
    }
