"""The messages of this release: who sends what to whom, and what is in it.

A type ends in its version. Only optional fields may be added to a released type; a new required field or a
changed meaning is a new version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

from marshmallow import Schema, ValidationError

from services.contracts import codes, fields, rejections
from services.contracts.errors import Malformed, faults
from services.contracts.letters import LetterIssued, LetterReceived, ReplyDelivered, ReplyIssued
from services.contracts.matters import (
    MatterAdmitted,
    MatterMerged,
    MatterNumbered,
    MatterSeparated,
    MatterSubmitted,
    MatterWithdrawn,
    SecrecyChanged,
    WithdrawalRefused,
    WithdrawalRequested,
)
from services.contracts.parts import Actor, Address, Deadline, MatterBody
from services.contracts.rules import Contract


class DirectoryChanged(Contract):
    """An entry of the directory was added, changed or (body null) removed."""

    kind = fields.code("类别", "kind", codes.DIRECTORY_KINDS)
    id = fields.ident("编号", "id")
    body = fields.thing("内容", "the entry as it is now; null = removed", nullable=True)
    version = fields.whole("版本", "rises with every change of this entry; older ones are ignored", least=1)


class CaseOpened(Contract):
    """A case of a matter started."""

    case_id = fields.ident("流程实例", "case id")
    matter_id = fields.ident("建议提案编号", "matter id", nullable=True)
    process = fields.ident("流程", "process")
    process_version = fields.ident("流程版本", "process version")
    state = fields.code("状态", "state", codes.MATTER_STATES, required=False, nullable=True)
    at = fields.instant("时间", "at", required=False)


class CaseMigrated(Contract):
    """A running case went over to another process version, or back to the one before."""

    case_id = fields.ident("流程实例", "case id")
    matter_id = fields.ident("建议提案编号", "matter id", nullable=True)
    process = fields.ident("流程", "process")
    process_version = fields.ident("流程版本", "process version it has now")
    previous_version = fields.ident("此前的流程版本", "process version it had before")
    by = fields.inside("操作人", "who did it", Actor, required=False, nullable=True)
    at = fields.instant("时间", "at")


class CaseClosed(Contract):
    """A case of a matter ended."""

    case_id = fields.ident("流程实例", "case id")
    matter_id = fields.ident("建议提案编号", "matter id", nullable=True)
    process = fields.ident("流程", "process")
    process_version = fields.ident("流程版本", "process version")
    outcome = fields.line("结局", "outcome", most=100, required=False, nullable=True)
    at = fields.instant("时间", "at", required=False)


class DeadlineChanged(Contract):
    """A deadline was set, moved or cleared."""

    case_id = fields.ident("流程实例", "case id")
    matter_id = fields.ident("建议提案编号", "matter id", nullable=True)
    deadline_id = fields.ident("期限编号", "deadline id")
    name = fields.ident("期限名称", "deadline name")
    label = fields.line("期限说明", "label", required=False, nullable=True)
    unit = fields.unit("单位", "unit", required=False, nullable=True)
    state = fields.code("状态", "state", codes.DEADLINE_STATES)
    due = fields.day("到期日", "due date", required=False, nullable=True)
    due_at = fields.instant("到期时刻", "due instant", required=False, nullable=True)
    why = fields.listing("计算说明", "explanation", fields.line("说明", "line", most=500), most=20, required=False)
    rule = fields.line("规则", "rule", required=False, nullable=True)
    calendar = fields.line("日历", "calendar", required=False, nullable=True)
    provisional = fields.flag("暂定", "provisional (calendar of that year unknown)", required=False)


class DeadlineConfirmed(DeadlineChanged):
    """A new calendar left a deadline's date where it was: `provisional` and `why` are as they are now."""


class RecordAdded(Contract):
    """A record was made; texts are expanded."""

    record_id = fields.ident("记录编号", "record id")
    case_id = fields.ident("流程实例", "case id")
    matter_id = fields.ident("建议提案编号", "matter id", nullable=True)
    record = fields.ident("记录类型", "record type")
    data = fields.thing("内容", "the record, see the record schemas")
    unit = fields.unit("单位", "unit", required=False, nullable=True)
    role = fields.ident("角色", "role", required=False, nullable=True)
    actor = fields.inside("办理人", "actor", Actor, required=False, nullable=True)
    at = fields.instant("时间", "at")
    element = fields.ident("环节", "element of the diagram", required=False, nullable=True)
    task_id = fields.ident("任务", "task", required=False, nullable=True)


