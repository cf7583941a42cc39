"""What a durable step costs before anybody decides anything: lock, read, write, commit, with SQLAlchemy and psycopg.

The same number of bytes as an ordinary step moves, in the fewest statements that are still safe: the case is locked and
its state read, the new state written, one row added to the log and one message to the outbox. Statement by statement,
as one would write it; the product sends its own in packets (`services/common/pipelines.py`).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    insert,
    select,
)

metadata = MetaData()
_case = Table(
    "bare_case",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("state", LargeBinary, nullable=False),
)
_log = Table(
    "bare_log",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("payload", LargeBinary, nullable=False),
)
_out = Table(
    "bare_out",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("message_id", Text, nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
)
_LOCK = select(_case).where(_case.c.id.in_(bindparam("ids", expanding=True))).order_by(_case.c.id).with_for_update()
_SAVE = _case.update().where(_case.c.id == bindparam("b_id")).values(seq=bindparam("b_seq"), state=bindparam("b_state"))
_LOG = insert(_log)
_SEND = insert(_out).inline()


STATE, PAYLOAD, BODY = (secrets.token_bytes(size) for size in (3_000, 150, 1_500))
"""Bytes as a step writes them once PostgreSQL has compressed them: a state, a log row, a message."""


def furnish(engine: Engine, case_ids: Sequence[str]) -> None:
    """Tables of its own with a case of each id."""
    metadata.create_all(engine)
    with engine.begin() as conn:
        conn.execute(insert(_case), [{"id": case_id, "seq": 0, "state": STATE} for case_id in case_ids])


def step(conn: Connection, case_ids: Sequence[str]) -> None:
    """Move these cases, within the caller's transaction."""
    rows = conn.execute(_LOCK, {"ids": case_ids}).all()
    numbered = [(row.id, row.seq + 1, bytes(row.state)) for row in rows]
    conn.execute(_SAVE, [{"b_id": key, "b_seq": seq, "b_state": state} for key, seq, state in numbered])
    conn.execute(_LOG, [{"case_id": key, "seq": seq, "payload": PAYLOAD} for key, seq, _ in numbered])
    conn.execute(_SEND, [{"message_id": f"{key}.{seq}", "body": BODY} for key, seq, _ in numbered])
