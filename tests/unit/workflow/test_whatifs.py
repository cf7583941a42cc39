"""Recorded cases under another package: the same package changes nothing, a changed one tells exactly what."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from services.workflow import engine as e
from services.workflow.scenarios import load, run
from services.workflow.whatifs import Recording, Trial, record, summarise, try_out
from tests.processes.packages import FOLDERS, PROCESSES, bundle_of, calendar, package_in

YUNTING = PROCESSES / "yunting" / "2026"
SCENARIOS = [path for folder in FOLDERS for path in sorted((folder / "scenarios").glob("*.yaml"))]
REVIEW = (
    '<bpmn:userTask id="task_review_legal" name="法制审查"><bpmn:extensionElements>'
    '<hy:task role="leader_reviewer" form="legal" public="答复审核" result="legal"/>'
    "</bpmn:extensionElements></bpmn:userTask>"
)


def recordings(path: Path) -> list[Recording]:
    """The cases of a scenario, as they went."""
    package = package_in(path.parents[1])
    result = run(load(path.read_bytes()), bundle_of(path.parents[1]), calendar(), package.entries)
    assert result.passed
    return [recorded(key, log, bundle_of(path.parents[1])) for key, log in result.logs.items()]


def recorded(case_id: str, log: Sequence[e.Stimulus], bundle: e.Bundle) -> Recording:
    """A log with what came of it."""
    case, effects = e.start(case_id, log[0], bundle, calendar())
    played = [(log[0], effects), *((stimulus, e.step(case, stimulus)) for stimulus in log[1:])]
    return record(case_id, played, bundle.forms)


def tried(changed: Mapping[str, bytes], *names: str) -> list[Trial]:
    """The cases of some scenarios of Yunting 2026 under the package with changed files."""
    package = package_in(YUNTING)
    bundle = e.compile_bundle({**package.files, **changed}, package.settings)
    found = [one for name in names for one in recordings(YUNTING / "scenarios" / f"{name}.yaml")]
    return [try_out(one, bundle, calendar()) for one in found]


def edit(name: str, change: Callable[[str], str]) -> dict[str, bytes]:
    """A file of the package, changed."""
    before = package_in(YUNTING).files[name].decode()
    after = change(before)
    assert after != before
    return {name: after.encode()}


def kinds(trials: Sequence[Trial]) -> set[tuple[str, str]]:
    """What differs, and at which element."""
    return {(one.kind, one.element) for trial in trials for one in trial.differences}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{'-'.join(path.parts[-4:-2])}-{path.stem}")
def test_the_same_package_changes_nothing(path: Path) -> None:
    """Every case of every scenario takes the same way to the same tasks, dates and end."""
    for recording in recordings(path):
        trial = try_out(recording, bundle_of(path.parents[1]), calendar())
        assert trial.differences == ()
        assert trial.track == recording.track


def legal_review() -> dict[str, bytes]:
    """One more review before the leader's, and a form whose answer decides nothing."""
    lawful = {"type": "boolean", "title": "合法", "default": True}
    form = {"title": "法制审查", "type": "object", "properties": {"lawful": lawful}, "required": ["lawful"]}
    flow = '<bpmn:sequenceFlow id="flow_legal" sourceRef="task_review_legal" targetRef="task_review_leader"/>'

    def change(diagram: str) -> str:
        rewired = diagram.replace('targetRef="task_review_leader"', 'targetRef="task_review_legal"')
        return rewired.replace("</bpmn:process>", f"{REVIEW}{flow}</bpmn:process>")

    return {**edit("reply_review.bpmn", change), "forms/legal.json": json.dumps(form).encode()}


