"""What agencies have not taken from their queues, and when they could not: `backlog` and `outage`."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Utc

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SENT = sa.text("target IS NOT NULL")


def upgrade() -> None:
    """Nothing is known of any queue yet; the relay looks at them."""
    op.create_index("ix_inbox_channel", "inbox", ["channel", "id"])
    op.create_index(
        "ix_outbox_target", "outbox", ["target", "published_at", "id"], postgresql_where=_SENT, sqlite_where=_SENT
    )
    op.create_table(
        "backlog",
        sa.Column("connector", sa.Text(), primary_key=True),
        sa.Column("untaken", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger()),
        sa.Column("sent", Utc()),
        sa.Column("since", Utc()),
        sa.Column("at", Utc(), nullable=False),
    )
    op.create_table(
        "outage",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("connector", sa.Text()),
        sa.Column("began", Utc(), nullable=False),
        sa.Column("ended", Utc()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noted_by", sa.Text()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outage_connector", "outage", ["connector"])


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("outage")
    op.drop_table("backlog")
    op.drop_index("ix_outbox_target", "outbox")
    op.drop_index("ix_inbox_channel", "inbox")
