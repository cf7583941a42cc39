"""What a channel to the outside is: the same shape for mail and for whatever else is reached over the network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self


class Refused(Exception):
    """The other side will never take this letter; the text is what it said."""


class Unreachable(Exception):
    """The other side cannot be reached, or not understood; the text says how. Another try may help."""


class Busy(Exception):
    """The other side takes nothing from us for `seconds`; that is not the letter's fault and no try of it."""

    def __init__(self, said: str, seconds: float) -> None:
        super().__init__(said)
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent to one address; `texts`: language → {subject, body}."""

    delivery_id: str
    address: str
    texts: dict[str, dict[str, str]]
    at: datetime


class Sender(Protocol):
    """One conversation with the other side, used for all letters of one turn."""

    def __enter__(self) -> Self:
        """Begin; nothing is opened before the first letter."""
        ...

    def __exit__(self, *error: Any) -> None:
        """End the conversation."""
        ...

    def send(self, letter: Letter) -> str | None:
        """Send one letter; the id the other side gave it, if any. Raises `Refused`, `Unreachable` or `Busy`."""
        ...


class Channel(Protocol):
    """A way to people: its name in the data, its names for people, what its addresses look like."""

    @property
    def id(self) -> str:
        """How it is called in the data."""
        ...

    @property
    def label(self) -> tuple[str, str]:
        """How people call it, Chinese and English."""
        ...

    @property
    def address_label(self) -> tuple[str, str]:
        """How people call an address of it, Chinese and English."""
        ...

    def accepts(self, address: str) -> bool:
        """Whether this can be an address of it."""
        ...

    def open(self) -> Sender:
        """Begin a conversation."""
        ...
