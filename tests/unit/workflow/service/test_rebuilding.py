"""A state that is damaged or of another version loses nothing: what came is kept, and the log gives the state back."""

import re

import pytest

from services.common import db
from services.workflow import cases
from services.workflow import tables as t
from tests.unit.workflow.service.office import Office
from tests.unit.workflow.service.test_cli import run

DAMAGES = {
    "cut off": lambda state: state[: len(state) // 2],
    "empty": lambda _: b"",
    "of another version": lambda state: state.replace(b'{"v":1', b'{"v":99', 1),
    "something else": lambda _: b'["no", "state"]',
    "bytes": lambda state: bytes(reversed(state)),
    "a field lost": lambda state: state.replace(b'"workflows"', b'"workflow"'),
}


def damage(office: Office, case_id: str, name: str) -> Office:
    """Damage the stored state; an office with nothing in memory."""
    (row,) = office.rows(t.case_, t.case_.c.id == case_id)
    with db.begin(office.engine) as conn:
        conn.execute(t.case_.update().where(t.case_.c.id == case_id).values(state=DAMAGES[name](row["state"])))
    return Office(db.connect(str(office.engine.url)))


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_state_keeps_what_comes_and_is_rebuilt_from_the_log(office: Office, name: str) -> None:
    """The answer becomes an incident with the reason; audit names the case; rebuilt and retried, it goes on."""
    case_id = office.start()
    cold = damage(office, case_id, name)
    before = cold.rows(t.stimulus)
    [task] = cold.open(case_id)
    cold.decide(case_id, "u_a")
    [incident] = cold.rows(t.incident)
    assert incident["code"] in ("state_damaged", "state_format")
    assert (cold.rows(t.stimulus), cold.open(case_id)[0]["id"]) == (before, task["id"])
    audit = run(cold, "audit")
    assert (audit.exit_code, audit.output.strip()) == (1, f"{case_id} broken=None agrees=False")
    assert run(cold, "rebuild", case_id).output.strip() == f"{case_id} {len(before)}"
    assert run(cold, "audit").exit_code == 0
    assert run(cold, "retry", str(incident["id"]), "--by", "yang").exit_code == 0
    assert [row["unit"] for row in cold.open(case_id)] == ["u_a"]
    assert cold.replayed(case_id)
    cold.engine.dispose()


def test_a_log_that_was_changed_rebuilds_nothing(office: Office) -> None:
    """The row from which on the chain is broken is named, and the state stays as it is; so with a case nobody knows."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    cold = damage(office, case_id, "cut off")
    with db.begin(cold.engine) as conn:
        conn.execute(t.stimulus.update().where(t.stimulus.c.seq == 2).values(actor={"name": "别人"}))
    state = cold.rows(t.case_)[0]["state"]
    refused = run(cold, "rebuild", case_id)
    assert refused.exit_code == 1
    assert re.search("第 2 条.* row 2 ", refused.output)
    assert cold.rows(t.case_)[0]["state"] == state
    assert run(cold, "rebuild", "m9-1").exit_code == 1
    cold.engine.dispose()


def test_a_sound_case_is_the_same_rebuilt(office: Office) -> None:
    """Rebuilding changes nothing where nothing is wrong."""
    case_id = office.start()
    office.decide(case_id, "u_a", "u_b")
    with db.read(office.engine) as conn:
        assert cases.replay(conn, case_id)
    assert run(office, "rebuild", case_id).exit_code == 0
    assert office.replayed(case_id)
    for task in office.open(case_id):
        assert task["unit"] in ("u_a", "u_b")
