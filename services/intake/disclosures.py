"""What may be shown of a text to the public, and the codes under which the public finds a matter. Pure."""

import re
from hashlib import blake2b
from typing import Final

HIDDEN: Final = "〔已隐去〕"
_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE: Final = re.compile(f"[{_LETTERS}]{{8}}")
_PRIVATE: Final = re.compile(
    r"(?<!\d)(?:\d{17}[\dXx]|1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}[-— ]?\d{7,8})(?!\d)"
    r"|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)
"""Numbers of identity cards, mobile and fixed telephones, and mail addresses."""


def code_of(matter_id: str) -> str:
    """Return the code of a matter: eight letters and digits that are not mistaken for one another."""
    number = int.from_bytes(blake2b(matter_id.encode(), digest_size=5, person=b"tracker").digest(), "big")
    return "".join(_LETTERS[number >> 5 * place & 31] for place in range(8))


def read_code(typed: str) -> str | None:
    """Return the code somebody typed, in capitals and without spaces, or None when it can be none."""
    code = "".join(typed.split()).replace("-", "").upper()
    return code if _CODE.fullmatch(code) else None


def redact(text: str) -> str:
    """Return the text without telephone and identity card numbers and mail addresses."""
    return _PRIVATE.sub(HIDDEN, text)
