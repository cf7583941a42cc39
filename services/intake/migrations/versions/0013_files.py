"""Attachments 附件: what they are, who brought them, where they belong. Their bytes lie in a folder."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Utc

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No matter has any so far."""
    identity = "never changes; chosen by the agency that brings it"
    kinds = "as its content says: pdf | ofd | docx | xlsx | png | jpeg"
    states = "unscanned | scanning | clean | infected"
    op.create_table(
        "file",
        sa.Column("id", sa.String(length=128), nullable=False, comment=identity),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False, comment="bytes"),
        sa.Column("kind", sa.String(length=16), nullable=False, comment=kinds),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment=states),
        sa.Column("finding", sa.Text(), nullable=True, comment="what the scanner said of an infected one"),
        sa.Column("brought_by", sa.Text(), nullable=False, comment="account id or connector:<id>"),
        sa.Column("brought_at", Utc(), nullable=False),
        sa.Column("draft_id", sa.String(length=128), nullable=True, comment="the draft or unsent form it waits with"),
        sa.Column("matter_id", sa.String(length=128), nullable=True, comment="null until it is handed in"),
        sa.Column(
            "unit", sa.String(length=128), nullable=True, comment="the unit whose file it is; null: the proposer's"
        ),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_file_matter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file")),
        comment="attachments; their bytes lie in a folder, see `cabinets`",
    )
    op.create_index(op.f("ix_file_draft_id"), "file", ["draft_id"])
    op.create_index(op.f("ix_file_matter_id"), "file", ["matter_id"])


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("file")
