"""A report in sentences, Chinese and English: one for each group of differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.workflow.whatifs.reports import Days, Group, Report

Pair = tuple[str, str]

_SAID: Final[dict[str, Pair]] = {
    "task_added": ("多出环节“{name}”，按{example}作答", "one more step, “{name}”; answered by {example}"),
    "task_missing": ("没有环节“{name}”了", "the step “{name}” is not there"),
    "date_changed": ("“{name}”的期限变了{days}", "the date of “{name}” changes{days}"),
    "unit_changed": ("“{name}”换了单位", "“{name}” is for another unit"),
    "answer_incomplete": (
        "“{name}”的表单多问了 {fields}，当时没有人填过",
        "the form of “{name}” asks for {fields}, which nobody was asked for",
    ),
    "undecided": (
        "网关“{name}”怎么走说不准：取决于 {fields} 处当时没有人作过的回答",
        "the gateway “{name}” is undecided: it depends on an answer at {fields} that nobody gave",
    ),
    "unplaced": ("当时发生过的事没有地方放了：{name}", "something that happened has no place: {name}"),
    "left_open": ("当时已经办结，现在停在“{name}”", "the case had ended; now it waits at “{name}”"),
    "outcome_changed": ("结果变为“{name}”", "it ends at “{name}”"),
    "failed": ("流程出错：{name}", "the process fails: {name}"),
}
_EXAMPLE: Final[Pair] = ("表单示例（或同一环节上次的回答）", "the examples of its form, or the last answer there")
_SHIFT: Final[Pair] = ("（{least} 至 {most} 天，中位数 {median} 天）", " ({least} to {most} days, median {median})")
_HEAD: Final[Pair] = (
    "{base} 的 {cases} 件流程在 {draft} 下重走：{same} 件不变，{changed} 件不同",
    "{cases} cases of {base} under {draft}: {same} as before, {changed} otherwise",
)
_COUNT: Final[Pair] = ("{cases} 件，例如 {examples}", "{cases} cases, e.g. {examples}")
_SKIPPED: Final[Pair] = ("{count} 件的日志读不通，没有算在内：{ids}", "{count} logs could not be followed: {ids}")


def head(report: Report) -> Pair:
    """The result in one sentence."""
    facts = {"base": report.base, "draft": report.draft, "cases": report.cases, "same": report.same}
    return _fill(_HEAD, {**facts, "changed": report.cases - report.same})


def sentence(group: Group) -> Pair:
    """What a group of differences means."""
    name, shift = group.name or group.element or "-", _shift(group.days)
    zh = {"fields": "、".join(group.fields), "days": shift[0], "example": _EXAMPLE[0]}
    en = {"fields": ", ".join(group.fields), "days": shift[1], "example": _EXAMPLE[1]}
    said = _SAID[group.kind]
    return said[0].format(name=name, **zh), said[1].format(name=name, **en)


def count(group: Group) -> Pair:
    """In how many cases, with a few of them."""
    labels = [example.label for example in group.examples]
    zh = _COUNT[0].format(cases=group.cases, examples="、".join(labels))
    return zh, _COUNT[1].format(cases=group.cases, examples=", ".join(labels))


def skipped(report: Report) -> Pair | None:
    """Which cases the report does not speak of."""
    if not report.skipped:
        return None
    return _fill(_SKIPPED, {"count": len(report.skipped), "ids": ", ".join(report.skipped)})


def lines(report: Report) -> list[Pair]:
    """The whole report, line by line."""
    said = [(sentence(group), count(group)) for group in report.groups]
    found = [head(report), *((f"{a[0]}——{b[0]}", f"{a[1]}: {b[1]}") for a, b in said)]
    left = skipped(report)
    return found if left is None else [*found, left]


def _shift(days: Days | None) -> Pair:
    if days is None:
        return "", ""
    facts = {"least": f"{days.least:+d}", "most": f"{days.most:+d}", "median": f"{days.median:+g}"}
    return _fill(_SHIFT, facts)


def _fill(pair: Pair, facts: Mapping[str, object]) -> Pair:
    return pair[0].format(**facts), pair[1].format(**facts)
