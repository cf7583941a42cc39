"""A small HTTP client for the services' interfaces: JSON, bearer tokens of several accounts."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import local
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson

TIMEOUT = 60.0


class Unanswered(Exception):
    """The service did not answer, or answered that something is wrong: `status` (0: nothing), `body`."""

    def __init__(self, where: str, status: int, body: Mapping[str, Any]) -> None:
        self.status, self.body = status, body
        problem = body.get("detail") or body.get("title") or ""
        errors = "; ".join(f"{one.get('path')}: {one.get('text')}" for one in body.get("errors") or ())
        super().__init__(f"{where} → {status} {problem} {errors}".strip())


@dataclass(slots=True)
class Client:
    """Talks to one address. `passwords` by login; tokens are fetched when first needed."""

    url: str
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    _tokens: dict[str, str] = field(default_factory=dict, repr=False)
    _own: local = field(default_factory=local, repr=False)

    def get(self, path: str, login: str | None = None, **query: str) -> dict[str, Any]:
        """A JSON answer; raises `Unanswered`."""
        where = f"{quote(path)}?{urlencode(query)}" if query else quote(path)
        return self._ask("GET", where, None, login, {})

    def post(self, path: str, body: Mapping[str, Any], login: str | None = None, key: str = "") -> dict[str, Any]:
        """Send JSON; `key` is the Idempotency-Key. Raises `Unanswered`."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._ask("POST", quote(path), orjson.dumps(body), login, headers)

    def delete(self, path: str, login: str | None = None) -> dict[str, Any]:
        """Have something deleted; raises `Unanswered`."""
        return self._ask("DELETE", quote(path), None, login, {})

    def close(self) -> None:
        """Let go of this thread's connection; the next question opens another."""
        found: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        self._own.connection = None
        if found is not None:
            found.close()

    def _ask(
        self, method: str, path: str, body: bytes | None, login: str | None, headers: dict[str, str]
    ) -> dict[str, Any]:
        if body is not None:
            headers["Content-Type"] = "application/json"
        if login is not None:
            headers["Authorization"] = f"Bearer {self._token(login)}"
        try:
            status, raw = self._send(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            raise Unanswered(f"{method} {self.url}{path}", 0, {"detail": repr(error)}) from error
        answer = _read(raw)
        if status >= 400:
            raise Unanswered(f"{method} {path}", status, answer)
        return answer

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        """One request over this thread's connection; one that went stale is opened again."""
        fresh = getattr(self._own, "connection", None) is None
        connection = self._connect()
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self._own.connection = None
            if fresh or method != "GET":
                raise
            return self._send(method, path, body, headers)

    def _connect(self) -> http.client.HTTPConnection:
        found: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if found is None:
            parts = urlsplit(self.url)
            kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
            found = self._own.connection = kind(parts.hostname or "localhost", parts.port, timeout=TIMEOUT)
        return found

    def _token(self, login: str) -> str:
        if login not in self._tokens:
            body = {"login": login, "password": self.passwords[login]}
            self._tokens[login] = self.post("/api/v1/tokens", body)["token"]
        return self._tokens[login]


def _read(raw: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {"detail": raw[:300].decode("utf-8", "replace")}
    return found if isinstance(found, dict) else {"items": found}
