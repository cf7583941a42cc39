"""The studio: working copies nobody loses by accident, files refused with words, tables that write files."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from services.common import db
from services.common.problems import Problem
from services.workflow import engine, packages, versions
from services.workflow.engine.findings import Refused
from services.workflow.studio import drafts, fields, grids, inputs, settings_texts, trials
from tests.unit.workflow.service.office import VERSION, Office
from tests.unit.workflow.service.test_web import Person, app, people  # noqa: F401 (fixtures)

LIMITS = "decisions/D_limits.dmn"
YUNTING, LULING = (Path(__file__).parents[4] / f"processes/{city}/2026" for city in ("yunting", "luling"))
BOMB = b'<!DOCTYPE x [<!ENTITY a "b">]><definitions>&a;</definitions>'


@pytest.fixture
def draft_id(office: Office) -> int:
    """A draft of the office's only version."""
    with db.begin(office.engine) as conn:
        return drafts.create(conn, VERSION, "a-owner", office.clock.now())


def _get(office: Office, draft_id: int) -> drafts.Draft:
    with db.read(office.engine) as conn:
        return drafts.get(conn, draft_id)


def _save(office: Office, draft_id: int, number: int, name: str, content: bytes, by: str = "a-owner") -> int:
    with db.begin(office.engine) as conn:
        return drafts.save(conn, draft_id, number, {name: content}, by, office.clock.now())


def test_a_draft_is_the_next_revision_and_the_base_stays(office: Office, draft_id: int) -> None:
    """Two drafts of one version never end under one name; nothing differs before the first change."""
    draft = _get(office, draft_id)
    assert (draft.version, draft.base, draft.number) == ("testcity-2026.2", VERSION, 1)
    with db.begin(office.engine) as conn:
        assert drafts.changes(conn, draft) == []
        other = drafts.create(conn, VERSION, "a-second", office.clock.now())
        assert drafts.get(conn, other).version == "testcity-2026.3"
        assert versions.load(conn, VERSION).revision == 1


def test_two_editors_never_overwrite_each_other(office: Office, draft_id: int) -> None:
    """The second to save what he saw before the first did is told who was first; nothing of the first is lost."""
    content = _get(office, draft_id).package.files[LIMITS]
    assert _save(office, draft_id, 1, LIMITS, content + b"<!-- one -->", "a-one") == 2
    with pytest.raises(Problem) as refused:
        _save(office, draft_id, 1, LIMITS, content + b"<!-- two -->", "a-two")
    assert (refused.value.code, refused.value.params["by"]) == ("draft_conflict", "a-one")
    assert _get(office, draft_id).package.files[LIMITS].endswith(b"<!-- one -->")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("main.bpmn", b"<definitions", "xml_malformed"),
        ("main.bpmn", BOMB, "xml_doctype"),
        (LIMITS, BOMB, "xml_doctype"),
        ("forms/decide.json", b"{", "bad_form"),
        ("forms/decide.json", b"[]", "bad_form"),
        ("forms/decide.json", b'{"properties": {"a": 1}}', "bad_form"),
        ("package.yaml", b"a: [", "bad_yaml"),
        ("package.yaml", b"[" * 5000, "bad_yaml"),
        ("scenarios/deep.yaml", b"[" * 5000, "bad_yaml"),
        ("package.yaml", b"year: 2026\n", "bad_setting"),
        ("other.exe", b"x", "unknown_file"),
    ],
)
def test_what_cannot_be_read_is_refused_with_words(
    office: Office, draft_id: int, name: str, content: bytes, code: str
) -> None:
    """The draft stays as it was."""
    with pytest.raises(Refused) as refused:
        _save(office, draft_id, 1, name, content)
    assert {found.code for found in refused.value.findings} == {code}
    assert all(found.reason and found.cure for found in refused.value.findings)
    assert _get(office, draft_id).number == 1


def test_a_file_goes_back_to_the_base(office: Office, draft_id: int) -> None:
    """A changed one gets the base's content, a new one goes."""
    before = _get(office, draft_id).package.files
    _save(office, draft_id, 1, LIMITS, before[LIMITS] + b"<!-- -->")
    _save(office, draft_id, 2, "texts/new.zh.txt", "主题\n正文\n".encode())
    with db.begin(office.engine) as conn:
        assert drafts.revert(conn, draft_id, 3, LIMITS, "a-owner", office.clock.now()) == 4
        assert drafts.revert(conn, draft_id, 4, "texts/new.zh.txt", "a-owner", office.clock.now()) == 5
    assert _get(office, draft_id).package.files == before


def test_a_submitted_draft_becomes_a_version_and_is_closed(office: Office, draft_id: int) -> None:
    """The submitter cannot approve it; nobody can change the draft any more."""
    with db.begin(office.engine) as conn:
        assert drafts.submit(conn, draft_id, 1, "a-owner", office.clock.now()) == "testcity-2026.2"
        with pytest.raises(Problem, match="own_submission"):
            versions.approve(conn, "testcity-2026.2", "a-owner", office.clock.now())
        versions.approve(conn, "testcity-2026.2", "a-second", office.clock.now())
    with pytest.raises(Problem, match="draft_closed"):
        _save(office, draft_id, 2, LIMITS, _get(office, draft_id).package.files[LIMITS])


