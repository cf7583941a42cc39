"""The transport of one machine: every reader has a queue in an SQLite file of its own, next to the others.

`publish` commits a batch to the file of each receiver before it confirms; `receive` reads in order;
`settle` deletes. A kill between any two steps means that something is sent or received again, never that it
is missing: the inbox drops what it knows. Meant for demo, tests and trying out; scale and remote agencies
need RabbitMQ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Column, Engine, Integer, LargeBinary, MetaData, Table, Text, delete, func, select
from sqlalchemy.exc import OperationalError

from services.common import bells, db, logs
from services.common.bus import EVENTS, Incoming, Outgoing, topology
from services.common.clock import monotonic
from services.common.db import Json

_FIRST_NAP, _LONGEST_NAP = 0.005, 0.05  # seconds between two looks into an empty queue
_log = logs.get(__name__)
_metadata = MetaData()
_queue = Table(
    "queue",
    _metadata,
    Column("seq", Integer, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("headers", Json(), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("user_id", Text),
    sqlite_autoincrement=True,  # a number is never used again, so a reader's place stays valid
)


class LocalTransport:
    """See `bus.Transport`. With `connector` it speaks for that agency: writes and reads as the agency
    would."""

    def __init__(self, directory: Path, *, connector: str | None = None) -> None:
        """Use the queue files in `directory`; it is made when needed."""
        self._directory = directory
        self._connector = None if connector is None else topology.check_connector(connector)
        self._engines: dict[str, Engine] = {}
        self._seen: dict[str, int] = {}

    def ensure_topology(self, connectors: Sequence[str]) -> tuple[str, ...]:
        """Make the files of all services and of these connectors."""
        for owner in (*topology.SERVICES, *map(agency, connectors)):
            self._open(owner)
        return tuple(connectors)

    def publish(self, batch: Sequence[Outgoing]) -> set[str]:
        """See `bus.Transport.publish`; a file that cannot be written leaves its messages unconfirmed."""
        mail: dict[str, list[Outgoing]] = {}
        stopped: set[tuple[str | None, str]] = set()
        for message in batch:
            if (message.target, message.subject) in stopped:
                continue
            owners = list(self._owners(message))
            if not owners:
                stopped.add((message.target, message.subject))
                facts = {"message_id": message.message_id, "type": message.type, "target": message.target}
                _log.error("messages_not_taken", reason="unroutable", count=1, **facts)
            for owner in owners:
                mail.setdefault(owner, []).append(message)
        failed = {owner for owner, messages in mail.items() if not self._deliver(owner, messages)}
        missed = {message.message_id for owner in failed for message in mail[owner]}
        return {message.message_id for messages in mail.values() for message in messages} - missed

    def receive(self, reader: str, limit: int, timeout: float) -> list[Incoming]:
        """See `bus.Transport.receive`."""
        owner = reader if self._connector is None else agency(self._connector)
        bell = bells.at(str(self._path(owner)))
        end, nap = monotonic() + timeout, _FIRST_NAP
        while not (found := self._read(owner, limit) if limit else []):
            left = end - monotonic()
            if left <= 0:
                break
            bell.wait(min(nap, left))
            nap = min(nap * 2, _LONGEST_NAP)
        return found

    def settle(self, incoming: Sequence[Incoming]) -> None:
        """Delete up to the newest of `incoming`."""
        last: dict[str, int] = {}
        for message in incoming:
            owner, seq = message.token
            last[owner] = max(seq, last.get(owner, 0))
        for owner, seq in last.items():
            with db.begin(self._open(owner)) as conn:
                conn.execute(delete(_queue).where(_queue.c.seq <= seq))

    def untaken(self, connectors: Sequence[str]) -> dict[str, int]:
        """See `bus.Transport.untaken`."""
        found: dict[str, int] = {}
        for connector in connectors:
            if self._path(agency(connector)).exists():
                with db.read(self._open(agency(connector))) as conn:
                    found[connector] = conn.scalar(select(func.count()).select_from(_queue)) or 0
        return found

    def close(self) -> None:
        """Close the files; what was received and not settled comes again."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        self._seen.clear()

    def _owners(self, message: Outgoing) -> Iterator[str]:
        """The readers of a message whose files exist."""
        if self._connector is not None:
            wanted: tuple[str, ...] = topology.LISTENERS
        elif message.target is not None:
            wanted = (agency(message.target),)
        else:
            wanted = topology.receivers(message.type)
        if all(self._path(owner).exists() for owner in wanted):
            yield from wanted

    def _deliver(self, owner: str, messages: Sequence[Outgoing]) -> bool:
        speaker = EVENTS if self._connector is None else self._connector
        rows = [
            {
                "channel": speaker,
                "message_id": message.message_id,
                "headers": message.headers,
                "body": message.body,
                "content_type": message.content_type,
                "user_id": None if self._connector is None else agency(self._connector),
            }
            for message in messages
        ]
        try:
            with db.begin(self._open(owner)) as conn:
                conn.execute(_queue.insert(), rows)
        except OperationalError as error:
            _log.error("queue_not_written", owner=owner, reason=str(error.orig))
            return False
        bells.at(str(self._path(owner))).ring()
        return True

    def _read(self, owner: str, limit: int) -> list[Incoming]:
        c = _queue.c
        unseen = select(_queue).where(c.seq > self._seen.get(owner, 0)).order_by(c.seq).limit(limit)
        with db.read(self._open(owner)) as conn:
            rows = [dict(row) for row in conn.execute(unseen).mappings()]
        if rows:
            self._seen[owner] = rows[-1]["seq"]
        return [Incoming(token=(owner, row.pop("seq")), **row) for row in rows]

    def _open(self, owner: str) -> Engine:
        engine = self._engines.get(owner)
        if engine is None:
            engine = db.connect(f"sqlite:///{self._path(owner)}")
            db.prepare_directory(engine)
            with db.begin(engine) as conn:
                _metadata.create_all(conn)
            self._engines[owner] = engine
        return engine

    def _path(self, owner: str) -> Path:
        return self._directory / f"{owner}.sqlite"


def agency(connector: str) -> str:
    """The name of an agency's file and broker user."""
    return f"agency-{topology.check_connector(connector)}"
