"""A log row no longer repeats the hash of the row before it; its own hash still vouches for it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BEFORE = """
UPDATE stimulus SET prev_hash = coalesce(
  (SELECT earlier.hash FROM stimulus AS earlier
   WHERE earlier.case_id = stimulus.case_id AND earlier.seq = stimulus.seq - 1), :genesis)
"""


def upgrade() -> None:
    """An eighth of the log is saved."""
    with op.batch_alter_table("stimulus") as table:
        table.drop_column("prev_hash")


def downgrade() -> None:
    """The hashes are taken from the rows before."""
    op.add_column("stimulus", sa.Column("prev_hash", sa.Text(), nullable=True))
    op.get_bind().execute(sa.text(BEFORE), {"genesis": "0" * 64})
    with op.batch_alter_table("stimulus") as table:
        table.alter_column("prev_hash", existing_type=sa.Text(), nullable=False)
