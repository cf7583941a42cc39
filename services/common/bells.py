"""Wakes a loop of this process the moment there is something for it to do, so that it need not look all the time.

A bell has a name and one listener. It is rung after the transaction that left the work; a bell nobody listens to
is rung in vain. Loops in other processes hear nothing and find the work at their next look.
"""

from __future__ import annotations

from threading import Event
from typing import ClassVar, Final

from sqlalchemy import Connection, Engine

OUTBOX: Final = "outbox"
"""Something waits to leave."""
WORK: Final = "work"
"""Something has arrived, or a case wants something of another."""
TIMERS: Final = "timers"
"""A timer was set, or time has moved."""
_PROMISED: Final = "bells"


class Bell:
    """Rung by anybody, waited for by one loop. `longest`: seconds any loop of this process rests at most."""

    longest: ClassVar[float | None] = None

    def __init__(self) -> None:
        self._rung = Event()

    def ring(self) -> None:
        """Wake the listener, or let its next rest be none."""
        self._rung.set()

    def wait(self, timeout: float) -> None:
        """Rest at most `timeout` seconds; not at all when rung since the last rest. Look again afterwards."""
        self._rung.wait(timeout if self.longest is None else min(timeout, self.longest))
        self._rung.clear()


_bells: dict[str, Bell] = {}


def at(place: str) -> Bell:
    """The bell of a place that all who share it name alike, such as a file."""
    return _bells.setdefault(place, Bell())


def of(engine: Engine, kind: str) -> Bell:
    """The bell of one kind of work in one database."""
    return at(f"{kind} {engine.url}")


def ring_all(kind: str = "") -> None:
    """Ring for one kind of work in every database, or every bell there is."""
    for place, bell in list(_bells.items()):
        if place.startswith(kind):
            bell.ring()


def promise(conn: Connection, kind: str) -> None:
    """Ring for this kind of work when the transaction has ended."""
    conn.info.setdefault(_PROMISED, set()).add(kind)


def ring_promised(conn: Connection) -> None:
    """Ring what was promised on a connection whose transaction has ended."""
    for kind in conn.info.pop(_PROMISED, ()):
        of(conn.engine, kind).ring()
