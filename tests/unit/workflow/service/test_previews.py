"""A text of a draft is seen before it goes out: with real data, in both languages, with the line that fails."""

from typing import Any

import pytest
from flask import Flask

from services.common import db, outbox
from services.contracts.envelopes import Message
from services.workflow import tables as t
from services.workflow.packages import Package
from services.workflow.studio import drafts, previews
from tests.unit.workflow.service.office import VERSION, Office
from tests.unit.workflow.service.test_web import Person, app, people  # noqa: F401 (fixtures)

ZH, EN = "texts/late.zh.txt", "texts/late.en.txt"
MATTER, AT = {"matter_no": "061031", "title": "路灯"}, "2026-03-06T09:30:00+08:00"
SAMPLE = previews.Sample("n-1", MATTER, {"due": "2026-03-19"}, AT)


@pytest.fixture
def draft_id(office: Office) -> int:
    """A draft with a text of its own."""
    with db.begin(office.engine) as conn:
        draft_id = drafts.create(conn, VERSION, "a-owner", office.clock.now())
        texts = {
            ZH: "逾期：第{{ matter.matter_no }}号\n\n请于{{ facts.due }}前办理。\n".encode(),
            EN: b"Late: {{ matter.matter_no }}\n\nDue on\n{{ facts.until }}.\n",
        }
        drafts.save(conn, draft_id, 1, texts, "a-owner", office.clock.now())
        return draft_id


def package(office: Office, draft_id: int) -> Package:
    """The draft's package."""
    with db.read(office.engine) as conn:
        return drafts.get(conn, draft_id).package


def tell(office: Office, notice_id: str, template: str = "late", title: str = "路灯") -> None:
    """A notice went out."""
    data: dict[str, Any] = {
        "notice_id": notice_id,
        "template": template,
        "process_version": VERSION,
        "to": [{"person": "d1"}],
        "matter": {"matter_id": "m1", "matter_no": "061031", "title": title},
        "facts": {"due": "2026-03-19"},
        "at": AT,
    }
    now = office.clock.now()
    message = Message(
        id=f"x.{notice_id}", type="notice.requested.v1", source="/workflow", subject="m1", time=now, data=data
    )
    with db.begin(office.engine) as conn:
        outbox.add(conn, t.outbox_, message, now=now)


def test_a_text_is_filled_and_a_fault_has_its_line_in_the_file(office: Office, draft_id: int) -> None:
    """One language reads well, the other names what is not given, in line 4 of its file."""
    zh, en = previews.show(package(office, draft_id), "late", SAMPLE)
    assert (zh.subject, zh.body, zh.line) == ("逾期：第061031号", "请于2026-03-19前办理。", 0)
    assert (en.file, en.line) == (EN, 4)
    assert "until" in en.reason


@pytest.mark.parametrize(
    ("content", "line"),
    [("{% if %}\n\nx\n", 1), ("x\n\n\n{{ matter.title\n", 4), ("x\ny\n{% endfor %}\n", 3)],
)
def test_what_cannot_be_read_has_its_line_too(office: Office, draft_id: int, content: str, line: int) -> None:
    """In the subject, after blank lines, right behind it."""
    with db.begin(office.engine) as conn:
        drafts.save(conn, draft_id, 2, {ZH: content.encode()}, "a-owner", office.clock.now())
    assert previews.show(package(office, draft_id), "late", SAMPLE)[0].line == line


def test_the_page_fills_it_from_a_notice_that_went_out(
    office: Office,
    app: Flask,  # noqa: F811 (fixture)
    people: dict[str, Person],  # noqa: F811 (fixture)
    draft_id: int,
) -> None:
    """The latest of the same text, or the one chosen; for those who may see all matters."""
    path, held = (
        f"/packages/drafts/{draft_id}/files/{ZH}",
        [{"role": name, "unit": None} for name in ("owner", "office")],
    )
    office.directory("account", "a-both", login="both", person_id="p-owner", epoch=1, active=True, roles=held)
    both = Person(app, "a-both")
    assert "还没有发过这种通知" in both.page(path)
    for notice_id, title in (("n-1", "路灯"), ("n-2", "公交站")):
        tell(office, notice_id, title=title)
    tell(office, "n-3", template="other", title="别的")
    page = both.page(path)
    assert "请于2026-03-19前办理" in page
    assert "第 4 行" in page
    assert page.index("公交站") < page.index("路灯")
    assert "别的" not in page
    assert '"n-1" selected' in both.page(f"{path}?sample=n-1")
    assert "公交站" not in people["owner"].page(path), "the owner of this office may not see all matters"


def test_facts_that_diagrams_give_stand_for_themselves(office: Office, draft_id: int) -> None:
    """Until such a notice has gone out."""
    found = package(office, draft_id)
    assert previews.made_up(found, "urged").facts["text"]
    assert previews.made_up(found, "late").facts == {}
