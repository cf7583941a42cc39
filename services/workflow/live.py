"""A small memory of live cases, so that the next step need not parse the state again.

An entry is valid only for the exact history it was made by: its key is the hash of the last log row. A rolled
back transaction leaves an entry under a hash the database never saw, which is simply never asked for again;
an object that saw an exception is never put back. So the cache needs no notice of commits.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from services.workflow.engine import Case

CAPACITY = 1000  # about 72 kB each


class LiveCases:
    """Least recently used live cases; `take` hands one out exclusively, `put` gives it back."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[str, tuple[str, Case]] = OrderedDict()
        self._lock = Lock()

    def take(self, case_id: str, last_hash: str) -> Case | None:
        """The live case whose history ends in `last_hash`, removed from the cache, or None."""
        with self._lock:
            entry = self._entries.pop(case_id, None)
        return entry[1] if entry is not None and entry[0] == last_hash else None

    def put(self, case_id: str, last_hash: str, case: Case) -> None:
        """Keep `case`, whose history now ends in `last_hash`."""
        with self._lock:
            self._entries[case_id] = (last_hash, case)
            self._entries.move_to_end(case_id)
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)


_by_engine: WeakKeyDictionary[Engine, LiveCases] = WeakKeyDictionary()
_guard = Lock()


def of(engine: Engine) -> LiveCases:
    """The live cases of one database; two databases in one process never share."""
    with _guard:
        return _by_engine.setdefault(engine, LiveCases())
