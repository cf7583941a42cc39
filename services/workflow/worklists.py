"""Work lists: what a person may do now, the nearest deadline first, and what he has done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, false, func, or_, select, true

from services.workflow import tables as t
from services.workflow.speakers import STAND_INS, Speaker

_c = t.task.c
_ORDER = (_c.due_at.asc().nulls_last(), _c.opened_at, t.matter.c.matter_no, _c.id)
_COLUMNS = (*t.task.c, t.matter.c.matter_no, t.matter.c.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What to leave out; empty values leave out nothing. `text` is looked for in number and title."""

    text: str = ""
    role: str = ""
    unit: str = ""
    element: str = ""
    overdue: bool = False
    mine: bool = False  # only what I have claimed, what is for me by name, what I was asked to do for somebody


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many open tasks of one step somebody may do; of them `overdue`, and `mine` as a filter means it."""

    element: str
    name: str
    total: int
    overdue: int
    mine: int


def todo(
    conn: Connection, speaker: Speaker, wanted: Filter, now: datetime, *, limit: int, offset: int = 0
) -> Sequence[RowMapping]:
    """Open tasks this speaker may do with number and title of the matter, due ascending, undated last."""
    statement = _select().where(_c.state == "open", _reach(speaker), *_narrow(wanted, speaker, now))
    return conn.execute(statement.order_by(*_ORDER).limit(limit).offset(offset)).mappings().all()


def chosen(conn: Connection, speaker: Speaker, ids: Sequence[str]) -> Sequence[RowMapping]:
    """The tasks among these that are the speaker's to do, open or over, in the order of the list."""
    statement = _select().where(_c.id.in_(list(ids)), _reach(speaker))
    return conn.execute(statement.order_by(*_ORDER)).mappings().all()


def matters_of(conn: Connection, matter_ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """What was submitted, by matter."""
    c = t.matter.c
    rows = conn.execute(select(c.matter_id, c.data).where(c.matter_id.in_(list(matter_ids))))
    return {row.matter_id: row.data for row in rows}


def counts(conn: Connection, speaker: Speaker, now: datetime) -> list[Count]:
    """The open tasks this speaker may do, step by step, the most frequent first."""
    late = func.count().filter(_c.due_at < now)
    mine = func.count().filter(_is_mine(speaker))
    statement = select(_c.element, func.min(_c.name), func.count(), late, mine)
    found = conn.execute(statement.where(_c.state == "open", _reach(speaker)).group_by(_c.element)).all()
    rows = [Count(element=e, name=name, total=n, overdue=o, mine=m) for e, name, n, o, m in found]
    return sorted(rows, key=lambda row: (-row.total, row.element))


def done(
    conn: Connection, speaker: Speaker, wanted: Filter, now: datetime, *, limit: int, offset: int = 0
) -> Sequence[RowMapping]:
    """Tasks this person has done, the latest first."""
    own = (_c.state == "closed") & (_c.reason == "done") & (_c.closed_account == speaker.account)
    statement = _select().where(own, *_narrow(wanted, speaker, now))
    return conn.execute(statement.order_by(_c.closed_at.desc()).limit(limit).offset(offset)).mappings().all()


def everything(conn: Connection, *, limit: int, offset: int = 0) -> Sequence[RowMapping]:
    """Open tasks of all cases, the oldest first."""
    statement = _select().where(_c.state == "open").order_by(_c.opened_at, _c.case_id, _c.id)
    return conn.execute(statement.limit(limit).offset(offset)).mappings().all()


def of_case(conn: Connection, case_id: str) -> Sequence[RowMapping]:
    """All tasks of a case in the order they were opened."""
    statement = _select().where(_c.case_id == case_id)
    return conn.execute(statement.order_by(_c.opened_at, _c.id)).mappings().all()


def _select() -> Any:
    return select(*_COLUMNS).join(t.matter, t.matter.c.matter_id == _c.matter_id)


def _reach(speaker: Speaker) -> ColumnElement[bool]:
    """Tasks within a speaker's roles and units, and those for the speaker alone; the same rule as `Speaker.may`."""
    free = _c.person.is_(None)
    own = speaker.person
    parts: list[ColumnElement[bool]] = [] if own is None else [_c.person == own, _c.delegate == own]
    everywhere = [role for role, unit in speaker.roles if unit is None]
    if everywhere:
        parts.append(and_(free, _c.role.in_(everywhere)))
    by_unit: dict[str, list[str]] = {}
    for role, unit in speaker.roles:
        if unit is not None:
            by_unit.setdefault(unit, []).append(role)
    parts += [and_(free, _c.unit == unit, _c.role.in_(roles)) for unit, roles in sorted(by_unit.items())]
    if speaker.units:
        parts.append(_c.unit.in_(sorted(speaker.units)))
    parts += [_c.record == record for record, grant in STAND_INS.items() if grant in speaker.grants]
    return or_(*parts) if parts else false()


def _narrow(wanted: Filter, speaker: Speaker, now: datetime) -> list[ColumnElement[bool]]:
    text = f"%{wanted.text.strip()}%"
    found = t.matter.c.matter_no.like(text) | t.matter.c.title.like(text)
    return [
        found if wanted.text.strip() else true(),
        _c.role == wanted.role if wanted.role else true(),
        _c.unit == wanted.unit if wanted.unit else true(),
        _c.element == wanted.element if wanted.element else true(),
        _c.due_at < now if wanted.overdue else true(),
        _is_mine(speaker) if wanted.mine else true(),
    ]


def _is_mine(speaker: Speaker) -> ColumnElement[bool]:
    claimed = _c.claimed_by == speaker.account
    return claimed if speaker.person is None else or_(claimed, *(c == speaker.person for c in (_c.person, _c.delegate)))
