"""The recorded cases of a version, read from their logs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlalchemy import Connection, RowMapping, select

from services.workflow import calendar_versions, editions
from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.packages import Package
from services.workflow.replays import Replay, stimulus_of
from services.workflow.whatifs.recordings import Recording, record
from services.workflow.whatifs.reports import Report, summarise
from services.workflow.whatifs.trials import Trial, try_out

AT_ONCE = 100
"""Cases whose logs are read together."""


def play(conn: Connection, version: str, draft: Package, *, limit: int | None = None) -> Report:
    """Let the cases of a version run under a draft, the latest `limit` of them; nothing is written.

    Raises `engine.Refused` for a draft that cannot be executed.
    """
    bundle = e.compile_bundle(draft.files, draft.settings)
    trials: list[Trial] = []
    bundles: dict[str, e.Bundle] = {}
    skipped: list[str] = []
    for row, log in _logs(conn, version, limit):
        calendar = calendar_versions.get(conn, row["calendar_version"])
        try:
            trials.append(try_out(_recording(conn, row, log, bundles), bundle, calendar))
        except e.EngineError:
            skipped.append(row["id"])  # today's engine cannot follow its own log: `audit` says more
    return summarise(version, draft.version, trials, skipped)


def _recording(conn: Connection, row: RowMapping, log: Sequence[RowMapping], bundles: dict[str, e.Bundle]) -> Recording:
    replay = Replay(conn, row["id"], bundles)
    played = [(stimulus_of(entry), replay.play(entry)) for entry in log]
    e.dissolve(replay.standing)
    is_one = all(entry["package_version"] == row["package_version"] for entry in log)
    forms = editions.get(conn, row["package_version"]).bundle.forms if is_one else {}  # others may have asked, too
    return record(row["id"], played, forms, row["matter_no"] or "")


def _logs(conn: Connection, version: str, limit: int | None) -> Iterator[tuple[RowMapping, list[RowMapping]]]:
    """The latest cases with their logs, the oldest of them first."""
    c = t.case_.c
    columns = (c.id, c.package_version, c.calendar_version)
    query = (
        select(*columns, t.matter.c.matter_no)
        .join(t.matter, t.matter.c.matter_id == c.matter_id)
        .where(c.package_version == version)
        .order_by(c.started_at.desc(), c.id.desc())
    )
    rows = conn.execute(query if limit is None else query.limit(limit)).mappings().all()[::-1]
    for first in range(0, len(rows), AT_ONCE):
        part = rows[first : first + AT_ONCE]
        by_id = _rows(conn, [row["id"] for row in part])
        yield from ((row, by_id[row["id"]]) for row in part)


def _rows(conn: Connection, ids: Sequence[str]) -> dict[str, list[RowMapping]]:
    s = t.stimulus
    rows = conn.execute(select(s).where(s.c.case_id.in_(ids)).order_by(s.c.case_id, s.c.seq)).mappings().all()
    return {key: list(group) for key, group in groupby(rows, lambda row: str(row["case_id"]))}
