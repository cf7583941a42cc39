"""What a provider says afterwards became of a letter: it is on the device, or will never be."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping

from services.common import logs
from services.common.problems import Problem
from services.notify import papers, store
from services.notify.channels.descriptions import Receipts, text_of
from services.notify.channels.http import HttpChannel, dig
from services.notify.channels.letters import Channel

_MOST: Final = 500
"""Receipts in one request."""
_log = logs.get(__name__)


def expected(channels: Mapping[str, Channel], name: str, secret: str) -> Receipts:
    """How this channel's provider tells; raises `Problem`: not_found (no such), bad_credentials (another secret)."""
    channel = channels.get(name)
    about = channel.about.receipts if isinstance(channel, HttpChannel) else None
    if about is None:
        raise Problem("not_found", 404)
    if not hmac.compare_digest(secret.encode(), about.secret.encode()):
        _log.warning("receipt_refused", channel=name)
        raise Problem("bad_credentials", 401)
    return about


def take(conn: Connection, channel: str, about: Receipts, told: Any, now: datetime) -> list[str]:
    """Write down what the receipts say; one that was known changes nothing. Returns the ids of letters not known here.

    Raises `Problem` bad_request where one cannot be read.
    """
    unknown = []
    for key, state in _read(about, told):
        row = store.receipt(conn, channel, [key])
        if row is None:
            unknown.append(key)
        elif values := _change(row, about, state, now):
            store.change(conn, row["id"], values)
            if values["state"] == store.UNDELIVERABLE:
                papers.stand_in(conn, row["id"], now)
            _log.info("receipt_taken", channel=channel, delivery_id=row["id"], said=state)
    if unknown:
        _log.warning("receipt_unknown", channel=channel, ids=unknown[:10])
    return unknown


def _read(about: Receipts, told: Any) -> Iterator[tuple[str, str]]:
    """(id, state) of each receipt."""
    listed = told if isinstance(told, list) else [told]
    if not 0 < len(listed) <= _MOST:
        raise Problem("bad_request", 400)
    for one in listed:
        key, state = dig(one, about.id), dig(one, about.state)
        if key in (None, "") or state in (None, ""):
            raise Problem("bad_request", 400)
        yield str(key), text_of(state)


def _change(row: RowMapping, about: Receipts, state: str, now: datetime) -> Mapping[str, Any] | None:
    """What a receipt changes. Only what is under way or sent is changed; an interim state changes nothing."""
    if row["state"] not in (store.WAITING, store.SENT):
        return None
    ended = {"next_at": None, "ended_at": now, "sent_at": row["sent_at"] or now}
    if state in about.delivered:
        return {**ended, "state": store.DELIVERED, "delivered_at": now, "reason": None, "error": None}
    if state in about.undeliverable:
        return {**ended, "state": store.UNDELIVERABLE, "reason": "not_delivered", "error": state[:500]}
    return None
