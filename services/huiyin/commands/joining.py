"""Commands about the systems of agencies: their accounts at the broker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import click

from services.common.bus import topology
from services.common.bus.definitions import VHOST
from services.common.bus.management import Management, Refused, Unreachable
from services.huiyin import agencies, homes
from services.huiyin.agencies import Gate, Outcome
from services.huiyin.words import say

_password = click.option(
    "--password", is_flag=True, help="另设口令，只供试用。With a password as well, for trials without certificates."
)
_account = click.option(
    "--account", help="只对这个账号，默认全部。This account alone, by default all of the connector."
)
_as_json = click.option("--json", "as_json", is_flag=True, help="输出 JSON。Print JSON.")


@click.group()
def agency() -> None:
    """承办单位系统的接入。Joining of agencies' own systems."""


@agency.command()
@click.argument("connector")
@_password
@_as_json
def add(connector: str, password: bool, as_json: bool) -> None:
    """在消息服务器上为接入方建立交换机、队列和账号，可重复运行。Give a connector its place at the broker.

    Repeating it changes nothing and says what is there.
    """
    with _gate(connector) as gate:
        _tell(gate, gate.add(with_password=password), as_json)


@agency.command()
@click.argument("connector")
@_password
@_as_json
def rotate(connector: str, password: bool, as_json: bool) -> None:
    """换证书：新开一个账号，与旧账号并用，直到锁定旧账号。Open a second account beside the first.

    Both read the same queue; when the agency has changed over, lock the first with --account.
    """
    with _gate(connector) as gate:
        _tell(gate, gate.rotate(with_password=password), as_json)


@agency.command()
@click.argument("connector")
@_account
@_as_json
def lock(connector: str, account: str | None, as_json: bool) -> None:
    """锁定：立即断开，不能再连；队列里的消息都在。Take the rights and end the connections; queues stay as they are."""
    with _gate(connector) as gate:
        _tell(gate, gate.lock(account), as_json)


@agency.command()
@click.argument("connector")
@_account
@_as_json
def unlock(connector: str, account: str | None, as_json: bool) -> None:
    """解除锁定。Give the rights back, when the lock was a mistake or the new certificate does not work."""
    with _gate(connector) as gate:
        _tell(gate, gate.unlock(account), as_json)


@contextmanager
def _gate(connector: str) -> Iterator[Gate]:
    """The connector's place at the broker of this installation; what goes wrong ends the command with a word."""
    with managed(connector) as (management, broker_url):
        yield Gate(management, unquote(urlsplit(broker_url).path.removeprefix("/")) or VHOST, connector)


@contextmanager
def managed(connector: str) -> Iterator[tuple[Management, str]]:
    """The management interface and the URL of the broker; what goes wrong there ends the command with a word."""
    settings = homes.settings()
    if not settings.broker_url:
        raise click.ClickException(say("no_broker"))
    if not settings.broker_admin_url:
        raise click.ClickException(say("no_broker_admin"))
    try:
        topology.check_connector(connector)
    except ValueError as error:
        raise click.ClickException(f"{say('bad_connector')}: {connector}") from error
    try:
        yield Management.at(settings.broker_admin_url), settings.broker_url
    except Unreachable as error:
        raise click.ClickException(f"{say('broker_unreachable')}: {error}") from error
    except Refused as error:
        code = "broker_unauthorised" if error.status in (401, 403) else "broker_refused"
        raise click.ClickException(f"{say(code)}: {error}") from error
    except agencies.Unknown as error:
        raise click.ClickException(f"{say('unknown_connector')}: {error}") from error
    except agencies.Unprepared as error:
        raise click.ClickException(f"{say('unprepared_broker')}: {error}") from error
    except agencies.Rotating as error:
        raise click.ClickException(f"{say('rotating')} {error}") from error


def _tell(gate: Gate, outcome: Outcome, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_described(gate, outcome), ensure_ascii=False))
        return
    for word, objects in (("made", outcome.made), ("found", outcome.found)):
        for kind, names in objects.items():
            kind_ = "broker_accounts" if kind == "accounts" else kind
            click.echo(f"{say(word)}: {say(kind_)} {'、'.join(names)}")
    for one in outcome.accounts:
        state = say("account_locked" if one.locked else "account_open")
        click.echo(f"{say('account')}: {one.name} ({state})  {say('common_name')}: CN={one.name}")
    for name, password in outcome.passwords.items():
        click.echo(f"{say('password_once')}: {name} {password}")


def _described(gate: Gate, outcome: Outcome) -> dict[str, Any]:
    return {
        "connector": gate.connector,
        "vhost": gate.vhost,
        "writes": topology.agency_in(gate.connector),
        "reads": topology.agency_out(gate.connector),
        "made": outcome.made,
        "found": outcome.found,
        "accounts": [
            {
                "name": one.name,
                "common_name": one.name,
                "locked": one.locked,
                "has_password": one.has_password,
                "password": outcome.passwords.get(one.name),
            }
            for one in outcome.accounts
        ],
    }
