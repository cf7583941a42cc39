"""Which messages may interrupt a package's processes."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Json

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column, empty until the package's status changes."""
    comment = "messages that may interrupt a case; null from senders that did not say"
    with op.batch_alter_table("package", schema=None) as batch_op:
        batch_op.add_column(sa.Column("interrupts", Json(), comment=comment))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("package", schema=None) as batch_op:
        batch_op.drop_column("interrupts")
