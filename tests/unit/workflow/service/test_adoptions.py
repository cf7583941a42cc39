"""Another calendar: how it gets in, what it would move, and how running cases adopt it."""

import json
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from services.common import db
from services.workflow import adoptions, calendar_versions, cases, cli
from services.workflow import engine as e
from services.workflow import tables as t
from tests.unit.workflow.service.office import CALENDARS, Office
from tests.unit.workflow.service.test_web import Person, app, people

__all__ = ["app", "people"]

YEAR = (CALENDARS / "cn-2026.yaml").read_text("utf-8")
LATER = YEAR.replace("holidays:", "holidays:\n  - {name: 停电, name_en: x, from: 2026-03-05, to: 2026-03-05}", 1)
SOONER = YEAR.replace("workdays:", "workdays:\n  - {name: 补班, name_en: x, date: 2026-03-07}", 1)
ADMIN = {"account": "a-admin"}


@pytest.fixture
def admin(office: Office, people: dict[str, Person]) -> Person:
    """Somebody who may manage calendars."""
    roles = [{"role": "administrator", "unit": None}]
    office.directory("person", "p-admin", name="管理员", kind="staff", active=True)
    office.directory("account", "a-admin", login="admin", person_id="p-admin", epoch=1, active=True, roles=roles)
    return Person(people["office"].client.application, "a-admin")


def put(office: Office, text: str) -> str:
    """Import a year; the version it makes."""
    with db.begin(office.engine) as conn:
        return calendar_versions.put(conn, text.encode(), "a-admin", office.clock.now()).after.version


def adopt(office: Office, version: str, *, shorten: bool = False) -> dict[str, adoptions.Outcome]:
    """Let every case that is behind adopt a version; the results by case."""
    with db.read(office.engine) as conn:
        ids = adoptions.behind(conn, version)
    found = adoptions.adopt(office.engine, version, ids, ADMIN, office.clock.now(), shorten=shorten)
    return {one.case_id: one for one in found}


def announced(office: Office) -> list[tuple[str, str, str]]:
    """The deadlines that were told to have moved: case, name and date."""
    told = office.sent("deadline.changed.v1")
    return [(data["case_id"], data["name"], data["due"]) for data in told if data["state"] == "moved"]


def test_what_would_move_is_shown_before_anything_moves(office: Office) -> None:
    """Old and new date and why for each case; cases without movement are there too; nothing is written."""
    first, second = office.start("m1"), office.start("m2")
    office.decide(second, "u_a")
    version = put(office, LATER)
    before = office.rows(t.stimulus), office.rows(t.deadline)
    with db.read(office.engine) as conn:
        assert adoptions.behind(conn, version) == [first, second]
        moving, still = adoptions.look(conn, version, [first, second], office.clock.now())
    [shift] = moving.shifts
    assert (shift.label, shift.earlier) == ("决定期限", False)
    assert (shift.was, shift.now) == (date(2026, 3, 9), date(2026, 3, 10))
    assert "2026-03-05 停电放假不计" in "；".join(shift.why)
    assert (still.shifts, still.problem) == ((), None)
    assert (office.rows(t.stimulus), office.rows(t.deadline)) == before


def test_every_case_adopts_and_only_what_moved_is_announced(office: Office) -> None:
    """One stimulus each by whoever did it; one `deadline.changed`; what begins later counts by the new calendar."""
    first, second = office.start("m1"), office.start("m2")
    office.decide(second, "u_a")
    version = put(office, LATER)
    told = adopt(office, version)
    assert [(one.moved, one.problem) for one in told.values()] == [(1, None), (0, None)]
    assert announced(office) == [(first, "decide", "2026-03-10")]
    assert {row["calendar_version"] for row in office.rows(t.case_)} == {version}
    assert office.open(first)[0]["due"] == date(2026, 3, 10)
    last = office.rows(t.stimulus, t.stimulus.c.case_id == second)[-1]
    assert (last["kind"], last["actor"]) == ("operator", ADMIN)
    assert office.replayed(first)
    assert office.replayed(second)
    assert adopt(office, version) == {}
    third = office.start("m3")
    assert office.open(third)[0]["due"] == date(2026, 3, 10)


def test_no_running_deadline_is_brought_forward_without_a_word(office: Office) -> None:
    """It keeps its date and says so; asked for explicitly, also later, it moves. A single case is treated alike."""
    first, second = office.start("m1"), office.start("m2")
    version = put(office, SOONER)
    told = adopt(office, version)
    assert [(one.moved, one.kept) for one in told.values()] == [(0, 1), (0, 1)]
    assert {row["due"] for row in office.rows(t.deadline)} == {date(2026, 3, 9)}
    assert "不提前，仍为 2026-03-09" in office.rows(t.deadline)[0]["why"]
    assert announced(office) == []
    with db.begin(office.engine) as conn:
        cases.operate(conn, first, {"verb": "calendar"}, ADMIN, office.clock.now())
        cases.operate(conn, second, {"verb": "calendar", "shorten": True}, ADMIN, office.clock.now())
    assert announced(office) == [(second, "decide", "2026-03-07")]
    assert office.replayed(first)
    assert office.replayed(second)