class MilestoneReached(Contract):
    """The matter reached a state."""

    case_id = fields.ident("流程实例", "case id")
    matter_id = fields.ident("建议提案编号", "matter id", nullable=True)
    state = fields.code("状态", "state", codes.MATTER_STATES)
    at = fields.instant("时间", "at")


class PackagePublished(Contract):
    """A process package was published, or its status changed."""

    version = fields.ident("流程版本", "process version")
    locality = fields.ident("地区", "locality")
    year = fields.whole("年度", "year", least=1979, most=2200)
    revision = fields.whole("修订", "revision", least=1)
    status = fields.code("状态", "status", codes.PACKAGE_STATES)
    roles = fields.listing("角色", "roles", fields.thing("角色", "role"), most=200)
    classes = fields.thing("办理结果类别", "outcome classes: letter and label by code")
    texts = fields.thing("文本", "texts by name")
    labels = fields.thing("名称", "display labels by id")
    processes = fields.listing("流程", "processes", fields.thing("流程", "process"), most=100)
    entries = fields.thing("入口", "message (without version) → process it starts", required=False)
    accepts = fields.listing(
        "可随时登记的记录",
        "records its diagrams accept beside a task",
        fields.ident("记录类型", "record"),
        required=False,
    )
    interrupts = fields.listing(
        "可中断办理的消息",
        "messages (without version) that may interrupt its processes",
        fields.ident("消息", "message"),
        required=False,
    )
    urgent = fields.listing(
        "紧急的通知",
        "texts of notices after which a deadline would pass: they keep no quiet hours",
        fields.ident("文本", "text"),
        required=False,
    )


class NoticeRequested(Contract):
    """A diagram asks for a notice to people."""

    notice_id = fields.ident("通知编号", "notice id")
    template = fields.ident("模板", "template")
    process_version = fields.ident("流程版本", "process version")
    to = fields.listing("收件人", "addressees", Address, least=1)
    matter = fields.thing("建议提案", "what the notice says about the matter")
    facts = fields.thing("事实", "other facts for the template")
    at = fields.instant("时间", "at")


class TaskOpened(Contract):
    """A unit or role has something to do."""

    task_id = fields.ident("任务编号", "task id")
    case_id = fields.ident("流程实例", "case id")
    matter_id = fields.ident("建议提案编号", "matter id", nullable=True)
    matter_no = fields.line("建议号", "matter number", most=40, required=False, nullable=True)
    title = fields.line("标题", "title of the matter", required=False, nullable=True)
    element = fields.ident("环节", "element of the diagram")
    name = fields.line("任务名称", "name")
    public_name = fields.line("对外名称", "name shown to the public", required=False, nullable=True)
    role = fields.ident("角色", "role")
    unit = fields.unit("单位", "unit", required=False, nullable=True)
    person = fields.ident("办理人", "the one person it is for, if it is for one", required=False, nullable=True)
    delegate = fields.ident("受委托人", "the person who acts for the owner", required=False, nullable=True)
    beside = fields.ident("所附任务", "the task beside which an opinion is asked", required=False, nullable=True)
    question = fields.line("征求意见内容", "what is asked", most=2000, required=False, nullable=True)
    form = fields.ident("表单", "form", required=False, nullable=True)
    form_schema = fields.thing("表单结构", "JSON Schema of the answer", required=False, nullable=True)
    record = fields.ident("记录类型", "record made by the answer", required=False, nullable=True)
    initial = fields.thing(
        "初始内容", "what the form holds at first; change it as you like", required=False, nullable=True
    )
    deadline = fields.inside("期限", "deadline", Deadline, required=False, nullable=True)
    process_version = fields.ident("流程版本", "process version")
    previous_version = fields.ident(
        "此前的流程版本", "the same task once more: its case has left this version", required=False, nullable=True
    )
    opened_at = fields.instant("开始时间", "opened at")


class TaskClosed(Contract):
    """A task needs no more work."""

    task_id = fields.ident("任务编号", "task id")
    case_id = fields.ident("流程实例", "case id")
    matter_id = fields.ident("建议提案编号", "matter id", nullable=True)
    reason = fields.code("原因", "reason", codes.TASK_CLOSE_REASONS)
    by = fields.inside("办理人", "who closed it", Actor, required=False, nullable=True)
    at = fields.instant("时间", "at")
    successor_task_id = fields.ident("后续任务", "task that replaces it", required=False, nullable=True)


