"""Matters handled together 并案: `matter.merged_into`."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No matter so far was merged into another."""
    with op.batch_alter_table("matter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("merged_into", sa.Text(), nullable=True))
        batch_op.create_index("ix_matter_merged_into", ["merged_into"], unique=False)


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("matter", schema=None) as batch_op:
        batch_op.drop_index("ix_matter_merged_into")
        batch_op.drop_column("merged_into")
