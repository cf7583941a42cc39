"""The sealed form of a reply letter: brought by its unit, downloaded by whoever reads the letter, by nobody else."""

from dataclasses import replace

import pytest
from flask import Flask

from services.common import db
from services.intake import tables
from tests.unit.intake import papers
from tests.unit.intake.readers import Reader
from tests.unit.intake.stories import handled
from tests.unit.intake.test_agency_files import BUREAU, CONGRESS, Door, code
from tests.unit.intake.test_consumer import answers, submission
from tests.unit.intake.test_file_pages import chosen
from tests.unit.intake.worlds import Case, World


@pytest.fixture
def matter(world: World, app: Flask) -> str:
    """A matter that the congress system has handed in, and that is with two units."""
    del app
    world.receive(submission(), channel="congress")
    world.work()
    [row] = world.rows(tables.matter)
    world.receive(*handled(row["id"])[:7])
    world.work()
    return str(row["id"])


def reply(world: World, matter: str, round_: int = 0) -> str:
    """The education bureau's letter goes out; its id."""
    letter_id = f"c-1.letter.{round_}"
    world.receive(replace(Case(matter).letter(letter_id, redo_round=round_), id=f"{letter_id}.sent"))
    world.work()
    return letter_id


def reader_of(app: Flask, login: str) -> Reader:
    """Somebody signed in."""
    reader = Reader(app.test_client())
    reader.sign_in(login)
    return reader


def test_a_unit_seals_its_letter_on_the_page(world: World, app: Flask, matter: str) -> None:
    """The deputy and the office download it; a file of another kind is refused in words; others are not asked."""
    letter = reply(world, matter)
    edu = reader_of(app, "edu")
    wrong = edu.post(f"/letters/{letter}/files", attachments=chosen((papers.PNG, "照片.png")))
    assert (wrong.status_code, "照片.png：盖章的答复函应是 OFD 或 PDF 文件" in wrong.text) == (422, True)
    assert edu.post(f"/letters/{letter}/files", attachments=chosen((papers.OFD, "答复.ofd"))).status_code == 303
    [file] = world.rows(tables.file)
    assert (file["unit"], file["letter"]) == ("edu", 0)
    for login in ("liyun", "clerk", "edu"):
        somebody = reader_of(app, login)
        page = somebody.client.get(f"/letters/{letter}").text
        assert ("答复.ofd" in page, "上传盖章的答复函" in page) == (True, login == "edu")
        assert somebody.client.get(f"/files/{file['id']}", buffered=True).data == papers.OFD
    for login in ("liyun", "clerk"):
        answer = reader_of(app, login).post(f"/letters/{letter}/files", attachments=chosen((papers.PDF, "x.pdf")))
        assert answer.status_code == 403
    assert len(world.rows(tables.file)) == 1


def test_a_system_seals_before_or_after_and_the_congress_fetches(world: World, app: Flask, matter: str) -> None:
    """Before the letter is out nobody else learns of it; then its message names it, and its receiver gets it."""
    bureau, congress = Door(app, BUREAU), Door(app, CONGRESS)
    unit = "edu"
    assert bureau.put("s-0", papers.OFD, matter_id=matter, unit=unit, letter="0", name="答复.ofd").status_code == 201
    assert code(bureau.put("s-x", papers.PDF, matter_id=matter, unit=unit, letter="first")) == "422 bad_letter"
    assert code(bureau.put("s-y", papers.PNG, matter_id=matter, unit=unit, letter="0")) == "422 letter_kind"
    with db.begin(world.engine) as conn:  # one that the scanner has found out meanwhile
        row = dict(conn.execute(tables.file.select()).one()._mapping)
        conn.execute(tables.file.insert().values({**row, "id": "s-bad", "state": "infected"}))
    deputy = reader_of(app, "liyun")
    assert (congress.get("/s-0").status_code, deputy.client.get("/files/s-0", buffered=True).status_code) == (404, 404)
    letter = reply(world, matter)
    [issued] = [said for said in answers(world) if said.type == "letter.issued.v1"]
    assert [(one["file_id"], one["media_type"]) for one in issued.data["attachments"]] == [("s-0", "application/ofd")]
    assert congress.get("/s-0").data == papers.OFD
    assert deputy.client.get("/files/s-0", buffered=True).data == papers.OFD
    assert "答复.ofd" in deputy.client.get(f"/letters/{letter}").text
    assert bureau.put("s-1", papers.PDF, matter_id=matter, unit=unit, letter="1").status_code == 201
    assert congress.get("/s-1").status_code == 404
    reply(world, matter, 1)
    assert congress.get("/s-1").data == papers.PDF


def test_a_letter_sent_to_nobody_opens_nothing_for_a_congress_system(world: World, app: Flask) -> None:
    """Only the system that handed the matter in fetches what its letter was sealed with."""
    matter = world.submit().matter_id
    world.receive(*handled(matter)[:7])
    world.work()
    assert Door(app, BUREAU).put("s-0", papers.PDF, matter_id=matter, unit="edu", letter="0").status_code == 201
    reply(world, matter)
    assert Door(app, CONGRESS).get("/s-0").status_code == 404
    with db.read(world.engine) as conn:
        assert conn.execute(tables.letter.select()).one().sent_to is None
