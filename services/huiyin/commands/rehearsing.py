"""Commands that rehearse: a stand-in for an agency's system, a trial of a real one, and a city for it to work in."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from threading import Event
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from services.common import clock as clocks
from services.common import logs, loops
from services.common.bus import Transport, topology
from services.common.clock import Clock, monotonic
from services.common.config import Settings
from services.huiyin import homes, scenes, standins, years
from services.huiyin.commands import joining, playing
from services.huiyin.commands.running import until_told
from services.huiyin.seasons import Season
from services.huiyin.standins import Standin
from services.huiyin.talks import Talk
from services.huiyin.trials import POINTS, Trial, Verdict
from services.huiyin.words import say
from services.huiyin.years import Year
from services.workflow.packages import BadPackage
from services.workflow.scenarios import BadScenario

_GRACE: Final = 3.0
"""Seconds in which a client shows what it should not do."""


@click.command()
@click.option("--as", "connector", required=True, help="接入方编号。Id of the connector.")
@click.option("--behave", required=True, type=click.Choice([*standins.BEHAVIOURS]), help="怎样做。How it behaves.")
@click.option("--seconds", type=float, help="多少秒后结束，默认一直运行。End after so many seconds.")
@click.option("--json", "as_json", is_flag=True, help="每行一个 JSON。Print JSON, a line for each message.")
def simulate(connector: str, behave: str, seconds: float | None, as_json: bool) -> None:
    """代替承办单位的系统收发消息，演练用。Stand in for an agency's system: accept, return, late, twice, garbage.

    Where HUIYIN_BROKER_URL is set, its account has to be one of the connector's. For rehearsals only: the answers
    make no sense, and what they do is done.
    """
    settings = homes.settings()
    try:
        transport, lost = _open(settings, topology.check_connector(connector))
    except ValueError as error:
        raise click.ClickException(f"{say('bad_connector')}: {connector}") from error
    stop, end = until_told(Event()), None if seconds is None else monotonic() + seconds
    standin, pause = Standin(transport, connector, clocks.from_settings(settings), behave), loops.Pause()
    if not as_json:
        click.echo(f"{say('standin')}: {connector} ({behave})")
    try:
        while not stop.is_set() and (end is None or monotonic() < end):
            try:
                for event in standin.turn(0.5):
                    _tell(event, as_json)
                pause.reset()
            except lost as error:
                click.echo(f"{say('broker_lost')}: {error}", err=True)
                transport.close()
                stop.wait(pause.next())
    finally:
        transport.close()


@click.command()
@click.argument("connector")
@click.option(
    "--unit", help="任务写明的单位，默认同接入方编号。Unit of the tasks, by default called like the connector."
)
@click.option("--patience", default=60.0, show_default=True, help="最多等多少秒。Seconds to wait for an answer.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。Print JSON.")
def verify(connector: str, unit: str | None, patience: float, as_json: bool) -> None:
    """检验单位系统的接入程序，逐项给出结论。Try an agency's client point by point; exit code 1 when it fails one.

    Makes a virtual host of its own at the broker, plays the system's part there with invented tasks, and takes it down
    again. The client does every task as its form holds it (`initial`).
    """
    from services.common.bus.link import LinkLost  # pika is only loaded where there is a broker
    from services.huiyin import grounds

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it tidies up, as after Ctrl+C
    with joining.managed(connector) as (management, broker_url):
        logs.setup("CRITICAL", "console")  # a queue that takes nothing is part of the trial
        try:
            with grounds.prepared(management, broker_url, connector, "verify") as ground:
                talk = Talk(ground, unit or connector, patience)
                _invite(ground.url, ground.has_password, talk.unit)
                verdicts = list(_told(Trial(talk, _GRACE).run(), as_json))
        except LinkLost as error:
            raise click.ClickException(f"{say('broker_lost')}: {error}") from error
    passed = all(one.passed for one in verdicts)
    if as_json:
        click.echo(json.dumps(_report(connector, talk.unit, passed, verdicts), ensure_ascii=False))
    else:
        click.echo(say("trial_passed" if passed else "trial_failed"))
    raise SystemExit(0 if passed else 1)


@click.command()
@click.argument("connector")
@click.option("--unit", help="接入方代表的单位，默认同接入方编号。Unit it speaks for, by default called like it.")
@click.option("--day", default=5.0, show_default=True, help="一天走几秒。Seconds that a day takes.")
def sandbox(connector: str, unit: str | None, day: float) -> None:
    """虚构城市的一年，由单位系统办本单位的任务。A year of the fictional city, one unit's tasks done by its own system.

    A whole installation in a home and a virtual host of its own, with an accelerated clock; everybody else's part is
    played. Pages are open. Ctrl+C ends it and takes the virtual host down.
    """
    from services.huiyin import grounds  # pika is only loaded where there is a broker

    settings, stop = homes.settings(), until_told(Event())
    with joining.managed(connector) as (management, broker_url):
        try:
            year = _year(settings, connector, unit or connector)
            home = settings.home / f"sandbox-{connector}"
            with (
                grounds.prepared(management, broker_url, connector, "sandbox") as ground,
                scenes.stage(year.script, home, port=settings.port, broker_url=ground.service_url) as stage,
            ):
                _invite(ground.url, ground.has_password, unit or connector)
                playing.invite(stage.installation.url, year.script)
                pace = Pace(stage.clock, day, stop)
                _play(years.season(year, stage, away=frozenset({unit or connector}), wait=pace))
                stop.wait()
        except Stopped:
            return
        except playing.TROUBLE as error:
            raise click.ClickException(str(error)) from error


class Stopped(Exception):
    """Somebody has had enough."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Lets a day take so many seconds, of which who is away makes use."""

    clock: Clock
    day: float
    stop: Event

    def __call__(self, at: datetime) -> None:
        """Wait as long as the time until `at` is to take."""
        left = (at - self.clock.now()) / timedelta(days=1)
        if self.stop.wait(max(left, 0.0) * self.day):
            raise Stopped


def _year(settings: Settings, connector: str, unit: str) -> Year:
    """The demo year, with the connector in its directory; it may also hand in matters, as a congress's system does."""
    try:
        year = years.load(settings, scenes.script(settings))
    except (BadScenario, BadPackage) as error:
        raise click.ClickException(str(error)) from error
    known = [one["id"] for one in year.script.directory["units"]]
    if unit not in known:
        raise click.ClickException(f"{say('unknown_unit')}: {unit} ({', '.join(known)})")
    bound = {"id": connector, "units": [unit], "submit": True}
    return replace(year, script=replace(year.script, directory={**year.script.directory, "connectors": [bound]}))


def _play(season: Season) -> None:
    """A line for each day on which somebody acted."""
    zone = ZoneInfo(season.rhythm.calendar.zone)
    for day, instants in groupby(season.play(), key=lambda at: f"{at.astimezone(zone):%Y-%m-%d}"):
        for _ in instants:
            pass
        mine = sum(task["unit"] in season.away for task in season.open.values())
        click.echo(f"  {day}  {mine:>3} {say('tasks_of_yours')}  {len(season.open):>3} {say('open_tasks')}")


def _invite(url: str, has_password: bool, unit: str) -> None:
    """Say where the client has to go; not among the JSON."""
    click.echo(f"{say('trial_begins')}: {url}", err=True)
    if not has_password:
        click.echo(say("trial_password"), err=True)
    click.echo(f"{say('trial_unit')}: {unit}", err=True)


def _told(verdicts: Iterator[Verdict], as_json: bool) -> Iterator[Verdict]:
    for one in verdicts:
        if not as_json:
            word = {True: "passed", False: "failed", None: "not_tried"}[one.passed]
            why = " / ".join(filter(None, one.why))
            click.echo(f"[{say(word)}] {' / '.join(POINTS[one.point])}{f'：{why}' if why else ''}")
        yield one


def _report(connector: str, unit: str, passed: bool, verdicts: list[Verdict]) -> dict[str, Any]:
    points = [
        {
            "point": one.point,
            "passed": one.passed,
            "text": POINTS[one.point][0],
            "text_en": POINTS[one.point][1],
            "why": one.why[0],
            "why_en": one.why[1],
        }
        for one in sorted(verdicts, key=lambda one: [*POINTS].index(one.point))
    ]
    return {"connector": connector, "unit": unit, "passed": passed, "points": points}


def _open(settings: Settings, connector: str) -> tuple[Transport, tuple[type[Exception], ...]]:
    """The transport of an agency, and what says that it has to connect again; files stand in for a broker's queue."""
    if settings.broker_url:
        from services.common.bus.amqp import AmqpTransport  # pika is only loaded where there is a broker
        from services.common.bus.link import LinkLost

        return AmqpTransport(settings.broker_url, connector=connector), (LinkLost,)
    from services.common.bus.local import LocalTransport

    return LocalTransport(settings.bus_dir, connector=connector), ()


def _tell(event: standins.Event, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"what": event.what, "type": event.type, "id": event.id, "data": event.data}))
        return
    facts = ("task_id", "name", "unit", "reason", "code", "path", "text", "text_en", "original_id")
    told = "  ".join(str(event.data[name]) for name in facts if event.data.get(name))
    click.echo(f"{say(event.what)}: {event.type}  {told}")
