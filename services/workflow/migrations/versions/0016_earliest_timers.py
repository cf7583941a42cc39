"""The earliest timer of a case is found without looking at all of them: one with 300 co-handlers has 1,200."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index by case and instant instead of one by case."""
    op.create_index("ix_timer_case_due", "timer", ["case_id", "due_at"])
    op.drop_index("ix_timer_case_id", "timer")


def downgrade() -> None:
    """By case alone again."""
    op.create_index("ix_timer_case_id", "timer", ["case_id"])
    op.drop_index("ix_timer_case_due", "timer")
