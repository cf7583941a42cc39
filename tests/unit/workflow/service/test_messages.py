"""Messages: every act over the queue, early ones, duplicates, and answers for all."""

from typing import Any

from services.common import db
from services.workflow import messages
from services.workflow import tables as t
from tests.unit.workflow.service.office import Office, matter, somebody


def answer(office: Office, task_id: str, unit: str, data: dict[str, Any]) -> dict[str, Any]:
    """Body of `task.complete`."""
    return {
        "task_id": task_id,
        "unit": unit,
        "data": data,
        "actor": {"name": "王工", "claim": "county/77"},
        "occurred_at": office.clock.now().isoformat(),
    }


def opinions(office: Office) -> tuple[str, dict[str, str]]:
    """A case in which u_a and u_b are asked; the open tasks by unit."""
    case_id = office.start()
    office.decide(case_id, "u_a", "u_b")
    return case_id, {row["unit"]: row["id"] for row in office.open(case_id)}


def test_a_submitted_matter_starts_its_case_once(office: Office) -> None:
    """The message again under another id only corrects the text."""
    office.receive("matter.submitted.v1", matter("m1"))
    office.turn()
    office.receive("matter.submitted.v1", {**matter("m1"), "title": "关于增设坡道的建议"})
    office.turn()
    assert [row["id"] for row in office.rows(t.case_)] == ["m1-1"]
    assert office.rows(t.matter)[0]["title"] == "关于增设坡道的建议"


def test_a_unit_answers_over_the_queue(office: Office) -> None:
    """The connector's answer moves the case and is accepted; the person is only a claim."""
    case_id, ids = opinions(office)
    message_id = office.receive(
        "task.complete.v1", answer(office, ids["u_b"], "u_b", {"note": "同意"}), channel="county"
    )
    office.turn()
    [accepted] = office.sent("command.accepted.v1")
    assert (accepted["original_id"], accepted["task_id"]) == (message_id, ids["u_b"])
    row = office.rows(t.task, t.task.c.id == ids["u_b"])[0]
    assert (row["state"], row["closed_by"]["account"]) == ("closed", "connector:county")
    assert office.replayed(case_id)


def test_a_connector_cannot_speak_for_a_unit_that_is_not_its_own(office: Office) -> None:
    """Whatever unit the message names, the queue proves the connector."""
    _case, ids = opinions(office)
    for unit in ("u_a", "u_b"):
        office.receive("task.complete.v1", answer(office, ids["u_a"], unit, {"note": "同意"}), channel="county")
    office.turn()
    assert [m["code"] for m in office.sent("message.rejected.v1")] == ["wrong_unit", "wrong_unit"]
    assert len(office.open()) == 2


def test_a_late_or_second_answer_is_told_why(office: Office) -> None:
    """Never silence: already_done, unknown_task and faults of the form with their path."""
    _case, ids = opinions(office)
    office.complete(ids["u_b"], {"note": "同意"}, somebody("liaison", "u_b"))
    office.receive("task.complete.v1", answer(office, ids["u_b"], "u_b", {"note": "同意"}), channel="county")
    office.receive("task.complete.v1", answer(office, "m1-1.77", "u_b", {"note": "同意"}), channel="county")
    office.turn()
    assert {m["code"] for m in office.sent("message.rejected.v1")} == {"already_done", "unknown_task"}


def test_a_faulty_answer_names_the_field(office: Office) -> None:
    """The same check as on the page."""
    _case, ids = opinions(office)
    office.receive("task.complete.v1", answer(office, ids["u_b"], "u_b", {}), channel="county")
    office.turn()
    [rejected] = office.sent("message.rejected.v1")
    assert (rejected["code"], rejected["path"]) == ("missing_field", "note")
    assert rejected["retryable"] is False


def test_the_same_message_twice_counts_once(office: Office) -> None:
    """Duplicates are dropped on arrival; two connectors may use the same id."""
    _case, ids = opinions(office)
    data = answer(office, ids["u_b"], "u_b", {"note": "同意"})
    for _ in range(2):
        office.receive("task.complete.v1", data, channel="county", id="one")
    office.turn()
    assert len(office.sent("command.accepted.v1")) == 1
    assert office.sent("message.rejected.v1") == []


def test_an_early_message_waits_for_its_case(office: Office) -> None:
    """The letter is delivered before the case waits for it; it is taken up the moment it does."""
    case_id, ids = opinions(office)
    delivered = {
        "matter_id": "m1",
        "letter_id": f"{case_id}.letter",
        "delivered_at": office.clock.now().isoformat(),
        "recipients": ["d1"],
    }
    office.receive("reply.delivered.v1", delivered)
    office.turn()
    assert [row["state"] for row in office.rows(t.early_message)] == ["waiting"]
    for unit, task_id in ids.items():
        office.complete(task_id, {"note": "同意"}, somebody("liaison", unit))
    office.turn()
    assert [row["state"] for row in office.rows(t.early_message)] == ["done"]
    assert office.rows(t.subscription, t.subscription.c.name == "reply.delivered") == []
    assert office.replayed(case_id)


def test_a_case_starts_another_of_the_same_matter(office: Office) -> None:
    """`hy:start`: the follow-up begins in its own transaction, with the data handed over."""
    case_id, ids = opinions(office)
    for unit, task_id in ids.items():
        office.complete(task_id, {"note": "同意"}, somebody("liaison", unit))
    with db.begin(office.engine) as conn:
        key = f"{case_id}.letter"
        messages.route(conn, "reply.delivered", key, {}, office.clock.now(), message_id="x", matter_id="m1")
    office.later(days=7)
    office.turn()
    follow = office.rows(t.case_, t.case_.c.process == "follow")[0]
    assert (follow["id"], follow["parent_case_id"]) == ("m1-2", "m1-1")
    assert office.rows(t.case_, t.case_.c.id == case_id)[0]["status"] == "ended"
    assert [row["case_id"] for row in office.open()] == ["m1-2"]
    assert [m["process"] for m in office.sent("case.opened.v1")] == ["main", "follow"]
    assert office.sent("case.closed.v1")[0]["outcome"] == "end_done"
    assert office.replayed("m1-2")


def test_a_matter_without_a_version_is_tried_again(office: Office) -> None:
    """No version in force is our own trouble: the message waits and is not refused."""
    lost = {**matter("m5"), "session": {**matter("m5")["session"], "process_version": "nowhere-2026.1"}}
    office.receive("matter.submitted.v1", lost)
    office.turn()
    [row] = office.rows(t.inbox_)
    assert (row["state"], row["attempts"]) == ("new", 1)
    assert office.sent("message.rejected.v1") == []
