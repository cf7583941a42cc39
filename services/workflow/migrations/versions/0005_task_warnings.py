"""Answers that went on with warnings: `task.warnings`."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Json

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No rule has warned so far."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("warnings", Json(), nullable=True))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_column("warnings")
