"""Numbers at admission, sketches of texts, requests to withdraw, entries of packages."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Json, Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every matter so far has a number; none has a sketch, so none of them is named as similar."""
    with op.batch_alter_table("matter", schema=None) as batch_op:
        batch_op.alter_column(
            "no",
            existing_type=sa.String(length=128),
            nullable=True,
            comment="null until admission where the session numbers at admission",
        )
        batch_op.add_column(sa.Column("difficult", sa.Boolean(), comment="as decided at admission, null before"))
        batch_op.add_column(sa.Column("withdrawal_requested_at", Utc(), comment="set while the co-signers are asked"))
        batch_op.alter_column("withdrawal_reason", existing_type=sa.Text(), comment="what the lead deputy wrote")
        batch_op.add_column(sa.Column("withdrawal_refused_at", Utc()))
        batch_op.add_column(sa.Column("withdrawal_refusal", sa.Text(), comment="why the latest request was refused"))
    with op.batch_alter_table("package", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("entries", Json(), comment="message → process; null from senders that did not say")
        )
    op.create_table(
        "sketch",
        sa.Column("matter_id", sa.String(length=128), nullable=False),
        sa.Column("locality", sa.String(length=128), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="see `sketches`"),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_sketch_matter_id")),
        sa.PrimaryKeyConstraint("matter_id", name=op.f("pk_sketch")),
    )
    op.create_index(op.f("ix_sketch_locality"), "sketch", ["locality"])


def downgrade() -> None:
    """Take this revision back; a matter without a number is called by its id."""
    op.drop_table("sketch")
    with op.batch_alter_table("package", schema=None) as batch_op:
        batch_op.drop_column("entries")
    op.execute("UPDATE matter SET no = id WHERE no IS NULL")
    with op.batch_alter_table("matter", schema=None) as batch_op:
        for name in ("withdrawal_refusal", "withdrawal_refused_at", "withdrawal_requested_at", "difficult"):
            batch_op.drop_column(name)
        batch_op.alter_column("no", existing_type=sa.String(length=128), nullable=False, comment=None)
        batch_op.alter_column("withdrawal_reason", existing_type=sa.Text(), comment=None)
