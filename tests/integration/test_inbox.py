"""Messages are kept once, handled in order, tried again, answered, parked and replayed – on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, update

from services.common import db, inbox, problems
from services.common.handling import Context, handle
from services.contracts.envelopes import Message, decode
from services.contracts.messages import validate
from tests.unit.common.letters import (
    START,
    closed,
    complete,
    desk,
    done,
    inbox_,
    incoming,
    note,
    numbered,
    outbox_,
)


def store(engine: Engine, *deliveries: Any) -> list[int]:
    """Store deliveries at START."""
    with db.begin(engine) as conn:
        return inbox.store(conn, inbox_, deliveries, START)


def states(engine: Engine) -> list[tuple[str, str]]:
    """(message id, state) of every row."""
    with db.read(engine) as conn:
        return [(row.message_id, row.state) for row in conn.execute(select(inbox_).order_by(inbox_.c.id))]


def handled(engine: Engine) -> list[str]:
    """What the noting handler committed, in order."""
    with db.read(engine) as conn:
        return list(conn.scalars(select(done.c.message_id).order_by(done.c.seq)))


def answers(engine: Engine) -> list[tuple[str | None, dict[str, Any]]]:
    """(target, data) of every message.rejected in the outbox."""
    with db.read(engine) as conn:
        rows = conn.execute(select(outbox_).order_by(outbox_.c.id)).mappings().all()
    assert {row["type"] for row in rows} <= {"message.rejected.v1"}
    return [(row["target"], decode(row["headers"], row["body"], row["content_type"]).data) for row in rows]


def fail(conn: Connection, message: Message, context: Context) -> None:
    """A handler that writes and then breaks."""
    note(conn, message, context)
    raise RuntimeError("the printer is on fire")


def retry_now(engine: Engine) -> None:
    """Let waiting retries be due."""
    with db.begin(engine) as conn:
        conn.execute(update(inbox_).values(next_at=None))


def test_the_same_message_twice_is_kept_once(engine: Engine) -> None:
    """A second delivery, with its JSON written in another order, adds nothing and is handled once."""
    message = numbered(1)
    (first,) = store(engine, incoming(message))
    shuffled = incoming(numbered(1, data=dict(reversed(message.data.items()))))

    assert store(engine, incoming(message), shuffled) == []

    assert handle(desk(engine)) == 1
    assert (states(engine), handled(engine)) == ([("n-1", "done")], ["n-1"])
    assert first == 1


def test_two_senders_may_use_the_same_id(engine: Engine) -> None:
    """Ids are proven per channel: one connector cannot use up another's ids."""
    assert len(store(engine, incoming(complete(1), "tongbu"), incoming(complete(1), "weather"))) == 2

    handle(desk(engine))

    assert [state for _, state in states(engine)] == ["done", "done"]


def test_the_same_id_with_other_content_is_rejected(engine: Engine) -> None:
    """The first stays what it is; the second is answered with duplicate_conflict, and only once."""
    other = incoming(complete(1, data={**complete(1).data, "unit": "u-other"}), "tongbu")
    store(engine, incoming(complete(1), "tongbu"), other, other)

    handle(desk(engine))

    assert [state for _, state in states(engine)] == ["done", "rejected"]
    ((target, data),) = answers(engine)
    assert (target, data["original_id"], data["code"]) == ("tongbu", "a-1", "duplicate_conflict")


def test_agencies_get_codes_of_the_stable_list_only(engine: Engine) -> None:
    """A service's own code is answered as the nearest one agencies know, in the service's own words."""

    def claimed(conn: Connection, message: Message, context: Context) -> None:
        raise problems.Problem("not_found", 404)

    store(engine, incoming(complete(1), "tongbu"))
    handle(desk(engine, handlers={"task.complete.v1": claimed}))

    ((_, data),) = answers(engine)
    assert (data["code"], data["text"]) == ("unknown_matter", problems.texts("not_found")[0])


