"""What agencies have not taken from their queues: told by the relay every few seconds, by the broker's own count.

A queue gives out its oldest first, so of what was sent to a connector the newest `untaken` messages are those that it
has not taken. Whoever holds a task among them is told by another way, and the timers of the case know of it
(`unreached`): a diagram need not take silence for consent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, and_, func, or_, select

from services.common import connectors, db, outbox
from services.contracts.envelopes import Message
from services.workflow import editions, outages
from services.workflow import tables as t

OPENED: Final = "task.opened.v1"
MOST: Final = 1_000
"""Untaken messages of one connector that are looked at."""
_sent, _task = t.outbox_.c, t.task.c
_UNSENT: Final = _sent.published_at.is_(None)


@dataclass(frozen=True, slots=True)
class Untaken:
    """A task that its unit's own system has not taken: since when it has been lying there, and the row of the task."""

    connector: str
    at: datetime
    task: Mapping[Any, Any]


def note(engine: Engine, connector: str, ready: int, now: datetime) -> None:
    """Keep how many messages lie in a connector's queue; tell whoever has not been reached for too long."""
    with db.begin(engine) as conn:
        if _keep(conn, connector, ready, now):
            _watch(conn, connector, now)


def _keep(conn: Connection, connector: str, ready: int, now: datetime) -> bool:
    """Whether something lies untaken, or did until now."""
    before = of(conn, connector)
    pending = select(func.count()).select_from(t.outbox_).where(_sent.target == connector, _UNSENT)
    unsent = conn.scalar(pending) or 0
    first = _newest(conn, connector, ready, unsent)
    row = {
        "connector": connector,
        "untaken": ready + unsent,
        "first": first["id"] if first else None,
        "sent": first["published_at"] if first else None,
        "since": _lying_since(first) if first else None,
        "at": now,
    }
    db.upsert(conn, t.backlog, [row], ["connector"])
    return bool(row["untaken"] or (before and before["untaken"]))


def _newest(conn: Connection, connector: str, ready: int, unsent: int) -> RowMapping | None:
    """The oldest message untaken: what was sent last lies in the queue, what was not sent comes behind it."""
    to_it = select(_sent.id, _sent.published_at, _sent.created_at).where(_sent.target == connector)
    if ready:
        latest = to_it.where(~_UNSENT).order_by(_sent.published_at.desc(), _sent.id.desc())
        found = conn.execute(latest.offset(ready - 1).limit(1)).mappings().first()
        oldest = to_it.where(~_UNSENT).order_by(_sent.published_at, _sent.id)
        return found or conn.execute(oldest.limit(1)).mappings().first()
    return conn.execute(to_it.where(_UNSENT).order_by(_sent.id).limit(1)).mappings().first() if unsent else None


def _lying_since(row: RowMapping) -> datetime:
    since: datetime = row["published_at"] or row["created_at"]
    return since


def lying(backlog: Mapping[Any, Any]) -> ColumnElement[bool]:
    """Which messages of the outbox a connector has not taken, if it has not taken some."""
    to_it = _sent.target == backlog["connector"]
    if backlog["sent"] is None:
        return and_(to_it, _UNSENT)
    later = or_(
        _UNSENT,
        _sent.published_at > backlog["sent"],
        and_(_sent.published_at == backlog["sent"], _sent.id >= backlog["first"]),
    )
    return and_(to_it, later)


def of(conn: Connection, connector: str) -> RowMapping | None:
    """What is known of a connector's queue, or None."""
    return conn.execute(select(t.backlog).where(t.backlog.c.connector == connector)).mappings().one_or_none()


def tasks(conn: Connection, connector: str, case_id: str | None = None) -> Iterator[Untaken]:
    """Open tasks among what a connector has not taken, the oldest first; those of one case if it is named."""
    backlog = of(conn, connector)
    if backlog is None or backlog["first"] is None:
        return
    wanted = select(_sent.body, _sent.headers, _sent.created_at, _sent.published_at)
    told: dict[str, datetime] = {}
    for row in conn.execute(
        wanted.where(lying(backlog), _sent.type == OPENED).order_by(_sent.id).limit(MOST)
    ).mappings():
        if case_id in (None, row["headers"].get("ce-correlationid")):
            told.setdefault(str(orjson.loads(row["body"])["task_id"]), _lying_since(row))
    query = select(t.task, t.matter.c.matter_no, t.matter.c.title).join(
        t.matter, t.matter.c.matter_id == t.task.c.matter_id
    )
    for task in conn.execute(query.where(_task.id.in_(told), _task.state == "open").order_by(_task.id)).mappings():
        yield Untaken(connector, told[task["id"]], task)


def unreached(conn: Connection, case_id: str, at: datetime) -> list[str]:
    """The units of a case whose own systems have not taken their open tasks, or could not at this instant."""
    known = select(t.directory.connector.c.id)  # nobody looks at the queue of one that was taken out
    lagging = t.backlog.c.untaken > 0, t.backlog.c.connector.in_(known)
    behind = conn.execute(select(t.backlog.c.connector).where(*lagging)).scalars().all()
    found = {str(one.task["unit"]) for connector in behind for one in tasks(conn, connector, case_id)}
    out = outages.at(conn, at)
    if out:
        here = select(_task.unit).where(_task.case_id == case_id, _task.state == "open", _task.unit.is_not(None))
        speaking = connectors.by_unit(conn, t.directory, None)
        of_case = set(conn.execute(here.distinct()).scalars())
        found |= {unit for unit in of_case if any(out.stops(one) for one in speaking.get(unit, ()))}
    return sorted(found)


def _watch(conn: Connection, connector: str, now: datetime) -> None:
    """Tell the holders of tasks that were not taken for longer than their packages allow, each once."""
    late = [(one, patience) for one in tasks(conn, connector) if (patience := _patience(conn, one, now)) is not None]
    notices = [_notice(one) for one, _ in late]
    told = set(conn.execute(select(_sent.message_id).where(_sent.message_id.in_(notices))).scalars()) if late else set()
    for one, template in late:
        if _notice(one) not in told:
            _tell(conn, one, template, now)
    if late:
        outages.find(conn, connector, min(one.at for one, _ in late))
    else:
        outages.over(conn, connector, now)


def _patience(conn: Connection, one: Untaken, now: datetime) -> str | None:
    """The template of the notice, where the package has one and its patience is over."""
    rule = editions.get(conn, one.task["package_version"]).package.unreached
    if not rule or now - one.at < timedelta(hours=int(rule["after_hours"])):
        return None
    return str(rule["notice"])


def _notice(one: Untaken) -> str:
    """The id of the notice about a task."""
    return f"unreached.{one.task['id']}"


def _tell(conn: Connection, one: Untaken, template: str, now: datetime) -> None:
    task, notice = one.task, _notice(one)
    data = {
        "notice_id": notice,
        "template": template,
        "process_version": task["package_version"],
        "to": [{"role": task["role"], "unit": task["unit"]}],
        "matter": {name: task[name] for name in ("matter_id", "matter_no", "title")},
        "facts": {"task": task["name"], "sent_at": one.at.isoformat(), "due": _date(task["due"])},
        "at": now.isoformat(),
    }
    message = Message(
        id=notice,
        type="notice.requested.v1",
        source="/workflow",
        subject=task["matter_id"],
        time=now,
        data=data,
        correlation_id=task["case_id"],
    )
    outbox.add(conn, t.outbox_, message, now=now)


def _date(value: Any) -> str | None:
    return None if value is None else str(value.isoformat())
