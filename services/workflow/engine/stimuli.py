"""What can move a case. Nothing else can."""

from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import Any, Literal

Kind = Literal["start", "complete_task", "message", "timer", "record", "matter", "operator"]


@dataclass(frozen=True, slots=True)
class Stimulus:
    """One thing that happened to a case, as it is logged and replayed.

    `at` is the instant of its arrival (aware), never the sender's claim. `actor` and `data` hold codes, facts and
    hashes, no texts:

    * `start`: {"process", "matter": facts, "vars": {…}, "event": id of the start event (optional)}
    * `complete_task`: {"task": task id, "data": facts of its form, "warnings": what was remarked on it (optional)}
    * `message`: {"subscription": id} or {"name", "key"}, and "data"
    * `timer`: {"timer": timer id}; `at` is the instant it was due
    * `record`: {"record": type, "task": task id or None, "data": facts, "unit", "role"}
    * `matter`: {"facts": those facts of its matter that are others now}
    * `operator`: {"verb": …} as `verbs.VERBS` lists them

    Any stimulus may bring "pins": {"<extension point>/<unit>": process id}, the units' own diagrams in force.
    """

    kind: Kind
    at: datetime
    actor: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)


MAX_DEPTH = 100
MAX_INTEGER = 2**63 - 1


def is_plain(value: Any, depth: int = 0) -> bool:
    """Whether a value is what any JSON reader and database keeps as it is: finite numbers of 64 bits, real text."""
    kind = type(value)
    if kind is str:
        return is_text(value)
    if kind is int:
        return bool(-MAX_INTEGER <= value <= MAX_INTEGER)
    if kind is float:
        return isfinite(value)
    if kind is dict and depth < MAX_DEPTH:
        return all(type(key) is str and is_plain(key) and is_plain(item, depth + 1) for key, item in value.items())
    if kind is list and depth < MAX_DEPTH:
        return all(is_plain(item, depth + 1) for item in value)
    return value is None or isinstance(value, bool)


def is_text(value: str) -> bool:
    """Whether a text can be stored: no NUL, which PostgreSQL refuses, and no half of a surrogate pair."""
    if "\x00" in value:
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
