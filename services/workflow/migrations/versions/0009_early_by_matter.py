"""Early messages by their matter: those from intake are looked for when a case ends."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index; what waits for nobody already is found by the ticker."""
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_early_matter", "early_message", ["matter_id"], postgresql_where=waiting, sqlite_where=waiting)


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_early_matter", table_name="early_message")
