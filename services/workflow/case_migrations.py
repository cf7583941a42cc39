"""Running cases go over to another version of their package: first what would happen to each, then the same in earnest.

A case that cannot stand in the target stays where it is, with the reason. A running deadline is never shortened unless
that was agreed to. While nothing else has happened to a case, its migration can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Engine, select

from services.common import db
from services.common.problems import Problem
from services.workflow import cases, editions, replays, versions
from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.batches import Applied, Batch, Order
from services.workflow.problems import refusal, words_for
from services.workflow.shifts import Shift

AT_ONCE: Final = 50
"""Cases that go over in one transaction."""
_c = t.case_.c
ELSEWHERE: Final = frozenset({"no_such_case", "case_finished", "other_version"})
"""Why a case is none of those a plan is about."""
_ACTS: Final = (e.TaskOpened, e.TaskClosed, e.Sent, e.CaseStarted, e.Recorded, e.Milestone, e.Noticed, e.Finished)
_NOTHING: Final = {"matter_id": "", "process": "", "status": "", "matter_no": None, "title": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """From which version to which: `names` are old element ids with their new ones.

    Running deadlines keep their dates, or with `recompute` get those of the target; `shorten` agrees to earlier ones.
    """

    source: str
    target: str
    names: Mapping[str, str] = field(default_factory=dict)
    recompute: bool = False
    shorten: bool = False

    @property
    def facts(self) -> dict[str, Any]:
        """What the stimulus says."""
        dates = "recompute" if self.recompute else "keep"
        return {"verb": "migrate", "version": self.target, "map": dict(self.names), "dates": dates}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a migration does to one case, or why it does not go over: `code` and the `elements` concerned.

    `standing` are the elements its tokens are in, `tasks` the open tasks that change, by their names in the target;
    `opened` are those that begin at once. A case that `goes_on` at once cannot be taken back.
    """

    case_id: str
    matter_id: str
    matter_no: str | None
    title: str
    process: str
    standing: tuple[str, ...] = ()
    code: str = ""
    elements: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    goes_on: bool = False
    shifts: tuple[Shift, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As plain data, with the reason in words."""
        reason, reason_en = words_for(self.code) if self.code else ("", "")
        shifts = [one.as_dict() for one in self.shifts]
        return {**asdict(self), "reason": reason, "reason_en": reason_en, "shifts": shifts}


def targets(conn: Connection, row: Mapping[Any, Any]) -> list[str]:
    """The versions in force to which cases of a version can go, the newest first."""
    same = (one for one in versions.list_(conn) if one["locality"] == row["locality"] and one["status"] == "active")
    return [one["version"] for one in same if one["version"] != row["version"]]


def check(conn: Connection, plan: Plan) -> None:
    """Raise `Problem` no_such_version, or bad_target where cases cannot go."""
    row = versions.get(conn, plan.source)
    if row is None or versions.get(conn, plan.target) is None:
        raise Problem("no_such_version", 404)
    if plan.target not in targets(conn, row):
        raise Problem("bad_target", 409, version=plan.target)


def unnamed(conn: Connection, plan: Plan) -> list[str]:
    """The elements whose work others check in the source, and of which the target knows nothing under the plan's names.

    Unless they are named, whoever did them may do the check himself in the target.
    """
    known = _edition(conn, plan.target).bundle.variables
    return sorted(one for one in _edition(conn, plan.source).bundle.checked if plan.names.get(one, one) not in known)


def waiting(conn: Connection, version: str, *, skip: int = 0, limit: int | None = None) -> list[str]:
    """The ids of the running cases of a version, the oldest first."""
    query = select(_c.id).where(_c.package_version == version, _c.status == "running")
    return list(conn.execute(query.order_by(_c.started_at, _c.id).offset(skip).limit(limit)).scalars())


def look_at(engine: Engine, plan: Plan, ids: Sequence[str] | None, now: datetime) -> list[Outcome]:
    """What would become of any number of cases, without `ids` of all that run. Raises `Problem` as `check`."""
    found: list[Outcome] = []
    for part in _parts(engine, plan, ids):
        with db.read(engine) as conn:
            found += look(conn, plan, part, now)
    return found


def carry_out(
    engine: Engine, plan: Plan, ids: Sequence[str] | None, actor: Mapping[str, Any], now: datetime
) -> list[Outcome]:
    """Bring any number of cases over, without `ids` all that run; fifty share a transaction. Raises as `check`."""
    found: list[Outcome] = []
    for part in _parts(engine, plan, ids):
        with db.begin(engine) as conn:
            found += run(conn, plan, part, actor, now)
    return found


def _parts(engine: Engine, plan: Plan, ids: Sequence[str] | None) -> list[Sequence[str]]:
    """The cases in lots of one transaction each; at least one lot, so that a plan is always checked."""
    if ids is None:
        with db.read(engine) as conn:
            ids = waiting(conn, plan.source)
    return [ids[first : first + AT_ONCE] for first in range(0, max(len(ids), 1), AT_ONCE)]


def look(conn: Connection, plan: Plan, ids: Sequence[str], now: datetime) -> list[Outcome]:
    """What would become of each of these cases; nothing is written. Raises `Problem` as `check`."""
    check(conn, plan)
    target = _edition(conn, plan.target)
    return [_judge(partial(cases.live_state, conn), row, plan, target, now) for row in _rows(conn, ids)]


def run(conn: Connection, plan: Plan, ids: Sequence[str], actor: Mapping[str, Any], now: datetime) -> list[Outcome]:
    """Bring these cases over, each for itself, in the caller's transaction. Raises `Problem` as `check`."""
    check(conn, plan)
    batch, target = Batch(conn), _edition(conn, plan.target)
    batch.hold(ids)
    found = [_go(batch, row, plan, target, actor, now) for row in _rows(conn, ids)]
    batch.close(now)
    return found


def _go(
    batch: Batch,
    row: Mapping[Any, Any],
    plan: Plan,
    target: editions.Edition,
    actor: Mapping[str, Any],
    now: datetime,
) -> Outcome:
    if not _stays(row, plan):
        batch.catch_up(row["id"], now)
    outcome = _judge(batch.look, row, plan, target, now)
    if outcome.code:
        return outcome
    stimulus = e.Stimulus(kind="operator", at=now, actor=dict(actor), data=plan.facts)
    applied = batch.run(Order(case_id=row["id"], stimulus=stimulus))
    return outcome if applied.incident is None else _refused(row, outcome.standing, "incident", ())


def revert(conn: Connection, case_id: str, actor: Mapping[str, Any], now: datetime) -> Applied:
    """Take back the migration that was the last thing that happened to a case.

    Raises `Problem` not_found, nothing_to_revert or migration_acted.
    """
    if cases.get(conn, case_id) is None:
        raise Problem("not_found", 404)
    batch = Batch(conn)
    batch.hold([case_id])
    batch.catch_up(case_id, now)
    version = version_before(replays.log(conn, case_id))
    if version is None:
        raise Problem("nothing_to_revert", 409)
    facts = {"verb": "revert", "version": version}
    stimulus = e.Stimulus(kind="operator", at=now, actor=dict(actor), data=facts)
    try:
        applied = batch.run(Order(case_id=case_id, stimulus=stimulus))
    except e.Unexpected as error:
        raise refusal(error.code) from error
    batch.close(now)
    return applied


def version_before(log: Sequence[Mapping[Any, Any]]) -> str | None:
    """The version a case was migrated from by the last row of its log; None if that row is something else."""
    if len(log) < 2 or e.changes_version(replays.stimulus_of(log[-1])) != "migrate":
        return None
    return str(log[-2]["package_version"])


def _rows(conn: Connection, ids: Sequence[str]) -> list[Mapping[Any, Any]]:
    """The cases with their matters, the oldest first; of what is no case only the id."""
    own = (_c.id, _c.matter_id, _c.process, _c.package_version, _c.status)
    query = select(*own, t.matter.c.matter_no, t.matter.c.title).join(t.matter, t.matter.c.matter_id == _c.matter_id)
    found = conn.execute(query.where(_c.id.in_(ids)).order_by(_c.started_at, _c.id)).mappings().all()
    known = {row["id"] for row in found}
    return [*found, *({**_NOTHING, "id": key} for key in dict.fromkeys(ids) if key not in known)]


def _stays(row: Mapping[Any, Any], plan: Plan) -> str:
    """Why a case is none of those the plan is about; empty if it is one."""
    if not row["status"]:
        return "no_such_case"
    if row["status"] != "running":
        return "case_finished"
    return "" if row["package_version"] == plan.source else "other_version"


def _edition(conn: Connection, version: str) -> editions.Edition:
    return editions.get(conn, version, versions.diagrams(conn, version))


def _judge(
    live_of: Callable[[str], e.Case], row: Mapping[Any, Any], plan: Plan, target: editions.Edition, now: datetime
) -> Outcome:
    if code := _stays(row, plan):
        return _refused(row, (), code, ())
    standing: tuple[str, ...] = ()
    try:
        live = live_of(row["id"])
        standing = tuple(e.standing(live))
        stimulus = e.Stimulus(kind="operator", at=now, actor={}, data=plan.facts)
        after, effects = e.migrate(live, stimulus, target.bundle)
    except e.EngineError as error:
        elements = error.detail.split(", ") if error.code.startswith("migration_") else [error.element]
        return _refused(row, standing, error.code, tuple(filter(None, elements)))
    shifts = _shifts(live, after, target)
    if any(shift.earlier for shift in shifts) and not plan.shorten:
        return _refused(row, standing, "deadline_shortened", (), shifts)
    tasks = tuple(effect.name for effect in effects if isinstance(effect, e.TaskMigrated))
    opened = tuple(effect.name for effect in effects if isinstance(effect, e.TaskOpened))
    goes_on = any(isinstance(effect, _ACTS) for effect in effects)
    return Outcome(**_about(row), standing=standing, tasks=tasks, opened=opened, goes_on=goes_on, shifts=shifts)


def _refused(
    row: Mapping[Any, Any],
    standing: tuple[str, ...],
    code: str,
    elements: tuple[str, ...],
    shifts: tuple[Shift, ...] = (),
) -> Outcome:
    return Outcome(**_about(row), standing=standing, code=code, elements=elements, shifts=shifts)


def _about(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {"case_id": row["id"], **{name: row[name] for name in ("matter_id", "matter_no", "title", "process")}}


def _shifts(before: e.Case, after: e.Case, edition: editions.Edition) -> tuple[Shift, ...]:
    """The deadlines that are not due when they were; one that begins where its like ends goes on for people."""
    found = []
    begun = {key: one for key, one in after.deadlines.items() if key not in before.deadlines}
    for key, was in before.deadlines.items():
        like = [other for other, one in begun.items() if (one["name"], one["unit"]) == (was["name"], was["unit"])]
        now = after.deadlines.get(key) or (begun.pop(like[0]) if like else None)
        found.append(_shift(key, was, now, edition))
    found += [_shift(key, None, one, edition) for key, one in begun.items()]
    return tuple(shift for shift in found if shift.was != shift.now)


def _shift(key: str, was: Mapping[str, Any] | None, now: Mapping[str, Any] | None, edition: editions.Edition) -> Shift:
    about = was or now or {}
    return Shift(
        deadline_id=key,
        name=about["name"],
        label=edition.label("deadline", about["name"]),
        unit=about["unit"],
        was=_due(was),
        now=_due(now),
        why=tuple(now["why"]) if now else (),
        why_en=tuple(now["why_en"]) if now else (),
    )


def _due(deadline: Mapping[str, Any] | None) -> date | None:
    return date.fromisoformat(deadline["due"]) if deadline is not None else None
