"""Why a message is not accepted: stable codes for programs, words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Rejection(NamedTuple):
    """Why a message was not accepted; `retryable` = the same message may succeed later unchanged; what to do then."""

    zh: str
    en: str
    retryable: bool
    cure: str
    cure_en: str


REJECTIONS: Final[Mapping[str, Rejection]] = {
    "malformed": Rejection(
        "消息格式错误",
        "the message is malformed",
        False,
        "检查消息头和 JSON 是否完整、编码是否为 UTF-8，改正后用新编号发送",
        "check the headers, the JSON and that it is UTF-8; send it corrected under a new id",
    ),
    "oversized": Rejection(
        "消息过大",
        "the message is too large",
        False,
        "消息体不超过 256 KB；更长的内容在网页上填写",
        "keep the body within 256 kB; longer content is entered on the page",
    ),
    "unknown_type": Rejection(
        "消息类型未知",
        "the message type is unknown",
        False,
        "检查 `ce-type` 的拼写和版本号，只用目录里的类型",
        "check the spelling and the version in `ce-type`; use types of the catalogue only",
    ),
    "wrong_schema": Rejection(
        "消息内容不符合约定",
        "the content breaks the schema",
        False,
        "按 `path` 指出的字段和该类型的 JSON Schema 改正，用新编号发送",
        "correct the field `path` names by the JSON Schema of the type; send it under a new id",
    ),
    "unknown_task": Rejection(
        "任务不存在",
        "there is no such task",
        False,
        "检查任务编号；编号原样取自 `task.opened`",
        "check the task id; take it from `task.opened` as it is",
    ),
    "task_closed": Rejection(
        "任务已关闭",
        "the task is closed",
        False,
        "不用再发；`task.closed` 写明了原因和接替它的任务",
        "send nothing more; `task.closed` says why and which task took its place",
    ),
    "already_done": Rejection(
        "任务已由他人办理",
        "the task has already been done",
        False,
        "不用再发；网页或另一个系统已经办了这一步",
        "send nothing more; the page or another system has done this step",
    ),
    "assignment_returned": Rejection(
        "本单位已退办，该件现由其他单位办理",
        "the unit gave it back, others handle it",
        False,
        "不用再办；退办已获同意，该件由其他单位办理",
        "nothing is left to do; the return was granted and others handle the matter",
    ),
    "wrong_unit": Rejection(
        "不是本单位的任务",
        "the task belongs to another unit",
        False,
        "`unit` 写任务所属的单位；不归本接入方代表的，请管理员登记",
        "write the task's own unit in `unit`; if the connector does not speak for it, ask the administrator to bind it",
    ),
    "not_permitted": Rejection(
        "无权办理",
        "not permitted",
        False,
        "本接入方不能发这种消息或使用这项操作；需要的，请管理员开通",
        "this connector may not send this type or use this verb; ask the administrator where it should",
    ),
    "four_eyes": Rejection(
        "您办过这一步要核对的环节，须由另一人办理",
        "you did the step this one checks, somebody else has to do it",
        False,
        "由另一人办理，在 `actor` 写明，用新编号发送",
        "have somebody else do it and name them in `actor`; send it under a new id",
    ),
    "missing_field": Rejection(
        "缺少必填项",
        "a required field is missing",
        False,
        "补上 `path` 指出的字段，用新编号发送",
        "fill in the field `path` names; send it under a new id",
    ),
    "invalid_field": Rejection(
        "填写内容无效",
        "a field is invalid",
        False,
        "按 `form_schema` 改正 `path` 指出的字段，用新编号发送",
        "correct the field `path` names by `form_schema`; send it under a new id",
    ),
    "unknown_deputy": Rejection(
        "代表不存在",
        "there is no such deputy",
        False,
        "检查代表编号，以目录为准",
        "check the deputy's id against the directory",
    ),
    "unknown_matter": Rejection(
        "建议提案不存在",
        "there is no such matter",
        False,
        "检查建议提案编号；编号原样取自收到的消息",
        "check the matter id; take it from what you received as it is",
    ),
    "late": Rejection(
        "已逾期，不再受理",
        "too late",
        False,
        "任务到期已由系统关闭，流程也没有再要；流程另有补交任务的（例如逾期的会办意见），仍发给原任务即可，系统记到补交任务上，按逾期计",
        "the clock has closed the task and the process does not ask again; where it does (a late co-handling opinion), "
        "an answer to the old task is kept for the new one, as late",
    ),
    "too_early": Rejection(
        "尚未到受理时间",
        "too early",
        True,
        "过一会儿原样再发，编号不变",
        "send the same again later, under the same id",
    ),
    "not_expected": Rejection(
        "当前环节不接收此消息",
        "nothing waits for this message",
        False,
        "当前环节不接收这种记录或操作；看任务当前走到哪一步再发",
        "nothing waits for this record or verb now; see where the matter stands before sending it",
    ),
    "several_cases": Rejection(
        "几个流程实例都接收这种记录，请写明是哪一个（{cases}）",
        "several cases accept this record, name one of {cases}",
        False,
        "在说明列出的实例中写明一个 `case_id`，用新编号发送",
        "name one of the cases listed in the text as `case_id`; send it under a new id",
    ),
    "incident_open": Rejection(
        "上一次提交已收到，但流程执行出错，管理员处理后会自动继续，无需重复提交",
        "the last answer was received but the process failed; it goes on after the repair, do not send it again",
        False,
        "不用再发；管理员处理后自动继续",
        "send nothing more; it goes on by itself after the repair",
    ),
    "delegated": Rejection(
        "任务已委托给同事办理，取回委托后才能自己办理",
        "a colleague has been asked to do this; take it back to do it yourself",
        False,
        "由受委托人办理，或先在网页上取回委托",
        "leave it to whoever was asked, or take the delegation back on the page first",
    ),
    "consultation_open": Rejection(
        "加签意见尚未答复，请等待答复或撤回加签后再提交",
        "an opinion asked for is still open; wait for it or withdraw the question",
        False,
        "等待答复，或用 `withdraw_consult` 撤回征求意见后再发",
        "wait for the opinion, or withdraw the question with `withdraw_consult` and send it again under a new id",
    ),
    "recall_late": Rejection(
        "后续环节已经开始，不能撤回。请联系正在办理的人，由其退回",
        "somebody has gone on from it, it cannot be taken back; ask whoever has it now to return it",
        False,
        "请正在办理的人退回",
        "ask whoever has the next step to return it",
    ),
    "recall_joined": Rejection(
        "几路办理已经汇合到下一环节，不能单独撤回。请联系下一环节的办理人，由其退回",
        "it has been joined with the work of others, it cannot be taken back alone; ask whoever has the next"
        " step to return it",
        False,
        "请下一环节的办理人退回",
        "ask whoever has the next step to return it",
    ),
    "recall_ended": Rejection(
        "这是本段流程的最后一步，流程已往下走，不能撤回。请联系下一环节的办理人退回，或请督查机构处理",
        "this was the last step of its part of the process, it cannot be taken back; ask whoever has the"
        " next step to return it, or the supervision office",
        False,
        "请下一环节的办理人退回，或请督查机构处理",
        "ask whoever has the next step to return it, or the supervision office",
    ),
    "recall_sent": Rejection(
        "提交时已经对外发出（答复、编号或启动了另一流程），不能撤回。需要更正的，请联系人大代表工作机构或督查机构",
        "something was sent to others with it (a reply, a number) or another process began, it cannot be"
        " taken back; for a correction ask the congress office or the supervision office",
        False,
        "需要更正的，联系人大代表工作机构或督查机构",
        "for a correction ask the congress office or the supervision office",
    ),
    "recall_beside": Rejection(
        "这一步由几方同时办理，各自提交后不能撤回。需要更正的，请联系下一环节的办理人退回，或请督查机构处理",
        "several do this step side by side, no answer to it can be taken back; ask whoever has the next step"
        " to return it, or the supervision office",
        False,
        "请下一环节的办理人退回，或请督查机构处理",
        "ask whoever has the next step to return it, or the supervision office",
    ),
    "duplicate_conflict": Rejection(
        "同一编号的消息内容不一致",
        "same id, different content",
        False,
        "内容改过的消息用新编号发送；检查编号是否重复使用",
        "give changed content a new id, and check that ids are never used twice",
    ),
}