def test_an_added_task_and_a_longer_window_are_told_and_nothing_else() -> None:
    """Seven working days to return instead of five, and a legal review before the leader's (domain scenario 26)."""
    longer = edit("decisions/D03_deadlines.dmn", lambda text: text.replace(
        'rule_08_amount"><text>"5wd"', 'rule_08_amount"><text>"7wd"'
    ))  # fmt: skip
    trials = tried({**legal_review(), **longer}, "happy_path")
    assert kinds(trials) == {("task_added", "task_review_legal"), ("date_changed", "task_receipt")}
    [moved] = {(one.was, one.now) for trial in trials for one in trial.differences if one.kind == "date_changed"}
    assert moved == ("2026-03-05", "2026-03-09")
    report = summarise("yunting-2026.1", "yunting-2026.2", trials)
    assert (report.cases, report.cases - report.same) == (len(trials), 1)
    [dates] = [group.days for group in report.groups if group.kind == "date_changed"]
    assert dates is not None
    assert (dates.least, dates.median, dates.most) == (4, 4, 4)
    assert {"task_review_legal" in path.tasks: (path.was, path.now) for path in report.paths} == {
        True: (0, 1),
        False: (1, 0),
    }


def test_a_gateway_that_asks_what_nobody_was_asked_is_undecided() -> None:
    """The examples of the form answer for now; the report says at which gateway that mattered."""
    gateway = """
      <bpmn:exclusiveGateway id="gw_lawful" name="合法？" default="flow_lawful"/>
      <bpmn:sequenceFlow id="flow_lawful" sourceRef="gw_lawful" targetRef="task_review_leader"/>
      <bpmn:sequenceFlow id="flow_unlawful" sourceRef="gw_lawful" targetRef="task_review_legal">
        <bpmn:conditionExpression>legal.lawful == false</bpmn:conditionExpression></bpmn:sequenceFlow>"""
    files = legal_review()
    diagram = files["reply_review.bpmn"].decode()
    straight = 'sourceRef="task_review_legal" targetRef="task_review_leader"'
    diagram = diagram.replace(straight, 'sourceRef="task_review_legal" targetRef="gw_lawful"')
    asking = {**files, "reply_review.bpmn": diagram.replace("</bpmn:process>", f"{gateway}</bpmn:process>").encode()}
    trials = tried(asking, "happy_path")
    assert ("undecided", "gw_lawful") in kinds(trials)


def test_a_task_taken_away_is_missing_and_its_answer_keeps_nobody_waiting() -> None:
    """Without the format check the leader follows the content reviewer at once."""
    task = r'<bpmn:userTask (id="task_review_format" name="[^"]*")>.*?</bpmn:userTask>'
    script = r"<bpmn:scriptTask \1><bpmn:script>skipped = true</bpmn:script></bpmn:scriptTask>"
    spared = edit("reply_review.bpmn", lambda text: re.sub(task, script, text, count=1, flags=re.DOTALL))
    trials = tried(spared, "happy_path")
    assert kinds(trials) == {("task_missing", "task_review_format")}
    assert {trial.track.outcome for trial in trials} == {trial.recording.track.outcome for trial in trials}


def test_a_field_the_form_asks_for_now_is_filled_in_and_told() -> None:
    """Nobody was asked for it then."""
    form = json.loads(package_in(YUNTING).files["forms/receipt.json"])
    form["properties"]["hotline"] = {"type": "string", "title": "联系电话", "examples": ["12345"]}
    form["required"] = [*form.get("required", ()), "hotline"]
    asked = {"forms/receipt.json": json.dumps(form).encode()}
    trials = tried(asked, "happy_path")
    assert kinds(trials) == {("answer_incomplete", "task_receipt")}
    [note] = {(one.fields, str(one.assumed)) for trial in trials for one in trial.differences}
    assert note == (("hotline",), "{'hotline': '12345'}")


def test_a_draft_that_fails_says_where() -> None:
    """An expression that reads what is not there is one of the differences, not the end of the report."""
    broken = edit("reply_review.bpmn", lambda text: text.replace(
        'hy:task role="format_checker"', 'hy:task unit="nobody.unit" role="format_checker"', 1
    ))  # fmt: skip
    assert ("failed", "task_review_format") in kinds(tried(broken, "happy_path"))


def test_what_has_no_place_any_more_is_told() -> None:
    """A record that nobody accepts any longer."""
    package = package_in(YUNTING)
    deaf = {
        name: content.replace(b'record="extension_request"', b'record="progress_note"')
        for name, content in package.files.items()
        if b'record="extension_request"' in content and name.endswith(".bpmn")
    }
    assert deaf
    assert ("unplaced", "task_prepare") in kinds(tried(deaf, "extension"))
