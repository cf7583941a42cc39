"""Parked messages: found by what they are about, read whole, replayed, discarded; the same pages in every service."""

import pytest
from flask import Flask
from sqlalchemy import insert, select

from services.common import db, inbox
from services.intake import accounts, tables
from services.intake import app as application
from tests.unit.intake.readers import Reader
from tests.unit.intake.worlds import PASSWORD, World


def park(world: World, message_id: str, code: str = "failed", body: bytes = b'{"matter_id":"m-1"}') -> None:
    """A message that was put aside."""
    row = {
        "channel": "events",
        "message_id": message_id,
        "type": "task.opened.v1",
        "subject": f"about-{message_id}",
        "headers": {"ce-source": "/workflow"},
        "body": body,
        "digest": "0",
        "received_at": world.clock.now(),
        "state": inbox.PARKED,
        "attempts": 8,
        "code": code,
        "error": "LookupError: <gone>",
    }
    with db.begin(world.engine) as conn:
        conn.execute(insert(tables.inbox).values(**row))


@pytest.fixture
def admin(world: World) -> Reader:
    """The administrator, signed in."""
    with db.begin(world.engine) as conn:
        accounts.create(
            conn,
            "root",
            login="root",
            password=PASSWORD,
            person_id="p-clerk",
            roles=[{"role": "administrator"}],
            now=world.clock.now(),
        )
    app: Flask = application.create(world.settings, world.clock, world.engine)
    reader = Reader(app.test_client())
    reader.sign_in("root")
    return reader


def states(world: World) -> dict[str, str]:
    """State by message id."""
    with db.read(world.engine) as conn:
        rows = conn.execute(select(tables.inbox.c.message_id, tables.inbox.c.state))
        return {row.message_id: row.state for row in rows}


def test_a_parked_message_is_found_and_read(world: World, admin: Reader) -> None:
    """By any of its words; its page shows body, headers and reason, escaped."""
    park(world, "one")
    park(world, "two", body=b"\xff no json")
    page = admin.client.get("/parked?q=about-one").text
    assert "about-one" in page
    assert "about-two" not in page
    assert "没有符合条件的消息" in admin.client.get("/parked?q=zzz").text
    page = admin.client.get("/parked/1").text
    for text in ("&#34;matter_id&#34;: &#34;m-1&#34;", "ce-source", "LookupError: &lt;gone&gt;"):
        assert text in page
    assert "no json" in admin.client.get("/parked/2").text
    assert admin.client.get("/parked/3").status_code == 404


def test_a_replayed_message_is_new_again(world: World, admin: Reader) -> None:
    """A conflicting duplicate stays where it is."""
    park(world, "one")
    park(world, "two", code="duplicate_conflict")
    assert admin.post("/parked/replay", id=["1", "2", "x"]).status_code == 303
    assert states(world) == {"one": "new", "two": "parked"}
    assert "不能重放" in admin.client.get("/parked/2").text


def test_a_discarded_message_is_out_of_the_way_and_not_lost(world: World, admin: Reader) -> None:
    """Neither listed nor counted, found by its state, and new again when it is replayed; others are left alone."""
    for name in ("one", "two"):
        park(world, name)
    assert admin.post("/parked/discard", id=["1", "x", "7"]).status_code == 303
    assert states(world) == {"one": "discarded", "two": "parked"}
    page = admin.client.get("/parked").text
    assert ("about-two" in page, "about-one" in page, "已作废 1 条消息" in page) == (True, False, True)
    page = admin.client.get("/parked?state=discarded").text
    assert ("about-two" in page, "about-one" in page) == (False, True)
    admin.post("/parked/discard", id="1")
    assert "没有可以作废的消息" in admin.client.get("/parked").text
    admin.post("/parked/replay", id="1")
    assert states(world) == {"one": "new", "two": "parked"}


def test_others_see_no_messages(world: World, admin: Reader) -> None:
    """Messages hold what not everybody may read."""
    park(world, "one")
    admin.post("/sign-out")
    assert admin.client.get("/parked").status_code == 303
    admin.sign_in("clerk")
    assert admin.client.get("/parked").status_code == 403
    assert admin.client.get("/parked/1").status_code == 403
    assert admin.post("/parked/discard", id="1").status_code == 403
