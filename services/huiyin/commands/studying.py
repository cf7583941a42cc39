"""Commands for process owners: check, test, compare and publish packages; compute deadlines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from services.common import clock as clocks
from services.common import db
from services.common.config import Settings
from services.huiyin import homes
from services.huiyin.words import say
from services.workflow import calendars, packages, scenarios
from services.workflow import engine as e
from services.workflow import seed as workflow_seed
from services.workflow.calendars import Calendar
from services.workflow.engine.findings import Finding
from services.workflow.packages import Package
from services.workflow.scenarios import Result

_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON。Print JSON.")
_PLACE = click.Path(exists=True, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def process() -> None:
    """流程包。Process packages: check, test, diff, publish."""


@process.command()
@click.argument("place", type=_PLACE)
@_JSON
def check(place: Path, as_json: bool) -> None:
    """检查一个流程包、一张流程图或一张决策表。Check a package, or one BPMN or DMN file; exit code 1 on errors."""
    _print_findings(packages.check(place) if place.is_dir() else _check_file(place), as_json)


def _check_file(place: Path) -> list[Finding]:
    check_ = e.check_dmn if place.suffix == ".dmn" else e.check_bpmn
    with place.open("rb") as file:
        return check_(place.name, file.read(e.MAX_BYTES + 1))  # what is longer is refused, whatever it is


def _print_findings(findings: list[Finding], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"findings": [one.as_dict() for one in findings]}, ensure_ascii=False, indent=2))
    for one in () if as_json else findings:
        click.echo(f"{one.severity.upper()} {one.file}{f'#{one.element}' if one.element else ''} [{one.code}]")
        click.echo(f"  {one.reason} / {one.reason_en}\n  → {one.cure} / {one.cure_en}")
    if not findings and not as_json:
        click.echo(say("no_findings"))
    raise SystemExit(any(one.severity == "error" for one in findings))


@process.command(name="test")
@click.argument("folder", type=_FOLDER)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_JSON
def test_(folder: Path, files: tuple[Path, ...], as_json: bool) -> None:
    """运行流程包的场景。Run a package's scenarios, or those named; exit code 1 when one fails."""
    package = _load(folder)
    results = {}
    for path in files or tuple(sorted((folder / "scenarios").glob("*.yaml"))):
        results[path.name] = _run(package, path)
        if not as_json:
            _print_result(path.name, results[path.name])
    if as_json:
        plain = {name: _plain(result) for name, result in results.items()}
        click.echo(json.dumps(plain, ensure_ascii=False, indent=2))
    raise SystemExit(not all(result.passed for result in results.values()))


def _run(package: Package, path: Path) -> Result:
    try:
        scenario = scenarios.load(path.read_bytes())
        bundle = e.compile_bundle(package.files, package.settings)
    except (scenarios.BadScenario, e.Refused) as error:
        raise click.ClickException(f"{path.name}: {error}") from error
    return scenarios.run(scenario, bundle, _calendar(homes.settings(), scenario.calendar), package.entries)


def _plain(result: Result) -> dict[str, Any]:
    failures = [{"act": one.act, "text": one.text, "text_en": one.text_en} for one in result.failures]
    steps = [step.as_dict() for step in result.steps]
    return {"passed": result.passed, "failures": failures, "final_state": dict(result.final_state), "steps": steps}


def _print_result(name: str, result: Result) -> None:
    click.echo(f"{say('passed' if result.passed else 'failed')}: {name}")
    for failure in result.failures:
        click.echo(f"  [{failure.act}] {failure.text} / {failure.text_en}")


@process.command()
@click.argument("old", type=_FOLDER)
@click.argument("new", type=_FOLDER)
@_JSON
def diff(old: Path, new: Path, as_json: bool) -> None:
    """比较两个流程包。Say in plain words what changed from one package to another."""
    changes = packages.compare(_load(old), _load(new))
    if as_json:
        click.echo(json.dumps({"changes": [one.as_dict() for one in changes]}, ensure_ascii=False, indent=2))
        return
    for one in changes:
        click.echo(f"{one.file}: {one.text} / {one.text_en}")
    if not changes:
        click.echo(say("no_changes"))


@process.command()
@click.argument("folder", type=_FOLDER)
def publish(folder: Path) -> None:
    """发布流程包（需能访问数据库）。Put a package in force, by somebody who may write the database."""
    settings = homes.settings()
    engine = db.connect(settings.databases["workflow"])
    try:
        version = workflow_seed.publish(engine, folder.absolute(), clocks.from_settings(settings).now())
    except packages.BadPackage as bad:
        _print_findings(list(bad.findings), as_json=False)
        raise SystemExit(1) from bad
    finally:
        engine.dispose()
    click.echo(f"{say('published')}: {version}")


@click.command(context_settings={"ignore_unknown_options": True})  # -3wd is an amount
@click.argument("start")
@click.argument("amount")
@click.option("--calendar", "calendar_id", default="cn", show_default=True, help="日历。Calendar id.")
@_JSON
def deadline(start: str, amount: str, calendar_id: str, as_json: bool) -> None:
    """计算期限。Compute a deadline: `huiyin deadline 2026-02-27 5wd`."""
    try:
        calendar = _calendar(homes.settings(), calendar_id)
        found = calendars.explain(calendar.day(start), amount, calendar)
    except calendars.CalendarError as error:
        raise click.ClickException(f"{error.text} / {error.text_en}") from error
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else f"{found['text']}\n{found['text_en']}")


def _calendar(settings: Settings, calendar_id: str) -> Calendar:
    folder = settings.processes / "calendars"
    known = workflow_seed.calendar_files(folder)
    if calendar_id not in known:
        listed = ", ".join(sorted(known)) or "-"
        raise click.ClickException(
            f"没有这个日历：{calendar_id!r}。{folder} 里有 {listed} / no such calendar, there are {listed}"
        )
    return calendars.parse(known[calendar_id])


def _load(folder: Path) -> Package:
    try:
        return packages.load(folder)
    except packages.BadPackage as bad:
        raise click.ClickException("\n".join(f"{one.file}: {one.reason}" for one in bad.findings)) from bad
