"""Accounts: passwords (argon2), signing in, locking after failures, ending sessions and tokens.

Only intake sees passwords and their hashes; what others need of an account travels in `directory.changed`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine, Row

from services.common import db, directories
from services.common.problems import Problem
from services.intake import directory, store, tables

MAX_FAILURES = 5
LOCK = timedelta(minutes=15)
PASSWORD_MIN = 8
PASSWORD_MAX = 256

Hashing = Callable[[str], str]
_SECRET, _KNOWN = PasswordHasher(), PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
_hasher = _SECRET


@contextmanager
def known_passwords() -> Iterator[None]:
    """Meanwhile the passwords in this process protect nothing, as those of a demo: hashing them costs nothing."""
    global _hasher
    _hasher = _KNOWN
    try:
        yield
    finally:
        _hasher = _SECRET


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
    hashing: Hashing | None = None,
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
    hashed = (hashing or hash_password)(password)
    directory.put(conn, "account", account_id, body, now)
    store.put_password(conn, account_id, hashed)


def ensure(conn: Connection, entry: Mapping[str, Any], now: datetime, hashing: Hashing | None = None) -> None:
    """Create an account from `{id?, login, password, person, roles}`; one that exists only gets its roles."""
    login = str(entry["login"])
    account_id = str(entry.get("id") or login)
    roles = [{"role": role["role"], "unit": role.get("unit")} for role in entry.get("roles") or ()]
    if store.credential(conn, account_id) is not None:
        set_roles(conn, account_id, roles, now)
        return
    create(
        conn,
        account_id,
        login=login,
        password=str(entry["password"]),
        person_id=str(entry["person"]),
        roles=roles,
        now=now,
        hashing=hashing,
    )


def sign_in(engine: Engine, login: str, password: str, now: datetime) -> Attempt:
    """Check a password and count the attempt, in transactions of its own.

    The hash takes a tenth of a second; it is computed between two transactions, so nobody waits for the database
    meanwhile. What comes of the attempt is decided under the lock of the account: a crowd of guesses is counted
    as a queue of them is. An unknown login costs as much time as a wrong password and reads the same.
    """
    with db.read(engine) as conn:
        account = directories.account_by_login(conn, tables.directory, login.strip())
        known = store.credential(conn, account.id, lock=False) if account is not None else None
    if account is None or known is None or not account.active:
        _matches(_nobody(), password)
        return Attempt("wrong")
    if _is_locked(known, now):
        return _locked(known, now)
    right = _matches(known.password_hash, password)
    rehashed = _hasher.hash(password) if right and _hasher.check_needs_rehash(known.password_hash) else None
    with db.begin(engine) as conn:
        present = store.credential(conn, account.id)
        if present is None:
            return Attempt("wrong")
        if _is_locked(present, now):
            return _locked(present, now)
        if present.password_hash != known.password_hash:  # changed while we were calculating
            right, rehashed = _matches(present.password_hash, password), None
        if not right:
            store.count_failure(conn, account.id, now, MAX_FAILURES, LOCK)
            return Attempt("wrong")
        store.clear_failures(conn, account.id)
        if rehashed is not None:
            store.put_password(conn, account.id, rehashed)
    return Attempt("ok", account.id, account.epoch)


def _is_locked(known: Row[Any], now: datetime) -> bool:
    return known.locked_until is not None and known.locked_until > now


def _locked(known: Row[Any], now: datetime) -> Attempt:
    left = known.locked_until - now
    return Attempt("locked", minutes=max(1, -(-int(left.total_seconds()) // 60)))


def change_password(conn: Connection, account_id: str, password: str, now: datetime) -> None:
    """Set a new password; every open session and token of the account ends."""
    hashed = hash_password(password)
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


def hash_password(password: str) -> str:
    """What is kept of a password; raises `Problem` weak_password."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise Problem("weak_password", limit=PASSWORD_MIN)
    return _hasher.hash(password)


@cache
def _nobody() -> str:
    """A hash nobody has the password of; made when first asked for, since most processes never are."""
    return _SECRET.hash("nobody has this password")


def _matches(hashed: str, password: str) -> bool:
    try:
        return len(password) <= PASSWORD_MAX and _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
