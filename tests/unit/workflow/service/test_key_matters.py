"""重点督办 on a running case: handling goes on, a supervision case begins, the leader signs the reply."""

from typing import Any

import pytest

from services.common import db
from services.common.problems import Problem
from services.workflow import records
from services.workflow import tables as t
from services.workflow.speakers import Speaker
from tests.unit.workflow.service import yunting
from tests.unit.workflow.service.office import Office, somebody

CONGRESS = somebody("congress_office")
DESIGNATION = {"meeting": "第十二次主任会议", "supervising_leader": "副主任 林静", "handling_leader": "副市长 陶文涛"}


def designate(office: Office, who: Speaker = CONGRESS) -> None:
    """The congress office writes down what the meeting decided."""
    with db.begin(office.engine) as conn:
        entry = records.Entry(record="key_designation", data=DESIGNATION, unit=None)
        records.submit(conn, "m1-1", entry, who, office.clock.now())
    office.turn()


@pytest.fixture
def handled(office: Office) -> Office:
    """One unit handles a matter."""
    yunting.begin(office, yunting.settle_in(office))
    yunting.hand_over(office, "sole", unit_a="lead")
    yunting.answer(office, "task_receipt")
    return office


def told(office: Office) -> list[dict[str, Any]]:
    """The facts of the notices about the designation."""
    return [m["facts"] for m in office.sent("notice.requested.v1") if m["template"] == "key_designated"]


def test_handling_goes_on_and_supervision_begins(handled: Office) -> None:
    """Nothing of the running case is touched; the unit has a plan to make; everybody hears of both leaders."""
    before = {row["id"] for row in handled.open()}
    designate(handled)
    assert before < {row["id"] for row in handled.open()}
    assert yunting.waiting(handled) == {"task_unit_read@unit_a", "task_key_plan@unit_a"}
    assert {row["process"] for row in handled.rows(t.case_)} == {"suggestion_handling", "key_supervision"}
    assert len(told(handled)) == 2
    assert all(facts["handling_leader"] == "副市长 陶文涛" for facts in told(handled))
    assert all(handled.replayed(row["id"]) for row in handled.rows(t.case_))


def test_a_second_designation_supervises_nothing_twice(handled: Office) -> None:
    """It is a record like the first, such as for another leader, and no second process."""
    designate(handled)
    designate(handled)
    assert len(yunting.records(handled, "key_designation")) == 2
    assert [row["process"] for row in handled.rows(t.case_)].count("key_supervision") == 1


def test_units_and_the_government_do_not_designate(handled: Office) -> None:
    """It is the congress's decision."""
    for who in (somebody("unit_head", "unit_a"), yunting.GOV_OFFICE):
        with pytest.raises(Problem, match=r"not_permitted|wrong_unit"):
            designate(handled, who)
    assert not yunting.records(handled, "key_designation")
