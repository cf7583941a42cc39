"""The message centre: what is stored is delivered, as long as the person can sign in."""

from __future__ import annotations

from services.notify import store
from services.notify.recipients import Recipient


def begin(person: Recipient) -> tuple[str, str | None]:
    """(state, reason) of a new delivery; suppressed for somebody without an account."""
    return (store.DELIVERED, None) if person.has_account else (store.SUPPRESSED, "no_account")
