"""What many trials say together: which differences, in how many cases, by how many days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from statistics import median
from typing import Any, Final

from services.workflow.whatifs.differences import Difference, Kind
from services.workflow.whatifs.recordings import Recording
from services.workflow.whatifs.trials import Trial

EXAMPLES: Final = 5
PATHS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """By how many days dates move: later is positive."""

    least: int
    median: float
    most: int


@dataclass(frozen=True, slots=True)
class Example:
    """A case, and how people call it."""

    case_id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One kind of difference at one element: in how many `cases`, how many `times`, with a few `examples`."""

    kind: Kind
    element: str
    name: str
    cases: int
    times: int
    days: Days | None
    fields: tuple[str, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The tasks of a case in their order, how many cases went this way, and how many would."""

    tasks: tuple[str, ...]
    was: int
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What would have become of the cases of `base` under `draft`; `skipped` could not be read from their logs."""

    base: str
    draft: str
    cases: int
    same: int
    skipped: tuple[str, ...]
    groups: tuple[Group, ...]
    paths: tuple[Path, ...]
    trials: tuple[Trial, ...]

    def as_dict(self) -> dict[str, Any]:
        """As plain data, per case and in sum."""
        return {
            "base": self.base,
            "draft": self.draft,
            "cases": self.cases,
            "same": self.same,
            "skipped": list(self.skipped),
            "groups": [asdict(group) for group in self.groups],
            "paths": [asdict(path) for path in self.paths],
            "trials": [_trial(trial) for trial in self.trials],
        }


def summarise(base: str, draft: str, trials: Sequence[Trial], skipped: Iterable[str] = ()) -> Report:
    """Put trials together."""
    return Report(
        base=base,
        draft=draft,
        cases=len(trials),
        same=sum(not trial.differences for trial in trials),
        skipped=tuple(skipped),
        groups=tuple(_groups(trials)),
        paths=tuple(_paths(trials)),
        trials=tuple(trials),
    )


def _groups(trials: Sequence[Trial]) -> list[Group]:
    """The most frequent first."""
    found: dict[tuple[Kind, str], list[tuple[Recording, Difference]]] = {}
    for trial in trials:
        for one in trial.differences:
            found.setdefault((one.kind, one.element), []).append((trial.recording, one))
    groups = [_group(kind, element, members) for (kind, element), members in found.items()]
    return sorted(groups, key=lambda group: (-group.cases, group.kind, group.element))


def _group(kind: Kind, element: str, members: Sequence[tuple[Recording, Difference]]) -> Group:
    cases = {recording.case_id: recording.label for recording, _ in members}
    shifts = [days for _, one in members if (days := _shift(one)) is not None]
    return Group(
        kind=kind,
        element=element,
        name=next((one.name for _, one in members if one.name), ""),
        cases=len(cases),
        times=len(members),
        days=Days(least=min(shifts), median=median(shifts), most=max(shifts)) if shifts else None,
        fields=tuple(dict.fromkeys(name for _, one in members for name in one.fields)),
        examples=tuple(Example(*case) for case in cases.items())[:EXAMPLES],
    )


def _shift(one: Difference) -> int | None:
    """By how many days a date has moved."""
    if one.kind != "date_changed" or one.was is None or one.now is None:
        return None
    return (date.fromisoformat(one.now) - date.fromisoformat(one.was)).days


def _paths(trials: Sequence[Trial]) -> list[Path]:
    """The ways that more or fewer cases would have gone, those with the greatest change first."""
    was = Counter(trial.recording.path for trial in trials)
    now = Counter(trial.path for trial in trials)
    changed = [Path(tasks=path, was=was[path], now=now[path]) for path in was | now if was[path] != now[path]]
    return sorted(changed, key=lambda path: (-abs(path.now - path.was), path.tasks))[:PATHS]


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "case_id": trial.recording.case_id,
        "label": trial.recording.label,
        "process": trial.recording.process,
        "path": list(trial.path),
        "outcome": trial.track.outcome,
        "differences": [asdict(one) for one in trial.differences],
    }
