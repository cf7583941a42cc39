"""A provider reached over HTTP that fails on purpose, and what becomes of the text messages."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from services.common import db
from services.common.config import ConfigError
from services.notify import app as application
from services.notify import dispatch, loops, tables
from services.notify.channels import descriptions, registry
from services.notify.channels.http import HttpChannel, fill
from services.notify.channels.letters import Letter
from tests.integration.providers import FILE, SECRETS, TAKEN, Act, Provider, answering, dripping, hanging_up
from tests.unit.notify import worlds
from tests.unit.notify.worlds import AT, World

LIAISON = [{"role": "unit_liaison", "unit": "housing"}]


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A running provider on a free port."""
    provider = Provider()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


@pytest.fixture
def world(tmp_path: Path, provider: Provider) -> Iterator[World]:
    """Notify with text messages; the liaison has a number."""
    file = tmp_path / "channels.yaml"
    file.write_text(FILE.format(port=provider.port), "utf-8")
    world = worlds.build(tmp_path, smtp="", HUIYIN_CHANNELS=str(file), **SECRETS)
    world.wish("p-liaison", addresses={"sms": "13900000001"})
    yield world
    world.engine.dispose()


def send(world: World) -> tuple[int, float]:
    """One turn of the dispatcher."""
    return dispatch.turn(world.engine, world.clock, world.ways.channels["sms"])


def sms(world: World) -> dict[str, Any]:
    """The one text message."""
    (row,) = world.deliveries(channel="sms")
    return row


def test_a_text_message_is_what_the_file_says(world: World, provider: Provider) -> None:
    """Address, text and secret in their places; the provider's id is kept; sent is not delivered."""
    world.notice(LIAISON)
    assert send(world) == (1, 0.0)
    ((path, headers, body),) = provider.asked
    row = sms(world)
    assert path == f"/send?ref={row['id']}"
    assert headers["Authorization"] == "Bearer t0ken"
    assert body == {"phone": "13900000001", "text": "催办：第061031号"}
    assert (row["state"], row["provider_id"], row["sent_at"], row["delivered_at"]) == ("sent", "p-77", AT, None)


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (answering(500, {}, b"out of order"), "HTTP 500 out of order"),
        (answering(503, {}, b""), "HTTP 503"),
        (answering(401, {}, b"bad token t0ken"), "HTTP 401 bad token ***"),
        (answering(302, {"Location": "http://127.0.0.1:1/"}, b""), "HTTP 302"),
        (answering(200, {}, b"<html>garbage \xff\x00</html>"), "HTTP 200 <html>garbage \ufffd</html>"),
        (answering(200, {}, b'{"code": 7}'), 'HTTP 200 {"code": 7}'),
        (hanging_up, "RemoteDisconnected"),
        (lambda _request: time.sleep(1), "no answer within 0.5 s"),
        (dripping, "no answer within 0.5 s"),
    ],
    ids=["500", "503", "401", "302", "garbage", "other code", "hangs up", "hangs", "drips"],
)
def test_what_may_mend_is_tried_again(world: World, provider: Provider, act: Act, error: str) -> None:
    """It waits, keeps the reason without our secrets, and is sent once the provider has recovered."""
    provider.act = act
    world.notice(LIAISON)
    begun = time.monotonic()
    send(world)
    assert time.monotonic() - begun < 2
    row = sms(world)
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    assert error in row["error"]
    assert send(world) == (0, 0.0), "not before its pause is over"
    provider.act = answering(*TAKEN)
    make_due(world)
    send(world)
    assert (sms(world)["state"], sms(world)["attempts"], sms(world)["error"]) == ("sent", 2, None)


@pytest.mark.parametrize(
    "act",
    [answering(400, {}, b"no such number"), answering(200, {}, b'{"code": 1001, "msg": "no such number"}')],
    ids=["400", "a code the file calls final"],
)
def test_what_will_not_mend_is_final(world: World, provider: Provider, act: Act) -> None:
    """Asked once, undeliverable, in the provider's words."""
    provider.act = act
    world.notice(LIAISON)
    send(world)
    row = sms(world)
    assert (row["state"], row["reason"]) == ("undeliverable", "refused")
    assert "no such number" in row["error"]
    make_due(world)
    assert send(world) == (0, 0.0)
    assert len(provider.asked) == 1


