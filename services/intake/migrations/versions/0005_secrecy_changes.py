"""Changes of secrecy, kept for ever."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Json, Utc

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No matter has changed its secrecy after admission so far."""
    op.create_table(
        "secrecy_change",
        sa.Column("matter_id", sa.String(length=128), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2, … of the matter"),
        sa.Column("before", sa.String(length=16), nullable=False),
        sa.Column("secrecy", sa.String(length=16), nullable=False),
        sa.Column(
            "published", sa.Boolean(), nullable=False, comment="whether the public could read the matter at that moment"
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("actor", Json(), nullable=False, comment="id, name"),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_secrecy_change_matter_id")),
        sa.PrimaryKeyConstraint("matter_id", "number", name=op.f("pk_secrecy_change")),
        comment="rows are only added",
    )


def downgrade() -> None:
    """Take this revision back; matters keep the secrecy they have now."""
    op.drop_table("secrecy_change")
