"""Notices whose text fell back to the plain one are found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_FAULTY = sa.text("fault IS NOT NULL")


def upgrade() -> None:
    """Few notices are in it."""
    op.create_index("ix_notice_fault", "notice", ["at"], postgresql_where=_FAULTY, sqlite_where=_FAULTY)


def downgrade() -> None:
    """Take this revision back."""
    op.drop_index("ix_notice_fault", "notice")
