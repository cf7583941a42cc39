"""Records that move no token: contacts, progress notes and whatever a scope says it accepts (`hy:accepts`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from services.common.problems import Problem
from services.workflow import answers, documents, editions, remarks
from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.batches import Applied, Batch, Order, UnknownCase
from services.workflow.speakers import Speaker


def submit(
    conn: Connection,
    case_id: str,
    record: str,
    data: Mapping[str, Any],
    speaker: Speaker,
    now: datetime,
    *,
    unit: str | None,
    task_id: str | None = None,
    cause: str | None = None,
) -> Applied:
    """Add a record to a running case for a unit that takes part in it.

    Raises `Problem` unknown_matter, wrong_unit, not_permitted, not_expected, missing_field, invalid_field.
    """
    batch = Batch(conn)
    batch.hold([case_id])
    try:
        case = batch.row(case_id)
    except UnknownCase:
        raise Problem("unknown_matter", 404) from None
    role = role_for(conn, case_id, speaker, unit)
    edition = editions.get(conn, case["package_version"])
    schema = answers.record_schema(conn, edition, record)
    answer = answers.check(conn, schema, record, data, unit=unit, today=edition.local_date(now))
    facts: dict[str, Any] = {"record": record, "task": task_id, "data": answer.facts, "unit": unit, "role": role}
    if answer.notes:
        facts["warnings"] = [remarks.kept(note) for note in answer.notes]
    stimulus = e.Stimulus(kind="record", at=now, actor=speaker.acting(role, unit), data=facts)
    order = Order(case_id=case_id, stimulus=stimulus, cause=cause, texts=answer.texts)
    try:
        applied = batch.run(order)
    except e.Unexpected as error:
        raise Problem("not_expected", 409) from error
    batch.close(now)
    return applied


def role_for(conn: Connection, case_id: str, speaker: Speaker, unit: str | None) -> str | None:
    """The role in which a unit has taken part in the case; raises `Problem` wrong_unit or not_permitted."""
    if speaker.units and unit not in speaker.units:
        raise Problem("wrong_unit", 403)
    c = t.task.c
    statement = select(c.role, c.unit, c.person, c.delegate).where(c.case_id == case_id).order_by(c.opened_at.desc())
    own = [row for row in conn.execute(statement).mappings() if row["unit"] == unit or unit is None]
    for row in own:
        if speaker.owns(row):
            return str(row["role"])
    raise Problem("not_permitted" if own else "wrong_unit", 403)


def of_case(conn: Connection, case_id: str) -> Sequence[RowMapping]:
    """Records of one case, the latest first."""
    return _read(conn, t.record.c.case_id == case_id)


def of_matter(conn: Connection, matter_id: str) -> Sequence[RowMapping]:
    """Records of a matter over all its cases, the latest first."""
    return _read(conn, t.record.c.matter_id == matter_id)


def _read(conn: Connection, where: Any) -> Sequence[RowMapping]:
    statement = select(t.record).where(where).order_by(t.record.c.at.desc(), t.record.c.id.desc())
    return conn.execute(statement).mappings().all()


def with_texts(conn: Connection, rows: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """The records with their texts put back, for reading."""
    needed = set().union(*(documents.references(row["data"]) for row in rows))
    texts = documents.load(conn, needed)
    return [{**row, "data": documents.expand(row["data"], texts)} for row in rows]
