"""What notify tells about itself: what waits in its outbox and inbox, to be sent and to be printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine

from services.common import db
from services.common.health import Counts, Health
from services.notify import store, tables


def of(engine: Engine) -> Health:
    """The service's health. Waiting mail keeps nothing from being settled: a mail server may be down for days."""
    health, counts = Health("notify"), Counts(tables.outbox, tables.inbox)

    def settled() -> Mapping[str, Any]:
        with db.read(engine) as conn:
            waiting = {"deliveries_waiting": store.count_waiting(conn), "papers_waiting": store.count_papers(conn)}
            return {**counts(conn), **waiting, "timers_due": 0, "next_due": None}

    health.register_settled(settled)
    return health
