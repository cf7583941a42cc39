"""The hash chain over a case's stimulus log: each row vouches for everything before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson

GENESIS = "0" * 64


def payload_bytes(data: Mapping[str, Any]) -> bytes:
    """Canonical JSON of a stimulus' data: sorted keys, so equal facts have equal bytes."""
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def payload_of(raw: bytes) -> dict[str, Any]:
    """The stimulus' data back from its bytes."""
    data: dict[str, Any] = orjson.loads(raw)
    return data


def seal(row: Mapping[Any, Any], previous: str) -> str:
    """SHA-256 (hex) of a log row together with the hash of the row before it; its own `hash` does not count."""
    at: datetime = row["at"]
    head = [
        previous,
        row["case_id"],
        row["seq"],
        row["kind"],
        at.astimezone(UTC).isoformat(),
        row["actor"],
        row["cause"],
        row["package_version"],
        row["calendar_version"],
        row["semantics"],
    ]
    return sha256(orjson.dumps(head, option=orjson.OPT_SORT_KEYS) + b"\n" + row["payload"]).hexdigest()


def first_broken(rows: Iterable[Mapping[Any, Any]]) -> int | None:
    """Sequence number of the first row that does not fit its hash or its predecessor; None when all fit."""
    previous, expected = GENESIS, 1
    for row in rows:
        fits = row["seq"] == expected and seal(row, previous) == row["hash"]
        if not fits:
            return int(row["seq"])
        previous, expected = row["hash"], expected + 1
    return None
