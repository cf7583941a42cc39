"""Records of the handling itself: inside the unit, with the deputy, between units (domain fields 7.3, 7.8, 7.9)."""

from __future__ import annotations

from services.contracts import codes, fields
from services.contracts.record_parts import DOC_NO, PHONE, Commitment, Record
from services.contracts.rules import Contract, Rule


class CoOpinion(Record):
    """会办意见: goes to the lead unit, never to the deputy directly."""

    answer_text = fields.text("会办意见", "answer", most=10000)
    quotable = fields.flag("可否向代表引述", "may be quoted to the deputy")
    outcome_class = fields.code("本部分办理结果", "outcome class of this part", codes.OUTCOME_CLASSES)
    contact_person = fields.line("联系人", "contact person", most=50, private=True)
    contact_phone = fields.line("联系电话", "contact phone", most=30, pattern=PHONE, private=True)
    doc_no = fields.line("文号", "document number", most=40, pattern=DOC_NO, required=False)
    commitments = fields.listing("承诺事项", "commitments", Commitment, most=50, required=False)


class CoOpinionCheck(Record):
    """会办意见核对: the lead takes an opinion (rated where packages ask for it) or sends it back with a reason."""

    verdict = fields.code("核对结论", "verdict", codes.REVIEW_VERDICTS)
    reason = fields.text("退回理由", "reason", most=2000, required=False)
    quality = fields.whole("质量评分（1—5）", "quality", least=1, most=5, required=False)
    rules = (Rule({"verdict": ("return",)}, {"reason": 5}),)


class Countersign(Record):
    """会签: a co-handler agrees to the lead's draft, or says what it cannot agree to."""

    verdict = fields.code("会签意见", "verdict", codes.COUNTERSIGN_VERDICTS)
    text = fields.text("不同意的理由", "reason", most=2000, required=False)
    rules = (Rule({"verdict": ("disagree",)}, {"text": 5}),)


class DisputeDecision(Record):
    """分歧处理: how units that disagree were brought together, and by whom."""

    level = fields.code("由谁协调", "level", codes.DISPUTE_LEVELS)
    settled = fields.flag("是否达成一致", "settled")
    text = fields.text("协调结果", "result", most=5000)


class Contact(Record):
    """沟通记录: one contact with the deputy before, during or after handling."""

    phase = fields.code("沟通阶段", "phase", codes.CONTACT_PHASES)
    channel = fields.code("沟通方式", "channel", codes.CONTACT_CHANNELS)
    date = fields.day("沟通日期", "date")
    persons = fields.line("参加人员", "persons present", most=500, private=True)
    summary = fields.text("沟通情况", "what was said")
    place = fields.line("地点", "place", required=False)
    agreed = fields.text("达成的意见", "points agreed", required=False)


class ContactConfirmation(Record):
    """沟通确认: the deputy confirms a contact; only confirmed ones count."""

    contact = fields.ident("沟通记录", "the contact's record id")
    confirmed = fields.flag("情况属实", "confirmed")
    text = fields.text("补充说明", "comment", most=1000, required=False)


class Activity(Record):
    """活动: a visit, meeting or inspection about a matter."""

    type = fields.code("活动类型", "type", codes.ACTIVITY_TYPES)
    date = fields.day("日期", "date")
    place = fields.line("地点", "place", required=False)
    present = fields.listing("参加方", "parties present", fields.code("参加方", "party", codes.PARTIES), most=9)
    items = fields.text("议题", "items", most=5000, required=False)
    outcome = fields.text("结果", "outcome", most=5000)


class ExternalBlocker(Record):
    """外部制约: what holds a matter up that the unit cannot remove by itself."""

    text = fields.text("制约因素", "what blocks", most=2000)
    party = fields.line("涉及部门", "who could remove it", required=False)
    expected = fields.day("预计解除日期", "expected to end", required=False)


class ProgressNote(Record):
    """办理进展: a note that moves nothing."""

    text = fields.text("进展情况", "progress")
    percent = fields.whole("完成比例（%）", "percent done", most=100, required=False)


class HandlingPlan(Record):
    """办理方案: leader, section, officer, measures and date of one unit (四定)."""

    plan_text = fields.text("办理措施", "measures", most=10000)
    leader = fields.line("分管领导", "leader in charge", most=50, private=True, required=False)
    section = fields.line("承办科室", "section", most=100, required=False)
    officer = fields.line("承办人", "officer", most=50, private=True, required=False)
    target_date = fields.day("拟办结日期", "target date", required=False)


class SectionShare(Contract):
    """One section's part inside a unit."""

    section = fields.line("科室", "section", most=100)
    officer = fields.colleague("承办人", "officer")
    part = fields.line("承担内容", "part", most=500)


class InternalAssignment(Record):
    """单位内部分办: which section and officer handle it."""

    section = fields.line("承办科室", "section", most=100)
    officer = fields.line("承办人", "officer", most=50, private=True)
    leader = fields.line("分管领导", "deputy head in charge", most=50, private=True, required=False)
    due_on = fields.day("完成时限", "due", required=False)
    shares = fields.listing("参与科室", "other sections", SectionShare, most=20, required=False)
    instruction = fields.text("办理要求", "instruction", most=2000, required=False)


class SectionOpinion(Record):
    """科室意见: what a section contributes to its unit's answer."""

    text = fields.text("科室意见", "opinion", most=10000)


class Consultation(Record):
    """加签意见: what somebody says who was asked beside a task."""

    agrees = fields.flag("是否同意", "agrees")
    text = fields.text("意见", "opinion", most=5000, required=False)


class Reminder(Record):
    """催办: somebody was urged."""

    text = fields.text("催办内容", "text", most=1000)
    level = fields.line("催办级别", "level", most=40, required=False)


class ExtensionRequest(Record):
    """延期申请: before the due date; where packages ask for it, with an interim reply to the deputy."""

    reason_code = fields.code("延期情形", "ground", codes.EXTENSION_GROUNDS)
    reason = fields.text("延期理由", "reason", most=2000)
    until = fields.day("申请延至", "until")
    interim_reply = fields.text("对代表的阶段性答复", "interim reply", most=5000, required=False)


class ExtensionDecision(Record):
    """延期决定: with the date the office consents to."""

    decision = fields.code("是否同意延期", "decision", codes.RETURN_DECISIONS)
    reason = fields.text("决定理由", "reason", most=2000)
    until = fields.day("同意延至", "until", required=False)
    rules = (Rule({"decision": ("accept",)}, {"until": 0}),)
