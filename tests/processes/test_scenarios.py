"""The scenarios of every package, played on the bare engine."""

import re
from pathlib import Path

import pytest

from services.workflow.engine import compile_bundle
from services.workflow.packages import load, read
from services.workflow.scenarios import load as load_scenario
from services.workflow.scenarios import run
from tests.processes.packages import FOLDERS, NAMES, PROCESSES, bundle_of, calendar, package_in

SCENARIOS = [path for folder in FOLDERS for path in sorted((folder / "scenarios").glob("*.yaml"))]
LETTERS = {"A": "优", "B": "良", "C": "中", "甲": "一", "乙": "二", "丙": "三"}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parts[-4]}-{path.stem}")
def test_everything_comes_as_the_scenario_says(path: Path) -> None:
    """Tasks, deadlines, records, notices, messages and states are as the owner of the process wrote them."""
    scenario = load_scenario(path.read_bytes())
    assert scenario.package == package_in(path.parents[1]).version
    result = run(scenario, bundle_of(path.parents[1]), calendar())
    assert [f"{failure.act}: {failure.text}" for failure in result.failures] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_every_task_of_a_package_is_done_in_some_scenario(folder: Path) -> None:
    """A step no scenario ever reaches is a step nobody has tried."""
    wanted = {
        key
        for spec in bundle_of(folder).specs.values()
        for key, task in spec.task_specs.items()
        if getattr(task, "manual", False)
    }
    paths = sorted((folder / "scenarios").glob("*.yaml"))
    results = [run(load_scenario(path.read_bytes()), bundle_of(folder), calendar()) for path in paths]
    done = {step.element for result in results for step in result.steps}
    assert wanted - done == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_names_are_no_policy(folder: Path) -> None:
    """With every unit, class letter and the year renamed in a copied package all its scenarios stay green."""
    files = dict(read(folder))
    settings = files["package.yaml"].decode().replace("year: 2026", "year: 2031")
    for old, new in LETTERS.items():
        settings = settings.replace(f"letter: {old}\n", f"letter: {new}\n")
    package = load({**files, "package.yaml": settings.encode()})
    bundle = compile_bundle(package.files, package.settings)
    for name in package.under("scenarios", ".yaml"):
        result = run(load_scenario(re.sub(rb"\bunit_([abc])\b", rb"bureau-\1", files[name])), bundle, calendar())
        assert result.failures == (), name


def test_the_demo_walk_reaches_the_end() -> None:
    """The scripted walk goes through receipt, opinions, a return, feedback and follow-up to close-out."""
    walk = load_scenario((PROCESSES / "yunting/demo/walk.yaml").read_bytes())
    result = run(walk, bundle_of(PROCESSES / "yunting/2026"), calendar())
    assert result.failures == ()
    assert result.final_state == {"demo-01": "closed_out"}
    assert all(step.why for step in result.steps if step.element.startswith("task_"))
