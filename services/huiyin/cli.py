"""The command `huiyin`."""

from __future__ import annotations

import click
from sqlalchemy import Engine

from services.common import clock as clocks
from services.common import db
from services.common.clock import Clock
from services.huiyin import homes
from services.huiyin.commands import joining, playing, rehearsing, running, studying
from services.intake.cli import intake
from services.notify.cli import notify
from services.workflow import cli as workflow_cli


@click.group()
def main() -> None:
    """回音：件件有回音。Huiyin: every suggestion gets an answer."""


@click.group()
def workflow() -> None:
    """流程服务：版本与异常。Workflow: versions, incidents, audit."""


def _open_workflow() -> tuple[Engine, Clock]:
    settings = homes.settings()
    return db.connect(settings.databases["workflow"]), clocks.from_settings(settings)


joining.agency.add_command(rehearsing.simulate)
joining.agency.add_command(rehearsing.verify)
joining.agency.add_command(rehearsing.sandbox)
for command in workflow_cli.commands(_open_workflow):
    workflow.add_command(command)
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
    joining.agency,
    intake,
    workflow,
    notify,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
