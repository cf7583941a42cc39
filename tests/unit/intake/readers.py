"""People with a browser: signing in, sending forms, and what a deputy writes."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.unit.intake.worlds import FORM, PASSWORD

WRITTEN = {
    "title": FORM["title"],
    **{f"body.{part}": text for part, text in FORM["body"].items()},
    "points": "增加车位\n限时停放",
    "secrecy": "none",
    "wish_publish_text": "true",
}


class Reader:
    """Somebody with a browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def post(self, path: str, **fields: Any) -> TestResponse:
        """Send a form with the token of this session."""
        token = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get("/sign-in?next=/").text)
        page = token or re.search(r'name="csrf-token" content="([^"]+)"', self.client.get("/").text)
        assert page
        return self.client.post(path, data={"csrf_token": page[1], **fields})

    def sign_in(self, login: str, password: str = PASSWORD, **more: Any) -> TestResponse:
        """Sign in."""
        return self.post("/sign-in", login=login, password=password, **more)


def key_of(page: str) -> str:
    """The submission key a form carries."""
    found = re.search(r'name="submission_key" value="([^"]+)"', page)
    assert found
    return found[1]