def test_a_case_that_cannot_adopt_keeps_back_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """In batches: the broken one is named beforehand and becomes an incident, the others go on."""
    monkeypatch.setattr(adoptions, "TOGETHER", 2)
    ids = [office.start(f"m{number}") for number in range(1, 6)]
    with office.engine.begin() as conn:
        conn.execute(update(t.case_).where(t.case_.c.id == ids[1]).values(state=b"{}", last_hash="0" * 64))
    version = put(office, LATER)
    with db.read(office.engine) as conn:
        looked = adoptions.look(conn, version, ids, office.clock.now())
    assert [bool(one.problem) for one in looked] == [False, True, False, False, False]
    told = adopt(office, version)
    assert [key for key, one in told.items() if one.problem] == [ids[1]]
    assert sum(one.moved for one in told.values()) == 4
    [incident] = office.rows(t.incident)
    assert incident["case_id"] == ids[1]


@pytest.mark.long
def test_hundreds_adopt_in_batches_with_a_result_each(office: Office) -> None:
    """More than one request's worth: every case has its result, its one stimulus and its one message."""
    found = sorted(office.start(f"m{number}") for number in range(adoptions.MOST + 60))
    version = put(office, LATER)
    first, second = adopt(office, version), adopt(office, version)
    assert sorted([*first, *second]) == found
    assert (len(first), {one.moved for one in [*first.values(), *second.values()]}) == (adoptions.MOST, {1})
    assert sorted(case_id for case_id, _, _ in announced(office)) == found
    assert len(office.rows(t.stimulus, t.stimulus.c.kind == "operator")) == len(found)


def test_a_case_that_has_ended_or_adopted_meanwhile_is_left_alone(office: Office) -> None:
    """Asked for by a page that is old, it gets no second stimulus; what does not exist is no case."""
    first = office.start("m1")
    version = put(office, LATER)
    assert adopt(office, version)[first].moved == 1
    again = adoptions.adopt(office.engine, version, [first, "nothing"], ADMIN, office.clock.now(), shorten=True)
    assert list(again) == []


def test_versions_stand_side_by_side_and_a_correction_can_be_taken_back(office: Office) -> None:
    """A year is added or replaced; the first content again is the first version again, and in force."""
    with db.read(office.engine) as conn:
        original = calendar_versions.newest(conn, "cn")
    later = put(office, LATER)
    with db.read(office.engine) as conn:
        assert calendar_versions.newest(conn, "cn") == later
        assert calendar_versions.get(conn, later).years == {2025, 2026}
    assert put(office, YEAR) == original
    with db.read(office.engine) as conn:
        assert calendar_versions.newest(conn, "cn") == original
        assert [row["version"] for row in calendar_versions.list_(conn)] == [original, later]


def test_a_folder_that_is_behind_takes_nothing_back(office: Office) -> None:
    """Publishing a package records its calendars again: imported years stay, a correction in the folder counts."""
    version = put(office, LATER)
    folder = {path.name: path.read_bytes() for path in CALENDARS.glob("cn-*.yaml")}
    with db.begin(office.engine) as conn:
        assert calendar_versions.record(conn, folder, office.clock.now()).version == version
        corrected = {**folder, "cn-2026.yaml": SOONER.encode()}
        newest = calendar_versions.record(conn, corrected, office.clock.now())
    assert newest.is_working_day(date(2026, 3, 7))
    assert newest.is_working_day(date(2026, 3, 5))


@pytest.mark.parametrize(
    "text",
    [
        "id: cn\noverlay: cn\nsource: x\nholidays: []\nworkdays: []",
        YEAR.replace("Asia/Shanghai", "Asia/Tokyo"),
        YEAR.replace("year: 2026", "year: 2031"),
        YEAR.replace("to: 2026-01-03", "to: 2026-13-03"),
        "\0",
        "",
        "[" * 5000,
    ],
)
def test_a_file_that_is_no_year_is_refused_in_words(admin: Person, text: str) -> None:
    """An overlay, another zone, foreign days, control characters: 422 and the reason, on the page too."""
    answer = admin.client.post("/api/v1/calendars?dry_run=1", data=text.encode(), headers=admin.headers)
    problem = answer.get_json(force=True)
    assert (answer.status_code, problem["code"]) == (422, "bad_calendar")
    assert admin.send("/calendars/import", text=text)[0] == 422


def test_an_administrator_imports_a_year_and_lets_cases_adopt_it_by_page(office: Office, admin: Person) -> None:
    """The file is shown before it counts; the dates are shown before they move; the result is told case by case."""
    case_id = office.start("m1")
    assert "cn-" in admin.page("/calendars")
    admin.page("/calendars/import")
    token = {"file": (BytesIO(SOONER.encode()), "cn-2026.yaml")}
    status, shown = admin.send("/calendars/import", **token)
    assert status == 200
    assert "2026-03-07" in shown
    assert len(office.rows(t.calendar_version)) == 1, "not imported yet"
    assert admin.send("/calendars/import", text=SOONER, confirmed="1")[0] == 303
    with db.read(office.engine) as conn:
        version = calendar_versions.newest(conn, "cn")
    assert "国办发明电〔2025〕7号" in admin.page(f"/calendars/{version}")
    page = admin.page(f"/calendars/{version}/adoption")
    assert "把 1 个期限提前" in page
    assert f'name="case" value="{case_id}"' in page
    status, told = admin.send(f"/calendars/{version}/adoption", case=case_id, shorten="1")
    assert (status, "1 个流程实例已采用，1 个期限变动" in told) == (200, True)
    assert announced(office) == [(case_id, "decide", "2026-03-07")]
    assert "都已采用" in admin.page(f"/calendars/{version}/adoption")
    admin.page("/calendars/cn-none", 404)
    admin.page("/calendars/cn-none/adoption", 404)


