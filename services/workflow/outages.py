"""When agencies' systems could not take what was sent to them: found by themselves, or noted by an administrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, or_, select, update

from services.common.problems import FieldError, Problem
from services.workflow import tables as t

_c = t.outage.c
_OPEN = (_c.ended.is_(None), _c.noted_by.is_(None))


@dataclass(frozen=True, slots=True)
class Stopped:
    """Whom an instant found without a way in: some connectors, or every one."""

    connectors: frozenset[str]
    everyone: bool = False

    def __bool__(self) -> bool:
        return self.everyone or bool(self.connectors)

    def stops(self, connector: str) -> bool:
        """Whether this connector is among them."""
        return self.everyone or connector in self.connectors


def at(conn: Connection, instant: datetime) -> Stopped:
    """The outages at an instant."""
    during = _c.began <= instant, or_(_c.ended.is_(None), _c.ended >= instant)
    found = conn.execute(select(_c.connector).where(*during)).scalars().all()
    return Stopped(frozenset(one for one in found if one is not None), None in found)


def of(conn: Connection, connector: str, limit: int = 50) -> Sequence[RowMapping]:
    """The outages of a connector, those of everybody among them, the latest first."""
    query = select(t.outage).where(or_(_c.connector == connector, _c.connector.is_(None)))
    return conn.execute(query.order_by(_c.began.desc(), _c.id.desc()).limit(limit)).mappings().all()


def find(conn: Connection, connector: str, since: datetime) -> None:
    """One has been found by itself; nothing new while it lasts."""
    if conn.execute(select(_c.id).where(_c.connector == connector, *_OPEN)).first() is None:
        conn.execute(t.outage.insert().values(connector=connector, began=since, reason=""))


def over(conn: Connection, connector: str, now: datetime) -> None:
    """What was found by itself has ended by itself."""
    conn.execute(update(t.outage).where(_c.connector == connector, *_OPEN).values(ended=now))


def note(
    conn: Connection, connector: str | None, began: datetime, ended: datetime | None, reason: str, account: str
) -> int:
    """An administrator notes one, of a connector or (None) of everybody; its number.

    Raises `Problem` invalid_field without a reason, or for an end before the beginning.
    """
    if not reason.strip():
        raise Problem("missing_field", 422, errors=[FieldError("reason", "missing_field", *_REASON)])
    if ended is not None and ended < began:
        raise Problem("invalid_field", 422, errors=[FieldError("ended", "invalid_field", *_ENDED)])
    row = {"connector": connector, "began": began, "ended": ended, "reason": reason.strip(), "noted_by": account}
    return int(conn.execute(t.outage.insert().returning(_c.id), row).scalar_one())


_REASON = ("请填写原因", "say why")
_ENDED = ("结束时间早于开始时间", "it ended before it began")


def end(conn: Connection, number: int, now: datetime) -> None:
    """An outage that still lasts is over; raises `Problem` not_found."""
    ended = conn.execute(update(t.outage).where(_c.id == number, _c.ended.is_(None)).values(ended=now))
    if ended.rowcount == 0:
        raise Problem("not_found", 404)
