"""Who plays a walk: the accounts of a directory file, found by login, role and unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.workflow.scenarios import Act

_WATCHER: Final = "administrator"
"""Sees every case, every message and every delivery, and moves nothing."""


class Uncast(Exception):
    """名册里没有能办这件事的账号。No account of the directory can play this line."""


@dataclass(frozen=True, slots=True)
class Player:
    """An account of the directory file."""

    login: str
    password: str
    person: str
    name: str
    roles: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody who may act."""

    players: tuple[Player, ...]

    @property
    def passwords(self) -> dict[str, str]:
        """Passwords by login."""
        return {player.login: player.password for player in self.players}

    @property
    def watcher(self) -> str:
        """The login that looks on."""
        return self.holder(_WATCHER, None)

    def of_person(self, person: str) -> str:
        """The login of somebody."""
        return self._first(f"person {person}", [p for p in self.players if p.person == person])

    def holder(self, role: str, unit: str | None) -> str:
        """The login of the first who holds a role, in a unit or for the whole locality."""
        return self.holders(role, unit)[0]

    def holders(self, role: str, unit: str | None) -> list[str]:
        """The logins of all who hold a role, in a unit or for the whole locality."""
        found = [p for p in self.players if any(r == role and u in (None, unit) for r, u in p.roles)]
        self._first(f"{role}@{unit}" if unit else role, found)
        return [player.login for player in found]

    def colleagues(self, login: str, role: str, unit: str | None) -> list[str]:
        """Everybody who holds a role in a unit, or for the whole locality: this one first."""
        found = [p.login for p in self.players if any(r == role and u in (None, unit) for r, u in p.roles)]
        return [login, *(one for one in found if one != login)]

    def player_of(self, act: Act, role: str, unit: str | None, lead: str) -> str:
        """Who does a task: whoever the line names, else the deputy meant, else a holder of its role and unit."""
        if act.who.get("account") in self.passwords:
            return str(act.who["account"])
        if act.who.get("person"):
            return self.of_person(act.who["person"])
        return self.of_person(lead) if role == "deputy" else self.holder(role, unit)

    def _first(self, wanted: str, found: Sequence[Player]) -> str:
        if not found:
            raise Uncast(f"没有账号 / no account for {wanted}")
        return found[0].login


def of(directory: Mapping[str, Any]) -> Cast:
    """The cast of a directory."""
    names = {person["id"]: person["name"] for person in directory.get("people") or ()}
    players = [
        Player(
            login=one["login"],
            password=one["password"],
            person=one["person"],
            name=names.get(one["person"], one["login"]),
            roles=tuple((role["role"], role.get("unit")) for role in one.get("roles") or ()),
        )
        for one in directory.get("accounts") or ()
    ]
    return Cast(tuple(players))
