"""Key matters 重点督办 in the ledger."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Utc

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column, empty until the next record about a matter or a rebuild of the ledger."""
    with op.batch_alter_table("led_matter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("key_at", Utc(), comment="since when it is a key matter, else null"))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("led_matter", schema=None) as batch_op:
        batch_op.drop_column("key_at")
