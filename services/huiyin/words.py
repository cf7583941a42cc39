"""What the command line says: code → (Chinese, English). Texts only."""

from __future__ import annotations

from typing import Final

SERVICES: Final = {"intake": ("受理", "intake"), "workflow": ("流程", "workflow"), "notify": ("通知", "notify")}

SAID: Final = {
    "demo_title": ("云汀市（虚构）一件建议的全程", "a suggestion's whole way through Yunting, a fictional city"),
    "home": ("演示数据", "demo data"),
    "package": ("流程版本", "process version"),
    "walk_begins": ("开始", "begin"),
    "line": ("剧本", "script"),
    "by": ("办理人", "by"),
    "due": ("期限", "due"),
    "messages": ("消息", "messages"),
    "to": ("收件人", "to"),
    "matter.submitted": ("代表提交建议", "the deputy submits"),
    "matter.numbered": ("编号", "the matter gets its number"),
    "reply.delivered": ("答复函送达代表", "the letter reaches its deputies"),
    "timer": ("到时自动", "by the clock"),
    "new_task": ("新的待办", "new task"),
    "notice": ("办理通知", "notice"),
    "result": ("结果", "result"),
    "closed": ("全部流程已结束", "every case has ended"),
    "open": ("流程尚未结束", "cases are still running"),
    "acts": ("件次办理", "acts"),
    "open_tasks": ("件待办", "open tasks"),
    "units": ("单位", "units"),
    "differs": ("与剧本不符", "not as the script says"),
    "address": ("网页地址", "the pages"),
    "accounts": ("登录账号（口令都是）", "accounts (the password of all)"),
    "stop": ("按 Ctrl+C 结束", "Ctrl+C ends it"),
    "running": ("已启动", "running"),
    "created": ("首个管理员账号（口令只显示这一次）", "the first administrator (the password is shown only this once)"),
    "exists": ("管理员账号已存在，口令不变", "the administrator exists, the password stays"),
    "published": ("已发布流程版本", "process version in force"),
    "session": ("届次", "session"),
    "migrated": ("数据库已是最新", "the database is up to date"),
    "settled": ("全部已处理完毕", "all is settled"),
    "unsettled": ("尚未处理完毕", "not settled"),
    "fine": ("正常", "fine"),
    "bad": ("不正常", "not fine"),
    "no_findings": ("没有发现问题", "no findings"),
    "no_changes": ("没有变化", "no changes"),
    "passed": ("通过", "passed"),
    "failed": ("未通过", "failed"),
    "not_migrated": ("数据库尚未建立，请先运行 huiyin migrate", "the database is empty, run huiyin migrate first"),
    "no_such_role": ("这个服务没有这个角色", "this service has no such role"),
    "port_taken": ("端口已被占用", "the port is taken"),
}


def say(code: str) -> str:
    """Both languages in one line: Chinese, then English."""
    return " / ".join(SAID[code])


def service(name: str) -> str:
    """The name of a service."""
    zh, en = SERVICES[name]
    return f"{zh} {en}"
