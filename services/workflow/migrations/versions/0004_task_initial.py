"""Forms that open filled in: `task.initial`."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Json

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every form so far opened empty."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("initial", Json(), nullable=True))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_column("initial")
