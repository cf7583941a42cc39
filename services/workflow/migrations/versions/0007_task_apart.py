"""Tasks that are not for whoever did the work they check: `task.apart`, `task.scope`."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Json

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No task so far was apart from another."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scope", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("apart", Json(), nullable=True))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_column("apart")
        batch_op.drop_column("scope")
