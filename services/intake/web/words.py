"""What pages say from Python: code → (Chinese, English). Texts only; templates use `_()`."""

from typing import Any, Final

from services.common import languages

SAID: Final = {
    "signed_out": ("您已退出登录。", "You have signed out."),
    "submitted": ("已提交,编号 {no}。", "Submitted under number {no}."),
    "submitted_unnumbered": ("已提交,受理后编号。", "Submitted; it gets its number when it is admitted."),
    "withdrawn": ("这件建议已撤回。", "The matter has been withdrawn."),
    "withdrawal_requested": (
        "已提出撤回申请,正在征求联名代表的意见。",
        "The withdrawal is requested; the co-signing deputies are asked.",
    ),
    "and_others": ("{name}等{count}人", "{name} and others ({count})"),
    "yes": ("是", "yes"),
    "entry_saved": ("已保存:{id}。", "Saved: {id}."),
    "imported": ("已导入 {count} 行。", "{count} rows imported."),
    "account_was_locked": ("账号“{id}”已锁定,其登录立即失效。", "Account “{id}” is locked and signed out everywhere."),
    "account_unlocked": ("账号“{id}”已解除锁定。", "Account “{id}” is open again."),
    "password_changed": (
        "密码已更改,其他地方的登录已失效。",
        "Your password is changed; other browsers are signed out.",
    ),
}
COLUMNS: Final = (
    ("编号", "Number"),
    ("标题", "Title"),
    ("种类", "Kind"),
    ("会议", "Session"),
    ("领衔代表", "Lead deputy"),
    ("提交时间", "Submitted"),
    ("状态", "State"),
    ("办理结果", "Outcome class"),
    ("单位", "Units"),
    ("当前环节", "Open steps"),
    ("期限", "Deadline"),
    ("到期日", "Due"),
    ("计算说明", "How it was computed"),
    ("逾期", "Overdue"),
)
"""The columns of the exported ledger."""


def say(code: str, **params: Any) -> str:
    """Return a text in the language of this request."""
    return languages.pick(*SAID[code]).format(**params)


def columns() -> list[str]:
    """Return the heads of the exported ledger in the language of this request."""
    return [languages.pick(*pair) for pair in COLUMNS]
