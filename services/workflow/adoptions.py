"""Running cases adopt a new version of their calendar, many at once: looked at first, then done, told case by case.

What is shown beforehand is the real stimulus played on a copy that is thrown away. Every case adopts, also one whose
dates stay: what it has due later is counted by the new version too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, RowMapping, func, select

from services.common import db
from services.workflow import calendar_versions, editions, problems, snapshots
from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.batches import Applied, Batch, Order
from services.workflow.shifts import Shift

MOST: Final = 500
"""Cases looked at or changed by one request."""
TOGETHER: Final = 100
"""Cases that share a transaction."""
_case, _version = t.case_.c, t.calendar_version.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the new calendar means for a case: deadlines that shift, deadlines that stay and are no longer provisional.

    `problem` says in two languages why the case cannot adopt it.
    """

    case_id: str
    matter_id: str
    matter_no: str | None
    title: str
    shifts: tuple[Shift, ...] = ()
    confirmed: int = 0
    problem: tuple[str, str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON-ready mapping."""
        return {**asdict(self), "shifts": [one.as_dict() for one in self.shifts]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a case: the stimulus in its log, or why there is none; deadlines moved, kept or sure."""

    case_id: str
    matter_no: str | None
    title: str
    stimulus: str | None = None
    moved: int = 0
    kept: int = 0
    confirmed: int = 0
    problem: tuple[str, str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON-ready mapping."""
        return asdict(self)


def count(conn: Connection, version: str) -> int:
    """How many running cases count by another version of the same calendar."""
    return int(conn.execute(_behind(conn, version, func.count())).scalar_one())


def behind(conn: Connection, version: str, *, after: str = "", limit: int = MOST) -> list[str]:
    """The ids of running cases that count by another version of the same calendar, in order."""
    statement = _behind(conn, version, _case.id).where(_case.id > after)
    return list(conn.execute(statement.order_by(_case.id).limit(limit)).scalars())


def _behind(conn: Connection, version: str, *columns: Any) -> Any:
    same = select(_version.version).where(_version.calendar == calendar_versions.get(conn, version).id)
    return select(*columns).where(
        _case.status == "running", _case.calendar_version.in_(same), _case.calendar_version != version
    )


def look(conn: Connection, version: str, ids: Sequence[str], now: datetime) -> list[Outlook]:
    """What adopting a version would mean for these cases; nothing is written."""
    version_, matter = t.package_version, t.matter
    columns = [*t.case_.c, version_.c.diagrams, matter.c.matter_no, matter.c.title]
    joined = select(*columns).join(version_, version_.c.version == _case.package_version)
    joined = joined.join(matter, matter.c.matter_id == _case.matter_id)
    found: list[Outlook] = []
    for start in range(0, len(ids), TOGETHER):
        rows = conn.execute(joined.where(_case.id.in_(ids[start : start + TOGETHER])).order_by(_case.id)).mappings()
        found += [_outlook(conn, version, row, now) for row in rows.all()]
    return found


def _outlook(conn: Connection, version: str, row: RowMapping, now: datetime) -> Outlook:
    words = {"case_id": row["id"], **{name: row[name] for name in ("matter_id", "matter_no", "title")}}
    try:
        edition = editions.get(conn, row["package_version"], row["diagrams"])
        case = snapshots.under(snapshots.load(conn, row), calendar_versions.get(conn, version))
        before = {key: date.fromisoformat(limit["due"]) for key, limit in case.deadlines.items()}
        stimulus = e.Stimulus(kind="operator", at=max(now, row["last_at"]), actor={}, data=_verb(version, shorten=True))
        effects = e.step(case, stimulus)
    except (e.EngineError, e.Unexpected) as error:
        return Outlook(**words, problem=problems.words_for(error.code))
    moved = [x for x in effects if isinstance(x, e.DeadlineMoved) and x.deadline_id in before]
    shifts = tuple(_shift(edition, x, before[x.deadline_id]) for x in moved)
    return Outlook(**words, shifts=shifts, confirmed=sum(isinstance(x, e.DeadlineConfirmed) for x in effects))


def _shift(edition: editions.Edition, effect: e.DeadlineMoved, was: date) -> Shift:
    return Shift(
        deadline_id=effect.deadline_id,
        name=effect.name,
        label=edition.label("deadline", effect.name),
        unit=effect.unit,
        was=was,
        now=effect.due,
        why=effect.why,
        why_en=effect.why_en,
    )


def _verb(version: str, *, shorten: bool) -> dict[str, Any]:
    return {"verb": "calendar", "calendar": version, "shorten": shorten}


def adopt(
    engine: Engine, version: str, ids: Sequence[str], actor: Mapping[str, Any], now: datetime, *, shorten: bool
) -> Iterator[Outcome]:
    """Let these cases adopt a version, a hundred at a time in one transaction; what came of each.

    Without `shorten` no running deadline is brought forward. A case that cannot adopt keeps back no other; one that
    counts by the version already, or has ended, is left alone.
    """
    stimulus = e.Stimulus(kind="operator", at=now, actor=dict(actor), data=_verb(version, shorten=shorten))
    for start in range(0, len(ids), TOGETHER):
        with db.begin(engine) as conn:
            wanted = conn.execute(_behind(conn, version, _case.id).where(_case.id.in_(ids[start : start + TOGETHER])))
            outcomes = _adopt(conn, version, sorted(wanted.scalars()), stimulus)
        yield from outcomes


def _adopt(conn: Connection, version: str, ids: Sequence[str], stimulus: e.Stimulus) -> list[Outcome]:
    batch, found = Batch(conn), []
    batch.hold(ids)
    for case_id in ids:
        row = batch.row(case_id)
        if row["status"] != "running" or row["calendar_version"] == version:
            continue  # somebody was quicker
        try:
            found.append(_outcome(row, batch.run(Order(case_id=case_id, stimulus=stimulus))))
        except e.Unexpected as error:  # it has ended by what was due before
            found.append(replace(_named(row), problem=problems.words_for(error.code)))
    batch.close(stimulus.at)
    return found


def _named(row: Mapping[Any, Any]) -> Outcome:
    return Outcome(case_id=row["id"], matter_no=row["matter_no"], title=row["title"])


def _outcome(row: Mapping[Any, Any], applied: Applied) -> Outcome:
    if applied.incident is not None:
        zh, en = (text.format(number=applied.incident) for text in problems.TEXTS["incident"])
        return replace(_named(row), problem=(zh, en))
    confirmed = [x for x in applied.effects if isinstance(x, e.DeadlineConfirmed)]
    return replace(
        _named(row),
        stimulus=applied.stimulus_id,
        moved=sum(isinstance(x, e.DeadlineMoved) for x in applied.effects),
        kept=sum(x.kept for x in confirmed),
        confirmed=sum(not x.kept for x in confirmed),
    )
