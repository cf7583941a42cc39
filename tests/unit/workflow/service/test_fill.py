"""What a form opens with: on the page, over HTTP, to the agency, with its texts."""

import pytest
from sqlalchemy import update

from services.common import db
from services.workflow import documents, tasks, verbs
from services.workflow import tables as t
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import Office, publish, somebody

LIAISON = somebody("liaison", "u_b")
OPERATOR = somebody("office", None, "cases.operate")


def filled(office: Office) -> str:
    """The version whose opinions open with the office's note."""
    found = package.files(revision=2)
    main = found["main.bpmn"].decode().replace('form="opinion"', 'form="opinion" fill="{\'note\': decision.note}"')
    return publish(office, files={**found, "main.bpmn": main.encode()})


@pytest.fixture
def case_id(office: Office) -> str:
    """A case of that version in which a unit owes its opinion."""
    case_id = office.start(version=filled(office))
    office.decide(case_id, "u_b")
    return case_id


def test_texts_are_put_back_before_anybody_reads_them(office: Office, case_id: str) -> None:
    """The row keeps the reference; the message to the agency and the page get the text."""
    [task] = office.open(case_id)
    assert documents.is_reference(task["initial"]["note"])
    assert [sent["initial"] for sent in office.sent("task.opened.v1")] == [None, {"note": "请办理"}, {"note": "请办理"}]
    with db.read(office.engine) as conn:
        assert tasks.initial_of(conn, task) == {"note": "请办理"}
    assert office.replayed(case_id)


def test_who_takes_a_task_over_gets_it_as_it_was(office: Office, case_id: str) -> None:
    """A transfer announces the task again, with what its form opened with."""
    [task] = office.open(case_id)
    with db.begin(office.engine) as conn:
        verbs.use(conn, task["id"], "transfer", {"unit": "u_c"}, OPERATOR, office.clock.now())
    assert office.sent("task.opened.v1")[-1]["initial"] == {"note": "请办理"}


def test_an_erased_text_fills_nothing(office: Office, case_id: str) -> None:
    """Privacy comes before convenience."""
    [task] = office.open(case_id)
    with db.begin(office.engine) as conn:
        conn.execute(update(t.document).values(body=None))
    with db.read(office.engine) as conn:
        assert tasks.initial_of(conn, task) == {"note": ""}
