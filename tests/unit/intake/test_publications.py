"""The public page: what is published, as far as it is; nothing else, and no hint of it."""

import re
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from services.common import db
from services.contracts import records
from services.intake import cabinets, disclosures, files, ledger, store, tables
from services.intake.files import Place
from services.intake.web.files import _CABINET
from tests.unit.intake import stories
from tests.unit.intake.papers import PDF
from tests.unit.intake.readers import Reader
from tests.unit.intake.scanning import clamd
from tests.unit.intake.test_withdrawals import said
from tests.unit.intake.worlds import FORM, Case, World

FULL = {"decision": "publish", "attribute": "proactive", "form": "full_text", "published_on": "2026-05-20"}
SUMMARY = {**FULL, "form": "summary", "summary_text": "已新增车位四十个,联系电话13812345678。"}
WITHHELD = {"decision": "withhold", "attribute": "not_public", "ground": "涉及个人隐私"}
TAKEN_DOWN = {"decision": "withdraw", "attribute": "not_public", "ground": "密级调整"}
LETTER = {
    "title": "关于停车位建议的答复",
    "doc_no": "云教函〔2026〕12号",
    "body_text": "已新增车位。\n请致电0379-6512345或13812345678,王某410311199001011234。",
    "outcome_class": "solved",
    "contact_person": "周教育",
    "contact_phone": "0379-1234567",
    "signer": "吴局长",
}


@pytest.fixture
def public(app: Flask) -> FlaskClient:
    """Somebody who does not sign in."""
    return app.test_client()


class Told:
    """A matter with a letter, about whose publication decisions are made."""

    def __init__(self, world: World, **changes: Any) -> None:
        self.world, self.case = world, Case(world.submit(**changes).matter_id)
        self.code = disclosures.code_of(self.case.matter_id)
        self._number = 0
        world.receive(*stories.handled(self.case.matter_id)[:18])
        self.case.seq, self.case.at = 30, self.case.at.replace(day=25)
        world.receive(self.case.letter(data=LETTER))
        world.work()

    def decide(self, data: dict[str, Any], **about: Any) -> None:
        """A decision on publication."""
        records.load("publication", data)
        self._number += 1
        self.world.receive(self.case.record(f"p{self._number}", "publication", data, **about))
        self.world.work()


def test_attachments_are_public_when_the_newest_decision_says_so(world: World, public: FlaskClient) -> None:
    """The deputy's, not a unit's; never where the deputy keeps the text closed; taken down with the next decision."""
    seen = []
    for wish in (True, False):
        told = Told(world, key=f"k-{wish}", wish_publish_text=wish, title=f"关于{wish}的建议")
        cabinet = cabinets.of(world.settings.files)
        for file_id, unit in ((f"own-{wish}", None), (f"edu-{wish}", "edu")):
            with cabinet.receive(BytesIO(PDF)) as arrival, db.begin(world.engine) as conn:
                place, at = Place(matter_id=told.case.matter_id, unit=unit), world.clock.now()
                files.keep(conn, cabinet, arrival, file_id=file_id, name="图.pdf", place=place, by="x", at=at)
        for decision in (FULL, {**FULL, "attachments": True}, {**FULL, "attachments": False}, TAKEN_DOWN):
            told.decide(decision)
            addresses = [f"/public/{told.code}/files/{name}-{wish}" for name in ("own", "edu")]
            got = [public.get(address, buffered=True).status_code for address in addresses]
            seen.append((got, "图.pdf" in public.get(f"/public/{told.code}").text))
    closed = ([404, 404], False)
    assert seen == [closed, ([200, 404], True), closed, closed, *[closed] * 4]


