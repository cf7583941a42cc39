"""A large state is written now and then: what was logged since is played, and nobody can tell the difference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from services.common import db
from services.workflow import adoptions, audits, cases, snapshots
from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.batches import Batch, Order
from tests.unit.workflow.service.office import Office, publish, somebody
from tests.unit.workflow.service.test_adoptions import LATER, adopt, put
from tests.unit.workflow.service.test_case_migrations import RENAMED, letter, migrate, plan, revert, revised

UNITS = ("u_a", "u_b", "u_c")


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every state counts as a large one, and is written after three rows."""
    monkeypatch.setattr(snapshots, "LARGE", 0)
    monkeypatch.setattr(snapshots, "EVERY", 3)


@contextmanager
def cold(office: Office) -> Iterator[Office]:
    """The same office with nothing in memory."""
    found = Office(db.connect(str(office.engine.url)))
    found.clock = office.clock
    yield found
    found.engine.dispose()


def written(office: Office, case_id: str) -> tuple[int, int]:
    """The row a case's state was written by, and the last row of its log."""
    (row,) = office.rows(t.case_, t.case_.c.id == case_id)
    return row["state_seq"], row["seq"]


def answer(office: Office, case_id: str, unit: str) -> None:
    """A unit gives its opinion."""
    (task,) = [one for one in office.open(case_id) if one["unit"] == unit]
    office.complete(task["id"], {"note": "同意"}, somebody("liaison", unit))


def go(office: Office, case_id: str, unit: str, *, forgetful: bool) -> tuple[int, int]:
    """A unit answers, or the office decides who is asked; then what is written is sound."""
    with cold(office) if forgetful else nullcontext(office) as place:
        if unit:
            answer(place, case_id, unit)
        else:
            place.decide(case_id, *UNITS)
        assert place.replayed(case_id)
    return written(office, case_id)


@pytest.mark.parametrize("forgetful", [True, False])
def test_a_case_goes_the_same_way_whatever_was_written_of_it(
    office: Office, forgetful: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From memory or from snapshot and log, each step finds the state that replay gives; its end is written."""
    large, small = office.start("m1"), office.start("m2")
    marks = [go(office, large, step, forgetful=forgetful) for step in ("", *UNITS)]
    assert marks == [(1, 2), (1, 3), (4, 4), (4, 5)]
    with monkeypatch.context() as usual:
        usual.setattr(snapshots, "LARGE", 1_000_000)
        marks = [go(office, small, step, forgetful=forgetful) for step in ("", *UNITS)]
    assert marks == [(2, 2), (3, 3), (4, 4), (5, 5)]
    with db.read(office.engine) as conn:
        one, other = (json.dumps(e.canonical(cases.live_state(conn, key)), sort_keys=True) for key in (large, small))
    assert one.replace("m1", "m2") == other
    office.receive("reply.delivered.v1", letter(large))
    office.turn()
    office.later(days=8)
    office.turn()
    assert office.rows(t.case_, t.case_.c.id == large)[0]["status"] == "ended"
    assert written(office, large)[0] == written(office, large)[1]


def test_a_refusal_within_a_batch_spoils_nothing_that_came_before_it(office: Office) -> None:
    """What the batch has done since the snapshot is played again, whether or not it was written yet."""
    case_id = office.start()
    office.decide(case_id, *UNITS)
    tasks = [one["id"] for one in office.open(case_id)]

    def order(task: str) -> Order:
        data = {"task": task, "data": {"note": "同意"}}
        return Order(case_id=case_id, stimulus=e.Stimulus(kind="complete_task", at=office.clock.now(), data=data))

    with db.begin(office.engine) as conn:
        batch = Batch(conn)
        batch.hold([case_id])
        for task in tasks:
            batch.run(order(task))
            with pytest.raises(e.Unexpected):
                batch.run(order(task))
        batch.close(office.clock.now())
    assert written(office, case_id) == (4, 5)
    assert office.open(case_id) == []
    assert office.replayed(case_id)


def test_another_calendar_and_another_version_are_written_at_once(office: Office) -> None:
    """What a calendar would move is told from snapshot and log; a migration is taken back; nothing is unsound."""
    case_id = office.start()
    version = put(office, LATER)
    office.decide(case_id, *UNITS)
    with db.read(office.engine) as conn:
        (looked,) = adoptions.look(conn, version, [case_id], office.clock.now())
    assert (looked.problem, written(office, case_id)) == (None, (1, 2))
    with cold(office) as place:
        assert adopt(place, version, shorten=True)[case_id].moved == len(looked.shifts)
    assert written(office, case_id) == (3, 3)
    answer(office, case_id, "u_a")
    publish(office, 2, revised(RENAMED))
    (done,) = migrate(office, plan(names={"task_opinion": "task_advice"}), case_id)
    assert (done.code, written(office, case_id)) == ("", (5, 5))
    with cold(office) as place:
        revert(place, case_id)
        answer(place, case_id, "u_b")
    assert written(office, case_id) == (6, 7)
    assert all(one.sound for one in audits.run(office.engine))


def test_a_log_that_does_not_fit_the_snapshot_is_an_incident(office: Office) -> None:
    """A row that the state before it cannot take is a damaged state, and what came is kept."""
    case_id = office.start()
    office.decide(case_id, *UNITS)
    with db.begin(office.engine) as conn:
        conn.execute(t.case_.update().values(state_seq=0))
    with cold(office) as place:
        answer(place, case_id, "u_a")
        (incident,) = place.rows(t.incident)
    assert incident["code"] == "state_damaged"
