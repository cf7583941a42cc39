"""Attachments on pages: brought with a draft or a form from paper, read by whoever reads what they belong to."""

import io
import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from services.common import db
from services.intake import cabinets, drafts, store_files, tables
from services.intake.files import Place, keep
from services.intake.web.files import _CABINET
from tests.unit.intake import papers
from tests.unit.intake.readers import WRITTEN, Reader, key_of
from tests.unit.intake.scanning import EICAR, clamd
from tests.unit.intake.stories import handled
from tests.unit.intake.worlds import World


def chosen(*files: tuple[bytes, str]) -> list[tuple[io.BytesIO, str]]:
    """Files as a browser sends them."""
    return [(io.BytesIO(content), name) for content, name in files]


def begun(world: World, reader: Reader, *files: tuple[bytes, str], action: str = "attach", **more: Any) -> Any:
    """A deputy's new form is sent with files; the answer, and the id of the draft if it is one."""
    reader.sign_in("liyun")
    key = key_of(reader.client.get("/matters/new").text)
    said = reader.post(
        "/matters/new", submission_key=key, attachments=chosen(*files), action=action, **{**WRITTEN, **more}
    )
    return said, drafts.draft_id_of("liyun", key)


def names(world: World) -> list[str]:
    """What is attached to anything."""
    return [row["name"] for row in sorted(world.rows(tables.file), key=lambda row: row["name"])]


def test_files_make_a_draft_and_go_with_it(world: World, reader: Reader) -> None:
    """Several at once, one removed, the rest handed in: the matter has them and its message tells them."""
    said, draft_id = begun(world, reader, (papers.PDF, "现场.pdf"), (papers.PNG, "图.png"))
    assert said.status_code == 303
    page = reader.client.get(said.location).text
    assert [word in page for word in ("现场.pdf", "图.png", "未查毒")] == [True, True, True]
    gone = next(row["id"] for row in world.rows(tables.file) if row["name"] == "图.png")
    reader.post(f"/matters/drafts/{draft_id}", remove=gone, **{**WRITTEN, "title": "关于新标题的建议"})
    assert names(world) == ["现场.pdf"]
    assert "关于新标题的建议" in reader.client.get(said.location).text
    done = reader.post(f"/matters/drafts/{draft_id}", action="submit", **WRITTEN)
    (row,) = world.rows(tables.file)
    assert (row["matter_id"], row["draft_id"]) == (done.location.rpartition("/")[2], None)
    (told,) = world.sent("matter.submitted.v1")
    assert told.data["attachments"] == [
        {"file_id": row["id"], "name": "现场.pdf", "sha256": row["sha256"], "size": 45, "media_type": "application/pdf"}
    ]
    assert "现场.pdf" in reader.client.get(done.location).text


def test_a_file_is_handed_out_as_a_download_only(world: World, reader: Reader) -> None:
    """Whatever is in it: no browser shows it in our address; it can be taken up in the middle."""
    begun(world, reader, (papers.PDF + papers.HTML, "坏名.html"))
    (row,) = world.rows(tables.file)
    answer = reader.client.get(f"/files/{row['id']}", buffered=True)
    assert answer.data == papers.PDF + papers.HTML
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/pdf", "no-store")
    part = reader.client.get(f"/files/{row['id']}", headers={"Range": "bytes=5-8"}, buffered=True)
    assert (part.status_code, part.data) == (206, papers.PDF[5:9])


def test_a_wrong_file_is_told_at_its_field_and_nothing_is_lost(world: World, reader: Reader) -> None:
    """The good one is taken, the text is kept, and the draft is not handed in."""
    files = (papers.HTML, "网页.pdf"), (papers.docx(word__vbaProject_bin="x"), "宏.docx"), (papers.PDF, "好.pdf")
    said, draft_id = begun(world, reader, *files, action="submit")
    assert (said.status_code, names(world)) == (422, ["好.pdf"])
    field = re.search(r'id="attachments-error">(.*?)</span>', said.text, re.DOTALL)
    assert field
    assert "网页.pdf：这种文件不能收" in field[1]
    assert "宏.docx：文件带有宏" in field[1]
    assert WRITTEN["title"] in said.text
    assert world.rows(tables.matter) == []
    assert reader.post(f"/matters/drafts/{draft_id}", action="submit", **WRITTEN).status_code == 303


def test_a_second_click_leaves_no_second_draft(world: World, reader: Reader) -> None:
    """Written, files chosen and handed in at once, twice: one matter with its files, and nothing beside it."""
    reader.sign_in("liyun")
    key, places = key_of(reader.client.get("/matters/new").text), set()
    for _ in range(2):
        files = chosen((papers.PDF, "现场.pdf"))
        said = reader.post("/matters/new", submission_key=key, attachments=files, action="submit", **WRITTEN)
        places.add(said.location)
    assert places == {f"/matters/{row['id']}" for row in world.rows(tables.matter)}
    assert (names(world), world.rows(tables.draft)) == (["现场.pdf"], [])


def test_a_virus_is_not_handed_in(world: World, app: Flask, reader: Reader) -> None:
    """It is told at once, stays in quarantine and keeps the draft from being handed in until it is removed."""
    with clamd() as address:
        app.extensions[_CABINET] = cabinets.of(replace(world.settings.files, clamd=address))
        said, draft_id = begun(world, reader, (papers.PDF + EICAR, "病毒.pdf"))
        assert "病毒.pdf：文件查出病毒" in said.text
        (row,) = world.rows(tables.file)
        shut = reader.client.get(f"/files/{row['id']}")
        assert (shut.status_code, "查出病毒，已经隔离" in shut.text) == (403, True)
        program = reader.client.get(f"/api/v1/files/{row['id']}").get_json()
        assert program["code"] == "file_infected"
        assert reader.post(f"/matters/drafts/{draft_id}", action="submit", **WRITTEN).status_code == 422
        reader.post(f"/matters/drafts/{draft_id}", remove=row["id"], **WRITTEN)
        assert reader.post(f"/matters/drafts/{draft_id}", action="submit", **WRITTEN).status_code == 303


