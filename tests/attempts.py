"""What an agency's system may try and must not get: the names under which `docs/security.md` and the tests know it."""

from __future__ import annotations

from typing import Final

AT_THE_DOOR: Final = ("no-certificate", "foreign-authority", "expired", "wrong-name", "password")
"""Tried in `tests/integration/test_agency_certificates.py`."""
