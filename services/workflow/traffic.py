"""What goes between us and the agencies' systems: who is in touch, what lies untaken, and each one's last messages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, false, func, literal, or_, select, true, update

from services.common import bells
from services.common.problems import Problem
from services.workflow import backlogs, outages
from services.workflow import tables as t
from services.workflow.speakers import Speaker

SHOWN: Final = 100
"""Messages of a connector that are shown, the latest."""
LATELY: Final = timedelta(days=7)
MANAGE: Final = "messages.manage"
_in, _out, _connector = t.inbox_.c, t.outbox_.c, t.directory.connector.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How it stands with a connector. `refused` are its messages of the last seven days that were not accepted."""

    id: str
    units: tuple[str, ...]
    heard_at: datetime | None
    sent_at: datetime | None
    untaken: int
    since: datetime | None
    looked_at: datetime | None
    refused: int
    outage: Mapping[Any, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message, `incoming` or not: `state` is the inbox's, or unsent, untaken, taken."""

    id: int
    incoming: bool
    message_id: str
    type: str
    subject: str
    at: datetime
    state: str
    code: str | None
    error: str | None


def may_read(units: Collection[str], speaker: Speaker) -> bool:
    """Whether somebody reads what a connector exchanges: administrators, and who belongs to all its units."""
    own = {unit for _, unit in speaker.roles if unit is not None}
    return MANAGE in speaker.grants or bool(units and own.issuperset(units))


def readable(conn: Connection, speaker: Speaker) -> list[RowMapping]:
    """The connectors somebody may read, by their ids."""
    rows = conn.execute(select(t.directory.connector).order_by(_connector.id)).mappings()
    return [row for row in rows if may_read(row["units"], speaker)]


def lines(conn: Connection, speaker: Speaker, now: datetime) -> list[Line]:
    """How it stands with the connectors somebody may read."""
    return [_line(conn, row, now) for row in readable(conn, speaker)]


def line(conn: Connection, connector: str, speaker: Speaker, now: datetime) -> Line:
    """One connector; raises `Problem` not_found, also where it is not for this person."""
    found = conn.execute(select(t.directory.connector).where(_connector.id == connector)).mappings().one_or_none()
    if found is None or not may_read(found["units"], speaker):
        raise Problem("not_found", 404)
    return _line(conn, found, now)


def _line(conn: Connection, row: RowMapping, now: datetime) -> Line:
    key = row["id"]
    backlog: Mapping[Any, Any] = backlogs.of(conn, key) or {}
    mine = _in.channel == key
    refused = select(func.count()).select_from(t.inbox_)
    latest = select(_in.received_at).where(mine).order_by(_in.id.desc()).limit(1)
    sent = select(_out.published_at).where(_out.target == key, _out.published_at.is_not(None))
    return Line(
        id=key,
        units=tuple(row["units"]),
        heard_at=conn.scalar(latest),
        sent_at=conn.scalar(sent.order_by(_out.published_at.desc()).limit(1)),
        untaken=backlog.get("untaken", 0),
        since=backlog.get("since"),
        looked_at=backlog.get("at"),
        refused=conn.scalar(refused.where(mine, t.TROUBLED, _in.received_at >= now - LATELY)) or 0,
        outage=next((one for one in outages.of(conn, key) if lasts(one, now)), None),
    )


def lasts(outage: Mapping[Any, Any], now: datetime) -> bool:
    """Whether an outage is on."""
    return bool(outage["began"] <= now and (outage["ended"] is None or outage["ended"] >= now))


def messages(conn: Connection, connector: str, wanted: Mapping[str, str]) -> list[Entry]:
    """The last messages of a connector, the latest first. `wanted`: `way` (in, out), `trouble`, `q`.

    Trouble is what was not accepted or not taken; `q` stands in id, type or subject.
    """
    found: list[Entry] = []
    if wanted.get("way") != "out":
        found += _incoming(conn, connector, wanted)
    if wanted.get("way") != "in":
        found += _outgoing(conn, connector, wanted)
    return sorted(found, key=lambda one: (one.at, one.id), reverse=True)[:SHOWN]


def subjects(conn: Connection, entries: Sequence[Entry]) -> dict[str, str]:
    """What people call the matters that messages are about, by their ids."""
    c = t.matter.c
    rows = conn.execute(select(c.matter_id, c.matter_no, c.title).where(c.matter_id.in_({e.subject for e in entries})))
    return {row.matter_id: " ".join(filter(None, (row.matter_no, row.title))) for row in rows}


def _incoming(conn: Connection, connector: str, wanted: Mapping[str, str]) -> list[Entry]:
    names = ("id", "message_id", "type", "subject", "state", "code", "error")
    query = select(*(_in[name] for name in names), _in.received_at.label("at")).where(_in.channel == connector)
    if wanted.get("trouble"):
        query = query.where(t.TROUBLED)
    query = query.where(_named(_in, wanted)).order_by(_in.id.desc()).limit(SHOWN)
    return [Entry(incoming=True, **row) for row in conn.execute(query).mappings()]


def _outgoing(conn: Connection, connector: str, wanted: Mapping[str, str]) -> list[Entry]:
    backlog = backlogs.of(conn, connector)
    behind: ColumnElement[bool] = backlogs.lying(backlog) if backlog and backlog["untaken"] else false()
    names = ("id", "message_id", "type", "subject", "published_at", "created_at")
    query = select(*(_out[name] for name in names), behind.label("lies")).where(_out.target == connector)
    if wanted.get("trouble"):
        query = query.where(or_(behind, _out.published_at.is_(None)))
    query = query.where(_named(_out, wanted)).order_by(_out.id.desc()).limit(SHOWN)
    return [_sent(row) for row in conn.execute(query).mappings()]


def _sent(row: RowMapping) -> Entry:
    state = "unsent" if row["published_at"] is None else "untaken" if row["lies"] else "taken"
    facts = {name: row[name] for name in ("id", "message_id", "type", "subject")}
    return Entry(
        incoming=False, at=row["published_at"] or row["created_at"], state=state, code=None, error=None, **facts
    )


def _named(columns: Any, wanted: Mapping[str, str]) -> ColumnElement[bool]:
    text = wanted.get("q", "")
    names = ("message_id", "type", "subject")
    return or_(*(columns[name].icontains(text, autoescape=True) for name in names)) if text else true()


def message(conn: Connection, connector: str, way: str, number: int) -> RowMapping:
    """One message whole, with its headers and body; raises `Problem` not_found."""
    table, mine = (t.inbox_, _in.channel) if way == "in" else (t.outbox_, _out.target)
    query = select(table, literal(way).label("way")).where(table.c.id == number, mine == connector)
    found = conn.execute(query).mappings().one_or_none()
    if found is None:
        raise Problem("not_found", 404)
    return found


def resend(conn: Connection, connector: str, numbers: Sequence[int]) -> int:
    """Let messages that were sent leave again under their old ids, so that whoever has them drops them; how many."""
    again = _out.id.in_(numbers), _out.target == connector, _out.published_at.is_not(None)
    bells.promise(conn, bells.OUTBOX)
    return conn.execute(update(t.outbox_).where(*again).values(published_at=None)).rowcount
