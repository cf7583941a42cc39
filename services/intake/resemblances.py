"""Earlier matters that read like a new one: a hint sent along with it, for whoever decides on admission."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection

from services.contracts.matters import SIMILAR_MAX
from services.intake import sketches, store

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
    scored = [
        (sketches.percent(title, text, row.title, text_of(row.body)), row)
        for row in store.matters_with_state(conn, near)
        if row.secrecy == "none"
    ]
    alike = sorted((pair for pair in scored if pair[0] >= least), key=lambda pair: (-pair[0], pair[1].id))
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


def text_of(body: Mapping[str, str]) -> str:
    """The three parts of a suggestion as one text."""
    return "\n".join(body[part] for part in ("situation", "analysis", "request"))
