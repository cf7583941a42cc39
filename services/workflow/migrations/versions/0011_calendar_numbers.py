"""Versions of a calendar in their order, and who imported them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those there are get numbers in the order in which they were recorded."""
    op.add_column("calendar_version", sa.Column("number", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("calendar_version", sa.Column("recorded_by", sa.Text(), nullable=True))
    op.execute(
        "UPDATE calendar_version SET number = (SELECT count(*) FROM calendar_version AS earlier"
        " WHERE earlier.recorded_at <= calendar_version.recorded_at)"
    )


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("calendar_version") as batch:
        batch.drop_column("recorded_by")
        batch.drop_column("number")
