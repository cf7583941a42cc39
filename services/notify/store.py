"""The SQL of notices and deliveries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, or_, select, update

from services.common import db
from services.notify.tables import delivery, directory, notice, package, preference

WAITING, SENT, DELIVERED, READ = "waiting", "sent", "delivered", "read"
UNDELIVERABLE, SUPPRESSED, EXPIRED = "undeliverable", "suppressed", "expired"
PRINTED = "printed"
STATES = (WAITING, SENT, DELIVERED, READ, PRINTED, UNDELIVERABLE, SUPPRESSED, EXPIRED)
"""Where a delivery stands. Only what waits is under way; a receipt may still make `sent` out to be more or less, and
opening makes `read` of `delivered` in the message centre."""
UNDER_WAY = (WAITING, SENT, DELIVERED, READ, PRINTED)
"""Where the person has been told, as far as is known, or will be."""
UNREACHED = (UNDELIVERABLE, SUPPRESSED, EXPIRED)
"""Where another try is of use."""
INAPP, PAPER = "inapp", "paper"
_d = delivery.c
_UNREAD = and_(_d.read_at.is_(None), _d.settled_at.is_(None))
_NOTICE = [column for column in notice.c if column.name != "id"]


# --- what others own -----------------------------------------------------------------------------------------


def put_package(conn: Connection, row: Mapping[str, Any]) -> None:
    """Keep what is known of a process version."""
    db.upsert(conn, package, [row], ["version"])


def texts(conn: Connection, version: str) -> tuple[Mapping[str, Any], Collection[str]]:
    """The text templates of a process version and the names of the urgent ones; empty for one that is not known."""
    row = conn.execute(select(package.c.texts, package.c.urgent).where(package.c.version == version)).first()
    return (row[0], row[1]) if row else ({}, ())


def roles(conn: Connection) -> list[Mapping[str, Any]]:
    """The roles of every process version in use; a retired one still has running cases."""
    found = conn.scalars(select(package.c.roles).where(package.c.status.in_(("active", "retired"))))
    return [role for listed in found for role in listed]


def people_of(conn: Connection, role: str, unit: str | None) -> list[RowMapping]:
    """People with an open account that holds the role: for the unit, or for the whole locality."""
    holding, account, who = directory.holding, directory.account, directory.person
    query = (
        select(who)
        .join(account, account.c.person_id == who.c.id)
        .join(holding, holding.c.account_id == account.c.id)
        .where(holding.c.role == role, account.c.active, who.c.active)
        .order_by(who.c.id)
        .distinct()
    )
    if unit is not None:
        query = query.where(or_(holding.c.unit == unit, holding.c.unit.is_(None)))
    return list({row["id"]: row for row in conn.execute(query).mappings()}.values())


def person(conn: Connection, person_id: str) -> RowMapping | None:
    """Somebody of the directory, or None."""
    return conn.execute(select(directory.person).where(directory.person.c.id == person_id)).mappings().first()


def has_account(conn: Connection, person_id: str) -> bool:
    """Whether somebody can sign in and see the message centre."""
    account = directory.account
    query = select(account.c.id).where(account.c.person_id == person_id, account.c.active)
    return conn.execute(query.limit(1)).first() is not None


def preference_of(conn: Connection, person_id: str) -> RowMapping | None:
    """A person's own settings, or None."""
    return conn.execute(select(preference).where(preference.c.person_id == person_id)).mappings().first()


def put_preference(conn: Connection, row: Mapping[str, Any]) -> None:
    """Keep a person's own settings."""
    db.upsert(conn, preference, [row], ["person_id"])


def forget(conn: Connection, person_id: str, now: datetime) -> list[str]:
    """A person's own settings and addresses are gone; what was told when stays. Returns what can no longer be sent."""
    conn.execute(delete(preference).where(preference.c.person_id == person_id))
    waiting = and_(_d.person_id == person_id, _d.state == WAITING, _d.channel.not_in((INAPP, PAPER)))
    gone = {"state": SUPPRESSED, "reason": "no_address", "next_at": None, "ended_at": now}
    ended = list(conn.scalars(update(delivery).where(waiting).values(**gone).returning(_d.id)))
    conn.execute(update(delivery).where(_d.person_id == person_id).values(address=None))
    return ended


