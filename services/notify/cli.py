"""Notify's commands for administrators: the delivery log, and another try."""

from __future__ import annotations

import os

import click

from services.common import clock, config, db
from services.common.config import Settings
from services.notify import notices, store


@click.group()
@click.pass_context
def notify(context: click.Context) -> None:
    """通知服务：发送记录与重试。Notify: deliveries and retries."""
    try:
        context.obj = config.load(os.environ)
    except config.ConfigError as error:
        raise click.ClickException(str(error)) from error


@notify.command()
@click.option("--state", type=click.Choice([store.WAITING, store.DELIVERED, store.FAILED, store.SUPPRESSED]))
@click.option("--limit", default=100, show_default=True)
@click.pass_obj
def deliveries(settings: Settings, state: str | None, limit: int) -> None:
    """发送记录，最新的在前。The delivery log, newest first."""
    with db.read(db.connect(settings.databases["notify"])) as conn:
        for row in store.deliveries(conn, {"state": state or ""}, limit=limit):
            words = (row["id"], row["state"], row["channel"], row["person"] or row["person_id"], row["reason"])
            click.echo("\t".join(str(word or "-") for word in words))


@notify.command()
@click.argument("delivery_id")
@click.pass_obj
def retry(settings: Settings, delivery_id: str) -> None:
    """重新发送。Try a failed or suppressed delivery again."""
    with db.begin(db.connect(settings.databases["notify"])) as conn:
        if not notices.retry(conn, delivery_id, clock.from_settings(settings).now()):
            raise click.ClickException("没有这条失败或未发送的记录 / no such failed or suppressed delivery")
