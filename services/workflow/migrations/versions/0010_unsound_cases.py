"""What an audit finds stays with the case."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Where the finding stands."""
    op.add_column("case_", sa.Column("unsound", sa.Text(), nullable=True))


def downgrade() -> None:
    """Findings are lost."""
    op.drop_column("case_", "unsound")
