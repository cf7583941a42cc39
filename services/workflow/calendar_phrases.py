"""The sentences that explain a deadline, Chinese and English, and how spans of days are written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple


class Clause(NamedTuple):
    """One clause of an explanation in both languages."""

    zh: str
    en: str


PHRASES: dict[str, Clause] = {
    "after": Clause("{start} 起 {count} {unit}，首日{first}", "{count} {unit_en} from {start}, first day {first_en}"),
    "before": Clause("{start} 前 {count} {unit}，当日{first}", "{count} {unit_en} before {start}, that day {first_en}"),
    "date": Clause("固定日期 {day}", "fixed date {day}"),
    "month_end": Clause("{month} 无 {number} 日，取月末", "{month} has no day {number}, its last day is taken"),
    "holiday": Clause("{days} {name}放假不计", "{days_en} {name_en} holiday not counted"),
    "workday": Clause("{days} 调休上班计入", "{days_en} working day in lieu, counted"),
    "roll_holiday": Clause("{day} {name}放假，顺延", "{day} is a {name_en} holiday, moved on"),
    "roll_weekend": Clause("{day} {weekday}，顺延", "{day} is a {weekday_en}, moved on"),
    "stay_workday": Clause("{day} 调休上班，不顺延", "{day} is a working day in lieu, not moved"),
    "stay_off": Clause("{day} 非工作日，按规定不顺延", "{day} is a day off, not moved by rule"),
    "unknown_year": Clause(
        "没有 {year} 年的放假安排，暂按周一至周五推算",
        "no holiday notice for {year} yet, Monday to Friday assumed",
    ),
}
UNITS = {
    "wd": Clause("个工作日", "working days"),
    "d": Clause("个自然日", "calendar days"),
    "m": Clause("个月", "months"),
}
FIRST = {True: Clause("不计", "not counted"), False: Clause("计入", "counted")}
WEEKDAYS = {5: Clause("周六", "Saturday"), 6: Clause("周日", "Sunday")}


def say(phrase: str, **facts: object) -> Clause:
    """Fill a phrase with facts, in both languages."""
    zh, en = PHRASES[phrase]
    return Clause(zh.format(**facts), en.format(**facts))


def period(first: date, last: date) -> Clause:
    """A run of days as it is written."""
    if first == last:
        return Clause(f"{first}", f"{first}")
    return Clause(f"{first} 至 {last}", f"{first} to {last}")


def spans(days: Iterable[date]) -> list[tuple[date, date]]:
    """Group days, in any order, into runs of consecutive ones: (first, last) each, ascending."""
    runs: list[tuple[date, date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][1] == timedelta(days=1):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs
