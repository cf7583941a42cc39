"""Sending: what each answer of the other side makes of a delivery."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest

from services.common import db
from services.notify import dispatch, notices, store, tables
from services.notify.channels.smtp import Letter, Refused, Unreachable
from tests.unit.notify.worlds import AT, World


class Post:
    """A fake sender: answers as told, keeps what it sent."""

    def __init__(self, answer: Callable[[Letter], None] = lambda letter: None) -> None:
        self.answer = answer
        self.sent: list[Letter] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        """Nothing to close."""

    def send(self, letter: Letter) -> None:
        """Answer, then keep."""
        self.answer(letter)
        self.sent.append(letter)


def failing(error: Exception) -> Callable[[Letter], None]:
    """An answer that raises."""

    def answer(_letter: Letter) -> None:
        raise error

    return answer


@pytest.fixture
def waiting(world: World) -> World:
    """One mail waits."""
    world.notice([{"role": "unit_liaison", "unit": "housing"}])
    return world


def mail(world: World) -> dict[str, Any]:
    """The one mail."""
    (row,) = world.deliveries(channel="mail")
    return row


def make_due(world: World) -> None:
    """Time passes until the next try."""
    with db.begin(world.engine) as conn:
        conn.execute(tables.delivery.update().values(next_at=datetime(2020, 1, 1, tzinfo=UTC)))


def test_what_was_sent_is_delivered_and_not_read(waiting: World) -> None:
    """Delivered is a state of the delivery; that somebody read it is another thing."""
    post = Post()
    assert dispatch.turn(waiting.engine, waiting.clock, lambda: post) == 1
    row = mail(waiting)
    assert (row["state"], row["attempts"], row["ended_at"], row["read_at"]) == ("delivered", 1, AT, None)
    assert [letter.address for letter in post.sent] == ["he@housing.example"]
    assert post.sent[0].delivery_id == row["id"]
    assert dispatch.turn(waiting.engine, waiting.clock, lambda: post) == 0


def test_a_refusal_is_final(waiting: World) -> None:
    """The bounce is kept in the words of the other side."""
    dispatch.turn(waiting.engine, waiting.clock, lambda: Post(failing(Refused("550 no such user"))))
    row = mail(waiting)
    assert (row["state"], row["reason"], row["error"]) == ("failed", "refused", "550 no such user")


def test_an_unreachable_server_is_tried_again_later(waiting: World) -> None:
    """It waits its turn, keeps the reason, and is delivered when the server is back."""
    down = Post(failing(Unreachable("connection refused")))
    dispatch.turn(waiting.engine, waiting.clock, lambda: down)
    row = mail(waiting)
    assert (row["state"], row["error"], row["attempts"]) == ("waiting", "connection refused", 1)
    assert dispatch.turn(waiting.engine, waiting.clock, lambda: down) == 0
    make_due(waiting)
    dispatch.turn(waiting.engine, waiting.clock, Post)
    assert (mail(waiting)["state"], mail(waiting)["error"]) == ("delivered", None)


def test_tries_are_bounded(waiting: World) -> None:
    """The last failure ends in a state that says so."""
    down = Post(failing(Unreachable("down")))
    for _ in range(dispatch.MAX_ATTEMPTS):
        make_due(waiting)
        assert dispatch.turn(waiting.engine, waiting.clock, lambda: down) == 1
    make_due(waiting)
    assert dispatch.turn(waiting.engine, waiting.clock, lambda: down) == 0
    row = mail(waiting)
    assert (row["state"], row["reason"], row["attempts"]) == ("failed", "exhausted", dispatch.MAX_ATTEMPTS)


def test_an_administrator_may_have_it_tried_again(waiting: World) -> None:
    """A failed delivery begins anew, with all its tries."""
    dispatch.turn(waiting.engine, waiting.clock, lambda: Post(failing(Refused("550"))))
    with db.begin(waiting.engine) as conn:
        assert notices.retry(conn, mail(waiting)["id"], AT)
    dispatch.turn(waiting.engine, waiting.clock, Post)
    assert (mail(waiting)["state"], mail(waiting)["attempts"]) == ("delivered", 1)


def test_no_transaction_is_open_while_the_other_side_is_slow(waiting: World) -> None:
    """During the sending anybody else may write the very same database."""

    def write_meanwhile(_letter: Letter) -> None:
        with db.begin(waiting.engine) as conn:
            store.mark_read(conn, "p-liaison", None, AT)

    dispatch.turn(waiting.engine, waiting.clock, lambda: Post(write_meanwhile))
    assert mail(waiting)["state"] == "delivered"


def test_who_dies_while_sending_loses_nothing(waiting: World) -> None:
    """A delivery in hand is due again after its lease, under the same id."""
    with pytest.raises(KeyboardInterrupt):
        dispatch.turn(waiting.engine, waiting.clock, lambda: Post(failing_hard))
    row = mail(waiting)
    assert row["state"] == "waiting"
    assert row["next_at"] > datetime.now(UTC) + timedelta(minutes=5)
    make_due(waiting)
    post = Post()
    dispatch.turn(waiting.engine, waiting.clock, lambda: post)
    assert [letter.delivery_id for letter in post.sent] == [row["id"]]


def failing_hard(_letter: Letter) -> None:
    """The process is killed."""
    raise KeyboardInterrupt


def test_who_dies_every_time_ends_as_failed(waiting: World) -> None:
    """A letter that kills its sender is not tried for ever."""
    for _ in range(dispatch.MAX_ATTEMPTS):
        make_due(waiting)
        with pytest.raises(KeyboardInterrupt):
            dispatch.turn(waiting.engine, waiting.clock, lambda: Post(failing_hard))
    make_due(waiting)
    assert dispatch.turn(waiting.engine, waiting.clock, Post) == 0
    assert (mail(waiting)["state"], mail(waiting)["reason"]) == ("failed", "exhausted")


def test_pauses_grow_to_an_hour() -> None:
    """10 s, 30 s, 90 s … 3600 s."""
    assert [dispatch.pause(n).total_seconds() for n in (1, 2, 3, 12)] == [10, 30, 90, 3600]
