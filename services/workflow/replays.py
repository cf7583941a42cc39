"""A log played row by row: each row under the version and the calendar it was logged under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from services.workflow import calendar_versions, chain, editions, versions
from services.workflow import engine as e
from services.workflow import tables as t


class Replay:
    """One case as its log makes it, `case` after the rows played so far (None before the first).

    `before` is the case as it stood before a migration that was the last row; `names` are the ids of elements that this
    row has changed, the old with the new. Whoever plays many logs hands the `bundles` he has met to all of them.
    """

    def __init__(self, conn: Connection, case_id: str, bundles: dict[str, e.Bundle] | None = None) -> None:
        self._conn, self._case_id = conn, case_id
        self._bundles = {} if bundles is None else bundles
        self.case: e.Case | None = None
        self.before: e.Case | None = None
        self.names: Mapping[str, str] = {}

    def play(self, row: Mapping[Any, Any]) -> Sequence[e.Effect]:
        """Play the next row of the log; what came of it. Raises `engine.EngineError`."""
        stimulus = stimulus_of(row)
        verb = e.changes_version(stimulus)
        calendar = calendar_versions.get(self._conn, row["calendar_version"])
        if self.case is None:
            self.case, effects = e.start(self._case_id, stimulus, self._bundle(row), calendar)
            return effects
        if self.case.calendar.version != calendar.version:
            self.case = e.load(self._case_id, e.dump(self.case), self.case.bundle, calendar)
        standing = self.case
        if verb == "migrate":
            self.case, effects = e.migrate(standing, stimulus, self._bundle(row))
            self.names = stimulus.data.get("map") or {}
        elif verb == "revert":
            self.case, effects = e.revert(standing, self.before, stimulus)
            self.names = {new: old for old, new in self.names.items()}
        else:
            effects, self.names = e.step(standing, stimulus), {}
        self.before = standing if verb == "migrate" else None
        return effects

    @property
    def standing(self) -> e.Case:
        """The case after the rows played so far; there must have been one."""
        if self.case is None:
            raise LookupError(self._case_id)
        return self.case

    def _bundle(self, row: Mapping[Any, Any]) -> e.Bundle:
        version = row["package_version"]
        if version not in self._bundles:
            self._bundles[version] = editions.get(self._conn, version, versions.diagrams(self._conn, version)).bundle
        return self._bundles[version]


def log(conn: Connection, case_id: str) -> Sequence[RowMapping]:
    """The stimulus log of a case, first row first."""
    statement = select(t.stimulus).where(t.stimulus.c.case_id == case_id).order_by(t.stimulus.c.seq)
    return conn.execute(statement).mappings().all()


def version_at(conn: Connection, case_id: str, seq: int) -> str | None:
    """The version a case ran under at a row of its log; None if there is no such row."""
    s = t.stimulus.c
    rows = conn.execute(select(s.seq, s.package_version).where(s.case_id == case_id))
    return {row.seq: row.package_version for row in rows}.get(seq)  # a number from an address may be of any size


def before_migration(conn: Connection, row: Mapping[Any, Any]) -> e.Case | None:
    """The case as it stood before the migration that is the last row of its log; None if that is something else."""
    rows = log(conn, row["id"])
    if not rows or rows[-1]["seq"] != row["seq"]:
        return None  # something has come in the same transaction
    replay = Replay(conn, row["id"])
    for entry in rows:
        replay.play(entry)
    return replay.before


def stimulus_of(row: Mapping[Any, Any]) -> e.Stimulus:
    """The stimulus a log row keeps."""
    data = chain.payload_of(bytes(row["payload"]))
    return e.Stimulus(kind=row["kind"], at=row["at"], actor=row["actor"], data=data)


def log_row(row: Mapping[Any, Any], stimulus: e.Stimulus, cause: str | None) -> dict[str, Any]:
    """The next log row of a case, sealed onto its chain."""
    entry: dict[str, Any] = {
        "case_id": row["id"],
        "seq": row["seq"] + 1,
        "kind": stimulus.kind,
        "at": stimulus.at,
        "actor": dict(stimulus.actor),
        "payload": chain.payload_bytes(stimulus.data),
        "cause": cause,
        "package_version": row["package_version"],
        "calendar_version": row["calendar_version"],
        "semantics": e.SEMANTICS,
    }
    return {**entry, "hash": chain.seal(entry, row["last_hash"])}