def test_a_public_attachment_is_scanned_when_somebody_asks_for_it(
    world: World, app: Flask, public: FlaskClient
) -> None:
    """As for everybody else: while the scanner was away it waits, listed, and goes out once it is found clean."""
    told = Told(world, wish_publish_text=True)
    away = cabinets.of(replace(world.settings.files, clamd="127.0.0.1:1"))
    with away.receive(BytesIO(PDF)) as arrival, db.begin(world.engine) as conn:
        place, at = Place(matter_id=told.case.matter_id), world.clock.now()
        files.keep(conn, away, arrival, file_id="own", name="图.pdf", place=place, by="x", at=at)
    told.decide({**FULL, "attachments": True})
    address = f"/public/{told.code}/files/own"
    app.extensions[_CABINET] = away
    assert "图.pdf" in public.get(f"/public/{told.code}").text
    assert public.get(address).status_code == 503
    with clamd() as scanner:
        app.extensions[_CABINET] = cabinets.of(replace(world.settings.files, clamd=scanner))
        assert public.get(address, buffered=True).data == PDF


def test_a_published_matter_is_shown_without_signing_in(world: World, public: FlaskClient) -> None:
    """Title, stage, lead unit, due date, the reply in full, the stages; found by title, number and code."""
    told = Told(world)
    told.decide(FULL)
    page = public.get(f"/public/{told.code}").text
    for text in (
        FORM["title"],
        "市教育局",
        "2026-05-20",
        "已新增车位。",
        "云教函〔2026〕12号",
        "已答复",
        "早晚高峰拥堵",
    ):
        assert text in page, text
    assert told.code in public.get("/public/").text
    assert told.code in public.get("/public/?q=停车位").text
    assert told.code in public.get("/public/?q=183001").text
    assert public.get(f"/public/?q={told.code.lower()}").location == f"/public/{told.code}"
    assert told.code not in public.get("/public/?q=没有这个").text


def test_private_and_internal_things_are_never_shown(world: World, public: FlaskClient) -> None:
    """No telephone, no identity card, nobody of the unit, no return, no draft, no contact."""
    told = Told(world, co_proposers=["d-2"])
    told.decide(FULL)
    page = public.get(f"/public/{told.code}").text
    hidden = ("0379", "13812345678", "410311199001011234", "吴局长", "周教育", "退回修改", "审核中", "拟新增车位")
    for text in (*hidden, "当面听取意见", "韩若溪", "望河区代表团"):
        assert text not in page, text
    assert page.count(disclosures.HIDDEN) == 3


def test_a_summary_is_all_that_is_shown_of_a_reply(world: World, public: FlaskClient) -> None:
    """Neither the letter's title nor its text."""
    told = Told(world)
    told.decide(SUMMARY)
    page = public.get(f"/public/{told.code}").text
    assert "已新增车位四十个" in page
    assert "摘要公开" in page
    assert "已新增车位。" not in page
    assert "13812345678" not in page


def test_the_text_is_shown_only_where_the_deputy_wished_it(world: World, public: FlaskClient) -> None:
    """The reply stays public."""
    told = Told(world, wish_publish_text=False)
    told.decide(FULL)
    page = public.get(f"/public/{told.code}").text
    assert "早晚高峰拥堵" not in page
    assert "代表选择不公开建议正文" in page


@pytest.mark.parametrize(
    "decisions",
    [[], [WITHHELD], [FULL, TAKEN_DOWN], [WITHHELD, SUMMARY, WITHHELD]],
    ids=["none", "no", "down", "again"],
)
def test_what_is_not_published_answers_like_what_is_not_there(
    world: World, public: FlaskClient, decisions: list[dict[str, Any]]
) -> None:
    """The newest decision counts; the page of an unknown code is the same, letter for letter."""
    told = Told(world)
    for decision in decisions:
        told.decide(decision)
    answer, unknown = public.get(f"/public/{told.code}"), public.get("/public/ABCDEFGH")
    assert answer.status_code == unknown.status_code == 404
    assert plain(answer.text) == plain(unknown.text)
    assert "不予公开或尚未公开" in answer.text
    assert told.code not in public.get("/public/").text
    assert public.get(f"/public/?q={told.code}").status_code == 200


def plain(page: str) -> str:
    """A page without what differs from request to request."""
    return re.sub(r'content="[^"]+"|\?lang=|/public/[A-Z0-9]*', "", page)


