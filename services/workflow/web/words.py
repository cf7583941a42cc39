"""Names for codes, in the language of the page: units, roles, states, records, verbs of the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask, g

from services.common import directories, languages
from services.contracts import catalogue, codes
from services.workflow import edges, editions, problems, verb_forms, versions
from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.web import sending

KINDS: Mapping[str, tuple[str, str]] = {
    "start": ("启动", "started"),
    "complete_task": ("完成任务", "task completed"),
    "message": ("收到消息", "message received"),
    "timer": ("到时", "timer fired"),
    "record": ("新增记录", "record added"),
    "matter": ("建议情况有变", "facts of the matter changed"),
    "operator": ("人工处置", "operated"),
}
VERBS: Mapping[str, tuple[str, str]] = {
    "return": ("退回", "given back"),
    "transfer": ("转办", "passed on"),
    "delegate": ("委托", "delegated"),
    "undelegate": ("取回委托", "taken back from the delegate"),
    "urge": ("催办", "urged"),
    "consult": ("加签", "opinion asked"),
    "withdraw_consult": ("撤回加签", "question withdrawn"),
    "recall": ("撤回", "taken back"),
    "add_co_handler": ("增加会办单位", "co-handler added"),
    "move": ("改到其他环节", "moved"),
    "end_instance": ("结束一个承办", "one part ended"),
    "add_instance": ("增加一个承办", "one part added"),
    "calendar": ("采用新日历", "new calendar"),
    "extend": ("延期", "extended"),
    "migrate": ("转到另一个流程版本", "brought to another version"),
    "revert": ("撤销换版", "migration taken back"),
}
"""What people do to a case beside completing its tasks."""
STATUSES: Mapping[str, tuple[str, str]] = {
    "running": ("办理中", "running"),
    "ended": ("已结束", "ended"),
    "open": ("待办", "open"),
    "closed": ("已关闭", "closed"),
    "moved": ("已变更", "moved"),
    "cleared": ("已解除", "cleared"),
    "waiting": ("等待", "waiting"),
    "parked": ("搁置", "parked"),
    "rejected": ("已退回", "rejected"),
}
DRAFT_STATES: Mapping[str, tuple[str, str]] = {
    "open": ("编辑中", "being edited"),
    "submitted": ("已提交", "submitted"),
    "given_up": ("已放弃", "given up"),
}
FIELD_TYPES: Mapping[str, tuple[str, str]] = {
    "string": ("一行文字", "a line"),
    "textarea": ("多行文字", "text"),
    "date": ("日期", "date"),
    "integer": ("整数", "whole number"),
    "boolean": ("是或否", "yes or no"),
    "choice": ("单选", "one of"),
}

NOTICES: Mapping[str, tuple[str, str]] = {
    "draft_saved": ("草稿已保存，尚未提交", "the draft is saved, not submitted yet"),
    "submitted": ("已提交", "submitted"),
    "resent": ("{count} 条消息将重新发出", "{count} messages leave again"),
    "none_resent": ("没有可以重发的消息，请先选择", "nothing was sent again; choose messages first"),
    "outage_noted": ("中断已登记", "the outage is noted"),
    "outage_over": ("已恢复", "the outage is over"),
    "done_together": ("已办 {count} 件", "{count} done"),
    "taken_before": ("已提交，请勿重复提交", "submitted already; once is enough"),
    "used_return": ("已退回", "given back"),
    "used_transfer": ("已转办", "passed on"),
    "used_reassign": ("已转给本单位同事", "passed on to a colleague"),
    "used_delegate": ("已委托，随时可以取回", "delegated; you may take it back at any time"),
    "used_undelegate": ("已取回委托", "taken back"),
    "used_consult": ("已征求意见，答复之前任务不能提交", "asked; the task waits for the answer"),
    "used_withdraw_consult": ("已撤回加签", "the question is withdrawn"),
    "used_urge": ("已催办，办理人会收到通知", "urged; whoever has the task is told"),
    "used_recall": ("已撤回，请重新办理", "taken back; do it again"),
    "used_add_co_handler": ("已增加会办单位", "a co-handling unit was added"),
    "record_saved": ("记录已保存", "the record is saved"),
    "version_published": ("版本已发布", "the version is in force"),
    "version_retired": ("版本已停用，办理中的流程不受影响", "retired; running cases go on"),
    "calendar_imported": (
        "{year} 年的日历已导入，此后开始的流程按它计算",
        "the calendar of {year} is imported; cases that start from now on count by it",
    ),
    "version_deleted": ("版本已删除", "the version is deleted"),
    "file_saved": ("已保存", "saved"),
    "file_reverted": ("已恢复为原版本的内容", "taken back to what the base has"),
    "draft_submitted": ("已提交，请另一人审定", "submitted; a second person approves"),
    "draft_given_up": ("草稿已放弃", "the draft was given up"),
    "draft_has_errors": ("还有错误，不能提交", "there are errors, it cannot be submitted"),
    "migrated": ("已转换 {count} 个流程", "{count} cases were brought over"),
    "not_migrated": ("{count} 个流程没有转换，原因见下表", "{count} cases stay, the table says why"),
    "gone_elsewhere": (
        "{count} 个流程已经办结，或者别人已经转走，没有再转换",
        "{count} cases have ended or were brought over by somebody else meanwhile",
    ),
    "none_ticked": ("没有勾选流程，什么也没有改变", "no case was ticked, nothing was changed"),
    "migration_reverted": ("已撤销换版，流程按原版本继续", "taken back; the case goes on under its version before"),
    "retried": ("已重新执行", "carried out again"),
    "incident_past": (
        "流程已经不再需要这一步，没有重新执行，异常已关闭",
        "the case needs this no more: it was not carried out again, and the incident is closed",
    ),
    "failed_again": ("再次失败，原因见列表", "it failed again, the list says why"),
}
"""What a page says after an act."""


def say(code: str, **params: object) -> str:
    """A notice in the language of the page."""
    zh, en = NOTICES[code]
    return languages.pick(zh.format(**params), en.format(**params))


def install(app: Flask) -> None:
    """Give the templates their words."""
    app.jinja_env.globals.update(
        unit_name=unit_name,
        person_name=person_name,
        role_name=role_name,
        actor_name=actor_name,
        account_name=account_name,
        editor_name=editor_name,
        verb_title=verb_title,
        division_name=division_name,
        once=sending.field,
        element_label=element_label,
        element_name=lambda element, version: edition_of(version).element_name(element),
        matter_state=lambda code: _label(codes.MATTER_STATES, code),
        outcome_name=lambda code: _label(codes.OUTCOME_CLASSES, code),
        package_state=lambda code: _label(codes.PACKAGE_STATES, code),
        close_reason=lambda code: _label(codes.TASK_CLOSE_REASONS, code),
        record_name=record_name,
        kind_name=lambda code: languages.pick(*KINDS.get(code, (code, code))),
        status_name=lambda code: languages.pick(*STATUSES.get(code, (code, code))),
        draft_state=lambda code: languages.pick(*DRAFT_STATES[code]),
        field_type=lambda code: languages.pick(*FIELD_TYPES[code]),
        incident_name=lambda code: languages.pick(*problems.words_for(code)),
    )


def _label(table: codes.Codes, code: str | None) -> str:
    found = table.get(code or "")
    return languages.pick(found.zh, found.en) if found else code or ""


def unit_name(code: str | None) -> str:
    """A unit's name, read once per request."""
    if "workflow_units" not in g:
        with edges.reading() as conn:
            g.workflow_units = dict(directories.unit_names(conn, t.directory, active=False))
    return str(g.workflow_units.get(code, code or ""))


