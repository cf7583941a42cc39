"""People's own settings: whether they want mail, and at which addresses they are reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from services.common.problems import FieldError, Problem, register, texts
from services.notify import store
from services.notify.channels.letters import Channel

register({"bad_address": ("地址格式不正确", "this is no address for this channel")})


@dataclass(frozen=True, slots=True)
class Preference:
    """`addresses` are the person's own ones by channel; for mail there is the directory's without one."""

    mail: bool = True
    addresses: Mapping[str, str] = field(default_factory=dict)


def of(conn: Connection, person_id: str) -> Preference:
    """A person's settings; mail is wanted until somebody says otherwise."""
    row = store.preference_of(conn, person_id)
    return Preference() if row is None else Preference(row["mail"], row["addresses"])


def put(conn: Connection, person_id: str, wanted: Preference, channels: Iterable[Channel], now: datetime) -> None:
    """Keep a person's settings; raises `Problem` bad_address with a path per wrong address."""
    given = {channel.id: wanted.addresses.get(channel.id, "") for channel in channels}
    wrong = [one.id for one in channels if given[one.id] and not one.accepts(given[one.id])]
    if wrong:
        errors = [FieldError(f"addresses.{name}", "bad_address", *texts("bad_address")) for name in wrong]
        raise Problem("bad_address", errors=errors)
    known = {**of(conn, person_id).addresses, **given}  # what a channel that is off now was told stays
    addresses = {name: address for name, address in known.items() if address}
    row = {"person_id": person_id, "mail": wanted.mail, "addresses": addresses, "changed_at": now}
    store.put_preference(conn, row)
