"""Cases move only by a step: lock, load, step, write state, log, projections and messages, commit.

    apply(conn, case_id, stimulus) -> Applied

Everything happens inside the caller's transaction; when the engine refuses to go on, the stimulus becomes an
incident and nothing else is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from services.common.problems import Problem
from services.workflow import (
    calendar_versions,
    chain,
    editions,
    incidents,
    matters,
    replays,
    snapshots,
    store,
    versions,
)
from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.batches import Applied, Batch, Order, UnknownCase
from services.workflow.problems import refusal

__all__ = ["Applied", "Begin", "Order", "UnknownCase", "apply", "apply_all", "get", "replay", "retry", "start"]


def apply(
    conn: Connection,
    case_id: str,
    stimulus: e.Stimulus,
    *,
    cause: str | None = None,
    texts: Mapping[str, str] | None = None,
) -> Applied:
    """Carry out one stimulus on one case, after whatever timers were due before it.

    Raises `UnknownCase`, and `engine.Unexpected` when the stimulus does not fit the state (nothing changed).
    """
    order = Order(case_id=case_id, stimulus=stimulus, cause=cause, texts=texts or {})
    return apply_all(conn, [order])[0]


def apply_all(conn: Connection, orders: Sequence[Order]) -> list[Applied]:
    """Carry out several stimuli, written together; see `apply`."""
    batch = Batch(conn)
    batch.hold({order.case_id for order in orders})
    applied = [batch.run(order) for order in orders]
    batch.close(max(order.stimulus.at for order in orders))
    return applied


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """A case to be started: `process`, or the one the package starts with the message `entry`.

    Without `package_version` it takes the version of its matter's session.
    """

    matter_id: str
    process: str | None = None
    entry: str = "matter.submitted"
    package_version: str | None = None
    vars: Mapping[str, Any] = field(default_factory=dict)
    parent: str | None = None
    actor: Mapping[str, Any] = field(default_factory=dict)
    cause: str | None = None


def start(
    conn: Connection,
    wish: Begin,
    at: datetime,
    *,
    incident: int | None = None,
    texts: Mapping[str, str] | None = None,
) -> Applied:
    """Start a case of a known matter; `texts` are those just split from its variables.

    Raises `Problem` unknown_matter, no_version or no_process.
    """
    matter = _known(conn, wish.matter_id)
    version = wish.package_version or _version(conn, wish, matter, at)
    diagrams = versions.diagrams(conn, version)
    edition = editions.get(conn, version, diagrams)
    process = wish.process or edition.entry(wish.entry)
    case_id = f"{wish.matter_id}-{store.next_case_number(conn, wish.matter_id)}"
    calendar = calendar_versions.newest(conn, edition.package.calendar)
    row = {**_new_row(case_id, matter, process, version, calendar, wish, at), "diagrams": diagrams}
    facts = {**matters.facts(matter, edition.package.keywords), **matters.group(conn, matter)}
    data = {"process": process, "matter": facts, "vars": dict(wish.vars)}
    stimulus = e.Stimulus(kind="start", at=at, actor=dict(wish.actor), data=data)
    batch = Batch(conn)
    order = Order(case_id=case_id, stimulus=stimulus, cause=wish.cause, texts=texts or {}, incident=incident)
    applied = batch.begin(row, order, wish.vars)
    batch.close(at)
    return applied


def has_entry(conn: Connection, matter_id: str, message: str, at: datetime) -> bool:
    """Whether the package a new case of the matter takes starts a process with this message.

    Raises `Problem` unknown_matter or no_version.
    """
    version = versions.for_matter(conn, _known(conn, matter_id), at)
    return message in editions.get(conn, version).package.entries


def _version(conn: Connection, wish: Begin, matter: RowMapping, at: datetime) -> str:
    """The matter's version; where it lacks a process that a case asks for, the version of that case."""
    version = versions.for_matter(conn, matter, at)
    if wish.parent is None or wish.process in editions.get(conn, version).bundle.specs:
        return version
    return str(conn.execute(select(t.case_.c.package_version).where(t.case_.c.id == wish.parent)).scalar_one())


def _known(conn: Connection, matter_id: str) -> RowMapping:
    matter = matters.get(conn, matter_id)
    if matter is None:
        raise Problem("unknown_matter", 404)
    return matter


def _new_row(
    case_id: str,
    matter: RowMapping,
    process: str,
    version: str,
    calendar: str,
    wish: Begin,
    at: datetime,
) -> dict[str, Any]:
    return {
        "id": case_id,
        "matter_id": matter["matter_id"],
        "matter_no": matter["matter_no"],
        "title": matter["title"],
        "process": process,
        "package_version": version,
        "calendar_version": calendar,
        "semantics": e.SEMANTICS,
        "status": "running",
        "outcome": None,
        "state_name": None,
        "seq": 0,
        "state_seq": 0,
        "last_hash": chain.GENESIS,
        "last_at": at,
        "next_due_at": None,
        "parent_case_id": wish.parent,
        "started_at": at,
        "ended_at": None,
    }


