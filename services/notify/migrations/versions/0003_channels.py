"""Sent, delivered and read are told apart; addresses of any channel; the id a provider gives."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

from services.common import db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIMES = {
    "give_up_at": "when no further try is of use, in real time",
    "sent_at": "when the other side took it",
    "delivered_at": "when it was in the message centre, or on the device as a receipt says",
}
_COMMENTS: dict[str, tuple[TypeEngine[Any], str, str]] = {
    "channel": (sa.String(16), "inapp | mail", "inapp, mail, or a channel of the installation's file"),
    "address": (
        sa.Text(),
        "where it went: a mail address, nothing for the message centre",
        "where it went; nothing for the message centre",
    ),
    "state": (sa.String(16), "waiting | delivered | failed | suppressed", "one of store.STATES"),
    "reason": (sa.String(32), "why it failed or was suppressed", "why it reached nobody"),
    "ended_at": (db.Utc(), "when it reached its terminal state", "when nothing more was to be done for it"),
}


def upgrade() -> None:
    """What a mail server took was sent; what lies in the message centre was delivered, and read where it was read."""
    with op.batch_alter_table("delivery") as batch:
        for name, comment in _TIMES.items():
            batch.add_column(sa.Column(name, db.Utc(), nullable=True, comment=comment))
        calls = "what the other side calls it"
        batch.add_column(sa.Column("provider_id", sa.String(length=200), nullable=True, comment=calls))
        batch.create_index("ix_delivery_provider_id", ["provider_id"])
        for name, (kind, before, after) in _COMMENTS.items():
            batch.alter_column(name, existing_type=kind, existing_comment=before, comment=after)
    for change in (
        "UPDATE delivery SET state = 'undeliverable' WHERE state = 'failed'",
        "UPDATE delivery SET state = 'sent', sent_at = ended_at WHERE state = 'delivered' AND channel = 'mail'",
        "UPDATE delivery SET delivered_at = ended_at WHERE state = 'delivered'",
        "UPDATE delivery SET state = 'read' WHERE state = 'delivered' AND read_at IS NOT NULL",
    ):
        op.execute(change)
    addresses = "channel → own address; mail has the directory's without one"
    op.add_column("preference", sa.Column("addresses", db.Json(), nullable=True, comment=addresses))
    kept = sa.table("preference", sa.column("address"), sa.column("addresses", db.Json()), sa.column("person_id"))
    connection = op.get_bind()
    for person, address in connection.execute(sa.select(kept.c.person_id, kept.c.address)).all():
        mine = sa.update(kept).where(kept.c.person_id == person)
        connection.execute(mine.values(addresses={"mail": address} if address else {}))
    with op.batch_alter_table("preference") as batch:
        batch.alter_column("addresses", existing_type=db.Json(), nullable=False, existing_comment=addresses)
        batch.drop_column("address")


def downgrade() -> None:
    """Take this revision back; addresses of other channels than mail are lost."""
    op.add_column("preference", sa.Column("address", sa.Text(), nullable=True))
    kept = sa.table("preference", sa.column("address"), sa.column("addresses", db.Json()), sa.column("person_id"))
    connection = op.get_bind()
    for person, addresses in connection.execute(sa.select(kept.c.person_id, kept.c.addresses)).all():
        mine = sa.update(kept).where(kept.c.person_id == person)
        connection.execute(mine.values(address=addresses.get("mail")))
    with op.batch_alter_table("preference") as batch:
        batch.drop_column("addresses")
    op.execute("UPDATE delivery SET state = 'failed' WHERE state IN ('undeliverable', 'expired')")
    op.execute("UPDATE delivery SET state = 'delivered' WHERE state IN ('sent', 'read')")
    with op.batch_alter_table("delivery") as batch:
        for name, (kind, before, after) in _COMMENTS.items():
            batch.alter_column(name, existing_type=kind, existing_comment=after, comment=before)
        batch.drop_index("ix_delivery_provider_id")
        for name in (*_TIMES, "provider_id"):
            batch.drop_column(name)
