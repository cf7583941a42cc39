"""What a connector has at the broker: its exchange, its queues, and accounts that may write the one and read the other.

Nothing here touches what lies in a queue. An account without rights in the virtual host is locked: it cannot connect.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.common.bus import topology
from services.common.bus.definitions import AGENCY_LIMITS, agency_permissions, definitions
from services.common.bus.local import agency
from services.common.bus.management import Management, place

_NAMES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "exchanges": lambda one: str(one["name"]),
    "queues": lambda one: str(one["name"]),
    "bindings": lambda one: f"{one['source']} → {one['destination']}",
    "policies": lambda one: str(one["name"]),
}
"""The kinds of objects, and what one is called."""


class Unknown(Exception):
    """The broker has no account of this connector, or not the one that was named."""


class Unprepared(Exception):
    """The virtual host is not there, or lacks what all connectors share."""


class Rotating(Exception):
    """Two accounts are open already: the older one is locked first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of a connector; the certificate its client carries has its name as common name."""

    name: str
    locked: bool
    has_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What there is after a command: objects as {kind: names}, accounts oldest first, a password that was made now."""

    made: Mapping[str, list[str]] = field(default_factory=dict)
    found: Mapping[str, list[str]] = field(default_factory=dict)
    accounts: list[Account]
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Gate:
    """The place of one connector at a broker; raises `ValueError` where the id is none, see `topology`."""

    management: Management
    vhost: str
    connector: str

    def __post_init__(self) -> None:
        topology.check_connector(self.connector)

    def add(self, *, with_password: bool) -> Outcome:
        """Make what is missing and leave the rest as it is, locked accounts and changed limits too."""
        made, found = self._furnish()
        accounts = self.accounts()
        passwords = {} if accounts else self._open(agency(self.connector), with_password)
        kind = made if passwords else found
        kind["accounts"] = [one.name for one in accounts] or [*passwords]
        return Outcome(made=made, found=found, accounts=self.accounts(), passwords=_given(passwords))

    def rotate(self, *, with_password: bool) -> Outcome:
        """Open one more account beside the one that is open; both read the same queue until the older is locked."""
        accounts = self._known()
        if len(opened := [one for one in accounts if not one.locked]) > 1:
            raise Rotating(opened[0].name)
        passwords = self._open(f"{agency(self.connector)}.{_number(accounts[-1].name) + 1}", with_password)
        return Outcome(made={"accounts": [*passwords]}, accounts=self.accounts(), passwords=_given(passwords))

    def lock(self, name: str | None) -> Outcome:
        """Take the rights of one account, or of all, and end their connections; what was unsettled is queued again."""
        for one in self._chosen(name):
            self.management.drop(f"permissions/{place(self.vhost, one.name)}")
            self.management.drop(f"connections/username/{place(one.name)}")
        return Outcome(accounts=self.accounts())

    def unlock(self, name: str | None) -> Outcome:
        """Give one account its rights again, or all of them."""
        for one in self._chosen(name):
            self._permit(one.name)
        return Outcome(accounts=self.accounts())

    def accounts(self) -> list[Account]:
        """Every account of the connector, the oldest first."""
        users = self.management.call("GET", "users")
        mine = [one for one in users if topology.may_speak(one["name"], self.connector)]
        if (rights := self.management.find(f"vhosts/{place(self.vhost)}/permissions")) is None:
            raise Unprepared(self.vhost)
        permitted = {one["user"] for one in rights}
        return [
            Account(name=one["name"], locked=one["name"] not in permitted, has_password=bool(one["password_hash"]))
            for one in sorted(mine, key=lambda one: _number(one["name"]))
        ]

    def _furnish(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """Exchange, queues, bindings, and the policies that are missing; names of what was made, and of what was there.

        What all connectors share has to be there: it belongs to the deployment.
        """
        own, shared = definitions([self.connector], self.vhost), definitions([], self.vhost)
        missing: dict[str, list[Any]] = {}
        found: dict[str, list[Any]] = {}
        for kind in _NAMES:
            there = {_key(one) for one in self.management.find(f"{kind}/{place(self.vhost)}") or ()}
            if kind in ("exchanges", "queues") and not {_key(one) for one in shared[kind]} <= there:
                raise Unprepared(self.vhost)
            for one in own[kind]:
                if kind == "policies" or one not in shared[kind]:
                    (found if _key(one) in there else missing).setdefault(kind, []).append(one)
        if missing:
            # an import, not single calls: for those the administrator would need rights in the virtual host
            self.management.call("POST", "definitions", missing)
        return _named(missing), _named(found)

    def _open(self, name: str, with_password: bool) -> dict[str, str]:
        """A new account; its password, empty for one that only a certificate opens."""
        password = secrets.token_urlsafe(24) if with_password else ""
        secret = {"password": password} if with_password else {"password_hash": ""}
        self.management.call("PUT", f"users/{place(name)}", {**secret, "tags": ""})
        for limit, value in AGENCY_LIMITS.items():
            self.management.call("PUT", f"user-limits/{place(name, limit)}", {"value": value})
        self._permit(name)
        return {name: password}

    def _permit(self, name: str) -> None:
        rights = agency_permissions(self.connector)._asdict()
        self.management.call("PUT", f"permissions/{place(self.vhost, name)}", rights)

    def _known(self) -> list[Account]:
        if not (accounts := self.accounts()):
            raise Unknown(self.connector)
        return accounts

    def _chosen(self, name: str | None) -> Iterable[Account]:
        chosen = [one for one in self._known() if name in (None, one.name)]
        if not chosen:
            raise Unknown(name)
        return chosen


def _key(one: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells an object from the others of its kind."""
    return one.get("name"), one.get("source"), one.get("destination"), one.get("routing_key")


def _named(objects: Mapping[str, list[Any]]) -> dict[str, list[str]]:
    return {kind: [_NAMES[kind](one) for one in of_kind] for kind, of_kind in objects.items()}


def _number(name: str) -> int:
    """Which account of its connector it is; the first has no number in its name."""
    tail = name.partition(".")[2]
    return int(tail) if tail.isdigit() else 1


def _given(passwords: Mapping[str, str]) -> dict[str, str]:
    return {name: password for name, password in passwords.items() if password}
