"""Several workers on one PostgreSQL inbox: everything once, in order per subject, nobody waits for anybody."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, select

from services.common import db, inbox
from services.common.handling import Context, handle
from services.contracts.envelopes import Message
from tests.unit.common.letters import START, desk, done, inbox_, incoming, metadata, note, numbered

pytestmark = pytest.mark.postgres


def test_four_workers_handle_everything_once_and_in_order(postgres: Callable[..., dict[str, str]]) -> None:
    """200 messages about 10 subjects, four workers, and now and then a failure."""
    engine = db.connect(postgres(["workflow"])["workflow"])
    metadata.create_all(engine)
    with db.begin(engine) as conn:
        letters = [incoming(numbered(number, f"m-{number % 10}")) for number in range(200)]
        inbox.store(conn, inbox_, letters, START)
    faults: list[BaseException] = []

    def work() -> None:
        try:
            waited = 0
            while waited < 50:
                waited = 0 if handle(desk(engine)) else waited + 1
        except BaseException as fault:  # noqa: BLE001  a fault in a thread is the fault of the test
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    with db.read(engine) as conn:
        rows = conn.execute(select(done).order_by(done.c.seq)).all()
    engine.dispose()
    assert faults == []
    assert len(rows) == len({row.message_id for row in rows}) == 200
    for subject in range(10):
        numbers = [int(row.message_id[2:]) for row in rows if row.subject == f"m-{subject}"]
        assert numbers == sorted(numbers)


def test_a_worker_passes_over_what_another_holds(postgres: Callable[..., dict[str, str]]) -> None:
    """While one worker holds m-1, another gets m-2 and neither m-1's first nor its second message."""
    engine = db.connect(postgres(["workflow"])["workflow"])
    metadata.create_all(engine)
    with db.begin(engine) as conn:
        letters = [numbered(1, "m-1"), numbered(2, "m-1"), numbered(3, "m-2")]
        inbox.store(conn, inbox_, [incoming(letter) for letter in letters], START)

    with db.begin(engine) as one, db.begin(engine) as two:
        assert [row["message_id"] for row in inbox.due(one, inbox_, START, 1)] == ["n-1"]
        assert [row["message_id"] for row in inbox.due(two, inbox_, START, 5)] == ["n-3"]
    engine.dispose()


def test_a_failure_is_recorded_once_when_another_worker_succeeded_meanwhile(
    postgres: Callable[..., dict[str, str]],
) -> None:
    """Between a worker's rollback and its note another may finish the message: then it is done, not failed."""
    engine = db.connect(postgres(["workflow"])["workflow"])
    metadata.create_all(engine)
    with db.begin(engine) as conn:
        inbox.store(conn, inbox_, [incoming(numbered(1))], START)

    with db.begin(engine) as conn:
        (row,) = inbox.due(conn, inbox_, START, 1)
        inbox.finish(conn, inbox_, [row["id"]])
    with db.begin(engine) as conn:
        assert inbox.relock(conn, inbox_, row["id"]) is None
    engine.dispose()


def test_handlers_see_only_committed_work(postgres: Callable[..., dict[str, str]]) -> None:
    """A handler's writes and the state of its message become visible together."""
    engine = db.connect(postgres(["workflow"])["workflow"])
    metadata.create_all(engine)
    with db.begin(engine) as conn:
        inbox.store(conn, inbox_, [incoming(numbered(1))], START)
    seen: list[int] = []

    def look(conn: Connection, message: Message, context: Context) -> None:
        note(conn, message, context)
        with db.read(engine) as other:
            seen.append(len(other.execute(select(done)).all()))

    handle(desk(engine, handlers={"matter.numbered.v1": look}))
    engine.dispose()
    assert seen == [0]
