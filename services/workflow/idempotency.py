"""Requests that may be sent twice: the first answer to an `Idempotency-Key` is the answer to all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Connection, select

from services.common.problems import Problem
from services.workflow import tables as t

_c = t.idempotency.c


def digest(request: Mapping[str, Any]) -> str:
    """Says whether two requests are the same."""
    return sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).hexdigest()


def answered(conn: Connection, account: str, key: str, asked: str) -> Mapping[str, Any] | None:
    """The answer given before, or None; raises `Problem` key_reused for another request under the key."""
    row = conn.execute(select(t.idempotency).where(_c.account == account, _c.key == key)).one_or_none()
    if row is None:
        return None
    if row.digest != asked:
        raise Problem("key_reused", 409)
    answer: Mapping[str, Any] = row.answer
    return answer


def keep(conn: Connection, account: str, key: str, asked: str, answer: Mapping[str, Any], now: datetime) -> None:
    """Remember the answer in the transaction that did the work."""
    row = {"account": account, "key": key, "digest": asked, "answer": dict(answer), "at": now}
    conn.execute(t.idempotency.insert().values(row))
