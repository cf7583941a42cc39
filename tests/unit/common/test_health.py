"""Ready tells each part's state; settled adds up what is under way."""

from pathlib import Path

from services.common import db, health, inbox, outbox
from services.common.health import Health
from tests.unit.common.letters import START, closed, complete, inbox_, incoming, metadata, numbered, outbox_


def test_a_service_is_ready_when_every_part_is() -> None:
    """A part that raises makes the service unready and is named; its message is not shown to strangers."""
    state = Health("intake")
    state.register("database", lambda: {"revision": "0001"})
    assert state.ready() == (
        True,
        {"service": "intake", "status": "ok", "parts": {"database": {"ok": True, "revision": "0001"}}},
    )

    def broken() -> dict[str, str]:
        raise ConnectionError("user:geheim@db")

    state.register("packages", broken)
    fine, answer = state.ready()
    assert not fine
    assert answer["parts"]["packages"] == {"ok": False, "reason": "ConnectionError"}


def test_counts_tell_what_waits_and_what_has_passed(tmp_path: Path) -> None:
    """Per receiving service; a message to a connector is for none of them, a conflicting duplicate counts once."""
    engine = db.connect(f"sqlite:///{tmp_path}/x.sqlite")
    metadata.create_all(engine)
    other = complete(1, data={**complete(1).data, "unit": "u-other"})
    with db.begin(engine) as conn:
        pairs = [(closed(1), None), (closed(2), None), (closed(3), "tongbu"), (numbered(4), None)]
        outbox.add_all(conn, outbox_, pairs, now=START)
        outbox.mark(conn, outbox_, ["c-1", "c-3", "n-4"], START)
        arrived = [incoming(numbered(5)), incoming(complete(1), "tongbu"), incoming(other, "tongbu")]
        inbox.store(conn, inbox_, arrived, START)
        inbox.park(conn, inbox_, 1, "failed", "x")
        counts = health.Counts(outbox_, inbox_)(conn)
    engine.dispose()

    assert counts == {
        "outbox_pending": 1,
        "inbox_pending": 2,
        "inbox_parked": 1,
        "sent": {"intake": 1, "workflow": 1, "notify": 1},
        "received": 1,
        "received_from": {"tongbu": 1},
    }


def test_what_was_counted_is_remembered_and_still_right(tmp_path: Path) -> None:
    """A counter that has counted before says what a fresh one says, also when a message is sent late."""
    engine = db.connect(f"sqlite:///{tmp_path}/x.sqlite")
    metadata.create_all(engine)
    counts, seen = health.Counts(outbox_, inbox_), []
    with db.begin(engine) as conn:
        outbox.add_all(conn, outbox_, [(closed(n), None) for n in range(1, 6)], now=START)
        for published in (["c-1", "c-3"], ["c-2"], ["c-4", "c-5"]):
            outbox.mark(conn, outbox_, published, START)
            inbox.store(conn, inbox_, [incoming(numbered(len(seen)))], START)
            seen.append(counts(conn))
            assert seen[-1] == health.Counts(outbox_, inbox_)(conn)
    engine.dispose()
    assert [(one["sent"]["intake"], one["received"], one["outbox_pending"]) for one in seen] == [
        (2, 1, 3),
        (3, 2, 2),
        (5, 3, 0),
    ]


def test_settled_means_nothing_waits_and_all_that_was_sent_has_arrived() -> None:
    """A message on its way between two services is in neither's tables; the sums show it."""
    idle = {"outbox_pending": 0, "inbox_pending": 0, "timers_due": 0}
    intake = {**idle, "sent": {"intake": 0, "workflow": 2}, "received": 1}
    workflow = {**idle, "sent": {"intake": 1, "workflow": 0}, "received": 2}

    assert health.is_settled({"intake": intake, "workflow": workflow})
    assert not health.is_settled({"intake": intake, "workflow": {**workflow, "received": 1}})
    assert not health.is_settled({"intake": {**intake, "outbox_pending": 1}, "workflow": workflow})
    assert not health.is_settled({"intake": intake, "workflow": {**workflow, "timers_due": 1}})
