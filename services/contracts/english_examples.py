"""Examples told in English, for every type an agency sends or receives."""

from __future__ import annotations

from typing import Any, Final

from services.contracts.matter_examples import MATTER, VERSION
from services.contracts.schemas import record_schema

_CASE, _TASK = "c-2026-0031", "c-2026-0031.9"
_IDS = {"case_id": _CASE, "matter_id": MATTER}
_CLAIM = {"name": "Aynur 𠮷㛃", "claim": "head of the housing section"}
_ANSWERED = {"task_id": _TASK, "unit": "housing", "actor": _CLAIM, "occurred_at": "2026-03-18T16:20:00+08:00"}
_OPINION = {
    "answer_text": "Lifts in old buildings go into the joint permit procedure; our opinion takes three working days.",
    "outcome_class": "in_progress",
    "commitments": [{"text": "Two pilot estates have their lifts.", "due": "2026-10-31"}],
    "quotable": True,
    "contact_person": "Aynur 𠮷㛃",
    "contact_phone": "0999-5550117",
}
_CONTACT = {
    "phase": "during",
    "channel": "phone",
    "date": "2026-04-02",
    "persons": "section head and the deputy",
    "summary": "Told the deputy which two estates come first and why; she asks for the dates in the reply.",
}

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "task.opened.v1": {
        **_IDS,
        "task_id": _TASK,
        "matter_no": "061031",
        "title": "On lifts in old apartment buildings",
        "element": "task_co_opinion",
        "name": "co-handling opinion",
        "public_name": "co-handling",
        "role": "unit_liaison",
        "unit": "housing",
        "form": "co_opinion",
        "form_schema": record_schema("co_opinion"),
        "record": "co_opinion",
        "deadline": {
            "name": "co_opinion",
            "due": "2026-03-27",
            "due_at": "2026-03-27T16:00:00Z",
            "why": ["15 working days from 6 March 2026, the first day not counted", "due on 27 March 2026"],
        },
        "process_version": VERSION,
        "opened_at": "2026-03-06T02:00:00Z",
    },
    "task.closed.v1": {
        **_IDS,
        "task_id": _TASK,
        "reason": "expired",
        "by": None,
        "at": "2026-03-27T16:00:00Z",
        "successor_task_id": None,
    },
    "task.complete.v1": {**_ANSWERED, "data": _OPINION, "external_ref": "HB-2026-0412"},
    "task.operate.v1": {**_ANSWERED, "verb": "reassign", "data": {"role": "unit_office", "note": "the office answers"}},
    "record.submit.v1": {**_ANSWERED, **_IDS, "record": "contact", "data": _CONTACT},
    "matter.submit.v1": {
        "matter_kind": "suggestion",
        "submitted_when": "inter_session",
        "title": "On safe crossings near the schools of Wanghe district",
        "topic": "城建环资",
        "secrecy": "none",
        "lead_proposer": "d-0107",
        "co_proposers": [],
        "body": {
            "situation": "Three schools share one road without a crossing; 2,400 children cross it twice a day.",
            "analysis": "The road was built before the schools, and nobody has been asked to change it.",
            "request": "Build two raised crossings with lights before the next school year.",
        },
        "points": ["Two raised crossings with lights"],
        "wish_units": ["housing"],
        "external_ref": "YTRD-2026-0107",
    },
    "letter.issued.v1": {
        "letter_id": "c-2026-0107.letter.0",
        "matter_id": MATTER,
        "matter_no": "061107",
        "submission_id": "5c0e9d61-1a53-4d62-9a55-3b8a1f0f9c02",
        "unit": "housing",
        "redo_round": 0,
        "recipients": ["d-0107"],
        "data": {
            "title": "Reply to suggestion No. 061107",
            "answer_text": "Both crossings are built by the end of August; the lights follow in September.",
            "outcome_class": "in_progress",
            "doc_no": "Yunting Housing 2026/31",
        },
        "issued_at": "2026-05-20T02:00:00Z",
    },
    "letter.received.v1": {
        "letter_id": "c-2026-0107.letter.0",
        "receipt_no": "YTRD-R-2026-0107",
        "received_at": "2026-05-20T10:04:00+08:00",
        "external_ref": "YTRD-2026-0107",
    },
    "command.accepted.v1": {
        "original_id": "3f0c6f0a-7a0e-4b2c-8f7a-52a1c9e0b411",
        "task_id": _TASK,
        "stimulus": "19",
        "at": "2026-03-18T08:20:04Z",
    },
    "message.rejected.v1": {
        "original_id": "5d6a0b1e-0f2b-4d5e-9a1c-1b7f4f0c2e90",
        "original_type": "task.complete.v1",
        "code": "missing_field",
        "path": "contact_phone",
        "retryable": False,
        "text": "联系电话：此项必填",
        "text_en": "contact phone: this field is required",
        "external_ref": "HB-2026-0412",
    },
}
