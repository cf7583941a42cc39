"""Local fields of records beside them, so that an export finds them."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Json

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Local fields of earlier records are taken over when the ledger is rebuilt."""
    comment = "the local fields among the data; null where there are none"
    with op.batch_alter_table("led_record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("extra", Json(), comment=comment))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("led_record", schema=None) as batch_op:
        batch_op.drop_column("extra")
