"""What happened to a matter, as records: the diagram decides when, these schemas decide what it means.

Ledger, statistics and reports read records only. Fields and rules: domain fields 7.2 to 7.8.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Final, cast

from marshmallow import Schema, ValidationError, validates_schema

from services.contracts import codes, fields
from services.contracts.errors import Malformed, Words, faults
from services.contracts.rules import Contract, Rule

DOC_NO: Final = r"^.{1,12}〔20[0-9]{2}〕[0-9]{1,4}号$"
PHONE: Final = r"^[0-9+() -]{5,30}$"


class Record(Contract):
    """Base of all records; what a locality adds of its own goes under `extra`."""

    extra = fields.thing("地方字段", "local fields", required=False)


class Assignment(Contract):
    """One unit's share of a matter."""

    unit = fields.unit("承办单位", "unit")
    role = fields.code("承办方式", "role", codes.ASSIGNMENT_ROLES)
    part = fields.line("承办内容", "part handled by this unit", most=500, required=False)


class Commitment(Contract):
    """A promise in a reply, with its date."""

    text = fields.text("承诺事项", "commitment", most=1000)
    due = fields.day("完成时限", "due date")
    responsible = fields.line("责任领导", "responsible leader", most=100, private=True, required=False)


class Handover(Record):
    """交办: who handles the matter in which role; starts the clock (代表法 第51条)."""

    mode = fields.code("交办方式", "handling mode", codes.HANDLING_MODES)
    assignments = fields.listing("任务分工", "assignments", Assignment, least=1, most=300)
    note = fields.text("交办说明", "note", most=2000, required=False)
    json_rules: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "if": {"required": ["mode"], "properties": {"mode": {"const": "sole"}}},
            "then": {
                "properties": {"assignments": {"maxItems": 1, "items": {"properties": {"role": {"const": "lead"}}}}}
            },
        },
        {
            "if": {"required": ["mode"], "properties": {"mode": {"const": "lead"}}},
            "then": {
                "properties": {
                    "assignments": {
                        "items": {"properties": {"role": {"enum": ["lead", "co_handler"]}}},
                        "contains": {"required": ["role"], "properties": {"role": {"const": "lead"}}},
                        "minContains": 1,
                        "maxContains": 1,
                    }
                }
            },
        },
        {
            "if": {"required": ["mode"], "properties": {"mode": {"const": "separate"}}},
            "then": {
                "properties": {
                    "assignments": {
                        "minItems": 2,
                        "items": {"properties": {"role": {"const": "separate_handler"}}},
                    }
                }
            },
        },
    )

    @validates_schema(skip_on_field_errors=True)
    def check_roles(self, data: Mapping[str, Any], **_: Any) -> None:
        """Hold the roles to the mode, and every unit to one role (domain fields 7.2)."""
        roles = [assignment["role"] for assignment in data["assignments"]]
        units = [assignment["unit"] for assignment in data["assignments"]]
        problem = _role_problem(data["mode"], roles)
        if problem is None and len(set(units)) < len(units):
            problem = Words("同一单位不能重复交办", "a unit may appear only once")
        if problem is not None:
            raise ValidationError({"assignments": [problem]})


def _role_problem(mode: str, roles: list[str]) -> Words | None:
    if mode == "sole" and roles != ["lead"]:
        return Words("独办只能有一个主办单位", "sole handling has exactly one unit, as lead")
    if mode == "lead" and (roles.count("lead") != 1 or "separate_handler" in roles):
        return Words("主会办须有且只有一个主办单位,其余为会办", "exactly one lead, the others co-handlers")
    if mode == "separate" and (len(roles) < 2 or set(roles) != {"separate_handler"}):
        return Words("分办须有两个以上分办单位", "separate handling has two or more separate handlers")
    return None


class Acceptance(Record):
    """确认承办或申请退办: the unit's answer to the handover."""

    verdict = fields.code("是否承办", "verdict", codes.ACCEPTANCE_VERDICTS)
    return_reason = fields.code("退办理由", "reason for return", codes.RETURN_REASONS, required=False)
    return_text = fields.text("退办说明", "explanation", most=2000, required=False)
    proposed_unit = fields.unit("建议承办单位", "proposed unit", required=False)
    head_signed = fields.flag("单位主要负责人已签字", "signed by the unit head", required=False)
    rules = (Rule({"verdict": ("return_requested",)}, {"return_reason": 0, "return_text": 20, "proposed_unit": 0}),)


