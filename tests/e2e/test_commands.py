"""What `huiyin` says and does from the command line."""

import json
import re
from pathlib import Path

import pytest

from tests.e2e.commands import huiyin, read

PACKAGE = Path(__file__).parents[2] / "processes/yunting/2026"
pytestmark = pytest.mark.timeout(200)


def test_a_deadline_comes_with_its_computation(tmp_path: Path) -> None:
    """Five working days over a working Saturday (scenario: 2026-02-28 is a working day in lieu)."""
    found = read(huiyin(tmp_path, "deadline", "2026-02-27", "5wd", "--calendar", "cn", "--json"))
    assert (found["due"], found["provisional"]) == ("2026-03-05", False)
    assert any("2026-02-28" in line for line in found["why"])
    assert found["why_en"]


@pytest.mark.parametrize(
    "arguments", [("2026-02-30", "5wd"), ("2026-02-27", "5x"), ("2026-02-27", "5wd", "--calendar", "xx")]
)
def test_a_deadline_that_cannot_be_computed_says_why(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """One line, no traceback."""
    done = huiyin(tmp_path, "deadline", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr


def test_a_bad_diagram_is_found(tmp_path: Path) -> None:
    """A document type and a construct the engine refuses: exit code 1, each with reason and cure."""
    good = (PACKAGE / "co_handling.bpmn").read_text("utf-8")
    bad = tmp_path / "bad.bpmn"
    bad.write_text(good.replace("<bpmn:userTask", "<bpmn:serviceTask").replace("</bpmn:userTask", "</bpmn:serviceTask"))
    done = huiyin(tmp_path, "process", "check", str(bad), "--json")
    assert done.returncode == 1
    findings = json.loads(done.stdout)["findings"]
    assert {"code", "severity", "file", "element", "reason", "reason_en", "cure", "cure_en"} <= set(findings[0])
    assert any(finding["severity"] == "error" for finding in findings)
    bad.write_text('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')
    done = huiyin(tmp_path, "process", "check", str(bad))
    assert done.returncode == 1
    assert "ERROR bad.bpmn" in done.stdout


def test_a_good_package_has_no_errors_and_its_scenarios_pass(tmp_path: Path) -> None:
    """Exit code 0 for check and test; comparing it with itself finds nothing."""
    assert huiyin(tmp_path, "process", "check", str(PACKAGE)).returncode == 0
    results = read(huiyin(tmp_path, "process", "test", str(PACKAGE), "--json"))
    assert results
    assert all(result["passed"] for result in results.values())
    assert read(huiyin(tmp_path, "process", "diff", str(PACKAGE), str(PACKAGE), "--json")) == {"changes": []}


def test_a_scenario_that_fails_says_where(tmp_path: Path) -> None:
    """A wrong expectation in a copied scenario: exit code 1 and the difference in words."""
    text = (PACKAGE / "scenarios/no_response.yaml").read_text("utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace("no_response: 1", "no_response: 7"))
    done = huiyin(tmp_path, "process", "test", str(PACKAGE), str(wrong))
    assert done.returncode == 1
    assert "no_response" in done.stdout


def test_init_prepares_once(tmp_path: Path) -> None:
    """Package in force, first session, first account; its password is printed the first time only."""
    first, second = huiyin(tmp_path, "init"), huiyin(tmp_path, "init")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "yunting-2026.1" in first.stdout
    password = first.stdout.split()[-1]
    assert len(password) >= 16
    assert "口令不变" in second.stdout
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0


def test_a_role_without_its_database_says_what_to_do(tmp_path: Path) -> None:
    """An empty database, and a server that is not there."""
    done = huiyin(tmp_path, "run", "workflow", "tick", timeout=60)
    assert done.returncode == 1
    assert "huiyin migrate" in done.stderr
    assert huiyin(tmp_path, "run", "intake", "tick").returncode == 1


def test_wrong_settings_are_listed(tmp_path: Path) -> None:
    """All at once, by name."""
    done = huiyin(tmp_path, "up", env={"HUIYIN_LISTEN": "here", "HUIYIN_ZONE": "Mars/Base"})
    assert done.returncode == 1
    assert "HUIYIN_LISTEN" in done.stderr
    assert "HUIYIN_ZONE" in done.stderr


def test_the_demo_plays_and_ends(tmp_path: Path) -> None:
    """`demo --once`: progress in two languages, a closed matter, exit code 0."""
    done = huiyin(tmp_path, "demo", "--once", timeout=190)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert re.search(r"\[(\d+)/\1\]", done.stdout)
    assert "全部流程已结束 / every case has ended" in done.stdout
