"""Several tasks done in one go, each by itself: a faulty answer keeps back no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from services.common.problems import Problem
from services.workflow import cases, edges, tasks

MOST: Final = 500
"""Tasks of one go; a session's handover is done in a few of them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to one task."""

    task_id: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has come of one answer: a stimulus with its warnings, or why not."""

    task_id: str
    problem: Problem | None
    stimulus: str | None = None
    warnings: Sequence[Mapping[str, str]] = ()


def complete(answers: Sequence[Answer], key: str) -> list[Outcome]:
    """Answer several tasks, each in a transaction of its own, in the order given.

    Under the same `key` the same answer to a task is given once, however often everything is sent.
    """
    return [_one(answer, key) for answer in answers]


def _one(answer: Answer, key: str) -> Outcome:
    speaker, asked = edges.speaker(), {"task": answer.task_id, "data": answer.data}

    def act(conn: Connection) -> cases.Applied:
        return tasks.complete(conn, answer.task_id, answer.data, speaker, edges.now())

    try:
        done = edges.once(f"{key}/{answer.task_id}" if key else "", asked, act, {})
        edges.demand(done.applied)
    except Problem as problem:
        return Outcome(answer.task_id, problem)
    return Outcome(answer.task_id, None, done.answer["stimulus"], done.answer.get("warnings") or ())
