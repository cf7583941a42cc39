"""What an agency's system may try and must not get: the names under which `docs/security.md` and the tests know it."""

from __future__ import annotations

from typing import Final

AT_THE_DOOR: Final = ("no-certificate", "foreign-authority", "expired", "wrong-name", "password")
"""Tried in `tests/integration/test_agency_certificates.py`."""

IN_A_MESSAGE: Final = {
    "foreign-task": "wrong_unit",
    "foreign-unit": "wrong_unit",
    "forged-source": "wrong_unit",
    "unknown-task": "unknown_task",
    "closed-task": "already_done",
    "forged-type": "not_permitted",
    "hand-in": "not_permitted",
    "garbage": "malformed",
    "garbage-headers": "malformed",
    "oversized": "oversized",
    "burnt-id": "command.accepted.v1",
    "forged-death": "command.accepted.v1",
    "same-id": "duplicate_conflict",
}
"""With what its sender is told; tried in `tests/e2e/test_bad_input.py`."""

WITH_A_FILE: Final = {
    "file-no-certificate": "no_certificate",
    "file-header": "no_certificate",
    "file-certificate": "unknown_certificate",
    "file-leaked": "unknown_certificate",
    "file-matter": "unknown_matter",
    "file-unit": "unknown_file",
    "file-connector": "unknown_file",
    "file-name": "which_unit",
    "file-id": "file_conflict",
    "file-hash": "file_hash",
    "file-large": "file_too_large",
    "file-disguised": "file_kind",
    "file-bomb": "file_bomb",
    "file-macros": "file_macros",
    "file-virus": "file_infected",
    "file-path": "bad_file_id",
}
"""With the code of the refusal; tried in `tests/unit/intake/test_agency_files.py`."""
