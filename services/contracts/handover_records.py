"""Records from admission to acceptance: who handles a matter, and how that was settled (domain fields 7.1, 7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, validates_schema

from services.contracts import codes, fields
from services.contracts.errors import Words
from services.contracts.record_parts import Assignment, Record
from services.contracts.rules import Rule


class Admission(Record):
    """审查: whether what was submitted is handled as a suggestion; anything but a yes says why."""

    decision = fields.code("审查结论", "decision", codes.ADMISSION_DECISIONS)
    reason_code = fields.code("不予受理情形", "ground", codes.ADMISSION_GROUNDS, required=False)
    reason = fields.text("理由", "reason", most=2000, required=False)
    topic = fields.line("分类", "topic", most=50, required=False)
    secrecy = fields.code("密级", "secrecy", codes.SECRECY, required=False)
    difficult = fields.flag("涉及面广、处理难度大", "wide or difficult", required=False)
    key_candidate = fields.flag("建议列为重点督办", "proposed as a key matter", required=False)
    rules = (Rule({"decision": ("return", "refuse", "transfer")}, {"reason": 5}),)


class Revision(Record):
    """修改稿: the deputy's new text after the office asked for one."""

    situation = fields.text("情况", "situation")
    analysis = fields.text("分析", "analysis")
    request = fields.text("建议", "request")
    note = fields.text("修改说明", "note", most=1000, required=False)


class WithdrawalConsent(Record):
    """撤回征求意见: a co-signing deputy agrees or not that the matter be withdrawn."""

    agrees = fields.flag("是否同意撤回", "agrees")
    text = fields.text("意见", "comment", most=1000, required=False)


class Handover(Record):
    """交办: who handles the matter in which role; starts the clock (代表法 第51条)."""

    mode = fields.code("交办方式", "handling mode", codes.HANDLING_MODES)
    assignments = fields.listing("任务分工", "assignments", Assignment, least=1, most=300)
    note = fields.text("交办说明", "note", most=2000, required=False)
    urgent = fields.flag("急件", "urgent", required=False)
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
        return Words("主会办须有且只有一个主办单位，其余为会办", "exactly one lead, the others co-handlers")
    if mode == "separate" and (len(roles) < 2 or set(roles) != {"separate_handler"}):
        return Words("分办须有两个以上分办单位", "separate handling has two or more separate handlers")
    return None


class Acceptance(Record):
    """确认承办或申请退办: the unit's answer to the handover; whether a return names another unit is the package's."""

    verdict = fields.code("是否承办", "verdict", codes.ACCEPTANCE_VERDICTS)
    return_reason = fields.code("退办理由", "reason for return", codes.RETURN_REASONS, required=False)
    return_text = fields.text("退办说明", "explanation", most=2000, required=False)
    proposed_unit = fields.unit("建议承办单位", "proposed unit", required=False)
    head_signed = fields.flag("单位主要负责人已签字", "signed by the unit head", required=False)
    rules = (Rule({"verdict": ("return_requested",)}, {"return_reason": 0, "return_text": 20}),)


class ReturnRequest(Record):
    """退办申请: the unit says the matter is not its own."""

    reason = fields.code("退办理由", "reason", codes.RETURN_REASONS)
    text = fields.text("退办说明", "explanation", least=20, most=2000)
    proposed_unit = fields.unit("建议承办单位", "proposed unit")
    basis = fields.text("职责依据", "duty basis", most=2000, required=False)
    head_signed = fields.flag("单位主要负责人已签字", "signed by the unit head", required=False)


class ReturnDecision(Record):
    """退办决定: the office accepts or refuses a return, always with its reason."""

    decision = fields.code("是否同意退办", "decision", codes.RETURN_RULINGS)
    reason = fields.text("决定理由", "reason", most=2000)
    new_unit = fields.unit("改交单位", "new unit", required=False)
    rules = (Rule({"decision": ("accept",)}, {"new_unit": 0}),)


class ModeChange(Handover):
    """变更承办方式: other roles or other units while the matter is being handled, with the reason; dates stay."""

    reason = fields.text("变更原因", "reason", least=5, most=1000)


class PreHandover(Handover):
    """预交办: the proposed division, before the units have said what they think of it."""


class PreHandoverComment(Record):
    """预交办意见: silence counts as agreement, so only an objection needs words."""

    verdict = fields.code("意见", "verdict", codes.COMMENT_VERDICTS)
    text = fields.text("理由", "reason", most=2000, required=False)
    proposed_unit = fields.unit("建议的单位", "proposed unit", required=False)
    rules = (Rule({"verdict": ("object", "add_co_handler")}, {"text": 5, "proposed_unit": 0}),)


class Instruction(Record):
    """批示: what a leader says to a matter."""

    decision = fields.code("批示结论", "decision", codes.INSTRUCTION_DECISIONS, required=False)
    text = fields.text("批示内容", "text", most=2000)
    follow_up_due = fields.day("反馈时限", "follow-up due", required=False)
