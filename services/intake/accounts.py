"""Accounts: passwords (argon2), signing in, locking after failures, ending sessions and tokens.

Only intake sees passwords and their hashes; what others need of an account travels in `directory.changed`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from services.common import directories
from services.common.problems import Problem
from services.intake import directory, store, tables

MAX_FAILURES = 5
LOCK = timedelta(minutes=15)
PASSWORD_MIN = 8
PASSWORD_MAX = 256

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody has this password")


@dataclass(frozen=True, slots=True)
class Attempt:
    """How signing in went. `minutes` says how long a locked account stays locked."""

    result: Literal["ok", "wrong", "locked"]
    account_id: str = ""
    epoch: int = 0
    minutes: int = 0


def create(
    conn: Connection,
    account_id: str,
    *,
    login: str,
    password: str,
    person_id: str,
    roles: Sequence[Mapping[str, Any]],
    now: datetime,
) -> None:
    """Create or overwrite an account with its roles `{role, unit|null}`; an old session of it ends."""
    known = store.entry(conn, "account", account_id)
    epoch = (known.body["epoch"] + 1) if known is not None and known.body else 1
    body = {
        "login": login.strip(),
        "person_id": person_id,
        "epoch": epoch,
        "active": True,
        "roles": [{"role": role["role"], "unit": role.get("unit")} for role in roles],
    }
    hashed = _hash(password)
    directory.put(conn, "account", account_id, body, now)
    store.put_password(conn, account_id, hashed)


def ensure(conn: Connection, entry: Mapping[str, Any], now: datetime) -> None:
    """Create an account from `{id?, login, password, person, roles}`; one that exists only gets its roles."""
    login = str(entry["login"])
    account_id = str(entry.get("id") or login)
    roles = [{"role": role["role"], "unit": role.get("unit")} for role in entry.get("roles") or ()]
    if store.credential(conn, account_id) is not None:
        set_roles(conn, account_id, roles, now)
        return
    password, person = str(entry["password"]), str(entry["person"])
    create(conn, account_id, login=login, password=password, person_id=person, roles=roles, now=now)


def sign_in(conn: Connection, login: str, password: str, now: datetime) -> Attempt:
    """Check a password. Commit the transaction whatever the result: failures must count.

    An unknown login costs as much time as a wrong password and reads the same.
    """
    account = directories.account_by_login(conn, tables.directory, login.strip())
    known = store.credential(conn, account.id) if account is not None else None
    if account is None or known is None or not account.active:
        _matches(_NOBODY, password)
        return Attempt("wrong")
    if known.locked_until is not None and known.locked_until > now:
        left = known.locked_until - now
        return Attempt("locked", minutes=max(1, -(-int(left.total_seconds()) // 60)))
    if not _matches(known.password_hash, password):
        store.count_failure(conn, account.id, now, MAX_FAILURES, LOCK)
        return Attempt("wrong")
    store.clear_failures(conn, account.id)
    if _hasher.check_needs_rehash(known.password_hash):
        store.put_password(conn, account.id, _hasher.hash(password))
    return Attempt("ok", account.id, account.epoch)


def change_password(conn: Connection, account_id: str, password: str, now: datetime) -> None:
    """Set a new password; every open session and token of the account ends."""
    hashed = _hash(password)
    _revise(conn, account_id, now)
    store.put_password(conn, account_id, hashed)


def set_active(conn: Connection, account_id: str, active: bool, now: datetime) -> None:
    """Lock an account or open it again; every open session and token ends."""
    _revise(conn, account_id, now, active=active)


def set_roles(conn: Connection, account_id: str, roles: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Replace an account's roles `{role, unit|null}`; sessions stay open and see the new roles at once."""
    known = _body(conn, account_id)
    directory.put(conn, "account", account_id, {**known, "roles": [dict(role) for role in roles]}, now)


def _revise(conn: Connection, account_id: str, now: datetime, **changes: Any) -> None:
    known = _body(conn, account_id)
    body = {**known, **changes, "epoch": known["epoch"] + 1}
    directory.put(conn, "account", account_id, body, now)


def _body(conn: Connection, account_id: str) -> dict[str, Any]:
    known = store.entry(conn, "account", account_id)
    if known is None or known.body is None:
        raise Problem("unknown_account", 404, value=account_id)
    return dict(known.body)


def _hash(password: str) -> str:
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise Problem("weak_password", limit=PASSWORD_MIN)
    return _hasher.hash(password)


def _matches(hashed: str, password: str) -> bool:
    try:
        return len(password) <= PASSWORD_MAX and _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
