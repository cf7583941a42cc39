"""Files of every kind, good and bad, as small as they can be."""

import io
import zipfile
from collections.abc import Mapping

from services.intake import kinds

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 17
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 20 + b"\xff\xd9"
HTML = b"<!doctype html><script>alert(1)</script>"
TYPES = '<Types><Override ContentType="application/vnd.openxmlformats"/></Types>'


def archive(entries: Mapping[str, str]) -> bytes:
    """A zip file with these entries."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in entries.items():
            file.writestr(name, text)
    return made.getvalue()


def docx(**more: str) -> bytes:
    """A text document; `more` entries as name=content, with `__` for `/` and `_` for `.`."""
    extra = {name.replace("__", "/").replace("_", "."): text for name, text in more.items()}
    return archive({"[Content_Types].xml": TYPES, "word/document.xml": "<w:document/>", **extra})


XLSX = archive({"[Content_Types].xml": TYPES, "xl/workbook.xml": "<workbook/>"})
OFD = archive({"OFD.xml": "<ofd:OFD/>", "Doc_0/Document.xml": "<ofd:Document/>"})


def saying(file: bytes, length: int) -> bytes:
    """A zip file whose first entry says in both places that it unpacks to another length."""
    size = length.to_bytes(4, "little")
    local, listed = file.index(b"PK\x03\x04"), file.index(b"PK\x01\x02")
    changed = bytearray(file)
    changed[local + 22 : local + 26] = changed[listed + 24 : listed + 28] = size
    return bytes(changed)


def strangely_packed() -> bytes:
    """An archive packed as no office does, and broken."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("[Content_Types].xml", TYPES)
        file.writestr("word/document.xml", "<w:document/>")
    changed = bytearray(made.getvalue())
    start = changed.index(b"word/document.xml") + len(b"word/document.xml")
    changed[start + 4 : start + 9] = b"\xff" * 5
    return bytes(changed)


def locked(file: bytes) -> bytes:
    """A zip file whose first entry says it is encrypted."""
    changed = bytearray(file)
    changed[file.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def long_index(file: bytes) -> bytes:
    """A zip file that says its list of entries is longer than anybody reads into memory."""
    changed = bytearray(file)
    end = file.rindex(b"PK\x05\x06")
    changed[end + 12 : end + 16] = (kinds.INDEX_MAX + 1).to_bytes(4, "little")
    return bytes(changed)
