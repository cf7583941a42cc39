"""Which grants a person has, and which matters may be seen with them.

Roles and their grants are data of the process packages (`package.published`). Only the administrator is built
in, so that an installation without a package, or with a broken one, can still be run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, Row

from services.common import db, ratings
from services.common.auth import Actor
from services.common.sights import Sight
from services.intake import store, store_ledger

BUILT_IN: Final = {
    "administrator": frozenset(
        {
            "directory.manage",
            "accounts.manage",
            "connectors.manage",
            "sessions.manage",
            "messages.manage",
            "calendars.manage",
            "audit.read",
        }
    )
}
_CURRENT: Final = frozenset({"active", "retired"})
"""A retired package takes no new cases, but the running ones still need their people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which matters somebody sees: all, those of some units, and those proposed in person.

    `sees_ratings`: whether ratings are open before their round is closed.
    """

    everything: bool = False
    units: frozenset[str] = frozenset()
    person_id: str | None = None
    sees_ratings: bool = False

    @property
    def nothing(self) -> bool:
        """Whether no matter at all can be seen."""
        return not (self.everything or self.units or self.person_id)

    def sight(self, own: bool) -> Sight:
        """What is seen of one of these matters; `own`: it was proposed in person."""
        return Sight(everything=self.everything, inside=not own, units=self.units)


def grants_of(engine: Engine) -> Callable[[Actor], frozenset[str]]:
    """Return the function the web asks for a person's grants."""

    def find(actor: Actor) -> frozenset[str]:
        with db.read(engine) as conn:
            return of_roles(conn, {role for role, _ in actor.roles})

    return find


def of_roles(conn: Connection, roles: set[str]) -> frozenset[str]:
    """Return the grants of these roles over all packages in use."""
    found: set[str] = set()
    for role in roles & BUILT_IN.keys():
        found |= BUILT_IN[role]
    for package in store_ledger.packages(conn):
        if package.status in _CURRENT:
            for role in package.roles:
                if role.get("id") in roles:
                    found |= set(role.get("grants") or ())
    return frozenset(found)


def scope(actor: Actor, grants: frozenset[str]) -> Scope:
    """Return what this person may see of the matters."""
    return Scope(
        everything="matters.read_all" in grants,
        units=actor.units | actor.former if "matters.read_unit" in grants else frozenset(),
        person_id=actor.deputy_id,
        sees_ratings=ratings.sees_all(grants),
    )


def may_see(conn: Connection, matter: Row, seen: Scope) -> bool:  # type: ignore[type-arg]
    """Say whether a matter lies within a scope."""
    if seen.everything:
        return True
    if seen.person_id and any(row.person_id == seen.person_id for row in store.proposers(conn, matter.id)):
        return True
    return bool(seen.units & store_ledger.units_of(conn, matter.id))
