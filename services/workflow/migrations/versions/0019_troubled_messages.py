"""What was refused of a connector's messages is found without looking at all it ever sent: they are kept for ever."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TROUBLED = sa.text("state IN ('rejected', 'parked')")


def upgrade() -> None:
    """Few messages are in it."""
    op.create_index("ix_inbox_troubled", "inbox", ["channel", "id"], postgresql_where=_TROUBLED, sqlite_where=_TROUBLED)


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_inbox_troubled", "inbox")
