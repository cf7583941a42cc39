"""Somebody with a browser's habits but no browser: cookies, forms with their token, raw answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, Request, build_opener

_TOKEN: Final = re.compile(r'name="csrf-token" content="([^"]+)"')


class _Stay(HTTPRedirectHandler):
    """A redirect is an answer like any other."""

    def redirect_request(self, *_arguments: Any) -> None:
        """Go nowhere."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever the status."""

    status: int
    kind: str
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def data(self) -> dict[str, Any]:
        """The body as JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(slots=True)
class Visitor:
    """Talks to one address; `head` goes with every request."""

    url: str
    head: dict[str, str] = field(default_factory=dict)
    _opener: OpenerDirector = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()), _Stay())

    def ask(self, method: str, path: str, body: bytes | None = None, **head: str) -> Answer:
        """One request; `Idempotency_Key=…` is a header."""
        named = {name.replace("_", "-"): value for name, value in head.items()}
        request = Request(self.url + path, body, {**self.head, **named}, method=method)
        try:
            with self._opener.open(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers.get_content_type(), answer.read())
        except HTTPError as error:
            with error:
                return Answer(error.code, error.headers.get_content_type(), error.read())

    def get(self, path: str) -> Answer:
        """A page or a JSON answer."""
        return self.ask("GET", path)

    def post(self, path: str, data: Any, **head: str) -> Answer:
        """Send JSON."""
        return self.ask("POST", path, json.dumps(data).encode(), Content_Type="application/json", **head)

    def send(self, path: str, form: dict[str, str], token_from: str = "") -> Answer:
        """Send a form with the token of the page it stands on."""
        found = _TOKEN.search(self.get(token_from or path).text)
        assert found is not None, path
        body = urlencode({**form, "csrf_token": found[1]}).encode()
        return self.ask("POST", path, body, Content_Type="application/x-www-form-urlencoded")

    def sign_in(self, login: str, password: str) -> None:
        """By the front door: the cookie opens all services."""
        assert self.send("/sign-in", {"login": login, "password": password}).status == 303

    def take_token(self, login: str, password: str) -> None:
        """Become a program: every request carries a bearer token."""
        self.head["Authorization"] = f"Bearer {self.post('/api/v1/tokens', _account(login, password)).data['token']}"


def _account(login: str, password: str) -> dict[str, str]:
    return {"login": login, "password": password}
