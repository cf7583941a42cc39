"""Messages leave with their transaction, oldest first, and are marked only after the confirm – on both databases."""

import threading

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from services.common import db, outbox
from services.contracts.envelopes import Malformed, decode
from tests.unit.common.letters import START, closed, later, numbered, outbox_


def test_a_message_leaves_only_when_its_transaction_commits(engine: Engine) -> None:
    """A rollback takes the message back."""
    with pytest.raises(RuntimeError), db.begin(engine) as conn:  # noqa: PT012
        outbox.add(conn, outbox_, numbered(1), now=START)
        raise RuntimeError

    with db.read(engine) as conn:
        assert outbox.pending(conn, outbox_, 10) == []


def test_what_leaves_can_be_read_back_as_it_was(engine: Engine) -> None:
    """The stored wire decodes to the message that was added."""
    with db.begin(engine) as conn:
        outbox.add(conn, outbox_, numbered(1, correlation_id="case-1"), now=START)
    with db.read(engine) as conn:
        (row,) = outbox.pending(conn, outbox_, 10)

    assert decode(row.headers, row.body, row.content_type) == numbered(1, correlation_id="case-1")
    assert (row.message_id, row.type, row.subject, row.target) == ("n-1", "matter.numbered.v1", "m-1", None)


def test_pending_is_oldest_first_and_ends_with_the_mark(engine: Engine) -> None:
    """Marked rows are gone, whatever their position: there is no remembered place that could skip one."""
    with db.begin(engine) as conn:
        outbox.add_all(conn, outbox_, [(numbered(number), None) for number in range(5)], now=START)
        outbox.mark(conn, outbox_, {"n-1", "n-3"}, later(1))

    with db.read(engine) as conn:
        assert [row.message_id for row in outbox.pending(conn, outbox_, 2)] == ["n-0", "n-2"]
        published = select(outbox_.c.published_at).where(outbox_.c.message_id == "n-3")
        assert conn.scalar(published) == later(1)


def test_resting_connectors_are_left_out(engine: Engine) -> None:
    """A connector whose queue is full holds up neither the services nor other connectors."""
    with db.begin(engine) as conn:
        pairs = [(closed(1), "full"), (closed(2), "tongbu"), (closed(3), None)]
        outbox.add_all(conn, outbox_, pairs, now=START)

    with db.read(engine) as conn:
        assert [row.message_id for row in outbox.pending(conn, outbox_, 10, skip=["full"])] == ["c-2", "c-3"]


def test_an_id_is_used_once(engine: Engine) -> None:
    """Two messages with one id are a mistake of the sender and fail its transaction."""
    with pytest.raises(IntegrityError), db.begin(engine) as conn:
        outbox.add_all(conn, outbox_, [(closed(1), None), (closed(1), "tongbu")], now=START)


def test_what_cannot_travel_is_refused_where_it_is_made(engine: Engine) -> None:
    """A message that no receiver could read never gets into the outbox."""
    with pytest.raises(Malformed), db.begin(engine) as conn:
        outbox.add(conn, outbox_, numbered(1, subject="a\x00b"), now=START)


def test_a_row_that_commits_late_is_not_missed(postgres) -> None:
    """On PostgreSQL a smaller id may become visible after a larger one was published."""
    engine = db.connect(postgres(["workflow"])["workflow"])
    outbox_.metadata.create_all(engine)
    with engine.connect() as slow, slow.begin():
        outbox.add(slow, outbox_, numbered(1), now=START)
        with db.begin(engine) as quick:
            outbox.add(quick, outbox_, numbered(2, "m-2"), now=START)
        with db.begin(engine) as relay:
            assert [row.message_id for row in outbox.pending(relay, outbox_, 10)] == ["n-2"]
            outbox.mark(relay, outbox_, ["n-2"], START)
    with db.read(engine) as conn:
        assert [row.message_id for row in outbox.pending(conn, outbox_, 10)] == ["n-1"]
    engine.dispose()


def test_writers_do_not_fail_each_other(engine: Engine) -> None:
    """Four threads add at the same time; on SQLite they wait for their turn."""
    faults: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            for number in range(10):
                with db.begin(engine) as conn:
                    conn.execute(select(outbox_)).all()
                    outbox.add(conn, outbox_, numbered(f"{writer}-{number}"), now=START)
        except BaseException as fault:  # noqa: BLE001  a fault in a thread is the fault of the test
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert faults == []
    with db.read(engine) as conn:
        assert len(outbox.pending(conn, outbox_, 100)) == 40
