"""Who is meant by an address: `{role, unit}` or `{person}`, resolved by the local copy of the directory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping

from services.notify import preferences, store
from services.notify.preferences import Preference

_DEPUTY = "deputy"
"""The role every deputy holds: nobody means all of them, so it is nobody's address."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to be told, and the ways that are open: an account for the message centre, addresses by channel."""

    person_id: str
    name: str
    has_account: bool
    addresses: Mapping[str, str]
    wishes: Preference


def resolve(conn: Connection, addresses: Iterable[Mapping[str, Any]]) -> list[Recipient]:
    """Everybody the addresses mean, each once, in the order of the addresses; people who left are nobody."""
    found: dict[str, RowMapping] = {}
    for address in addresses:
        for row in _people(conn, address):
            found.setdefault(row["id"], row)
    return [_recipient(conn, row) for row in found.values()]


def of_task(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whom a task (`task.opened`) is for, as an address: who acts for the owner, the owner, the holders of its role."""
    if data.get("delegate"):
        return {"person": data["delegate"]}
    if data.get("person"):
        return {"person": data["person"]}
    return {"role": data["role"], "unit": data.get("unit")}


def _people(conn: Connection, address: Mapping[str, Any]) -> list[RowMapping]:
    if address.get("person"):
        return _person(conn, address["person"])
    role, unit = address.get("role"), address.get("unit")
    if role is None:
        return []
    if role == _DEPUTY:
        return []
    return store.people_of(conn, role, unit)


def _person(conn: Connection, person_id: str) -> list[RowMapping]:
    row = store.person(conn, person_id)
    return [row] if row is not None and row["active"] else []


def _recipient(conn: Connection, row: RowMapping) -> Recipient:
    wishes = preferences.of(conn, row["id"])
    listed = row["body"].get("email")
    return Recipient(
        person_id=row["id"],
        name=row["name"],
        has_account=store.has_account(conn, row["id"]),
        addresses={**({"mail": listed} if listed else {}), **wishes.addresses},
        wishes=wishes,
    )
