"""What changed from one package to another, in plain Chinese (and English): also what no picture shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

from services.workflow.packages.facts import Subject, Thing, gather
from services.workflow.packages.models import Package

_KINDS: Final = {
    "settings": ("设置", "settings"),
    "entry": ("入口", "entry"),
    "basis": ("依据", "basis"),
    "role": ("角色", "role"),
    "variable": ("变量", "variable"),
    "class": ("结果类别", "outcome class"),
    "label": ("显示名称", "display name"),
    "point": ("扩展点", "extension point"),
    "process": ("流程", "process"),
    "element": ("环节", "element"),
    "flow": ("连线", "flow"),
    "table": ("决策表", "decision table"),
    "row": ("规则", "rule"),
    "form": ("表单", "form"),
    "field": ("表单字段", "form field"),
    "text": ("文本", "text"),
    "scenario": ("场景", "scenario"),
    "overlay": ("本地日历", "local calendar"),
}
_PROPERTIES: Final = {
    "name": ("名称", "name"),
    "kind": ("类型", "kind"),
    "condition": ("条件", "condition"),
    "source": ("起点", "source"),
    "target": ("终点", "target"),
    "default": ("默认流", "default flow"),
    "called": ("调用的流程", "called process"),
    "script": ("脚本", "script"),
    "message": ("消息", "message"),
    "interrupting": ("是否中断", "interrupting"),
    "letter": ("字母", "letter"),
    "scope": ("范围", "scope"),
    "grants": ("权限", "grants"),
    "required": ("必填", "required"),
    "record": ("记录类型", "record"),
    "rules": ("填写规则", "rules"),
    "text": ("内容", "content"),
    "calendar": ("日历", "calendar"),
    "zone": ("时区", "time zone"),
    "counting.exclude_start_day": ("首日不计", "first day not counted"),
    "counting.month_end_rule": ("月末规则", "rule for ends of months"),
    "counting.roll_rule": ("遇休息日", "end on a day off"),
    "counting.day_end": ("一天的截止时刻", "end of the day"),
    "unreached.after_hours": ("接入系统多少小时未取走即提醒", "hours until an untaken task is told another way"),
    "unreached.notice": ("未取走时的通知", "notice about an untaken task"),
    "deadlines": ("期限表", "table of deadlines"),
    "hit_policy": ("命中策略", "hit policy"),
    "amount": ("期限长度", "amount"),
    "clock_start": ("起算", "clock start"),
    "roll": ("遇休息日", "end on a day off"),
    "basis": ("依据", "basis"),
    "hy:task.role": ("办理角色", "role"),
    "hy:task.unit": ("办理单位", "unit"),
    "hy:task.person": ("办理人", "person"),
    "hy:task.form": ("表单", "form"),
    "hy:task.deadline": ("期限", "deadline"),
    "hy:task.public": ("对外名称", "public name"),
    "hy:task.result": ("结果变量", "result variable"),
    "hy:task.fill": ("预填内容", "initial content"),
    "hy:task.apart": ("不得由同一人办理", "not by whoever did"),
    "hy:task.check": ("提交前检查", "checks before submission"),
    "hy:deadline.rule": ("期限规则", "deadline rule"),
    "hy:deadline.from": ("期限起算日", "start of the deadline"),
    "hy:accepts.record": ("可登记的记录", "records accepted"),
    "hy:accepts.role": ("登记角色", "role that adds the record"),
    "hy:accepts.to": ("登记后转到", "branch started by the record"),
    "hy:accepts.result": ("登记内容的变量", "variable of the record"),
    "hy:extend.deadline": ("延长的期限", "deadline extended"),
    "hy:extend.until": ("延长至", "extended until"),
    "hy:timer.deadline": ("定时器的期限", "timer's deadline"),
    "hy:timer.offset": ("提前或推后", "offset"),
    "hy:timer.at": ("时刻", "time of day"),
    "hy:notice.template": ("通知文本", "notice text"),
    "hy:notice.to": ("通知对象", "addressees"),
    "hy:milestone.state": ("办理状态", "state"),
}
_LONG: Final = 240

Kind = Literal["added", "removed", "renamed", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. `element` is the stable id; `property` is empty for things added or removed as a whole."""

    kind: Kind
    what: str
    file: str
    element: str
    property: str = ""
    old: str = ""
    new: str = ""
    text: str
    text_en: str

    def as_dict(self) -> dict[str, str]:
        """As JSON-ready mapping."""
        return asdict(self)


