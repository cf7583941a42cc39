"""The ledger as people read it: filtered, paged, counted. Reads only."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, exists, false, func, or_, select

from services.common import directories, ratings
from services.contracts.codes import MATTER_STATES, OUTCOME_CLASSES
from services.intake import groups, ledger, seals, standings, store_ledger
from services.intake import tables as t
from services.intake.grants import Scope
from services.intake.groups import Group
from services.intake.seals import Eyes

PAGE_SIZE: Final = 50
TEXT_MAX: Final = 100
_SLICE: Final = 500


def _ranked(column: ColumnElement[Any], codes: Iterable[str]) -> ColumnElement[Any]:
    """Codes in the order of their list, not of the alphabet."""
    return case({code: place for place, code in enumerate(codes)}, value=column)


SORTS: Final[Mapping[str, ColumnElement[Any]]] = {
    "due": t.led_matter.c.next_due_at,
    "no": t.matter.c.no,
    "title": t.matter.c.title,
    "session": t.matter.c.session_id,
    "topic": t.matter.c.topic,
    "submitted": t.matter.c.submitted_at,
    "state": _ranked(t.led_matter.c.state, MATTER_STATES),
    "class": _ranked(t.led_matter.c.outcome_class, OUTCOME_CLASSES),
}
"""What the ledger may be sorted by; the most urgent first is the usual order."""

LocalFields = dict[tuple[str, str], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What part of the ledger is asked for, and in which order; "" asks for everything.

    `role` is a unit's part in the handling, of `unit` where that is asked for too; `delegation` the lead deputy's;
    `standing` and `merged`: see `standings`.
    """

    session: str = ""
    unit: str = ""
    role: str = ""
    state: str = ""
    outcome_class: str = ""
    kind: str = ""
    topic: str = ""
    delegation: str = ""
    standing: str = ""
    merged: str = ""
    overdue: bool = False
    key: bool = False
    text: str = ""
    sort: str = "due"
    descending: bool = False

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out."""
        return replace(self, sort="due", descending=False) != Filter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One matter in the ledger. `why` explains `due`; `overdue` compares its end with the present.

    `withdrawing`: its withdrawal has been requested; `key`: it is a key matter 重点督办; `group`: who is handled
    together with it.
    """

    matter_id: str
    no: str | None
    title: str
    kind: str
    topic: str
    session_id: str
    lead: str
    lead_id: str
    delegation: str
    co_count: int
    submitted_at: datetime
    state: str
    state_at: datetime | None
    outcome_class: str | None
    units: tuple[tuple[str, str], ...]
    deadline: str
    due: date | None
    why: tuple[str, ...]
    overdue: bool
    tasks: tuple[str, ...]
    records: int
    withdrawing: bool
    key: bool
    group: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A slice of the ledger; pages count from 1."""

    lines: Sequence[Line]
    total: int
    number: int
    pages: int

    @property
    def has_next(self) -> bool:
        """Whether there is a page after this one."""
        return self.number < self.pages


def find(conn: Connection, scope: Scope, wanted: Filter, now: datetime, *, page: int = 1) -> Page:
    """Return one page of what the scope may see, the most urgent first; a page too far gives the last one."""
    condition = conditions(scope, wanted, now)
    total = int(conn.execute(_from(select(func.count())).where(condition)).scalar_one())
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    rows = _slice(conn, condition, wanted, (page - 1) * PAGE_SIZE, PAGE_SIZE)
    return Page(lines=_lines(conn, rows, scope, now), total=total, number=page, pages=pages)


def every(conn: Connection, scope: Scope, wanted: Filter, now: datetime) -> Iterator[Line]:
    """Yield all lines a filter finds in its order, for exports."""
    condition, offset = conditions(scope, wanted, now), 0
    while rows := _slice(conn, condition, wanted, offset, _SLICE):
        yield from _lines(conn, rows, scope, now)
        offset += len(rows)


def some(conn: Connection, scope: Scope, matter_ids: Sequence[str], now: datetime) -> dict[str, Line]:
    """The lines of these matters by their ids, of those the scope may see."""
    condition = and_(_visible(scope), t.matter.c.id.in_(matter_ids))
    rows = _slice(conn, condition, Filter(), 0, len(matter_ids))
    return {line.matter_id: line for line in _lines(conn, rows, scope, now)}


def local_fields(conn: Connection, scope: Scope, wanted: Filter, now: datetime) -> LocalFields:
    """The local fields of the records of all matters a filter finds: `{(record, name): {matter: value}}`.

    Where several records of a matter have one, the latest counts; ratings that are sealed do not.
    """
    found = _from(select(t.matter.c.id)).where(conditions(scope, wanted, now))
    rows = store_ledger.records_with_extra(conn, found)
    ids = sorted({row.matter_id for row in rows if row.record == ratings.RECORD})
    hidden = seals.sealed(conn, ids, Eyes(person_id=scope.person_id, sees_all=scope.sees_ratings))
    fields: dict[tuple[str, str], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: store_ledger.order(row.said_as_of, row.said_message)):
        for name, value in row.extra.items() if row.record_id not in hidden else ():
            fields.setdefault((row.record, name), {})[row.matter_id] = value
    return dict(sorted(fields.items()))


def topics(conn: Connection, scope: Scope) -> list[str]:
    """The topics of the matters in sight."""
    query = select(t.matter.c.topic).where(_visible(scope), t.matter.c.topic.is_not(None)).distinct()
    return list(conn.scalars(query.order_by(t.matter.c.topic)))


def counts(conn: Connection, scope: Scope, wanted: Filter, column: ColumnElement[Any], now: datetime) -> dict[str, int]:
    """Count the lines a filter finds by the values of a column; matters without a value are left out."""
    query = _from(select(column, func.count())).where(conditions(scope, wanted, now)).group_by(column)
    return {row[0]: row[1] for row in conn.execute(query) if row[0] is not None}


def total(conn: Connection, scope: Scope, wanted: Filter, now: datetime) -> int:
    """Count the lines a filter finds."""
    return int(conn.execute(_from(select(func.count())).where(conditions(scope, wanted, now))).scalar_one())


def conditions(scope: Scope, wanted: Filter, now: datetime) -> ColumnElement[bool]:
    """Return the SQL condition of a scope and a filter over matter and ledger line."""
    parts = [_visible(scope)]
    same = {
        t.matter.c.session_id: wanted.session,
        t.matter.c.kind: wanted.kind,
        t.matter.c.topic: wanted.topic,
        t.led_matter.c.state: wanted.state,
        t.led_matter.c.outcome_class: wanted.outcome_class,
    }
    parts += [column == value for column, value in same.items() if value]
    if wanted.unit or wanted.role:
        parts.append(_has_part(wanted.unit, wanted.role))
    if wanted.delegation:
        parts.append(t.matter.c.lead_proposer.in_(_delegates(wanted.delegation)))
    if wanted.standing:
        parts.append(standings.standing() == wanted.standing)
    if wanted.merged:
        parts.append(standings.has_place(wanted.merged))
    if wanted.overdue:
        parts.append(t.led_matter.c.next_due_at < now)
    if wanted.key:
        parts.append(t.led_matter.c.key_at.is_not(None))
    parts += [_has_text(word) for word in wanted.text[:TEXT_MAX].split()]
    return and_(*parts)


def without(wanted: Filter, **changes: Any) -> Filter:
    """Return the filter with some answers changed."""
    return replace(wanted, **changes)


def _visible(scope: Scope) -> ColumnElement[bool]:
    if scope.everything:
        return t.matter.c.id.is_not(None)
    allowed = []
    if scope.units:
        allowed.append(_has_unit(sorted(scope.units)))
    if scope.person_id:
        own = and_(t.proposer.c.matter_id == t.matter.c.id, t.proposer.c.person_id == scope.person_id)
        allowed.append(exists().where(own))
    return or_(*allowed) if allowed else false()


def _has_unit(units: Sequence[str]) -> ColumnElement[bool]:
    return exists().where(t.led_unit.c.matter_id == t.matter.c.id, t.led_unit.c.unit.in_(units))


def _has_part(unit: str, role: str) -> ColumnElement[bool]:
    same = {t.led_unit.c.unit: unit, t.led_unit.c.role: role}
    parts = [column == value for column, value in same.items() if value]
    return exists().where(t.led_unit.c.matter_id == t.matter.c.id, *parts)


def _delegates(delegation: str) -> Select[Any]:
    person = t.directory.person.c
    return select(person.id).where(person.body["delegation"].as_string() == delegation)


def _has_text(word: str) -> ColumnElement[bool]:
    named = and_(t.proposer.c.matter_id == t.matter.c.id, t.proposer.c.name.icontains(word, autoescape=True))
    return or_(
        t.matter.c.title.icontains(word, autoescape=True),
        t.matter.c.no.icontains(word, autoescape=True),
        exists().where(named),
    )


def _from(query: Select[Any]) -> Select[Any]:
    joined = t.matter.join(t.led_matter, t.led_matter.c.matter_id == t.matter.c.id)
    return query.select_from(joined)


def _slice(
    conn: Connection, condition: ColumnElement[bool], wanted: Filter, offset: int, limit: int
) -> Sequence[Row[Any]]:
    columns = [column for column in t.led_matter.c if column.name != "matter_id"]
    query = _from(select(t.matter, *columns)).where(condition)
    return conn.execute(query.order_by(*_order(wanted)).limit(limit).offset(offset)).all()


def _order(wanted: Filter) -> tuple[ColumnElement[Any], ...]:
    """By the column asked for, empty ones last; among equals the newest matter first."""
    column = SORTS[wanted.sort]
    last = case((column.is_(None), 1), else_=0)
    first = column.desc() if wanted.descending else column.asc()
    return (last, first, t.matter.c.submitted_at.desc(), t.matter.c.no.asc(), t.matter.c.id.asc())


def _lines(conn: Connection, rows: Sequence[Row[Any]], scope: Scope, now: datetime) -> list[Line]:
    ids = [row.id for row in rows]
    next_ones = t.led_deadline.c.deadline_id.in_([row.next_deadline for row in rows])
    wanted = {t.proposer: (), t.led_unit: (), t.led_deadline: (next_ones,), t.led_task: (_may_be_open(),)}
    by_matter = {table: _grouped(store_ledger.rows_of(conn, table, ids, *parts)) for table, parts in wanted.items()}
    eyes = Eyes(person_id=scope.person_id, sees_all=scope.sees_ratings)
    records = store_ledger.record_counts(conn, ids, without=seals.sealed(conn, ids, eyes))
    delegations = directories.delegations(conn, t.directory, {row.lead_proposer for row in rows})
    together = groups.of(conn, ids)
    lines = []
    for row in rows:
        about = {table: found.get(row.id, []) for table, found in by_matter.items()}
        lines.append(_line(row, about, records, delegations, together.get(row.id, Group()), now))
    return lines


def _may_be_open() -> ColumnElement[bool]:
    """Tasks that `ledger.is_open` has to look at: a year's other thousands are closed."""
    task = t.led_task.c
    return or_(task.closed_message.is_(None), task.opened_as_of >= task.closed_as_of)


