"""The `hy:` elements, their attributes and which of these are expressions. `processes/hy.json` says the same."""

from __future__ import annotations

from typing import Final, NamedTuple


class Word(NamedTuple):
    """One `hy:` element: attributes it must have, may have, and those that hold an expression."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()

    @property
    def attributes(self) -> tuple[str, ...]:
        """All attributes."""
        return self.required + self.optional


VOCABULARY: Final = {
    "task": Word(
        ("role", "form", "deadline"),
        ("unit", "person", "public", "result", "fill", "check", "apart"),
        ("unit", "person", "fill"),
    ),
    "deadline": Word(("name",), ("rule", "unit", "from"), ("unit", "from")),
    "timer": Word(("deadline",), ("offset", "at")),
    "message": Word((), ("key", "data", "result"), ("key", "data")),
    "accepts": Word(("record",), ("verb", "role", "to", "result", "tell")),
    "regroup": Word((), ("items", "to", "takes_over", "joins"), ("items",)),
    "extend": Word(("deadline", "until"), (), ("until",)),
    "interrupt": Word(("message", "to"), ("key", "reason"), ("key",)),
    "return": Word(("to",)),
    "milestone": Word(("state",)),
    "notice": Word(("template", "to"), ("data",), ("data",)),
    "start": Word(("process",), ("data",), ("data",)),
    "record": Word(("type",), ("data", "unit"), ("data", "unit")),
    "extension-point": Word(("name",), ("unit",), ("unit",)),
    "decision": Word(("result",)),
}