class ReturnRequest(Record):
    """退办申请: the unit says the matter is not its own."""

    reason = fields.code("退办理由", "reason", codes.RETURN_REASONS)
    text = fields.text("退办说明", "explanation", least=20, most=2000)
    proposed_unit = fields.unit("建议承办单位", "proposed unit")
    basis = fields.text("职责依据", "duty basis", most=2000, required=False)
    head_signed = fields.flag("单位主要负责人已签字", "signed by the unit head", required=False)


class ReturnDecision(Record):
    """退办决定: the office accepts or refuses a return, always with its reason."""

    decision = fields.code("是否同意退办", "decision", codes.RETURN_DECISIONS)
    reason = fields.text("决定理由", "reason", most=2000)
    new_unit = fields.unit("改交单位", "new unit", required=False)
    rules = (Rule({"decision": ("accept",)}, {"new_unit": 0}),)


class CoOpinion(Record):
    """会办意见: goes to the lead unit, never to the deputy directly."""

    answer_text = fields.text("会办意见", "answer", most=10000)
    quotable = fields.flag("可否向代表引述", "may be quoted to the deputy")
    outcome_class = fields.code("本部分办理结果", "outcome class of this part", codes.OUTCOME_CLASSES)
    contact_person = fields.line("联系人", "contact person", most=50, private=True)
    contact_phone = fields.line("联系电话", "contact phone", most=30, pattern=PHONE, private=True)
    doc_no = fields.line("文号", "document number", most=40, pattern=DOC_NO, required=False)
    commitments = fields.listing("承诺事项", "commitments", Commitment, most=50, required=False)


class Contact(Record):
    """沟通记录: one contact with the deputy before, during or after handling."""

    phase = fields.code("沟通阶段", "phase", codes.CONTACT_PHASES)
    channel = fields.code("沟通方式", "channel", codes.CONTACT_CHANNELS)
    date = fields.day("沟通日期", "date")
    persons = fields.line("参加人员", "persons present", most=500, private=True)
    summary = fields.text("沟通情况", "what was said")
    place = fields.line("地点", "place", required=False)
    agreed = fields.text("达成的意见", "points agreed", required=False)


class ProgressNote(Record):
    """办理进展: a note that moves nothing."""

    text = fields.text("进展情况", "progress")
    percent = fields.whole("完成比例(%)", "percent done", most=100, required=False)


class HandlingPlan(Record):
    """办理方案: leader, section, officer, measures and date of one unit (四定)."""

    plan_text = fields.text("办理措施", "measures", most=10000)
    leader = fields.line("分管领导", "leader in charge", most=50, private=True, required=False)
    section = fields.line("承办科室", "section", most=100, required=False)
    officer = fields.line("承办人", "officer", most=50, private=True, required=False)
    target_date = fields.day("拟办结日期", "target date", required=False)


class InternalAssignment(Record):
    """单位内部分办: which section and officer handle it."""

    section = fields.line("承办科室", "section", most=100)
    officer = fields.line("承办人", "officer", most=50, private=True)
    instruction = fields.text("办理要求", "instruction", most=2000, required=False)


class ReplyDraft(Record):
    """答复稿: the letter before review, with class, promises and publication attribute."""

    title = fields.line("标题", "title", most=120)
    doc_no = fields.line("文号", "document number", most=40, pattern=DOC_NO, required=False)
    body_text = fields.text("答复正文", "body", most=20000)
    outcome_class = fields.code("办理结果类别", "outcome class", codes.OUTCOME_CLASSES)
    commitments = fields.listing("承诺事项", "commitments", Commitment, most=50, required=False)
    publication_attribute = fields.code("公开属性", "publication attribute", codes.PUBLICATION_ATTRIBUTES)
    publication_ground = fields.text("不主动公开的依据", "ground for not publishing", most=1000, required=False)
    contact_person = fields.line("联系人", "contact person", most=50, private=True, required=False)
    contact_phone = fields.line("联系电话", "contact phone", most=30, pattern=PHONE, private=True, required=False)
    rules = (Rule({"publication_attribute": ("on_request", "not_public")}, {"publication_ground": 0}),)


class Review(Record):
    """审核: one step's verdict on a reply; a return says why."""

    step = fields.ident("审核环节", "step")
    verdict = fields.code("审核结论", "verdict", codes.REVIEW_VERDICTS)
    reasons = fields.listing(
        "退回原因", "reasons", fields.code("原因", "reason", codes.REVIEW_REASONS), most=9, required=False
    )
    comment = fields.text("审核意见", "comment", most=2000, required=False)
    rules = (Rule({"verdict": ("return",)}, {"reasons": 1}),)


class Reply(ReplyDraft):
    """答复函: the letter as issued."""

    doc_no = fields.line("文号", "document number", most=40, pattern=DOC_NO)
    letter_id = fields.ident("答复函编号", "letter id")
    unit = fields.unit("答复单位", "replying unit")
    redo_round = fields.whole("第几次重新办理", "redo round, 0 = first reply", most=99)
    recipients = fields.listing("收件代表", "recipients", fields.deputy("代表", "deputy"), least=1, most=300)


class Feedback(Record):
    """意见反馈: a deputy's rating of one unit's reply in one round; dissatisfied needs a reason."""

    attitude = fields.code("对办理态度", "rating of the attitude", codes.RATINGS, required=False)
    result = fields.code("对办理结果", "rating of the result", codes.RATINGS)
    reason = fields.text("不满意的原因", "reason", most=2000, required=False)
    contacted = fields.listing(
        "办理单位何时沟通过",
        "phases in which the unit was in contact",
        fields.code("阶段", "phase", codes.CONTACT_PHASES),
        most=3,
        required=False,
    )
    agrees_class = fields.flag("是否认可办理结果类别", "agrees with the outcome class", required=False)
    deputy = fields.deputy("代表", "deputy", required=False)
    unit = fields.unit("被评价单位", "rated unit", required=False)
    redo_round = fields.whole("第几次重新办理", "redo round", most=99, required=False)
    consents_publish = fields.flag("同意公开", "consents to publication", required=False)
    signed_at = fields.day("签字日期", "signed on", required=False)
    rules = (
        Rule({"attitude": ("dissatisfied",)}, {"reason": 10}),
        Rule({"result": ("dissatisfied",)}, {"reason": 10}),
    )


class RedoOrder(Record):
    """重新办理通知: ordered after dissatisfaction."""

    reason = fields.text("重新办理的理由", "reason", most=2000)
    due_note = fields.text("时限要求", "note on the deadline", most=500, required=False)


class FollowUpProgress(Record):
    """跟踪进展: periodic report on open commitments."""

    text = fields.text("进展情况", "progress")
    percent = fields.whole("完成比例(%)", "percent done", most=100, required=False)


class CloseOut(Record):
    """销号申请: evidence decides, never the percentage."""

    result = fields.code("完成情况", "result", codes.CLOSE_OUT_RESULTS)
    evidence_text = fields.text("完成依据或无法完成的原因", "evidence, or why it cannot be done")


class CloseOutDecision(Record):
    """销号决定: the office checks the evidence."""

    decision = fields.code("是否同意销号", "decision", codes.RETURN_DECISIONS)
    reason = fields.text("核查意见", "reason", most=2000, required=False)
    rules = (Rule({"decision": ("refuse",)}, {"reason": 0}),)


RECORDS: Final[Mapping[str, type[Record]]] = {
    "handover": Handover,
    "acceptance": Acceptance,
    "return_request": ReturnRequest,
    "return_decision": ReturnDecision,
    "co_opinion": CoOpinion,
    "contact": Contact,
    "progress_note": ProgressNote,
    "handling_plan": HandlingPlan,
    "internal_assignment": InternalAssignment,
    "reply_draft": ReplyDraft,
    "review": Review,
    "reply": Reply,
    "feedback": Feedback,
    "redo_order": RedoOrder,
    "follow_up_progress": FollowUpProgress,
    "close_out": CloseOut,
    "close_out_decision": CloseOutDecision,
}


@cache
def _loaded(schema: type[Schema]) -> Schema:
    return schema()


def load(record: str, data: Any) -> dict[str, Any]:
    """Return the data of a record without unknown fields.

    Raises `Malformed` with code `missing_field` or `invalid_field`, the path of the first fault and
    all faults. `KeyError` when there is no such record type: that is a mistake of the caller.
    """
    try:
        return cast("dict[str, Any]", _loaded(RECORDS[record]).load(data))
    except ValidationError as error:
        found = tuple(faults(error.messages))
        first = found[0]
        raise Malformed(first.code, first.path, first.text, first.text_en, found) from None