def test_what_a_handler_wrote_is_gone_when_it_fails(engine: Engine) -> None:
    """Handler, state change and answers share one transaction; the failure is counted and tried again later."""
    store(engine, incoming(numbered(1)))
    broken = desk(engine, handlers={"matter.numbered.v1": fail})

    assert handle(broken) == 1
    assert handle(broken) == 0  # not due yet

    assert (states(engine), handled(engine)) == ([("n-1", "new")], [])
    with db.read(engine) as conn:
        row = conn.execute(select(inbox_)).mappings().one()
    assert row["attempts"] == 1
    assert "the printer is on fire" in row["error"]
    assert timedelta(0) < row["next_at"] - datetime.now(UTC) < timedelta(seconds=1.1)


def test_the_pause_doubles_up_to_ten_minutes_and_the_eighth_failure_parks(engine: Engine) -> None:
    """1, 2, 4 … seconds; after eight failures a message is put aside and keeps its reason."""
    store(engine, incoming(numbered(1)))
    pauses = []
    with db.begin(engine) as conn:
        for attempt in range(8):
            (row,) = conn.execute(select(inbox_)).mappings().all()
            going_on = inbox.retry(conn, inbox_, row, "broken", START)
            assert going_on == (attempt < 7)
            pauses.append((conn.scalar(select(inbox_.c.next_at)) - START).total_seconds())

    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128]
    assert states(engine) == [("n-1", "parked")]


def test_a_later_message_waits_for_an_earlier_one_of_its_subject(engine: Engine) -> None:
    """While the first of m-1 waits for its retry, the second of m-1 waits too; m-2 goes on."""
    store(engine, incoming(numbered(1, "m-1")), incoming(numbered(2, "m-1")), incoming(numbered(3, "m-2")))

    def fail_first(conn: Connection, message: Message, context: Context) -> None:
        (fail if message.id == "n-1" and context.attempts == 0 else note)(conn, message, context)

    moody = desk(engine, handlers={"matter.numbered.v1": fail_first})
    handle(moody)
    assert handled(engine) == ["n-3"]

    retry_now(engine)
    handle(moody)

    assert handled(engine) == ["n-3", "n-1", "n-2"]


def test_a_parked_message_no_longer_holds_up_its_subject(engine: Engine) -> None:
    """Parking frees the followers; replay brings the message back."""
    store(engine, incoming(numbered(1)), incoming(numbered(2)))
    with db.begin(engine) as conn:
        inbox.park(conn, inbox_, 1, "failed", "broken")
    handle(desk(engine))
    assert states(engine) == [("n-1", "parked"), ("n-2", "done")]

    with db.begin(engine) as conn:
        assert inbox.replay(conn, inbox_, [1, 2]) == [1]
    handle(desk(engine))

    assert handled(engine) == ["n-2", "n-1"]


def test_one_connector_cannot_hold_up_the_subject_of_another_sender(engine: Engine) -> None:
    """Order is kept per sender: a poisoned message about case-1 delays only its own sender's messages."""
    store(engine, incoming(complete(1), "evil"), incoming(complete(2), "tongbu"))

    def fail_evil(conn: Connection, message: Message, context: Context) -> None:
        (fail if context.connector == "evil" else note)(conn, message, context)

    handle(desk(engine, handlers={"task.complete.v1": fail_evil}))

    assert handled(engine) == ["a-2"]


