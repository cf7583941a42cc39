"""Objects that several messages share."""

from __future__ import annotations

from services.contracts import fields
from services.contracts.rules import Contract

SHA256 = r"^[0-9a-f]{64}$"


class Person(Contract):
    """A person as others may see them: id and name, never a phone number."""

    id = fields.ident("编号", "id")
    name = fields.line("姓名", "name", most=50)


class Actor(Contract):
    """Who acted. Over the queue the connector is proven, the person is a claim."""

    name = fields.line("姓名", "name", most=50, required=False, nullable=True)
    claim = fields.line("身份说明", "claimed identity in the sender's system", required=False, nullable=True)
    account = fields.ident("账号", "account", required=False, nullable=True)
    person = fields.ident("人员", "person", required=False, nullable=True)
    unit = fields.unit("单位", "unit", required=False, nullable=True)
    role = fields.ident("角色", "role", required=False, nullable=True)
    on_behalf_of = fields.line("受谁委托", "whom a delegate acts for", most=50, required=False, nullable=True)


class Session(Contract):
    """A session of the congress, with the process version assigned to it."""

    id = fields.ident("会议编号", "session id")
    term_no = fields.whole("届", "term", least=1)
    session_no = fields.whole("次", "session", least=0)
    year = fields.whole("年度", "year", least=1979, most=2200)
    process_version = fields.ident("流程版本", "process version")


class MatterBody(Contract):
    """The three parts of a suggestion: situation, analysis, request."""

    situation = fields.text("情况", "situation", most=3000)
    analysis = fields.text("分析", "analysis", most=3000)
    request = fields.text("建议", "request", most=3000)


class Attachment(Contract):
    """A file that belongs to a matter; its id and its content never change, and its bytes are fetched by its id."""

    file_id = fields.ident("附件编号", "file id")
    name = fields.line("名称", "name", most=200)
    sha256 = fields.line("SHA-256", "SHA-256 of the content", most=64, pattern=SHA256)
    size = fields.whole("字节数", "bytes", least=1)
    media_type = fields.line("类型", "media type, as its content says", most=100)


class Deadline(Contract):
    """A named deadline with its explanation."""

    name = fields.ident("期限名称", "deadline name")
    due = fields.day("到期日", "due date")
    due_at = fields.instant("到期时刻", "due instant")
    why = fields.listing("计算说明", "explanation", fields.line("说明", "line", most=500), most=20)


class Address(Contract):
    """Whom a notice is for: the holders of a role (of a unit), or one person."""

    role = fields.ident("角色", "role", required=False, nullable=True)
    unit = fields.unit("单位", "unit", required=False, nullable=True)
    person = fields.ident("人员", "person", required=False, nullable=True)
