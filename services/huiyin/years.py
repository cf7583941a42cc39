"""The demo year: a season played on a fresh embedded installation, by the people of the demo's directory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from services.common.config import Settings
from services.huiyin import programmes
from services.huiyin.phrases import Speech
from services.huiyin.programmes import Programme
from services.huiyin.rhythms import Rhythm
from services.huiyin.scenes import Script, Stage
from services.huiyin.seasons import Season
from services.intake import seed as intake_seed
from services.workflow import calendars
from services.workflow import seed as workflow_seed

_PROGRAMME: Final = "year.yaml"


@dataclass(frozen=True, slots=True)
class Year:
    """A programme, and a script whose stage begins with it and has no congress session yet."""

    programme: Programme
    script: Script


def load(settings: Settings, script: Script) -> Year:
    """The year of the demo, whose first suggestion goes the way of `script`. Raises `programmes.BadProgramme`."""
    programme = programmes.load(settings.processes / script.package.locality / "demo" / _PROGRAMME, script.scenario)
    opening = replace(
        script,
        scenario=replace(script.scenario, at=programme.begin),
        directory={**script.directory, "sessions": []},
    )
    return Year(programme, opening)


def season(
    year: Year, stage: Stage, *, away: frozenset[str] = frozenset(), wait: Callable[[datetime], None] = lambda _at: None
) -> Season:
    """The season on a stage of the year's script; `away` and `wait` as in `Season`."""
    script, programme = year.script, year.programme
    known = workflow_seed.calendar_files(script.package_dir.parent.parent / "calendars")
    calendar = calendars.parse(known[script.package.calendar])

    def put(session: Mapping[str, Any]) -> None:
        intake_seed.load(stage.installation.engines["intake"], {"sessions": [session]}, stage.clock.now())

    return Season(
        client=stage.client,
        cast=script.cast,
        clock=stage.clock,
        programme=programme,
        forms=script.forms,
        rhythm=Rhythm(calendar, programme.hours),
        speech=Speech(
            calendar=calendar,
            people=_by_id(script.directory["people"]),
            units=_by_id(script.directory["units"]),
            sessions=_by_id(programme.sessions),
            staff=_staff(script),
            words=programme.words,
        ),
        put_session=put,
        away=away,
        wait=wait,
    )


def _by_id(entries: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {str(entry["id"]): entry for entry in entries}


def _staff(script: Script) -> dict[str, dict[str, str]]:
    """The first holder of each role by unit."""
    found: dict[str, dict[str, str]] = {}
    for player in script.cast.players:
        for role, unit in player.roles:
            if unit is not None:
                found.setdefault(unit, {}).setdefault(role, player.name)
    return found
