"""Paper: for those whom nothing else reaches, until somebody has printed it."""

import pytest
from flask import Flask

from services.common import db
from services.notify import app as application
from services.notify import dispatch, tables
from services.notify.channels.letters import Refused
from tests.unit.notify.test_dispatch import Post, failing
from tests.unit.notify.test_pages import enter, token
from tests.unit.notify.worlds import AT, World

LIAISON = {"role": "unit_liaison", "unit": "housing"}


@pytest.fixture
def app(world: World) -> Flask:
    """The web of the office."""
    return application.create(world.settings, world.clock, world.engine)


def test_who_has_neither_account_nor_address_gets_a_letter(world: World) -> None:
    """Nobody else does; of the same words there is one letter."""
    world.notice([{"person": "d-2"}, LIAISON, {"role": "gov_office"}])
    world.notice([{"person": "d-2"}], notice_id="n-2")
    (paper,) = world.deliveries(channel="paper")
    assert (paper["person_id"], paper["state"], paper["notice_id"]) == ("d-2", "waiting", "n-1")


def test_a_letter_stands_in_for_mail_that_bounced(world: World) -> None:
    """For somebody without an account; the liaison has it in the message centre."""
    world.wish("d-2", addresses={"mail": "d2@deputies.example"})
    world.notice([{"person": "d-2"}, LIAISON])
    assert world.deliveries(channel="paper") == []
    dispatch.turn(world.engine, world.clock, Post(failing(Refused("550"))))
    (paper,) = world.deliveries(channel="paper")
    assert (paper["person_id"], paper["state"]) == ("d-2", "waiting")


def test_a_letter_stands_in_for_what_grew_too_old(world: World) -> None:
    """And for every notice of a digest that could not be sent."""
    world.wish("d-2", addresses={"mail": "d2@deputies.example"}, digest_at="09:30")
    for number in (1, 2):
        world.notice([{"person": "d-2"}], notice_id=f"n-{number}", due=str(number))
    with db.begin(world.engine) as conn:
        conn.execute(tables.delivery.update().values(hold_until=AT, give_up_at=AT))
    assert dispatch.turn(world.engine, world.clock, Post()) == (0, 0.0)
    assert [row["notice_id"] for row in world.deliveries(channel="paper")] == ["n-1", "n-2"]


def test_printed_is_a_state_of_its_own(app: Flask, world: World) -> None:
    """The page shows each letter; what was on it is printed, what need not be is not, what came meanwhile waits."""
    for number in (1, 2):
        world.notice([{"person": "d-2"}], notice_id=f"n-{number}", due=str(number))
    assert enter(app, "p-other").get("/paper").status_code == 403
    client = enter(app, "p-admin")
    html = client.get("/paper").text
    assert html.count('class="card sheet"') == 2
    assert "请于1前办理" in html
    assert "2 封待打印" in html
    first, second = (row["id"] for row in world.deliveries(channel="paper"))
    world.notice([{"person": "d-2"}], notice_id="n-3", due="3")
    client.post("/paper", data={"csrf_token": token(client), "id": [first, second], "needless": second})
    client.post("/paper", data={"csrf_token": token(client), "id": [first, second]})
    states = {row["notice_id"]: (row["state"], row["reason"]) for row in world.deliveries(channel="paper")}
    assert sorted(states.values(), key=str) == [("printed", None), ("suppressed", "not_needed"), ("waiting", None)]
    assert "已打印" in client.get("/deliveries?channel=paper").text
    assert "1 封待打印" in client.get("/paper").text
    client.post("/paper", data={"csrf_token": token(client), "id": [row["id"] for row in world.deliveries()]})
    assert "没有待打印的通知" in client.get("/paper").text


def test_health_counts_letters_apart(app: Flask, world: World) -> None:
    """They wait for people, not for a server."""
    world.notice([{"person": "d-2"}, LIAISON])
    answer = app.test_client().get("/health/settled").json
    assert answer is not None
    assert (answer["papers_waiting"], answer["deliveries_waiting"]) == (1, 1)
