"""The time machine: a case at every instant of its life is what it was then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from services.common import db
from services.common.problems import Problem
from services.workflow import cases, pasts, verbs
from services.workflow import engine as e
from services.workflow import tables as t
from tests.unit.workflow.service.office import NOW, Office, somebody
from tests.unit.workflow.service.test_web import Person, app, people

__all__ = ["app", "people"]


def live(office: Office, case_id: str) -> dict[str, Any]:
    """The canonical state as it stands now."""
    with db.read(office.engine) as conn:
        return e.canonical(cases.live_state(conn, case_id))


def past(office: Office, case_id: str, **when: Any) -> pasts.Past:
    """The case as it stood."""
    with db.read(office.engine) as conn:
        case = cases.get(conn, case_id)
        assert case is not None
        return pasts.look(conn, case, **when)


def lived(office: Office) -> tuple[str, list[dict[str, Any]]]:
    """A case, and its canonical state after every row of its log."""
    case_id = office.start()
    states = [live(office, case_id)]
    office.later(days=1)
    office.decide(case_id, "u_a", "u_b")
    states.append(live(office, case_id))
    office.later(days=1)
    mine = next(task for task in office.open(case_id) if task["unit"] == "u_a")
    operator = somebody("office", None, "cases.operate")
    with db.begin(office.engine) as conn:
        verbs.use(conn, mine["id"], "transfer", {"unit": "u_c"}, operator, office.clock.now())
    states.append(live(office, case_id))
    office.later(days=1)
    for task in office.open(case_id):
        office.complete(task["id"], {"note": "同意"}, somebody("liaison", task["unit"]))
        states.append(live(office, case_id))
    return case_id, states


def test_every_row_of_the_log_leads_to_the_state_of_then(office: Office) -> None:
    """Step by step, whatever came later."""
    case_id, states = lived(office)
    found = [e.canonical(past(office, case_id, seq=seq).case) for seq in range(1, len(states) + 1)]
    assert found == states


def test_an_instant_stands_after_what_came_before_it(office: Office) -> None:
    """Before its beginning a case is shown at its beginning; a task belongs to whom it was given last."""
    case_id, states = lived(office)
    assert past(office, case_id, at=NOW - timedelta(days=9)).seq == 1
    then = past(office, case_id, at=NOW + timedelta(days=1, hours=12))
    assert (then.seq, {one.holder.unit for one in then.waiting}) == (2, {"u_a", "u_b"})
    later = past(office, case_id, at=NOW + timedelta(days=2, hours=12))
    assert {one.holder.unit for one in later.waiting} == {"u_b", "u_c"}
    assert "task_decide" in later.done
    assert past(office, case_id).seq == past(office, case_id).rows == len(states)


def test_a_log_somebody_has_changed_is_not_played(office: Office) -> None:
    """What stands before the change still is; nothing after it."""
    case_id, _ = lived(office)
    with db.begin(office.engine) as conn:
        where = (t.stimulus.c.case_id == case_id, t.stimulus.c.seq == 3)
        conn.execute(update(t.stimulus).where(*where).values(payload=b"{}"))
    assert past(office, case_id, seq=2).seq == 2
    with pytest.raises(Problem, match="past_unreadable"):
        past(office, case_id, seq=3)


def test_the_page_steps_through_a_case(office: Office, people: dict[str, Person]) -> None:
    """By date and time and by steps, for those who see everything; bad dates are refused."""
    case_id, _ = lived(office)
    clerk = people["office"]
    assert f"/cases/{case_id}/past" in clerk.page(f"/cases/{case_id}")
    page = clerk.page(f"/cases/{case_id}/past?seq=2")
    assert [word in page for word in ("日志第 2 条", "前一步", "后一步", "单位u_a")] == [True] * 4
    assert "日志第 1 条" in clerk.page(f"/cases/{case_id}/past?at=2020-01-01T08:00")
    clerk.page(f"/cases/{case_id}/past?at=nonsense", 400)
    clerk.page("/cases/none/past", 404)
    for who in ("other", "d1"):
        assert f"/cases/{case_id}/past" not in people[who].page(f"/cases/{case_id}")
        people[who].page(f"/cases/{case_id}/past", 403)


def test_programs_read_the_state_of_then(office: Office, people: dict[str, Person]) -> None:
    """In its canonical form, with the elements in which tokens stood."""
    case_id, states = lived(office)
    status, answer = people["office"].api("GET", f"/cases/{case_id}/past?seq=1")
    assert (status, answer["standing"], answer["state"]) == (200, ["task_decide"], states[0])
    for wrong in ("9", "2026-03-02T09:00"):
        assert people["office"].api("GET", f"/cases/{case_id}/past?at={wrong}")[0] == 400
    assert people["office"].api("GET", f"/cases/{case_id}/past?at=2020-01-01T00:00:00Z")[1]["seq"] == 1
    assert people["office"].api("GET", "/cases/none/past")[0] == 404
