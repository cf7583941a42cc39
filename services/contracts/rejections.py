"""Why a message is not accepted: stable codes for programs, words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Rejection(NamedTuple):
    """Why a message was not accepted; `retryable` = the same message may succeed later unchanged."""

    zh: str
    en: str
    retryable: bool


REJECTIONS: Final[Mapping[str, Rejection]] = {
    "malformed": Rejection("消息格式错误", "the message is malformed", False),
    "oversized": Rejection("消息过大", "the message is too large", False),
    "unknown_type": Rejection("消息类型未知", "the message type is unknown", False),
    "wrong_schema": Rejection("消息内容不符合约定", "the content breaks the schema", False),
    "unknown_task": Rejection("任务不存在", "there is no such task", False),
    "task_closed": Rejection("任务已关闭", "the task is closed", False),
    "already_done": Rejection("任务已由他人办理", "the task has already been done", False),
    "assignment_returned": Rejection(
        "本单位已退办，该件现由其他单位办理", "the unit gave it back, others handle it", False
    ),
    "wrong_unit": Rejection("不是本单位的任务", "the task belongs to another unit", False),
    "not_permitted": Rejection("无权办理", "not permitted", False),
    "four_eyes": Rejection(
        "您办过这一步要核对的环节，须由另一人办理",
        "you did the step this one checks, somebody else has to do it",
        False,
    ),
    "missing_field": Rejection("缺少必填项", "a required field is missing", False),
    "invalid_field": Rejection("填写内容无效", "a field is invalid", False),
    "unknown_deputy": Rejection("代表不存在", "there is no such deputy", False),
    "unknown_matter": Rejection("建议提案不存在", "there is no such matter", False),
    "late": Rejection("已逾期，不再受理", "too late", False),
    "too_early": Rejection("尚未到受理时间", "too early", True),
    "not_expected": Rejection("当前环节不接收此消息", "nothing waits for this message", False),
    "several_cases": Rejection(
        "几个流程实例都接收这种记录，请写明是哪一个（{cases}）",
        "several cases accept this record, name one of {cases}",
        False,
    ),
    "incident_open": Rejection(
        "上一次提交已收到，但流程执行出错，管理员处理后会自动继续，无需重复提交",
        "the last answer was received but the process failed; it goes on after the repair, do not send it again",
        False,
    ),
    "delegated": Rejection(
        "任务已委托给同事办理，取回委托后才能自己办理",
        "a colleague has been asked to do this; take it back to do it yourself",
        False,
    ),
    "consultation_open": Rejection(
        "加签意见尚未答复，请等待答复或撤回加签后再提交",
        "an opinion asked for is still open; wait for it or withdraw the question",
        False,
    ),
    "recall_late": Rejection(
        "后续环节已经开始，不能撤回。请联系正在办理的人，由其退回",
        "somebody has gone on from it, it cannot be taken back; ask whoever has it now to return it",
        False,
    ),
    "recall_joined": Rejection(
        "几路办理已经汇合到下一环节，不能单独撤回。请联系下一环节的办理人，由其退回",
        "it has been joined with the work of others, it cannot be taken back alone; ask whoever has the next step to"
        " return it",
        False,
    ),
    "recall_ended": Rejection(
        "这是本段流程的最后一步，流程已往下走，不能撤回。请联系下一环节的办理人退回，或请督查机构处理",
        "this was the last step of its part of the process, it cannot be taken back; ask whoever has the next step to"
        " return it, or the supervision office",
        False,
    ),
    "recall_sent": Rejection(
        "提交时已经对外发出（答复、编号或启动了另一流程），不能撤回。需要更正的，请联系人大代表工作机构或督查机构",
        "something was sent to others with it (a reply, a number) or another process began, it cannot be taken back;"
        " for a correction ask the congress office or the supervision office",
        False,
    ),
    "recall_beside": Rejection(
        "这一步由几方同时办理，各自提交后不能撤回。需要更正的，请联系下一环节的办理人退回，或请督查机构处理",
        "several do this step side by side, no answer to it can be taken back; ask whoever has the next step to return"
        " it, or the supervision office",
        False,
    ),
    "duplicate_conflict": Rejection("同一编号的消息内容不一致", "same id, different content", False),
}
