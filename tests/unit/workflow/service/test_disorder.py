"""Messages of a unit's own system out of order: nothing counts twice, nothing fails, everything is answered."""

from typing import Any

import pytest

from services.common import db, inbox
from services.common.bus import Incoming
from services.contracts import envelopes
from services.contracts.envelopes import Message
from services.workflow import tables as t
from tests.unit.workflow.service import yunting
from tests.unit.workflow.service.office import Office

OPINION = {
    "answer_text": "经研究，我单位同意配合主办单位办理，并已将相关工作列入本年度计划。",
    "outcome_class": "solved",
    "quotable": True,
    "contact_person": "李明",
    "contact_phone": "0000-5550102",
}
RETURN = {
    "verdict": "return_requested",
    "return_reason": "not_our_duty",
    "return_text": "根据部门职责规定，该事项属于道路管养范围，不属于本单位职责。",
    "proposed_unit": "unit_d",
    "head_signed": True,
}


def said(office: Office, task_id: str, unit: str, data: dict[str, Any], id: str = "") -> None:
    """A unit's own system answers a task."""
    body = {
        "task_id": task_id,
        "unit": unit,
        "data": data,
        "actor": {"name": "王工", "claim": "county/77"},
        "occurred_at": office.clock.now().isoformat(),
    }
    office.receive("task.complete.v1", body, channel="county", id=id)
    office.turn()


def handling(office: Office) -> dict[str, str]:
    """unit_c's return is granted, unit_b has said nothing for a week: that counts as acceptance. Tasks by unit."""
    yunting.begin(office, yunting.settle_in(office))
    yunting.hand_over(office, "lead", unit_a="lead", unit_b="co_handler", unit_c="co_handler")
    receipts = {row["unit"]: row["id"] for row in office.open()}
    yunting.answer(office, "task_receipt", "unit_a")
    said(office, receipts["unit_c"], "unit_c", RETURN)
    yunting.answer(office, "task_return_decision", decision="accept", reason="职责核查属实。", new_unit="unit_d")
    yunting.answer(office, "task_receipt", "unit_d")
    office.later(days=8)
    office.turn()
    return receipts


def test_an_opinion_twice_then_acceptance_then_an_opinion_of_a_returned_assignment(office: Office) -> None:
    """One opinion is stored, acceptance was implied and is no error, the unit that gave the matter back is told so."""
    receipts = handling(office)
    [opinion] = [row["id"] for row in office.open() if row["element"] == "task_co_opinion" and row["unit"] == "unit_b"]
    for message_id in ("opinion-1", "opinion-1", "opinion-again"):
        said(office, opinion, "unit_b", OPINION, message_id)
    said(office, receipts["unit_b"], "unit_b", {"verdict": "accepted"}, "acceptance")
    said(office, receipts["unit_c"], "unit_c", OPINION, "returned")

    assert len(yunting.records(office, "co_opinion")) == 1
    assert [m["original_id"] for m in office.sent("command.accepted.v1")][1:] == ["opinion-1", "acceptance"]
    refused = {m["original_id"]: m["code"] for m in office.sent("message.rejected.v1")}
    assert refused == {"opinion-again": "already_done", "returned": "assignment_returned"}
    [accepted] = [row for row in yunting.records(office, "acceptance") if row["unit"] == "unit_b"]
    assert accepted["data"]["extra"] == {"auto_accepted": True}
    assert not office.rows(t.incident)
    assert office.replayed("m1-1")


@pytest.mark.parametrize("looked", [True, False], ids=["the clock has rung", "the clock rings with it"])
def test_only_what_silence_has_said_already_may_be_said_late(office: Office, looked: bool) -> None:
    """Acceptance after the window is taken without a step, however often; a return asked for then is late."""
    yunting.begin(office, yunting.settle_in(office))
    yunting.hand_over(office, "lead", unit_a="lead", unit_b="co_handler")
    [receipt] = [row["id"] for row in office.open() if row["unit"] == "unit_b"]
    office.later(days=8)
    if looked:
        office.turn()
    for message_id in ("acceptance", "acceptance-again"):
        said(office, receipt, "unit_b", {"verdict": "accepted"}, message_id)
    said(office, receipt, "unit_b", RETURN, "return")

    taken = office.sent("command.accepted.v1")
    assert [(m["original_id"], m["stimulus"]) for m in taken] == [("acceptance", None), ("acceptance-again", None)]
    assert [(m["original_id"], m["code"]) for m in office.sent("message.rejected.v1")] == [("return", "late")]
    assert len([row for row in yunting.records(office, "acceptance") if row["unit"] == "unit_b"]) == 1
    assert office.replayed("m1-1")


