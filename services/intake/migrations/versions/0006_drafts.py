"""Deputies' drafts and the invitations to co-sign them."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Json, Utc

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two new tables."""
    op.create_table(
        "draft",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("person_id", sa.String(length=128), nullable=False, comment="the deputy whose draft it is"),
        sa.Column("form", Json(), nullable=False, comment="as typed, without co-signers"),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="of title, text and points: what a co-signer agrees to",
        ),
        sa.Column("saved_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_draft"),
    )
    op.create_index("ix_draft_person_id", "draft", ["person_id"])
    op.create_table(
        "invitation",
        sa.Column("draft_id", sa.String(length=128), nullable=False),
        sa.Column("person_id", sa.String(length=128), nullable=False),
        sa.Column("invited_at", Utc(), nullable=False),
        sa.Column("agreed", sa.Boolean(), comment="null until answered"),
        sa.Column("digest", sa.String(length=64), comment="of the draft the answer was given to"),
        sa.Column("answered_at", Utc()),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name="fk_invitation_draft_id"),
        sa.PrimaryKeyConstraint("draft_id", "person_id", name="pk_invitation"),
    )
    op.create_index("ix_invitation_person_id", "invitation", ["person_id"])


def downgrade() -> None:
    """Take this revision back."""
    op.drop_table("invitation")
    op.drop_table("draft")