def test_a_draft_with_errors_is_not_submitted(office: Office, draft_id: int) -> None:
    """It stays open."""
    content = _get(office, draft_id).package.files["main.bpmn"].replace(b'role="office"', b'role="nobody"')
    _save(office, draft_id, 1, "main.bpmn", content)
    with pytest.raises(engine.Refused), db.begin(office.engine) as conn:
        drafts.submit(conn, draft_id, 2, "a-owner", office.clock.now())
    found = _get(office, draft_id)
    assert found.is_open
    assert "unknown_role" in {one.code for one in drafts.findings(found)}


def test_the_rows_of_a_table_are_edited() -> None:
    """A changed cell, a new row, an emptied one; what is not touched stays."""
    name = "decisions/D03_deadlines.dmn"
    content = packages.load(YUNTING).files[name]
    grid = grids.read(name, content)
    rows = [list(row) for row in grid.rows]
    rows[1][-4] = '"7wd"'
    rows[0] = [""] * len(grid.columns)
    new = ['"own_limit"', *["-"] * (len(grid.columns) - 5), '"9d"', '"now"', '"none"', '"自定"']
    done = grids.read(name, grids.write(name, content, [*rows, new, [""] * len(grid.columns)]))
    assert done.rows == (*map(tuple, rows[1:]), tuple(new))
    assert grids.read(name, grids.write(name, content, grid.rows)) == grid


def test_what_is_wrong_with_a_row_stands_at_the_row(office: Office, draft_id: int, people: dict[str, Person]) -> None:  # noqa: F811
    """An overlap under its row with an example, a gap above the table; cells nobody can look through are named."""
    content = _get(office, draft_id).package.files[LIMITS]
    _save(office, draft_id, 1, LIMITS, content.replace(b'"opinion"', b'not("opinion")').replace(b'"decide"', b"now"))
    page = people["owner"].page(f"/packages/drafts/{draft_id}/files/{LIMITS}")
    assert "按可能命中、也可能不命中看待" in page
    assert "“deadline”第 1 行" in page
    _save(office, draft_id, 2, LIMITS, content.replace(b'"opinion"', b'not("nothing")'))
    page = people["owner"].page(f"/packages/drafts/{draft_id}/files/{LIMITS}")
    row, note = page.index('<th scope="row" id="r2">'), page.index('<tr class="row-note">')
    assert row < note
    assert "第 2 行（r2）与第 1 行（r1）重叠，例如 deadline = &#34;decide&#34;" in page[note:]
    assert "按可能命中" not in page


def test_the_fields_of_a_form_are_edited() -> None:
    """Saving without a change keeps the form; a local field is added and taken out again."""
    package = packages.load(YUNTING)
    for name in package.under("forms", ".json"):
        content = package.files[name]
        assert fields.write(content, fields.read(content)).strip() == content.strip() or (
            fields.read(fields.write(content, fields.read(content))) == fields.read(content)
        )
    content = package.files["forms/co_opinion.json"]
    new = fields.Field(key="level", title="等级", type="choice", choices="a=甲；b=乙", local=True, required=True)
    rows = [*fields.read(content), new]
    done = fields.write(content, rows)
    assert fields.read(done) == rows
    assert fields.read(fields.write(done, rows[:-1])) == rows[:-1]
    for bad in (fields.Field(key="Größe", local=True), new, fields.Field(key="x", type="choice", local=True)):
        with pytest.raises(fields.BadField):
            fields.write(content, [*rows, bad])


def test_a_role_is_a_new_row() -> None:
    """The rest of the settings, comments included, stays as it is."""
    package = packages.load(YUNTING)
    form = {"table": "roles"}
    for number, role in enumerate(package.roles.values()):
        values = {"id": role.id, "label": role.label, "label_en": role.label_en, "scope": role.scope}
        form |= {f"{number}.{key}": value for key, value in values.items()}
        form[f"{number}.grants"] = "、".join(role.grants)
    new = {
        "id": "lawyer",
        "label": "法制审查人",
        "label_en": "yes",
        "scope": "all",
        "grants": "tasks.handle ledger.read",
    }
    form |= {f"99.{key}": value for key, value in new.items()}
    content = inputs.content(form, package, "package.yaml")
    done = packages.load({**package.files, "package.yaml": content})
    assert [change.text for change in packages.compare(package, done)] == ["新增角色“法制审查人”（lawyer）"]
    assert done.roles["lawyer"].label_en == "yes"
    assert "# letter: 显示的类别".encode() in content
    assert settings_texts.with_roles(content, list(done.roles.values())) == content


