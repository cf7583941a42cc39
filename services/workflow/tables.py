"""The tables of the workflow service: what a case is, what it waits for, and the log that explains it.

Hot tables (`case_`, `stimulus`, `task`, `deadline`, `timer`, `subscription`) are written by `cases.apply`
in one transaction per stimulus; nothing on that path counts or scans.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from services.common import directories, inbox, outbox
from services.common.db import Json, Utc

metadata = MetaData()

# SQLite only numbers INTEGER primary keys by itself; PostgreSQL needs 64 bits for an append-only table.
_serial = BigInteger().with_variant(Integer(), "sqlite")

package_version = Table(
    "package_version",
    metadata,
    Column("version", Text, primary_key=True),  # yunting-2026.1
    Column("locality", Text, nullable=False, index=True),
    Column("year", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("digest", Text, nullable=False),  # SHA-256 over names and contents
    Column("content", LargeBinary, nullable=False),  # packages.pack, immutable
    Column("status", Text, nullable=False),  # validated | active | retired
    Column("diagrams", Integer, nullable=False),  # how many unit diagrams were published for it
    Column("roles", Json(), nullable=False),  # the package's roles with their grants
    Column("findings", Json(), nullable=False),
    Column("submitted_by", Text, nullable=False),
    Column("submitted_at", Utc, nullable=False),
    Column("approved_by", Text),
    Column("approved_at", Utc),
    Column("retired_at", Utc),
)

draft_package = Table(
    "draft_package",
    metadata,
    Column("id", _serial, primary_key=True),
    Column("base", Text, ForeignKey("package_version.version"), nullable=False),
    Column("version", Text, nullable=False),  # the name it will be published under
    Column("number", Integer, nullable=False),  # grows with every change: whoever saves names the one he saw
    Column("state", Text, nullable=False),  # open | submitted | given_up
    Column("content", LargeBinary, nullable=False),  # packages.pack
    Column("created_by", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Utc, nullable=False),
)

calendar_version = Table(
    "calendar_version",
    metadata,
    Column("version", Text, primary_key=True),  # cn-0f3a…, a hash of the content
    Column("calendar", Text, nullable=False),  # cn
    Column("content", Json(), nullable=False),  # year files by name
    Column("number", Integer, nullable=False, server_default="0"),  # the highest of a calendar is in force
    Column("recorded_at", Utc, nullable=False),
    Column("recorded_by", Text),  # account that imported it
)

unit_diagram = Table(
    "unit_diagram",
    metadata,
    Column("id", _serial, primary_key=True),
    Column("package_version", Text, ForeignKey("package_version.version"), nullable=False),
    Column("point", Text, nullable=False),  # unit_internal_handling
    Column("unit", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),  # one BPMN file
    Column("published_by", Text, nullable=False),
    Column("published_at", Utc, nullable=False),
    UniqueConstraint("package_version", "point", "unit", "number"),
)

matter = Table(
    "matter",
    metadata,
    Column("matter_id", Text, primary_key=True),
    Column("matter_no", Text, index=True),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("locality", Text, nullable=False),
    Column("session_id", Text, index=True),
    Column("process_version", Text),
    Column("state", Text, nullable=False),  # the latest milestone
    Column("cases", Integer, nullable=False),  # how many cases were started: the next case number
    Column("merged_into", Text, index=True),  # the main matter it is handled together with (并案)
    Column("data", Json(), nullable=False),  # matter.submitted whole, with the full text
    Column("submitted_at", Utc, nullable=False),
)

case_ = Table(
    "case_",
    metadata,
    Column("id", Text, primary_key=True),
    Column("matter_id", Text, nullable=False, index=True),
    Column("process", Text, nullable=False),
    Column("package_version", Text, ForeignKey("package_version.version"), nullable=False),
    Column("calendar_version", Text, ForeignKey("calendar_version.version"), nullable=False),
    Column("semantics", Integer, nullable=False),  # engine semantics the state was made under
    Column("status", Text, nullable=False),  # running | ended
    Column("outcome", Text),
    Column("state_name", Text),  # latest milestone of this case
    Column("seq", Integer, nullable=False),  # number of the last stimulus
    Column("last_hash", Text, nullable=False),
    Column("last_at", Utc, nullable=False),
    Column("next_due_at", Utc),  # earliest timer that is not held by an incident
    Column("parent_case_id", Text),
    Column("started_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("unsound", Text),  # what the last audit found: chain | replay
    Column("state", LargeBinary, nullable=False),  # a snapshot of it, see `snapshots`
    Column("state_seq", Integer, nullable=False),  # number of the stimulus it was made by
)
Index("ix_case_due", case_.c.next_due_at, postgresql_where=text("next_due_at IS NOT NULL"))

stimulus = Table(
    "stimulus",
    metadata,
    Column("case_id", Text, ForeignKey("case_.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("actor", Json(), nullable=False),
    Column("payload", LargeBinary, nullable=False),  # canonical JSON, the very bytes that were hashed
    Column("cause", Text),  # message id that carried it here
    Column("package_version", Text, nullable=False),
    Column("calendar_version", Text, nullable=False),
    Column("semantics", Integer, nullable=False),
    Column("hash", Text, nullable=False),  # of this row and the hash of the one before, which is not repeated here
)

task = Table(
    "task",
    metadata,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("case_.id"), nullable=False, index=True),
    Column("matter_id", Text, nullable=False, index=True),
    Column("element", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("public_name", Text),
    Column("process", Text, nullable=False),
    Column("package_version", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("unit", Text),
    Column("person", Text),  # the one who is to do it, where the diagram names one
    Column("delegate", Text),  # the person who acts for whoever it is for
    Column("delegated_by", Json()),  # the actor who asked the delegate
    Column("beside", Text, index=True),  # the task beside which somebody is asked (加签)
    Column("question", Json()),  # what is asked: {"text", "by"}
    Column("form", Text),
    Column("record", Text),
    Column("accepts", Json(), nullable=False),  # records that may be added while it is open
    Column("scope", Text),  # the boxes around it in the case, instances with their position
    Column("apart", Json()),  # elements done by others than whoever does this one
    Column("initial", Json()),  # what the form holds at first; texts as {"$doc", "chars"}
    Column("deadline", Text),
    Column("deadline_id", Text),
    Column("due", Date),
    Column("due_at", Utc),
    Column("state", Text, nullable=False),  # open | closed
    Column("reason", Text),  # why it closed
    Column("opened_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Column("closed_by", Json()),
    Column("closed_account", Text),
    Column("warnings", Json()),  # remarks of the package's rules it went on with: path, text, text_en
    Column("claimed_by", Text),
    Column("claimed_at", Utc),
)
Index("ix_task_work", task.c.state, task.c.role, task.c.unit, task.c.due_at)
Index("ix_task_done", task.c.closed_account, task.c.closed_at)
Index("ix_task_unit", task.c.unit, task.c.state, task.c.due_at)
Index("ix_task_person", task.c.person, task.c.state, task.c.due_at)
Index("ix_task_delegate", task.c.delegate, task.c.state, task.c.due_at)

draft = Table(
    "draft",
    metadata,
    Column("task_id", Text, ForeignKey("task.id"), primary_key=True),
    Column("account", Text, primary_key=True),
    Column("data", Json(), nullable=False),
    Column("saved_at", Utc, nullable=False),
)

deadline = Table(
    "deadline",
    metadata,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("case_.id"), nullable=False, index=True),
    Column("matter_id", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("unit", Text),
    Column("state", Text, nullable=False),  # open | moved | cleared
    Column("due", Date, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("first_due", Date, nullable=False),
    Column("rule", Text, nullable=False),
    Column("why", Json(), nullable=False),
    Column("calendar", Text, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("set_at", Utc, nullable=False),
    Column("cleared_at", Utc),
)

timer = Table(
    "timer",
    metadata,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("case_.id"), nullable=False),
    Column("element", Text, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("held", Boolean, nullable=False),  # an incident keeps it from firing until retried
)
Index("ix_timer_case_due", timer.c.case_id, timer.c.due_at)  # every step asks for the earliest one of its case

subscription = Table(
    "subscription",
    metadata,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("case_.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False),
    # Empty, or the case id where the key is the whole matter: then every case of the matter may wait.
    Column("scope", Text, nullable=False),
    UniqueConstraint("name", "key", "scope"),
)

early_message = Table(
    "early_message",
    metadata,
    Column("id", _serial, primary_key=True),
    Column("message_id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # message | start
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("matter_id", Text),
    Column("case_id", Text),  # sender case
    Column("data", Json(), nullable=False),
    Column("state", Text, nullable=False),  # waiting | ready | done | lapsed (nobody can wait for it any more)
    Column("at", Utc, nullable=False),
    Column("delivered_at", Utc),
)
Index(
    "ix_early_waiting",
    early_message.c.name,
    early_message.c.key,
    postgresql_where=text("state = 'waiting'"),
    sqlite_where=text("state = 'waiting'"),
)
Index(
    "ix_early_sender",
    early_message.c.case_id,
    postgresql_where=text("state = 'waiting'"),
    sqlite_where=text("state = 'waiting'"),
)
Index(
    "ix_early_matter",
    early_message.c.matter_id,
    postgresql_where=text("state = 'waiting'"),
    sqlite_where=text("state = 'waiting'"),
)
Index(
    "ix_early_ready",
    early_message.c.id,
    postgresql_where=text("state = 'ready'"),
    sqlite_where=text("state = 'ready'"),
)

record = Table(
    "record",
    metadata,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("case_.id"), nullable=False, index=True),
    Column("matter_id", Text, nullable=False, index=True),
    Column("record", Text, nullable=False),
    Column("data", Json(), nullable=False),  # facts; texts as {"$doc", "chars"}
    Column("element", Text, nullable=False),
    Column("task_id", Text),
    Column("unit", Text),
    Column("role", Text),
    Column("actor", Json(), nullable=False),
    Column("at", Utc, nullable=False),
)

document = Table(
    "document",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("body", Text),  # null once erased; the hash in log and state stays
    Column("chars", Integer, nullable=False),
    Column("kept_at", Utc, nullable=False),
    Column("erased_at", Utc),
)

incident = Table(
    "incident",
    metadata,
    Column("id", _serial, primary_key=True),
    Column("case_id", Text, nullable=False, index=True),
    Column("matter_id", Text),
    Column("task_id", Text, index=True),
    Column("timer_id", Text),
    Column("stimulus", Json(), nullable=False),  # whole, to be retried
    Column("start", Json()),  # what a case that could not start would have been
    Column("cause", Text),
    Column("code", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", Text, nullable=False),  # open | resolved
    Column("attempts", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("resolved_at", Utc),
    Column("resolved_by", Text),
)
Index("ix_incident_open", incident.c.state, incident.c.id)

series = Table(
    "series",
    metadata,
    Column("name", Text, primary_key=True),  # e.g. reply:u_transport:2026
    Column("last", Integer, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("account", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),  # of the request, so that a reused key is noticed
    Column("answer", Json(), nullable=False),
    Column("at", Utc, nullable=False),
)

inbox_ = inbox.table(metadata)
outbox_ = outbox.table(metadata)
Index("ix_inbox_channel", inbox_.c.channel, inbox_.c.id)
TROUBLED = text("state IN ('rejected', 'parked')")
"""Messages that were not accepted: few among many, with an index of their own."""
Index("ix_inbox_troubled", inbox_.c.channel, inbox_.c.id, postgresql_where=TROUBLED, sqlite_where=TROUBLED)
Index(
    "ix_outbox_target",
    outbox_.c.target,
    outbox_.c.published_at,
    outbox_.c.id,
    postgresql_where=text("target IS NOT NULL"),
    sqlite_where=text("target IS NOT NULL"),
)

backlog = Table(
    "backlog",
    metadata,
    Column("connector", Text, primary_key=True),
    Column("untaken", Integer, nullable=False),  # messages sent to it, or about to be, that it has not taken
    Column("first", BigInteger),  # the oldest of them, by its row in the outbox
    Column("sent", Utc),  # when that was sent; null while it has not been
    Column("since", Utc),  # since when it has been lying: when it was sent, or else written
    Column("at", Utc, nullable=False),  # when the queue was looked at
)

outage = Table(
    "outage",
    metadata,
    Column("id", _serial, primary_key=True),
    Column("connector", Text, index=True),  # null = every one
    Column("began", Utc, nullable=False),
    Column("ended", Utc),
    Column("reason", Text, nullable=False),  # empty where it was found by itself
    Column("noted_by", Text),  # the account; null where it was found by itself
    sqlite_autoincrement=True,
)
directory = directories.tables(metadata)
