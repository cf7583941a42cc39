"""Entries by id that are looked for by where they belong: timers and subscriptions by task, deadlines by scope."""

from collections.abc import Mapping
from typing import Any

Entry = dict[str, Any]


class Shelf(dict[str, Entry]):
    """Entries in order of arrival, filed by the number in one of their fields; that field is never written in place."""

    def __init__(self, field: str, entries: Mapping[str, Entry] | None = None) -> None:
        super().__init__(entries or {})
        self.field = field
        self._filed: dict[int, dict[str, None]] | None = None

    def of(self, number: int) -> list[str]:
        """The ids of the entries that belong there, in order of arrival."""
        if self._filed is None:
            self._filed = {}
            for key, entry in self.items():
                self._filed.setdefault(entry[self.field], {})[key] = None
        return list(self._filed.get(number, ()))

    def numbers(self) -> list[int]:
        """Where entries belong, in order of arrival."""
        return list(dict.fromkeys(entry[self.field] for entry in self.values()))

    def __setitem__(self, key: str, entry: Entry) -> None:
        known = self.get(key)
        super().__setitem__(key, entry)
        if known is not None and known[self.field] != entry[self.field]:
            self._filed = None  # it stays where it is in the order of arrival
        elif self._filed is not None:
            self._filed.setdefault(entry[self.field], {})[key] = None

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def pop(self, key: str) -> Entry:  # type: ignore[override]  # nobody takes away what may not be there
        """Take an entry away; raises KeyError."""
        entry = super().pop(key)
        if self._filed is not None:
            group = self._filed[entry[self.field]]
            del group[key]
            if not group:
                del self._filed[entry[self.field]]
        return entry
