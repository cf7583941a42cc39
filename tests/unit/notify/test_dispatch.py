"""Sending: what each answer of the other side makes of a delivery."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any, Self

import pytest

from services.common import db
from services.notify import dispatch, notices, store, tables
from services.notify.channels.letters import Busy, Letter, Refused, Unreachable
from tests.unit.notify.worlds import AT, World


class Post:
    """A channel without a network, and its own conversation: answers as told, keeps what it sent."""

    label = address_label = ("邮件", "mail")

    def __init__(self, answer: Callable[[Letter], None] = lambda letter: None, id: str = "mail") -> None:
        self.id = id
        self.answer = answer
        self.sent: list[Letter] = []

    def accepts(self, address: str) -> bool:
        """Anything is an address."""
        return bool(address)

    def open(self) -> Self:
        """Begin."""
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        """Nothing to close."""

    def send(self, letter: Letter) -> None:
        """Answer, then keep."""
        self.answer(letter)
        self.sent.append(letter)


def turn(world: World, post: Post) -> int:
    """One turn of the dispatcher; how many were taken in hand."""
    return dispatch.turn(world.engine, world.clock, post)[0]


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


def test_what_was_sent_is_neither_delivered_nor_read(waiting: World) -> None:
    """Sent is what the sender knows; whether it arrived, and whether somebody read it, are other things."""
    post = Post()
    assert turn(waiting, post) == 1
    row = mail(waiting)
    assert (row["state"], row["attempts"], row["sent_at"]) == ("sent", 1, AT)
    assert (row["ended_at"], row["delivered_at"], row["read_at"]) == (AT, None, None)
    assert [letter.address for letter in post.sent] == ["he@housing.example"]
    assert post.sent[0].delivery_id == row["id"]
    assert turn(waiting, post) == 0


def test_a_refusal_is_final(waiting: World) -> None:
    """The bounce is kept in the words of the other side."""
    turn(waiting, Post(failing(Refused("550 no such user"))))
    row = mail(waiting)
    assert (row["state"], row["reason"], row["error"]) == ("undeliverable", "refused", "550 no such user")


def test_an_unreachable_server_is_tried_again_later(waiting: World) -> None:
    """It waits its turn, keeps the reason, and is delivered when the server is back."""
    down = Post(failing(Unreachable("connection refused")))
    turn(waiting, down)
    row = mail(waiting)
    assert (row["state"], row["error"], row["attempts"]) == ("waiting", "connection refused", 1)
    assert turn(waiting, down) == 0
    make_due(waiting)
    turn(waiting, Post())
    assert (mail(waiting)["state"], mail(waiting)["error"]) == ("sent", None)


def test_tries_are_bounded(waiting: World) -> None:
    """The last failure ends in a state that says so."""
    down = Post(failing(Unreachable("down")))
    for _ in range(dispatch.MAX_ATTEMPTS):
        make_due(waiting)
        assert turn(waiting, down) == 1
    make_due(waiting)
    assert turn(waiting, down) == 0
    row = mail(waiting)
    assert (row["state"], row["reason"], row["attempts"]) == ("undeliverable", "exhausted", dispatch.MAX_ATTEMPTS)


def test_an_administrator_may_have_it_tried_again(waiting: World) -> None:
    """A failed delivery begins anew, with all its tries."""
    turn(waiting, Post(failing(Refused("550"))))
    with db.begin(waiting.engine) as conn:
        notices.retry(conn, mail(waiting)["id"], waiting.ways, AT)
    turn(waiting, Post())
    assert (mail(waiting)["state"], mail(waiting)["attempts"]) == ("sent", 1)


def test_no_transaction_is_open_while_the_other_side_is_slow(waiting: World) -> None:
    """During the sending anybody else may write the very same database."""

    def write_meanwhile(_letter: Letter) -> None:
        with db.begin(waiting.engine) as conn:
            store.mark_read(conn, "p-liaison", None, AT)

    turn(waiting, Post(write_meanwhile))
    assert mail(waiting)["state"] == "sent"


def test_who_dies_while_sending_loses_nothing(waiting: World) -> None:
    """A delivery in hand is due again after its lease, under the same id."""
    with pytest.raises(KeyboardInterrupt):
        turn(waiting, Post(failing_hard))
    row = mail(waiting)
    assert row["state"] == "waiting"
    assert row["next_at"] > datetime.now(UTC) + timedelta(minutes=5)
    make_due(waiting)
    post = Post()
    turn(waiting, post)
    assert [letter.delivery_id for letter in post.sent] == [row["id"]]


def test_a_letter_that_breaks_its_channel_costs_no_other_a_try(world: World) -> None:
    """It is tried again by itself; the others in hand leave in the same turn."""
    world.notice([{"role": "unit_liaison", "unit": "housing"}, {"person": "d-1"}])

    def answer(letter: Letter) -> None:
        if letter.address.startswith("he@"):
            raise KeyError("nobody thought of this")

    turn(world, Post(answer))
    broken, sent = sorted(world.deliveries(channel="mail"), key=lambda row: row["state"], reverse=True)
    assert (broken["state"], broken["attempts"], broken["error"]) == ("waiting", 1, "KeyError")
    assert sent["state"] == "sent"


def failing_hard(_letter: Letter) -> None:
    """The process is killed."""
    raise KeyboardInterrupt


def test_who_dies_every_time_ends_as_failed(waiting: World) -> None:
    """A letter that kills its sender is not tried for ever."""
    for _ in range(dispatch.MAX_ATTEMPTS):
        make_due(waiting)
        with pytest.raises(KeyboardInterrupt):
            turn(waiting, Post(failing_hard))
    make_due(waiting)
    assert turn(waiting, Post()) == 0
    assert (mail(waiting)["state"], mail(waiting)["reason"]) == ("undeliverable", "exhausted")


def test_pauses_grow_to_an_hour() -> None:
    """10 s, 30 s, 90 s … 3600 s."""
    assert [dispatch.pause(n).total_seconds() for n in (1, 2, 3, 12)] == [10, 30, 90, 3600]


def test_who_is_busy_is_left_alone_and_that_is_no_try(world: World) -> None:
    """What the channel did not take is due when it wishes; what it took before is sent."""
    world.notice([{"role": "unit_liaison", "unit": "housing"}, {"person": "d-1"}])
    answers: list[Exception | None] = [None, Busy("429", 120)]

    def answer(_letter: Letter) -> None:
        if found := answers.pop(0):
            raise found

    assert dispatch.turn(world.engine, world.clock, Post(answer)) == (2, 120)
    first, second = sorted(world.deliveries(channel="mail"), key=lambda row: row["state"])
    assert (first["state"], second["state"], second["attempts"], second["error"]) == ("sent", "waiting", 0, "429")
    assert second["next_at"] > datetime.now(UTC) + timedelta(seconds=100)


def test_one_channel_takes_nothing_in_hand_for_another(waiting: World) -> None:
    """A mail that waits is no work for a channel of another name."""
    assert turn(waiting, Post(id="sms")) == 0
    assert mail(waiting)["attempts"] == 0


def test_what_could_not_be_sent_for_days_is_out_of_date(waiting: World) -> None:
    """It is not sent any more, and says so."""
    with db.begin(waiting.engine) as conn:
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        conn.execute(tables.delivery.update().values(next_at=long_ago, give_up_at=long_ago))
    assert turn(waiting, Post()) == 0
    assert (mail(waiting)["state"], mail(waiting)["reason"]) == ("expired", "too_late")


def test_who_is_told_to_stop_puts_the_rest_back(world: World) -> None:
    """The letter in hand is sent; the others are due at once, for whoever comes next."""
    world.notice([{"role": "unit_liaison", "unit": "housing"}, {"person": "d-1"}])
    with db.begin(world.engine) as conn:
        columns = tables.delivery.c
        conn.execute(tables.delivery.update().values(error=columns.address))  # each has an error of its own
    stop = Event()
    post = Post(lambda _letter: stop.set())
    dispatch.turn(world.engine, world.clock, post, stop)
    assert sorted(row["state"] for row in world.deliveries(channel="mail")) == ["sent", "waiting"]
    stop.set()
    dispatch.turn(world.engine, world.clock, post, stop)
    (back,) = world.deliveries(channel="mail", state="waiting")
    assert (back["attempts"], back["error"]) == (0, back["address"])
    assert dispatch.turn(world.engine, world.clock, Post()) == (1, 0.0)
