"""机构改革 over the directory: two units become one while they handle matters; nothing of theirs is lost."""

from typing import Any

import pytest

from services.common import db
from services.contracts import envelopes
from services.workflow import divisions
from services.workflow import tables as t
from tests.unit.workflow.service import yunting
from tests.unit.workflow.service.office import Office


def reform(office: Office, unit: str, successor: str, version: int = 9) -> None:
    """The directory says who comes after a unit."""
    body = {"name": unit, "kind": "government", "active": False, "successor": successor}
    data = {"kind": "unit", "id": unit, "version": version, "body": body}
    office.receive("directory.changed.v1", data)
    office.turn()


def say(office: Office, task_id: str, unit: str, **data: Any) -> str:
    """The county's system answers a task for a unit; what it is told."""
    body = {
        "task_id": task_id,
        "unit": unit,
        "data": data,
        "actor": {"name": "王工", "claim": "county/77"},
        "occurred_at": office.clock.now().isoformat(),
    }
    message = office.receive("task.complete.v1", body, channel="county")
    office.turn()
    refused = {m["original_id"]: m["code"] for m in office.sent("message.rejected.v1")}
    return refused.get(message, "accepted")


@pytest.fixture
def city(office: Office) -> Office:
    """Unit a leads a matter, b and c give opinions; b and c are bound to the county's system."""
    yunting.begin(office, yunting.settle_in(office))
    office.directory("unit", "unit_n", name="文体旅局", kind="government", active=True)
    yunting.hand_over(office, "lead", unit_a="lead", unit_b="co_handler", unit_c="co_handler")
    for unit in ("unit_a", "unit_b", "unit_c"):
        yunting.answer(office, "task_receipt", unit)
    return office


def test_lead_and_co_handler_merge(city: Office) -> None:
    """One unit leads, with the former lead's task and dates; the other co-handler is not touched."""
    before = {row["element"] + "@" + (row["unit"] or ""): row["id"] for row in city.open()}
    dates = {row["name"]: row["due"] for row in city.rows(t.deadline, t.deadline.c.unit == "unit_a")}
    reform(city, "unit_a", "unit_n")
    reform(city, "unit_b", "unit_n")
    assert yunting.waiting(city) == {"task_unit_read@unit_n", "task_co_opinion@unit_c"}
    after = {row["element"] + "@" + (row["unit"] or ""): row["id"] for row in city.open()}
    assert after["task_unit_read@unit_n"] == before["task_unit_read@unit_a"]
    assert after["task_co_opinion@unit_c"] == before["task_co_opinion@unit_c"]
    running = city.rows(t.deadline, t.deadline.c.unit == "unit_n", t.deadline.c.state != "cleared")
    assert {row["name"]: row["due"] for row in running} == {n: due for n, due in dates.items() if n != "return_window"}
    assert city.replayed("m1-1")
    assert not city.rows(t.incident)


def test_history_and_scores_stay_with_the_former_unit(city: Office) -> None:
    """What was recorded is not rewritten; who handles the matter now is told under the new name."""
    reform(city, "unit_a", "unit_n")
    assert {row["unit"] for row in yunting.records(city, "acceptance")} == {"unit_a", "unit_b", "unit_c"}
    with db.read(city.engine) as conn:
        assert divisions.of_matters(conn, {"m1"})["m1"][0] == ("unit_n", "lead")
        assert divisions.latest(conn, "m1-1")["assignments"][0]["unit"] == "unit_n"


def test_a_connector_loses_no_message(city: Office) -> None:
    """Tasks reach the system that was bound to the former unit; it may name either unit, until it is bound anew."""
    [opinion] = [row["id"] for row in city.open() if row["unit"] == "unit_b"]
    reform(city, "unit_b", "unit_n")
    opened = city.rows(t.outbox_, t.outbox_.c.type == "task.opened.v1", t.outbox_.c.target == "county")
    assert opened
    fields = {"outcome_class": "solved", "quotable": True, "contact_person": "李明", "contact_phone": "0000-5550102"}
    text = "经研究，我单位同意配合主办单位办理，并已将相关工作列入本年度计划。"
    assert say(city, opinion, "unit_b", answer_text=text, **fields) == "accepted"
    city.directory("connector", "county", version=3, units=["unit_n", "unit_c"])
    assert say(city, opinion, "unit_n", answer_text=text, **fields) == "already_done"
    [row] = yunting.records(city, "co_opinion")
    assert row["unit"] == "unit_n"


def test_the_same_news_again_and_a_successor_s_successor(city: Office) -> None:
    """A second message of one version changes nothing; a second reform goes on from the first."""
    reform(city, "unit_a", "unit_n")
    reform(city, "unit_a", "unit_n")
    count = len(city.rows(t.stimulus))
    reform(city, "unit_n", "unit_d")
    assert "task_unit_read@unit_d" in yunting.waiting(city)
    assert len(city.rows(t.stimulus)) == count + 1
    assert city.replayed("m1-1")


def test_whoever_is_bound_anew_hears_of_what_is_open(city: Office) -> None:
    """The system bound to the successor hears of its open tasks with dates and forms; the one before loses them."""
    [opinion] = [row["id"] for row in city.open() if row["unit"] == "unit_b"]
    reform(city, "unit_b", "unit_n")
    data = {"kind": "connector", "id": "joined", "version": 1, "body": {"units": ["unit_n"]}}
    for _ in range(2):  # the same news again says nothing new
        city.receive("directory.changed.v1", data)
        city.turn()
    [row] = city.rows(t.outbox_, t.outbox_.c.target == "joined")
    opened = envelopes.decode(row["headers"], bytes(row["body"]), row["content_type"]).data
    assert (opened["task_id"], opened["unit"], opened["deadline"]["name"]) == (opinion, "unit_n", "co_opinion")
    assert opened["form_schema"]["required"]
    last = city.rows(t.outbox_, t.outbox_.c.target == "county")[-1]
    closed = envelopes.decode(last["headers"], bytes(last["body"]), last["content_type"]).data
    assert (closed["task_id"], closed["reason"], closed["successor_task_id"]) == (opinion, "revoked", opinion)
    assert not [row for row in city.rows(t.outbox_, t.outbox_.c.target == "joined") if row["type"] == "task.closed.v1"]
