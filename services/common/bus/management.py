"""RabbitMQ's management interface: the way to accounts, rights and limits, which AMQP does not offer.

A dozen calls of JSON over HTTP with one password: the standard library does that, and `rabbitmqctl` would have to run
on the broker's own machine, under the user of the broker.
"""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

_TIMEOUT: Final = 30


class Unreachable(Exception):
    """管理接口连不上。The management interface does not answer."""


class Refused(Exception):
    """The interface answered no: `status`, and the reason it gave."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        super().__init__(f"{status} {reason}")


class Management:
    """Talks to one broker as one administrator."""

    def __init__(self, address: str, user: str, password: str) -> None:
        """`address` is where the plugin listens, such as `http://127.0.0.1:15672`."""
        self._address = address.rstrip("/")
        account = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {account}", "Content-Type": "application/json"}

    @classmethod
    def at(cls, url: str) -> Management:
        """The one of a URL with account and password."""
        parts = urlsplit(url)
        address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        return cls(address, unquote(parts.username or ""), unquote(parts.password or ""))

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One call (`users/…`, `permissions/…`, `definitions`); its JSON or None. Raises `Unreachable`, `Refused`."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._address}/api/{path}", data, self._headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310  an administrator's address
                text = answer.read()
            return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(error.code, error.read(500).decode("utf-8", "replace")) from error
        except (OSError, HTTPException, ValueError) as error:  # whatever a socket does, and what is no such interface
            raise Unreachable(f"{self._address}: {getattr(error, 'reason', error)}") from error

    def find(self, path: str) -> Any:
        """What is there, or None."""
        return self._unless_missing("GET", path)

    def drop(self, path: str) -> None:
        """Delete what is there; nothing is fine, too."""
        self._unless_missing("DELETE", path)

    def _unless_missing(self, method: str, path: str) -> Any:
        try:
            return self.call(method, path)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise


def place(*names: str) -> str:
    """A path of names that may hold any character."""
    return "/".join(quote(name, safe="") for name in names)
