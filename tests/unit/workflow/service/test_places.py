"""A record without a case: it goes to the running case of the matter that accepts it for the unit."""

import pytest

from services.common import db
from services.common.problems import Problem
from services.contracts.record_examples import EXAMPLES
from services.workflow import cases, records
from services.workflow import tables as t
from services.workflow.speakers import Speaker
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import OFFICE, Office, publish, somebody

A, B, C = (somebody("liaison", unit) for unit in ("u_a", "u_b", "u_c"))
FOLLOWED = '<hy:accepts record="progress_note" role="liaison"/><hy:accepts record="contact" role="liaison"/>'


@pytest.fixture
def two(office: Office) -> Office:
    """A matter in two cases: units a and b owe opinions in the first, a follows up in the second."""
    found = package.files(revision=2)
    start = '<bpmn:startEvent id="f_start"'
    marked = f"<bpmn:extensionElements>{FOLLOWED}</bpmn:extensionElements>{start}"
    follow = found["follow.bpmn"].decode().replace(start, marked)
    version = publish(office, files={**found, "follow.bpmn": follow.encode()})
    office.decide(office.start(version=version), "u_a", "u_b")
    wish = cases.Begin(matter_id="m1", process="follow", package_version=version)
    with db.begin(office.engine) as conn:
        cases.start(conn, wish, office.clock.now())
    return office


def add(office: Office, record: str, who: Speaker, unit: str | None, task: str | None = None) -> str:
    """Add the catalogue's example of a record to matter m1; the case it went to, or the refusal's code."""
    entry = records.Entry(record=record, data=EXAMPLES[record][0], unit=unit, task_id=task)
    try:
        with db.begin(office.engine) as conn:
            return records.submit_to_matter(conn, "m1", entry, who, office.clock.now()).case_id
    except Problem as problem:
        return problem.code


def task_of(office: Office, case_id: str, unit: str) -> str:
    """A unit's open task in a case."""
    return str(next(row["id"] for row in office.open(case_id) if row["unit"] == unit))


def test_the_case_is_the_one_that_accepts_the_record_for_the_unit(two: Office) -> None:
    """Not the latest one: the only one where it is accepted, or where the unit takes part."""
    assert add(two, "contact", A, "u_a") == "m1-2"
    assert add(two, "progress_note", B, "u_b") == "m1-1"
    assert two.replayed("m1-1")
    assert two.replayed("m1-2")


def test_of_several_cases_none_is_guessed(two: Office) -> None:
    """A unit at work in both is told which they are; a task says which, and so does having nothing left in one."""
    assert add(two, "progress_note", A, "u_a") == "several_cases"
    first = task_of(two, "m1-1", "u_a")
    assert add(two, "progress_note", A, "u_a", first) == "m1-1"
    assert add(two, "progress_note", A, "u_a", task_of(two, "m1-2", "u_a")) == "m1-2"
    two.complete(first, {"note": "同意"}, A)
    assert add(two, "progress_note", A, "u_a") == "m1-2"
    two.complete(task_of(two, "m1-2", "u_a"), {"note": "已办"}, A)
    assert add(two, "progress_note", A, "u_a") == "m1-1"


def test_who_may_add_it_nowhere_is_told_why(two: Office) -> None:
    """By the rule of the case that accepts it; where none does, nobody waits for the record."""
    assert add(two, "progress_note", C, "u_c") == "wrong_unit"
    assert add(two, "progress_note", OFFICE, None) == "not_permitted"
    assert add(two, "extension_request", A, "u_a") == "not_expected"
    for case_id in ("m1-1", "m1-2"):
        with db.begin(two.engine) as conn:
            end = {"verb": "move", "cancel": "all", "to": "evt_withdrawn" if case_id == "m1-1" else "f_end"}
            cases.operate(conn, case_id, end, {}, two.clock.now())
    assert add(two, "progress_note", A, "u_a") == "not_expected"


def test_what_was_due_before_counts_in_every_case(two: Office) -> None:
    """A case that its timer ends before the record arrives is no place for it."""
    for unit, who in (("u_a", A), ("u_b", B)):
        two.complete(task_of(two, "m1-1", unit), {"note": "同意"}, who)
    delivered = {"matter_id": "m1", "letter_id": "m1-1.letter", "recipients": ["d1"]}
    two.receive("reply.delivered.v1", {**delivered, "delivered_at": two.clock.now().isoformat()})
    two.turn()
    assert add(two, "progress_note", B, "u_b") == "m1-1"
    two.later(days=8)
    assert add(two, "progress_note", B, "u_b") == "wrong_unit"


def test_the_queue_says_which_cases_to_choose_from(two: Office) -> None:
    """`record.submit` with the matter alone: accepted where it fits, else refused with the ids; unknown matters too."""
    two.directory("connector", "county", version=2, units=["u_a", "u_b"])
    facts = {"actor": {"name": "王"}, "occurred_at": two.clock.now().isoformat()}
    for matter, unit in (("m1", "u_b"), ("m1", "u_a"), ("m9", "u_a")):
        data = {"matter_id": matter, "unit": unit, "record": "progress_note", "data": EXAMPLES["progress_note"][0]}
        two.receive("record.submit.v1", {**facts, **data}, channel="county")
        two.turn()
    several, unknown = two.sent("message.rejected.v1")
    assert (several["code"], several["retryable"]) == ("several_cases", False)
    assert "m1-1, m1-2" in several["text"]
    assert "m1-1, m1-2" in several["text_en"]
    assert unknown["code"] == "unknown_matter"
    assert [row["case_id"] for row in two.rows(t.record)] == ["m1-1"]
    assert len(two.sent("command.accepted.v1")) == 1
