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
    "mode_change": (
        {
            "mode": "lead",
            "assignments": [{"unit": "police", "role": "lead"}, {"unit": "education", "role": "co_handler"}],
            "reason": "护学岗与限时停车须统一安排,经两单位协商,由市公安局主办。",
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
    "admission": (
        {"decision": "admit", "topic": "城建环资", "secrecy": "none", "difficult": False},
        {"decision": "refuse", "reason_code": "judicial", "reason": "该事项正在法院审理,不宜作为建议办理。"},
    ),
    "revision": (
        {
            "situation": "望河里小区建成于一九九六年,六层无电梯,六十岁以上老人占四成。",
            "analysis": "补贴标准不明、审批环节多,是居民迟迟不能加装的主要原因。",
            "request": "明确补贴标准,合并审批环节,两个月内公布办理指南。",
            "note": "按一事一议的要求,删去了停车位部分。",
        },
    ),
    "withdrawal_consent": ({"agrees": True}, {"agrees": False, "text": "问题尚未解决,不同意撤回。"}),
    "pre_handover": (
        {
            "mode": "lead",
            "assignments": [{"unit": "housing", "role": "lead"}, {"unit": "planning", "role": "co_handler"}],
            "urgent": False,
        },
    ),
    "pre_handover_comment": (
        {"verdict": "agree"},
        {"verdict": "object", "text": "电梯安全监管职责在市场监管局。", "proposed_unit": "market_regulation"},
    ),
    "instruction": ({"decision": "agree", "text": "请住建局抓紧办理,六月底前报进展。", "follow_up_due": "2026-06-30"},),
    "co_opinion_check": (
        {"verdict": "approve", "quality": 4},
        {"verdict": "return", "reason": "没有写明管线迁改由谁出资,请补充。"},
    ),
    "countersign": ({"verdict": "agree"}, {"verdict": "disagree", "text": "补贴标准与财政预算不一致。"}),
    "dispute_decision": ({"level": "gov_office", "settled": True, "text": "三方会商,补贴按预算上限执行,分两年拨付。"},),
    "contact_confirmation": (
        {"contact": "m-2026-0017-1.r4", "confirmed": True},
        {"contact": "m-2026-0017-1.r5", "confirmed": False, "text": "当天只通了电话,没有面谈。"},
    ),
    "activity": (
        {
            "type": "four_party_meeting",
            "date": "2026-07-08",
            "place": "云汀市政府三楼会议室",
            "present": ["deputy", "unit", "government", "congress"],
            "items": "第二次不满意的原因和下一步办法",
            "outcome": "代表、承办单位、政府、人大四方商定,九月底前完成其余三部电梯的审批。",
        },
    ),
    "external_blocker": ({"text": "燃气管线迁改须由省公司批准。", "party": "省燃气集团", "expected": "2026-05-15"},),
    "section_opinion": ({"text": "管线迁改方案已由管网科核定,可随电梯基础一并施工。"},),
    "consultation": ({"agrees": True, "text": "同意按此答复,建议补充补贴申请的办理地点。"},),
    "reminder": ({"text": "会办意见已逾期一个工作日,请抓紧提出。", "level": "催办单"},),
    "extension_request": (
        {
            "reason_code": "wide_scope",
            "reason": "涉及七个部门和三家管线单位,补贴办法须报市政府常务会议审议。",
            "until": "2026-07-24",
            "interim_reply": "您的建议正在办理,补贴办法已完成起草,预计七月下旬正式答复您。",
        },
    ),
    "extension_decision": (
        {"decision": "accept", "reason": "理由成立,同意延期。", "until": "2026-07-24"},
        {"decision": "refuse", "reason": "工作量不足以说明需要延期。"},
    ),
    "publication": (
        {"decision": "publish", "attribute": "proactive", "form": "full_text", "published_on": "2026-06-05"},
        {"decision": "publish", "attribute": "proactive", "form": "full_text", "attachments": True},
        {"decision": "withhold", "attribute": "not_public", "ground": "涉及内部工作流程,依条例第十六条不予公开。"},
    ),
    "supplementary_reply": (
        {
            "title": "关于市十五届人大五次会议第17号建议的补充答复",
            "doc_no": "云住建函〔2026〕61号",
            "body_text": "𠮷宏伟代表:首批六十部电梯已于十二月十八日全部投入使用,承诺事项已经完成。",
        },
    ),
    "redo_decision": ({"decision": "accept", "reason": "代表反映的问题属实,责令重新办理。"},),
    "close_out_confirmation": ({"agrees": True}, {"agrees": False, "text": "三号楼的电梯还没有通过验收。"}),
    "key_designation": (
        {
            "meeting": "云汀市人大常委会第十二次主任会议",
            "supervising_leader": "副主任 林静",
            "handling_leader": "副市长 陶文涛",
            "committee": "城乡建设环境资源委员会",
            "reason": "代表连续两年提出,群众反映集中。",
        },
    ),
    "appraisal_vote": (
        {"result": "basically_satisfied", "meeting": "云汀市人大常委会第二十次会议", "date": "2026-12-18"},
        {"result": "not_voted"},
    ),
    "supervision_letter": (
        {
            "number": "督〔2026〕3号",
            "finding": "会办意见逾期五个工作日未提出。",
            "requirement": "三个工作日内提出会办意见。",
        },
    ),
    "supervision_answer": ({"text": "会办意见已于今日提出,今后由办公室专人盯办。"},),
    "bulletin": ({"type": "criticism", "number": "2026年第7期", "text": "对两次办理代表均不满意的单位予以通报批评。"},),
    "honours_withheld": ({"year": 2026, "text": "取消年度建议办理先进单位评选资格。"},),
    "unit_score": ({"unit": "housing", "points": -5, "rule": "考核细则第八条", "reason": "二次办理后代表仍不满意。"},),
    "assessment": (
        {"assessor": "云汀学院公共管理研究中心", "conclusion": "handled_partly", "text": "审批已提速,补贴到账仍慢。"},
    ),
}
