"""Records of a case as a whole: offered to whom the diagram lets add them, a contact confirmed by one tap."""

import json

import pytest

from services.common import db
from services.workflow import cases, matters, packages, records, versions
from services.workflow import tables as t
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import NOW, Office, matter, somebody
from tests.unit.workflow.service.test_web import Person, app, people

__all__ = ["app", "people"]
ROLE = "  deputy: {label: 代表, label_en: deputy, scope: proposer, grants: [feedback.give]}\n"
MORE = '<hy:accepts record="contact"/><hy:accepts record="contact_confirmation" role="deputy"/>'
CONTACT = {"phase": "before", "channel": "visit", "date": "2026-03-02", "persons": "王强", "summary": "当面听取意见"}


@pytest.fixture
def case_id(office: Office) -> str:
    """A case that accepts contacts, and their confirmation by deputies; u_a handles it."""
    files = package.files(revision=2)
    main = (
        files["main.bpmn"]
        .decode()
        .replace('<hy:accepts record="progress_note"', MORE + '<hy:accepts record="progress_note"')
    )
    settings = files["package.yaml"].decode().replace("classes:", f"{ROLE}classes:", 1)
    files |= {"main.bpmn": main.encode(), "package.yaml": settings.encode()}
    with db.begin(office.engine) as conn:
        version = versions.submit(conn, packages.load(files), "a-owner", NOW)
        versions.approve(conn, version, "a-second", NOW)
        matters.keep(conn, matter("m1"), NOW)
        found = cases.start(conn, cases.Begin(matter_id="m1", package_version=version), NOW).case_id
    office.decide(found, "u_a")
    return found


def contact(office: Office, case_id: str) -> str:
    """The liaison has met the deputy; the record's id."""
    with db.begin(office.engine) as conn:
        contact = records.Entry(record="contact", data=CONTACT, unit="u_a")
        records.submit(conn, case_id, contact, somebody("liaison", "u_a"), NOW)
    return str(office.rows(t.record, t.record.c.record == "contact")[-1]["id"])


def test_a_case_offers_what_one_may_add(case_id: str, people: dict[str, Person]) -> None:
    """The unit its notes, the deputy nothing before there is a contact; strangers nothing at all."""
    assert f"/cases/{case_id}/records/progress_note" in people["liaison"].page(f"/cases/{case_id}")
    assert "/records/contact_confirmation" not in people["liaison"].page(f"/cases/{case_id}")
    page = people["d1"].page(f"/cases/{case_id}")
    assert "请您确认的沟通" not in page
    assert "/records/progress_note" not in page
    people["d1"].page(f"/cases/{case_id}/records/progress_note", 403)
    people["other"].page(f"/cases/{case_id}/records/progress_note", 403)
    people["liaison"].page(f"/cases/{case_id}/records/review", 409)


def test_a_unit_adds_a_record_to_its_case(case_id: str, people: dict[str, Person], office: Office) -> None:
    """Faults come back; sent twice it is kept once."""
    path, mine = f"/cases/{case_id}/records/progress_note", people["liaison"]
    assert mine.send(path, text="")[0] == 422
    for _ in range(2):
        assert mine.send(path, text="正在协调", once="k1")[0] == 303
    [record] = office.rows(t.record, t.record.c.record == "progress_note")
    assert (record["unit"], record["role"]) == ("u_a", "liaison")
    assert office.replayed(case_id)


def test_a_deputy_confirms_a_contact_with_one_tap(case_id: str, people: dict[str, Person], office: Office) -> None:
    """The contact's text stands above; afterwards nobody asks again."""
    first, second = contact(office, case_id), contact(office, case_id)
    page = people["d1"].page(f"/cases/{case_id}")
    assert page.count('name="confirmed" value="true"') == 2
    path = f"/cases/{case_id}/records/contact_confirmation?contact={first}"
    page = people["d1"].page(path)
    assert "当面听取意见" in page
    assert 'name="contact"' not in page
    assert people["d1"].send(path, confirmed="true")[0] == 303
    assert people["d1"].send(path.replace(first, second), confirmed="false", text="时间不对")[0] == 303
    found = office.rows(t.record, t.record.c.record == "contact_confirmation")
    assert [(r["data"]["contact"], r["data"]["confirmed"]) for r in found] == [(first, True), (second, False)]
    assert {json.dumps(r["role"]) for r in found} == {'"deputy"'}
    assert "请您确认的沟通" not in people["d1"].page(f"/cases/{case_id}")
    assert people["liaison"].send(path, confirmed="true")[0] == 403
    assert office.replayed(case_id)


def test_a_confirmation_names_a_contact_of_the_case(case_id: str, people: dict[str, Person]) -> None:
    """Another id is no record of it: then the field is asked for."""
    path = f"/cases/{case_id}/records/contact_confirmation?contact=m9-1.r1"
    assert 'name="contact"' in people["d1"].page(path)
    assert people["d1"].send(path, confirmed="true")[0] == 422


def test_when_the_case_has_ended_nothing_is_added(case_id: str, people: dict[str, Person], office: Office) -> None:
    """The page says so, and the case page offers nothing."""
    body = {"matter_id": "m1", "reason": "不再需要", "withdrawn_at": office.clock.now().isoformat()}
    office.receive("matter.withdrawn.v1", body)
    office.turn()
    people["liaison"].page(f"/cases/{case_id}/records/progress_note", 409)
    assert "/records/progress_note" not in people["liaison"].page(f"/cases/{case_id}")
