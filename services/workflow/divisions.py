"""Which units a matter was last given to, in which role: what a reader wants to know before anything else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select

from services.common import heirs
from services.workflow import tables as t

HANDED: Final = ("handover", "mode_change")
"""The records that say who handles a matter."""
Division = list[tuple[str, str]]
"""Units with their roles: lead, co_handler, separate_handler."""


def of_matters(conn: Connection, matter_ids: Collection[str]) -> dict[str, Division]:
    """By matter the assignments of its latest handover or change of mode; missing before the first."""
    c = t.record.c
    query = select(c.matter_id, c.data).where(c.matter_id.in_(list(matter_ids)), c.record.in_(HANDED))
    found: dict[str, Division] = {}
    for row in conn.execute(query.order_by(c.at, c.id)):
        found[row.matter_id] = of(row.data)
    after = heirs.of(conn, t.directory.unit, {unit for division in found.values() for unit, _ in division})
    return {key: [(after.get(unit, unit), role) for unit, role in division] for key, division in found.items()}


def latest(conn: Connection, case_id: str) -> dict[str, Any]:
    """What a case's latest handover or change of mode says: its mode, and unit, role and part of each assignment."""
    c = t.record.c
    query = select(c.data).where(c.case_id == case_id, c.record.in_(HANDED)).order_by(c.at.desc(), c.id.desc()).limit(1)
    found = conn.execute(query).scalar() or {}
    kept = {name: found[name] for name in ("mode", "assignments") if name in found}
    after = heirs.of(conn, t.directory.unit, [unit for unit, _ in of(kept)])
    parts = [{**one, "unit": after.get(one["unit"], one["unit"])} for one in kept.get("assignments", ())]
    return {**kept, "assignments": parts} if parts else kept


def of(data: Mapping[str, Any] | None) -> Division:
    """The assignments in an answer, a proposal or a record."""
    parts = (data or {}).get("assignments") or []
    return [(str(one.get("unit") or ""), str(one.get("role") or "")) for one in parts if isinstance(one, Mapping)]


def is_out(conn: Connection, matter_id: str, unit: str) -> bool:
    """Whether a unit that had the matter has it no more, because its return was granted.

    What was decided about its task stands in the same place of the case. A unit with an open task is in.
    """
    c = t.task.c
    working = select(c.id).where(c.matter_id == matter_id, c.unit == unit, c.state == "open").limit(1)
    if conn.execute(working).first() is not None:
        return False
    answers = [row for row in _said(conn, matter_id, "acceptance") if row["unit"] == unit]
    asked = {row["scope"] for row in answers if row["data"].get("verdict") == "return_requested"}
    if not asked or len(asked) < len({row["scope"] for row in answers}):  # it has accepted elsewhere
        return False
    granted = [row for row in _said(conn, matter_id, "return_decision") if row["data"].get("decision") == "accept"]
    return {row["scope"] for row in granted} >= asked


def _said(conn: Connection, matter_id: str, record: str) -> list[RowMapping]:
    """Records of one type made by tasks, with the place of the task in its case."""
    c = t.record.c
    joined = t.record.join(t.task, t.task.c.id == c.task_id)
    wanted = (c.matter_id == matter_id) & (c.record == record)
    return [*conn.execute(select(c.unit, c.data, t.task.c.scope).select_from(joined).where(wanted)).mappings()]
