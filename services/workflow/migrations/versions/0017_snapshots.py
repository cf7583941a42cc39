"""A state says which row of the log it was made by: a large one is no longer written by every step."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every state that is there was made by the last row."""
    op.add_column("case_", sa.Column("state_seq", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE case_ SET state_seq = seq")
    with op.batch_alter_table("case_") as table:
        table.alter_column("state_seq", existing_type=sa.Integer(), server_default=None)


def downgrade() -> None:
    """Only where every state is of the last row: an older version could not play what has come since."""
    behind = op.get_bind().execute(sa.text("SELECT count(*) FROM case_ WHERE state_seq < seq")).scalar_one()
    if behind:
        raise RuntimeError(f"rebuild {behind} cases first: huiyin workflow rebuild")
    with op.batch_alter_table("case_") as table:
        table.drop_column("state_seq")
