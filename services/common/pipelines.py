"""Statements that go to PostgreSQL in one packet, and whose answers come back together: one wait for all of them.

    rows = pipelines.exchange(conn, [(rendered, [{"b_id": …}, …]), …], commit=True)

psycopg's own pipeline sends every statement by itself; here libpq's is filled before anything is sent, with BEGIN and
COMMIT where they are due. A statement is prepared once per connection, and again after a rollback: psycopg then
deallocates whatever is prepared (`forget`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import psycopg
from psycopg import IsolationLevel, generators, pq
from psycopg.abc import Buffer, PQGen
from psycopg.adapt import Transformer
from psycopg.errors import InFailedSqlTransaction, error_from_result
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from services.common.renderings import Rendered, Text, Values

Todo = Sequence[tuple[Rendered, Sequence[Values]]]
_GOOD: Final = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)
_PREPARED: Final = "prepared"
_Line = tuple[Text, Sequence[Buffer | None]]


def exchange(conn: Connection, todo: Todo, *, commit: bool = False) -> list[dict[str, Any]]:
    """Carry out every statement for each of its rows, in order; what the last statement found.

    A transaction is begun where none is, and ended with `commit`. Raises what SQLAlchemy raises; then nothing behind
    the statement that failed was carried out.
    """
    raw = conn.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)  # noqa: S101  for the type checker: nobody asks on SQLite
    try:
        answer = _Packet(raw, conn.info.setdefault(_PREPARED, set())).exchange(todo, commit=commit)
    except psycopg.Error as error:
        lost = conn.dialect.is_disconnect(error, conn.connection, None)  # type: ignore[arg-type]
        if lost:
            conn.invalidate(error)
        raise DBAPIError.instance(
            None, None, error, psycopg.Error, connection_invalidated=lost, dialect=conn.dialect
        ) from error
    return [todo[-1][0].row(row) for row in answer]


def forget(conn: Connection) -> None:
    """What is prepared on a connection is known no longer."""
    if not conn.invalidated:
        conn.info.pop(_PREPARED, None)


class _Packet:
    """What a connection says in one go; `prepared` are the statements it knows."""

    def __init__(self, raw: psycopg.Connection[Any], prepared: set[bytes]) -> None:
        self._raw, self._pq, self._prepared = raw, raw.pgconn, prepared
        self._asked: list[bytes] = []  # for each answer to come, the statement that is prepared with it, or nothing

    def exchange(self, todo: Todo, *, commit: bool) -> list[tuple[Any, ...]]:
        """Send everything, wait for all answers; what the last statement found."""
        transformer = Transformer(self._raw)
        lines = (
            (text, transformer.dump_sequence(values, text.formats))
            for rendered, rows in todo
            for text, values in rendered.lines(rows)
        )
        with self._raw.lock:
            results = self._send(lines, commit=commit)
        self._check(results)
        if commit and results.pop().command_status != b"COMMIT":
            raise InFailedSqlTransaction("nothing was committed: the transaction had failed before")
        found: list[tuple[Any, ...]] = []
        for result in results[-len(todo[-1][1]) :]:
            transformer.set_pgresult(result)
            found += transformer.load_rows(0, result.ntuples, tuple)
        return found

    def _send(self, lines: Iterable[_Line], *, commit: bool) -> list[PGresult]:
        """Of many lines the server works on the first while the others are still being made."""
        self._pq.enter_pipeline_mode()
        try:
            if self._pq.transaction_status == pq.TransactionStatus.IDLE:
                self._say(_begin(self._raw))
            for text, values in lines:
                self._carry_out(text, values)
            if commit:
                self._say(b"COMMIT")
        except BaseException:  # a value that cannot be sent, or a connection that is gone
            if self._pq.status == pq.ConnStatus.OK:
                self._read()
            raise
        return self._read()

    def _read(self) -> list[PGresult]:
        """All answers."""
        try:
            self._pq.pipeline_sync()
            results = self._raw.wait(_answers(self._pq, len(self._asked)))
        except BaseException:
            self._raw.close()  # answers that nobody has read would be taken for those to the next question
            raise
        self._pq.exit_pipeline_mode()
        return results

    def _carry_out(self, text: Text, values: Sequence[Buffer | None]) -> None:
        if text.sql not in self._prepared:
            self._prepare(text)
        self._pq.send_query_prepared(text.name, values, text.codes)
        self._asked.append(b"")

    def _say(self, command: bytes) -> None:
        self._pq.send_query_params(command, None)
        self._asked.append(b"")

    def _prepare(self, text: Text) -> None:
        """The server may still know the statement by its name; closing one that it does not know is no error."""
        self._pq.send_close_prepared(text.name)
        self._pq.send_prepare(text.name, text.sql)
        self._asked += [b"", text.sql]
        self._prepared.add(text.sql)

    def _check(self, results: Sequence[PGresult]) -> None:
        """Raises the first error; the statements that were to be prepared behind it are not."""
        failed = next((place for place, result in enumerate(results) if result.status not in _GOOD), None)
        if failed is not None:
            self._prepared.difference_update(self._asked[failed:])
            raise error_from_result(results[failed], encoding=self._raw.info.encoding)


def _answers(connection: PGconn, count: int) -> PQGen[list[PGresult]]:
    yield from generators.send(connection)
    found: list[PGresult] = []
    for _ in range(count):
        found += yield from generators.fetch_many(connection)
    yield from generators.fetch_many(connection)  # that of the sync
    return found


def _begin(raw: psycopg.Connection[Any]) -> bytes:
    """How a transaction of this connection begins."""
    parts = ["BEGIN"]
    if raw.isolation_level is not None:
        parts.append(f"ISOLATION LEVEL {IsolationLevel(raw.isolation_level).name.replace('_', ' ')}")
    if raw.read_only is not None:
        parts.append("READ ONLY" if raw.read_only else "READ WRITE")
    return " ".join(parts).encode()
