"""Several tasks done in one go: a faulty answer keeps back no other.

Some share a transaction, each behind a savepoint of its own: a commit for each would cost more than the work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from services.common.problems import Problem
from services.workflow import cases, edges, store, tasks

MOST: Final = 500
"""Tasks of one go; a session's handover is done in a few of them."""
PORTION: Final = 50
"""Tasks of one transaction: the cases are locked for as long as these take."""


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
    """Answer several tasks in the order given, each with its own result.

    Under the same `key` the same answer to a task is given once, however often everything is sent.
    """
    found: list[Outcome] = []
    for start in range(0, len(answers), PORTION):
        portion = answers[start : start + PORTION]
        with edges.writing() as conn:
            store.lock_cases(conn, {tasks.case_of(answer.task_id) for answer in portion})
            found += [_one(conn, answer, key) for answer in portion]
    return found


def _one(conn: Connection, answer: Answer, key: str) -> Outcome:
    speaker, asked = edges.speaker(), {"task": answer.task_id, "data": answer.data}

    def act(conn: Connection) -> cases.Applied:
        return tasks.complete(conn, answer.task_id, answer.data, speaker, edges.now())

    try:
        done = edges.once_of_several(conn, f"{key}/{answer.task_id}" if key else "", asked, act)
        edges.demand(done.applied)
    except Problem as problem:
        return Outcome(answer.task_id, problem)
    return Outcome(answer.task_id, None, done.answer["stimulus"], done.answer.get("warnings") or ())
