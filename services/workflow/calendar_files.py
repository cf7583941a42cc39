"""Reading the YAML of a calendar: one file per year as the State Council announces it, or a local overlay.

Each file names its `id`, `source` (the notice it copies), `holidays` [{name, name_en, from, to}] and
`workdays` [{name, name_en, date}] (调休上班). A year file has `zone` and `year`; an overlay has
`overlay: <id of its base>` instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

import yaml

MAX_BYTES = 200_000
YEAR_KEYS = frozenset({"id", "zone", "year", "source", "holidays", "workdays"})
OVERLAY_KEYS = frozenset({"id", "overlay", "source", "holidays", "workdays"})

TEXTS: dict[str, tuple[str, str]] = {
    "bad_yaml": ("日历文件不是合法的 YAML：{}", "the calendar file is not valid YAML: {}"),
    "bad_field": ("日历文件的字段不对：{}", "a field of the calendar file is wrong: {}"),
    "bad_day": (
        "日历文件中的日期不对：{}。日期须在这一年或上一年十二月，不能重复；调休上班须是周六、周日",
        "a date of the calendar file is wrong: {}; days lie in the year or the December before, each once;"
        " people work in lieu on Saturdays and Sundays",
    ),
    "bad_set": ("这些日历文件不能合在一起：{}", "these calendar files do not fit together: {}"),
    "bad_zone": ("没有这个时区：{}", "there is no such time zone: {}"),
    "bad_date": (
        "日期写法不对：{}。请写成 2026-02-27，或带时区的时刻 2026-02-27T09:00+08:00",
        "badly written date: {}; write 2026-02-27, or an instant with its zone, 2026-02-27T09:00+08:00",
    ),
    "bad_amount": (
        "期限写法不对：{}。请写成 5wd、10d、3m（至多 9999）或 2026-06-30",
        "badly written amount of time: {}; write 5wd, 10d, 3m (9999 at most) or 2026-06-30",
    ),
    "bad_rule": ("期限规则不对：{}", "bad rule for deadlines: {}"),
    "out_of_range": ("日期超出范围：{}", "the date is out of range: {}"),
}


_DEPTH = 4  # of lists and mappings in one another; a year needs three
_SHOWN = 300  # characters of what somebody has written that an error repeats


class CalendarError(Exception):
    """A calendar, amount or rule cannot be used. `code` is stable; `text`/`text_en` are for people."""

    def __init__(self, code: str, detail: object, file: str = "") -> None:
        self.code = code
        whole = f"{file}: {detail}" if file else str(detail)
        self.detail = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in whole[:_SHOWN])
        self.text, self.text_en = (text.format(self.detail) for text in TEXTS[code])
        super().__init__(f"{code}: {self.text_en}")


class SpecialDay(NamedTuple):
    """A day that is not what its weekday says: a holiday, or a weekend day on which people work."""

    kind: Literal["holiday", "workday"]
    name: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFile:
    """One file, checked. `year` and `zone` are None in an overlay, `base` is None in a year file."""

    id: str
    source: str
    year: int | None = None
    zone: str | None = None
    base: str | None = None
    days: Mapping[date, SpecialDay] = field(default_factory=dict)


def read(file: str, content: bytes) -> CalendarFile:
    """Read and check one calendar file; raises CalendarError."""
    data = _load(file, content)
    keys = OVERLAY_KEYS if "overlay" in data else YEAR_KEYS
    if set(data) - keys or not isinstance(data.get("source"), str) or not isinstance(data.get("id"), str):
        raise CalendarError("bad_field", ", ".join(sorted(map(str, set(data) ^ keys))) or "id, source", file)
    days = _days(file, data)
    if "overlay" in data:
        return CalendarFile(id=data["id"], source=data["source"], base=str(data["overlay"]), days=days)
    year, zone = data.get("year"), data.get("zone")
    if type(year) is not int or not isinstance(zone, str):
        raise CalendarError("bad_field", "year, zone", file)
    for day in days:
        if not date(year - 1, 12, 1) <= day <= date(year, 12, 31):
            raise CalendarError("bad_day", day, file)
    return CalendarFile(id=data["id"], source=data["source"], year=year, zone=zone, days=days)


def _load(file: str, content: bytes) -> dict[str, Any]:
    """Safe YAML without anchors (so no bomb) and of bounded size."""
    if len(content) > MAX_BYTES:
        raise CalendarError("bad_yaml", f"{len(content)} > {MAX_BYTES} bytes", file)
    try:
        _look_over(file, content)
        data = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CalendarError("bad_yaml", str(error).replace("\n", " "), file) from None
    if not isinstance(data, dict):
        raise CalendarError("bad_field", "mapping", file)
    return data


def _look_over(file: str, content: bytes) -> None:
    """No aliases, and no nests: reading those takes for ever."""
    depth = 0
    for event in yaml.parse(content, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > _DEPTH:
            raise CalendarError("bad_yaml", "alias" if depth <= _DEPTH else "nested", file)


def _days(file: str, data: Mapping[str, Any]) -> dict[date, SpecialDay]:
    days: dict[date, SpecialDay] = {}
    for entry in _entries(file, data, "holidays", {"name", "name_en", "from", "to"}):
        first, last = entry["from"], entry["to"]
        if type(first) is not date or type(last) is not date or not 0 <= (last - first).days < 31:
            raise CalendarError("bad_day", f"{first}..{last}", file)
        for offset in range((last - first).days + 1):
            _put(file, days, first + timedelta(days=offset), "holiday", entry)
    for entry in _entries(file, data, "workdays", {"name", "name_en", "date"}):
        if type(entry["date"]) is not date or entry["date"].weekday() < 5:
            raise CalendarError("bad_day", entry["date"], file)
        _put(file, days, entry["date"], "workday", entry)
    return days


def _entries(file: str, data: Mapping[str, Any], name: str, keys: set[str]) -> list[dict[str, Any]]:
    entries = data.get(name) or []
    if not isinstance(entries, list):
        raise CalendarError("bad_field", name, file)
    for entry in entries:
        if not isinstance(entry, dict) or set(entry) != keys:
            raise CalendarError("bad_field", f"{name}: {', '.join(sorted(keys))}", file)
    return entries


def _put(
    file: str,
    days: dict[date, SpecialDay],
    day: date,
    kind: Literal["holiday", "workday"],
    entry: Mapping[str, Any],
) -> None:
    if day in days:
        raise CalendarError("bad_day", f"{day} 2×", file)
    days[day] = SpecialDay(kind, str(entry["name"]), str(entry["name_en"]))
