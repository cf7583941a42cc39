"""What kind of file something is: told by its content, never by its name or its sender. Pure but for reading it.

Archives (OFD, DOCX, XLSX) are unpacked once, into nothing: what grows too large, is broken, locked or carries macros
is refused. What a PDF does when it is opened is not looked at; that is the virus scanner's business.
"""

import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Final

from services.common.problems import Problem

HEAD: Final = 1024
UNPACKED_MAX: Final = 256 * 1024 * 1024
INDEX_MAX: Final = 2 * 1024 * 1024
"""Bytes of an archive's list of entries, which is read into memory: some twenty thousand entries; and of its types."""
_CHUNK: Final = 64 * 1024
_END: Final = struct.Struct("<4s4H2LH")
_END_MARK: Final = b"PK\x05\x06"
_LARGE_MARK: Final = b"PK\x06\x07"
"""Stands before the end of archives made for more than 4 GB, whose list says its size elsewhere."""
_END_REACH: Final = 65557
_OFFICE: Final = "[Content_Types].xml"
_LOCKED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""What these kinds are packed with; the others `zipfile` knows fail in ways of their own, and take much memory."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: how it is announced and how its name ends."""

    media_type: str
    suffixes: tuple[str, ...]


_OPENXML: Final = "application/vnd.openxmlformats-officedocument"
KINDS: Final = {
    "pdf": Kind("application/pdf", (".pdf",)),
    "ofd": Kind("application/ofd", (".ofd",)),
    "docx": Kind(f"{_OPENXML}.wordprocessingml.document", (".docx",)),
    "xlsx": Kind(f"{_OPENXML}.spreadsheetml.sheet", (".xlsx",)),
    "png": Kind("image/png", (".png",)),
    "jpeg": Kind("image/jpeg", (".jpg", ".jpeg")),
}


def find(file: BinaryIO) -> str:
    """Return the kind of an open file.

    Raises `Problem` file_kind, file_broken, file_bomb, file_locked or file_macros.
    """
    file.seek(0)
    head = file.read(HEAD)
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"PK\x03\x04"):
        return _archive(file)
    raise Problem("file_kind")


def _archive(file: BinaryIO) -> str:
    _check_index(file)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            kind = _document({one.filename for one in entries})
            if any(one.flag_bits & _LOCKED for one in entries):
                raise Problem("file_locked")
            if any(one.compress_type not in _METHODS for one in entries):
                raise Problem("file_broken")
            types = max((one.file_size for one in entries if one.filename == _OFFICE), default=0)
            if sum(one.file_size for one in entries) > UNPACKED_MAX or types > INDEX_MAX:
                raise Problem("file_bomb")
            for one in entries:
                _unpack(archive, one)
            if kind != "ofd" and b"macroEnabled" in archive.read(_OFFICE):
                raise Problem("file_macros")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError) as error:
        raise Problem("file_broken") from error
    return kind


def _check_index(file: BinaryIO) -> None:
    """Refuse an archive whose list of entries would fill the memory; `zipfile` reads it whole."""
    file.seek(0, 2)
    file.seek(max(0, file.tell() - _END_REACH))
    tail = file.read(_END_REACH)
    place = tail.rfind(_END_MARK)
    if place < 0 or len(tail) < place + _END.size or _LARGE_MARK in tail:
        raise Problem("file_broken")
    _mark, _disk, _first, _here, _entries, size, _offset, _comment = _END.unpack_from(tail, place)
    if size > INDEX_MAX:
        raise Problem("file_bomb")


def _document(names: set[str]) -> str:
    if any(name.lower().endswith("vbaproject.bin") or "/macrosheets/" in name.lower() for name in names):
        raise Problem("file_macros")
    if _OFFICE in names and "word/document.xml" in names:
        return "docx"
    if _OFFICE in names and "xl/workbook.xml" in names:
        return "xlsx"
    if "OFD.xml" in names:
        return "ofd"
    raise Problem("file_kind")


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Read an entry to its end: it must be as long as it says, and whole (`zipfile` compares the check sum)."""
    left = entry.file_size
    with archive.open(entry) as content:
        while data := content.read(_CHUNK):
            left -= len(data)
    if left:
        raise Problem("file_broken")
