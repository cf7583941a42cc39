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
    "no_broker": (
        "没有设置 HUIYIN_BROKER_URL：单机运行没有消息服务器，不需要这个命令",
        "HUIYIN_BROKER_URL is not set: an installation without a broker does not need this command",
    ),
    "no_broker_admin": (
        "请设置 HUIYIN_BROKER_ADMIN_URL：消息服务器管理接口的地址和管理员账号",
        "set HUIYIN_BROKER_ADMIN_URL: the broker's management interface with an administrator's account",
    ),
    "broker_unreachable": (
        "消息服务器的管理接口连不上，请核对地址和 rabbitmq_management 插件",
        "the broker's management interface does not answer; check the address and the plugin rabbitmq_management",
    ),
    "broker_unauthorised": (
        "消息服务器没有认可这个账号，或它不是管理员（标签 administrator）",
        "the broker did not accept this account, or it is no administrator (tag administrator)",
    ),
    "broker_refused": ("消息服务器没有照办", "the broker refused"),
    "bad_connector": (
        "接入方编号由小写字母、数字、连字符组成，最多 63 个字符，不能是 events",
        "a connector id is made of a-z, 0-9 and hyphens, at most 63 characters, and is not events",
    ),
    "unknown_connector": (
        "消息服务器上没有这个接入方或账号，请先运行 huiyin agency add",
        "the broker has no such connector or account; run huiyin agency add first",
    ),
    "unprepared_broker": (
        "虚拟主机不存在或不完整，请先导入 deploy/rabbitmq/definitions.json",
        "the virtual host is missing or incomplete; import deploy/rabbitmq/definitions.json first",
    ),
    "rotating": (
        "轮换尚未完成，请先锁定旧账号：huiyin agency lock --account",
        "a rotation is under way, lock the older account first: huiyin agency lock --account",
    ),
    "made": ("新建", "made"),
    "found": ("已有", "there already"),
    "exchanges": ("交换机", "exchanges"),
    "queues": ("队列", "queues"),
    "bindings": ("绑定", "bindings"),
    "policies": ("策略", "policies"),
    "broker_accounts": ("账号", "accounts"),
    "account": ("账号", "account"),
    "account_open": ("可用", "open"),
    "account_locked": ("已锁定", "locked"),
    "common_name": ("客户端证书的 CN", "common name of the client's certificate"),
    "standin": ("演练：代替接入方收发，按 Ctrl+C 结束", "rehearsal: standing in for the connector, Ctrl+C ends it"),
    "trial_begins": ("请让被检验的程序连接", "let the client connect to"),
    "trial_password": (
        "这个账号原来就有，请用它自己的口令",
        "this account was there before: use its own password",
    ),
    "trial_unit": ("任务写明的单位", "the unit that the tasks name"),
    "unknown_unit": ("虚构城市里没有这个单位", "the fictional city has no such unit"),
    "tasks_of_yours": ("件是贵单位的", "of your unit"),
    "not_tried": ("没有试到", "not tried"),
    "trial_passed": ("全部通过", "all passed"),
    "trial_failed": ("没有全部通过", "not all passed"),
    "heard": ("收到", "heard"),
    "sent": ("发出", "sent"),
    "broker_lost": ("消息服务器连不上，或账号无权", "the broker does not answer, or the account may not"),
    "password_once": ("口令（只显示这一次，只供试用）", "password (shown only this once, for trials)"),
}


def say(code: str) -> str:
    """Both languages in one line: Chinese, then English."""
    return " / ".join(SAID[code])


def service(name: str) -> str:
    """The name of a service."""
    zh, en = SERVICES[name]
    return f"{zh} {en}"
