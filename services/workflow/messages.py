"""Messages to cases: routed by who waits for (message, key), kept while nobody waits yet.

Messages between cases and starts of further cases take the same way: a row in `early_message`, written in
the sender's transaction and delivered in its own, so two cases never wait for each other's lock.

A key that begins with the id of the case that sent the message (`case.id + '/…'`) is that case's own: such a message
lapses when the case ends. What comes from intake is parked when nobody can wait for it any more (`unheard`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, func, select, update

from services.common import db
from services.workflow import cases, store, unheard
from services.workflow import engine as e
from services.workflow import tables as t

_early = t.early_message.c


def route(
    conn: Connection,
    name: str,
    key: str,
    data: Mapping[str, Any],
    at: datetime,
    *,
    message_id: str,
    matter_id: str | None = None,
) -> list[cases.Applied]:
    """Give a message to every case that waits for it, or keep it until one does (then the list is empty).

    One that nobody can wait for any more is parked, see `unheard`.
    """
    waiting = _waiting(conn, name, key)
    applied = [found for row in waiting if (found := _deliver(conn, row, name, key, data, at, message_id)) is not None]
    if not applied:
        _keep(conn, name, key, data, at, message_id, matter_id)
        unheard.park(conn, _early.message_id == message_id)
    return applied


def _waiting(conn: Connection, name: str, key: str) -> Sequence[RowMapping]:
    sub = t.subscription
    statement = select(sub).where(sub.c.name == name, sub.c.key == key).order_by(sub.c.case_id)
    return conn.execute(statement).mappings().all()


def _deliver(
    conn: Connection,
    subscription: RowMapping,
    name: str,
    key: str,
    data: Mapping[str, Any],
    at: datetime,
    cause: str,
) -> cases.Applied | None:
    facts = {"subscription": subscription["id"], "name": name, "key": key, "data": dict(data)}
    stimulus = e.Stimulus(kind="message", at=at, data=facts)
    try:
        return cases.apply(conn, subscription["case_id"], stimulus, cause=cause)
    except e.Unexpected:
        return None  # the case stopped waiting between the look and the lock


def _keep(
    conn: Connection,
    name: str,
    key: str,
    data: Mapping[str, Any],
    at: datetime,
    message_id: str,
    matter_id: str | None,
) -> None:
    row = {
        "message_id": message_id,
        "kind": "message",
        "name": name,
        "key": key,
        "matter_id": matter_id,
        "data": dict(data),
        "state": "waiting",
        "at": at,
    }
    if db.insert_ignore(conn, t.early_message, row, _early.id) is None:  # replayed: it waits once more
        again = (_early.message_id == message_id) & (_early.state == "lapsed")
        conn.execute(update(t.early_message).where(again).values(state="waiting"))


def deliver_ready(engine: Engine, now: datetime, limit: int = 50) -> int:
    """Deliver messages that are awaited now and start cases that were asked for; how many were taken up."""
    for count in range(limit):
        with db.begin(engine) as conn:
            row = claim(conn)
            if row is None:
                return count
            hand_over(conn, row, now)
    return limit


def claim(conn: Connection, skip: Collection[int] = ()) -> RowMapping | None:
    """Lock the oldest delivery that is due; those that other workers hold are passed over."""
    due = (_early.state == "ready") & _early.id.not_in(skip)
    statement = select(t.early_message).where(due).order_by(_early.id).limit(1)
    return conn.execute(statement.with_for_update(skip_locked=True)).mappings().one_or_none()


def hand_over(conn: Connection, row: RowMapping, now: datetime) -> None:
    """Start the case or give the message to whoever waits; if nobody does any more it waits again, or lapses."""
    if row["kind"] == "start":
        wish = cases.Begin(
            matter_id=row["matter_id"],
            process=row["name"],
            vars=row["data"],
            parent=row["case_id"],
            cause=row["message_id"],
        )
        cases.start(conn, wish, now)
        state = "done"
    else:
        deliveries = [
            _deliver(conn, sub, row["name"], row["key"], row["data"], now, row["message_id"])
            for sub in _waiting(conn, row["name"], row["key"])
        ]
        state = "done" if any(deliveries) else _left(conn, row)
    values = {"state": state, "delivered_at": now if state == "done" else None}
    conn.execute(update(t.early_message).where(_early.id == row["id"]).values(**values))
    if state == "waiting":
        unheard.park(conn, _early.id == row["id"])


def _left(conn: Connection, row: RowMapping) -> str:
    """The state of a message nobody waits for: its sender's own one lapses with the sender.

    The lock is for the case that ends in this very moment, and does not see the message waiting.
    """
    sender = row["case_id"]
    if sender is None or not row["key"].startswith(f"{sender}/"):
        return "waiting"
    return "lapsed" if store.lock_cases(conn, [sender])[sender]["status"] == "ended" else "waiting"


def count_ready(conn: Connection) -> int:
    """How many deliveries are due."""
    statement = select(func.count()).select_from(t.early_message).where(_early.state == "ready")
    return int(conn.execute(statement).scalar_one())


def early(conn: Connection, limit: int = 200) -> Sequence[RowMapping]:
    """Messages nobody waits for yet, the oldest first."""
    statement = select(t.early_message).where(_early.state == "waiting").order_by(_early.id).limit(limit)
    return conn.execute(statement).mappings().all()
