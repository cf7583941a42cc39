"""A text that was sent too late is never lost, never submitted by itself, and never somebody else's."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.common import kept
from tests.unit.common import apps
from tests.unit.common.test_auth import enter, token_of

TEXT = "“长文”<script>\n" + "意见" * 20_000
SENT = {"text": TEXT, "line": "一行", "unit": ["b"], "choice": "y", "number": "3", "password": "geheim"}


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """The small app."""
    apps.ACTED.clear()
    return apps.make(tmp_path)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a cookie."""
    return app.test_client()


def sealed(html: str) -> str:
    """The hidden fields of the sign-in page."""
    found = re.search(r'name="kept" value="([^"]+)"', html)
    assert found
    return found[1]


def send(client: FlaskClient, path: str = "/private", page: str = "/private", **data: Any) -> Any:
    """Send a form as a browser does."""
    return client.post(path, data=data or SENT, headers={"Referer": f"http://localhost{page}"})


def test_a_form_comes_back_after_signing_in(client: FlaskClient) -> None:
    """On its own page, filled in; nothing has been done, and sending it then does it."""
    asked = send(client)
    assert asked.status_code == 401
    assert "填写的内容还在" in asked.text
    assert "geheim" not in asked.text
    enter(client)
    back = client.post("/private", data={"kept": sealed(asked.text)})
    assert back.status_code == 200
    assert "尚未提交" in back.text or "请检查后重新提交" in back.text
    assert TEXT in unescape(back.text)
    assert "<script>\n意" not in back.text
    assert 'name="number" value="3"' in back.text
    assert 'value="b" checked' in back.text
    assert "geheim" not in back.text
    assert apps.ACTED == []
    token = re.search(r'name="csrf_token" value="([^"]+)"', back.text)
    assert token
    assert client.post("/private", data={"text": TEXT, "csrf_token": token[1]}).text == "done"
    assert len(apps.ACTED) == 1


def test_a_form_that_was_sent_elsewhere_comes_back_on_its_page(client: FlaskClient) -> None:
    """The address it was sent to has no page of its own."""
    asked = send(client, "/private/away", reason="理由如下")
    enter(client)
    back = client.post("/private", data={"kept": sealed(asked.text)})
    assert '<textarea name="reason">\n理由如下</textarea>' in back.text
    assert apps.ACTED == []


def test_where_the_page_is_gone_the_text_is_shown_to_copy(client: FlaskClient) -> None:
    """No page, a page somebody else may not see: the text is there, and only the text."""
    asked = send(client, page="/nowhere", text="我的意见")
    enter(client)
    back = client.post("/nowhere", data={"kept": sealed(asked.text)})
    assert (back.status_code, "我的意见</textarea>" in back.text) == (404, True)
    other = send(client.application.test_client(), "/private/away", "/reports", reason="理由如下")
    assert other.status_code == 401
    client.post("/out", data={"csrf_token": token_of(client)})
    asked = send(client, "/private/away", "/reports", reason="理由如下")
    enter(client)
    back = client.post("/reports", data={"kept": sealed(asked.text)})
    assert (back.status_code, "理由如下</textarea>" in back.text) == (403, True)


def test_whoever_is_still_not_signed_in_is_asked_again(client: FlaskClient) -> None:
    """With the same fields."""
    token = sealed(send(client).text)
    again = client.post("/private", data={"kept": token})
    assert (again.status_code, sealed(again.text)) == (401, token)


def test_kept_fields_are_of_one_browser_and_one_page(client: FlaskClient, app: Flask) -> None:
    """Neither another browser nor another page takes them, nor anything that was changed."""
    token = sealed(send(client).text)
    enter(client)
    stranger = app.test_client()
    enter(stranger)
    for who, path, what in (
        (stranger, "/private", token),
        (client, "/ledger", token),
        (client, "/private", token[:-2]),
        (client, "/private", "x"),
    ):
        answer = who.post(path, data={"kept": what})
        assert answer.status_code == 400
        assert "一行" not in answer.text
    assert apps.ACTED == []


def test_an_expired_page_is_shown_again_filled_in(client: FlaskClient) -> None:
    """A token of an earlier sign-in does nothing; the new page has a token that works."""
    enter(client)
    answer = send(client)
    assert answer.status_code == 400
    assert "已经过期" in answer.text
    assert TEXT in unescape(answer.text)
    token = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    assert token
    assert apps.ACTED == []
    assert client.post("/private", data={**SENT, "csrf_token": token[1]}).text == "done"


def test_a_form_without_fields_and_programs_are_asked_as_ever(client: FlaskClient) -> None:
    """There is nothing to keep, or nobody to read a page."""
    assert client.post("/private").location == "/sign-in?next=%2F"
    assert client.post("/api/things", json={"a": 1}).status_code == 401
    assert client.post("/private", data=SENT, headers={"HX-Request": "true"}).status_code == 401


def test_what_is_too_much_for_a_page_is_not_kept(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then one is sent to sign in, as without a text."""
    monkeypatch.setattr(kept, "_SEALED_MAX", 100)
    assert send(client).status_code == 303
