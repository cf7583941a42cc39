"""Intake's processes in production: `intake web | consume | work | relay`, and its database."""

import os
import signal
from threading import Event

import click
from waitress import serve  # type: ignore[import-untyped, unused-ignore]

from services.common import bus, clock, config, db, logs, migrations
from services.common.config import Settings
from services.intake import app as application
from services.intake import ledger, loops


@click.group()
@click.pass_context
def intake(context: click.Context) -> None:
    """Intake: suggestions, directory, ledger."""
    try:
        settings = config.load(os.environ)
    except config.ConfigError as error:
        raise click.ClickException(str(error)) from error
    logs.setup(settings.log_level, settings.log_format)
    context.obj = settings


@intake.command()
@click.pass_obj
def web(settings: Settings) -> None:
    """Serve the pages and the HTTP interface."""
    serve(application.create(settings, clock.from_settings(settings)), host=settings.host, port=settings.port)


@intake.command()
@click.pass_obj
def consume(settings: Settings) -> None:
    """Store what arrives on the bus."""
    _run(settings, "consume")


@intake.command()
@click.pass_obj
def work(settings: Settings) -> None:
    """Handle what was stored."""
    _run(settings, "work")


@intake.command()
@click.pass_obj
def relay(settings: Settings) -> None:
    """Send what waits in the outbox."""
    _run(settings, "relay")


@intake.command()
@click.pass_obj
def migrate(settings: Settings) -> None:
    """Bring the database up to date."""
    migrations.migrate("intake", settings.databases["intake"])


@intake.command()
@click.pass_obj
def rebuild(settings: Settings) -> None:
    """Wipe the ledger projection and replay the stored messages."""
    with db.begin(db.connect(settings.databases["intake"])) as conn:
        click.echo(ledger.rebuild(conn))


def _run(settings: Settings, role: str) -> None:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    db.wait(db.connect(settings.databases["intake"]))
    loops.start(settings, clock.from_settings(settings), lambda: bus.connect(settings), stop)[role]()
