"""Packages as one piece of bytes, to send, to store, and to know by their hash.

The canonical form is JSON: `{"format": 1, "files": {path: text}}`, paths sorted, no spaces. The same files give the
same bytes on every machine, and `digest` of them is the package's identity.
"""

from __future__ import annotations

import hashlib
from typing import Final

import orjson

from services.workflow.packages.models import BadPackage, Package
from services.workflow.packages.sources import MAX_BYTES, load
from services.workflow.packages.words import say

FORMAT: Final = 1
_FILE: Final = "package"


def pack(package: Package) -> bytes:
    """The canonical bytes of a package."""
    files = {name: content.decode() for name, content in package.files.items()}
    return orjson.dumps({"format": FORMAT, "files": files}, option=orjson.OPT_SORT_KEYS)


def digest(package: Package) -> str:
    """The package's identity: SHA-256 of its canonical bytes, 64 hex digits."""
    return hashlib.sha256(pack(package)).hexdigest()


def unpack(content: bytes) -> Package:
    """The package that was packed; raises `BadPackage` for anything else."""
    if len(content) > 2 * MAX_BYTES:
        raise BadPackage([say("too_large", file=_FILE, files="-", megabytes=MAX_BYTES // 2**20)])
    try:
        found = orjson.loads(content)
        if found["format"] != FORMAT:
            raise BadPackage([say("bad_archive", file=_FILE)])
        files = {str(name): str(text).encode() for name, text in found["files"].items()}
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise BadPackage([say("bad_archive", file=_FILE)]) from error
    return load(files)
