"""Who acts for whom, and who is asked beside a task: `task.delegate`, `delegated_by`, `beside`, `question`."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Json

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """So far everybody has acted for himself and nobody was asked."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("delegate", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("delegated_by", Json(), nullable=True))
        batch_op.add_column(sa.Column("beside", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("question", Json(), nullable=True))
        batch_op.create_index("ix_task_beside", ["beside"])
        batch_op.create_index("ix_task_delegate", ["delegate", "state", "due_at"])


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index("ix_task_delegate")
        batch_op.drop_index("ix_task_beside")
        for name in ("question", "beside", "delegated_by", "delegate"):
            batch_op.drop_column(name)
