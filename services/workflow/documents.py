"""Texts typed into tasks: kept once, by hash, outside of log, state and engine.

A text in the log is only `{"$doc": sha256, "chars": n}`. Erasing a document for privacy therefore breaks
neither the hash chain nor the state; who expands it afterwards gets an empty text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from services.common import questions
from services.workflow import tables as t

Texts = dict[str, str]  # hash → text

_KEPT = select(t.document.c.hash, t.document.c.body).where(
    t.document.c.hash == bindparam("b_hash"), t.document.c.body.is_not(None)
)


def split(schema: Mapping[str, Any], data: Any) -> tuple[Any, Texts]:
    """Replace every value whose schema says `x-text` by its reference; the facts and the texts taken out."""
    texts: Texts = {}
    return _split(schema, data, texts), texts


def _split(schema: Mapping[str, Any], value: Any, texts: Texts) -> Any:
    if isinstance(value, str):
        return _reference(value, texts) if schema.get("x-text") and value else value
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        return {key: _split(properties.get(key, {}), inner, texts) for key, inner in value.items()}
    if isinstance(value, list):
        return [_split(schema.get("items", {}), inner, texts) for inner in value]
    return value


def _reference(text: str, texts: Texts) -> dict[str, Any]:
    key = sha256(text.encode()).hexdigest()
    texts[key] = text
    return {"$doc": key, "chars": len(text)}


def is_reference(value: Any) -> bool:
    """Whether a value stands for a text kept elsewhere."""
    return isinstance(value, dict) and "$doc" in value


def references(value: Any) -> set[str]:
    """Hashes of all texts a value refers to, at any depth."""
    if is_reference(value):
        return {value["$doc"]}
    inner: Iterable[Any] = ()
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, list):
        inner = value
    return set().union(*(references(item) for item in inner))


def expand(value: Any, texts: Mapping[str, str]) -> Any:
    """The value with every reference replaced by its text; an erased or unknown text becomes empty."""
    if is_reference(value):
        return texts.get(value["$doc"], "")
    if isinstance(value, dict):
        return {key: expand(inner, texts) for key, inner in value.items()}
    if isinstance(value, list):
        return [expand(inner, texts) for inner in value]
    return value


def load(conn: Connection, hashes: Iterable[str]) -> Texts:
    """The kept texts behind `hashes`; erased ones are missing."""
    return {row["hash"]: row["body"] for row in questions.ask(conn, _KEPT, [{"b_hash": key} for key in hashes])}


def rows(texts: Mapping[str, str], now: datetime) -> list[dict[str, Any]]:
    """Rows of the document table for new texts."""
    return [
        {"hash": key, "body": text, "chars": len(text), "kept_at": now, "erased_at": None}
        for key, text in texts.items()
    ]


def erase(conn: Connection, key: str, now: datetime) -> bool:
    """Forget a text for privacy (个人信息保护法 第47条); False when it is unknown or already gone."""
    statement = (
        update(t.document)
        .where(t.document.c.hash == key, t.document.c.body.is_not(None))
        .values(body=None, erased_at=now)
        .returning(t.document.c.hash)
    )
    return conn.execute(statement).first() is not None
