"""The scenarios of a draft, played on the bare engine: what comes out, and which line of which file says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from services.workflow import calendar_versions, scenarios
from services.workflow.engine import compile_bundle
from services.workflow.packages import Package
from services.workflow.scenarios import BadScenario, Failure


@dataclass(frozen=True, slots=True)
class Trial:
    """One scenario: its file and titles, how many steps it took, and what did not come as it says."""

    file: str
    title: str
    title_en: str
    steps: int
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came as the scenario says."""
        return not self.failures


def run(conn: Connection, package: Package) -> list[Trial]:
    """Play every scenario; raises `engine.Refused` when the package cannot be executed, `Problem` no_calendar."""
    return list(_play(conn, package))


def _play(conn: Connection, package: Package) -> Iterator[Trial]:
    bundle = compile_bundle(package.files, package.settings)
    calendar = calendar_versions.get(conn, calendar_versions.newest(conn, package.calendar))
    for name in package.under("scenarios", ".yaml"):
        try:
            scenario = scenarios.load(package.files[name])
        except BadScenario as bad:
            yield Trial(name, "", "", 0, (Failure(0, f"场景写得不对：{bad}", f"not a scenario: {bad}"),))
            continue
        result = scenarios.run(scenario, bundle, calendar, package.entries)
        yield Trial(name, scenario.title, scenario.title_en, len(result.steps), result.failures)
