"""The folder in which attachments lie: received in pieces, checked, then put in their place under their own hash.

    <folder>/incoming/…                         while they are received
    <folder>/kept/<2 of sha256>/<sha256>-<id>   what may be given out
    <folder>/quarantine/<sha256>-<id>           what carries a virus; nothing reads it

A name begins with the SHA-256 of what is in it, so a backup can be checked without the database.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

from sqlalchemy import Row

from services.common import logs
from services.common.config import Files
from services.common.problems import Problem
from services.intake import kinds
from services.intake.scanners import Scanner, Unanswered

_CHUNK: Final = 64 * 1024
_log = logs.get(__name__)
Stored = Row[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file that was received and checked and is nobody's yet; `finding`: the virus in it."""

    path: Path
    sha256: str
    size: int
    kind: str
    state: str
    finding: str | None


@dataclass(frozen=True, slots=True)
class Cabinet:
    """The folder, what may lie in it, and who looks for viruses."""

    rules: Files
    scanner: Scanner | None

    @contextmanager
    def receive(self, stream: IO[bytes], *, sha256: str | None = None) -> Iterator[Arrival]:
        """Take in a file piece by piece; what was not put in its place by the end of the block is gone.

        `sha256`: what it must have. Raises `Problem` file_empty, file_too_large, file_hash, file_not_allowed and those
        of `kinds.find`.
        """
        folder = _made(self.rules.folder / "incoming")
        handle, name = tempfile.mkstemp(dir=folder)
        path = Path(name)
        try:
            with os.fdopen(handle, "w+b") as file:
                found, size = self._copy(stream, file)
                if sha256 is not None and sha256 != found:
                    raise Problem("file_hash", 422, value=found)
                kind = self._allowed(kinds.find(file))
                state, finding = self.examine(file)
            yield Arrival(path=path, sha256=found, size=size, kind=kind, state=state, finding=finding)
        finally:
            path.unlink(missing_ok=True)

    def _copy(self, stream: IO[bytes], file: BinaryIO) -> tuple[str, int]:
        """Write what comes, to the disk itself; its hash and size."""
        digest, size = hashlib.sha256(), 0
        while data := stream.read(_CHUNK):
            size += len(data)
            if size > self.rules.most_bytes:
                raise Problem("file_too_large", 413, limit=self.rules.most_bytes // 1024 // 1024)
            digest.update(data)
            file.write(data)
        if not size:
            raise Problem("file_empty")
        file.flush()
        os.fsync(file.fileno())
        return digest.hexdigest(), size

    def _allowed(self, kind: str) -> str:
        if kind not in self.rules.kinds:
            raise Problem("file_not_allowed", 422, value=", ".join(self.rules.kinds))
        return kind

    def examine(self, file: BinaryIO) -> tuple[str, str | None]:
        """Return the state a file has now, and what was found in it."""
        if self.scanner is None:
            return "unscanned", None
        try:
            finding = self.scanner.scan(file)
        except Unanswered:
            return "scanning", None
        return ("infected" if finding else "clean"), finding

    def place(self, arrival: Arrival, file_id: str) -> None:
        """Put a file where it belongs, whole or not at all."""
        to = self._kept(arrival.sha256, file_id)
        if arrival.state == "infected":
            to = self._quarantine(arrival.sha256, file_id)
        _made(to.parent)
        arrival.path.rename(to)
        _sync(to.parent)

    def open(self, file: Stored) -> BinaryIO:
        """The content of a file; raises `Problem` file_missing when it is not in the folder."""
        try:
            return self._kept(file.sha256, file.id).open("rb")
        except FileNotFoundError:
            _log.warning("file_missing", file=file.id, sha256=file.sha256)
            raise Problem("file_missing", 410, value=file.name) from None

    def isolate(self, file: Stored) -> None:
        """Put a file out of everybody's reach; another may have done so at the same moment."""
        _made(self.rules.folder / "quarantine")
        with suppress(FileNotFoundError):
            self._kept(file.sha256, file.id).rename(self._quarantine(file.sha256, file.id))

    def clear(self, gone: Iterable[Stored]) -> None:
        """Forget the content of files, wherever it lies."""
        for file in gone:
            for path in (self._kept(file.sha256, file.id), self._quarantine(file.sha256, file.id)):
                path.unlink(missing_ok=True)

    def _kept(self, sha256: str, file_id: str) -> Path:
        return self.rules.folder / "kept" / sha256[:2] / f"{sha256}-{file_id}"

    def _quarantine(self, sha256: str, file_id: str) -> Path:
        return self.rules.folder / "quarantine" / f"{sha256}-{file_id}"


def of(rules: Files) -> Cabinet:
    """The cabinet of an installation."""
    return Cabinet(rules, Scanner(rules.clamd) if rules.clamd else None)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _sync(folder: Path) -> None:
    """Make the name in the folder as durable as the content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
