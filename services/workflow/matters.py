"""Workflow's own copy of each matter: pages and tasks show the full text even while intake is down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from services.common import db
from services.common.problems import Problem
from services.contracts.codes import SECRECY
from services.workflow import tables as t

_FACTS = ("matter_id", "level", "submitted_when", "topic", "secrecy", "difficult", "source")
_DEGREES = tuple(SECRECY)
_SIMILAR = ("matter_id", "matter_no", "year", "percent", "outcome_class", "state")


def keep(conn: Connection, data: Mapping[str, Any], submitted_at: datetime) -> None:
    """Project `matter.submitted`; a repeated or corrected one overwrites the text, never case count or number."""
    session = data.get("session") or {}
    row = {
        "matter_id": data["matter_id"],
        "matter_no": data.get("matter_no"),
        "title": data["title"],
        "kind": data["matter_kind"],
        "locality": data.get("locality") or "",
        "session_id": session.get("id"),
        "process_version": session.get("process_version"),
        "data": dict(data),
        "submitted_at": submitted_at,
    }
    new = db.insert_ignore(conn, t.matter, {**row, "state": "submitted", "cases": 0}, returning=t.matter.c.matter_id)
    if new is None:
        key = row.pop("matter_id")
        if row["matter_no"] is None:
            del row["matter_no"]
        conn.execute(t.matter.update().where(t.matter.c.matter_id == key).values(**row))


def number(conn: Connection, data: Mapping[str, Any]) -> None:
    """Project `matter.numbered`: pages, notices and the cases started from now on know number and topic.

    Raises `Problem` unknown_matter.
    """
    key = t.matter.c.matter_id == data["matter_id"]
    known = conn.execute(select(t.matter.c.data).where(key).with_for_update()).scalar_one_or_none()
    if known is None:
        raise Problem("unknown_matter", 404)
    decided = {name: data[name] for name in ("topic", "secrecy", "difficult") if data.get(name) is not None}
    values = {"matter_no": data["matter_no"], "data": {**known, "matter_no": data["matter_no"], **decided}}
    conn.execute(t.matter.update().where(key).values(**values))


def change_secrecy(conn: Connection, data: Mapping[str, Any]) -> bool:
    """Project `matter.secrecy_changed`, for pages and the cases started from now on; say whether it was raised.

    Raises `Problem` unknown_matter.
    """
    key = t.matter.c.matter_id == data["matter_id"]
    known = conn.execute(select(t.matter.c.data).where(key).with_for_update()).scalar_one_or_none()
    if known is None:
        raise Problem("unknown_matter", 404)
    conn.execute(t.matter.update().where(key).values(data={**known, "secrecy": data["secrecy"]}))
    return _DEGREES.index(data["secrecy"]) > _DEGREES.index(data["before"])


def merge(conn: Connection, matter_id: str, main: str | None) -> str | None:
    """Note into which matter this one is merged, None: into none any more; say into which it was before.

    Raises `Problem` unknown_matter.
    """
    key = t.matter.c.matter_id == matter_id
    known = conn.execute(select(t.matter.c.merged_into).where(key).with_for_update()).one_or_none()
    if known is None or (main is not None and get(conn, main) is None):
        raise Problem("unknown_matter", 404)
    conn.execute(t.matter.update().where(key).values(merged_into=main))
    return None if known.merged_into is None else str(known.merged_into)


def main_of(conn: Connection, matter_id: str) -> RowMapping | None:
    """The matter this one is merged into, or None."""
    other = t.matter.alias("other")
    joined = t.matter.join(other, other.c.merged_into == t.matter.c.matter_id)
    statement = select(t.matter).select_from(joined).where(other.c.matter_id == matter_id)
    return conn.execute(statement).mappings().one_or_none()


def merged(conn: Connection, matter_id: str) -> Sequence[RowMapping]:
    """The matters that are merged into this one, by their numbers."""
    statement = select(t.matter).where(t.matter.c.merged_into == matter_id)
    return conn.execute(statement.order_by(t.matter.c.matter_no, t.matter.c.matter_id)).mappings().all()


def group(conn: Connection, row: RowMapping) -> dict[str, Any]:
    """With what a matter is handled together, as facts: its `main` matter or None, and those `merged` into it."""
    main = main_of(conn, row["matter_id"]) if row["merged_into"] is not None else None
    others = merged(conn, row["matter_id"])
    return {"main": _named(main) if main is not None else None, "merged": [_named(one) for one in others]}


def _named(row: RowMapping) -> dict[str, Any]:
    return {"matter_id": row["matter_id"], "matter_no": row["matter_no"]}


def get(conn: Connection, matter_id: str) -> RowMapping | None:
    """The matter's row, or None."""
    return conn.execute(select(t.matter).where(t.matter.c.matter_id == matter_id)).mappings().one_or_none()


def proposers(row: Mapping[Any, Any]) -> list[str]:
    """The ids of the deputies whose matter it is, the lead first."""
    data: Mapping[str, Any] = row["data"]
    people = [data.get("lead_proposer") or {}, *(data.get("co_proposers") or [])]
    return [str(one["id"]) for one in people if one.get("id")]


def facts(row: RowMapping, keywords: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The variable `matter` of a case: codes and facts only, no text of the suggestion.

    `keywords` are the package's groups of words; `mentions` names the groups that title or text speak of.
    """
    data: Mapping[str, Any] = row["data"]
    session = data.get("session") or {}
    return {
        **{name: data.get(name) for name in _FACTS},
        "matter_no": row["matter_no"],
        "kind": row["kind"],
        "year": session.get("year") or date.fromisoformat(str(data["submitted_at"])[:10]).year,
        "session": session.get("id"),
        "lead_proposer": (data.get("lead_proposer") or {}).get("id"),
        "co_proposers": [person["id"] for person in data.get("co_proposers") or []],
        "wish_units": list(data.get("wish_units") or []),
        "points": len(data.get("points") or []),
        "mentions": _mentions(row["title"], data.get("body") or {}, keywords),
        "similar": [{name: one.get(name) for name in _SIMILAR} for one in data.get("similar") or []],
    }


def _mentions(title: str, body: Mapping[str, str], keywords: Mapping[str, Sequence[str]]) -> list[str]:
    text = "\n".join([title, *body.values()])
    return sorted(group for group, words in keywords.items() if any(word in text for word in words))
