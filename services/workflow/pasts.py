"""The time machine: how a case stood at an instant, from playing its log up to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from services.common.problems import Problem
from services.workflow import chain, replays
from services.workflow import engine as e
from services.workflow.tracks import Holder, Limit, Task, Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A task that was open, who had it, and its deadline."""

    task: Task
    holder: Holder
    limit: Limit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A case after row `seq` of its log, which came at `at`, under `version`; `rows` is how long the log is today.

    `done` are the elements that had been passed.
    """

    seq: int
    at: datetime
    version: str
    rows: int
    case: e.Case
    track: Track
    done: frozenset[str]

    @property
    def standing(self) -> list[str]:
        """The elements in which tokens stood."""
        return e.standing(self.case)

    @property
    def state_name(self) -> str:
        """The last milestone."""
        return self.track.states[-1] if self.track.states else ""

    @property
    def waiting(self) -> list[Waiting]:
        """The tasks that were open, the oldest first."""
        track = self.track
        return [
            Waiting(task=task, holder=track.holders[task.id], limit=track.due(task))
            for task in track.tasks.values()
            if task.reason is None
        ]


def look(conn: Connection, case: Mapping[Any, Any], *, at: datetime | None = None, seq: int | None = None) -> Past:
    """How a case stood at an instant or after a row of its log; before its beginning, at its beginning.

    Raises `Problem` past_unreadable where the log was changed or today's engine cannot follow it.
    """
    log = replays.log(conn, case["id"])
    rows = [row for row in log if _is_before(row, at, seq)] or log[:1]
    broken = chain.first_broken(log)
    if broken is not None and rows[-1]["seq"] >= broken:
        raise Problem("past_unreadable", 409)
    try:
        return _play(conn, case["id"], rows, len(log))
    except e.EngineError as error:
        raise Problem("past_unreadable", 409) from error


def _is_before(row: Mapping[Any, Any], at: datetime | None, seq: int | None) -> bool:
    if seq is not None:
        return bool(row["seq"] <= seq)
    return at is None or bool(row["at"] <= at)


def _play(conn: Connection, case_id: str, rows: Sequence[Any], total: int) -> Past:
    track, done, replay = Track(), set[str](), replays.Replay(conn, case_id)
    for row in rows:
        track.fold(replay.play(row), row["at"])
        done = {replay.names.get(element, element) for element in done}.union(replay.standing.way)
    last = rows[-1]
    return Past(
        seq=last["seq"],
        at=last["at"],
        version=last["package_version"],
        rows=total,
        case=replay.standing,
        track=track,
        done=frozenset(done),
    )
