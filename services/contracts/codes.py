"""The canonical code lists: every code with its Chinese and English label.

Codes never change their meaning once released. Localities may show other letters and words
(a process package holds those); what is stored and compared is always the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Label(NamedTuple):
    """What people read for a code."""

    zh: str
    en: str


Codes = Mapping[str, Label]

MATTER_KINDS: Final[Codes] = {
    "suggestion": Label("代表建议", "suggestion"),
    "proposal": Label("政协提案", "proposal"),
}
SUBMITTED_WHEN: Final[Codes] = {
    "in_session": Label("会议期间", "in session"),
    "inter_session": Label("闭会期间", "between sessions"),
}
SECRECY: Final[Codes] = {
    "none": Label("不涉密", "none"),
    "internal": Label("内部", "internal"),
    "classified": Label("涉密（仅登记存根）", "classified (stub only)"),
}
SOURCES: Final[Codes] = {
    "direct": Label("直接提交", "submitted directly"),
    "converted_motion": Label("议案转建议", "converted motion"),
    "superior_level": Label("上级代表建议", "from the superior level"),
    "paper": Label("纸质录入", "entered from paper"),
}
MATTER_STATES: Final[Codes] = {
    "draft": Label("草稿", "draft"),
    "submitted": Label("已提交", "submitted"),
    "under_admission": Label("审查中", "under admission"),
    "not_admitted": Label("不作为建议处理", "not admitted"),
    "admitted": Label("已受理", "admitted"),
    "pre_handover": Label("预交办", "pre-handover"),
    "handed_over": Label("已交办", "handed over"),
    "return_requested": Label("申请退办", "return requested"),
    "reassigned": Label("重新交办", "reassigned"),
    "accepted": Label("已签收", "accepted"),
    "in_handling": Label("办理中", "in handling"),
    "reply_in_review": Label("答复审核中", "reply in review"),
    "reply_returned": Label("退回修改", "reply returned for rework"),
    "replied": Label("已答复", "replied"),
    "awaiting_feedback": Label("待反馈", "awaiting feedback"),
    "feedback_closed": Label("已反馈", "feedback closed"),
    "redo": Label("重新办理", "redo"),
    "completed": Label("办结", "completed"),
    "following_up": Label("跟踪中", "following up"),
    "closed_out": Label("已销号", "closed out"),
    "archived": Label("归档", "archived"),
    "withdrawn": Label("已撤回", "withdrawn"),
    "merged": Label("并案", "merged"),
    "extended": Label("已延期", "extended"),
}
ASSIGNMENT_STATES: Final[Codes] = {
    "assigned": Label("已交办", "assigned"),
    "accepted": Label("已确认承办", "accepted"),
    "return_requested": Label("申请退办", "return requested"),
    "returned": Label("已退办", "returned"),
    "in_handling": Label("办理中", "in handling"),
    "opinion_submitted": Label("已提交会办意见", "opinion submitted"),
    "reply_submitted": Label("已提交答复", "reply submitted"),
    "done": Label("办结", "done"),
}
HANDLING_MODES: Final[Codes] = {
    "sole": Label("独办", "sole handling"),
    "lead": Label("主会办", "lead with co-handlers"),
    "separate": Label("分办", "separate handling"),
}
ASSIGNMENT_ROLES: Final[Codes] = {
    "lead": Label("主办", "lead"),
    "co_handler": Label("会办", "co-handler"),
    "separate_handler": Label("分办", "separate handler"),
}
OUTCOME_CLASSES: Final[Codes] = {
    "solved": Label("已经解决或基本解决", "solved or mostly solved"),
    "in_progress": Label("正在解决", "being solved"),
    "planned": Label("列入规划逐步解决", "planned"),
    "deferred": Label("受条件限制需以后解决", "deferred for lack of conditions"),
    "for_reference": Label("留作参考", "kept for reference"),
}
RATINGS: Final[Codes] = {
    "very_satisfied": Label("非常满意", "very satisfied"),
    "satisfied": Label("满意", "satisfied"),
    "basically_satisfied": Label("基本满意", "basically satisfied"),
    "understood": Label("理解", "shows understanding"),
    "dissatisfied": Label("不满意", "dissatisfied"),
}
SATISFACTION: Final[Codes] = {
    **RATINGS,
    "no_response": Label("未反馈", "no response"),
    "late_response": Label("逾期反馈", "late response"),
    "not_applicable": Label("不适用", "not applicable"),
}
PUBLICATION_ATTRIBUTES: Final[Codes] = {
    "proactive": Label("主动公开", "published proactively"),
    "on_request": Label("依申请公开", "published on request"),
    "not_public": Label("不予公开", "not public"),
}
PUBLICATION_FORMS: Final[Codes] = {
    "full_text": Label("全文公开", "full text"),
    "summary": Label("摘要公开", "summary"),
    "redacted": Label("区分处理后公开", "redacted"),
}
CONTACT_PHASES: Final[Codes] = {
    "before": Label("办前", "before handling"),
    "during": Label("办中", "during handling"),
    "after": Label("办后", "after handling"),
}
CONTACT_CHANNELS: Final[Codes] = {
    "face_to_face": Label("面商", "face to face"),
    "visit": Label("走访", "visit"),
    "forum": Label("座谈", "forum"),
    "research": Label("调研", "joint research"),
    "phone": Label("电话", "phone"),
    "video": Label("视频", "video"),
    "written": Label("书面", "in writing"),
}
CONTACT_WAYS: Final[Codes] = {**CONTACT_CHANNELS, "not_contacted": Label("未联系", "not contacted")}
RETURN_REASONS: Final[Codes] = {
    "not_our_duty": Label("非本单位职责", "not our duty"),
    "other_unit_leads": Label("应由其他单位主办", "another unit should lead"),
    "part_only": Label("仅涉及部分内容", "only a part concerns us"),
    "superior_power": Label("属上级权限", "in the power of a superior level"),
    "duplicate": Label("重复交办", "duplicate"),
    "no_content": Label("无实质内容", "no concrete content"),
}
ADMISSION_DECISIONS: Final[Codes] = {
    "admit": Label("受理", "admit"),
    "return": Label("退回修改", "return for revision"),
    "refuse": Label("不作为建议处理", "not handled as a suggestion"),
    "transfer": Label("转其他渠道办理", "passed on to another channel"),
}
ADMISSION_GROUNDS: Final[Codes] = {
    "personal": Label("个人或亲属事项", "personal or relatives' matter"),
    "forwarded_letter": Label("转交群众来信", "a forwarded letter"),
    "judicial": Label("已进入司法或仲裁程序", "in judicial or arbitration proceedings"),
    "complaint": Label("检举、申诉、控告", "complaint or accusation"),
    "promotion": Label("学术讨论或产品推介", "academic or product promotion"),
    "no_content": Label("无具体内容", "no concrete content"),
    "outside_powers": Label("不属本级职权", "outside the powers of this level"),
    "unlawful": Label("不符合法律法规", "against the law"),
    "other_procedure": Label("另有法定程序", "another procedure applies"),
    "duplicate": Label("与在办建议重复", "already being handled"),
}
COMMENT_VERDICTS: Final[Codes] = {
    "agree": Label("同意", "agree"),
    "object": Label("不同意", "object"),
    "add_co_handler": Label("建议增加会办单位", "add a co-handler"),
}
INSTRUCTION_DECISIONS: Final[Codes] = {
    "agree": Label("同意", "agree"),
    "change": Label("调整分工", "change the division"),
}
RETURN_DECISIONS: Final[Codes] = {
    "accept": Label("同意", "accept"),
    "refuse": Label("不同意", "refuse"),
}
RETURN_RULINGS: Final[Codes] = {
    "accept": Label("同意", "accept"),
    "refuse": Label("不同意", "refuse"),
    "leader": Label("提请分管领导决定", "ask the leader in charge"),
}
COUNTERSIGN_VERDICTS: Final[Codes] = {
    "agree": Label("同意会签", "agree"),
    "disagree": Label("不同意", "disagree"),
}
DISPUTE_LEVELS: Final[Codes] = {
    "unit_head": Label("主办单位主要负责人", "head of the lead unit"),
    "gov_office": Label("政府督查室", "supervision office"),
    "leader": Label("分管领导", "leader in charge"),
}
EXTENSION_GROUNDS: Final[Codes] = {
    "wide_scope": Label("涉及面广", "wide scope"),
    "great_difficulty": Label("处理难度大", "great difficulty"),
    "superior_support": Label("需上级支持", "needs a superior level"),
    "workload": Label("承办件数较多", "many matters at once"),
}
ADOPTIONS: Final[Codes] = {
    "adopted": Label("采纳", "adopted"),
    "partly_adopted": Label("部分采纳", "adopted in part"),
    "not_adopted": Label("未采纳", "not adopted"),
}
PUBLICATION_DECISIONS: Final[Codes] = {
    "publish": Label("公开", "publish"),
    "withhold": Label("不公开", "withhold"),
    "withdraw": Label("撤下", "take down"),
}
ACTIVITY_TYPES: Final[Codes] = {
    "site_visit": Label("实地踏勘", "site visit"),
    "research": Label("专题调研", "research"),
    "coordination_meeting": Label("协调会", "coordination meeting"),
    "on_site_meeting": Label("现场办公会", "meeting on site"),
    "four_party_meeting": Label("四方协商会", "four-party meeting"),
    "inspection": Label("视察", "inspection"),
    "interview": Label("约谈", "interview"),
}
PARTIES: Final[Codes] = {
    "deputy": Label("代表", "deputy"),
    "unit": Label("承办单位", "handling unit"),
    "government": Label("政府督查室", "government supervision office"),
    "congress": Label("人大代表工作机构", "congress deputies office"),
}
APPRAISAL_RESULTS: Final[Codes] = {
    "satisfied": Label("满意", "satisfied"),
    "basically_satisfied": Label("基本满意", "basically satisfied"),
    "dissatisfied": Label("不满意", "dissatisfied"),
    "not_voted": Label("未测评", "no vote this year"),
}
FEEDBACK_CHANNELS: Final[Codes] = {
    "own_login": Label("本人在线", "own login"),
    "paper": Label("纸质代录", "entered from paper"),
}
BULLETIN_TYPES: Final[Codes] = {
    "progress": Label("进展通报", "progress"),
    "praise": Label("表扬", "praise"),
    "criticism": Label("批评", "criticism"),
}
ASSESSMENT_CONCLUSIONS: Final[Codes] = {
    "handled_well": Label("办理尽责", "the unit did what could be done"),
    "handled_partly": Label("部分尽责", "it did so in part"),
    "handled_badly": Label("办理不力", "it did not"),
}
REVIEW_VERDICTS: Final[Codes] = {
    "approve": Label("通过", "approve"),
    "return": Label("退回", "return"),
}
REVIEW_REASONS: Final[Codes] = {
    "points_unanswered": Label("未逐条答复", "not every point is answered"),
    "not_concrete": Label("内容不具体", "content not concrete"),
    "class_wrong": Label("办理结果类别不当", "outcome class not justified"),
    "no_commitment": Label("承诺事项不明确", "commitment missing or vague"),
    "co_opinion_missing": Label("未说明会办意见", "co-handlers' opinion not stated"),
    "not_contacted": Label("未与代表沟通", "the deputy was not contacted"),
    "deputy_disagrees": Label("代表不认可", "the deputy disagrees"),
    "publication_wrong": Label("公开属性不当", "publication attribute not justified"),
    "format": Label("格式不规范", "format"),
}
CLOSE_OUT_RESULTS: Final[Codes] = {
    "done": Label("已完成", "done"),
    "done_partly": Label("部分完成", "done partly"),
    "impossible": Label("无法完成", "cannot be done any more"),
}
ACCEPTANCE_VERDICTS: Final[Codes] = {
    "accepted": Label("确认承办", "accepted"),
    "return_requested": Label("申请退办", "return requested"),
}
TASK_CLOSE_REASONS: Final[Codes] = {
    "done": Label("已办", "done"),
    "revoked": Label("收回", "revoked"),
    "withdrawn": Label("建议已撤回", "matter withdrawn"),
    "returned": Label("已退回", "returned"),
    "migrated": Label("流程换版", "migrated to another version"),
    "expired": Label("已过期", "expired"),
}
AGENCY_VERBS: Final[Codes] = {
    "return": Label("退回", "return"),
    "reassign": Label("单位内转办", "pass on inside the unit"),
    "recall": Label("撤回", "take back"),
    "consult": Label("加签", "ask for an opinion"),
    "withdraw_consult": Label("撤回加签", "withdraw the question"),
}
DEADLINE_STATES: Final[Codes] = {
    "open": Label("进行中", "open"),
    "moved": Label("已变更", "moved"),
    "cleared": Label("已解除", "cleared"),
}
DIRECTORY_KINDS: Final[Codes] = {
    "unit": Label("单位", "unit"),
    "person": Label("人员", "person"),
    "account": Label("账号", "account"),
    "session": Label("会议（届次）", "session"),
    "connector": Label("接入方", "connector"),
}
PACKAGE_STATES: Final[Codes] = {
    "draft": Label("草稿", "draft"),
    "validated": Label("已校验", "validated"),
    "active": Label("使用中", "active"),
    "retired": Label("已停用", "retired"),
}
GRANTS: Final[Codes] = {
    "matters.submit": Label("提交建议提案", "submit matters"),
    "matters.register": Label("代录建议提案", "register matters for others"),
    "matters.read_unit": Label("查看本单位建议提案", "read the own unit's matters"),
    "matters.read_all": Label("查看全部建议提案", "read all matters"),
    "feedback.give": Label("填写意见表", "give feedback"),
    "feedback.enter": Label("代录纸质意见表", "enter paper feedback forms"),
    "tasks.handle": Label("办理待办", "handle tasks"),
    "tasks.urge": Label("催办", "urge tasks"),
    "ledger.read": Label("查看台账", "read the ledger"),
    "ledger.export": Label("导出台账", "export the ledger"),
    "statistics.read": Label("查看统计", "read statistics"),
    "reports.write": Label("编写报告", "write reports"),
    "publication.decide": Label("办理公开", "decide publication"),
    "processes.read": Label("查看流程", "read processes"),
    "processes.edit": Label("编辑流程", "edit processes"),
    "processes.approve": Label("审定流程", "approve processes"),
    "cases.operate": Label("处置流程实例", "operate cases"),
    "directory.manage": Label("管理机构人员", "manage the directory"),
    "accounts.manage": Label("管理账号", "manage accounts"),
    "connectors.manage": Label("管理接入方", "manage connectors"),
    "sessions.manage": Label("管理届次", "manage sessions"),
    "calendars.manage": Label("管理日历", "manage calendars"),
    "messages.manage": Label("管理消息", "manage messages"),
    "audit.read": Label("查看审计", "read the audit trail"),
}
