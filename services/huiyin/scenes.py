"""Where a walk takes place: a fresh embedded installation with a package, a directory and a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml

from services.common import logs
from services.common.clock import FileClock
from services.common.config import Settings
from services.huiyin import casts, homes, settling, troupes
from services.huiyin.casts import Cast
from services.huiyin.clients import Client
from services.huiyin.embedded import Installation
from services.intake import accounts
from services.intake import seed as intake_seed
from services.workflow import packages, scenarios
from services.workflow import seed as workflow_seed
from services.workflow.packages import Package
from services.workflow.scenarios import Scenario

_DIRECTORY: Final = "directory.yaml"
_DEMO: Final = Path("yunting") / "demo" / "walk.yaml"


@dataclass(frozen=True, slots=True)
class Script:
    """All that a walk is made from. `forms` are suggestions by name, those of the scenario and others."""

    scenario: Scenario
    package_dir: Path
    package: Package
    cast: Cast
    directory: Mapping[str, Any]
    forms: Mapping[str, Mapping[str, Any]]

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the package's times."""
        return ZoneInfo(self.package.zone)

    @property
    def start(self) -> datetime:
        """When the scenario begins."""
        return datetime.fromisoformat(self.scenario.at).replace(tzinfo=self.zone)


@dataclass(frozen=True, slots=True)
class Stage:
    """A running installation for a walk."""

    client: Client
    clock: FileClock
    installation: Installation


def script(settings: Settings, path: Path | None = None) -> Script:
    """Read a scenario (default: the demo's) with the directory and the suggestions that lie beside it.

    `given.package` names the package. Without a `directory.yaml` beside it the people are made up.
    Raises `scenarios.BadScenario` and `packages.BadPackage`.
    """
    path = path or settings.processes / _DEMO
    scenario = scenarios.load(path.read_bytes())
    locality, _, version = scenario.package.partition("-")
    package_dir = settings.processes / locality / version.partition(".")[0]
    package = packages.load(package_dir)
    if (path.parent / _DIRECTORY).exists():
        directory = yaml.safe_load((path.parent / _DIRECTORY).read_bytes())
        forms = _forms(path.parent / "matters.yaml")
    else:
        directory = troupes.invent(scenario, package)
        forms = {str(matter["matter_id"]): troupes.form(matter) for matter in scenario.matters}
    return Script(scenario, package_dir, package, casts.of(directory), directory, forms)


def _forms(path: Path) -> dict[str, Mapping[str, Any]]:
    if not path.exists():
        return {}
    return {str(one["id"]): one for one in yaml.safe_load(path.read_bytes())["matters"]}


@contextmanager
def stage(script: Script, home: Path, *, port: int | None = 0, broker_url: str = "") -> Iterator[Stage]:
    """A fresh installation in `home`, package published and directory loaded; `port` 0 takes any free one."""
    settings, clock = homes.fresh(home, script.start, broker_url)
    with (home / "huiyin.log").open("w", encoding="utf-8") as log, accounts.known_passwords():
        logs.setup(settings.log_level, "json", stream=log)
        installation = Installation(settings, port)
        try:
            with installation:
                client = Client(installation.url, script.cast.passwords)
                try:
                    furnish(script, installation)
                    settling.wait(client)
                    yield Stage(client, clock, installation)
                finally:
                    client.close()
        finally:
            logs.setup(settings.log_level, settings.log_format)  # the file is about to be closed


def furnish(script: Script, installation: Installation) -> None:
    """Publish the package and load the directory, as `huiyin init` does for a real one."""
    now = installation.clock.now()
    workflow_seed.publish(installation.engines["workflow"], script.package_dir, now)
    intake_seed.load(installation.engines["intake"], script.directory, now)
