"""SQL over attachments. No rules here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from services.intake import tables as t

Values = Mapping[str, Any]


def file(conn: Connection, file_id: str) -> Row[Any] | None:
    """One file, or None."""
    return conn.execute(select(t.file).where(t.file.c.id == file_id)).one_or_none()


def of_draft(conn: Connection, draft_id: str) -> Sequence[Row[Any]]:
    """The files that wait with a draft, in the order they came."""
    return _found(conn, t.file.c.draft_id == draft_id)


def of_matter(conn: Connection, matter_id: str) -> Sequence[Row[Any]]:
    """The files of a matter, its proposer's and its units', in the order they came."""
    return _found(conn, t.file.c.matter_id == matter_id)


def of_letter(conn: Connection, letter: Row[Any]) -> Sequence[Row[Any]]:
    """The sealed forms of a letter, in the order they came."""
    mine = t.file.c.unit == letter.unit, t.file.c.letter == letter.redo_round
    return _found(conn, t.file.c.matter_id == letter.matter_id, *mine)


def unplaced(conn: Connection, brought_by: str) -> Sequence[Row[Any]]:
    """The files somebody has brought for nothing yet, in the order they came."""
    mine = (t.file.c.brought_by == brought_by, t.file.c.draft_id.is_(None), t.file.c.matter_id.is_(None))
    return _found(conn, *mine)


def stale(conn: Connection, before: datetime) -> Sequence[Row[Any]]:
    """The files brought before an instant that belong to no matter and to no draft that is still there."""
    kept = t.file.c.draft_id.in_(select(t.draft.c.id))
    return _found(conn, t.file.c.matter_id.is_(None), t.file.c.draft_id.is_(None) | ~kept, t.file.c.brought_at < before)


def _found(conn: Connection, *where: Any) -> Sequence[Row[Any]]:
    return conn.execute(select(t.file).where(*where).order_by(t.file.c.brought_at, t.file.c.id)).all()


def add(conn: Connection, row: Values) -> Row[Any]:
    """Keep a new file, and return it; a taken id is an IntegrityError."""
    return conn.execute(insert(t.file).values(**row).returning(*t.file.c)).one()


def change(conn: Connection, file_ids: Sequence[str], values: Values) -> None:
    """Change some files."""
    conn.execute(update(t.file).where(t.file.c.id.in_(file_ids)).values(**values))


def drop(conn: Connection, file_ids: Sequence[str]) -> None:
    """Forget some files."""
    conn.execute(delete(t.file).where(t.file.c.id.in_(file_ids)))
