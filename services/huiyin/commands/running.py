"""Commands that run an installation: up, run, migrate, init, health."""

from __future__ import annotations

import json
import signal
from threading import Event
from types import FrameType
from typing import Any, NoReturn

import click

from services.common import bells, db, logs, migrations
from services.common import clock as clocks
from services.common.config import Settings
from services.huiyin import gateway, homes, installing, settling
from services.huiyin.clients import Client, Unanswered
from services.huiyin.embedded import Installation
from services.huiyin.parts import PARTS, ROLES, WEB, surroundings
from services.huiyin.words import say, service
from services.workflow import audits

_EVERYTHING = "all"
_EAGER = 0.02  # seconds a loop rests at most where time is accelerated


def _settings() -> Settings:
    settings = homes.settings()
    logs.setup(settings.log_level, settings.log_format)
    return settings


def until_told(stop: Event) -> Event:
    """`stop` is set by Ctrl+C and by whoever manages processes."""

    def tell(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, tell)
    return stop


@click.command()
def up() -> None:
    """整套系统在一个进程里运行。Run everything in one process under one address."""
    settings = _settings()
    stop = until_told(Event())
    try:
        with Installation(settings) as installation:
            click.echo(f"{say('running')}: {installation.url}  ({say('stop')})")
            stop.wait()
    except (db.Unreachable, OSError) as error:
        raise click.ClickException(f"{settings.host}:{settings.port}: {error}") from error


@click.command()
@click.argument("name", metavar="SERVICE", type=click.Choice([*PARTS, _EVERYTHING]))
@click.argument("role", type=click.Choice(ROLES))
def run(name: str, role: str) -> None:
    """运行一个服务的一个角色。Run one role of one service; `run all web` serves all pages."""
    settings = _settings()
    names = list(PARTS) if name == _EVERYTHING else [name]
    if (name == _EVERYTHING and role != WEB) or (role != WEB and role not in PARTS[name].loops):
        raise click.ClickException(f"{say('no_such_role')}: {name} {role}")
    for one in names:
        _demand_database(settings, one)
    if role == WEB:
        _serve(settings, names)
    else:
        _loop(settings, name, role)


def _demand_database(settings: Settings, name: str) -> None:
    """Wait for the database; end with a clear word where it stays away or is empty."""
    engine = db.connect(settings.databases[name])
    try:
        db.wait(engine)
        if migrations.current(name, engine) is None:
            raise click.ClickException(f"{service(name)}: {say('not_migrated')}")
    except db.Unreachable as error:
        raise click.ClickException(str(error)) from error
    finally:
        engine.dispose()


def _serve(settings: Settings, names: list[str]) -> None:
    clock = clocks.from_settings(settings)
    apps = {name: PARTS[name].create(settings, clock, db.connect(settings.databases[name])) for name in names}
    whole = gateway.compose(apps) if len(apps) > 1 else gateway.mount(names[0], apps[names[0]])
    try:
        told = settings.trusted_proxy, settings.certificate_header
        server = gateway.listen(whole, settings.host, settings.port, *told)
    except OSError as error:
        raise click.ClickException(f"{say('port_taken')}: {settings.host}:{settings.port}") from error

    def end(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    server.run()


def _loop(settings: Settings, name: str, role: str) -> None:
    if settings.clock_file is not None:
        bells.Bell.longest = _EAGER  # what it waits for happens in other processes
    stop = until_told(Event())
    here = surroundings(PARTS[name], settings, clocks.from_settings(settings), stop)
    PARTS[name].loops[role](here)


@click.command()
@click.argument("names", metavar="[SERVICE]...", nargs=-1, type=click.Choice(list(PARTS)))
def migrate(names: tuple[str, ...]) -> None:
    """建立或升级数据库。Create or update the databases, of all services or of those named."""
    settings = _settings()
    for name in names or tuple(PARTS):
        engine = db.connect(settings.databases[name])
        try:
            db.wait(engine)
        except db.Unreachable as error:
            raise click.ClickException(str(error)) from error
        finally:
            engine.dispose()
        migrations.migrate(name, settings.databases[name])
        click.echo(f"{service(name)}: {say('migrated')}")


@click.command()
@click.option("--package", default="yunting/2026", show_default=True, help="流程包目录。Folder below the processes.")
@click.option("--login", default="admin", show_default=True, help="首个管理员。Login of the first administrator.")
@click.option("--session", default="", help="届次名称。Label of the first session.")
@click.option("--directory", type=click.Path(exists=True, dir_okay=False), help="机构人员名册。A directory to load.")
def init(package: str, login: str, session: str, directory: str | None) -> None:
    """准备一套新系统，不含演示数据。Prepare an installation; repeating it changes nothing."""
    settings = homes.settings()
    logs.setup("WARNING", settings.log_format)
    try:
        done = installing.install(settings, package, login, session, directory)
    except (db.Unreachable, installing.Refused) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{say('published')}: {done.version}")
    click.echo(f"{say('session')}: {done.session}")
    if done.password is None:
        click.echo(f"{say('exists')}: {login}")
    else:
        click.echo(f"{say('created')}: {login} {done.password}")


@click.command()
@click.option("--url", default="", help="网页地址。Address of the pages, default: HUIYIN_LISTEN.")
@click.option("--settled", is_flag=True, help="是否全部处理完毕。Whether nothing is under way any more.")
@click.option("--audit", is_flag=True, help="核对每个流程实例的日志与状态。Check every case's log and replay it.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。Print JSON.")
def health(url: str, settled: bool, audit: bool, as_json: bool) -> None:
    """检查运行情况。Ask every service how it is; exit code 1 when something is wrong or under way."""
    settings = homes.settings()
    if audit:
        _audit(settings, as_json)
    client = Client(url or f"http://{settings.host}:{settings.port}")
    try:
        answers = settling.ask(client) if settled else _ready(client)
    except Unanswered as error:
        raise click.ClickException(str(error)) from error
    wrong = settling.unsettled(answers) if settled else ", ".join(n for n, a in answers.items() if a["status"] != "ok")
    if as_json:
        click.echo(json.dumps({"ok": not wrong, "services": answers}, ensure_ascii=False))
    else:
        good, bad = ("settled", "unsettled") if settled else ("fine", "bad")
        click.echo(f"{say(bad)}: {wrong}" if wrong else say(good))
        for name, answer in answers.items():
            for part in answer.get("parts", {}).values():
                if "warning" in part:
                    click.echo(f"{service(name)}: {part['warning']}")
    raise SystemExit(1 if wrong else 0)


def _audit(settings: Settings, as_json: bool) -> NoReturn:
    """Read the database itself: the chain of every log, and whether it still gives the stored state."""
    engine = db.connect(settings.databases["workflow"])
    bad = [verdict for verdict in audits.run(engine) if not verdict.sound]
    engine.dispose()
    if as_json:
        click.echo(json.dumps({"ok": not bad, "unsound": [verdict.case_id for verdict in bad]}))
    else:
        click.echo(f"{say('bad')}: {', '.join(verdict.case_id for verdict in bad)}" if bad else say("fine"))
    raise SystemExit(1 if bad else 0)


def _ready(client: Client) -> dict[str, dict[str, Any]]:
    answers = {}
    for part in PARTS.values():
        try:
            answers[part.name] = client.get(f"{part.prefix}/health/ready")
        except Unanswered as error:
            if error.status != 503:
                raise
            answers[part.name] = dict(error.body)
    return answers