# --- notices and deliveries ----------------------------------------------------------------------------------


def add_notice(conn: Connection, row: Mapping[str, Any]) -> bool:
    """Keep a notice; False when this id is known already."""
    return db.insert_ignore(conn, notice, row) is not None


def add_deliveries(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the deliveries of a new notice."""
    if rows:
        conn.execute(delivery.insert(), [dict(row) for row in rows])


def told(conn: Connection, thing: str, notice_id: str, since: datetime) -> set[tuple[str, str]]:
    """(person, channel) of those who were told the same since then by another notice, or are about to be."""
    known = and_(notice.c.thing == thing, notice.c.id != notice_id, _d.created_at >= since)
    query = select(_d.person_id, _d.channel).join(notice).where(known, _d.state.in_(UNDER_WAY))
    return {(row[0], row[1]) for row in conn.execute(query)}


def _due(channel: str, now: datetime, business: datetime) -> ColumnElement[bool]:
    """What waits to be sent by a channel: its time has come on the wall, and in the business where it was held."""
    free = or_(_d.hold_until.is_(None), _d.hold_until <= business)
    return and_(_d.state == WAITING, _d.channel == channel, _d.next_at <= now, _d.digest_id.is_(None), free)


def is_due(conn: Connection, channel: str, now: datetime, business: datetime) -> bool:
    """Whether anything waits to be sent by this channel now, also as part of a digest."""
    due = _due(channel, now, business)
    return conn.execute(select(_d.id).where(due).limit(1)).first() is not None


def claim(
    conn: Connection, channel: str, now: datetime, business: datetime, *, until: datetime, limit: int, most: int
) -> list[RowMapping]:
    """Take up to `limit` due deliveries of a channel in hand, the urgent first: the next try counts now.

    Whoever dies with them in hand loses nothing: at `until` they are due again. One already tried `most` times
    is left to `give_up`.
    """
    due = and_(_due(channel, now, business), _d.digest.is_(False), _d.attempts < most)
    chosen = select(_d.id).join(notice).where(due).order_by(notice.c.urgent.desc(), _d.next_at, _d.id).limit(limit)
    ids = list(conn.scalars(chosen.with_for_update(skip_locked=True, of=delivery)))
    if not ids:
        return []
    conn.execute(update(delivery).where(_d.id.in_(ids)).values(next_at=until, attempts=_d.attempts + 1))
    order = (notice.c.urgent.desc(), _d.created_at, _d.id)
    query = select(delivery, *_NOTICE).join(notice).where(_d.id.in_(ids)).order_by(*order)
    return list(conn.execute(query).mappings())


def digest_due(conn: Connection, channel: str, now: datetime, business: datetime) -> list[RowMapping]:
    """Lock what is to go out as part of a digest now, person by person, the oldest first."""
    query = select(delivery, *_NOTICE).join(notice).where(_due(channel, now, business), _d.digest.is_(True))
    query = query.order_by(_d.person_id, _d.created_at, _d.id).with_for_update(skip_locked=True, of=delivery)
    return list(conn.execute(query).mappings())


def bundle(conn: Connection, ids: Collection[str], digest_id: str) -> None:
    """These go out with that one, and end as it ends."""
    conn.execute(update(delivery).where(_d.id.in_(ids)).values(digest_id=digest_id))


def unbundle(conn: Connection, delivery_id: str) -> None:
    """It goes out by itself."""
    conn.execute(update(delivery).where(_d.id == delivery_id).values(digest=False))


def give_up(conn: Connection, channel: str, now: datetime, most: int, at: datetime) -> list[str]:
    """End what was tried `most` times and never reported back (its process died each time), and what is too old."""
    ended = []
    mine = and_(_d.state == WAITING, _d.channel == channel, _d.next_at <= now, _d.digest_id.is_(None))
    for which, state, reason in (
        (_d.attempts >= most, UNDELIVERABLE, "exhausted"),
        (_d.give_up_at <= now, EXPIRED, "too_late"),
    ):
        for delivery_id in conn.scalars(select(_d.id).where(mine, which)).all():
            finish(conn, delivery_id, state=state, reason=reason, next_at=None, ended_at=at)
            ended.append(delivery_id)
    return ended


def put_back(conn: Connection, ids: Sequence[str], next_at: datetime, error: str | None) -> None:
    """What was taken in hand and not tried is due later, as if it had not been taken; an `error` is the newest one."""
    mine = and_(_d.id.in_(ids), _d.state == WAITING)
    said = func.coalesce(error, _d.error)
    conn.execute(update(delivery).where(mine).values(next_at=next_at, error=said, attempts=_d.attempts - 1))


def finish(conn: Connection, delivery_id: str, **values: Any) -> None:
    """Write what came of a delivery and of those that went out with it; one that ended meanwhile stays as it is."""
    mine = and_(or_(_d.id == delivery_id, _d.digest_id == delivery_id), _d.state == WAITING)
    conn.execute(update(delivery).where(mine).values(**values))


def receipt(conn: Connection, channel: str, ids: Collection[str]) -> RowMapping | None:
    """Lock the delivery of a channel known by one of these ids, ours or the provider's; None when there is none."""
    mine = and_(_d.channel == channel, or_(_d.id.in_(ids), _d.provider_id.in_(ids)))
    return conn.execute(select(delivery).where(mine).limit(1).with_for_update()).mappings().first()


def ended(conn: Connection, delivery_id: str) -> RowMapping | None:
    """Lock a delivery that reached nobody; None when there is no such one."""
    may = and_(_d.id == delivery_id, _d.state.in_(UNREACHED))
    query = select(delivery, *_NOTICE).join(notice).where(may).with_for_update(of=delivery)
    return conn.execute(query).mappings().first()


def change(conn: Connection, delivery_id: str, values: Mapping[str, Any]) -> None:
    """Begin an ended delivery anew, or write what a receipt says of it; those that went out with it, too."""
    conn.execute(update(delivery).where(_d.id == delivery_id).values(**values))
    inside = {name: value for name, value in values.items() if name not in ("address", "digest_id", "provider_id")}
    conn.execute(update(delivery).where(_d.digest_id == delivery_id).values(**inside))


def settle_task(conn: Connection, task_id: str, at: datetime) -> None:
    """A task is closed: nobody has to do anything about its notices, and those not yet sent are out of date."""
    mine = select(notice.c.id).where(notice.c.task_id == task_id)
    gone = {"state": EXPIRED, "reason": "settled", "next_at": None, "ended_at": at}
    unsent = and_(_d.notice_id.in_(mine), _d.state == WAITING, _d.digest_id.is_(None))
    conn.execute(update(delivery).where(unsent).values(**gone))
    conn.execute(update(delivery).where(_d.notice_id.in_(mine), _d.settled_at.is_(None)).values(settled_at=at))


def mark_read(conn: Connection, person_id: str, ids: Collection[str] | None, at: datetime) -> int:
    """Mark messages of a person as read (None: all); how many were unread."""
    mine = and_(_d.person_id == person_id, _d.channel == INAPP, _d.read_at.is_(None))
    if ids is not None:
        mine = and_(mine, _d.id.in_(ids))
    query = update(delivery).where(mine, _d.state == DELIVERED).values(read_at=at, state=READ)
    return len(conn.execute(query.returning(_d.id)).all())


def messages(conn: Connection, person_id: str, *, only: str | None, limit: int, offset: int) -> list[RowMapping]:
    """A person's messages, what is unread first, then the newest; `only`: unread, task or notice."""
    query = select(delivery, *_NOTICE, _UNREAD.label("unread")).join(notice)
    query = query.where(_d.person_id == person_id, _d.channel == INAPP, _d.state.in_((DELIVERED, READ)))
    if only == "unread":
        query = query.where(_UNREAD)
    elif only is not None:
        query = query.where(notice.c.kind == only)
    order = (_UNREAD.desc(), _d.created_at.desc(), notice.c.kind, _d.id)
    return list(conn.execute(query.order_by(*order).limit(limit).offset(offset)).mappings())


def message(conn: Connection, person_id: str, delivery_id: str) -> RowMapping | None:
    """One message of a person, or None."""
    mine = and_(_d.id == delivery_id, _d.person_id == person_id, _d.channel == INAPP)
    return conn.execute(select(delivery, *_NOTICE).join(notice).where(mine)).mappings().first()


def count_unread(conn: Connection, person_id: str) -> int:
    """How many messages wait to be read."""
    mine = and_(_d.person_id == person_id, _d.channel == INAPP, _d.state == DELIVERED, _UNREAD)
    return conn.scalar(select(func.count()).select_from(delivery).where(mine)) or 0


def deliveries(conn: Connection, wanted: Mapping[str, str], *, limit: int, offset: int = 0) -> list[RowMapping]:
    """The delivery log, newest first; `wanted`: state, channel, matter_id, notice_id, each optional."""
    columns: dict[str, ColumnElement[Any]] = {
        "state": _d.state,
        "channel": _d.channel,
        "notice_id": _d.notice_id,
        "matter_id": notice.c.matter_id,
    }
    who = directory.person
    query = select(delivery, *_NOTICE, who.c.name.label("person")).join(notice)
    query = query.join(who, who.c.id == _d.person_id, isouter=True)
    query = query.where(*(columns[name] == value for name, value in wanted.items() if value and name in columns))
    order = (_d.created_at.desc(), _d.notice_id, _d.id)
    return list(conn.execute(query.order_by(*order).limit(limit).offset(offset)).mappings())


def count_waiting(conn: Connection) -> int:
    """How many deliveries have not ended yet."""
    mine = and_(_d.state == WAITING, _d.channel != PAPER)
    return conn.scalar(select(func.count()).select_from(delivery).where(mine)) or 0


def fallen_back(conn: Connection, since: datetime) -> tuple[int, list[str]]:
    """Notices since then whose text was the plain one instead of the package's: how many, and of which texts."""
    n = notice.c
    found = and_(n.fault.is_not(None), n.at >= since)
    names = select(func.coalesce(n.template, n.kind)).where(found).distinct()
    count = conn.scalar(select(func.count()).select_from(notice).where(found)) or 0
    return count, sorted(conn.scalars(names))


# --- paper ---------------------------------------------------------------------------------------------------


def untold(conn: Connection, delivery_id: str) -> list[RowMapping]:
    """Of a delivery that ended, and of those in it: the notices that reach the person by no way at all."""
    other = delivery.alias()
    mine = and_(or_(_d.id == delivery_id, _d.digest_id == delivery_id), notice.c.kind == "notice")
    told = select(other.c.id).where(
        other.c.notice_id == _d.notice_id, other.c.person_id == _d.person_id, other.c.state.in_(UNDER_WAY)
    )
    query = select(_d.notice_id, _d.person_id).join(notice).where(mine, ~told.exists())
    return list(conn.execute(query).mappings())


def add_paper(conn: Connection, row: Mapping[str, Any]) -> None:
    """Keep a letter to be printed, unless there was one."""
    db.insert_ignore(conn, delivery, row)


def papers(conn: Connection, *, limit: int, offset: int = 0) -> list[RowMapping]:
    """Letters to be printed, person by person, each with the person and the unit."""
    who, where = directory.person, directory.unit
    query = select(delivery, *_NOTICE, who.c.name.label("person"), where.c.name.label("unit")).join(notice)
    query = query.join(who, who.c.id == _d.person_id, isouter=True).join(where, where.c.id == who.c.unit, isouter=True)
    query = query.where(_d.channel == PAPER, _d.state == WAITING).order_by(_d.person_id, _d.created_at, _d.id)
    return list(conn.execute(query.limit(limit).offset(offset)).mappings())


def end_papers(conn: Connection, ids: Collection[str], values: Mapping[str, Any]) -> int:
    """Letters need no more work; how many still did."""
    mine = and_(_d.id.in_(ids), _d.channel == PAPER, _d.state == WAITING)
    return len(conn.execute(update(delivery).where(mine).values(**values).returning(_d.id)).all())


def count_papers(conn: Connection) -> int:
    """How many letters wait to be printed."""
    mine = and_(_d.channel == PAPER, _d.state == WAITING)
    return conn.scalar(select(func.count()).select_from(delivery).where(mine)) or 0
