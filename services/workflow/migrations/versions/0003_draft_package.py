"""Working copies of packages: `draft_package`."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table of its own; nothing else changes."""
    op.create_table(
        "draft_package",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["base"], ["package_version.version"]),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    """Drafts go with their table; published versions are not touched."""
    op.drop_table("draft_package")
