"""Messages about a matter itself: submitted, admitted, numbered, of another secrecy, withdrawn, merged."""

from __future__ import annotations

from services.contracts import codes, fields
from services.contracts.parts import Attachment, MatterBody, Person, Session
from services.contracts.rules import Contract

SIMILAR_MAX = 5


class SimilarMatter(Contract):
    """An earlier matter that reads like this one: a hint for people, never a decision."""

    matter_id = fields.ident("建议提案编号", "matter id")
    matter_no = fields.line("建议号", "matter number", most=40, required=False, nullable=True)
    title = fields.line("标题", "title", most=60)
    year = fields.whole("年度", "year", least=1979, most=2200)
    percent = fields.whole("相似度", "how alike, in percent", most=100)
    outcome_class = fields.code("办理结果类别", "outcome class", codes.OUTCOME_CLASSES, required=False, nullable=True)
    state = fields.code("状态", "state", codes.MATTER_STATES)


class MatterSubmitted(Contract):
    """A suggestion or proposal was submitted."""

    matter_id = fields.ident("建议提案编号", "matter id")
    matter_no = fields.line("建议号", "matter number", most=40, required=False, nullable=True)
    matter_kind = fields.code("种类", "kind", codes.MATTER_KINDS)
    level = fields.line("层级", "level", most=20)
    locality = fields.ident("地区", "locality")
    session = fields.inside("会议", "session", Session)
    submitted_when = fields.code("提出时间", "submitted when", codes.SUBMITTED_WHEN)
    title = fields.line("标题", "title", most=60)
    topic = fields.line("分类", "topic", most=50, required=False, nullable=True)
    secrecy = fields.code("密级", "secrecy", codes.SECRECY)
    source = fields.code("来源", "source", codes.SOURCES)
    lead_proposer = fields.inside("领衔代表", "lead proposer", Person)
    co_proposers = fields.listing("联名代表", "co-signing deputies", Person)
    body = fields.inside("正文", "text", MatterBody)
    points = fields.listing("建议要点", "points asked", fields.line("要点", "point", most=500), most=50)
    wish_units = fields.listing("希望承办单位", "units wished for", fields.unit("单位", "unit"), most=20)
    similar = fields.listing(
        "相似的往年建议", "earlier matters that read alike", SimilarMatter, most=SIMILAR_MAX, required=False
    )
    attachments = fields.listing("附件", "attachments", Attachment, most=100, required=False)
    submitted_at = fields.instant("提交时间", "submitted at")


class MatterAdmitted(Contract):
    """The office took the matter up; intake gives it a number unless it has one."""

    matter_id = fields.ident("建议提案编号", "matter id")
    topic = fields.line("分类", "topic as decided", most=50, required=False, nullable=True)
    secrecy = fields.code("密级", "secrecy as decided", codes.SECRECY, required=False, nullable=True)
    difficult = fields.flag("涉及面广、处理难度大", "difficult", required=False, nullable=True)


class MatterNumbered(Contract):
    """The matter has its number; topic and secrecy are those decided at admission."""

    matter_id = fields.ident("建议提案编号", "matter id")
    matter_no = fields.line("建议号", "matter number", most=40)
    topic = fields.line("分类", "topic", most=50, required=False, nullable=True)
    secrecy = fields.code("密级", "secrecy", codes.SECRECY, required=False, nullable=True)
    difficult = fields.flag("涉及面广、处理难度大", "difficult", required=False, nullable=True)


class SecrecyChanged(Contract):
    """An office gave the matter another secrecy; what is not `none` is out of the public's sight at once."""

    matter_id = fields.ident("建议提案编号", "matter id")
    secrecy = fields.code("密级", "secrecy from now on", codes.SECRECY)
    before = fields.code("原密级", "secrecy before", codes.SECRECY)
    published = fields.flag("当时已公开", "whether the public could read it at that moment")
    reason = fields.text("调整理由", "reason", most=2000)
    changed_at = fields.instant("调整时间", "changed at")
    by = fields.inside("调整人", "who changed it", Person)


class WithdrawalRequested(Contract):
    """The lead deputy asks to withdraw a joint matter; the others are heard first."""

    matter_id = fields.ident("建议提案编号", "matter id")
    reason = fields.text("撤回理由", "reason", most=2000)
    requested_at = fields.instant("申请时间", "requested at")
    by = fields.inside("申请人", "who asked", Person)


class WithdrawalRefused(Contract):
    """The matter is not withdrawn, and why; its handling goes on."""

    matter_id = fields.ident("建议提案编号", "matter id")
    reason = fields.text("不同意理由", "reason", most=2000)


class MatterWithdrawn(Contract):
    """The matter was withdrawn in writing: by its proposer, or with the consent of all of them."""

    matter_id = fields.ident("建议提案编号", "matter id")
    reason = fields.text("撤回理由", "reason", most=2000)
    withdrawn_at = fields.instant("撤回时间", "withdrawn at")


class MainMatter(Contract):
    """The main matter of a group: what is done for it counts for all of the group."""

    matter_id = fields.ident("建议提案编号", "matter id")
    matter_no = fields.line("建议号", "matter number", most=40)
    title = fields.line("标题", "title", most=60)


class MatterMerged(Contract):
    """An office put the matter under a main one: handled together, replied separately."""

    matter_id = fields.ident("建议提案编号", "matter id")
    main = fields.inside("主件", "main matter", MainMatter)
    reason = fields.text("并案理由", "reason", most=2000)
    merged_at = fields.instant("并案时间", "merged at")
    by = fields.inside("并案人", "who merged it", Person)


class MatterSeparated(Contract):
    """The matter no longer belongs to a group and is handled by itself."""

    matter_id = fields.ident("建议提案编号", "matter id")
    main = fields.inside("原主件", "main matter it had", MainMatter)
    reason = fields.text("撤销并案理由", "reason", most=2000)
    separated_at = fields.instant("撤销时间", "separated at")
    by = fields.inside(
        "撤销人", "who separated it; null: the system, as the main matter is not handled", Person, nullable=True
    )
