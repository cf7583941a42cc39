"""What notify remembers: notices, one delivery per person and channel, and its copies of what others own."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
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

package = Table(
    "package",
    metadata,
    Column("version", String(128), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("roles", Json(), nullable=False),
    Column("texts", Json(), nullable=False, comment="template → language → {subject, body}, Jinja sources"),
    Column("urgent", Json(), nullable=False, server_default="[]", comment="names of the texts that cannot wait"),
    comment="what package.published said of a process version",
)

notice = Table(
    "notice",
    metadata,
    Column("id", String(200), primary_key=True, comment="given by the sender: the same id is the same notice"),
    Column("message_id", Text, nullable=False, comment="the message that asked for it"),
    Column("kind", String(16), nullable=False, comment="notice | task | digest"),
    Column("template", String(128), comment="a text of the process package; null for tasks"),
    Column("process_version", String(128), nullable=False),
    Column("matter_id", String(128), index=True),
    Column("matter_no", String(128)),
    Column("title", Text, nullable=False),
    Column("task_id", String(128), index=True),
    Column("facts", Json(), nullable=False),
    Column("texts", Json(), nullable=False, comment="language → {subject, body}, as sent"),
    Column("fault", Text, comment="why the text is the plain one instead of the package's"),
    Column("urgent", Boolean, nullable=False, server_default=false(), comment="it cannot wait"),
    Column("thing", String(64), index=True, comment="hash of what it says of what: the same is told once"),
    Column("at", Utc, nullable=False),
)

_faulty = notice.c.fault.is_not(None)
Index("ix_notice_fault", notice.c.at, postgresql_where=_faulty, sqlite_where=_faulty)

delivery = Table(
    "delivery",
    metadata,
    Column("id", String(36), primary_key=True, comment="derived from notice, person and channel"),
    Column("notice_id", ForeignKey("notice.id"), nullable=False),
    Column("person_id", String(128), nullable=False),
    Column("channel", String(16), nullable=False, comment="inapp, mail, or a channel of the installation's file"),
    Column("address", Text, comment="where it went; nothing for the message centre"),
    Column(
        "state",
        String(16),
        nullable=False,
        comment="one of store.STATES",
    ),
    Column("reason", String(32), comment="why it reached nobody"),
    Column("error", Text, comment="what the other side said"),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Utc, comment="when it is tried next, in real time"),
    Column("hold_until", Utc, comment="not before this instant of business time: quiet hours, or the digest"),
    Column("digest", Boolean, nullable=False, server_default=false(), comment="it waits for the daily digest"),
    Column("digest_id", String(36), index=True, comment="the delivery it went out with"),
    Column("give_up_at", Utc, comment="when no further try is of use, in real time"),
    Column("provider_id", String(200), index=True, comment="what the other side calls it"),
    Column("created_at", Utc, nullable=False),
    Column("sent_at", Utc, comment="when the other side took it"),
    Column("delivered_at", Utc, comment="when it was in the message centre, or on the device as a receipt says"),
    Column("ended_at", Utc, comment="when nothing more was to be done for it"),
    Column("read_at", Utc, comment="when the person marked it as read; message centre only"),
    Column("settled_at", Utc, comment="when its task was closed by whomever"),
    UniqueConstraint("notice_id", "person_id", "channel"),
    Index(None, "person_id", "channel", "created_at"),
    Index(None, "state", "created_at"),
)
_waiting = delivery.c.state == "waiting"
Index("ix_delivery_due", delivery.c.next_at, postgresql_where=_waiting, sqlite_where=_waiting)

preference = Table(
    "preference",
    metadata,
    Column("person_id", String(128), primary_key=True),
    Column("addresses", Json(), nullable=False, comment="channel → own address; mail has the directory's without one"),
    Column("choices", Json(), nullable=False, comment="kind → channel → whether it is wanted; defaults apply"),
    Column("quiet_from", String(5), comment="22:00: left alone from then on"),
    Column("quiet_until", String(5)),
    Column("digest_at", String(5), comment="17:00: what can wait comes once a day at this time"),
    Column("changed_at", Utc, nullable=False),
)
