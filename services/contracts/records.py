"""What happened to a matter, as records: the diagram decides when, these schemas decide what it means.

Ledger, statistics and reports read records only. Fields and rules: domain fields 7.1 to 7.9.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, cast

from marshmallow import Schema, ValidationError

from services.contracts import handling_records as handling
from services.contracts import handover_records as handover
from services.contracts import oversight_records as oversight
from services.contracts import reply_records as reply
from services.contracts.errors import Malformed, faults
from services.contracts.record_parts import Record

RECORDS: Final[Mapping[str, type[Record]]] = {
    "admission": handover.Admission,
    "revision": handover.Revision,
    "withdrawal_consent": handover.WithdrawalConsent,
    "handover": handover.Handover,
    "acceptance": handover.Acceptance,
    "return_request": handover.ReturnRequest,
    "return_decision": handover.ReturnDecision,
    "mode_change": handover.ModeChange,
    "pre_handover": handover.PreHandover,
    "pre_handover_comment": handover.PreHandoverComment,
    "instruction": handover.Instruction,
    "co_opinion": handling.CoOpinion,
    "co_opinion_check": handling.CoOpinionCheck,
    "countersign": handling.Countersign,
    "dispute_decision": handling.DisputeDecision,
    "contact": handling.Contact,
    "contact_confirmation": handling.ContactConfirmation,
    "activity": handling.Activity,
    "external_blocker": handling.ExternalBlocker,
    "progress_note": handling.ProgressNote,
    "handling_plan": handling.HandlingPlan,
    "internal_assignment": handling.InternalAssignment,
    "section_opinion": handling.SectionOpinion,
    "consultation": handling.Consultation,
    "reminder": handling.Reminder,
    "extension_request": handling.ExtensionRequest,
    "extension_decision": handling.ExtensionDecision,
    "reply_draft": reply.ReplyDraft,
    "review": reply.Review,
    "reply": reply.Reply,
    "publication": reply.Publication,
    "supplementary_reply": reply.SupplementaryReply,
    "feedback": reply.Feedback,
    "redo_order": oversight.RedoOrder,
    "redo_decision": oversight.RedoDecision,
    "follow_up_progress": oversight.FollowUpProgress,
    "close_out": oversight.CloseOut,
    "close_out_decision": oversight.CloseOutDecision,
    "close_out_confirmation": oversight.CloseOutConfirmation,
    "supervision_letter": oversight.SupervisionLetter,
    "supervision_answer": oversight.SupervisionAnswer,
    "key_designation": oversight.KeyDesignation,
    "appraisal_vote": oversight.AppraisalVote,
    "bulletin": oversight.Bulletin,
    "honours_withheld": oversight.HonoursWithheld,
    "unit_score": oversight.UnitScore,
    "assessment": oversight.Assessment,
}

INTERNAL: Final = frozenset(
    {
        "pre_handover",
        "pre_handover_comment",
        "mode_change",
        "instruction",
        "internal_assignment",
        "section_opinion",
        "handling_plan",
    }
    | {"co_opinion", "co_opinion_check", "countersign", "dispute_decision", "consultation", "reminder"}
    | {"reply_draft", "review", "supervision_letter", "supervision_answer", "unit_score", "honours_withheld"}
)
"""Records that stay with offices and units: whose matter it is sees every stage, but not these (domain 4-actors)."""
INNER: Final = frozenset(
    {"internal_assignment", "section_opinion", "handling_plan", "consultation", "reminder", "review"}
    | {"supervision_letter", "supervision_answer", "unit_score", "honours_withheld"}
)
"""Of these the ones that stay with one unit and the offices: from outside, a unit's part is one piece of work
(domain 10-scenarios 28). The others units write to each other."""


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
