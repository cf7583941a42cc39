"""The message centre, one's own settings and the delivery log."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.common import auth
from services.notify import app as application
from services.notify.channels import smtp
from tests.unit.notify.worlds import AT, World


@pytest.fixture
def app(world: World) -> Flask:
    """The web of the office."""
    return application.create(world.settings, world.clock, world.engine)


def enter(app: Flask, person: str) -> FlaskClient:
    """A browser in which somebody is signed in."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["account"], session["epoch"] = f"a-{person}", 1
    return client


def token(client: FlaskClient, path: str = "/messages") -> str:
    """The hidden token of a page's forms."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(path).text)
    assert found
    return found.group(1)


def bearer(app: Flask, person: str) -> dict[str, str]:
    """The header of a program that speaks for somebody."""
    with app.app_context():
        return {"Authorization": f"Bearer {auth.issue_token(f'a-{person}', 1)}"}


def test_the_unread_come_first(app: Flask, world: World) -> None:
    """A settled task goes below an unread notice, and counts as unread no more."""
    world.notice([{"role": "unit_liaison", "unit": "housing"}])
    world.task()
    client = enter(app, "p-liaison")
    assert "2 条未读" in client.get("/messages").text
    world.close()
    html = client.get("/messages").text
    assert "1 条未读" in html
    assert html.index("催办：第061031号") < html.index("新的待办：签收")
    assert "已办结" in html


def test_opening_a_message_reads_it_and_leads_to_the_task(app: Flask, world: World) -> None:
    """One click: read, and at the work."""
    world.task()
    client = enter(app, "p-liaison")
    (row,) = world.deliveries()
    answer = client.post(f"/messages/{row['id']}/open", data={"csrf_token": token(client)})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/workflow/tasks/c-1.1")
    assert world.deliveries()[0]["read_at"] is not None
    world.close()
    answer = client.post(f"/messages/{row['id']}/open", data={"csrf_token": token(client)})
    assert answer.headers["Location"] == "/matters/m-1"


def test_messages_are_for_their_person_only(app: Flask, world: World) -> None:
    """Somebody else neither sees nor opens nor reads them."""
    world.task()
    (row,) = world.deliveries()
    client = enter(app, "p-other")
    assert "签收" not in client.get("/messages").text
    assert client.post(f"/messages/{row['id']}/open", data={"csrf_token": token(client)}).status_code == 404
    client.post("/messages/read", data={"csrf_token": token(client), "id": row["id"]})
    assert world.deliveries()[0]["read_at"] is None


def test_everything_can_be_marked_as_read(app: Flask, world: World) -> None:
    """And one by one."""
    world.notice([{"role": "unit_liaison", "unit": "housing"}])
    world.task()
    client = enter(app, "p-liaison")
    client.post("/messages/read", data={"csrf_token": token(client), "all": "1"})
    assert all(row["read_at"] for row in world.deliveries(channel="inapp"))
    assert "条未读" not in client.get("/messages").text


def test_filters_narrow_the_list(app: Flask, world: World) -> None:
    """Tasks, notices, unread; nonsense is everything."""
    world.notice([{"role": "unit_liaison", "unit": "housing"}])
    world.task()
    client = enter(app, "p-liaison")
    assert "催办" not in client.get("/messages?only=task").text
    assert "新的待办" not in client.get("/messages?only=notice").text
    assert "催办" in client.get("/messages?only=nonsense").text


def test_pages_speak_english(app: Flask, world: World) -> None:
    """Package texts in English, and every word of the pages."""
    world.notice([{"role": "unit_liaison", "unit": "housing"}])
    world.task()
    html = enter(app, "p-liaison").get("/messages?lang=en").text
    assert "Reminder: 061031" in html
    assert "New task: 签收" in html
    assert "全部" not in html


def test_one_may_set_an_address_or_refuse_mail(app: Flask, world: World) -> None:
    """A wrong address is told and kept in the field; a right one is used."""
    client = enter(app, "p-liaison")
    bad = client.post("/settings", data={"csrf_token": token(client), "mail": "true", "address-mail": "no address"})
    assert bad.status_code == 422
    assert 'value="no address"' in bad.text
    good = client.post("/settings", data={"csrf_token": token(client), "address-mail": "a@b.example"})
    assert good.status_code == 303
    html = client.get("/settings").text
    assert 'value="a@b.example"' in html
    assert "checked" not in html


def test_empty_lists_say_whether_the_filter_made_them_so(app: Flask) -> None:
    """Nothing there yet, or nothing of this kind."""
    client = enter(app, "p-admin")
    assert "没有消息。" in client.get("/messages").text
    assert "没有这一类消息。" in client.get("/messages?only=task").text
    assert "还没有发送记录。" in client.get("/deliveries").text
    assert "没有符合条件" in client.get("/deliveries?state=undeliverable").text


def test_the_delivery_log_is_for_administrators(app: Flask, world: World) -> None:
    """They see states and reasons, and may have a delivery tried again."""
    world.notice([{"person": "d-2"}])
    assert enter(app, "p-liaison").get("/deliveries").status_code == 403
    client = enter(app, "p-admin")
    html = client.get("/deliveries?state=suppressed").text
    assert "没有可用的地址" in html
    assert "韩若溪" in html
    assert "没有符合条件" in client.get("/deliveries?state=undeliverable").text
    row = world.deliveries(channel="mail")[0]
    retry = f"/deliveries/{row['id']}/retry"
    told = client.post(retry, data={"csrf_token": token(client)}, follow_redirects=True)
    assert "此人还没有可用的地址，没有发送" in told.text
    world.wish("d-2", addresses={"mail": "d2@deputies.example"})
    assert client.post(retry, data={"csrf_token": token(client)}).status_code == 303
    assert world.deliveries(channel="mail")[0]["state"] == "waiting"


def test_programs_read_messages_and_deliveries(app: Flask, world: World) -> None:
    """The same over the API, with a bearer token."""
    message = world.task()
    client = app.test_client()
    mine = client.get("/api/v1/messages", headers=bearer(app, "p-liaison")).json
    assert mine is not None
    assert (mine["unread"], mine["messages"][0]["task_id"]) == (1, "c-1.1")
    path = f"/api/v1/messages/{mine['messages'][0]['id']}/read"
    assert client.post(path, headers=bearer(app, "p-liaison")).json == {"read": 1}
    assert client.get("/api/v1/deliveries", headers=bearer(app, "p-liaison")).status_code == 403
    log = client.get("/api/v1/deliveries?matter_id=m-1", headers=bearer(app, "p-office")).json
    assert log is not None
    assert [row["message_id"] for row in log["deliveries"]] == [message.id]
    retry = f"/api/v1/deliveries/{log['deliveries'][0]['id']}/retry"
    assert client.post(retry, headers=bearer(app, "p-admin")).status_code == 404
    trace = client.get("/api/v1/traces/m-1", headers=bearer(app, "p-admin")).json
    assert trace is not None
    assert message.id in {one["id"] for one in trace["messages"]}


@pytest.mark.parametrize(
    "text",
    [
        *("a@b.example\nBcc: c@d.example", "a b@c.example", "@b", "a@", "张三 <a@b.example>", ""),
        *("he@housing..example", "he@housing.", ".he@housing.example", "何@housing.example", "a@b\\c", "a@[b"),
    ],
)
def test_what_is_no_bare_address_is_refused(text: str) -> None:
    """Nothing that could become a second header or a second recipient, or that no letter can be written to."""
    assert not smtp.is_address(text)


def test_one_says_what_comes_how_and_when(app: Flask, world: World) -> None:
    """The answers come back into the form; a wrong one is told beside its field, and nothing is lost."""
    client = enter(app, "p-liaison")
    answer = {"notice-mail": "1", "task-mail": "1", "quiet_from": "22:00", "quiet_until": "", "digest_at": "17:30"}
    bad = client.post("/settings", data={"csrf_token": token(client), **answer})
    assert bad.status_code == 422
    assert 'href="#quiet_until"' in bad.text
    assert 'value="22:00"' in bad.text
    good = client.post("/settings", data={"csrf_token": token(client), **answer, "quiet_until": "07:00"})
    assert good.status_code == 303
    html = client.get("/settings?lang=en").text
    assert re.findall(r'name="(\w+-mail)" value="1" type="checkbox" checked', html) == ["notice-mail", "task-mail"]
    assert re.findall(r'type="time" value="(\d\d:\d\d)"', html) == ["22:00", "07:00", "17:30"]


def test_health_names_the_texts_that_could_not_be_filled(app: Flask, world: World) -> None:
    """For a week; the service is ready all the same."""
    ready = app.test_client().get("/health/ready").json
    assert ready is not None
    assert ready["parts"]["texts"] == {"ok": True, "fell_back": 0, "texts": []}
    world.notice([{"role": "unit_liaison", "unit": "housing"}], template="broken")
    answer = app.test_client().get("/health/ready")
    assert answer.status_code == 200
    assert answer.json is not None
    texts = answer.json["parts"]["texts"]
    assert (texts["ok"], texts["fell_back"], texts["texts"]) == (True, 1, ["broken"])
    assert "broken" in texts["warning"]
    world.clock.at = AT + timedelta(days=8)
    later = app.test_client().get("/health/ready").json
    assert later is not None
    assert later["parts"]["texts"]["fell_back"] == 0
