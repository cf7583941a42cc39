"""True-to-life examples of every record, from the fictional city 云汀市. All people are invented."""

from __future__ import annotations

from typing import Any, Final

_BODY = (
    "𠮷宏伟代表:您提出的关于加快老旧小区加装电梯的建议收悉,现答复如下:"
    "一、关于补贴标准。我市已于今年四月出台《云汀市既有住宅加装电梯补助办法》,每台补助十五万元。"
    "二、关于审批流程。已合并规划、消防、质检三个环节,材料由十一份减为四份,办理时限压缩到十个工作日。"
    "三、关于管线迁改。供水、供电、燃气企业已同意减半收取迁改费用。感谢您对我市住房工作的关心。"
)
_COMMITMENT = {"text": "年底前完成首批六十部电梯加装并投入使用", "due": "2026-12-20"}

EXAMPLES: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "handover": (
        {
            "mode": "lead",
            "assignments": [
                {"unit": "housing", "role": "lead"},
                {"unit": "planning", "role": "co_handler"},
                {"unit": "finance", "role": "co_handler", "part": "补贴资金的来源与拨付"},
            ],
            "note": "请市住房城乡建设局主办,十五个工作日内收齐会办意见。",
        },
        {"mode": "sole", "assignments": [{"unit": "transport", "role": "lead"}]},
        {
            "mode": "separate",
            "assignments": [
                {"unit": "education", "role": "separate_handler", "part": "校门口交通护学岗"},
                {"unit": "police", "role": "separate_handler", "part": "上下学时段限时停车"},
            ],
            "extra": {"handover_meeting": "2026-03-06"},
        },
    ),
    "acceptance": (
        {"verdict": "accepted"},
        {
            "verdict": "return_requested",
            "return_reason": "not_our_duty",
            "return_text": "经核对我局三定规定,既有住宅加装电梯的审批与补贴均不属于我局职责范围。",
            "proposed_unit": "housing",
            "head_signed": True,
        },
    ),
    "return_request": (
        {
            "reason": "superior_power",
            "text": "国道改线须由省级交通运输主管部门审批,本市无权决定,建议另行交办。",
            "proposed_unit": "development_reform",
            "basis": "《公路法》第十四条",
            "head_signed": True,
        },
    ),
    "return_decision": (
        {"decision": "accept", "reason": "退办理由成立,改由市住房城乡建设局主办。", "new_unit": "housing"},
        {"decision": "refuse", "reason": "该事项已列入你局年度工作要点,请按原交办意见办理。"},
    ),
    "co_opinion": (
        {
            "answer_text": "我局支持加装电梯,已将规划审批并入联合审查,三个工作日内出具意见。",
            "quotable": True,
            "outcome_class": "solved",
            "contact_person": "王㛃",
            "contact_phone": "0999-5550117",
            "doc_no": "云自然资函〔2026〕18号",
        },
    ),
    "contact": (
        {
            "phase": "before",
            "channel": "face_to_face",
            "date": "2026-03-18",
            "persons": "周明远(局长)、王㛃(房管科科长);𠮷宏伟代表",
            "summary": "当面听取代表对补贴标准、审批流程和管线迁改三方面的意见,实地看了望河里小区。",
            "place": "云汀市望河里小区",
            "agreed": "先行试点两个小区,六月底前再次面商。",
        },
    ),
    "progress_note": ({"text": "补助办法已通过市政府常务会议审议,正在印发。", "percent": 60},),
    "handling_plan": (
        {
            "plan_text": "三月底前调研,四月出台补助办法,五月合并审批环节,六月面商后答复。",
            "leader": "周明远",
            "section": "房屋管理科",
            "officer": "王㛃",
            "target_date": "2026-05-20",
        },
    ),
    "internal_assignment": (
        {"section": "房屋管理科", "officer": "王㛃", "instruction": "请于三月十五日前与代表取得联系。"},
    ),
    "reply_draft": (
        {
            "title": "关于对市六届人大一次会议第031号建议的答复",
            "body_text": _BODY,
            "outcome_class": "in_progress",
            "commitments": [{**_COMMITMENT, "responsible": "周明远"}],
            "publication_attribute": "proactive",
            "contact_person": "王㛃",
            "contact_phone": "0999-5550117",
        },
        {
            "title": "关于对市六届人大一次会议第077号建议的答复",
            "body_text": "韩若溪代表:您提出的关于公布重点部位监控点位的建议收悉,现答复如下:点位已全部核查。",
            "outcome_class": "solved",
            "publication_attribute": "not_public",
            "publication_ground": "《政府信息公开条例》第十四条:公开后可能危及公共安全。",
        },
    ),
    "review": (
        {"step": "content_review", "verdict": "approve"},
        {
            "step": "content_review",
            "verdict": "return",
            "reasons": ["points_unanswered", "no_commitment"],
            "comment": "第三点未答复,承诺事项没有完成时限。",
        },
    ),
    "reply": (
        {
            "title": "关于对市六届人大一次会议第031号建议的答复",
            "body_text": _BODY,
            "outcome_class": "in_progress",
            "commitments": [_COMMITMENT],
            "publication_attribute": "proactive",
            "doc_no": "云建函〔2026〕31号",
            "letter_id": "c-2026-0031.l1",
            "unit": "housing",
            "redo_round": 0,
            "recipients": ["d-0107", "d-0215"],
        },
    ),
    "feedback": (
        {"attitude": "satisfied", "result": "basically_satisfied", "contacted": ["before", "after"]},
        {
            "attitude": "satisfied",
            "result": "dissatisfied",
            "reason": "答复只谈补贴,没有回答管线迁改费用由谁承担。",
            "contacted": ["before"],
            "agrees_class": False,
            "deputy": "d-0107",
            "unit": "housing",
            "redo_round": 0,
            "signed_at": "2026-06-12",
        },
    ),
    "redo_order": (
        {
            "reason": "代表对办理结果不满意,管线迁改费用一项未予答复。",
            "due_note": "三十日内重新办理,单位主要负责人须与代表面商。",
        },
    ),
    "follow_up_progress": ({"text": "已完成四十二部电梯加装,其余正在施工。", "percent": 70},),
    "close_out": (
        {"result": "done", "evidence_text": "六十部电梯全部验收合格,报告编号云特检〔2026〕417至476。"},
        {
            "result": "impossible",
            "evidence_text": "望河里三号楼低层业主未达到法定同意比例,已向代表当面说明。",
        },
    ),
    "close_out_decision": (
        {"decision": "accept"},
        {"decision": "refuse", "reason": "现场核查发现仍有五部电梯未通电运行。"},
    ),
}