@pytest.mark.parametrize(("wish", "seconds"), [("7", 7), ("", 60), ("soon", 60), ("99999", 3600), ("date", 90)])
def test_a_busy_provider_is_left_alone_as_long_as_it_wishes(
    world: World, provider: Provider, wish: str, seconds: int
) -> None:
    """429 with Retry-After in seconds, as a date, as nonsense or without: no try of the message is used up."""
    if wish == "date":
        wish = (datetime.now(UTC) + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    provider.act = answering(429, {"Retry-After": wish}, b"slow down")
    world.notice(LIAISON)
    taken, alone = send(world)
    assert taken == 1
    assert alone == pytest.approx(seconds, abs=3)
    row = sms(world)
    assert (row["state"], row["attempts"]) == ("waiting", 0)
    assert row["next_at"] == pytest.approx(datetime.now(UTC) + timedelta(seconds=seconds), abs=timedelta(seconds=4))


def test_a_provider_that_is_away_costs_one_try_for_the_turn(world: World, provider: Provider) -> None:
    """Nobody listens: what waits is tried again later."""
    provider.server.shutdown()
    provider.server.server_close()
    world.notice(LIAISON)
    send(world)
    assert "Refused" in sms(world)["error"]
    assert sms(world)["state"] == "waiting"


def test_a_slow_provider_delays_no_other_channel(
    world: World, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While text messages hang, the other channel's leave at once: each has a loop of its own."""
    file = tmp_path / "channels.yaml"
    slow = FILE.format(port=provider.port)
    fast = slow.replace("channels:\n", "").replace("id: sms", "id: chat").replace("/send?", "/chat?")
    file.write_text(slow + fast, "utf-8")
    provider.act = lambda request: time.sleep(5) if request.path.startswith("/send") else answering(*TAKEN)(request)
    world.wish("p-liaison", addresses={"sms": "13900000001", "chat": "13900000001"})
    for number in range(5):
        world.notice(LIAISON, notice_id=f"n-{number}", due=f"2026-03-1{number}")
    stop = Event()
    loop = Thread(target=loops.send, args=(world.settings, world.engine, world.clock, stop))
    begun = time.monotonic()
    loop.start()
    while len(world.deliveries(channel="chat", state="sent")) < 5:
        assert time.monotonic() - begun < 2
        time.sleep(0.02)
    assert world.deliveries(channel="sms", state="sent") == []
    stop.set()
    loop.join(5)
    assert not loop.is_alive()


def test_a_receipt_tells_that_it_arrived_or_never_will(world: World, provider: Provider) -> None:
    """By the provider's id or ours, with the shared secret; what was known changes nothing."""
    client = application.create(world.settings, world.clock, world.engine).test_client()
    world.notice(LIAISON)
    send(world)
    told = {"msgid": "p-77", "stat": "DELIVRD"}
    path = "/api/v1/receipts/sms"
    assert client.post(path, json=told).status_code == 401
    assert client.post(path, json=told, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.post("/api/v1/receipts/mail", json=told).status_code == 404
    assert sms(world)["state"] == "sent"
    bearer = {"Authorization": "Bearer shared"}
    for nonsense in ([], {}, "x", {"msgid": "p-77"}, [[]]):
        assert client.post(path, json=nonsense, headers=bearer).status_code == 400
    assert client.post(path, json={**told, "stat": "ACCEPTD"}, headers=bearer).status_code == 200
    assert sms(world)["state"] == "sent", "an interim state changes nothing"
    assert client.post(path, json=[told], headers=bearer).status_code == 200
    assert (sms(world)["state"], sms(world)["delivered_at"]) == ("delivered", AT)
    late = client.post(f"{path}?secret=shared", data={"msgid": sms(world)["id"], "stat": "UNDELIV"})
    assert late.status_code == 200
    assert sms(world)["state"] == "delivered"


def test_a_receipt_of_a_letter_not_known_here_costs_no_other(world: World, provider: Provider) -> None:
    """It is asked for again, for it may be early; those that came with it are kept now, it may never be known."""
    client = application.create(world.settings, world.clock, world.engine).test_client()
    world.notice(LIAISON)
    send(world)
    told = [{"msgid": "p-77", "stat": "DELIVRD"}, {"msgid": "x", "stat": "DELIVRD"}]
    assert client.post("/api/v1/receipts/sms?secret=shared", json=told).status_code == 404
    assert sms(world)["state"] == "delivered"


def test_secrets_are_shown_by_nothing(world: World, provider: Provider) -> None:
    """Neither by what a busy provider repeats of the request, as it is or as an address holds it, nor by `repr`."""
    channel = world.ways.channels["sms"]
    assert isinstance(channel, HttpChannel)
    assert "t0ken" not in repr(channel)
    assert "shared" not in repr(channel)
    odd = HttpChannel(replace(channel.about, secrets={"token": "a/b+c"}))
    world.notice(LIAISON)
    provider.act = answering(429, {}, b"slow down, a/b+c, a/b%2Bc, a%2Fb%2Bc")
    dispatch.turn(world.engine, world.clock, odd)
    assert sms(world)["error"] == "HTTP 429 slow down, ***, ***, ***"


def test_an_id_that_no_database_keeps_does_not_send_the_letter_again(world: World, provider: Provider) -> None:
    """PostgreSQL refuses a NUL: the letter would count as not sent, and leave every quarter of an hour."""
    provider.act = answering(200, {}, b'{"code": 0, "data": {"id": "p-\\u00007"}}')
    world.notice(LIAISON)
    send(world)
    assert (sms(world)["state"], sms(world)["provider_id"]) == ("sent", "p-7")


def test_a_bad_receipt_makes_sent_undeliverable(world: World, provider: Provider) -> None:
    """As a form, as many providers do it; the administrator finds it and may try again."""
    client = application.create(world.settings, world.clock, world.engine).test_client()
    world.notice(LIAISON)
    send(world)
    told = {"msgid": sms(world)["id"], "stat": "UNDELIV"}
    assert client.post("/api/v1/receipts/sms?secret=shared", data=told).status_code == 200
    row = sms(world)
    assert (row["state"], row["reason"], row["error"]) == ("undeliverable", "not_delivered", "UNDELIV")


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (("id: sms", "id: mail"), "$.channels[0].id"),
        (("pattern: '1", "pattern: '(1"), "address.pattern"),
        (("{{ zh.subject|tojson }}", "{{ zh.subject|tojson"), "unexpected"),
        (("SMS_TOKEN", "SMS_TOKEM"), "the variable SMS_TOKEM is not set"),
        (("timeout: 0.5", "timeout: 300"), "request.timeout"),
        (("timeout: 0.5", "proxy: x"), "'proxy'"),
        (("field: code, ", ""), "belong together"),
        (("channels:", "chanels:"), "'channels' is a required property"),
        (("channels:", "channels: ["), "flow"),
    ],
)
def test_a_wrong_file_is_told_with_the_place(world: World, change: tuple[str, str], wrong: str) -> None:
    """Before anything starts."""
    assert world.settings.channels is not None
    text = world.settings.channels.read_text("utf-8")
    assert change[0] in text
    world.settings.channels.write_text(text.replace(*change), "utf-8")
    with pytest.raises(ConfigError) as caught:
        registry.of(world.settings)
    assert wrong in str(caught.value)
    assert "t0ken" not in str(caught.value)


def test_the_example_in_deploy_can_be_used(tmp_path: Path) -> None:
    """A text message and a chat robot, as the manual tells administrators to begin."""
    variables = dict.fromkeys(("SMS_KEY", "SMS_RECEIPT_SECRET", "CHAT_ROBOT_KEY"), "k")
    found = descriptions.load(Path(__file__).parents[2] / "deploy/channels.example.yaml", variables)
    assert [one.id for one in found] == ["sms", "chat"]
    texts = {"zh": {"subject": '催"办', "body": ""}, "en": {"subject": "S", "body": ""}}
    letter = Letter(delivery_id="d", address="13900000001", texts=texts, at=AT)
    for one in found:
        assert "13900000001" in str(json.loads(fill(one, letter).body))


def make_due(world: World) -> None:
    """The pause is over."""
    with db.begin(world.engine) as conn:
        waiting = tables.delivery.c.state == "waiting"
        conn.execute(tables.delivery.update().where(waiting).values(next_at=datetime(2020, 1, 1, tzinfo=UTC)))
