"""Records of the reply: drafted, reviewed, issued, published, rated (domain fields 7.4, 7.5)."""

from __future__ import annotations

from services.contracts import codes, fields
from services.contracts.record_parts import DOC_NO, PHONE, Commitment, Record
from services.contracts.rules import Contract, Rule


class PointAnswer(Contract):
    """The answer to one point of the suggestion."""

    adopted = fields.code("采纳情况", "adopted", codes.ADOPTIONS)
    text = fields.text("答复", "answer")


class ReplyDraft(Record):
    """答复稿: the letter before review, with class, promises and publication attribute."""

    title = fields.line("标题", "title", most=120)
    doc_no = fields.line("文号", "document number", most=40, pattern=DOC_NO, required=False)
    answers = fields.listing("逐条答复", "answers by point", PointAnswer, most=50, required=False)
    body_text = fields.text("答复正文", "body", most=20000)
    outcome_class = fields.code("办理结果类别", "outcome class", codes.OUTCOME_CLASSES)
    commitments = fields.listing("承诺事项", "commitments", Commitment, most=50, required=False)
    evidence_text = fields.text("已解决的依据", "evidence that it is solved", most=5000, required=False)
    deferral_text = fields.text("暂不能解决的原因", "why it must wait", most=5000, required=False)
    restart_condition = fields.text(
        "具备何种条件时重新启动", "when it will be taken up again", most=2000, required=False
    )
    co_opinion_text = fields.text(
        "会办意见采纳情况", "how the co-handlers' opinions went in", most=5000, required=False
    )
    signer = fields.line("签发人", "signed by", most=50, private=True, required=False)
    publication_attribute = fields.code("公开属性", "publication attribute", codes.PUBLICATION_ATTRIBUTES)
    publication_form = fields.code("公开形式", "form of publication", codes.PUBLICATION_FORMS, required=False)
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
    outcome_class = fields.code("核定办理结果类别", "class as audited", codes.OUTCOME_CLASSES, required=False)
    class_reason = fields.text("调整类别的理由", "reason for the other class", most=2000, required=False)
    rules = (Rule({"verdict": ("return",)}, {"reasons": 1}),)


class Reply(ReplyDraft):
    """答复函: the letter as issued."""

    doc_no = fields.line("文号", "document number", most=40, pattern=DOC_NO)
    letter_id = fields.ident("答复函编号", "letter id")
    unit = fields.unit("答复单位", "replying unit")
    redo_round = fields.whole("第几次重新办理", "redo round, 0 = first reply", most=99)
    recipients = fields.listing("收件代表", "recipients", fields.deputy("代表", "deputy"), least=1, most=300)


class Publication(Record):
    """答复公开: published, kept back with its ground, or taken down again."""

    decision = fields.code("公开决定", "decision", codes.PUBLICATION_DECISIONS)
    attribute = fields.code("公开属性", "attribute", codes.PUBLICATION_ATTRIBUTES)
    form = fields.code("公开形式", "form", codes.PUBLICATION_FORMS, required=False)
    ground = fields.text("不公开或撤下的依据", "ground", most=1000, required=False)
    summary_text = fields.text("公开摘要", "summary", most=5000, required=False)
    published_on = fields.day("公开日期", "published on", required=False)
    attachments = fields.flag("同时公开代表的附件", "publish the deputy's attachments as well", required=False)
    rules = (
        Rule({"decision": ("withhold", "withdraw")}, {"ground": 0}),
        Rule({"decision": ("publish",)}, {"form": 0}),
        Rule({"form": ("summary", "redacted")}, {"summary_text": 0}),
    )


class SupplementaryReply(Record):
    """补充答复: tells the deputy what has become of a promise."""

    title = fields.line("标题", "title", most=120)
    doc_no = fields.line("文号", "document number", most=40, pattern=DOC_NO, required=False)
    body_text = fields.text("答复正文", "body", most=20000)


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
    contacted_how = fields.listing(
        "沟通方式", "how", fields.code("方式", "channel", codes.CONTACT_WAYS), most=8, required=False
    )
    leader_took_part = fields.flag("单位领导是否参加", "a head of the unit took part", required=False)
    agrees_class = fields.flag("是否认可办理结果类别", "agrees with the outcome class", required=False)
    deputy = fields.deputy("代表", "deputy", required=False)
    unit = fields.unit("被评价单位", "rated unit", required=False)
    redo_round = fields.whole("第几次重新办理", "redo round", most=99, required=False)
    consents_publish = fields.flag("同意公开", "consents to publication", required=False)
    signed_at = fields.day("签字日期", "signed on", required=False)
    channel = fields.code("反馈渠道", "channel", codes.FEEDBACK_CHANNELS, required=False)
    late = fields.flag("逾期反馈", "given after the window", required=False)
    rules = (
        Rule({"attitude": ("dissatisfied",)}, {"reason": 10}),
        Rule({"result": ("dissatisfied",)}, {"reason": 10}),
    )
