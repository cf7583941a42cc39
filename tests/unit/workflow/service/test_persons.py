"""Tasks for one person: nobody else sees, does or hears of them, whatever roles he holds."""

from dataclasses import replace

import pytest

from services.common import db
from services.common.problems import Problem
from services.workflow import cases, editions, matters, packages, records, verbs, versions, visibility, worklists
from services.workflow.speakers import Speaker
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import NOW, Office, matter, somebody

ROLE = "  deputy: {label: 代表, label_en: deputy, scope: proposer, grants: [feedback.give]}\n"
ANNA = replace(somebody("deputy"), account="a-d1", person="d1")
BERT = replace(somebody("deputy"), account="a-d2", person="d2")
OPERATOR = somebody("office", None, "cases.operate")


def files(attribute: str = 'person="matter.lead_proposer"') -> dict[str, bytes]:
    """The small package, its first step for the lead proposer."""
    found = package.files(revision=2)
    main = (
        found["main.bpmn"].decode().replace('role="office" form="decide"', f'role="deputy" {attribute} form="decide"')
    )
    settings = found["package.yaml"].decode().replace("classes:", f"{ROLE}classes:", 1)
    return {**found, "main.bpmn": main.encode(), "package.yaml": settings.encode()}


@pytest.fixture
def case_id(office: Office) -> str:
    """A case whose open task is for deputy d1."""
    with db.begin(office.engine) as conn:
        version = versions.submit(conn, packages.load(files()), "a-owner", NOW)
        versions.approve(conn, version, "a-second", NOW)
        matters.keep(conn, matter("m1"), NOW)
        applied = cases.start(conn, cases.Begin(matter_id="m1", package_version=version), NOW)
    return applied.case_id


def todo(office: Office, who: Speaker) -> list[str]:
    """The ids on somebody's work list."""
    with db.read(office.engine) as conn:
        return [row["id"] for row in worklists.todo(conn, who, worklists.Filter(), office.clock.now(), limit=9)]


def test_only_the_person_may_do_it(office: Office, case_id: str) -> None:
    """Not even another holder of the role; the list and the rule agree."""
    [task] = office.open(case_id)
    assert (task["role"], task["unit"], task["person"]) == ("deputy", None, "d1")
    assert office.sent("task.opened.v1")[-1]["person"] == "d1"
    assert (todo(office, ANNA), todo(office, BERT), todo(office, somebody("deputy"))) == ([task["id"]], [], [])
    with pytest.raises(Problem, match="not_permitted"):
        office.complete(task["id"], {"units": ["u_a"]}, BERT)
    office.complete(task["id"], {"units": ["u_a"]}, ANNA)
    assert office.replayed(case_id)


def test_only_the_person_takes_part_by_it(office: Office, case_id: str) -> None:
    """A colleague in the role neither sees the case nor adds records to it; the person adds what the role may."""
    stranger = replace(BERT, person="d9")
    with db.read(office.engine) as conn:
        assert visibility.check(conn, case_id, replace(ANNA, person="d1"))["id"] == case_id
        with pytest.raises(Problem, match="not_permitted"):
            visibility.check(conn, case_id, stranger)
        edition, case = editions.get(conn, "testcity-2026.2"), cases.get(conn, case_id) or {}
        assert records.Wish(conn, edition, case, "contact", None, ANNA).role(["deputy"]) == "deputy"
        for who, role in ((stranger, "deputy"), (ANNA, None)):
            with pytest.raises(Problem, match="not_permitted"):
                records.Wish(conn, edition, case, "contact", None, who).role([role])


def test_an_operator_gives_it_to_somebody_else(office: Office, case_id: str) -> None:
    """Closed for the one and opened for the other, under the same id."""
    [task] = office.open(case_id)
    with db.begin(office.engine) as conn:
        verbs.use(conn, task["id"], "transfer", {"person": "d2"}, OPERATOR, office.clock.now())
    assert (todo(office, ANNA), todo(office, BERT)) == ([], [task["id"]])
    assert office.sent("task.closed.v1")[-1]["successor_task_id"] == task["id"]
    assert office.sent("task.opened.v1")[-1]["person"] == "d2"
    with db.begin(office.engine) as conn:
        verbs.use(conn, task["id"], "transfer", {"role": "office"}, OPERATOR, office.clock.now())
    assert todo(office, OPERATOR) == [task["id"]]
    assert office.replayed(case_id)


def test_the_check_wants_a_person_for_a_proposers_role() -> None:
    """Without one the task would be for nobody at all; a wrong expression is found like any other."""
    codes = {f.code for f in packages.check(packages.load(files(attribute=""))) if f.severity == "error"}
    assert codes == {"person_expected"}
    broken = packages.load(files(attribute='person="matter."'))
    assert {f.code for f in packages.check(broken) if f.severity == "error"} == {"bad_expression"}
    assert not [f for f in packages.check(packages.load(files())) if f.severity == "error"]
