"""The scenarios of every package, played on the bare engine."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from services.workflow.engine import compile_bundle
from services.workflow.packages import Package, check, load, read
from services.workflow.scenarios import load as load_scenario
from services.workflow.scenarios import run
from tests.processes.packages import FOLDERS, NAMES, PROCESSES, bundle_of, calendar, package_in

SCENARIOS = [path for folder in FOLDERS for path in sorted((folder / "scenarios").glob("*.yaml"))]
YEAR = 2031


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parts[-4]}-{path.stem}")
def test_everything_comes_as_the_scenario_says(path: Path) -> None:
    """Tasks, deadlines, records, notices, messages and states are as the owner of the process wrote them."""
    scenario = load_scenario(path.read_bytes())
    assert scenario.package == package_in(path.parents[1]).version
    result = run(scenario, bundle_of(path.parents[1]), calendar(), package_in(path.parents[1]).entries)
    assert [f"{failure.act}: {failure.text}" for failure in result.failures] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_every_task_of_a_package_is_done_in_some_scenario(folder: Path) -> None:
    """A step no scenario ever reaches is a step nobody has tried."""
    wanted = {
        key.removesuffix(" [child]")  # one instance of several
        for spec in bundle_of(folder).specs.values()
        for key, task in spec.task_specs.items()
        if getattr(task, "manual", False)
    }
    paths = sorted((folder / "scenarios").glob("*.yaml"))
    results = [
        run(load_scenario(path.read_bytes()), bundle_of(folder), calendar(), package_in(folder).entries)
        for path in paths
    ]
    done = {step.element for result in results for step in result.steps}
    assert wanted - done == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_names_are_no_policy(folder: Path) -> None:
    """With locality, year, units, deputies, classes, roles and all labels renamed all scenarios stay green."""
    before = package_in(folder)
    package = load(renamed(read(folder)))
    assert package.version == f"somewhere-{YEAR}.{before.revision}"
    assert names_of(package) & names_of(before) == set()
    assert [found for found in check(package) if found.severity == "error"] == []
    bundle = compile_bundle(package.files, package.settings)
    played = 0
    for name in package.under("scenarios", ".yaml"):
        scenario = load_scenario(package.files[name])
        assert scenario.package == package.version
        assert not re.search(rb"\bunit_[a-z]\b|\bd[0-9]\b", package.files[name])
        result = run(scenario, bundle, calendar(), package.entries)
        assert result.failures == (), name
        played += 1
    assert played == len(list((folder / "scenarios").glob("*.yaml")))


def test_localities_and_years_are_renamed_and_played() -> None:
    """One that fits by chance would prove little; the three differ in steps, letters and deadlines."""
    assert {"yunting/2025", "yunting/2026", "luling/2026"} <= set(NAMES)


def renamed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The package under other names: settings as data, units and deputies in forms and scenarios as words."""
    settings = yaml.safe_load(files["package.yaml"])
    version = f"{settings['locality']}-{settings['year']}"
    year = str(settings["year"]).encode()
    settings |= {"locality": "somewhere", "name": "某地", "level": "某级", "year": YEAR}
    for number, shown in enumerate(settings["classes"].values()):
        shown |= {"letter": f"第{number}类", "label": f"类别{number}"}
    things = [*settings["roles"].values(), *settings["extension_points"].values(), *settings["variables"]]
    for number, thing in enumerate(things):
        thing |= {"label": f"名称{number}", **({"label_en": f"name {number}"} if "label_en" in thing else {})}
    for names in settings["labels"].values():
        names |= {key: f"名称 {key}" for key in names}
    changed = {name: content for name, content in files.items() if name.startswith(("forms/", "scenarios/"))}
    for name, content in changed.items():
        content = re.sub(rb"\bunit_([a-z])\b", rb"bureau-\1", content)
        content = re.sub(rb"\bd([0-9])\b", rb"delegate-\1", content)
        content = content.replace(version.encode(), f"somewhere-{YEAR}".encode())
        changed[name] = content.replace(b"year: " + year, f"year: {YEAR}".encode())
    return {**files, **changed, "package.yaml": yaml.safe_dump(settings, allow_unicode=True).encode()}


def names_of(package: Package) -> set[str]:
    """Every name a locality gives: its own, those of classes, roles, variables, processes and deadlines."""
    labels = {name for names in package.labels.values() for name in names.values()}
    classes = {word for shown in package.classes.values() for word in (shown.letter, shown.label)}
    roles = {word for role in package.roles.values() for word in (role.label, role.label_en)}
    variables = {variable.label for variable in package.variables}
    return {package.locality, package.name, package.level, str(package.year)} | labels | classes | roles | variables


def test_the_demo_walk_reaches_the_end() -> None:
    """The scripted walk goes through receipt, opinions, a return, feedback and follow-up to close-out."""
    walk = load_scenario((PROCESSES / "yunting/demo/walk.yaml").read_bytes())
    result = run(
        walk, bundle_of(PROCESSES / "yunting/2026"), calendar(), package_in(PROCESSES / "yunting/2026").entries
    )
    assert result.failures == ()
    assert result.final_state == {"demo-01": "closed_out"}
    assert all(step.why for step in result.steps if step.element.startswith("task_"))
