"""Commands that play: demo and walk."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from threading import Event
from typing import Final
from zoneinfo import ZoneInfo

import click

from services.common import db
from services.common.clock import FileClock
from services.common.config import Settings
from services.huiyin import companies, homes, scenes, settling, years
from services.huiyin.casts import Uncast
from services.huiyin.clients import Client, Unanswered
from services.huiyin.commands.running import until_told
from services.huiyin.prints import Printer, accounts
from services.huiyin.programmes import BadProgramme
from services.huiyin.scenes import Script
from services.huiyin.seasons import Season
from services.huiyin.timelines import Step
from services.huiyin.walks import Outcome, Stuck, Walk, Watch
from services.huiyin.words import say
from services.workflow.packages import BadPackage
from services.workflow.scenarios import BadScenario

TROUBLE: Final = (
    Stuck,
    Uncast,
    Unanswered,
    settling.Unsettled,
    db.Unreachable,
    companies.Ended,
    BadProgramme,
    OSError,
)
"""What ends a play with a word to its user."""


@click.command()
@click.option("--once", is_flag=True, help="演完即止。Play and exit, leave no web running.")
@click.option("--home", default="", help="演示目录，默认 HUIYIN_HOME/demo。Where to keep it.")
def demo(once: bool, home: str) -> None:
    """一件建议走完全程，演完一年，然后开放网页。Play a suggestion's whole way, then a year, then serve the pages."""
    settings = homes.settings()
    script = _script(settings, None)
    place = Path(home) if home else settings.home / "demo"
    click.echo(f"{say('demo_title')}\n{say('home')}: {place}\n{say('package')}: {script.package.version}\n")
    try:
        with scenes.stage(script, place) as stage:
            outcome = _play(stage.client, stage.clock, script)
        if once:
            raise SystemExit(bool(outcome.failures) or outcome.final_state != "closed")
        year = years.load(settings, script)
        with scenes.stage(year.script, place, port=settings.port) as stage:
            _play_year(years.season(year, stage))
            invite(stage.installation.url, script)
            until_told(Event()).wait()
    except TROUBLE as error:
        raise click.ClickException(f"{error} (huiyin.log: {place})") from error


def _play(client: Client, clock: FileClock, script: Script) -> Outcome:
    walk = _walk(client, clock, script)
    walk.watch = _teller(walk, script)
    outcome = walk.play()
    click.echo(f"\n{say('result')}: {say(outcome.final_state)}, {outcome.state} ({outcome.matter_no})")
    for failure in outcome.failures:
        click.echo(f"{say('differs')} [{failure.act}]: {failure.text} / {failure.text_en}")
    return outcome


def _play_year(season: Season) -> None:
    """Prints what was done month by month, and at the end how many matters are in which state."""
    programme, zone, done = season.programme, season.rhythm.calendar.zone, 0
    click.echo(f"\n{programme.title} / {programme.title_en}")
    for month, instants in groupby(season.play(), key=lambda at: f"{at.astimezone(ZoneInfo(zone)):%Y-%m}"):
        for _ in instants:
            pass
        click.echo(f"  {month}  {season.done - done:>4} {say('acts')}  {len(season.open):>4} {say('open_tasks')}")
        done = season.done
    for line in season.unplayed:
        click.echo(f"{say('differs')}: {line}")


def _teller(walk: Walk, script: Script) -> Watch:
    """Prints each step as it happens, with how far the script has come."""
    printer = Printer(script)

    def tell(steps: list[Step]) -> None:
        for step in steps:
            done = f"[{walk.line:>2}/{len(script.scenario.acts)}]"
            for number, line in enumerate(printer.lines(step)):
                click.echo(f"{done if number == 0 else '':<8}{line}")

    return tell


def invite(url: str, script: Script) -> None:
    """Say where the pages are and who may sign in."""
    password = next(iter(script.cast.passwords.values()))
    click.echo(f"\n{say('accounts')} {password}):")
    for line in accounts(script):
        click.echo(f"  {line}")
    click.echo(f"\n{say('address')}: {url}   ({say('stop')})")


@click.command()
@click.argument("scenario", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。Print the steps as JSON.")
@click.option("--url", default="", help="在运行中的系统上演。Play on a running installation with an accelerated clock.")
@click.option(
    "--processes", type=int, default=0, help="分进程运行，N 个流程工作进程。N workers, all in separate processes."
)
def walk(scenario: str | None, as_json: bool, url: str, processes: int) -> None:
    """演一个场景。Play a scenario on the real services; exit code 1 when it does not come as written."""
    settings = homes.settings()
    script = _script(settings, Path(scenario) if scenario else None)
    try:
        with _place(settings, script, url, processes) as (client, clock):
            playing = _walk(client, clock, script)
            if not as_json:
                playing.watch = _teller(playing, script)
            outcome = playing.play()
    except TROUBLE as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(outcome.as_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo(f"{say('result')}: {say(outcome.final_state)}, {outcome.state}")
        for failure in outcome.failures:
            click.echo(f"{say('differs')} [{failure.act}]: {failure.text} / {failure.text_en}")
    raise SystemExit(bool(outcome.failures))


@contextmanager
def _place(settings: Settings, script: Script, url: str, processes: int) -> Iterator[tuple[Client, FileClock]]:
    """A running installation: the one at `url`, a fresh one of separate processes, or a fresh embedded one."""
    if url:
        if settings.clock_file is None:
            raise click.ClickException("HUIYIN_CLOCK=file:/… 未设置 / is not set")
        yield Client(url, script.cast.passwords), FileClock(settings.clock_file)
        return
    with tempfile.TemporaryDirectory(prefix="huiyin-", ignore_cleanup_errors=True) as home:
        if processes:
            with companies.company(settings, script, Path(home), processes) as company:
                yield company
        else:
            with scenes.stage(script, Path(home) / "walk") as stage:
                yield stage.client, stage.clock


def _walk(client: Client, clock: FileClock, script: Script) -> Walk:
    return Walk(client, script.cast, clock, script.scenario, script.forms, script.zone)


def _script(settings: Settings, path: Path | None) -> Script:
    try:
        return scenes.script(settings, path)
    except (BadScenario, BadPackage, OSError) as error:
        raise click.ClickException(str(error)) from error
