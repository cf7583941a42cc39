"""SQL over matters that are handled together 并案. No rules here."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select

from services.intake import tables as t
from services.intake.store import Values

_other = t.matter.alias("other")
_main = t.matter.alias("main")


def lock(conn: Connection, matter_ids: Iterable[str]) -> dict[str, Row[Any]]:
    """These matters by their ids, locked until commit in one order for everybody; unknown ones are left out."""
    query = select(t.matter).where(t.matter.c.id.in_(set(matter_ids))).order_by(t.matter.c.id)
    return {row.id: row for row in conn.execute(query.with_for_update())}


def others(conn: Connection, matter_id: str) -> Sequence[Row[Any]]:
    """The matters merged into this one, by number."""
    query = select(t.matter).where(t.matter.c.merged_into == matter_id)
    return conn.execute(query.order_by(t.matter.c.no, t.matter.c.id)).all()


def pairs(conn: Connection, matter_ids: Collection[str]) -> Sequence[Any]:
    """Who of these is merged into what, or has what merged into it: `id`, `no`, `main_id`, `main_no`, by number."""
    c, main = _other.c, _main.c
    query = select(c.id, c.no, main.id.label("main_id"), main.no.label("main_no"))
    query = query.select_from(_other.join(_main, main.id == c.merged_into))
    return conn.execute(query.where(or_(c.id.in_(matter_ids), main.id.in_(matter_ids))).order_by(c.no, c.id)).all()


def by_number(conn: Connection, typed: str, like: Row[Any]) -> Sequence[Row[Any]]:
    """The matters of the session and kind of another whose number is this one, else those whose number ends so."""
    c = t.matter.c
    query = select(t.matter).where(c.session_id == like.session_id, c.kind == like.kind)
    exact = conn.execute(query.where(c.no == typed)).all()
    return exact or conn.execute(query.where(c.no.endswith(typed, autoescape=True)).limit(2)).all()


def sketches(conn: Connection, like: Row[Any]) -> list[tuple[str, bytes]]:
    """The sketches of the other matters of a matter's session and kind as (matter id, sketch)."""
    c = t.matter.c
    query = select(t.sketch.c.matter_id, t.sketch.c.data).join(t.matter, c.id == t.sketch.c.matter_id)
    same = (c.session_id == like.session_id, c.kind == like.kind, c.id != like.id)
    return [(row[0], row[1]) for row in conn.execute(query.where(*same))]


def insert_change(conn: Connection, matter_id: str, change: Values) -> int:
    """Keep that a locked matter was merged or separated, and return the number of this change, from 1."""
    c = t.merge_change.c
    number = len(conn.execute(select(c.number).where(c.matter_id == matter_id)).all()) + 1
    conn.execute(insert(t.merge_change).values(matter_id=matter_id, number=number, **change))
    return number


def changes(conn: Connection, matter_id: str) -> Sequence[Row[Any]]:
    """What was merged and separated with this matter on either side, in order, with `no` of other and main."""
    c = t.merge_change.c
    joined = t.merge_change.join(_other, _other.c.id == c.matter_id).join(_main, _main.c.id == c.main_id)
    numbers = (_other.c.no.label("no"), _main.c.no.label("main_no"))
    query = select(t.merge_change, *numbers).select_from(joined)
    query = query.where(or_(c.matter_id == matter_id, c.main_id == matter_id))
    return conn.execute(query.order_by(c.changed_at, c.number, c.matter_id)).all()


def last_merged(conn: Connection, matter_id: str) -> Row[Any] | None:
    """The newest change by which this matter was merged, or None."""
    c = t.merge_change.c
    query = select(t.merge_change).where(c.matter_id == matter_id, c.merged)
    return conn.execute(query.order_by(c.number.desc()).limit(1)).one_or_none()
