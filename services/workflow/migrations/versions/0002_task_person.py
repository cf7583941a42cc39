"""Tasks for one person: `task.person`."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody's task so far was for one person by name."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("person", sa.Text(), nullable=True))
        batch_op.create_index("ix_task_person", ["person", "state", "due_at"], unique=False)


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index("ix_task_person")
        batch_op.drop_column("person")
