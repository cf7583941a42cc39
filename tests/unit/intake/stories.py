"""The messages of whole cases, for tests of the ledger."""

from services.contracts.envelopes import Message
from tests.unit.intake.worlds import AT, VERSION, Case

PROCESS = {"process": "suggestion_handling", "process_version": VERSION, "at": AT}
HANDOVER = {
    "mode": "lead",
    "assignments": [{"unit": "edu", "role": "lead"}, {"unit": "traffic", "role": "co_handler"}],
}


def handled(matter_id: str, case_id: str = "c-1") -> list[Message]:
    """From opening to the closed case: handover, a task that changes hands, a moved deadline, a letter."""
    case = Case(matter_id, case_id)
    one = f"{case_id}.1"
    return [
        case.say("case.opened.v1", PROCESS),
        case.milestone("submitted"),
        case.milestone("admitted"),
        case.record(f"{case_id}.r1", "handover", HANDOVER, unit=None),
        case.milestone("handed_over"),
        case.deadline(f"{case_id}.d1", "2026-04-20"),
        case.task(one, "edu"),
        case.close(one, "revoked", successor_task_id=one),
        case.task(one, "traffic"),
        case.deadline(f"{case_id}.d1", "2026-05-20", "moved", why=["延期一个月"]),
        case.close(one, "done"),
        case.record(f"{case_id}.r2", "contact", _CONTACT),
        case.task(f"{case_id}.2", None, element="task_review", name="审核", public_name=None, role="gov_office"),
        case.record(f"{case_id}.r3", "reply_draft", _DRAFT),
        case.milestone("reply_in_review"),
        case.milestone("reply_returned"),
        case.milestone("reply_in_review"),
        case.milestone("replied"),
        case.deadline(f"{case_id}.d1", "2026-05-20", "cleared"),
        case.milestone("awaiting_feedback"),
        case.record(f"{case_id}.r4", "feedback", {"result": "satisfied", "deputy": "d-1"}, unit=None),
        case.milestone("completed"),
        case.close(f"{case_id}.2"),
        case.say("case.closed.v1", {**PROCESS, "outcome": "completed"}),
    ]


_CONTACT = {
    "phase": "before",
    "channel": "face_to_face",
    "date": "2026-02-01",
    "persons": "周教育",
    "summary": "当面听取意见",
}
_DRAFT = {
    "title": "关于停车位建议的答复",
    "body_text": "拟新增车位。",
    "outcome_class": "in_progress",
    "publication_attribute": "proactive",
}
