"""Messages a case has sent to itself lapse when it ends: the index by sender, and those of cases that have ended."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LAPSE = """
update early_message set state = 'lapsed'
where state = 'waiting' and substr(key, 1, length(case_id) + 1) = case_id || '/'
and exists (select 1 from case_ where case_.id = early_message.case_id and case_.status = 'ended')
"""


def upgrade() -> None:
    """What waits for a case that has ended waits no more."""
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_early_sender", "early_message", ["case_id"], postgresql_where=waiting, sqlite_where=waiting)
    op.execute(LAPSE)


def downgrade() -> None:
    """Take this revision back."""
    op.execute("update early_message set state = 'waiting' where state = 'lapsed'")
    op.drop_index("ix_early_sender", table_name="early_message")