def test_an_internal_matter_is_never_public(world: World, public: FlaskClient) -> None:
    """Whatever was decided; and a matter that becomes internal disappears at once."""
    told = Told(world, secrecy="internal")
    told.decide(FULL)
    assert public.get(f"/public/{told.code}").status_code == 404
    other = Told.__new__(Told)
    other.world, other.case, other._number = world, Case(world.submit(key="2").matter_id, "c-7"), 5
    other.case.at = other.case.at.replace(day=26)
    world.receive(other.case.letter("c-7.letter"))
    other.decide(FULL)
    code = disclosures.code_of(other.case.matter_id)
    assert public.get(f"/public/{code}").status_code == 200
    with db.begin(world.engine) as conn:
        store.change_matter(conn, other.case.matter_id, {"secrecy": "internal"})
    assert public.get(f"/public/{code}").status_code == 404


def test_a_withdrawn_matter_is_not_public(world: World, public: FlaskClient) -> None:
    """A process may withdraw late; the page is gone."""
    told = Told(world)
    told.decide(FULL)
    at = world.clock.now().isoformat()
    world.receive(said(told.case.matter_id, "matter.withdrawn.v1", reason="全体同意", withdrawn_at=at))
    world.work()
    assert public.get(f"/public/{told.code}").status_code == 404


def test_a_later_reply_waits_for_its_own_decision(world: World, public: FlaskClient) -> None:
    """After a redo the first reply stays until the second is decided."""
    told = Told(world)
    told.decide(FULL)
    world.receive(told.case.letter("c-1.letter.1", redo_round=1, data={**LETTER, "body_text": "重新办理后的答复。"}))
    world.work()
    assert "重新办理后的答复" not in public.get(f"/public/{told.code}").text
    told.decide(FULL)
    page = public.get(f"/public/{told.code}").text
    assert "重新办理后的答复" in page
    assert "已新增车位。" not in page


def test_each_unit_s_reply_is_decided_for_itself(world: World, public: FlaskClient) -> None:
    """Separate handling: one published, one withheld."""
    told = Told(world)
    world.receive(told.case.letter("c-1.letter.t", unit="traffic", data={**LETTER, "body_text": "交通局的答复。"}))
    told.decide(WITHHELD, unit="traffic")
    told.decide(FULL, unit="edu")
    page = public.get(f"/public/{told.code}").text
    assert "已新增车位。" in page
    assert "交通局的答复" not in page


def test_the_matter_page_leads_to_the_public_page(world: World, app: Flask) -> None:
    """With a picture for telephones and paper, once there is something to see."""
    told = Told(world)
    reader = Reader(app.test_client())
    reader.sign_in("liyun")
    place = f"/matters/{told.case.matter_id}"
    assert "公开页面" not in reader.client.get(place).text
    told.decide(FULL)
    page = reader.client.get(place).text
    assert f"http://localhost/public/{told.code}" in page
    assert "<svg" in page


def test_the_projection_tells_the_same_when_it_is_rebuilt(world: World) -> None:
    """What is public comes out of the stored messages."""
    Told(world).decide(FULL)
    before = world.rows(tables.led_matter)
    assert before[0]["published_at"] is not None
    with db.begin(world.engine) as conn:
        ledger.rebuild(conn)
    assert world.rows(tables.led_matter) == before


@given(st.text(max_size=300))
def test_redacting_leaves_no_number_to_call(text: str) -> None:
    """Applied twice it changes nothing more; ordinary numbers stay."""
    once = disclosures.redact(text + "电话:13812345678;" + "二〇二六年5月20日新增40个")
    assert "13812345678" not in once
    assert once.endswith("二〇二六年5月20日新增40个")
    assert disclosures.redact(once) == once


def test_codes_are_read_as_people_type_them() -> None:
    """Small letters, spaces and hyphens; nothing else is a code."""
    code = disclosures.code_of("m-1")
    assert disclosures.read_code(f" {code[:4].lower()}-{code[4:]} ") == code
    assert disclosures.read_code("0OIl1111") is None
    assert disclosures.read_code("关于停车位的") is None
