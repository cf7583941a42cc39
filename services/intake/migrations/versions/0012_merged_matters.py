"""Matters handled together 并案: into which main one a matter is merged, and what was done about it."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Json, Utc

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No matter so far was merged into another."""
    op.create_table(
        "merge_change",
        sa.Column("matter_id", sa.String(length=128), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2, … of the matter"),
        sa.Column("main_id", sa.String(length=128), nullable=False),
        sa.Column("merged", sa.Boolean(), nullable=False, comment="false: it was taken out again"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("actor", Json(), nullable=True, comment="id, name; null: the system"),
        sa.ForeignKeyConstraint(["main_id"], ["matter.id"], name=op.f("fk_merge_change_main_id")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_merge_change_matter_id")),
        sa.PrimaryKeyConstraint("matter_id", "number", name=op.f("pk_merge_change")),
        comment="rows are only added",
    )
    op.create_index(op.f("ix_merge_change_main_id"), "merge_change", ["main_id"])
    with op.batch_alter_table("matter", schema=None) as batch_op:
        comment = "the main matter, where it is handled together with that"
        batch_op.add_column(sa.Column("merged_into", sa.String(length=128), nullable=True, comment=comment))
        batch_op.create_index(op.f("ix_matter_merged_into"), ["merged_into"], unique=False)


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("matter", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_matter_merged_into"))
        batch_op.drop_column("merged_into")
    op.drop_table("merge_change")
