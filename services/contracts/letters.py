"""Messages about reply letters: issued by a unit, delivered to deputies, sent to and received by a congress system."""

from __future__ import annotations

from services.contracts import fields
from services.contracts.parts import Attachment
from services.contracts.rules import Contract


class ReplyIssued(Contract):
    """A reply letter goes out to the deputies."""

    letter_id = fields.ident("答复函编号", "letter id")
    matter_id = fields.ident("建议提案编号", "matter id")
    case_id = fields.ident("流程实例", "case id")
    unit = fields.unit("答复单位", "replying unit")
    redo_round = fields.whole("第几次重新办理", "redo round, 0 = first reply", most=99)
    recipients = fields.listing("收件代表", "recipients", fields.ident("代表", "deputy"), least=1)
    data = fields.thing("内容", "the letter: fields of record reply_draft, and doc_no")


class ReplyDelivered(Contract):
    """The letter has reached its deputies."""

    matter_id = fields.ident("建议提案编号", "matter id")
    letter_id = fields.ident("答复函编号", "letter id")
    delivered_at = fields.instant("送达时间", "delivered at")
    recipients = fields.listing("收件代表", "recipients", fields.ident("代表", "deputy"), least=1)


class LetterIssued(Contract):
    """A reply letter, for the congress system that handed the matter in; it answers with a receipt."""

    letter_id = fields.ident("答复函编号", "letter id")
    matter_id = fields.ident("建议提案编号", "matter id")
    matter_no = fields.line("建议号", "matter number", most=40, nullable=True)
    submission_id = fields.line("提交消息编号", "id of the message that handed the matter in", most=200)
    unit = fields.unit("答复单位", "replying unit")
    redo_round = fields.whole("第几次重新办理", "redo round, 0 = first reply", most=99)
    recipients = fields.listing("收件代表", "recipients", fields.ident("代表", "deputy"), least=1)
    data = fields.thing("内容", "the letter: fields of record reply_draft, and doc_no")
    issued_at = fields.instant("发出时间", "issued at")
    attachments = fields.listing("盖章的答复函", "sealed forms of the letter", Attachment, most=100, required=False)


class LetterReceived(Contract):
    """The congress system has received a reply letter and says under which number."""

    letter_id = fields.ident("答复函编号", "letter id")
    receipt_no = fields.line("回执编号", "number of the receipt", most=100, required=False, nullable=True)
    received_at = fields.instant("签收时间", "received at")
    external_ref = fields.line("对方编号", "the sender's own number", most=100, required=False, nullable=True)
