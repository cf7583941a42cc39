"""Which grants a person has: roles and their grants are data of the process packages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine

from services.common import db
from services.common.auth import Actor
from services.notify import store

BUILT_IN: Final = {"administrator": frozenset({"messages.manage", "audit.read"})}
"""What the administrator may do here even where no package is in force yet."""


def grants_of(engine: Engine) -> Callable[[Actor], frozenset[str]]:
    """The function the web asks for a person's grants."""

    def find(actor: Actor) -> frozenset[str]:
        held = {role for role, _ in actor.roles}
        found = {grant for role in held for grant in BUILT_IN.get(role, ())}
        with db.read(engine) as conn:
            for role in store.roles(conn):
                if role["id"] in held:
                    found.update(role["grants"])
        return frozenset(found)

    return find
