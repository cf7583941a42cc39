"""What intake remembers, table by table.

Three kinds: what intake owns (matters, directory, letters), what it projects from messages (`led_*`,
`package`: may be wiped and rebuilt from the inbox at any time), and the plumbing shared by all services.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from services.common import directories
from services.common import inbox as inboxes
from services.common import outbox as outboxes
from services.common.db import Json, Utc

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

outbox = outboxes.table(metadata)
inbox = inboxes.table(metadata)
directory = directories.tables(metadata)
"""The projection every service keeps of the directory; intake, its owner, keeps one like everybody else."""

# --- owned: matters -----------------------------------------------------------------------------------------

matter = Table(
    "matter",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("no", String(128), comment="null until admission where the session numbers at admission"),
    Column("kind", String(16), nullable=False),
    Column("session_id", String(128), nullable=False),
    Column("level", String(32), nullable=False),
    Column("locality", String(128), nullable=False),
    Column("submitted_when", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("topic", String(128)),
    Column("proposer_type", String(32), nullable=False),
    Column("lead_proposer", String(128), nullable=False),
    Column("secrecy", String(16), nullable=False),
    Column("difficult", Boolean, comment="as decided at admission, null before"),
    Column("source", String(32), nullable=False),
    Column("body", Json(), nullable=False, comment="situation, analysis, request"),
    Column("extra", Json(), nullable=False, comment="points, origin and wishes"),
    Column("entered_by", Text, nullable=False, comment="account id or connector that brought it in"),
    Column("submitted_at", Utc, nullable=False),
    Column("tracker", String(16), nullable=False, unique=True, comment="the code under which the public finds it"),
    Column("withdrawal_requested_at", Utc, comment="set while the co-signers are asked"),
    Column("withdrawn_at", Utc),
    Column("withdrawal_reason", Text, comment="what the lead deputy wrote"),
    Column("withdrawal_refused_at", Utc),
    Column("withdrawal_refusal", Text, comment="why the latest request was refused"),
    Column("merged_into", String(128), index=True, comment="the main matter, where it is handled together with that"),
    UniqueConstraint("locality", "session_id", "kind", "no"),
)

secrecy_change = Table(
    "secrecy_change",
    metadata,
    Column("matter_id", ForeignKey("matter.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="1, 2, … of the matter"),
    Column("before", String(16), nullable=False),
    Column("secrecy", String(16), nullable=False),
    Column("published", Boolean, nullable=False, comment="whether the public could read the matter at that moment"),
    Column("reason", Text, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("actor", Json(), nullable=False, comment="id, name"),
    comment="rows are only added",
)

merge_change = Table(
    "merge_change",
    metadata,
    Column("matter_id", ForeignKey("matter.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="1, 2, … of the matter"),
    Column("main_id", ForeignKey("matter.id"), nullable=False, index=True),
    Column("merged", Boolean, nullable=False, comment="false: it was taken out again"),
    Column("reason", Text, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("actor", Json(), comment="id, name; null: the system"),
    comment="rows are only added",
)

sketch = Table(
    "sketch",
    metadata,
    Column("matter_id", ForeignKey("matter.id"), primary_key=True),
    Column("locality", String(128), nullable=False, index=True),
    Column("data", LargeBinary, nullable=False, comment="see `sketches`"),
)

proposer = Table(
    "proposer",
    metadata,
    Column("matter_id", ForeignKey("matter.id"), primary_key=True),
    Column("person_id", String(128), primary_key=True, index=True),
    Column("position", Integer, nullable=False, comment="0 is the lead proposer"),
    Column("name", Text, nullable=False),
)

submission = Table(
    "submission",
    metadata,
    Column("scope", Text, primary_key=True, comment="account or connector the key belongs to"),
    Column("key", Text, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("matter_id", String(128), nullable=False),
    Column("at", Utc, nullable=False),
)

draft = Table(
    "draft",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("person_id", String(128), nullable=False, index=True, comment="the deputy whose draft it is"),
    Column("form", Json(), nullable=False, comment="as typed, without co-signers"),
    Column("digest", String(64), nullable=False, comment="of title, text and points: what a co-signer agrees to"),
    Column("saved_at", Utc, nullable=False),
)

invitation = Table(
    "invitation",
    metadata,
    Column("draft_id", ForeignKey("draft.id"), primary_key=True),
    Column("person_id", String(128), primary_key=True, index=True),
    Column("invited_at", Utc, nullable=False),
    Column("agreed", Boolean, comment="null until answered"),
    Column("digest", String(64), comment="of the draft the answer was given to"),
    Column("answered_at", Utc),
)

file = Table(
    "file",
    metadata,
    Column("id", String(128), primary_key=True, comment="never changes; chosen by the agency that brings it"),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False, comment="bytes"),
    Column("kind", String(16), nullable=False, comment="as its content says: pdf | ofd | docx | xlsx | png | jpeg"),
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False, comment="unscanned | scanning | clean | infected"),
    Column("finding", Text, comment="what the scanner said of an infected one"),
    Column("brought_by", Text, nullable=False, comment="account id or connector:<id>"),
    Column("brought_at", Utc, nullable=False),
    Column("draft_id", String(128), index=True, comment="the draft or unsent form it waits with"),
    Column("matter_id", ForeignKey("matter.id"), index=True, comment="null until it is handed in"),
    Column("unit", String(128), comment="the unit whose file it is; null: the proposer's"),
    Column("letter", Integer, comment="the round of the unit's reply letter whose sealed form it is"),
    comment="attachments; their bytes lie in a folder, see `cabinets`",
)

number_series = Table(
    "number_series",
    metadata,
    Column("series", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)

letter = Table(
    "letter",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("matter_id", String(128), nullable=False, index=True),
    Column("case_id", String(128), nullable=False),
    Column("unit", String(128)),
    Column("redo_round", Integer, nullable=False),
    Column("recipients", Json(), nullable=False),
    Column("data", Json(), nullable=False),
    Column("issued_at", Utc, nullable=False),
    Column("delivered_at", Utc, nullable=False),
    Column("message_id", Text, comment="the reply.issued it came with, null before there was this column"),
    Column("sent_to", String(64), comment="the congress system that handed the matter in"),
    Column("received_at", Utc, comment="when its receipt came"),
    Column("receipt_no", Text, comment="the number it gave"),
)

# --- owned: directory ---------------------------------------------------------------------------------------

entry = Table(
    "entry",
    metadata,
    Column("kind", String(16), primary_key=True, comment="unit | person | account | session | connector"),
    Column("id", String(128), primary_key=True),
    Column("body", Json(), comment="null once deleted; the row stays so that versions only grow"),
    Column("version", Integer, nullable=False),
    Column("changed_at", Utc, nullable=False),
)

credential = Table(
    "credential",
    metadata,
    Column("account_id", String(128), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Utc),
)

# --- projected from messages --------------------------------------------------------------------------------
# A facet `x` is what one kind of message said: its columns, and in `x_as_of` and `x_message` which message
# said it. The latest message wins (for `first` the earliest), in whatever order they arrive.


def _facet(name: str) -> tuple[Column[Any], Column[Any]]:
    return Column(f"{name}_as_of", Utc), Column(f"{name}_message", Text)


led_case = Table(
    "led_case",
    metadata,
    Column("case_id", String(128), primary_key=True),
    Column("matter_id", String(128), nullable=False, index=True),
    Column("process", String(128)),
    Column("process_version", String(128)),
    Column("outcome", String(128)),
    *_facet("opened"),
    *_facet("closed"),
)

led_task = Table(
    "led_task",
    metadata,
    Column("task_id", String(128), primary_key=True),
    Column("case_id", String(128), nullable=False),
    Column("matter_id", String(128), nullable=False, index=True),
    Column("element", String(128)),
    Column("name", Text),
    Column("public_name", Text),
    Column("role", String(128)),
    Column("unit", String(128)),
    Column("person", String(128), index=True),
    Column("record", String(128)),
    Column("deadline", Json()),
    Column("process_version", String(128)),
    Column("opened_at", Utc),
    *_facet("opened"),
    Column("closed_at", Utc),
    Column("closed_reason", String(32)),
    Column("closed_by", Json()),
    Column("successor_task_id", String(128)),
    *_facet("closed"),
)

led_deadline = Table(
    "led_deadline",
    metadata,
    Column("deadline_id", String(128), primary_key=True),
    Column("case_id", String(128), nullable=False),
    Column("matter_id", String(128), nullable=False, index=True),
    Column("name", String(128)),
    Column("label", Text),
    Column("unit", String(128)),
    Column("state", String(16), comment="open | moved | cleared"),
    Column("due", Date),
    Column("due_at", Utc),
    Column("why", Json()),
    Column("rule", Text),
    Column("calendar", Text),
    Column("provisional", Boolean),
    *_facet("said"),
    Column("first_due", Date),
    *_facet("first"),
)

led_record = Table(
    "led_record",
    metadata,
    Column("record_id", String(128), primary_key=True),
    Column("case_id", String(128), nullable=False),
    Column("matter_id", String(128), nullable=False, index=True),
    Column("record", String(128)),
    Column("data", Json()),
    Column("extra", Json(), comment="the local fields among the data; null where there are none"),
    Column("unit", String(128)),
    Column("role", String(128)),
    Column("actor", Json()),
    Column("at", Utc),
    Column("element", String(128)),
    *_facet("said"),
)

led_milestone = Table(
    "led_milestone",
    metadata,
    Column("message_id", Text, primary_key=True),
    Column("case_id", String(128), nullable=False),
    Column("matter_id", String(128), nullable=False, index=True),
    Column("state", String(32), nullable=False),
    Column("at", Utc, nullable=False),
)

led_matter = Table(
    "led_matter",
    metadata,
    Column("matter_id", String(128), primary_key=True),
    Column("state", String(32), nullable=False),
    Column("state_at", Utc),
    Column("outcome_class", String(32)),
    Column("next_due", Date),
    Column("next_due_at", Utc),
    Column("next_deadline", String(128)),
    Column("open_tasks", Integer, nullable=False),
    Column("key_at", Utc, comment="since when it is a key matter, else null"),
    Column("published_at", Utc, comment="when the newest decision on publication made it public, else null"),
    Index(None, "published_at"),
    Index(None, "state"),
    Index(None, "next_due_at"),
    comment="one line of the ledger, always recomputed from the led_ rows of the matter",
)

led_unit = Table(
    "led_unit",
    metadata,
    Column("matter_id", String(128), primary_key=True),
    Column("unit", String(128), primary_key=True, index=True),
    Column("role", String(128), nullable=False, comment="lead | co_handler | separate_handler, empty if unknown"),
)

package = Table(
    "package",
    metadata,
    Column("version", String(128), primary_key=True),
    Column("locality", String(128)),
    Column("year", Integer),
    Column("revision", Integer),
    Column("status", String(16)),
    Column("roles", Json()),
    Column("classes", Json()),
    Column("labels", Json()),
    Column("entries", Json(), comment="message → process; null from senders that did not say"),
    Column("accepts", Json(), comment="records accepted beside a task; null from senders that did not say"),
    Column("interrupts", Json(), comment="messages that may interrupt a case; null from senders that did not say"),
    *_facet("said"),
)

PROJECTION = (led_case, led_task, led_deadline, led_record, led_milestone, led_matter, led_unit, package)
"""What `ledger.rebuild` may wipe: everything in it comes back from the stored inbox messages."""
