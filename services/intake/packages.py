"""Process packages as intake knows them: under which of them a matter is handled."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row

from services.intake import store, store_ledger


def of(conn: Connection, matter: Row[Any]) -> Row[Any] | None:
    """The package of a matter's newest case, before that of its session; None while unknown here."""
    session: Mapping[str, Any] = dict(store.entries(conn, "session")).get(matter.session_id, {})
    version = store_ledger.version_of(conn, matter.id) or session.get("process_version")
    return next(iter(store_ledger.packages(conn, [version])), None) if version else None
