"""Plain values (what JSON can say) and the few things expressions may do with them, each with its price.

Attributes and methods of values are out of reach: what a value may do is decided here by its exact type.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import timedelta, timezone, tzinfo
from typing import Any

from services.workflow.engine.failures import Failed

MAX_STEPS = 10_000
MAX_SIZE = 100_000  # bytes of a result, about
MAX_DEPTH = 50
MAX_INTEGER = 2**63 - 1  # what every database, broker and JSON reader agrees on
CHARACTERS_PER_STEP = 100
CIVIL_TIME = timezone(timedelta(hours=8))
"""Where no calendar is at hand (a table is looked through, a lone file checked): China's time since 1991."""

KINDS = {
    type(None): ("空值", "null"),
    bool: ("真假值", "boolean"),
    int: ("数字", "number"),
    float: ("数字", "number"),
    str: ("文本", "text"),
    list: ("列表", "list"),
    tuple: ("列表", "list"),
    dict: ("记录", "record"),
}


class Frame:
    """One evaluation: the variables it reads, the steps it has left, the zone in which days begin and end."""

    __slots__ = ("left", "names", "zone")

    def __init__(self, names: Mapping[str, Any], left: int = MAX_STEPS, zone: tzinfo = CIVIL_TIME) -> None:
        self.names = names
        self.left = left
        self.zone = zone

    def charge(self, steps: int) -> None:
        """Pay for work that grows with the data; raises Failed("budget") when nothing is left."""
        self.left -= steps
        if self.left < 0:
            raise Failed("budget")


def mismatch(code: str, *values: Any) -> Failed:
    """The failure of an operation on values of the wrong kinds, naming the kinds in both languages."""
    kinds = [KINDS.get(type(value), (type(value).__name__,) * 2) for value in values]
    return Failed(code, ", ".join(en for _, en in kinds), "、".join(zh for zh, _ in kinds))


def is_number(value: Any) -> bool:
    """True for integers and floats; a boolean is no number."""
    return type(value) is int or type(value) is float


def same(frame: Frame, left: Any, right: Any, depth: int = 0) -> bool:
    """Equality of plain values: 1 equals 1.0 but not True, lists equal tuples, nothing raises on None."""
    one, other = type(left), type(right)
    if one in (list, tuple) and other in (list, tuple):
        return len(left) == len(right) and _same_items(frame, left, right, depth)
    if one is dict and other is dict:
        return left.keys() == right.keys() and _same_items(
            frame, list(left.values()), [right[key] for key in left], depth
        )
    if one is str or other is str:
        return one is other and bool(left == right)
    return (one is bool) is (other is bool) and bool(left == right)


def _same_items(frame: Frame, left: Any, right: Any, depth: int) -> bool:
    frame.charge(len(left))
    if depth > MAX_DEPTH:
        raise Failed("too_large", "depth")
    return all(same(frame, one, other, depth + 1) for one, other in zip(left, right, strict=True))


def contains(frame: Frame, box: Any, item: Any) -> bool:
    """`item in box` for lists (by `same`), records (keys) and texts (substring)."""
    shape = type(box)
    if shape is list or shape is tuple:
        frame.charge(len(box))
        return any(same(frame, item, other) for other in box)
    if shape is dict:
        return type(item) is str and item in box
    if shape is str:
        if type(item) is not str:
            raise mismatch("not_a_text", item)
        frame.charge(1 + len(box) // CHARACTERS_PER_STEP)
        return item in box
    raise mismatch("not_searchable", box)


def ordering(compare: Callable[[Any, Any], bool]) -> Callable[[Frame, Any, Any], bool]:
    """An order comparison: numbers with numbers, texts with texts (so ISO dates with ISO dates)."""

    def run(_: Frame, left: Any, right: Any) -> bool:
        one, other = type(left), type(right)
        if (one is str and other is str) or ((one is int or one is float) and (other is int or other is float)):
            return compare(left, right)
        code = "no_value" if left is None or right is None else "incomparable"
        raise mismatch(code, left, right)

    return run


less = ordering(operator.lt)
at_most = ordering(operator.le)
more = ordering(operator.gt)
at_least = ordering(operator.ge)


def bounded(value: Any) -> Any:
    """The number itself, if it is one and of sane size; raises Failed("not_a_number" | "too_large")."""
    if not is_number(value):
        raise mismatch("not_a_number", value)
    if not -MAX_INTEGER <= value <= MAX_INTEGER:  # also catches inf and nan
        raise Failed("too_large", "number")
    return value


def arithmetic(compute: Callable[[Any, Any], Any]) -> Callable[[Frame, Any, Any], Any]:
    """Arithmetic on numbers of sane size; no repetition, no formatting, no other types."""

    def run(_: Frame, left: Any, right: Any) -> Any:
        bounded(left), bounded(right)
        try:
            return bounded(compute(left, right))
        except ZeroDivisionError:
            raise Failed("division_by_zero") from None

    return run


_add = arithmetic(operator.add)


def join(frame: Frame, left: Any, right: Any) -> Any:
    """`left + right`: numbers add, texts and lists are joined up to MAX_SIZE."""
    if type(left) is str and type(right) is str:
        frame.charge(1 + (len(left) + len(right)) // CHARACTERS_PER_STEP)
        if len(left) + len(right) > MAX_SIZE:
            raise Failed("too_large", "text")
        return left + right
    if type(left) in (list, tuple) and type(right) in (list, tuple):
        frame.charge(len(left) + len(right))
        return [*left, *right]
    return _add(frame, left, right)


def field(base: Any, key: Any) -> Any:
    """`base.key` and `base[key]`: None where there is nothing, Failed where it makes no sense."""
    shape = type(base)
    if base is None:
        return None
    if shape is dict:
        if type(key) is not str:
            raise mismatch("bad_key", key)
        return base.get(key)
    if shape is list or shape is tuple:
        if type(key) is not int:
            raise mismatch("not_a_record", base) if type(key) is str else mismatch("bad_key", key)
        return base[key] if -len(base) <= key < len(base) else None
    raise mismatch("not_a_record", base)


def plain(frame: Frame, value: Any) -> Any:
    """A fresh copy of `value` as plain data that shares nothing with the case; bounded in size and depth."""
    if value is None or type(value) in (bool, int, float):
        return value
    return _copy(frame, value, MAX_SIZE, 0)[0]


def _copy(frame: Frame, value: Any, room: int, depth: int) -> tuple[Any, int]:
    """Copy `value` into what is left of `room`; gives the copy and the room left afterwards."""
    shape = type(value)
    room -= _size(value)
    if room < 0 or depth > MAX_DEPTH:
        raise mismatch("too_large", value)
    if shape is dict:
        return _copy_record(frame, value, room, depth)
    if shape is list or shape is tuple:
        frame.charge(len(value))
        items = []
        for item in value:
            copy, room = _copy(frame, item, room, depth + 1)
            items.append(copy)
        return items, room
    if shape not in KINDS:
        raise mismatch("not_plain", value)
    return value, room


def _copy_record(frame: Frame, record: Any, room: int, depth: int) -> tuple[dict[str, Any], int]:
    frame.charge(len(record))
    copies = {}
    for key, item in record.items():
        if type(key) is not str:
            raise mismatch("bad_key", key)
        copies[key], room = _copy(frame, item, room - _size(key), depth + 1)
    return copies, room


def _size(value: Any) -> int:
    """About the bytes of a scalar in JSON; what a container adds itself is two brackets."""
    if type(value) is str:
        return 3 + (len(value) if value.isascii() else 3 * len(value))
    return 8 if type(value) in (int, float) else 3
