"""A small memory of live cases, so that the next step need not parse the state again, nor read what it has written.

An entry is valid only for the exact history it was made by: its key is the hash of the last log row. A rolled
back transaction leaves an entry under a hash the database never saw, which is simply never asked for again;
an object that saw an exception is never put back. So the cache needs no notice of commits.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from services.workflow import engine as e

CAPACITY = 1000  # about 72 kB each


@dataclass(slots=True)
class Living:
    """A live case (None = spoilt) and the rows of its running tasks and deadlines, as far as steps have seen them.

    `size` is that of the last snapshot of its state, in bytes. Of a task's row only what steps write is to be relied
    on: claims are made beside them.
    """

    case: e.Case | None
    size: int = 0
    tasks: dict[str, Mapping[Any, Any]] = field(default_factory=dict)
    deadlines: dict[str, dict[str, Any]] = field(default_factory=dict)

    def remember(
        self,
        tasks: Mapping[str, Mapping[Any, Any]],
        deadlines: Mapping[str, dict[str, Any]],
        effects: Iterable[e.Effect],
        version: str,
    ) -> None:
        """Keep the rows a step has seen or made, as its effects leave them, for as long as they run."""
        self.tasks.update(tasks)
        self.deadlines.update(deadlines)
        for effect in effects:
            if isinstance(effect, e.TaskClosed):
                self.tasks.pop(effect.task_id, None)
            elif isinstance(effect, e.DeadlineCleared):
                self.deadlines.pop(effect.deadline_id, None)
            elif isinstance(effect, e.DeadlineMoved):
                news = {"due": effect.due, "due_at": effect.due_at}
                along = {key: row for key, row in self.tasks.items() if row["deadline_id"] == effect.deadline_id}
                self.tasks.update({key: {**row, **news} for key, row in along.items()})
        for key, row in self.tasks.items():
            if row["package_version"] != version:
                self.tasks[key] = {**row, "package_version": version}


class LiveCases:
    """Least recently used live cases; `take` hands one out exclusively, `put` gives it back."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[str, tuple[str, Living]] = OrderedDict()
        self._lock = Lock()

    def take(self, case_id: str, last_hash: str) -> Living | None:
        """The live case whose history ends in `last_hash`, removed from the cache, or None."""
        with self._lock:
            entry = self._entries.pop(case_id, None)
        return entry[1] if entry is not None and entry[0] == last_hash else None

    def put(self, case_id: str, last_hash: str, living: Living) -> None:
        """Keep a case whose history now ends in `last_hash`."""
        with self._lock:
            self._entries[case_id] = (last_hash, living)
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