def test_calendars_are_for_administrators(people: dict[str, Person], office: Office) -> None:
    """Owners of processes read them; others do not, and nobody else imports."""
    people["owner"].page("/calendars")
    people["owner"].page("/calendars/import", 403)
    people["liaison"].page("/calendars", 403)
    assert people["office"].api("POST", "/calendars/cn/adoption", {})[0] == 403


def test_the_same_over_http(office: Office, admin: Person) -> None:
    """A dry run of both steps, then both; results and counts as data, a malformed wish is refused."""
    case_id = office.start("m1")
    post = {"data": LATER.encode(), "headers": admin.headers}
    dry = admin.client.post("/api/v1/calendars?dry_run=1", **post).get_json(force=True)
    assert dry["changed"] == [{"day": "2026-03-05", "was": True, "working": False}]
    assert (dry["replaces"], dry["working_days"]) == (True, 247)
    version = admin.client.post("/api/v1/calendars", **post).get_json(force=True)["version"]
    [line, _] = admin.api("GET", "/calendars")[1]["calendars"]
    assert (line["version"], line["years"], line["behind"]) == (version, [2025, 2026], 1)
    [looked] = admin.api("GET", f"/calendars/{version}/adoption")[1]["cases"]
    assert looked["shifts"][0]["now"] == "2026-03-10"
    for wish in ({"shorten": "yes"}, {"cases": "all"}, {"cases": [1]}, {"cases": ["\0"]}):
        assert admin.api("POST", f"/calendars/{version}/adoption", wish)[0] == 400
    status, told = admin.api("POST", f"/calendars/{version}/adoption", {})
    assert (status, told["behind"]) == (200, 0)
    assert [(one["case_id"], one["moved"]) for one in told["results"]] == [(case_id, 1)]
    assert admin.api("POST", "/calendars/none/adoption", {})[1]["code"] == "no_calendar"
    assert admin.api("POST", f"/cases/{case_id}/verbs/calendar", {"calendar": "none"})[0] == 404


def test_the_same_on_the_command_line(office: Office, tmp_path: Path) -> None:
    """`calendar import` and `adopt` show first and act with --commit; a bad file is one line."""
    office.start("m1")
    file = tmp_path / "cn-2026.yaml"
    file.write_text(LATER, "utf-8")

    def run(*args: str) -> Any:
        [command] = [c for c in cli.commands(lambda: (office.engine, office.clock)) if c.name == "calendar"]
        return CliRunner().invoke(command, list(args), catch_exceptions=False)

    assert "2026-03-05 上班 working → 不上班 off" in run("import", str(file), "--by", "zhang").output
    assert len(office.rows(t.calendar_version)) == 1
    version = run("import", str(file), "--by", "zhang", "--commit").output.split()[-1]
    assert f"{version} 2025, 2026" in run("list").output
    assert "2026-03-09 → 2026-03-10" in run("adopt", version, "--by", "zhang").output
    assert len(office.rows(t.stimulus)) == 1
    done = run("adopt", version, "--by", "zhang", "--commit", "--json")
    assert (done.exit_code, json.loads(done.output)["moved"]) == (0, 1)
    file.write_text("nonsense", "utf-8")
    bad = run("import", str(file), "--by", "zhang")
    assert (bad.exit_code, "日历文件的字段不对" in bad.output) == (1, True)
    assert run("adopt", "cn-none", "--by", "zhang").exit_code == 1


def test_timers_follow_a_deadline_that_moves_only(office: Office) -> None:
    """The effects of adopting name a timer again only where its deadline has another date."""
    first = office.start("m1")
    version = put(office, LATER)
    with db.begin(office.engine) as conn:
        applied = cases.operate(conn, first, {"verb": "calendar", "calendar": version}, ADMIN, office.clock.now())
    assert [type(effect) for effect in applied.effects] == [e.DeadlineMoved]


def test_the_version_of_another_calendar_is_refused(office: Office) -> None:
    """A case counts by its package's calendar; no operator gives it another."""
    case_id = office.start("m1")
    other = put(office, YEAR.replace("id: cn", "id: hk").replace("Asia/Shanghai", "Asia/Hong_Kong"))
    with db.read(office.engine) as conn:
        assert adoptions.behind(conn, other) == []
    with pytest.raises(Exception, match="no_calendar"), db.begin(office.engine) as conn:
        cases.operate(conn, case_id, {"verb": "calendar", "calendar": other}, ADMIN, office.clock.now())
