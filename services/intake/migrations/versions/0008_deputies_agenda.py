"""What a package accepts, and whose tasks are whose: for the home page of deputies."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Json

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column and an index."""
    comment = "records accepted beside a task; null from senders that did not say"
    with op.batch_alter_table("package", schema=None) as batch_op:
        batch_op.add_column(sa.Column("accepts", Json(), comment=comment))
    op.create_index("ix_led_task_person", "led_task", ["person"])


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_led_task_person", "led_task")
    with op.batch_alter_table("package", schema=None) as batch_op:
        batch_op.drop_column("accepts")
