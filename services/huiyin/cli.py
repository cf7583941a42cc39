"""The command `huiyin`."""

from __future__ import annotations

import click

from services.huiyin.commands import playing, running, studying
from services.intake.cli import intake
from services.notify.cli import notify


@click.group()
def main() -> None:
    """回音:件件有回音。Huiyin: every suggestion gets an answer."""


for command in (
    running.up,
    running.run,
    running.migrate,
    running.init,
    running.health,
    playing.demo,
    playing.walk,
    studying.process,
    studying.deadline,
    intake,
    notify,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
