"""Asking clamd whether a file carries a virus: its INSTREAM protocol, over TCP or a Unix socket.

Whatever is not a clear answer in time is none: the file waits, and the scanner is left alone for a while, so that
people who bring files do not wait for it one after the other.
"""

import re
import socket
import struct
from contextlib import closing
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from services.common import logs
from services.common.clock import monotonic

PATIENCE: Final = 20.0
"""Seconds for one file, from connecting to the answer."""
REST: Final = 30.0
"""Seconds during which a scanner that did not answer is not asked."""
_CHUNK: Final = 64 * 1024
_ANSWER_MAX: Final = 1000
_ANSWER: Final = re.compile(r"stream: (?:(OK)|(.{1,300}) FOUND)")
_log = logs.get(__name__)


class Unanswered(Exception):
    """The scanner did not say whether the file is clean; ask again later."""


@dataclass(slots=True)
class Scanner:
    """The clamd at `address`: `host:port`, or `unix:/path`."""

    address: str
    patience: float = PATIENCE
    _rests_until: float = field(default=0.0, init=False)

    def scan(self, file: BinaryIO) -> str | None:
        """Return what was found in the file, None when it is clean; raises `Unanswered`."""
        if monotonic() < self._rests_until:
            raise Unanswered(self.address)
        try:
            answer = self._ask(file, monotonic() + self.patience)
        except (OSError, ValueError) as error:
            raise self._unanswered(repr(error)) from error
        said = _ANSWER.fullmatch(answer)
        if said is None:
            raise self._unanswered(answer)
        return said[2]

    def _unanswered(self, reason: str) -> Unanswered:
        self._rests_until = monotonic() + REST
        _log.error("scanner_unanswered", address=self.address, reason=reason[:200])
        return Unanswered(self.address)

    def _ask(self, file: BinaryIO, until: float) -> str:
        with closing(self._connect()) as line:
            file.seek(0)
            _send(line, b"zINSTREAM\0", until)
            while data := file.read(_CHUNK):
                _send(line, struct.pack(">I", len(data)) + data, until)
            _send(line, struct.pack(">I", 0), until)
            return _answer(line, until)

    def _connect(self) -> socket.socket:
        if self.address.startswith("unix:"):
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(self.patience)
            line.connect(self.address.removeprefix("unix:"))
            return line
        host, _, port = self.address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), self.patience)


def _send(line: socket.socket, data: bytes, until: float) -> None:
    line.settimeout(_left(until))
    line.sendall(data)


def _answer(line: socket.socket, until: float) -> str:
    """What comes up to the NUL that ends an answer, or the end of the line."""
    said = b""
    while b"\0" not in said and len(said) < _ANSWER_MAX:
        line.settimeout(_left(until))
        data = line.recv(_ANSWER_MAX)
        if not data:
            break
        said += data
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError("the scanner takes too long")
    return left