def person_name(code: str | None) -> str:
    """Somebody's name, read once per request; empty for nobody."""
    if not code:
        return ""
    known = g.setdefault("workflow_people", {})
    if code not in known:
        with edges.reading() as conn:
            found = directories.person(conn, t.directory, code)
        known[code] = found.name if found is not None else code
    return str(known[code])


def role_name(role: str | None, version: str) -> str:
    """A role's name in a package version."""
    if not role:
        return ""
    return edition_of(version).role_label(role, english=languages.current() == "en")


def element_label(kind: str, name: str, version: str) -> str:
    """The name of a process or deadline in a package version."""
    return edition_of(version).label(kind, name)


def edition_of(version: str) -> editions.Edition:
    """The live edition of a version."""
    with edges.reading() as conn:
        return editions.get(conn, version)


def division_name(division: Sequence[tuple[str, str]]) -> str:
    """Units with what they are in a matter, in one line."""
    roles = ((unit_name(unit), _label(codes.ASSIGNMENT_ROLES, role)) for unit, role in division)
    return languages.pick("、", ", ").join(languages.bracketed(unit, role) for unit, role in roles)


def account_name(account: str | None) -> str:
    """The name of whoever signs in with an account."""
    known = g.setdefault("workflow_accounts", {})
    if account not in known:
        with edges.reading() as conn:
            found = directories.account(conn, t.directory, account or "")
        known[account] = "" if found is None else person_name(found.person_id) or found.login
    return str(known[account])


def editor_name(account: str | None) -> str:
    """Who submitted or changed a version: somebody by name, or whoever installed the system."""
    if (account or "").startswith(versions.INSTALLER):
        return languages.pick("安装时", "at installation")
    return account_name(account) or str(account or "")


def verb_title(verb: str) -> str:
    """What a button says that leads to a verb."""
    form = verb_forms.FORMS[verb]
    return languages.pick(str(form["title"]), form["x-title-en"])


def actor_name(actor: Mapping[str, Any]) -> str:
    """Who acted, and for whom if somebody had asked him to."""
    name, behalf = str(actor.get("name") or actor.get("account") or ""), actor.get("on_behalf_of")
    return languages.pick(f"{name}（代{behalf}）", f"{name} (for {behalf})") if behalf else name


def verb_name(verb: str, step: str) -> str:
    """What was done to a case or a step, as people say it."""
    named = languages.pick(*VERBS.get(verb, (verb, verb)))
    return languages.pick(f"{named}：{step}", f"{named}: {step}") if step else named


def step_name(kind: str, data: Mapping[str, Any], element: str, version: str) -> str:
    """What a row of a case's log is about: the step, record, process or verb, as its package calls it."""
    step = edition_of(version).element_name(element)
    if kind == "record":
        return record_name(str(data.get("record")))
    if kind == "start":
        return element_label("process", element, version)
    if kind == "operator":
        verb = str(data.get("verb"))
        return verb_name(verb, "" if element == verb else step)
    return record_name(step) if element == e.CONSULTATION else step


def record_name(record: str) -> str:
    """A record type's name, from its schema."""
    try:
        schema: Mapping[str, Any] = catalogue.record_schema(record)
    except KeyError:
        return record
    return languages.pick(str(schema.get("title") or record), schema.get("x-title-en"))