def compare(old: Package, new: Package) -> list[Change]:
    """Every difference from `old` to `new`, sorted by file and element."""
    before, after = gather(old), gather(new)
    found: list[Change] = []
    for subject in before.keys() - after.keys():
        found.append(_whole("removed", subject, before[subject]))
    for subject in after.keys() - before.keys():
        found.append(_whole("added", subject, after[subject]))
    for subject in before.keys() & after.keys():
        found += _inside(subject, before[subject], after[subject])
    return sorted(found, key=lambda c: (c.file, c.what, c.element, c.property))


def _whole(kind: Literal["added", "removed"], subject: Subject, thing: Thing) -> Change:
    zh, en = ("新增", "added") if kind == "added" else ("删除", "removed")
    what, what_en = _KINDS[subject.kind]
    return Change(
        kind=kind,
        what=subject.kind,
        file=subject.file,
        element=subject.id,
        text=f"{zh}{what}{_called(subject, thing)}".rstrip(),
        text_en=f"{en} {what_en} {subject.id}",
    )


def _inside(subject: Subject, before: Thing, after: Thing) -> Iterator[Change]:
    what, what_en = _KINDS[subject.kind]
    if before.name != after.name:
        yield Change(
            kind="renamed",
            what=subject.kind,
            file=subject.file,
            element=subject.id,
            property="name",
            old=before.name,
            new=after.name,
            text=f"{what} {subject.id} 由“{before.name}”更名为“{after.name}”",
            text_en=f"{what_en} {subject.id} renamed from '{before.name}' to '{after.name}'",
        )
    for name in sorted(before.properties.keys() | after.properties.keys()):
        old, new = before.properties.get(name, ""), after.properties.get(name, "")
        if old != new and {old, new} != {"", "-"}:
            yield _property(subject, after, name, old, new)


def _property(subject: Subject, thing: Thing, name: str, old: str, new: str) -> Change:
    what, what_en = _KINDS[subject.kind]
    zh, en = _PROPERTIES.get(name, (name, name))
    before, after = _excerpts(old, new)
    return Change(
        kind="changed",
        what=subject.kind,
        file=subject.file,
        element=subject.id,
        property=name,
        old=old,
        new=new,
        text=f"{what}{_called(subject, thing)}的{zh}：{before or '无'} → {after or '无'}",
        text_en=f"{en} of {what_en} {subject.id}: {before or 'none'} → {after or 'none'}",
    )


def _called(subject: Subject, thing: Thing) -> str:
    return f"“{thing.name}”（{subject.id}）" if thing.name else f" {subject.id} "


def _excerpts(old: str, new: str) -> tuple[str, str]:
    """What to show of both values: of a text with many lines those that differ, cut where it gets too long."""
    before, after = old.splitlines(), new.splitlines()
    if len(before) > 1 and len(after) > 1:
        match = SequenceMatcher(None, before, after, autojunk=False)
        different = [code for code in match.get_opcodes() if code[0] != "equal"]
        before = [line for _, start, end, _, _ in different for line in before[start:end]]
        after = [line for _, _, _, start, end in different for line in after[start:end]]
    return _cut(before), _cut(after)


def _cut(lines: Sequence[str]) -> str:
    flat = "；".join(" ".join(line.split()) for line in lines if line.strip())
    return flat if len(flat) <= _LONG else f"{flat[:_LONG]}…"
