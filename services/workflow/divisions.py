"""Which units a matter was last given to, in which role: what a reader wants to know before anything else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, select

from services.workflow import tables as t

Division = list[tuple[str, str]]
"""Units with their roles: lead, co_handler, separate_handler."""


def of_matters(conn: Connection, matter_ids: Collection[str]) -> dict[str, Division]:
    """By matter the assignments of its latest handover; a matter that was not handed over is missing."""
    c = t.record.c
    query = select(c.matter_id, c.data).where(c.matter_id.in_(list(matter_ids)), c.record == "handover")
    found: dict[str, Division] = {}
    for row in conn.execute(query.order_by(c.at, c.id)):
        found[row.matter_id] = of(row.data)
    return found


def of(data: Mapping[str, Any] | None) -> Division:
    """The assignments in an answer, a proposal or a record."""
    parts = (data or {}).get("assignments") or []
    return [(str(one.get("unit") or ""), str(one.get("role") or "")) for one in parts if isinstance(one, Mapping)]