def test_a_clerk_attaches_to_what_came_on_paper(world: World, reader: Reader) -> None:
    """The form keeps its files through a mistake, and hands them in; sent again they are not doubled."""
    reader.sign_in("clerk")
    key = key_of(reader.client.get("/matters/new").text)
    fields = {**WRITTEN, "lead_proposer": "d-1", "submission_key": key}
    shown = reader.post(
        "/matters/new", **{**fields, "title": ""}, action="submit", attachments=chosen((papers.OFD, "函.ofd"))
    )
    assert shown.status_code == 422
    assert "函.ofd" in shown.text
    done = reader.post("/matters/new", **fields, action="submit")
    (row,) = world.rows(tables.file)
    assert (done.status_code, row["matter_id"], row["kind"]) == (303, done.location.rpartition("/")[2], "ofd")
    reader.post("/matters/new", **fields, action="submit")
    assert len(world.sent("matter.submitted.v1")) == 1


def test_changed_files_ask_the_co_signers_again(world: World, reader: Reader) -> None:
    """Whoever is invited reads them, and agrees to them as well."""
    _, draft_id = begun(world, reader, (papers.PDF, "一.pdf"), co_proposers=["d-2"])
    with db.begin(world.engine) as conn:
        seen = drafts.invitation(conn, draft_id, "d-2").digest
        drafts.answer(conn, draft_id, "d-2", seen, True, world.clock.now())
    reader.post(f"/matters/drafts/{draft_id}", action="attach", attachments=chosen((papers.PNG, "二.png")), **WRITTEN)
    with db.read(world.engine) as conn:
        assert [one.answer for one in drafts.invited(conn, draft_id)] == ["changed"]


def status(app: Flask, login: str, file_id: str) -> int:
    """What somebody gets who asks for a file."""
    somebody = Reader(app.test_client())
    somebody.sign_in(login)
    return somebody.client.get(f"/files/{file_id}", buffered=True).status_code


def test_only_those_who_read_what_it_belongs_to_get_a_file(world: World, app: Flask, reader: Reader) -> None:
    """Of a draft its deputy and the invited; of a matter whoever reads it; a unit's file that unit and the offices."""
    _, draft_id = begun(world, reader, (papers.PDF, "一.pdf"))
    (row,) = world.rows(tables.file)
    people = ("liyun", "han", "clerk", "edu", "nobody")
    assert [status(app, one, row["id"]) for one in people] == [200, 404, 404, 404, 404]
    with db.begin(world.engine) as conn:
        drafts.invite(conn, draft_id, "d-1", ["d-2"], world.clock.now())
    assert status(app, "han", row["id"]) == 200
    done = reader.post(f"/matters/drafts/{draft_id}", action="submit", confirmed="d-2", **WRITTEN)
    matter_id = done.location.rpartition("/")[2]
    assert [status(app, one, row["id"]) for one in people] == [200, 404, 200, 404, 404]
    world.receive(*handled(matter_id)[:5])
    world.work()
    cabinet = cabinets.of(world.settings.files)
    with cabinet.receive(io.BytesIO(papers.PDF)) as arrival, db.begin(world.engine) as conn:
        place = Place(matter_id=matter_id, unit="edu")
        keep(conn, cabinet, arrival, file_id="edu-1", name="内部.pdf", place=place, by="x", at=world.clock.now())
    assert [status(app, one, row["id"]) for one in people] == [200, 404, 200, 200, 404]
    assert [status(app, one, "edu-1") for one in people] == [404, 404, 200, 200, 404]
    assert "内部.pdf" not in reader.client.get(f"/matters/{matter_id}").text
    with db.read(world.engine) as conn:
        assert len(store_files.of_matter(conn, matter_id)) == 2


def test_a_unit_brings_files_of_its_own(world: World, app: Flask, reader: Reader) -> None:
    """For a matter it takes part in and in its own name; a wrong one is told; nobody else is asked for any."""
    matter_id = world.submit().matter_id
    world.receive(*handled(matter_id)[:7])
    world.work()
    for login, asked in (("liyun", False), ("clerk", False), ("edu", True)):
        somebody = Reader(app.test_client())
        somebody.sign_in(login)
        assert ("添加本单位的附件" in somebody.client.get(f"/matters/{matter_id}").text) is asked
    reader.sign_in("edu")
    address, files = f"/matters/{matter_id}/files", ((papers.OFD, "盖章件.ofd"), (papers.HTML, "假.pdf"))
    said = reader.post(address, unit="edu", attachments=chosen(*files))
    assert (said.status_code, names(world)) == (422, ["盖章件.ofd"])
    assert "假.pdf：这种文件不能收" in said.text
    assert reader.post(address, unit="edu", attachments=chosen((papers.PDF, "二.pdf"))).status_code == 303
    assert reader.post(address, unit="traffic", attachments=chosen((papers.PDF, "三.pdf"))).status_code == 422
    assert {row["unit"] for row in world.rows(tables.file)} == {"edu"}
    assert Reader(app.test_client()).post(address, unit="edu").status_code in (303, 401)


@pytest.mark.parametrize("path", ["/files/x", "/files/..%2f..%2fetc%2fpasswd", "/files/kept"])
def test_no_address_leads_into_the_folder(reader: Reader, path: str) -> None:
    """Files are found by their row alone."""
    reader.sign_in("liyun")
    assert reader.client.get(path).status_code == 404
