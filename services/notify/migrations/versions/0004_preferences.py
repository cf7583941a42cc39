"""Who hears of what by which channel and when: choices, quiet hours, digests; the same is told once."""

import sqlalchemy as sa
from alembic import op

from services.common import db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_CHOICES = "kind → channel → whether it is wanted; defaults apply"
_TIMES = {
    "quiet_from": "22:00: left alone from then on",
    "quiet_until": None,
    "digest_at": "17:00: what can wait comes once a day at this time",
}
_NO_MAIL = {kind: {"mail": False} for kind in ("urgent", "notice", "task")}
_COMMENTS = (
    ("kind", "notice | task", "notice | task | digest"),
    ("texts", "language → {subject, body}, as sent; empty for tasks", "language → {subject, body}, as sent"),
)


def _comment(told: dict[str, str]) -> None:
    """Comments on columns of notice; SQLite keeps none."""
    if op.get_bind().dialect.name == "postgresql":
        for name, comment in told.items():
            op.alter_column("notice", name, comment=comment)


def upgrade() -> None:
    """Who wanted no mail wants none of any kind."""
    urgent = sa.Column(
        "urgent", db.Json(), nullable=False, server_default="[]", comment="names of the texts that cannot wait"
    )
    op.add_column("package", urgent)
    wait = "it cannot wait"
    haste: sa.Column[bool] = sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false(), comment=wait)
    op.add_column("notice", haste)  # in no batch: SQLite cannot drop a table that others refer to
    said = "hash of what it says of what: the same is told once"
    op.add_column("notice", sa.Column("thing", sa.String(64), nullable=True, comment=said))
    op.create_index("ix_notice_thing", "notice", ["thing"])
    _comment({name: after for name, _, after in _COMMENTS})
    with op.batch_alter_table("delivery") as batch:
        why = "not before this instant of business time: quiet hours, or the digest"
        batch.add_column(sa.Column("hold_until", db.Utc(), nullable=True, comment=why))
        waits = "it waits for the daily digest"
        batch.add_column(sa.Column("digest", sa.Boolean(), nullable=False, server_default=sa.false(), comment=waits))
        batch.add_column(sa.Column("digest_id", sa.String(36), nullable=True, comment="the delivery it went out with"))
        batch.create_index("ix_delivery_digest_id", ["digest_id"])
    op.add_column("preference", sa.Column("choices", db.Json(), nullable=True, comment=_CHOICES))
    for name, comment in _TIMES.items():
        op.add_column("preference", sa.Column(name, sa.String(5), nullable=True, comment=comment))
    kept = sa.table("preference", sa.column("mail", sa.Boolean()), sa.column("choices", db.Json()))
    op.execute(sa.update(kept).values(choices={}))
    op.execute(sa.update(kept).where(sa.not_(kept.c.mail)).values(choices=_NO_MAIL))
    with op.batch_alter_table("preference") as batch:
        batch.alter_column("choices", existing_type=db.Json(), nullable=False, existing_comment=_CHOICES)
        batch.drop_column("mail")


def downgrade() -> None:
    """Take this revision back; all wishes but whether mail is wanted at all are lost."""
    op.add_column("preference", sa.Column("mail", sa.Boolean(), nullable=True))
    mail, choices = sa.column("mail", sa.Boolean()), sa.column("choices", db.Json())
    kept = sa.table("preference", mail, choices, sa.column("person_id"))
    connection = op.get_bind()
    for person, wishes in connection.execute(sa.select(kept.c.person_id, kept.c.choices)).all():
        wanted = wishes.get("notice", {}).get("mail", True)
        connection.execute(sa.update(kept).where(kept.c.person_id == person).values(mail=wanted))
    with op.batch_alter_table("preference") as batch:
        batch.alter_column("mail", existing_type=sa.Boolean(), nullable=False)
        for name in ("choices", *_TIMES):
            batch.drop_column(name)
    with op.batch_alter_table("delivery") as batch:
        batch.drop_index("ix_delivery_digest_id")
        for name in ("digest_id", "digest", "hold_until"):
            batch.drop_column(name)
    _comment({name: before for name, before, _ in _COMMENTS})
    op.drop_index("ix_notice_thing", "notice")
    for name in ("thing", "urgent"):
        op.drop_column("notice", name)
    with op.batch_alter_table("package") as batch:
        batch.drop_column("urgent")
