"""What pages and API share: who is asking, the database, the time."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Connection

from services.common import auth, db
from services.common.problems import Problem
from services.workflow import cases, speakers


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


def demand(applied: cases.Applied) -> None:
    """Tell the person when what he did is kept but the engine failed; call it after the commit."""
    if applied.incident is not None:
        raise Problem("incident", 503, retryable=False, number=applied.incident)
