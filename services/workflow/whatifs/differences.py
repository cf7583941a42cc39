"""In what a case would have gone another way, as data; the words are in `words`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from services.workflow.tracks import Limit, Task, Track
from services.workflow.whatifs.recordings import Recording

Kind = Literal[
    "task_added",
    "task_missing",
    "date_changed",
    "unit_changed",
    "answer_incomplete",
    "undecided",
    "unplaced",
    "left_open",
    "outcome_changed",
    "failed",
]
"""
* `task_added`: there is a task that the case did not have; `assumed` is the answer it was given, None while it is open
* `task_missing`: a task the case had is not there
* `date_changed`: a task or a deadline is due on another day
* `unit_changed`: a task is for another unit
* `answer_incomplete`: the form asks for fields that nobody has been asked for; `assumed` is what was put in
* `undecided`: a gateway depends on something that was assumed
* `unplaced`: something that happened has no place: a message, a record, an operator's act, an answer
* `left_open`: the case has ended, now it waits at this task
* `outcome_changed`, `failed`: how it ends; the engine's error
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`name` is what the diagram calls the element; `was` and `now` are codes, units or dates."""

    kind: Kind
    element: str
    name: str = ""
    unit: str | None = None
    was: str | None = None
    now: str | None = None
    fields: tuple[str, ...] = ()
    assumed: Mapping[str, Any] | None = None
    why: tuple[str, ...] = field(default=())


def compare(recording: Recording, track: Track, twins: Mapping[str, str]) -> Iterator[Difference]:
    """What the tracks tell apart; `twins` are the tasks of the recording with the ones they became."""
    for task in recording.track.tasks.values():
        if task.id not in twins:
            yield _about("task_missing", task)
            continue
        twin = track.tasks[twins[task.id]]
        if task.unit != twin.unit:
            yield _about("unit_changed", twin, was=task.unit, now=twin.unit)
        yield from _moved(twin, recording.track.due(task), track.due(twin))
    yield from _limits(recording.track, track)
    if recording.is_over:
        yield from _end(recording.track, track)


def _about(kind: Kind, task: Task, **more: Any) -> Difference:
    return Difference(kind=kind, element=task.element, name=task.name, unit=task.unit, **more)


def _moved(task: Task, was: Limit | None, now: Limit | None) -> Iterator[Difference]:
    dates = [limit.due.isoformat() if limit else None for limit in (was, now)]
    if dates[0] != dates[1]:
        yield _about("date_changed", task, was=dates[0], now=dates[1], why=now.why if now else ())


def _limits(was: Track, now: Track) -> Iterator[Difference]:
    """Deadlines that are no task's own: of a whole process, of a part of it."""
    old, new = _by_name(was), _by_name(now)
    for key in [key for key in old if key in new]:
        for before, after in zip(old[key], new[key], strict=False):
            if before.due != after.due:
                yield Difference(
                    kind="date_changed",
                    element=before.name,
                    unit=before.unit,
                    was=_text(before.due),
                    now=_text(after.due),
                    why=after.why,
                )


def _by_name(track: Track) -> dict[tuple[str, str | None], list[Limit]]:
    own = {task.deadline for task in track.tasks.values()}
    found: dict[tuple[str, str | None], list[Limit]] = {}
    for key, limit in track.limits.items():
        if key not in own:
            found.setdefault((limit.name, limit.unit), []).append(limit)
    return found


def _text(day: date) -> str:
    return day.isoformat()


def _end(was: Track, now: Track) -> Iterator[Difference]:
    if now.outcome is None:
        for task in now.tasks.values():
            if task.reason is None:
                yield _about("left_open", task)
    elif was.outcome != now.outcome:
        yield Difference(kind="outcome_changed", element=now.outcome, was=was.outcome, now=now.outcome)
