"""Text messages, chat tools and whatever else takes one HTTP request per letter, as its description says.

What the answer means: the status and field it names are success; 429, and 503 that says for how long, are "not now";
other 5xx, silence, broken connections, answers that cannot be read and refusals of *our* credentials (401, 403, 407)
may be mended and are tried again; every other 4xx is final. Redirects are not followed.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection, InvalidURL
from threading import Event, Timer
from typing import Any, Final, Self
from urllib.parse import quote, urlsplit

import orjson

from services.common import sandboxes
from services.common.clock import SystemClock
from services.notify.channels.descriptions import Description, text_of
from services.notify.channels.letters import Busy, Letter, Refused, Unreachable

_LARGEST: Final = 64 * 1024
"""Bytes of an answer that are read."""
_PATIENCE: Final = 60.0, 3600.0
"""Seconds to leave a busy provider alone: where it does not say, and at most."""
_OURS: Final = frozenset({401, 403, 407, 408, 425})
_WALL: Final = SystemClock()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpChannel:
    """A channel as its file describes it."""

    about: Description

    @property
    def id(self) -> str:
        """How it is called in the data."""
        return self.about.id

    @property
    def label(self) -> tuple[str, str]:
        """How people call it."""
        return self.about.label

    @property
    def address_label(self) -> tuple[str, str]:
        """How people call an address of it."""
        return self.about.address_label

    def accepts(self, address: str) -> bool:
        """Whether this can be an address of it."""
        return address.isprintable() and re.fullmatch(self.about.pattern, address) is not None

    def open(self) -> HttpSender:
        """Begin a turn."""
        return HttpSender(self.about)


class HttpSender:
    """One turn: each letter has a request of its own; where no connection is to be had, the rest fails at once."""

    def __init__(self, about: Description) -> None:
        self._about = about
        self._broken: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        """Nothing stays open."""

    def send(self, letter: Letter) -> str | None:
        """Send one letter; the provider's id of it, if its answer holds one."""
        try:
            if self._broken is not None:
                raise Unreachable(self._broken)
            return verdict(self._about, self._exchange(fill(self._about, letter)))
        except (Refused, Unreachable) as error:
            raise type(error)(self._hide(str(error))) from None  # the cause may hold an address with a key in it
        except Busy as busy:
            raise Busy(self._hide(str(busy)), busy.seconds) from None

    def _hide(self, text: str) -> str:
        """The text without our secrets, as they are or as addresses hold them: it is kept and shown."""
        for secret in self._about.secrets.values():
            for written in (secret, quote(secret), quote(secret, safe="")):
                text = text.replace(written, "***")
        return text

    def _exchange(self, request: Filled) -> Reply:
        try:
            connection, line = _connect(request.url, request.timeout)
        except (OSError, ValueError) as error:
            self._broken = _words(error)
            raise Unreachable(self._broken) from error
        over = Event()
        watch = Timer(request.timeout, _cut, (line, over))  # the time-out of a socket begins anew with every byte
        watch.daemon = True
        watch.start()
        try:
            reply = _talk(connection, request)
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(error, ValueError | InvalidURL) and not over.is_set():
                raise Refused(_words(error)) from error  # a header or an address that cannot be written
            late = over.is_set() or isinstance(error, TimeoutError)
            raise Unreachable(_late(request) if late else _words(error)) from error
        finally:
            watch.cancel()
            connection.close()
        if over.is_set():
            raise Unreachable(_late(request))
        return reply


def verdict(about: Description, reply: Reply) -> str | None:
    """The provider's id of a letter that was taken; raises what else the answer means."""
    said = _said(reply)
    if reply.status == 429 or (reply.status == 503 and "retry-after" in reply.headers):
        raise Busy(said, _seconds(reply.headers.get("retry-after", "")))
    if reply.status not in about.answer.statuses:
        final = 400 <= reply.status < 500 and reply.status not in _OURS
        raise (Refused if final else Unreachable)(said)
    data = _json(reply.body)
    if about.answer.field:
        value = text_of(dig(data, about.answer.field))
        if value in about.answer.final:
            raise Refused(said)
        if value not in about.answer.success:
            raise Unreachable(said)
    found = dig(data, about.answer.id) if about.answer.id else None
    return None if found in (None, "") else str(found).replace("\x00", "")[:200]  # no database keeps a NUL


def dig(data: Any, path: str) -> Any:
    """What stands at a dotted path; None where there is nothing. Numbers count the entries of a list."""
    for name in path.split("."):
        if isinstance(data, Mapping):
            data = data.get(name)
        elif isinstance(data, list) and name.isdigit() and int(name) < len(data):
            data = data[int(name)]
        else:
            return None
    return data


@dataclass(frozen=True, slots=True)
class Filled:
    """A request as it leaves."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: bytes
    timeout: float


def fill(about: Description, letter: Letter) -> Filled:
    """The request for a letter; raises `Unreachable` where the description's templates cannot be filled."""
    names = {
        "id": letter.delivery_id,
        "address": letter.address,
        "at": letter.at.isoformat(),
        "secrets": about.secrets,
        **letter.texts,
    }
    request = about.request
    try:
        url, body, *values = (
            sandboxes.template(source).render(names)
            for source in (request.url, request.body, *request.headers.values())
        )
    except sandboxes.BROKEN as error:
        raise Unreachable(_words(error)) from error
    headers = dict(zip(request.headers, (value.strip() for value in values), strict=True))
    return Filled(url.strip(), request.method, headers, body.encode(), request.timeout)


def _connect(url: str, timeout: float) -> tuple[HTTPConnection, socket.socket]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection = (
        HTTPSConnection(host, parts.port, timeout=timeout, context=ssl.create_default_context())
        if parts.scheme == "https"
        else HTTPConnection(host, parts.port, timeout=timeout)
    )
    connection.connect()
    return connection, connection.sock


def _talk(connection: HTTPConnection, request: Filled) -> Reply:
    parts = urlsplit(request.url)
    target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    body = request.body if request.method != "GET" else None
    connection.request(request.method, target, body, {"Connection": "close", **request.headers})
    response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, response.read(_LARGEST))


def _cut(line: socket.socket, over: Event) -> None:
    over.set()
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _seconds(text: str) -> float:
    """How long `Retry-After` asks to wait: seconds or a date, within bounds."""
    usual, most = _PATIENCE
    try:
        wish = float(text) if text.strip().isdigit() else _until(text)
    except (TypeError, ValueError):
        wish = usual
    return max(1.0, min(wish, most))


def _until(text: str) -> float:
    date = parsedate_to_datetime(text)
    return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - _WALL.now()).total_seconds()


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _said(reply: Reply) -> str:
    text = reply.body.decode("utf-8", "replace").replace("\x00", "")
    return " ".join(f"HTTP {reply.status} {text}".split())[:500]


def _late(request: Filled) -> str:
    return f"no answer within {request.timeout:g} s"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
