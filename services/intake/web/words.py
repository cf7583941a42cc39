"""What pages say from Python: code → (Chinese, English). Texts only; templates use `_()`."""

from typing import Any, Final

from services.common import languages

SAID: Final = {
    "signed_out": ("您已退出登录。", "You have signed out."),
    "submitted": ("已提交，编号 {no}。", "Submitted under number {no}."),
    "submitted_unnumbered": ("已提交，受理后编号。", "Submitted; it gets its number when it is admitted."),
    "withdrawn": ("这件建议已撤回。", "The matter has been withdrawn."),
    "withdrawal_requested": (
        "已提出撤回申请，正在征求联名代表的意见。",
        "The withdrawal is requested; the co-signing deputies are asked.",
    ),
    "secrecy_changed": ("密级已调整。", "The secrecy has been changed."),
    "merged": (
        "已并案：{others}并入{main}，主件答复后分别答复。",
        "Merged: {others} into {main}; each gets its own reply.",
    ),
    "separated": (
        "已撤销与{main}的并案，这件建议恢复单独办理。",
        "No longer merged with {main}; handled by itself again.",
    ),
    "merged_into": ("并入{main}", "merged into {main}"),
    "main_of": ("主件，并{others}", "main matter, with {others}"),
    "draft_kept": ("草稿已保存。", "The draft is saved."),
    "draft_invited": (
        "草稿已保存，已邀请 {count} 位代表联名；他们登录后会在首页看到。",
        "The draft is saved and {count} deputies are invited; they find it on their home page.",
    ),
    "files_brought": ("附件已添加。", "The files were added."),
    "draft_discarded": ("草稿已删除。", "The draft is deleted."),
    "cosigned": (
        "您已同意联名。提交前还可以改变主意。",
        "You agreed to co-sign. Until it is submitted you may change your mind.",
    ),
    "cosigning_refused": ("您已谢绝联名。", "You declined to co-sign."),
    "cosigner_waiting": (
        "{name}还没有答复。现在提交，就不再等待，也不列为联名代表。",
        "{name} has not answered yet. If you submit now, the answer is not waited for.",
    ),
    "cosigner_changed": (
        "{name}答复以后，内容又改过，还没有重新确认。现在提交，不列为联名代表。",
        "The text was changed after {name} answered. If you submit now, {name} does not co-sign.",
    ),
    "and_others": ("{name}等{count}人", "{name} and others ({count})"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "ledger": ("台账", "Ledger"),
    "statistics": ("统计", "Statistics"),
    "what": ("项目", "What"),
    "matters": ("件数", "Matters"),
    "received": ("收到", "received"),
    "groups": ("并案（{count}组）", "merged (groups: {count})"),
    "overdue": ("逾期", "overdue"),
    "entry_saved": ("已保存：{id}。", "Saved: {id}."),
    "imported": ("已导入 {count} 行。", "{count} rows imported."),
    "account_was_locked": ("账号“{id}”已锁定，其登录立即失效。", "Account “{id}” is locked and signed out everywhere."),
    "account_unlocked": ("账号“{id}”已解除锁定。", "Account “{id}” is open again."),
    "password_changed": (
        "密码已更改，其他地方的登录已失效。",
        "Your password is changed; other browsers are signed out.",
    ),
}
STAGES: Final = {
    "draft": ("还没有提交。", "Not submitted yet."),
    "submitted": ("已经提交，等待审查。", "Submitted; it will be examined."),
    "under_admission": ("正在审查是否受理。", "It is being examined."),
    "not_admitted": ("不作为建议办理，理由见办理经过。", "Not taken up; the history says why."),
    "admitted": ("已经受理，正在确定承办单位。", "Taken up; the unit to handle it is being found."),
    "pre_handover": ("正在与单位商定由谁承办。", "Units are asked who should handle it."),
    "handed_over": ("已经交给承办单位。", "Handed over to the unit."),
    "return_requested": ("正在重新确定由谁承办。", "Who handles it is being reconsidered."),
    "reassigned": ("已经调整承办单位。", "Another unit handles it now."),
    "accepted": ("承办单位已经签收，开始办理。", "The unit has accepted it and begins."),
    "in_handling": ("承办单位正在办理。", "The unit is handling it."),
    "reply_in_review": ("答复已经起草，正在审核。", "A reply is written and being reviewed."),
    "reply_returned": ("答复正在修改，改好后再审核。", "The reply is being revised."),
    "replied": ("已经答复。", "The reply is out."),
    "awaiting_feedback": ("已经答复，正在征求代表的意见。", "Replied; the deputies are asked for their rating."),
    "feedback_closed": ("已经答复，代表已经反馈。", "Replied and rated."),
    "redo": ("正在重新办理。", "It is being handled again."),
    "completed": ("已经办结。", "Completed."),
    "following_up": ("承诺的事项还在落实，持续跟踪。", "What was promised is still being followed up."),
    "closed_out": ("承诺的事项已经落实。", "What was promised is done."),
    "archived": ("已经归档。", "Filed."),
    "withdrawn": ("已经撤回。", "Withdrawn."),
    "merged": (
        "与内容相同的建议合并办理，分别答复。",
        "Handled together with others; each gets its reply.",
    ),
    "extended": ("办理期限已经延长。", "The time for handling was extended."),
}
"""Every state in plain words, for deputies and the public."""
COLUMNS: Final = (
    ("编号", "Number"),
    ("标题", "Title"),
    ("种类", "Kind"),
    ("分类", "Topic"),
    ("会议", "Session"),
    ("领衔代表", "Lead deputy"),
    ("代表团", "Delegation"),
    ("提交时间", "Submitted"),
    ("状态", "State"),
    ("办理结果", "Outcome class"),
    ("单位", "Units"),
    ("当前环节", "Open steps"),
    ("期限", "Deadline"),
    ("到期日", "Due"),
    ("计算说明", "How it was computed"),
    ("逾期", "Overdue"),
    ("重点督办", "Key matter"),
    ("并案", "Merged"),
)
"""The columns of the exported ledger."""


def say(code: str, **params: Any) -> str:
    """Return a text in the language of this request."""
    return languages.pick(*SAID[code]).format(**params)


def stage(state: str) -> str:
    """Return a state in plain words."""
    return languages.pick(*STAGES[state])


def columns() -> list[str]:
    """Return the heads of the exported ledger in the language of this request."""
    return [languages.pick(*pair) for pair in COLUMNS]
