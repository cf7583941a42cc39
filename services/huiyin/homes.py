"""Settings for the command line, and fresh homes for demo and walks."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from services.common import config
from services.common.clock import FileClock
from services.common.config import Settings
from services.notify.channels import registry

_CLOCK: Final = "clock"


def settings(overrides: Mapping[str, str] | None = None) -> Settings:
    """The settings of the environment; a mistake ends the command with all reasons."""
    try:
        loaded = config.load({**os.environ, **(overrides or {})})
        registry.of(loaded)  # a file of channels that is wrong is told before anything starts
        return loaded
    except config.ConfigError as error:
        raise click.ClickException(str(error)) from error


def fresh(home: Path, start: datetime, broker_url: str = "") -> tuple[Settings, FileClock]:
    """An empty embedded installation in `home` whose clock stands at `start`; with a broker's URL its bus is there.

    What an earlier demo left there is removed; a directory that is no demo home is refused.
    """
    if home.exists() and any(home.iterdir()):
        if not (home / _CLOCK).is_file():
            raise click.ClickException(f"不是演示目录，不清空 / not a demo home, left alone: {home}")
        shutil.rmtree(home)
    clock = FileClock(home / _CLOCK, start=start)
    alone = {f"HUIYIN_{name}": "" for name in ("BROKER_URL", "SECRET_KEY", "SMTP_URL", "CHANNELS", "FILES", "CLAMD")}
    databases = {f"HUIYIN_{name}_DATABASE_URL": "" for name in ("INTAKE", "WORKFLOW", "NOTIFY")}
    if broker_url:
        alone |= {"HUIYIN_BROKER_URL": broker_url, "HUIYIN_SECRET_KEY": secrets.token_urlsafe(48)}
    place = {"HUIYIN_HOME": str(home), "HUIYIN_CLOCK": f"file:{home.absolute() / _CLOCK}"}
    return settings({**alone, **databases, **place}), clock
