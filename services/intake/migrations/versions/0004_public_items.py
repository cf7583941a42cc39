"""Codes for the public, and which matters are published."""

from hashlib import blake2b

import sqlalchemy as sa
from alembic import op

from services.common.db import Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def upgrade() -> None:
    """Every matter gets its code; what is published is known when the ledger is rebuilt or goes on."""
    comment = "the code under which the public finds it"
    with op.batch_alter_table("matter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tracker", sa.String(length=16), comment=comment))
    _draw_codes()
    with op.batch_alter_table("matter", schema=None) as batch_op:
        batch_op.alter_column("tracker", existing_type=sa.String(length=16), nullable=False, existing_comment=comment)
        batch_op.create_unique_constraint("uq_matter_tracker", ["tracker"])
    with op.batch_alter_table("led_matter", schema=None) as batch_op:
        comment = "when the newest decision on publication made it public, else null"
        batch_op.add_column(sa.Column("published_at", Utc(), comment=comment))
        batch_op.create_index("ix_led_matter_published_at", ["published_at"])


def _draw_codes() -> None:
    matter = sa.table("matter", sa.column("id"), sa.column("tracker"))
    for (key,) in op.get_bind().execute(sa.select(matter.c.id)).all():
        number = int.from_bytes(blake2b(key.encode(), digest_size=5, person=b"tracker").digest(), "big")
        code = "".join(_LETTERS[number >> 5 * place & 31] for place in range(8))
        op.execute(sa.update(matter).where(matter.c.id == key).values(tracker=code))


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("led_matter", schema=None) as batch_op:
        batch_op.drop_index("ix_led_matter_published_at")
        batch_op.drop_column("published_at")
    with op.batch_alter_table("matter", schema=None) as batch_op:
        batch_op.drop_constraint("uq_matter_tracker", type_="unique")
        batch_op.drop_column("tracker")
