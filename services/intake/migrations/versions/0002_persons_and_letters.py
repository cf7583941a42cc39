"""Tasks for one person: `led_task.person`; which message brought a letter: `letter.message_id`."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody's task so far was for one person by name; the messages of old letters are not known."""
    with op.batch_alter_table("led_task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("person", sa.String(length=128), nullable=True))
    with op.batch_alter_table("letter", schema=None) as batch_op:
        comment = "the reply.issued it came with, null before there was this column"
        batch_op.add_column(sa.Column("message_id", sa.Text(), nullable=True, comment=comment))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.drop_column("message_id")
    with op.batch_alter_table("led_task", schema=None) as batch_op:
        batch_op.drop_column("person")
