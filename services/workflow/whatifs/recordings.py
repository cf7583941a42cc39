"""A case as it really went: its log, and what came of every stimulus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.workflow import engine as e
from services.workflow.tracks import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`answers` are the facts with which tasks were done, by task id, in their order; `forms` asked for them.

    `label` is how people call the case: the number of its matter.
    """

    case_id: str
    label: str
    process: str
    stimuli: Sequence[e.Stimulus]
    track: Track
    answers: Mapping[str, Mapping[str, Any]]
    forms: Mapping[str, Mapping[str, Any]]

    @property
    def path(self) -> tuple[str, ...]:
        """The tasks in the order in which they came."""
        return self.track.path

    @property
    def is_over(self) -> bool:
        """Whether the case has ended."""
        return self.track.outcome is not None

    def unreached(self, at: datetime) -> dict[str, Any]:
        """Which units were not reached when a timer rang at this very instant, as its stimulus said."""
        said = (one.data.get("unreached") for one in self.stimuli if one.kind == "timer" and one.at == at)
        found = next(filter(None, said), None)
        return {"unreached": found} if found else {}


def record(
    case_id: str,
    log: Sequence[tuple[e.Stimulus, Sequence[e.Effect]]],
    forms: Mapping[str, Mapping[str, Any]],
    label: str = "",
) -> Recording:
    """A case by its log, each stimulus with what came of it, and the forms that asked for all its answers.

    What was done before a migration is known by the element ids of the version the case has now.
    """
    track, stimuli = Track(), [stimulus for stimulus, _ in log]
    before: dict[str, str] = {}
    for stimulus, effects in log:
        verb = e.changes_version(stimulus)
        if verb == "migrate":
            before, names = {key: task.element for key, task in track.tasks.items()}, stimulus.data.get("map") or {}
            track.rename({key: names.get(element, element) for key, element in before.items()})
        elif verb == "revert":
            track.rename(before)
        track.fold(effects, stimulus.at)
    return Recording(
        case_id=case_id,
        label=label or case_id,
        process=str(stimuli[0].data["process"]),
        stimuli=stimuli,
        track=track,
        forms=forms,
        answers={str(one.data["task"]): one.data.get("data") or {} for one in stimuli if one.kind == "complete_task"},
    )
