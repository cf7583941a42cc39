"""Writes that leave in one go: in order, whole or not at all, with the errors SQLAlchemy has."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Engine, MetaData, Table, Text, bindparam, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from services.common import db, writes

metadata = MetaData()
thing = Table(
    "written",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state", Text),
    Column("at", db.Utc),
    Column("facts", db.Json()),
)
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
CLOSE = thing.update().where(thing.c.id == bindparam("b_id")).values(state="closed", facts=bindparam("b_facts"))


@pytest.fixture
def things(engine: Engine) -> Engine:
    """A database with the table."""
    metadata.create_all(engine)
    return engine


def row(key: str, **facts: Any) -> dict[str, Any]:
    """A row."""
    return {"id": key, "state": "open", "at": NOON, "facts": facts}


def rows(conn: Connection) -> list[tuple[Any, ...]]:
    """Everything that stands in the table."""
    return [tuple(found) for found in conn.execute(select(thing).order_by(thing.c.id))]


def test_writes_are_carried_out_in_their_order(things: Engine) -> None:
    """What is added, changed and removed in one go stands as if each had come alone, with instants and JSON as ever."""
    postgres = things.dialect.name == "postgresql"
    with db.begin(things) as conn:
        writes.run(
            conn,
            [
                (writes.adding(thing), [row("a", n=1), row("b", n=2), row("c", n=3)]),
                (writes.removing(thing), [{"b_id": "b"}]),
                (writes.adding_missing(thing, postgres=postgres), [row("a", n=9), row("b", n=4)]),
                (CLOSE, [{"b_id": "c", "b_facts": None}]),
                (writes.setting(thing, postgres=postgres), [row("a", 标题="路口"), row("d")]),
                (writes.removing(thing), []),
            ],
        )
        found = rows(conn)
    assert found == [
        ("a", "open", NOON, {"标题": "路口"}),
        ("b", "open", NOON, {"n": 4}),
        ("c", "closed", NOON, None),
        ("d", "open", NOON, {}),
    ]


def test_a_taken_key_is_an_integrity_error_and_leaves_nothing(things: Engine) -> None:
    """Whoever catches what SQLAlchemy raises need not know how it was sent; the connection can be used again."""
    with things.connect() as conn:
        with pytest.raises(IntegrityError), db.transaction(conn):
            writes.run(conn, [(writes.adding(thing), [row("a"), row("a")]), (writes.adding(thing), [row("b")])])
        with db.transaction(conn):
            assert rows(conn) == []


def test_a_savepoint_takes_back_its_own_writes_only(things: Engine) -> None:
    """A batch goes on after one of its cases has failed."""
    with db.begin(things) as conn:
        writes.run(conn, [(writes.adding(thing), [row("a")])])
        with pytest.raises(IntegrityError), conn.begin_nested():
            writes.run(conn, [(writes.adding(thing), [row("b"), row("a")])])
        writes.run(conn, [(writes.adding(thing), [row("c")])])
        assert [found[0] for found in rows(conn)] == ["a", "c"]


def test_nul_is_refused_and_leaves_nothing(things: Engine) -> None:
    """As everywhere: PostgreSQL could not keep it. The connection can be used again."""
    with things.connect() as conn:
        with pytest.raises((ValueError, StatementError)), db.transaction(conn):
            writes.run(conn, [(writes.adding(thing), [row("a"), row("b"), row("c", text="\x00")])])
        with db.transaction(conn):
            assert rows(conn) == []


def test_a_lost_connection_is_told_as_such(things: Engine) -> None:
    """A worker that loses the database waits for it instead of blaming the message."""
    if things.dialect.name == "sqlite":
        return  # it has no connection to lose
    with things.connect() as conn, things.connect() as other:
        own = conn.scalar(text("select pg_backend_pid()"))
        other.execute(text("select pg_terminate_backend(:pid)"), {"pid": own})
        with pytest.raises(DBAPIError) as caught:
            writes.run(conn, [(writes.adding(thing), [row("a")])])
        assert caught.value.connection_invalidated


def test_deferred_writes_are_there_for_the_next_question_and_after_the_commit(things: Engine) -> None:
    """Nobody who asks on the same connection sees that they had not left yet."""
    with things.connect() as conn:
        with db.transaction(conn):
            writes.defer(conn, [(writes.adding(thing), [row("a")]), (writes.adding(thing), [row("b")])])
            assert [found[0] for found in rows(conn)] == ["a", "b"]
            writes.defer(conn, [(writes.removing(thing), [{"b_id": "a"}])])
            writes.run(conn, [(writes.adding(thing), [row("c")])])
            writes.defer(conn, [(writes.adding(thing), [row("d", n=1)])])
        with db.transaction(conn):
            assert [found[0] for found in rows(conn)] == ["b", "c", "d"]
    with db.read(things) as other:
        assert rows(other)[-1] == ("d", "open", NOON, {"n": 1})


def test_deferred_writes_of_a_transaction_that_is_rolled_back_are_never_sent(things: Engine) -> None:
    """Neither with it nor with the next transaction of the connection."""
    with things.connect() as conn:
        with pytest.raises(LookupError), db.transaction(conn):
            _defer_and_fail(conn)
        with db.transaction(conn):
            writes.defer(conn, [(writes.adding(thing), [row("b")])])
    with db.read(things) as other:
        assert [found[0] for found in rows(other)] == ["b"]


def _defer_and_fail(conn: Connection) -> None:
    writes.defer(conn, [(writes.adding(thing), [row("a")])])
    raise LookupError


def _fail_and_defer(conn: Connection) -> None:
    with pytest.raises(DBAPIError):
        conn.execute(text("select nothing from nowhere"))
    writes.defer(conn, [(writes.adding(thing), [row("a")])])


def test_an_error_of_deferred_writes_comes_with_the_commit_and_leaves_nothing(things: Engine) -> None:
    """The transaction has failed as a whole; the connection can be used again."""
    with things.connect() as conn:
        with pytest.raises(IntegrityError), db.transaction(conn):
            writes.defer(conn, [(writes.adding(thing), [row("a")]), (writes.adding(thing), [row("a")])])
        with db.transaction(conn):
            assert rows(conn) == []
            writes.defer(conn, [(writes.adding(thing), [row("b")])])
        with db.transaction(conn):
            assert [found[0] for found in rows(conn)] == ["b"]


def test_an_error_of_deferred_writes_stays_within_their_savepoint(things: Engine) -> None:
    """What was deferred before the savepoint stands, and the transaction goes on."""
    with db.begin(things) as conn:
        writes.defer(conn, [(writes.adding(thing), [row("a")])])
        with pytest.raises(IntegrityError), conn.begin_nested():
            writes.defer(conn, [(writes.adding(thing), [row("b"), row("a")])])
        writes.defer(conn, [(writes.adding(thing), [row("c")])])
    with db.read(things) as other:
        assert [found[0] for found in rows(other)] == ["a", "c"]


def test_a_transaction_that_has_failed_commits_nothing_deferred(things: Engine) -> None:
    """PostgreSQL answers COMMIT with ROLLBACK then; that is an error, and no quiet loss."""
    with things.connect() as conn:
        if things.dialect.name == "sqlite":
            return  # its transactions go on after an error
        with pytest.raises(DBAPIError), db.transaction(conn):
            _fail_and_defer(conn)
        with db.transaction(conn):
            assert rows(conn) == []


def test_more_than_a_packet_holds_is_written_whole(things: Engine) -> None:
    """Neither side waits for the other to read first."""
    many = [row(f"{number:05d}", text="路" * 300) for number in range(3_000)]
    with db.begin(things) as conn:
        writes.defer(conn, [(writes.setting(thing, postgres=things.dialect.name == "postgresql"), many)])
    with db.read(things) as other:
        assert len(rows(other)) == len(many)


@pytest.mark.parametrize("spoiling", ["drop table if exists nothing_of_this_name", "savepoint"])
def test_writes_go_on_after_what_makes_the_driver_forget_its_statements(things: Engine, spoiling: str) -> None:
    """It deallocates ours with its own; they are prepared again."""
    if things.dialect.name == "sqlite":
        return  # nothing is prepared there
    with things.connect() as conn:
        for number in range(8):  # the driver prepares what it has seen five times
            with db.transaction(conn):
                writes.defer(conn, [(writes.adding(thing), [row(f"{number}a")])])
                conn.execute(select(thing))
            with db.transaction(conn):
                if spoiling == "savepoint":
                    conn.begin_nested().rollback()
                else:
                    conn.execute(text(spoiling))
                writes.defer(conn, [(writes.adding(thing), [row(f"{number}b")])])
        with db.transaction(conn):
            assert len(rows(conn)) == 16
