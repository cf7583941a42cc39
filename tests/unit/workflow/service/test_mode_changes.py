"""变更承办方式 on the page, over HTTP and in the records: by the office, with a reason, for a running case."""

from typing import Any

import pytest

from services.common import db
from services.common.problems import Problem
from services.workflow import divisions, records
from services.workflow import tables as t
from services.workflow.speakers import Speaker
from tests.unit.workflow.service import yunting
from tests.unit.workflow.service.office import Office, somebody

REASON = "经与两单位协商，由职责更为集中的单位主办。"


def change(office: Office, who: Speaker = yunting.GOV_OFFICE, mode: str = "lead", **roles: str) -> None:
    """Somebody changes who handles the matter."""
    parts = {"part": "有关事项"} if mode == "separate" else {}
    assignments = [{"unit": unit, "role": role, **parts} for unit, role in roles.items()]
    data = {"mode": mode, "assignments": assignments, "reason": REASON}
    with db.begin(office.engine) as conn:
        entry = records.Entry(record="mode_change", data=data, unit=None)
        records.submit(conn, "m1-1", entry, who, office.clock.now())


@pytest.fixture(params=[2025, 2026])
def handled(office: Office, request: pytest.FixtureRequest) -> Office:
    """Two units handle a matter separately, both have accepted."""
    yunting.begin(office, yunting.settle_in(office, year=request.param))
    yunting.hand_over(office, "separate", unit_a="separate_handler", unit_b="separate_handler")
    for element in ("task_receipt", "task_acceptance"):
        for row in [one for one in office.open() if one["element"] == element]:
            yunting.answer(office, element, row["unit"])
    return office


def facts(office: Office) -> set[tuple[Any, ...]]:
    """Whom the notices of the change are for, and what they say."""
    sent = [m for m in office.sent("notice.requested.v1") if m["template"] == "regrouped"]
    return {(m["to"][0]["role"], m["to"][0]["unit"], m["facts"]["before"], m["facts"]["role"]) for m in sent}


def test_separate_handlers_become_lead_and_co_handler(handled: Office) -> None:
    """Tasks go to the right units, both are told, the division and its reason are kept, the log leads to it."""
    yunting.answer(handled, "task_unit_read", "unit_a")
    change(handled, unit_a="lead", unit_b="co_handler")
    assert yunting.waiting(handled) == {"task_unit_assign@unit_a", "task_co_opinion@unit_b"}
    assert facts(handled) == {
        ("unit_liaison", "unit_a", "separate_handler", "lead"),
        ("unit_liaison", "unit_b", "separate_handler", "co_handler"),
    }
    with db.read(handled.engine) as conn:
        assert divisions.of_matters(conn, {"m1"})["m1"] == [("unit_a", "lead"), ("unit_b", "co_handler")]
    [added] = [m for m in handled.sent("record.added.v1") if m["record"] == "mode_change"]
    assert added["data"]["reason"] == REASON
    assert handled.replayed("m1-1")


def test_back_to_separate_handling_and_other_units(handled: Office) -> None:
    """There and back: dates of the reply stay, whoever leaves loses its tasks."""
    due = {
        row["due"] for row in handled.rows(t.deadline, t.deadline.c.name == "reply", t.deadline.c.state != "cleared")
    }
    change(handled, unit_a="lead", unit_b="co_handler")
    change(handled, mode="separate", unit_a="separate_handler", unit_c="separate_handler")
    assert yunting.waiting(handled) == {"task_unit_read@unit_a", "task_unit_read@unit_c"}
    running = handled.rows(t.deadline, t.deadline.c.name == "reply", t.deadline.c.state != "cleared")
    assert {row["due"] for row in running} == due
    assert handled.replayed("m1-1")


def test_a_lead_is_relieved(handled: Office) -> None:
    """Deadline and tasks are the new lead's, in the tables too."""
    change(handled, unit_a="lead", unit_b="co_handler")
    change(handled, unit_b="lead", unit_a="co_handler")
    assert yunting.waiting(handled) == {"task_unit_read@unit_b", "task_co_opinion@unit_a"}
    limits = handled.rows(t.deadline, t.deadline.c.name == "reply_limit", t.deadline.c.state != "cleared")
    assert {row["unit"] for row in limits} == {"unit_b"}
    assert handled.replayed("m1-1")


def test_only_the_office_may_and_only_what_makes_sense(handled: Office) -> None:
    """A unit is refused; the same division, a mode that does not fit its roles and a missing reason, too."""
    with pytest.raises(Problem, match=r"wrong_unit|not_permitted"):
        change(handled, somebody("unit_liaison", "unit_a"), unit_a="lead", unit_b="co_handler")
    with pytest.raises(Problem, match="same_division"):
        change(handled, mode="separate", unit_a="separate_handler", unit_b="separate_handler")
    with pytest.raises(Problem, match=r"invalid_field|missing_field"):
        change(handled, unit_a="lead", unit_b="lead")
    assert yunting.waiting(handled) == {"task_unit_read@unit_a", "task_unit_read@unit_b"}


def test_before_the_handover_there_is_nothing_to_change(office: Office) -> None:
    """It is refused with what to do instead, and not offered."""
    yunting.begin(office, yunting.settle_in(office))
    with pytest.raises(Problem, match="not_regroupable"):
        change(office, unit_a="lead", unit_b="co_handler")
