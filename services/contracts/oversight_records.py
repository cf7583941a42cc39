"""Records of what comes after a reply: redo, follow-up, supervision, consequences (domain fields 7.6, 7.7)."""

from __future__ import annotations

from services.contracts import codes, fields
from services.contracts.record_parts import Record
from services.contracts.rules import Rule


class RedoOrder(Record):
    """重新办理通知: ordered after dissatisfaction."""

    reason = fields.text("重新办理的理由", "reason", most=2000)
    due_note = fields.text("时限要求", "note on the deadline", most=500, required=False)


class RedoDecision(Record):
    """是否重新办理: decided by the congress office where the diagram does not order it by itself."""

    decision = fields.code("是否责令重新办理", "decision", codes.RETURN_DECISIONS)
    reason = fields.text("理由", "reason", most=2000)


class FollowUpProgress(Record):
    """跟踪进展: periodic report on open commitments."""

    text = fields.text("进展情况", "progress")
    percent = fields.whole("完成比例（%）", "percent done", most=100, required=False)


class CloseOut(Record):
    """销号申请: evidence decides, never the percentage."""

    result = fields.code("完成情况", "result", codes.CLOSE_OUT_RESULTS)
    evidence_text = fields.text("完成依据或无法完成的原因", "evidence, or why it cannot be done")


class CloseOutDecision(Record):
    """销号决定: the office checks the evidence."""

    decision = fields.code("是否同意销号", "decision", codes.RETURN_DECISIONS)
    reason = fields.text("核查意见", "reason", most=2000, required=False)
    rules = (Rule({"decision": ("refuse",)}, {"reason": 0}),)


class CloseOutConfirmation(Record):
    """销号确认: the deputy agrees that the promise has been kept, or objects."""

    agrees = fields.flag("是否同意销号", "agrees")
    text = fields.text("意见", "comment", most=2000, required=False)


class SupervisionLetter(Record):
    """督办函: numbered, with a finding and what is required."""

    number = fields.line("编号", "number", most=40, required=False)
    finding = fields.text("督办事由", "finding", most=2000)
    requirement = fields.text("办理要求", "requirement", most=2000)


class SupervisionAnswer(Record):
    """督办回复: the unit's answer to a supervision letter."""

    text = fields.text("整改情况", "answer", most=5000)


class KeyDesignation(Record):
    """列为重点督办: decided by the council of chairpersons; two leaders, one of the congress, one of the government."""

    meeting = fields.line("确定的会议", "meeting that decided", most=100)
    supervising_leader = fields.line("督办领导", "supervising leader (congress)", most=50)
    handling_leader = fields.line("领办领导", "leader in charge (government)", most=50)
    committee = fields.line("对口委员会", "committee", most=100, required=False)
    reason = fields.text("确定的理由", "reason", most=1000, required=False)


class AppraisalVote(Record):
    """常委会测评: the standing committee votes on a key matter, or has not voted this year."""

    result = fields.code("测评结果", "result", codes.APPRAISAL_RESULTS)
    meeting = fields.line("测评的会议", "meeting", most=100, required=False)
    date = fields.day("测评日期", "date", required=False)
    text = fields.text("说明", "note", most=2000, required=False)


class Bulletin(Record):
    """通报: progress, praise or criticism."""

    type = fields.code("通报类型", "type", codes.BULLETIN_TYPES)
    number = fields.line("期号", "number", most=40, required=False)
    text = fields.text("通报内容", "text", most=5000)


class HonoursWithheld(Record):
    """取消评先: a unit is not honoured this year."""

    year = fields.whole("年度", "year", least=1979, most=2200)
    text = fields.text("决定内容", "decision", most=2000)


class UnitScore(Record):
    """考核记分: one entry of a unit's score card."""

    unit = fields.unit("单位", "unit")
    points = fields.whole("分值", "points", least=-100, most=100)
    rule = fields.line("依据条款", "rule", required=False)
    reason = fields.text("事由", "reason", most=2000)


class Assessment(Record):
    """第三方评估: somebody from outside says whether the unit did what could be done."""

    assessor = fields.line("评估方", "assessor")
    conclusion = fields.code("评估结论", "conclusion", codes.ASSESSMENT_CONCLUSIONS)
    text = fields.text("评估意见", "findings", most=10000)
