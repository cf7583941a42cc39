"""What notify tells about itself: what waits in its outbox and inbox, to be sent and to be printed; texts at fault."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Engine

from services.common import db
from services.common.clock import Clock
from services.common.health import Counts, Health
from services.notify import store, tables

LATELY: Final = timedelta(days=7)
"""How long a text that could not be filled is told."""


def of(engine: Engine, clock: Clock) -> Health:
    """The service's health. Waiting mail keeps nothing from being settled: a mail server may be down for days."""
    health, counts = Health("notify"), Counts(tables.outbox, tables.inbox)

    def settled() -> Mapping[str, Any]:
        with db.read(engine) as conn:
            waiting = {"deliveries_waiting": store.count_waiting(conn), "papers_waiting": store.count_papers(conn)}
            return {**counts(conn), **waiting, "timers_due": 0, "next_due": None}

    def texts() -> Mapping[str, Any]:
        with db.read(engine) as conn:
            count, names = store.fallen_back(conn, clock.now() - LATELY)
        return {"fell_back": count, "texts": names, **({"warning": _warning(count, names)} if count else {})}

    health.register_settled(settled)
    health.register("texts", texts)
    return health


def _warning(count: int, names: list[str]) -> str:
    listed = ", ".join(names)
    return (
        f"最近七天有 {count} 条通知的文本有误，发出的是通用文字：{listed}"
        f" / the texts of {count} notices of the last week were at fault, plain words were sent: {listed}"
    )