def test_a_record_of_a_unit_that_is_out_is_told_so(office: Office) -> None:
    """Not only answers to tasks: a contact of a unit that gave the matter back is refused for the same reason."""
    handling(office)
    body = {
        "matter_id": "m1",
        "unit": "unit_c",
        "record": "extension_request",
        "data": {"reason": "涉及面广", "until": "2026-07-01", "interim_reply": "正在研究。"},
        "actor": {"name": "王工", "claim": "county/77"},
        "occurred_at": office.clock.now().isoformat(),
    }
    office.receive("record.submit.v1", body, channel="county")
    office.turn()
    assert [m["code"] for m in office.sent("message.rejected.v1")] == ["assignment_returned"]


def asked_late(office: Office) -> str:
    """A co-handler has let its term and a week pass; the task it has not answered."""
    yunting.begin(office, yunting.settle_in(office))
    yunting.hand_over(office, "lead", unit_a="lead", unit_b="co_handler")
    for unit in ("unit_a", "unit_b"):
        yunting.answer(office, "task_receipt", unit)
    [opinion] = [row["id"] for row in office.open() if row["element"] == "task_co_opinion"]
    office.later(days=40)
    office.turn()
    return opinion


def test_a_late_opinion_is_kept_as_late(office: Office) -> None:
    """Sent for the task it was asked for, it answers the one that asks for it again; once, and never silently."""
    opinion = asked_late(office)
    [again] = [row["id"] for row in office.open() if row["element"] == "task_late_opinion"]
    said(office, opinion, "unit_b", {**OPINION, "answer_text": ""}, "empty")
    for message_id in ("opinion", "opinion", "opinion-again"):
        said(office, opinion, "unit_b", OPINION, message_id)
    taken = office.sent("command.accepted.v1")[-1]
    assert (taken["original_id"], taken["task_id"]) == ("opinion", again)
    [kept] = yunting.records(office, "co_opinion")
    assert (kept["task_id"], kept["unit"]) == (again, "unit_b")
    refused = {m["original_id"]: m["code"] for m in office.sent("message.rejected.v1")}
    assert refused == {"empty": "invalid_field", "opinion-again": "late"}
    assert office.replayed("m1-1")


def test_a_clock_that_is_wrong_over_there_changes_nothing(office: Office) -> None:
    """When something happened is the sender's word; what counts is when it came."""
    yunting.begin(office, yunting.settle_in(office))
    yunting.hand_over(office, "lead", unit_a="lead", unit_b="co_handler")
    [receipt] = [row for row in office.open() if row["unit"] == "unit_b"]
    now = office.clock.at
    for years, message_id in ((-30, "past"), (60, "future")):
        office.clock.at = now.replace(year=now.year + years)
        body = {
            "task_id": receipt["id"],
            "unit": "unit_b",
            "data": {"verdict": "accepted"},
            "actor": {"name": "王工"},
            "occurred_at": office.clock.at.isoformat(),
        }
        message = encoded(office, body, message_id)
        office.clock.at = now
        with db.begin(office.engine) as conn:
            inbox.store(conn, t.inbox_, [message], now)
        office.turn()
    assert [m["code"] for m in office.sent("message.rejected.v1")] == ["already_done"]
    [row] = office.rows(t.task, t.task.c.id == receipt["id"])
    assert (row["closed_at"], row["reason"]) == (now, "done")
    assert office.replayed("m1-1")


def encoded(office: Office, body: dict[str, Any], message_id: str) -> Incoming:
    """A message as it arrives from the county's system, with the time its clock shows."""
    message = Message(
        id=message_id,
        type="task.complete.v1",
        source="/agency/county",
        subject="m1",
        time=office.clock.now(),
        data=body,
    )
    wire = envelopes.encode(message)
    facts = {"headers": dict(wire.headers), "body": wire.body, "content_type": wire.content_type}
    return Incoming(channel="county", message_id=message_id, user_id=None, token=None, **facts)
