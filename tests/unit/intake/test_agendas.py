"""What a deputy finds at home: what waits for an answer, and each suggestion in plain words."""

import pytest

from services.common import db
from services.contracts.codes import MATTER_STATES
from services.intake import agendas
from services.intake.web.words import STAGES
from tests.unit.intake import stories
from tests.unit.intake.readers import Reader
from tests.unit.intake.worlds import FORM, VERSION, Case, World, package

CONTACT = {"phase": "before", "channel": "phone", "date": "2026-02-01", "persons": "周教育", "summary": "已沟通"}


@pytest.fixture
def case(world: World) -> Case:
    """A joint matter under way in a package that asks deputies to confirm contacts."""
    case = Case(world.submit(co_proposers=["d-2"]).matter_id)
    opened = {"process": "suggestion_handling", "process_version": VERSION}
    world.receive(package(accepts=["contact", "contact_confirmation"]), case.say("case.opened.v1", opened))
    world.work()
    return case


def contacts(world: World, person: str = "d-1") -> list[str]:
    """The contacts a deputy may confirm."""
    with db.read(world.engine) as conn:
        return [one.record_id for one in agendas.contacts(conn, person)]


def test_every_state_has_plain_words() -> None:
    """Deputies and the public never read a code."""
    assert STAGES.keys() == MATTER_STATES.keys()


def test_a_task_for_this_deputy_leads_to_workflow(world: World, case: Case, reader: Reader) -> None:
    """With its deadline, until it is done; another deputy's is not shown."""
    limit = {"name": "feedback", "due": "2026-06-03", "due_at": "2026-06-03T16:00:00Z", "why": ["十个工作日"]}
    about = {"role": "deputy", "record": "feedback", "deadline": limit}
    world.receive(
        case.task("c-1.1", None, person="d-1", public_name="代表评价", **about),
        case.task("c-1.2", None, person="d-2", public_name="代表评价", **about),
    )
    world.work()
    reader.sign_in("liyun")
    page = reader.client.get("/").text
    assert f'<a href="/workflow/tasks/c-1.1"><strong>代表评价：{FORM["title"]}</strong></a>' in page
    assert "2026-06-03" in page
    assert "c-1.2" not in page
    world.receive(case.close("c-1.1"))
    world.work()
    assert "c-1.1" not in reader.client.get("/").text


def test_the_lead_deputy_confirms_contacts(world: World, case: Case, reader: Reader) -> None:
    """Linked from the home page and from the story, until confirmed; a co-signer is not asked."""
    world.receive(case.record("c-1.r1", "contact", CONTACT), case.record("c-1.r2", "contact", CONTACT))
    world.work()
    reader.sign_in("liyun")
    place = "/workflow/cases/c-1/records/contact_confirmation?contact=c-1.r1"
    assert place in reader.client.get("/").text
    assert place in reader.client.get(f"/matters/{case.matter_id}").text
    assert contacts(world, "d-2") == []
    said = {"contact": "c-1.r1", "confirmed": True}
    world.receive(case.record("c-1.r3", "contact_confirmation", said, unit=None))
    world.work()
    assert contacts(world) == ["c-1.r2"]
    assert place not in reader.client.get("/").text


def test_nobody_is_asked_where_the_process_does_not_ask(world: World) -> None:
    """An older package, or a case that has ended."""
    old = Case(world.submit().matter_id)
    world.receive(package(), *stories.handled(old.matter_id))
    world.work()
    assert contacts(world) == []


def test_an_ended_case_takes_no_confirmation(world: World, case: Case) -> None:
    """The link would lead nowhere."""
    world.receive(case.record("c-1.r1", "contact", CONTACT))
    world.work()
    assert contacts(world) == ["c-1.r1"]
    closed = {"process": "suggestion_handling", "process_version": VERSION, "outcome": "completed"}
    world.receive(case.say("case.closed.v1", closed))
    world.work()
    assert contacts(world) == []


def test_my_suggestions_say_in_plain_words_how_far_they_are(world: World, case: Case, reader: Reader) -> None:
    """And who leads, where it is somebody else."""
    world.receive(case.milestone("reply_in_review"))
    world.work()
    reader.sign_in("han")
    for path in ("/", "/matters", f"/matters/{case.matter_id}"):
        assert "答复已经起草，正在审核。" in reader.client.get(path).text, path
    assert "李云领衔，您联名" in reader.client.get("/matters").text