class TaskComplete(Contract):
    """A unit's own system completes a task."""

    task_id = fields.ident("任务编号", "task id")
    unit = fields.unit("单位", "unit spoken for")
    data = fields.thing("内容", "the answer, according to the task's form schema")
    actor = fields.inside("办理人", "who did it in the sender's system", Actor)
    occurred_at = fields.instant("发生时间", "when, according to the sender (a claim)")
    external_ref = fields.line("对方编号", "the sender's own number", most=100, required=False, nullable=True)


class TaskOperate(Contract):
    """A unit's own system uses a verb on one of its tasks."""

    task_id = fields.ident("任务编号", "task id")
    unit = fields.unit("单位", "unit spoken for")
    verb = fields.code("操作", "verb", codes.AGENCY_VERBS)
    data = fields.thing("内容", "what the verb asks, see the guide for agencies")
    actor = fields.inside("办理人", "who did it in the sender's system", Actor)
    occurred_at = fields.instant("发生时间", "when, according to the sender (a claim)")
    external_ref = fields.line("对方编号", "the sender's own number", most=100, required=False, nullable=True)


class RecordSubmit(Contract):
    """A unit's own system adds a record that moves no task."""

    case_id = fields.ident("流程实例", "case id; or give matter_id", required=False, nullable=True)
    matter_id = fields.ident("建议提案编号", "matter id; or give case_id", required=False, nullable=True)
    task_id = fields.ident("任务编号", "task id", required=False, nullable=True)
    unit = fields.unit("单位", "unit spoken for")
    record = fields.ident("记录类型", "record type")
    data = fields.thing("内容", "the record, see the record schemas")
    actor = fields.inside("办理人", "who did it in the sender's system", Actor)
    occurred_at = fields.instant("发生时间", "when, according to the sender (a claim)")
    external_ref = fields.line("对方编号", "the sender's own number", most=100, required=False, nullable=True)


class MatterSubmit(Contract):
    """A congress system submits a suggestion or proposal; the message id is the idempotency key."""

    session_id = fields.ident("会议编号", "session; left out = the current one", required=False, nullable=True)
    matter_kind = fields.code("种类", "kind", codes.MATTER_KINDS)
    submitted_when = fields.code("提出时间", "submitted when", codes.SUBMITTED_WHEN, required=False, nullable=True)
    title = fields.line("标题", "title", most=60)
    topic = fields.line("分类", "topic", most=50, required=False, nullable=True)
    secrecy = fields.code("密级", "secrecy", codes.SECRECY)
    lead_proposer = fields.ident("领衔代表", "lead proposer")
    co_proposers = fields.listing("联名代表", "co-signing deputies", fields.ident("代表", "deputy"), required=False)
    body = fields.inside("正文", "text", MatterBody)
    points = fields.listing("建议要点", "points asked", fields.line("要点", "point", most=500), most=50, required=False)
    wish_units = fields.listing(
        "希望承办单位", "units wished for", fields.unit("单位", "unit"), most=20, required=False
    )
    attachments = fields.listing(
        "附件",
        "ids of files that were brought before",
        fields.ident("附件编号", "file id"),
        most=100,
        required=False,
    )
    external_ref = fields.line("对方编号", "the sender's own number", most=100, required=False, nullable=True)


class CommandAccepted(Contract):
    """The command with this id was carried out."""

    original_id = fields.line("原消息编号", "id of the command", most=200)
    task_id = fields.ident("任务编号", "task id", required=False, nullable=True)
    stimulus = fields.line("处理序号", "number of the stimulus in the case's log", required=False, nullable=True)
    at = fields.instant("时间", "at")
    external_ref = fields.line("对方编号", "the sender's own number", most=100, required=False, nullable=True)


class MessageRejected(Contract):
    """The message with this id was not accepted, and why."""

    original_id = fields.line("原消息编号", "id of the message", most=200, nullable=True)
    original_type = fields.line("原消息类型", "type of the message", nullable=True)
    code = fields.code(
        "原因代码", "code", {key: codes.Label(item.zh, item.en) for key, item in rejections.REJECTIONS.items()}
    )
    path = fields.line("位置", "place of the fault in the data", least=0, most=500, required=False, nullable=True)
    retryable = fields.flag("可否重发", "the same message may be sent again later")
    text = fields.line("说明", "explanation in Chinese", most=2000)
    text_en = fields.line("英文说明", "explanation in English", most=2000)
    external_ref = fields.line("对方编号", "the sender's own number", most=100, required=False, nullable=True)


_Schema = type[Contract]


@dataclass(frozen=True, slots=True)
class MessageType:
    """One type of the catalogue; senders and receivers are service names or "agency"."""

    type: str
    schema: _Schema
    senders: frozenset[str]
    receivers: frozenset[str]
    description_zh: str
    description_en: str


