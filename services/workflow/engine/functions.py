"""The fixed table of functions that expressions may call. Nothing else can be called."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cmp_to_key
from typing import Any, NamedTuple

from services.workflow.engine.failures import Failed
from services.workflow.engine.values import Frame, bounded, less, mismatch, same

_DIGITS = re.compile(r"\s*[+-]?[0-9]{1,20}\s*", re.ASCII)
_EXACT = Context(prec=60)


class Function(NamedTuple):
    """A function of the table: `call(frame, *arguments)` with `fewest` to `most` arguments."""

    call: Callable[..., Any]
    fewest: int
    most: int


def _items(frame: Frame, value: Any) -> Any:
    if type(value) is not list and type(value) is not tuple:
        raise mismatch("not_a_list", value)
    frame.charge(len(value))
    return value


def _record(frame: Frame, value: Any) -> Any:
    if type(value) is not dict:
        raise mismatch("not_a_record", value)
    frame.charge(len(value))
    return value


def _length(_: Frame, value: Any) -> int:
    if type(value) not in (str, list, tuple, dict):
        raise mismatch("not_a_list", value)
    return len(value)


def _least(frame: Frame, *values: Any) -> Any:
    return _extreme(frame, values, lambda found, item: less(frame, item, found))


def _greatest(frame: Frame, *values: Any) -> Any:
    return _extreme(frame, values, lambda found, item: less(frame, found, item))


def _extreme(frame: Frame, values: Any, better: Callable[[Any, Any], bool]) -> Any:
    items = _items(frame, values[0] if len(values) == 1 else values)
    if not items:
        raise Failed("no_items")
    found = items[0]
    for item in items[1:]:
        found = item if better(found, item) else found
    return found


def _total(frame: Frame, values: Any) -> Any:
    total: Any = 0
    for value in _items(frame, values):
        total = bounded(total + bounded(value))
    return total


def _any(frame: Frame, values: Any) -> bool:
    return any(bool(value) for value in _items(frame, values))


def _all(frame: Frame, values: Any) -> bool:
    return all(bool(value) for value in _items(frame, values))


def _round(_: Frame, value: Any, digits: Any = 0) -> Any:
    """Half away from zero, as 四舍五入 is taught: round(2.5) is 3 and round(1.005, 2) is 1.01."""
    if type(digits) is not int or not 0 <= digits <= 10:
        raise mismatch("bad_key", digits)
    exact = Decimal(str(bounded(value))).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=_EXACT)
    return float(exact) if digits else int(exact)


def _text(_: Frame, value: Any) -> str:
    """Texts as they are, numbers in digits, true/false, and nothing for null."""
    if value is None:
        return ""
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is str:
        return value
    return str(bounded(value))


def _integer(_: Frame, value: Any) -> int:
    """Whole numbers in digits, and numbers cut at the decimal point."""
    if type(value) is str:
        if not _DIGITS.fullmatch(value):
            raise Failed("not_a_number", value)
        value = int(value)
    return int(bounded(value))


def _truth(_: Frame, value: Any) -> bool:
    return bool(value)


def _sorted(frame: Frame, values: Any) -> list[Any]:
    items = list(_items(frame, values))
    frame.charge(3 * len(items))

    def compare(one: Any, other: Any) -> int:
        return -1 if less(frame, one, other) else int(less(frame, other, one))

    return sorted(items, key=cmp_to_key(compare))


def _get(_: Frame, record: Any, key: Any, default: Any = None) -> Any:
    if record is None:
        return default
    if type(record) is not dict:
        raise mismatch("not_a_record", record)
    if type(key) is not str:
        raise mismatch("bad_key", key)
    return record.get(key, default)


def _keys(frame: Frame, record: Any) -> list[Any]:
    return list(_record(frame, record))


def _values(frame: Frame, record: Any) -> list[Any]:
    return list(_record(frame, record).values())


def _count(frame: Frame, values: Any, wanted: Any) -> int:
    return sum(same(frame, value, wanted) for value in _items(frame, values))


def _where(frame: Frame, values: Any, key: Any, wanted: Any) -> list[Any]:
    return [item for item in _items(frame, values) if same(frame, _get(frame, item, key), wanted)]


def _without(frame: Frame, values: Any, key: Any, unwanted: Any) -> list[Any]:
    return [item for item in _items(frame, values) if not same(frame, _get(frame, item, key), unwanted)]


def _first(_: Frame, values: Any) -> Any:
    if type(values) is not list and type(values) is not tuple:
        raise mismatch("not_a_list", values)
    return values[0] if values else None


def _date(frame: Frame, value: Any) -> str:
    """The ISO date of an ISO date or instant. Instants with an offset are read in the calendar's zone.

    Dates *are* ISO texts in this language; they compare as texts, which is their order in time.
    """
    if type(value) is not str or len(value) > 40:
        raise mismatch("not_a_date", value)
    try:
        if len(value) == 10:
            return date.fromisoformat(value).isoformat()
        moment = datetime.fromisoformat(value)
        return (moment.astimezone(frame.zone) if moment.tzinfo else moment).date().isoformat()
    except (ValueError, OverflowError):
        raise Failed("not_a_date", value) from None


FUNCTIONS: dict[str, Function] = {
    "len": Function(_length, 1, 1),
    "min": Function(_least, 1, 20),
    "max": Function(_greatest, 1, 20),
    "sum": Function(_total, 1, 1),
    "any": Function(_any, 1, 1),
    "all": Function(_all, 1, 1),
    "round": Function(_round, 1, 2),
    "str": Function(_text, 1, 1),
    "int": Function(_integer, 1, 1),
    "bool": Function(_truth, 1, 1),
    "sorted": Function(_sorted, 1, 1),
    "get": Function(_get, 2, 3),
    "keys": Function(_keys, 1, 1),
    "values": Function(_values, 1, 1),
    "count": Function(_count, 2, 2),
    "where": Function(_where, 3, 3),
    "without": Function(_without, 3, 3),
    "first": Function(_first, 1, 1),
    "date": Function(_date, 1, 1),
}
