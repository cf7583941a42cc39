"""Letters that go back to the congress system which handed the matter in: to which one, and its receipt."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Utc

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Letters so far were sent to nobody else."""
    op.add_column(
        "letter",
        sa.Column("sent_to", sa.String(64), nullable=True, comment="the congress system that handed the matter in"),
    )
    op.add_column("letter", sa.Column("received_at", Utc(), nullable=True, comment="when its receipt came"))
    op.add_column("letter", sa.Column("receipt_no", sa.Text(), nullable=True, comment="the number it gave"))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("letter") as table:
        table.drop_column("receipt_no")
        table.drop_column("received_at")
        table.drop_column("sent_to")
