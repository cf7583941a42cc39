"""Timers fire at their due instant, in order, and a failing one is held."""

from typing import Any

import pytest

from services.common import db
from services.workflow import cases, messages, timers
from services.workflow import engine as e
from services.workflow import tables as t
from tests.unit.workflow.service.office import Office, somebody


def pausing(office: Office) -> str:
    """A case that waits a week."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    [task] = office.open(case_id)
    office.complete(task["id"], {"note": "同意"}, somebody("liaison", "u_a"))
    with db.begin(office.engine) as conn:
        key = f"{case_id}.letter"
        messages.route(conn, "reply.delivered", key, {}, office.clock.now(), message_id="x", matter_id="m1")
    return case_id


def test_a_timer_fires_at_its_due_instant_however_late_the_ticker_is(office: Office) -> None:
    """The log holds the due instant, not the moment somebody looked."""
    case_id = pausing(office)
    [timer] = office.rows(t.timer)
    assert office.rows(t.case_)[0]["next_due_at"] == timer["due_at"]
    assert timers.fire_due(office.engine, office.clock.now()) == 0
    office.later(days=30)
    assert timers.fire_due(office.engine, office.clock.now()) == 1
    last = office.rows(t.stimulus, t.stimulus.c.case_id == case_id)[-1]
    assert (last["kind"], last["at"]) == ("timer", timer["due_at"])
    assert office.rows(t.timer) == []
    assert office.rows(t.case_, t.case_.c.id == case_id)[0]["next_due_at"] is None
    assert office.replayed(case_id)


def test_what_was_due_first_happens_first(office: Office) -> None:
    """A withdrawal that arrives after the timer's instant finds the timer already fired."""
    case_id = pausing(office)
    office.later(days=8)
    withdrawn = {"matter_id": "m1", "reason": "不再需要", "withdrawn_at": office.clock.now().isoformat()}
    office.receive("matter.withdrawn.v1", withdrawn)
    office.turn()
    kinds = [row["kind"] for row in office.rows(t.stimulus, t.stimulus.c.case_id == case_id)]
    assert kinds[-1] == "timer"
    assert office.rows(t.case_, t.case_.c.id == case_id)[0]["outcome"] == "end_done"


def test_a_timer_that_fails_is_held_until_its_incident_is_retried(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One incident, no endless loop; after the retry the case goes on."""
    case_id = pausing(office)
    office.later(days=8)
    real = e.step

    def broken(_case: e.Case, _stimulus: e.Stimulus) -> Any:
        raise e.EngineError("expression", element="evt_pause", detail="broken")

    monkeypatch.setattr(e, "step", broken)
    for _ in range(3):
        timers.fire_due(office.engine, office.clock.now())
    [incident] = office.rows(t.incident)
    assert office.rows(t.timer)[0]["held"] is True
    assert office.rows(t.case_)[0]["next_due_at"] is None
    monkeypatch.setattr(e, "step", real)
    with db.begin(office.engine) as conn:
        assert cases.retry(conn, incident["id"], "a-admin", office.clock.now()).incident is None
    assert office.rows(t.timer) == []
    assert office.rows(t.case_, t.case_.c.id == case_id)[0]["status"] == "ended"
    assert office.replayed(case_id)
