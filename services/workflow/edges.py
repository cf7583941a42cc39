"""What pages and API share: who is asking, the database, the time, and acts that are done once however often sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from services.common import auth, db
from services.common.problems import Problem
from services.workflow import cases, idempotency, speakers


def speaker() -> speakers.Speaker:
    """The person signed in, as the nouns know him."""
    return speakers.person(auth.require_actor(), auth.current_grants())


def now() -> datetime:
    """The instant of this request."""
    return auth.extension().clock.now()


def reading() -> AbstractContextManager[Connection]:
    """A transaction that only reads."""
    return db.read(auth.extension().engine)


def writing() -> AbstractContextManager[Connection]:
    """A transaction that writes."""
    return db.begin(auth.extension().engine)


def demand(applied: cases.Applied | None) -> None:
    """Tell the person when what he did is kept but the engine failed; call it after the commit."""
    if applied is not None and applied.incident is not None:
        raise Problem("incident", 503, retryable=False, number=applied.incident)


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to an act, and what came of it; None where it had been done before."""

    answer: Mapping[str, Any]
    applied: cases.Applied | None


def once(
    key: str, asked: Mapping[str, Any], act: Callable[[Connection], cases.Applied], answer: Mapping[str, Any]
) -> Done:
    """Carry out `act`; under the same key the same request happens once and is answered alike.

    Another request under the key is refused (`Problem` key_reused). What ended in an incident is not remembered,
    since its answer would be wrong after the repair. Without a key nothing is remembered.
    """
    account, digest = str(speaker().account), idempotency.digest(asked)
    try:
        with writing() as conn:
            return _once(conn, account, key, digest, act, answer)
    except (Problem, IntegrityError):
        found = _meanwhile(account, key, digest)
        if found is None:
            raise
        return Done(found, None)


def once_of_several(
    conn: Connection, key: str, asked: Mapping[str, Any], act: Callable[[Connection], cases.Applied]
) -> Done:
    """As `once`, within a transaction of several acts: what is refused leaves nothing, the others stay.

    The case must be locked: so the same request, sent twice at once, waits here and then finds its answer.
    """
    with conn.begin_nested():
        return _once(conn, str(speaker().account), key, idempotency.digest(asked), act, {})


def _once(
    conn: Connection,
    account: str,
    key: str,
    digest: str,
    act: Callable[[Connection], cases.Applied],
    answer: Mapping[str, Any],
) -> Done:
    before = idempotency.answered(conn, account, key, digest) if key else None
    if before is not None:
        return Done(before, None)
    applied = act(conn)
    done = {**answer, "stimulus": applied.stimulus_id, "warnings": list(applied.warnings)}
    if key and applied.incident is None:
        idempotency.keep(conn, account, key, digest, done, now())
    return Done(done, applied)


def _meanwhile(account: str, key: str, digest: str) -> Mapping[str, Any] | None:
    """The answer to the same request that was carried out while this one waited for the case."""
    if not key:
        return None
    with reading() as conn:
        return idempotency.answered(conn, account, key, digest)
