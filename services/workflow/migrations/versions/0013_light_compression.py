"""States, messages and texts are compressed by what costs the least: every step writes some anew."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS = {"case_": "state", "outbox": "body", "inbox": "body", "document": "body"}


def upgrade() -> None:
    """LZ4, where this PostgreSQL was built with it; rows that are there stay readable as they are."""
    compress("lz4")


def downgrade() -> None:
    """The server's own choice again."""
    compress("default")


def compress(method: str) -> None:
    """What new values of the large columns are compressed with; a server that cannot do it keeps its own way."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column in COLUMNS.items():
        change = f"ALTER TABLE {table} ALTER COLUMN {column} SET COMPRESSION {method}"
        op.execute(f"DO $$ BEGIN EXECUTE '{change}'; EXCEPTION WHEN OTHERS THEN NULL; END $$")
