"""Notify's commands for administrators: the delivery log, another try, and a letter to try a channel out."""

from __future__ import annotations

import os
from uuid import uuid4

import click

from services.common import clock, config, db
from services.common.config import Settings
from services.common.problems import Problem
from services.notify import notices, store, ways
from services.notify.channels import registry
from services.notify.channels.letters import Busy, Letter, Refused, Unreachable


@click.group()
@click.pass_context
def notify(context: click.Context) -> None:
    """通知服务：发送记录与重试。Notify: deliveries and retries."""
    try:
        context.obj = config.load(os.environ)
        registry.of(context.obj)
    except config.ConfigError as error:
        raise click.ClickException(str(error)) from error


@notify.command()
@click.option("--state", type=click.Choice(store.STATES))
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
    """重新发送。Try a delivery that reached nobody again."""
    now = clock.from_settings(settings).now()
    try:
        with db.begin(db.connect(settings.databases["notify"])) as conn:
            notices.retry(conn, delivery_id, ways.of(settings), now)
    except Problem as problem:
        raise click.ClickException(" / ".join(problem.texts)) from problem


@notify.command()
@click.argument("person")
@click.pass_obj
def forget(settings: Settings, person: str) -> None:
    """删除一个人的通知设置和号码。Erase somebody's settings and addresses; what was told when stays."""
    with db.begin(db.connect(settings.databases["notify"])) as conn:
        notices.forget(conn, person, clock.from_settings(settings).now())


@notify.command("try")
@click.argument("channel")
@click.argument("address")
@click.pass_obj
def try_(settings: Settings, channel: str, address: str) -> None:
    """向一个地址试发一条，看对方怎样回答。Send one letter to an address and tell what the other side said."""
    channels = registry.of(settings)
    if channel not in channels:
        known = ", ".join(channels) or "-"
        raise click.ClickException(f"没有这种通知方式，现有 / no such channel, there are: {known}")
    if not channels[channel].accepts(address):
        raise click.ClickException(f"地址格式不正确 / this is no address for this channel: {address}")
    texts = {
        "zh": {"subject": "回音系统试发", "body": "这是一条试发的通知，不需要处理。"},
        "en": {"subject": "Test of Huiyin", "body": "This is a test; there is nothing to do."},
    }
    letter = Letter(delivery_id=str(uuid4()), address=address, texts=texts, at=clock.from_settings(settings).now())
    try:
        with channels[channel].open() as sender:
            click.echo(f"已发出 / sent: {sender.send(letter) or letter.delivery_id}")
    except (Refused, Unreachable, Busy) as error:
        raise click.ClickException(f"没有发出 / not sent: {type(error).__name__}: {error}") from error