def test_a_rule_that_says_no_is_answered_to_the_connector(engine: Engine) -> None:
    """Problem → rejected and message.rejected.v1 to the connector, valid against its own schema."""

    def refuse(conn: Connection, message: Message, context: Context) -> None:
        note(conn, message, context)
        raise problems.Rejected("task_closed", path="task_id")

    store(engine, incoming(complete(1), "tongbu"))
    handle(desk(engine, handlers={"task.complete.v1": refuse}))

    assert (states(engine), handled(engine)) == ([("a-1", "rejected")], [])
    ((target, data),) = answers(engine)
    assert target == "tongbu"
    assert data == validate("message.rejected.v1", data)
    assert (data["original_id"], data["original_type"]) == ("a-1", "task.complete.v1")
    assert (data["code"], data["path"], data["text"]) == ("task_closed", "task_id", "任务已关闭")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"body": b"{not json"}, "malformed"),
        ({"body": b"x" * 300_000}, "oversized"),
        ({"content_type": "text/plain"}, "malformed"),
        ({"headers": {}, "message_id": None}, "malformed"),
        ({"user_id": "agency-weather"}, "not_permitted"),
    ],
)
def test_what_cannot_be_read_is_answered_once(engine: Engine, changes: dict[str, Any], code: str) -> None:
    """Workflow answers unreadable messages of agencies; intake, which gets a copy, keeps silent."""
    arrived = incoming(complete(1), "tongbu", **changes)
    store(engine, arrived)

    handle(desk(engine, "intake", {}))
    assert answers(engine) == []
    with db.begin(engine) as conn:
        conn.execute(update(inbox_).values(state="new"))
    handle(desk(engine, "workflow"))

    assert [data["code"] for _, data in answers(engine)] == [code]


def test_text_that_the_database_refuses_does_not_stop_the_consumer(engine: Engine) -> None:
    """NUL and lone surrogates in headers are stored as replacement marks and rejected."""
    headers = {**incoming(complete(1)).headers, "ce-subject": "case\x00-1", "ce-correlationid": "\ud800"}

    assert len(store(engine, incoming(complete(1), "tongbu", headers=headers))) == 1
    handle(desk(engine))

    assert [data["code"] for _, data in answers(engine)] == ["malformed"]


def test_an_agency_may_not_send_what_services_send(engine: Engine) -> None:
    """A forged task.closed from a connector is refused, although services receive that type."""
    store(engine, incoming(closed(1), "tongbu"))

    handle(desk(engine))

    assert [data["code"] for _, data in answers(engine)] == ["not_permitted"]


def test_what_is_not_addressed_to_this_service_is_finished_silently(engine: Engine) -> None:
    """Intake gets a copy of a command to workflow and lets it pass."""
    store(engine, incoming(complete(1), "tongbu"))

    handle(desk(engine, "intake"))

    assert (states(engine), handled(engine), answers(engine)) == ([("a-1", "done")], [], [])


def test_a_wrong_message_of_a_sister_service_is_parked(engine: Engine) -> None:
    """No service reads rejections, so an administrator must see it."""
    store(engine, incoming(numbered(1, data={"matter_id": "m-1"})))

    handle(desk(engine))

    assert (states(engine), answers(engine)) == ([("n-1", "parked")], [])


def test_the_handler_learns_who_really_sent_it_and_when_it_came(engine: Engine) -> None:
    """Source is what the queue proves, whatever the message says; received_at is the instant that counts."""
    seen: list[tuple[str, str | None, datetime]] = []

    def look(conn: Connection, message: Message, context: Context) -> None:
        seen.append((message.source, context.connector, context.received_at))

    store(engine, incoming(complete(1, source="/agency/weather"), "tongbu"))
    handle(desk(engine, handlers={"task.complete.v1": look}))

    assert seen == [("/agency/tongbu", "tongbu", START)]


def test_our_own_outage_is_retried_not_answered(engine: Engine) -> None:
    """A Problem of 500 and above is our failure, not the sender's."""

    def unavailable(conn: Connection, message: Message, context: Context) -> None:
        raise problems.Problem("unavailable", 503)

    store(engine, incoming(complete(1), "tongbu"))
    handle(desk(engine, handlers={"task.complete.v1": unavailable}))

    assert (states(engine), answers(engine)) == ([("a-1", "new")], [])


def test_a_worker_takes_a_case_with_its_followers(engine: Engine) -> None:
    """due gives the first message per subject, followers the ones right behind it."""
    store(engine, *(incoming(numbered(number, f"m-{number % 2}")) for number in range(6)))

    with db.begin(engine) as conn:
        first, second = inbox.due(conn, inbox_, START, 10)
        behind = inbox.followers(conn, inbox_, first, START, 10)

    assert (first["message_id"], second["message_id"]) == ("n-0", "n-1")
    assert [row["message_id"] for row in behind] == ["n-2", "n-4"]
