"""Is a service alive, ready, settled? The answers behind `/health/…` and `huiyin health`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, func, select

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
        """Add counts to `/health/settled`, such as `counts` below or {"timers_due": n, "next_due":
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


def counts(conn: Connection, outbox: Table, inbox: Table) -> dict[str, Any]:
    """What waits and what has passed. Counts whole tables: for demo, tests and operators, not for a hot path.

    outbox_pending, inbox_pending, inbox_parked: ints; sent: {receiving service: messages published for it};
    received: messages from sister services; received_from: {connector: messages}. A message known under two
    contents counts once.
    """
    pending = conn.scalar(select(func.count()).where(outbox.c.published_at.is_(None)).select_from(outbox))
    original = inbox.c.code.is_distinct_from("duplicate_conflict")
    by_channel = select(inbox.c.channel, func.count()).where(original).group_by(inbox.c.channel)
    received: dict[str, int] = {row[0]: row[1] for row in conn.execute(by_channel)}
    return {
        "outbox_pending": pending or 0,
        "inbox_pending": _in_state(conn, inbox, NEW),
        "inbox_parked": _in_state(conn, inbox, PARKED),
        "sent": _sent(conn, outbox),
        "received": received.pop(EVENTS, 0),
        "received_from": received,
    }


def _in_state(conn: Connection, inbox: Table, state: str) -> int:
    return conn.scalar(select(func.count()).where(inbox.c.state == state).select_from(inbox)) or 0


def _sent(conn: Connection, outbox: Table) -> dict[str, int]:
    published = outbox.c.published_at.is_not(None), outbox.c.target.is_(None)
    by_type = select(outbox.c.type, func.count()).where(*published).group_by(outbox.c.type)
    sent = dict.fromkeys(topology.SERVICES, 0)
    for type, number in conn.execute(by_type):
        for service in topology.receivers(type):
            sent[service] += number
    return sent


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
