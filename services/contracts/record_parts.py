"""What several records have in common."""

from __future__ import annotations

from typing import Final

from services.contracts import codes, fields
from services.contracts.rules import Contract

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