def _entry(name: str, schema: _Schema, way: str, zh: str) -> MessageType:
    senders, receivers = (frozenset(side.split()) for side in way.split(">"))
    return MessageType(name, schema, senders, receivers, zh, " ".join((schema.__doc__ or "").split()))


MESSAGES: Final[Mapping[str, MessageType]] = {
    entry.type: entry
    for entry in (
        _entry("directory.changed.v1", DirectoryChanged, "intake > workflow notify", "机构人员目录有变化"),
        _entry("matter.submitted.v1", MatterSubmitted, "intake > workflow", "代表建议或政协提案已提交"),
        _entry("matter.admitted.v1", MatterAdmitted, "workflow > intake", "审查受理，可以编号"),
        _entry("matter.numbered.v1", MatterNumbered, "intake > workflow", "已编号"),
        _entry("matter.secrecy_changed.v1", SecrecyChanged, "intake > workflow", "密级调整"),
        _entry("withdrawal.requested.v1", WithdrawalRequested, "intake > workflow", "领衔代表申请撤回联名建议"),
        _entry("withdrawal.refused.v1", WithdrawalRefused, "workflow > intake", "撤回申请未获同意"),
        _entry("matter.withdrawn.v1", MatterWithdrawn, "intake workflow > intake workflow", "书面撤回生效"),
        _entry("matter.merged.v1", MatterMerged, "intake > workflow", "并案办理"),
        _entry("matter.separated.v1", MatterSeparated, "intake > workflow", "撤销并案"),
        _entry("reply.delivered.v1", ReplyDelivered, "intake > workflow", "答复函已送达代表"),
        _entry("case.opened.v1", CaseOpened, "workflow > intake", "流程实例开始"),
        _entry("case.migrated.v1", CaseMigrated, "workflow > intake", "流程实例转到另一个流程版本"),
        _entry("case.closed.v1", CaseClosed, "workflow > intake", "流程实例结束"),
        _entry("deadline.changed.v1", DeadlineChanged, "workflow > intake", "期限设定、变更或解除"),
        _entry("deadline.confirmed.v1", DeadlineConfirmed, "workflow > intake", "采用新日历后期限不变"),
        _entry("record.added.v1", RecordAdded, "workflow > intake", "新增办理记录"),
        _entry("milestone.reached.v1", MilestoneReached, "workflow > intake", "建议提案到达新的状态"),
        _entry("package.published.v1", PackagePublished, "workflow > intake notify", "流程版本发布"),
        _entry("reply.issued.v1", ReplyIssued, "workflow > intake", "答复函发出"),
        _entry("notice.requested.v1", NoticeRequested, "workflow > notify", "流程要求发送通知"),
        _entry("task.opened.v1", TaskOpened, "workflow > intake notify agency", "新的待办任务"),
        _entry("task.closed.v1", TaskClosed, "workflow > intake notify agency", "任务关闭"),
        _entry("task.complete.v1", TaskComplete, "agency > workflow", "单位系统完成任务"),
        _entry("task.operate.v1", TaskOperate, "agency > workflow", "单位系统退回、转办、加签或撤回任务"),
        _entry("record.submit.v1", RecordSubmit, "agency > workflow", "单位系统报送办理记录"),
        _entry("matter.submit.v1", MatterSubmit, "agency > intake", "人大系统提交建议提案"),
        _entry("letter.issued.v1", LetterIssued, "intake > agency", "答复函，发给提交建议的人大系统"),
        _entry("letter.received.v1", LetterReceived, "agency > intake", "人大系统签收答复函"),
        _entry("command.accepted.v1", CommandAccepted, "workflow intake > agency", "指令已受理"),
        _entry("message.rejected.v1", MessageRejected, "workflow intake > agency", "消息未被接受及原因"),
    )
}


@cache
def _loaded(schema: type[Schema]) -> Schema:
    return schema()


def validate(type: str, data: Any) -> dict[str, Any]:
    """Return the data of a message without unknown fields.

    Raises `Malformed`: `unknown_type`, or `wrong_schema` with the path of the first fault and all faults.
    """
    entry = MESSAGES.get(type)
    if entry is None:
        raise Malformed("unknown_type", "ce-type", f"没有这种消息：{type}", f"there is no message type {type}")
    try:
        return cast("dict[str, Any]", _loaded(entry.schema).load(data))
    except ValidationError as error:
        found = tuple(faults(error.messages))
        raise Malformed("wrong_schema", found[0].path, found[0].text, found[0].text_en, found) from None
