"""The sealed form of a reply letter: a file of its unit that says of which round it is."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No file so far is one."""
    said = "the round of the unit's reply letter whose sealed form it is"
    op.add_column("file", sa.Column("letter", sa.Integer(), nullable=True, comment=said))


def downgrade() -> None:
    """They become files of the unit like others."""
    with op.batch_alter_table("file") as table:
        table.drop_column("letter")
