"""True-to-life examples of every message; the AsyncAPI document shows them, golden files keep them for ever.

The city 云汀市, its units and all people are invented. Two names use rare characters on purpose (𠮷, 㛃).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from services.contracts import english_examples, matter_examples
from services.contracts.envelopes import Message
from services.contracts.matter_examples import BODY, MATTER, POINTS, TITLE, VERSION
from services.contracts.messages import MESSAGES
from services.contracts.record_examples import EXAMPLES as RECORDS
from services.contracts.schemas import record_schema

_CASE, _TASK = "c-2026-0031", "c-2026-0031.7"
_AT = "2026-03-06T01:30:00Z"
_IDS = {"case_id": _CASE, "matter_id": MATTER}
_WHY = ["自2026年3月6日交办次日起算5个工作日", "3月7日、8日为周末不计", "到期日为2026年3月13日24时"]
_DEADLINE = {"name": "return_window", "due": "2026-03-13", "due_at": "2026-03-13T16:00:00Z", "why": _WHY}
_CLAIM = {"name": "王㛃", "claim": "房屋管理科科长"}
_ACTOR = {"name": "周明远", "account": "a-0042", "person": "p-0042", "unit": "housing", "role": "unit_head"}
_PACKAGE = {
    "version": VERSION,
    "locality": "yunting",
    "year": 2026,
    "revision": 1,
    "status": "active",
    "roles": [{"id": "gov_office", "name": "市政府督查室", "scope": "all", "grants": ["tasks.handle", "tasks.urge"]}],
    "classes": {"in_progress": {"letter": "B", "label": "正在解决"}},
    "texts": {"reminder": {"subject": "催办:{title}", "body": "请于{due}前办理。"}},
    "labels": {"return_window": "退办期限"},
    "processes": [{"id": "suggestion_handling", "name": "代表建议办理"}],
    "entries": {"matter.submitted": "suggestion_handling", "withdrawal.requested": "withdrawal"},
    "accepts": ["contact", "contact_confirmation", "progress_note"],
    "interrupts": ["matter.merged", "matter.withdrawn"],
}
_DIRECTORY: tuple[dict[str, Any], ...] = (
    {
        "kind": "unit",
        "id": "housing",
        "body": {
            "name": "云汀市住房和城乡建设局",
            "short_name": "市住建局",
            "kind": "government",
            "internal": "huiyin",
        },
        "version": 3,
    },
    {
        "kind": "person",
        "id": "d-0107",
        "body": {
            "name": "𠮷宏伟",
            "kind": "deputy",
            "delegation": "望河区代表团",
            "level": "市",
            "active": True,
        },
        "version": 1,
    },
    {
        "kind": "account",
        "id": "a-0042",
        "body": {
            "login": "zhoumingyuan",
            "person_id": "p-0042",
            "roles": [{"role": "unit_head", "unit": "housing"}],
            "epoch": 1,
            "active": True,
        },
        "version": 2,
    },
    {
        "kind": "session",
        "id": "s-6-1",
        "body": {
            "label": "云汀市第六届人民代表大会第一次会议",
            "locality": "yunting",
            "level": "市",
            "term_no": 6,
            "session_no": 1,
            "year": 2026,
            "process_version": VERSION,
        },
        "version": 1,
    },
    {
        "kind": "connector",
        "id": "housing",
        "body": {"units": ["housing"]},
        "version": 1,
    },
    {"kind": "account", "id": "a-0013", "body": None, "version": 5},
)

EXAMPLES: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "directory.changed.v1": _DIRECTORY,
    **matter_examples.EXAMPLES,
    "reply.delivered.v1": (
        {
            "matter_id": MATTER,
            "letter_id": "c-2026-0031.l1",
            "delivered_at": "2026-05-29T02:00:00Z",
            "recipients": ["d-0107", "d-0215"],
        },
    ),
    "case.opened.v1": (
        {
            **_IDS,
            "process": "suggestion_handling",
            "process_version": VERSION,
            "state": "handed_over",
            "at": _AT,
        },
    ),
    "case.migrated.v1": (
        {
            **_IDS,
            "process": "suggestion_handling",
            "process_version": "yunting-2026.2",
            "previous_version": VERSION,
            "at": "2026-04-10T02:00:00Z",
        },
    ),
    "case.closed.v1": (
        {
            **_IDS,
            "process": "suggestion_handling",
            "process_version": VERSION,
            "outcome": "completed",
            "at": "2026-06-12T06:00:00Z",
        },
    ),
    "deadline.changed.v1": (
        {
            **_IDS,
            **_DEADLINE,
            "deadline_id": "c-2026-0031.d2",
            "label": "退办期限",
            "unit": "housing",
            "state": "open",
            "rule": "return_window",
            "calendar": "cn",
            "provisional": False,
        },
        {**_IDS, "deadline_id": "c-2026-0031.d2", "name": "return_window", "state": "cleared", "due": None},
    ),
    "deadline.confirmed.v1": (
        {
            **_IDS,
            **_DEADLINE,
            "deadline_id": "c-2026-0031.d2",
            "label": "退办期限",
            "unit": "housing",
            "state": "open",
            "rule": "return_window",
            "calendar": "cn",
            "provisional": False,
        },
    ),
    "record.added.v1": (
        {
            **_IDS,
            "record_id": "c-2026-0031.r1",
            "record": "contact",
            "data": RECORDS["contact"][0],
            "unit": "housing",
            "role": "unit_liaison",
            "actor": _ACTOR,
            "at": "2026-03-18T08:20:00Z",
            "element": "task_first_meeting",
        },
    ),
    "milestone.reached.v1": ({**_IDS, "state": "handed_over", "at": _AT},),
    "package.published.v1": (_PACKAGE,),
    "reply.issued.v1": (
        {
            **_IDS,
            "letter_id": "c-2026-0031.l1",
            "unit": "housing",
            "redo_round": 0,
            "recipients": ["d-0107", "d-0215"],
            "data": {**RECORDS["reply_draft"][0], "doc_no": "云建函〔2026〕31号"},
        },
    ),
    "notice.requested.v1": (
        {
            "notice_id": "c-2026-0031.n1",
            "template": "reminder",
            "process_version": VERSION,
            "to": [{"role": "unit_liaison", "unit": "housing"}, {"person": "d-0107"}],
            "matter": {"matter_id": MATTER, "matter_no": "061031", "title": TITLE},
            "facts": {"due": "2026-03-13", "days_left": 3},
            "at": "2026-03-10T01:00:00Z",
        },
    ),
    "task.opened.v1": (
        {
            **_IDS,
            "task_id": _TASK,
            "matter_no": "061031",
            "title": TITLE,
            "element": "task_accept",
            "name": "签收并确认承办",
            "public_name": "承办单位签收",
            "role": "unit_liaison",
            "unit": "housing",
            "form": "acceptance",
            "form_schema": record_schema("acceptance"),
            "record": "acceptance",
            "initial": {"unit": "housing"},
            "deadline": _DEADLINE,
            "process_version": VERSION,
            "opened_at": _AT,
        },
        {
            **_IDS,
            "task_id": _TASK,
            "element": "task_feedback",
            "name": "代表评价",
            "role": "deputy",
            "person": "d-0107",
            "process_version": VERSION,
            "opened_at": _AT,
        },
    ),
    "task.closed.v1": (
        {**_IDS, "task_id": _TASK, "reason": "done", "by": _ACTOR, "at": "2026-03-09T02:00:00Z"},
        {
            **_IDS,
            "task_id": _TASK,
            "reason": "migrated",
            "by": None,
            "at": "2026-03-09T02:00:00Z",
            "successor_task_id": "c-2026-0031.12",
        },
    ),
    "task.complete.v1": tuple(
        {
            "task_id": _TASK,
            "unit": "housing",
            "data": answer,
            "actor": _CLAIM,
            "occurred_at": "2026-03-09T09:58:00+08:00",
            "external_ref": "住建收文〔2026〕0412",
        }
        for answer in RECORDS["acceptance"]
    ),
    "task.operate.v1": (
        {
            "task_id": _TASK,
            "unit": "housing",
            "verb": "return",
            "data": {"note": "现场勘查尚未完成,请先补充勘查记录。"},
            "actor": _CLAIM,
            "occurred_at": "2026-03-09T09:58:00+08:00",
            "external_ref": None,
        },
    ),
    "record.submit.v1": (
        {
            "case_id": _CASE,
            "unit": "housing",
            "record": "progress_note",
            "data": RECORDS["progress_note"][0],
            "actor": _CLAIM,
            "occurred_at": "2026-04-30T17:05:00+08:00",
        },
    ),
    "matter.submit.v1": (
        {
            "matter_kind": "suggestion",
            "submitted_when": "in_session",
            "title": TITLE,
            "topic": "城建环资",
            "secrecy": "none",
            "lead_proposer": "d-0107",
            "co_proposers": ["d-0215"],
            "body": BODY,
            "points": POINTS,
            "wish_units": ["housing"],
            "external_ref": "YTRD-2026-0031",
        },
        {
            "matter_kind": "suggestion",
            "title": TITLE,
            "secrecy": "none",
            "lead_proposer": "d-0107",
            "body": BODY,
            "attachments": ["6f2f1a0e-5d0b-4b7e-9a2e-0d3c1f6b8a11"],
        },
    ),
    "letter.issued.v1": (
        {
            "letter_id": "c-2026-0031.letter.0",
            "matter_id": MATTER,
            "matter_no": "061031",
            "submission_id": "8b1f7f0e-4f0e-4a39-9d3c-0d3f5a1e2b77",
            "unit": "housing",
            "redo_round": 0,
            "recipients": ["d-0107", "d-0215"],
            "data": {**RECORDS["reply_draft"][0], "doc_no": "云住建函〔2026〕31号"},
            "issued_at": "2026-05-20T02:00:00Z",
            "attachments": [
                {
                    "file_id": "yzjh-2026-31",
                    "name": "云住建函〔2026〕31号.ofd",
                    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "size": 48213,
                    "media_type": "application/ofd",
                }
            ],
        },
    ),
    "letter.received.v1": (
        {
            "letter_id": "c-2026-0031.letter.0",
            "receipt_no": "YTRD-HZ-2026-0031",
            "received_at": "2026-05-20T10:04:00+08:00",
        },
    ),
    "command.accepted.v1": (
        {
            "original_id": "8b1f7f0e-4f0e-4a39-9d3c-0d3f5a1e2b77",
            "task_id": _TASK,
            "stimulus": "14",
            "at": _AT,
            "external_ref": "住建收文〔2026〕0412",
        },
    ),
    "message.rejected.v1": (
        {
            "original_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
            "original_type": "task.complete.v1",
            "code": "already_done",
            "path": "task_id",
            "retryable": False,
            "text": "该任务已于2026年3月9日由周明远办理。",
            "text_en": "the task was done by 周明远 on 2026-03-09",
        },
    ),
}


def messages(type: str) -> list[Message]:
    """Return every example of a type as a whole message with fixed ids and times; one told in English is the last."""
    source, english = sorted(MESSAGES[type].senders)[0], english_examples.EXAMPLES.get(type)
    told = EXAMPLES[type] if english is None else (*EXAMPLES[type], english)
    return [_message(type, source, number, data) for number, data in enumerate(told, 1)]


def language(type: str, number: int) -> str:
    """The language in which an example, counted from 0, is told: zh or en."""
    return "zh" if number < len(EXAMPLES[type]) else "en"


def _message(type: str, source: str, number: int, data: dict[str, Any]) -> Message:
    at = datetime(2026, 3, 6, 1, 30, number, tzinfo=UTC)
    return Message(
        id=f"{_CASE}.example.{type}.{number}",
        type=type,
        source="/agency/housing" if source == "agency" else f"/{source}",
        subject=MATTER,
        time=at,
        data=data,
        correlation_id=_CASE,
        causation_id=f"{_CASE}.{number}",
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )
