"""Commands that rehearse: a stand-in for an agency's system, and a trial of a real one."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from threading import Event
from typing import Any, Final

import click

from services.common import clock as clocks
from services.common import logs, loops
from services.common.bus import Transport, topology
from services.common.clock import monotonic
from services.common.config import Settings
from services.huiyin import homes, standins
from services.huiyin.commands import joining
from services.huiyin.commands.running import until_told
from services.huiyin.standins import Standin
from services.huiyin.talks import Talk
from services.huiyin.trials import POINTS, Trial, Verdict
from services.huiyin.words import say

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
            with grounds.prepared(management, broker_url, connector) as ground:
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
