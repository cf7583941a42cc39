"""Matters that read like another: earlier ones are sent along with a new one, those of its session may be merged.

A hint for whoever decides on admission or merges, never a decision.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row

from services.contracts.matters import SIMILAR_MAX
from services.intake import sketches, store, store_merges

LEAST_PERCENT: Final = 30
"""From here on a matter is called similar, unless its session says otherwise (`similar_percent`)."""
_CANDIDATES: Final = 20


def find(
    conn: Connection, clean: Mapping[str, Any], session: Mapping[str, Any], matter_id: str
) -> list[dict[str, Any]]:
    """Keep the sketch of a new matter; return the earlier ones of its locality most like it, the closest first."""
    locality, title, text = str(session["locality"]), str(clean["title"]), text_of(clean["body"])
    own = sketches.draw(title, text)
    near = sketches.closest(own, store.sketches(conn, locality), _CANDIDATES)
    store.insert_sketch(conn, {"matter_id": matter_id, "locality": locality, "data": own})
    least = session.get("similar_percent") or LEAST_PERCENT
    found = [row for row in store.matters_with_state(conn, near) if row.secrecy == "none"]
    alike = _scored(title, text, found, least)
    years = {key: int(body["year"]) for key, body in store.entries(conn, "session")}
    return [
        {
            "matter_id": row.id,
            "matter_no": row.no,
            "title": row.title,
            "year": years.get(row.session_id, row.submitted_at.year),
            "percent": percent,
            "outcome_class": row.outcome_class,
            "state": row.state,
        }
        for percent, row in alike[:SIMILAR_MAX]
    ]


def beside(conn: Connection, matter: Row[Any]) -> list[tuple[int, Row[Any]]]:
    """The matters of the same session and kind most like this one, as (percent, matter), the closest first."""
    text = text_of(matter.body)
    near = sketches.closest(sketches.draw(matter.title, text), store_merges.sketches(conn, matter), _CANDIDATES)
    session = dict(store.entries(conn, "session")).get(matter.session_id, {})
    least = session.get("similar_percent") or LEAST_PERCENT
    return _scored(matter.title, text, store.matters_with_state(conn, near), least)[:SIMILAR_MAX]


def _scored(title: str, text: str, rows: Iterable[Row[Any]], least: int) -> list[tuple[int, Row[Any]]]:
    scored = [(sketches.percent(title, text, row.title, text_of(row.body)), row) for row in rows]
    return sorted((pair for pair in scored if pair[0] >= least), key=lambda pair: (-pair[0], pair[1].id))


def text_of(body: Mapping[str, str]) -> str:
    """The three parts of a suggestion as one text."""
    return "\n".join(body[part] for part in ("situation", "analysis", "request"))
