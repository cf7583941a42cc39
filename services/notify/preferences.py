"""People's own settings: whether they want mail, and at which address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from services.common.problems import FieldError, Problem, register, texts
from services.notify import store
from services.notify.channels import smtp

register({"bad_address": ("邮箱地址不正确", "this is not a mail address")})


@dataclass(frozen=True, slots=True)
class Preference:
    """`address` is the person's own one, "" for the directory's."""

    mail: bool = True
    address: str = ""


def of(conn: Connection, person_id: str) -> Preference:
    """A person's settings; mail is wanted until somebody says otherwise."""
    row = store.preference_of(conn, person_id)
    return Preference() if row is None else Preference(row["mail"], row["address"] or "")


def put(conn: Connection, person_id: str, wanted: Preference, now: datetime) -> None:
    """Keep a person's settings; raises `Problem` bad_address."""
    if wanted.address and not smtp.is_address(wanted.address):
        raise Problem("bad_address", errors=[FieldError("address", "bad_address", *texts("bad_address"))])
    row = {"person_id": person_id, "mail": wanted.mail, "address": wanted.address or None, "changed_at": now}
    store.put_preference(conn, row)
