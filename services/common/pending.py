"""What a transaction has yet to say to PostgreSQL: writes wait here for the next question, or for the COMMIT.

So the last writes of a transaction and its end are one packet and one wait. Whoever asks the database anything in
between has what waits sent before; what is rolled back is never sent. The errors come when it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from services.common import pipelines
from services.common.renderings import Rendered, Values

_WAITING: Final = "waiting"
_DEALLOCATING: Final = re.compile(r"\s*(?:DROP|ALTER|ROLLBACK|DISCARD|DEALLOCATE)\b", re.IGNORECASE).match
"""After such a statement psycopg deallocates whatever is prepared, for it may refer to what is gone."""


def add(conn: Connection, todo: pipelines.Todo) -> None:
    """Let statements wait; within a savepoint they are sent at once, for its end is too late for an error."""
    if not conn.in_transaction() or conn.in_nested_transaction():
        pipelines.exchange(conn, [*_taken(conn), *todo])
    else:
        conn.info.setdefault(_WAITING, []).extend(todo)


def send(conn: Connection) -> None:
    """Carry out what waits."""
    todo = _taken(conn)
    if todo:
        pipelines.exchange(conn, todo)


def ask(conn: Connection, question: Rendered, rows: Sequence[Values]) -> list[dict[str, Any]]:
    """What a question finds for all rows of values; it is sent behind what waits, with BEGIN if it is the first."""
    return pipelines.exchange(conn, [*_taken(conn), (question, rows)])


def watch(engine: Engine) -> None:
    """See to it that nothing is said on a connection before what waits there, and nothing is forgotten at its end."""
    event.listen(engine, "before_cursor_execute", _before)
    event.listen(engine, "commit", _commit)
    event.listen(engine, "rollback", _forget)
    event.listen(engine, "rollback_savepoint", lambda conn, *_: _forget(conn))


def _before(conn: Connection, _cursor: object, statement: str, *_: object) -> None:
    """Whatever is said in another way is said behind what waits."""
    send(conn)
    if _DEALLOCATING(statement):
        pipelines.forget(conn)


def _commit(conn: Connection) -> None:
    """Carry out what waits and commit; the driver then finds that there is nothing left to commit."""
    todo = _taken(conn)
    if not todo:
        return
    try:
        pipelines.exchange(conn, todo, commit=True)
    except DBAPIError:
        pipelines.forget(conn)
        if not conn.invalidated:
            conn.connection.rollback()  # SQLAlchemy takes a commit that fails for the end of the transaction
        raise


def _forget(conn: Connection) -> None:
    pipelines.forget(conn)
    if not conn.invalidated:
        _taken(conn)


def _taken(conn: Connection) -> list[tuple[Rendered, Sequence[Values]]]:
    found: list[tuple[Rendered, Sequence[Values]]] = conn.info.pop(_WAITING, [])
    return found
