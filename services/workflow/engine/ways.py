"""The ways through a scope: what a token can reach, and how long the longest row is that is read at once."""

from collections.abc import Iterable, Iterator, Mapping

MAX_ROW = 300
"""Elements in a row the library reads by calling itself; how many it could depends on who calls it, so we say."""


def reached(begin: Iterable[str], following: Mapping[str, list[str]]) -> Iterator[tuple[str, int]]:
    """Every element in the order in which the parser reads them, with how many stand before it in the row."""
    seen: set[str] = set()
    ways: list[Iterator[str]] = [iter(list(begin))]
    while ways:
        key = next(ways[-1], None)
        if key is None:
            ways.pop()
        elif key not in seen:
            seen.add(key)
            yield key, len(ways)
            ways.append(iter(following.get(key, [])))