def _grouped(rows: Sequence[Row[Any]]) -> dict[str, list[Row[Any]]]:
    grouped: dict[str, list[Row[Any]]] = {}
    for row in rows:
        grouped.setdefault(row.matter_id, []).append(row)
    return grouped


def _line(
    row: Row[Any],
    about: Mapping[Any, list[Row[Any]]],
    records: Mapping[str, int],
    delegations: Mapping[str, str],
    group: Group,
    now: datetime,
) -> Line:
    proposers = sorted(about[t.proposer], key=lambda one: one.position)
    deadline = next((one for one in about[t.led_deadline] if one.deadline_id == row.next_deadline), None)
    return Line(
        matter_id=row.id,
        no=row.no,
        title=row.title,
        kind=row.kind,
        topic=row.topic or "",
        session_id=row.session_id,
        lead=proposers[0].name if proposers else "",
        lead_id=row.lead_proposer,
        delegation=delegations.get(row.lead_proposer, ""),
        co_count=max(0, len(proposers) - 1),
        submitted_at=row.submitted_at,
        state=row.state,
        state_at=row.state_at,
        outcome_class=row.outcome_class,
        units=tuple((one.unit, one.role) for one in about[t.led_unit]),
        deadline=(deadline.label or deadline.name) if deadline else "",
        due=row.next_due,
        why=tuple(deadline.why or ()) if deadline else (),
        overdue=row.next_due_at is not None and row.next_due_at < now,
        tasks=tuple(task.public_name or task.name for task in about[t.led_task] if ledger.is_open(task)),
        records=records.get(row.id, 0),
        withdrawing=row.withdrawal_requested_at is not None,
        key=row.key_at is not None,
        group=group,
    )