def test_scenarios_say_which_line_came_out_differently(office: Office) -> None:
    """A changed deadline is named by the scenario that expects the old one."""
    package = packages.load(LULING)
    name = "decisions/D03_deadlines.dmn"
    changed = packages.load({**package.files, name: package.files[name].replace(b'"15d"', b'"10d"')})
    with db.read(office.engine) as conn:
        assert all(trial.passed for trial in trials.run(conn, package))
        failed = {trial.file: trial.failures for trial in trials.run(conn, changed) if not trial.passed}
    assert any("first_contact" in one.text for one in failed["scenarios/happy_path.yaml"])


def test_the_pages_lead_from_a_version_to_the_next(app: Flask, people: dict[str, Person]) -> None:  # noqa: F811
    """A draft is made, a table saved, a conflict told, a text refused, scenarios run, submitted, approved."""
    owner, drafts_page = people["owner"], "/packages/drafts"
    assert owner.send(drafts_page, base=VERSION)[0] == 303
    page = owner.page(f"{drafts_page}/1")
    assert "没有变化" in page
    assert "disabled" in page
    for name in app.extensions["huiyin"] and ("main.bpmn", LIMITS, "forms/decide.json", "package.yaml"):
        assert name in owner.page(f"{drafts_page}/1/files/{name}")
    assert owner.send(f"{drafts_page}/1/files/{LIMITS}", number="1", text="<x")[0] == 422
    row = {"0.0": '"decide"', "0.1": '"9wd"', "0.2": '"now"', "0.3": '"none"', "0.4": '""'}
    path = f"{drafts_page}/1/files/{LIMITS}"
    assert owner.send(path, number="1", table="rows", **row)[0] == 303
    assert "改过这份草稿" in owner.send(path, number="1", table="rows", **row)[1]
    assert "9wd" in owner.page(f"{drafts_page}/1")
    assert people["second"].send(f"{drafts_page}/1/scenarios", number="2")[0] == 200
    assert people["office"].client.get(f"{drafts_page}/1").status_code == 403
    assert owner.send(f"{drafts_page}/1/submit", number="2")[0] == 303
    assert owner.send("/packages/testcity-2026.2/approve")[0] == 403
    assert people["second"].send("/packages/testcity-2026.2/approve")[0] == 303
    assert owner.send(f"{drafts_page}/1/give-up", number="3")[0] == 409


def test_the_editor_saves_with_the_number_it_has_seen(people: dict[str, Person]) -> None:  # noqa: F811
    """JSON: the file with its choices; then the findings of what was saved, 409 and 422 in words."""
    owner = people["owner"]
    owner.send("/packages/drafts", base=VERSION)
    status, found = owner.api("GET", "/drafts/1/files/main.bpmn")
    assert (status, found["number"]) == (200, 1)
    assert ["office", "督查室"] in found["choices"]["roles"]
    path, text = "/drafts/1/files/main.bpmn", found["text"].replace('role="office"', 'role="nobody"')
    status, saved = owner.api("PUT", path, {"number": 1, "text": text})
    assert (status, saved["number"]) == (200, 2)
    assert "unknown_role" in {one["code"] for one in saved["findings"]}
    assert owner.api("PUT", path, {"number": 1, "text": text})[1]["code"] == "draft_conflict"
    assert owner.api("PUT", path, {"number": 2, "text": BOMB.decode()})[1]["findings"][0]["code"] == "xml_doctype"
    assert owner.api("PUT", path, {"text": text})[0] == 400
    assert owner.api("GET", "/drafts/1/files/none.bpmn")[0] == 404
    assert people["office"].api("GET", "/drafts/1/files/main.bpmn")[0] == 403


def test_past_cases_are_played_under_the_draft(office: Office, draft_id: int, people: dict[str, Person]) -> None:  # noqa: F811
    """The page says in sentences what the interface says in data; a draft with errors says what is wrong."""
    office.decide(office.start(), "u_a")
    where = f"/packages/drafts/{draft_id}"
    assert "每一件都和当时走得一样" in people["owner"].page(f"{where}/what-if")
    content = _get(office, draft_id).package.files[LIMITS]
    _save(office, draft_id, 1, LIMITS, content.replace(b"5wd", b"9wd"))
    page = people["owner"].page(f"{where}/what-if")
    assert "的期限变了" in page
    status, report = people["owner"].api("GET", f"/drafts/{draft_id}/what-if")
    assert (status, report["cases"], report["same"]) == (200, 1, 0)
    assert report["groups"][0]["kind"] == "date_changed"
    main = _get(office, draft_id).package.files["main.bpmn"]
    _save(office, draft_id, 2, "main.bpmn", main.replace(b'targetRef="task_opinion"', b'targetRef="task_decide"'))
    assert "没有试演" in people["owner"].page(f"{where}/what-if")
    assert people["owner"].api("GET", f"/drafts/{draft_id}/what-if")[0] == 422
    people["liaison"].page(f"{where}/what-if", 403)
