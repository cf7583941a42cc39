"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

from services.common.db import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this revision."""
    op.create_table(
        "credential",
        sa.Column("account_id", sa.String(length=128), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_credential")),
    )
    op.create_table(
        "dir_account",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("login", sa.String(length=100), nullable=False),
        sa.Column("person_id", sa.String(length=100), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dir_account")),
    )
    with op.batch_alter_table("dir_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dir_account_login"), ["login"], unique=False)
        batch_op.create_index(batch_op.f("ix_dir_account_person_id"), ["person_id"], unique=False)

    op.create_table(
        "dir_connector",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("units", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dir_connector")),
    )
    op.create_table(
        "dir_holding",
        sa.Column("account_id", sa.String(length=100), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=100), nullable=False),
        sa.Column("unit", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "n", name=op.f("pk_dir_holding")),
    )
    with op.batch_alter_table("dir_holding", schema=None) as batch_op:
        batch_op.create_index("ix_dir_holding_role_unit", ["role", "unit"], unique=False)

    op.create_table(
        "dir_person",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=100), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dir_person")),
    )
    op.create_table(
        "dir_session",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("term_no", sa.Integer(), nullable=True),
        sa.Column("session_no", sa.Integer(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("process_version", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dir_session")),
    )
    op.create_table(
        "dir_unit",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent", sa.String(length=100), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dir_unit")),
    )
    op.create_table(
        "dir_version",
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "id", name=op.f("pk_dir_version")),
    )
    op.create_table(
        "entry",
        sa.Column(
            "kind", sa.String(length=16), nullable=False, comment="unit | person | account | session | connector"
        ),
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("body", Json(), nullable=True, comment="null once deleted; the row stays so that versions only grow"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name=op.f("pk_entry")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("headers", Json(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", Utc(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("channel", "message_id", name="uq_inbox_message"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inbox_new",
            ["id"],
            unique=False,
            postgresql_where=sa.text("state = 'new'"),
            sqlite_where=sa.text("state = 'new'"),
        )
        batch_op.create_index(
            "ix_inbox_order",
            ["channel", "subject", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'new'"),
            sqlite_where=sa.text("state = 'new'"),
        )

    op.create_table(
        "led_case",
        sa.Column("case_id", sa.String(length=128), nullable=False),
        sa.Column("matter_id", sa.String(length=128), nullable=False),
        sa.Column("process", sa.String(length=128), nullable=True),
        sa.Column("process_version", sa.String(length=128), nullable=True),
        sa.Column("outcome", sa.String(length=128), nullable=True),
        sa.Column("opened_as_of", Utc(), nullable=True),
        sa.Column("opened_message", sa.Text(), nullable=True),
        sa.Column("closed_as_of", Utc(), nullable=True),
        sa.Column("closed_message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_led_case")),
    )
    with op.batch_alter_table("led_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_led_case_matter_id"), ["matter_id"], unique=False)

    op.create_table(
        "led_deadline",
        sa.Column("deadline_id", sa.String(length=128), nullable=False),
        sa.Column("case_id", sa.String(length=128), nullable=False),
        sa.Column("matter_id", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("unit", sa.String(length=128), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=True, comment="open | moved | cleared"),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("due_at", Utc(), nullable=True),
        sa.Column("why", Json(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("calendar", sa.Text(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=True),
        sa.Column("said_as_of", Utc(), nullable=True),
        sa.Column("said_message", sa.Text(), nullable=True),
        sa.Column("first_due", sa.Date(), nullable=True),
        sa.Column("first_as_of", Utc(), nullable=True),
        sa.Column("first_message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("deadline_id", name=op.f("pk_led_deadline")),
    )
    with op.batch_alter_table("led_deadline", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_led_deadline_matter_id"), ["matter_id"], unique=False)

    op.create_table(
        "led_matter",
        sa.Column("matter_id", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("state_at", Utc(), nullable=True),
        sa.Column("outcome_class", sa.String(length=32), nullable=True),
        sa.Column("next_due", sa.Date(), nullable=True),
        sa.Column("next_due_at", Utc(), nullable=True),
        sa.Column("next_deadline", sa.String(length=128), nullable=True),
        sa.Column("open_tasks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("matter_id", name=op.f("pk_led_matter")),
        comment="one line of the ledger, always recomputed from the led_ rows of the matter",
    )
    with op.batch_alter_table("led_matter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_led_matter_next_due_at"), ["next_due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_led_matter_state"), ["state"], unique=False)

    op.create_table(
        "led_milestone",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.String(length=128), nullable=False),
        sa.Column("matter_id", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_led_milestone")),
    )
    with op.batch_alter_table("led_milestone", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_led_milestone_matter_id"), ["matter_id"], unique=False)

    op.create_table(
        "led_record",
        sa.Column("record_id", sa.String(length=128), nullable=False),
        sa.Column("case_id", sa.String(length=128), nullable=False),
        sa.Column("matter_id", sa.String(length=128), nullable=False),
        sa.Column("record", sa.String(length=128), nullable=True),
        sa.Column("data", Json(), nullable=True),
        sa.Column("unit", sa.String(length=128), nullable=True),
        sa.Column("role", sa.String(length=128), nullable=True),
        sa.Column("actor", Json(), nullable=True),
        sa.Column("at", Utc(), nullable=True),
        sa.Column("element", sa.String(length=128), nullable=True),
        sa.Column("said_as_of", Utc(), nullable=True),
        sa.Column("said_message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_led_record")),
    )
    with op.batch_alter_table("led_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_led_record_matter_id"), ["matter_id"], unique=False)

    op.create_table(
        "led_task",
        sa.Column("task_id", sa.String(length=128), nullable=False),
        sa.Column("case_id", sa.String(length=128), nullable=False),
        sa.Column("matter_id", sa.String(length=128), nullable=False),
        sa.Column("element", sa.String(length=128), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("public_name", sa.Text(), nullable=True),
        sa.Column("role", sa.String(length=128), nullable=True),
        sa.Column("unit", sa.String(length=128), nullable=True),
        sa.Column("record", sa.String(length=128), nullable=True),
        sa.Column("deadline", Json(), nullable=True),
        sa.Column("process_version", sa.String(length=128), nullable=True),
        sa.Column("opened_at", Utc(), nullable=True),
        sa.Column("opened_as_of", Utc(), nullable=True),
        sa.Column("opened_message", sa.Text(), nullable=True),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("closed_reason", sa.String(length=32), nullable=True),
        sa.Column("closed_by", Json(), nullable=True),
        sa.Column("successor_task_id", sa.String(length=128), nullable=True),
        sa.Column("closed_as_of", Utc(), nullable=True),
        sa.Column("closed_message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_led_task")),
    )
    with op.batch_alter_table("led_task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_led_task_matter_id"), ["matter_id"], unique=False)

    op.create_table(
        "led_unit",
        sa.Column("matter_id", sa.String(length=128), nullable=False),
        sa.Column("unit", sa.String(length=128), nullable=False),
        sa.Column(
            "role",
            sa.String(length=128),
            nullable=False,
            comment="lead | co_handler | separate_handler, empty if unknown",
        ),
        sa.PrimaryKeyConstraint("matter_id", "unit", name=op.f("pk_led_unit")),
    )
    with op.batch_alter_table("led_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_led_unit_unit"), ["unit"], unique=False)

    op.create_table(
        "letter",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("matter_id", sa.String(length=128), nullable=False),
        sa.Column("case_id", sa.String(length=128), nullable=False),
        sa.Column("unit", sa.String(length=128), nullable=True),
        sa.Column("redo_round", sa.Integer(), nullable=False),
        sa.Column("recipients", Json(), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.Column("issued_at", Utc(), nullable=False),
        sa.Column("delivered_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letter_matter_id"), ["matter_id"], unique=False)

    op.create_table(
        "matter",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("no", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("session_id", sa.String(length=128), nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("locality", sa.String(length=128), nullable=False),
        sa.Column("submitted_when", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("topic", sa.String(length=128), nullable=True),
        sa.Column("proposer_type", sa.String(length=32), nullable=False),
        sa.Column("lead_proposer", sa.String(length=128), nullable=False),
        sa.Column("secrecy", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("body", Json(), nullable=False, comment="situation, analysis, request"),
        sa.Column("extra", Json(), nullable=False, comment="points, origin and wishes"),
        sa.Column("entered_by", sa.Text(), nullable=False, comment="account id or connector that brought it in"),
        sa.Column("submitted_at", Utc(), nullable=False),
        sa.Column("withdrawn_at", Utc(), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter")),
        sa.UniqueConstraint("locality", "session_id", "kind", "no", name=op.f("uq_matter_locality_session_id_kind_no")),
    )
    op.create_table(
        "number_series",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_number_series")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("headers", Json(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("published_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_pending",
            ["id"],
            unique=False,
            postgresql_where=sa.text("published_at IS NULL"),
            sqlite_where=sa.text("published_at IS NULL"),
        )

    op.create_table(
        "package",
        sa.Column("version", sa.String(length=128), nullable=False),
        sa.Column("locality", sa.String(length=128), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=True),
        sa.Column("roles", Json(), nullable=True),
        sa.Column("classes", Json(), nullable=True),
        sa.Column("labels", Json(), nullable=True),
        sa.Column("said_as_of", Utc(), nullable=True),
        sa.Column("said_message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_package")),
    )
    op.create_table(
        "submission",
        sa.Column("scope", sa.Text(), nullable=False, comment="account or connector the key belongs to"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("matter_id", sa.String(length=128), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_submission")),
    )
    op.create_table(
        "proposer",
        sa.Column("matter_id", sa.String(length=128), nullable=False),
        sa.Column("person_id", sa.String(length=128), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="0 is the lead proposer"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_proposer_matter_id")),
        sa.PrimaryKeyConstraint("matter_id", "person_id", name=op.f("pk_proposer")),
    )
    with op.batch_alter_table("proposer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposer_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    """Take this revision back."""
    with op.batch_alter_table("proposer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposer_person_id"))

    op.drop_table("proposer")
    op.drop_table("submission")
    op.drop_table("package")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_pending",
            postgresql_where=sa.text("published_at IS NULL"),
            sqlite_where=sa.text("published_at IS NULL"),
        )

    op.drop_table("outbox")
    op.drop_table("number_series")
    op.drop_table("matter")
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_letter_matter_id"))

    op.drop_table("letter")
    with op.batch_alter_table("led_unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_led_unit_unit"))

    op.drop_table("led_unit")
    with op.batch_alter_table("led_task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_led_task_matter_id"))

    op.drop_table("led_task")
    with op.batch_alter_table("led_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_led_record_matter_id"))

    op.drop_table("led_record")
    with op.batch_alter_table("led_milestone", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_led_milestone_matter_id"))

    op.drop_table("led_milestone")
    with op.batch_alter_table("led_matter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_led_matter_state"))
        batch_op.drop_index(batch_op.f("ix_led_matter_next_due_at"))

    op.drop_table("led_matter")
    with op.batch_alter_table("led_deadline", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_led_deadline_matter_id"))

    op.drop_table("led_deadline")
    with op.batch_alter_table("led_case", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_led_case_matter_id"))

    op.drop_table("led_case")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_inbox_order", postgresql_where=sa.text("state = 'new'"), sqlite_where=sa.text("state = 'new'")
        )
        batch_op.drop_index(
            "ix_inbox_new", postgresql_where=sa.text("state = 'new'"), sqlite_where=sa.text("state = 'new'")
        )

    op.drop_table("inbox")
    op.drop_table("entry")
    op.drop_table("dir_version")
    op.drop_table("dir_unit")
    op.drop_table("dir_session")
    op.drop_table("dir_person")
    with op.batch_alter_table("dir_holding", schema=None) as batch_op:
        batch_op.drop_index("ix_dir_holding_role_unit")

    op.drop_table("dir_holding")
    op.drop_table("dir_connector")
    with op.batch_alter_table("dir_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dir_account_person_id"))
        batch_op.drop_index(batch_op.f("ix_dir_account_login"))

    op.drop_table("dir_account")
    op.drop_table("credential")
