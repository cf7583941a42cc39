"""SQL over deputies' drafts and the invitations to co-sign them. No rules here."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from services.common import db
from services.intake import tables as t

Values = Mapping[str, Any]


def draft(conn: Connection, draft_id: str) -> Row[Any] | None:
    """One draft, or None."""
    return conn.execute(select(t.draft).where(t.draft.c.id == draft_id)).one_or_none()


def lock_draft(conn: Connection, draft_id: str) -> Row[Any] | None:
    """One draft, locked until commit, or None."""
    return conn.execute(select(t.draft).where(t.draft.c.id == draft_id).with_for_update()).one_or_none()


def drafts_of(conn: Connection, person_id: str) -> Sequence[Row[Any]]:
    """A deputy's drafts, the one saved last first."""
    query = select(t.draft).where(t.draft.c.person_id == person_id)
    return conn.execute(query.order_by(t.draft.c.saved_at.desc(), t.draft.c.id)).all()


def put_draft(conn: Connection, row: Values) -> None:
    """Write a draft, new or known."""
    if db.insert_ignore(conn, t.draft, dict(row), t.draft.c.id) is None:
        conn.execute(update(t.draft).where(t.draft.c.id == row["id"]).values(**row))


def drop_draft(conn: Connection, draft_id: str) -> None:
    """Forget a draft and its invitations."""
    conn.execute(delete(t.invitation).where(t.invitation.c.draft_id == draft_id))
    conn.execute(delete(t.draft).where(t.draft.c.id == draft_id))


def invitations(conn: Connection, draft_id: str) -> Sequence[Row[Any]]:
    """The invitations to co-sign a draft, in the order they were made."""
    query = select(t.invitation).where(t.invitation.c.draft_id == draft_id)
    return conn.execute(query.order_by(t.invitation.c.invited_at, t.invitation.c.person_id)).all()


def invited(conn: Connection, person_id: str) -> Sequence[Row[Any]]:
    """The drafts a deputy is invited to co-sign, with the invitation, the latest first.

    `draft_digest` is that of the draft as it is now, `digest` that of the draft the answer was given to.
    """
    columns = (t.draft.c.person_id.label("lead"), t.draft.c.form, t.draft.c.digest.label("draft_digest"))
    query = select(t.invitation, *columns).join(t.draft, t.draft.c.id == t.invitation.c.draft_id)
    order = (t.invitation.c.invited_at.desc(), t.invitation.c.draft_id)
    return conn.execute(query.where(t.invitation.c.person_id == person_id).order_by(*order)).all()


def add_invitations(conn: Connection, rows: Sequence[Values]) -> None:
    """Invite people who are not invited yet."""
    if rows:
        conn.execute(insert(t.invitation), [dict(row) for row in rows])


def drop_invitation(conn: Connection, draft_id: str, person_id: str) -> None:
    """Take an invitation back."""
    which = (t.invitation.c.draft_id == draft_id, t.invitation.c.person_id == person_id)
    conn.execute(delete(t.invitation).where(*which))


def answer_invitation(conn: Connection, draft_id: str, person_id: str, values: Values) -> None:
    """Note what an invited deputy answered."""
    which = (t.invitation.c.draft_id == draft_id, t.invitation.c.person_id == person_id)
    conn.execute(update(t.invitation).where(*which).values(**values))
