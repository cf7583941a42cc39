"""Is a service alive, ready, settled? The answers behind `/health/…` and `huiyin health`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select

from services.common import db
from services.common.bus import EVENTS, topology
from services.common.inbox import NEW, PARKED

Check = Callable[[], Mapping[str, Any]]


class Health:
    """What a service tells about itself; parts register what they know."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._ready: dict[str, Check] = {}
        self._settled: list[Check] = []

    def register(self, name: str, check: Check) -> None:
        """Add a condition of readiness: returns facts, raises when the part cannot work."""
        self._ready[name] = check

    def register_settled(self, check: Check) -> None:
        """Add counts to `/health/settled`, such as those of `Counts` below or {"timers_due": n, "next_due":
        instant}."""
        self._settled.append(check)

    def live(self) -> dict[str, Any]:
        """The process answers."""
        return {"service": self.service, "status": "ok"}

    def ready(self) -> tuple[bool, dict[str, Any]]:
        """Whether every part works, and what each said."""
        parts = {name: _ask(check) for name, check in self._ready.items()}
        fine = all(part["ok"] for part in parts.values())
        return fine, {"service": self.service, "status": "ok" if fine else "unready", "parts": parts}

    def settled(self) -> dict[str, Any]:
        """The counts from which an installation knows that nothing is under way; see `is_settled`."""
        answer: dict[str, Any] = {"service": self.service}
        for check in self._settled:
            answer.update(check())
        return answer


def _ask(check: Check) -> dict[str, Any]:
    try:
        return {"ok": True, **check()}
    except Exception as error:  # noqa: BLE001  readiness reports whatever keeps a part from working
        return {"ok": False, "reason": type(error).__name__}


class Counts:
    """What waits in a service and what has passed.

    Counts whole tables, for demo, tests and operators, not for a hot path. On SQLite, where ids are in the order of
    commits, it remembers what it has counted.
    """

    def __init__(self, outbox: Table, inbox: Table) -> None:
        self._outbox, self._inbox = outbox, inbox
        self._sent, self._received = _Tally(), _Tally()

    def __call__(self, conn: Connection) -> dict[str, Any]:
        """outbox_pending, inbox_pending, inbox_parked: ints; sent: {receiving service: messages published for it};
        received: messages from sister services; received_from: {connector: messages}.

        A message known under two contents counts once.
        """
        outbox, inbox = self._outbox, self._inbox
        pending = select(func.count(), func.min(outbox.c.id)).where(outbox.c.published_at.is_(None))
        waiting, oldest = conn.execute(pending.select_from(outbox)).one()
        received = self._count_received(conn)
        return {
            "outbox_pending": waiting,
            "inbox_pending": _in_state(conn, inbox, NEW),
            "inbox_parked": _in_state(conn, inbox, PARKED),
            "sent": self._count_sent(conn, oldest),
            "received": received.pop(EVENTS, 0),
            "received_from": received,
        }

    def _count_sent(self, conn: Connection, oldest: int | None) -> dict[str, int]:
        """`oldest`: the first message not yet published; what came before it will not change."""
        table = self._outbox
        published = table.c.published_at.is_not(None), table.c.target.is_(None)
        by_type = select(table.c.type, func.count()).where(*published).group_by(table.c.type)
        if oldest is None:
            self._sent = types = self._sent.count(conn, table, by_type)
        else:
            self._sent = self._sent.count(conn, table, by_type, before=oldest)
            types = self._sent.count(conn, table, by_type)
        sent = dict.fromkeys(topology.SERVICES, 0)
        for type, number in types.numbers.items():
            for service in topology.receivers(type):
                sent[service] += number
        return sent

    def _count_received(self, conn: Connection) -> dict[str, int]:
        channel = self._inbox.c.channel
        original = self._inbox.c.code.is_distinct_from("duplicate_conflict")
        by_channel = select(channel, func.count()).where(original).group_by(channel)
        self._received = self._received.count(conn, self._inbox, by_channel)
        return dict(self._received.numbers)


@dataclass(frozen=True, slots=True)
class _Tally:
    """Numbers by name of the rows with ids up to `counted`."""

    counted: int = 0
    numbers: Counter[str] = field(default_factory=Counter)

    def count(self, conn: Connection, table: Table, by_name: Select[Any], before: int | None = None) -> _Tally:
        """The tally with the rows that came since, only those with ids less than `before`."""
        start = 0 if db.is_postgres(conn) else self.counted
        end = (conn.scalar(select(func.max(table.c.id))) or 0) + 1 if before is None else before
        fresh = conn.execute(by_name.where(table.c.id > start, table.c.id < end)).all()
        known = self.numbers if start else Counter[str]()
        return _Tally(end - 1, known + Counter({row[0]: row[1] for row in fresh}))


def _in_state(conn: Connection, inbox: Table, state: str) -> int:
    return conn.scalar(select(func.count()).where(inbox.c.state == state).select_from(inbox)) or 0


def is_settled(answers: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether nothing waits in any service and all that was sent has arrived; `answers`: {service:
    settled()}."""
    idle = all(
        not (answer["outbox_pending"] or answer["inbox_pending"] or answer.get("timers_due"))
        for answer in answers.values()
    )
    arrived = all(
        sum(sender["sent"][service] for sender in answers.values()) == answer["received"]
        for service, answer in answers.items()
    )
    return idle and arrived