def retry(conn: Connection, number: int, by: str, now: datetime) -> Applied:
    """Carry out an incident's stimulus again, at its original time; a new failure counts one more attempt.

    One whose task or timer is over is closed without, and has neither `seq` nor `incident`. Raises `Problem` not_found
    or incident_closed, and `engine.Unexpected` when the case has moved on.
    """
    row = incidents.lock(conn, number)
    if row is None:
        raise Problem("not_found", 404)
    if row["state"] != "open":
        raise Problem("incident_closed", 409)
    if incidents.is_past(conn, row):
        incidents.resolve(conn, number, by, now)
        return Applied(case_id=row["case_id"], seq=None)
    applied = _retry_start(conn, row) if row["start"] is not None else _retry_step(conn, row)
    if applied.incident is None:
        incidents.resolve(conn, number, by, now)
    return applied


def _retry_start(conn: Connection, row: RowMapping) -> Applied:
    stimulus = incidents.stimulus_of(row)
    wish = Begin(**row["start"], actor=stimulus.actor, cause=row["cause"])
    return start(conn, wish, stimulus.at, incident=row["id"])


def _retry_step(conn: Connection, row: RowMapping) -> Applied:
    batch = Batch(conn)
    batch.hold([row["case_id"]])
    stimulus = incidents.stimulus_of(row)
    order = Order(case_id=row["case_id"], stimulus=stimulus, cause=row["cause"], incident=row["id"])
    applied = batch.run(order)
    if row["timer_id"] is not None and applied.incident is None:
        batch.changes.clear_timer(row["timer_id"])
    batch.close(stimulus.at)
    return applied


def operate(
    conn: Connection, case_id: str, data: Mapping[str, Any], actor: Mapping[str, Any], now: datetime
) -> Applied:
    """An operator's verb on a case as a whole, e.g. {"verb": "calendar"}: adopt the newest calendar.

    A running deadline is brought forward only if `shorten` says so.

    Raises `Problem` not_found or not_expected.
    """
    case = get(conn, case_id)
    if case is None:
        raise Problem("not_found", 404)
    facts = dict(data)
    if facts.get("verb") == "calendar":
        package = editions.get(conn, case["package_version"]).package
        facts.setdefault("calendar", calendar_versions.newest(conn, package.calendar))
        if calendar_versions.get(conn, str(facts["calendar"])).id != package.calendar:
            raise Problem("no_calendar", 409, calendar=package.calendar)
        facts.setdefault("shorten", False)
    stimulus = e.Stimulus(kind="operator", at=now, actor=dict(actor), data=facts)
    try:
        return apply(conn, case_id, stimulus)
    except e.Unexpected as error:
        raise refusal(error.code) from error


def get(conn: Connection, case_id: str) -> RowMapping | None:
    """The case's row without its state, or None."""
    columns = [column for column in t.case_.c if column.name != "state"]
    return conn.execute(select(*columns).where(t.case_.c.id == case_id)).mappings().one_or_none()


def of_matter(conn: Connection, matter_id: str) -> Sequence[RowMapping]:
    """All cases of a matter in the order of their start, without state."""
    columns = [column for column in t.case_.c if column.name != "state"]
    statement = select(*columns).where(t.case_.c.matter_id == matter_id).order_by(t.case_.c.started_at)
    return conn.execute(statement).mappings().all()


def live_state(conn: Connection, case_id: str) -> e.Case:
    """The case as its stored state says, for reading; raises `UnknownCase`."""
    return _stored(conn, case_id)[1]


def _stored(conn: Connection, case_id: str) -> tuple[int, e.Case]:
    """The number of the last row of a case's log, with the state that belongs to it."""
    c = t.case_.c
    statement = select(t.case_, t.package_version.c.diagrams)
    joined = statement.join(t.package_version, t.package_version.c.version == c.package_version)
    found = conn.execute(joined.where(c.id == case_id)).mappings().one_or_none()
    if found is None:
        raise UnknownCase(case_id)
    return found["seq"], snapshots.load(conn, found)


def replay(conn: Connection, case_id: str) -> bool:
    """Whether the log, played from the start, gives the state that is stored (compared in canonical form).

    What somebody adds to the log meanwhile is left out: PostgreSQL shows it to every statement that comes later.
    """
    last, stored = _stored(conn, case_id)
    played = replays.Replay(conn, case_id)
    for row in replays.log(conn, case_id):
        if row["seq"] <= last:
            played.play(row)
    return e.digest(stored) == e.digest(played.standing)
