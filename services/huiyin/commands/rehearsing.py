"""Commands that rehearse: a stand-in for an agency's system."""

from __future__ import annotations

import json
from threading import Event

import click

from services.common import clock as clocks
from services.common.bus import Transport, topology
from services.common.clock import monotonic
from services.common.config import Settings
from services.huiyin import homes, standins
from services.huiyin.commands.running import until_told
from services.huiyin.standins import Standin
from services.huiyin.words import say


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
        transport = _open(settings, topology.check_connector(connector))
    except ValueError as error:
        raise click.ClickException(f"{say('bad_connector')}: {connector}") from error
    stop, end = until_told(Event()), None if seconds is None else monotonic() + seconds
    standin = Standin(transport, connector, clocks.from_settings(settings), behave)
    if not as_json:
        click.echo(f"{say('standin')}: {connector} ({behave})")
    try:
        while not stop.is_set() and (end is None or monotonic() < end):
            for event in standin.turn(0.5):
                _tell(event, as_json)
    finally:
        transport.close()


def _open(settings: Settings, connector: str) -> Transport:
    """The transport of an agency; local files stand in for a broker's queue."""
    if settings.broker_url:
        from services.common.bus.amqp import AmqpTransport  # pika is only loaded where there is a broker

        return AmqpTransport(settings.broker_url, connector=connector)
    from services.common.bus.local import LocalTransport

    return LocalTransport(settings.bus_dir, connector=connector)


def _tell(event: standins.Event, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"what": event.what, "type": event.type, "id": event.id, "data": event.data}))
        return
    facts = ("task_id", "name", "unit", "reason", "code", "path", "text", "text_en", "original_id")
    told = "  ".join(str(event.data[name]) for name in facts if event.data.get(name))
    click.echo(f"{say(event.what)}: {event.type}  {told}")
