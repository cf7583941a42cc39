"""The version that a session's matters take from a date on."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Sessions known so far have none."""
    op.add_column("dir_session", sa.Column("next_version", sa.String(length=100), nullable=True))
    op.add_column("dir_session", sa.Column("next_from", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("dir_session") as batch:
        batch.drop_column("next_from")
        batch.drop_column("next_version")
