"""Load a directory from data: units, people, sessions, accounts, connectors; everything gets announced."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Engine

from services.common import db
from services.intake import accounts, directory

_PLAIN = {"units": "unit", "people": "person", "sessions": "session", "connectors": "connector"}


def load(engine: Engine, data: Mapping[str, Any], now: datetime) -> None:
    """Load a directory in one transaction; loading the same again changes and announces nothing.

    `units`, `people`, `sessions`, `connectors`: lists of bodies with their `id`; `accounts`: lists of `{id?,
    login, password, person, roles: [{role, unit?}]}`. An account that exists keeps its password. Equal passwords
    of one load are hashed once: the file shows that they are equal, and a city has hundreds of accounts.
    """
    hashing = cache(accounts.hash_password)
    with db.begin(engine) as conn:
        for section, kind in _PLAIN.items():
            for entry in data.get(section) or ():
                body = {name: value for name, value in entry.items() if name != "id"}
                directory.put(conn, kind, str(entry["id"]), body, now)
        for entry in data.get("accounts") or ():
            accounts.ensure(conn, entry, now, hashing)
