"""A case as it stands: the last snapshot of its state, and the rows its log has had since.

An ordinary state is written anew by every step. A large one, of a case with hundreds of co-handlers at work, would cost
more than the step itself: it is written now and then, and what has come since is played when the case is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select

from services.workflow import calendar_versions, editions, replays
from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.calendars import Calendar

LARGE: Final = 64_000
"""Bytes of a state that is not written by every step."""
EVERY: Final = 8
"""Rows of the log after which a large state is written again."""


def is_due(size: int, rows: int, case: e.Case, stimulus: e.Stimulus) -> bool:
    """Whether the state is to be written after a step; it had `size` bytes when it was written, `rows` rows ago.

    It is wherever the next rows are played under another package or calendar than those before, and at the end.
    """
    return size < LARGE or rows >= EVERY or case.is_finished or _changes_ground(stimulus)


def _changes_ground(stimulus: e.Stimulus) -> bool:
    if e.changes_version(stimulus):
        return True
    return stimulus.kind == "operator" and stimulus.data.get("verb") == "calendar"


def tail(conn: Connection, case_id: str, after: int, until: int) -> Sequence[RowMapping]:
    """The rows of a case's log after the one its snapshot was made by, up to the last one that counts."""
    if after >= until:
        return []
    s = t.stimulus.c
    statement = select(t.stimulus).where(s.case_id == case_id, s.seq > after, s.seq <= until)
    return conn.execute(statement.order_by(s.seq)).mappings().all()


def play(case: e.Case, rows: Iterable[Mapping[Any, Any]]) -> e.Case:
    """The case after these rows, all of one package and calendar; raises `engine.EngineError`."""
    for row in rows:
        try:
            e.step(case, replays.stimulus_of(row))
        except e.Unexpected as error:
            raise e.EngineError("state_damaged", detail=f"{case.case_id}.{row['seq']}: {error.code}") from error
    return case


def load(conn: Connection, row: Mapping[Any, Any]) -> e.Case:
    """The case of a row that has its `state` and the `diagrams` of its version; raises `engine.EngineError`."""
    edition = editions.get(conn, row["package_version"], row["diagrams"])
    calendar = calendar_versions.get(conn, row["calendar_version"])
    case = e.load(row["id"], bytes(row["state"]), edition.bundle, calendar)
    return play(case, tail(conn, row["id"], row["state_seq"], row["seq"]))


def under(case: e.Case, calendar: Calendar) -> e.Case:
    """The same case, counting by this version of its calendar from now on."""
    if case.calendar.version == calendar.version:
        return case
    return e.load(case.case_id, e.dump(case), case.bundle, calendar)
