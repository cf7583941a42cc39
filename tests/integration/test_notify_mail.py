"""Mail over a real SMTP server: accepted, bounced, slow, away, and what a reader gets."""

import email
import email.policy
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from services.common import db
from services.notify import dispatch, tables
from services.notify.channels import smtp
from services.notify.channels.smtp import Mail
from tests.unit.notify import worlds
from tests.unit.notify.worlds import World

LIAISON = [{"role": "unit_liaison", "unit": "housing"}]


class Office:
    """A mail office: refuses and puts off whom a test names, keeps the rest."""

    def __init__(self) -> None:
        self.refused: dict[str, str] = {}
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.data_answer = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        """Answer to a recipient."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep the mail."""
        if self.data_answer.startswith("250"):
            mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append((list(envelope.rcpt_tos), mail))
        return self.data_answer


@pytest.fixture
def office() -> Office:
    """What the server does."""
    return Office()


@pytest.fixture
def server(office: Office) -> Iterator[Controller]:
    """A running mail server on a free port."""
    controller = Controller(office, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop(no_assert=True)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Notify with mail switched on."""
    world = worlds.build(tmp_path)
    yield world
    world.engine.dispose()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def send(world: World, port: int) -> int:
    """One turn of the dispatcher."""
    sender = "huiyin@yunting.example"
    return dispatch.turn(world.engine, world.clock, Mail(f"smtp://127.0.0.1:{port}", sender))[0]


def mail_of(world: World, person: str = "p-liaison") -> dict[str, Any]:
    """The mail delivery of somebody."""
    (row,) = world.deliveries(channel="mail", person_id=person)
    return row


def test_a_mail_has_both_languages_and_the_id_of_its_delivery(world: World, server: Controller, office: Office) -> None:
    """Both subjects, a part per language, and a Message-ID by which a repeated mail is known."""
    world.notice(LIAISON)
    assert send(world, server.port) == 1
    ((recipients, mail),) = office.mails
    assert recipients == ["he@housing.example"]
    assert mail["Subject"] == "催办：第061031号 / Reminder: 061031"
    assert mail["From"] == "huiyin@yunting.example"
    assert mail["Message-ID"] == f"<{mail_of(world)['id']}@yunting.example>"
    parts = {part["Content-Language"]: part.get_content().strip() for part in mail.iter_parts()}
    assert parts["zh-Hans-CN"] == "《关于加装电梯的建议》请于2026-03-13前办理。"
    assert parts["en"] == "“关于加装电梯的建议” is due 2026-03-13."
    assert mail_of(world)["state"] == "sent"


def test_a_bounce_ends_as_undeliverable_and_holds_up_nobody(world: World, server: Controller, office: Office) -> None:
    """The server does not know the one; the other gets his mail in the same turn."""
    office.refused["he@housing.example"] = "550 5.1.1 no such user here"
    world.notice([*LIAISON, {"person": "d-1"}])
    send(world, server.port)
    row = mail_of(world)
    assert (row["state"], row["reason"]) == ("undeliverable", "refused")
    assert "no such user here" in row["error"]
    assert mail_of(world, "d-1")["state"] == "sent"


def test_a_busy_server_is_asked_again(world: World, server: Controller, office: Office) -> None:
    """4xx to the recipient or to the content: not now."""
    office.refused["he@housing.example"] = "450 mailbox busy"
    world.notice([*LIAISON, {"person": "d-1"}])
    office.data_answer = "451 try later"
    send(world, server.port)
    for person in ("p-liaison", "d-1"):
        row = mail_of(world, person)
        assert (row["state"], row["attempts"]) == ("waiting", 1)
        assert row["error"].startswith("45")


def test_a_refused_content_is_final(world: World, server: Controller, office: Office) -> None:
    """554 after DATA."""
    office.data_answer = "554 looks like spam"
    world.notice(LIAISON)
    send(world, server.port)
    assert (mail_of(world)["state"], mail_of(world)["error"]) == ("undeliverable", "554 looks like spam")


def test_a_server_that_is_away_is_tried_later_and_delivers_once(world: World, office: Office) -> None:
    """Nothing is lost while it is down, nothing is sent twice when it is back."""
    port = free_port()
    world.notice([*LIAISON, {"person": "d-1"}])
    assert send(world, port) == 2
    assert {mail_of(world)["state"], mail_of(world, "d-1")["state"]} == {"waiting"}
    assert "refused" in mail_of(world)["error"].lower()
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        assert send(world, port) == 0, "not before its pause is over"
        make_due(world)
        assert send(world, port) == 2
        assert send(world, port) == 0
    finally:
        controller.stop(no_assert=True)
    assert len(office.mails) == 2
    assert mail_of(world)["state"] == "sent"


def test_a_server_that_says_nothing_does_not_hold_the_turn_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers the call and then keeps silent: one time-out for the whole turn, not one per mail."""
    monkeypatch.setattr(smtp, "TIMEOUT", 0.3)
    world.notice([*LIAISON, {"person": "d-1"}])
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert send(world, silent.getsockname()[1]) == 2
    errors = {mail_of(world)["error"], mail_of(world, "d-1")["error"]}
    assert len(errors) == 1
    assert mail_of(world)["state"] == "waiting"


def make_due(world: World) -> None:
    """The pause is over."""
    with db.begin(world.engine) as conn:
        waiting = tables.delivery.c.state == "waiting"
        conn.execute(tables.delivery.update().where(waiting).values(next_at=datetime(2020, 1, 1, tzinfo=UTC)))
