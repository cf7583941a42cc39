"""The commands say what they did, or why not, and end with the right code."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.common import db
from services.workflow import caselists, cli
from services.workflow import tables as t
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import CALENDARS, Office


def run(office: Office, name: str, *args: str) -> Result:
    """Run one command on the office's database."""
    command = next(c for c in cli.commands(lambda: (office.engine, office.clock)) if c.name == name)
    return CliRunner().invoke(command, list(args))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The second revision as files, with calendars beside it."""
    home = tmp_path / "processes" / "testcity" / "2026"
    for name, content in package.files(2).items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "processes" / "calendars").mkdir()
    for path in CALENDARS.glob("*.yaml"):
        (tmp_path / "processes" / "calendars" / path.name).write_bytes(path.read_bytes())
    return home


def test_a_package_goes_from_files_into_force(office: Office, folder: Path) -> None:
    """Submitted by one, approved by another, retired again."""
    assert run(office, "publish", str(folder), "--by", "zhang").output.strip() == "testcity-2026.2"
    refused = run(office, "approve", "testcity-2026.2", "--by", "zhang")
    assert (refused.exit_code, "a second person" in refused.output) == (1, True)
    assert run(office, "approve", "testcity-2026.2", "--by", "li").exit_code == 0
    assert run(office, "retire", "testcity-2026.2").exit_code == 0


def test_findings_are_printed(office: Office, folder: Path) -> None:
    """In both languages, with exit code 1."""
    (folder / "main.bpmn").write_text("<x/>", "utf-8")
    result = run(office, "publish", str(folder), "--by", "zhang")
    assert (result.exit_code, "main.bpmn" in result.stderr) == (1, True)


def test_an_audit_finds_a_log_that_was_changed(office: Office) -> None:
    """Sound at first; after tampering the case is named."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    assert run(office, "audit").exit_code == 0
    actor = office.rows(t.stimulus)[1]["actor"]
    with office.engine.begin() as conn:
        conn.execute(t.stimulus.update().where(t.stimulus.c.seq == 2).values(actor={"name": "别人"}))
    result = run(office, "audit")
    assert (result.exit_code, f"{case_id} broken=2" in result.output) == (1, True)
    assert office.rows(t.case_)[0]["unsound"] == "chain"
    with office.engine.begin() as conn:
        conn.execute(t.stimulus.update().where(t.stimulus.c.seq == 2).values(actor=actor))
    assert run(office, "audit").exit_code == 0
    assert office.rows(t.case_)[0]["unsound"] is None


def test_an_audit_flags_a_case_whose_state_was_changed(office: Office) -> None:
    """The log gives another state: the case is flagged, listed and goes on."""
    case_id, other = office.start("m1"), office.start("m2")
    state = office.rows(t.case_)[1]["state"].replace(b'"m2-1', b'"m2-9')
    with office.engine.begin() as conn:
        conn.execute(t.case_.update().where(t.case_.c.id == other).values(state=state))
    result = run(office, "audit")
    assert (result.exit_code, result.output.strip()) == (1, f"{other} broken=None agrees=False")
    assert [row["unsound"] for row in office.rows(t.case_)] == [None, "replay"]
    with db.read(office.engine) as conn:
        assert [row["id"] for row in caselists.find(conn, {"incident": "1"}, limit=9)] == [other]
    office.decide(case_id, "u_a")


def test_an_erased_text_leaves_the_chain_intact(office: Office) -> None:
    """What was typed is gone; log and state still agree."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    digest = office.rows(t.document)[0]["hash"]
    assert run(office, "erase", digest).exit_code == 0
    assert office.rows(t.document)[0]["body"] is None
    assert run(office, "erase", digest).exit_code == 1
    assert run(office, "audit").exit_code == 0


def test_running_cases_go_over_to_another_version(office: Office, folder: Path) -> None:
    """First a look, then in earnest; what cannot go ends with code 1 and its reason, a wrong version in words."""
    case_id = office.start()
    run(office, "publish", str(folder), "--by", "zhang")
    versions = "testcity-2026.1", "testcity-2026.2"
    assert "choose another version" in run(office, "migrate", *versions).output
    run(office, "approve", versions[1], "--by", "li")
    assert run(office, "migrate", *versions, "--map", "a=b").output.strip() == f"✓ {case_id}"
    assert office.rows(t.case_)[0]["package_version"] == versions[0]
    done = run(office, "migrate", *versions, "--commit", "--json")
    assert (done.exit_code, json.loads(done.output)[0]["code"]) == (0, "")
    assert office.rows(t.case_)[0]["package_version"] == versions[1]
    assert run(office, "migrate", *reversed(versions), "--case", case_id, "--commit").exit_code == 0
    gone = run(office, "migrate", *versions, "--map", "task_decide=evt_pause")
    assert (gone.exit_code, "✗" in gone.output, "evt_pause" in gone.output) == (1, True, False)


def test_a_retry_of_nothing_says_so(office: Office) -> None:
    """An unknown incident is not found."""
    assert run(office, "retry", "7", "--by", "admin").exit_code == 1


def test_what_would_have_become_of_recorded_cases(office: Office, folder: Path) -> None:
    """In sentences for people and as data for programs; a folder that is no package is refused with reasons."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    same = run(office, "what-if", "testcity-2026.1", str(folder))
    assert (same.exit_code, "1 件不变，0 件不同" in same.output) == (0, True)
    limits = folder / "decisions" / "D_limits.dmn"
    limits.write_text(limits.read_text("utf-8").replace("5wd", "9wd"), "utf-8")
    moved = run(office, "what-if", "testcity-2026.1", str(folder), "--json")
    [trial] = json.loads(moved.output)["trials"]
    assert (trial["case_id"], {one["kind"] for one in trial["differences"]}) == (case_id, {"date_changed"})
    (folder / "package.yaml").write_text("a: [", "utf-8")
    assert run(office, "what-if", "testcity-2026.1", str(folder)).exit_code == 1
