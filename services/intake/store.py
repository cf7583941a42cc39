"""SQL over what intake owns: matters, numbers, letters, the directory's master copy. No rules here."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, or_, select, update

from services.common import db
from services.intake import tables as t

Values = Mapping[str, Any]

# --- matters ------------------------------------------------------------------------------------------------


def claim_key(conn: Connection, scope: str, key: str, digest: str, matter_id: str, now: datetime) -> Row[Any] | None:
    """Claim an idempotency key for a matter; the row that had it before, or None when it was free.

    On PostgreSQL a rival's insert makes this one wait for the rival's commit: two can never both win.
    """
    row = {"scope": scope, "key": key, "digest": digest, "matter_id": matter_id, "at": now}
    if db.insert_ignore(conn, t.submission, row, t.submission.c.matter_id) is not None:
        return None
    return claimed(conn, scope, key)


def claimed(conn: Connection, scope: str, key: str) -> Row[Any] | None:
    """Who has an idempotency key, or None."""
    where = (t.submission.c.scope == scope, t.submission.c.key == key)
    return conn.execute(select(t.submission).where(*where)).one_or_none()


def draw_serial(conn: Connection, series: str) -> int:
    """Draw the next serial of a series, from 1; rivals wait for each other: no gap, no double."""
    numbers = t.number_series
    db.insert_ignore(conn, numbers, {"series": series, "last": 0}, numbers.c.series)
    drawn = update(numbers).where(numbers.c.series == series).values(last=numbers.c.last + 1)
    return int(conn.execute(drawn.returning(numbers.c.last)).scalar_one())


def insert_matter(conn: Connection, row: Values, proposers: Sequence[Mapping[str, str]]) -> None:
    """Insert a matter with its proposers `{id, name}`, the lead first."""
    conn.execute(insert(t.matter).values(**row))
    conn.execute(
        insert(t.proposer),
        [
            {"matter_id": row["id"], "person_id": person["id"], "name": person["name"], "position": n}
            for n, person in enumerate(proposers)
        ],
    )


def matter(conn: Connection, matter_id: str) -> Row[Any] | None:
    """One matter, or None."""
    return conn.execute(select(t.matter).where(t.matter.c.id == matter_id)).one_or_none()


def lock_matter(conn: Connection, matter_id: str) -> Row[Any] | None:
    """One matter, locked until commit, or None."""
    query = select(t.matter).where(t.matter.c.id == matter_id).with_for_update()
    return conn.execute(query).one_or_none()


def matter_ids(conn: Connection) -> list[str]:
    """The ids of all matters."""
    return list(conn.scalars(select(t.matter.c.id)))


def proposers(conn: Connection, matter_id: str) -> Sequence[Row[Any]]:
    """The proposers of a matter, the lead first."""
    query = select(t.proposer).where(t.proposer.c.matter_id == matter_id)
    return conn.execute(query.order_by(t.proposer.c.position)).all()


def state_of(conn: Connection, matter_id: str) -> str:
    """The reporting state the ledger shows for a matter."""
    state = conn.scalar(select(t.led_matter.c.state).where(t.led_matter.c.matter_id == matter_id))
    return str(state or "submitted")


def change_matter(conn: Connection, matter_id: str, values: Values) -> None:
    """Change columns of a matter, which must be locked."""
    conn.execute(update(t.matter).where(t.matter.c.id == matter_id).values(**values))


def insert_secrecy_change(conn: Connection, matter_id: str, change: Values) -> int:
    """Keep a change of a locked matter's secrecy and return its number, from 1."""
    number = len(secrecy_changes(conn, matter_id)) + 1
    conn.execute(insert(t.secrecy_change).values(matter_id=matter_id, number=number, **change))
    return number


def secrecy_changes(conn: Connection, matter_id: str) -> Sequence[Row[Any]]:
    """What was done to a matter's secrecy, in order."""
    query = select(t.secrecy_change).where(t.secrecy_change.c.matter_id == matter_id)
    return conn.execute(query.order_by(t.secrecy_change.c.number)).all()


def insert_sketch(conn: Connection, row: Values) -> None:
    """Keep the sketch of a matter."""
    conn.execute(insert(t.sketch).values(**row))


def sketches(conn: Connection, locality: str) -> list[tuple[str, bytes]]:
    """The sketches of a locality's matters as (matter id, sketch)."""
    query = select(t.sketch.c.matter_id, t.sketch.c.data).where(t.sketch.c.locality == locality)
    return [(row[0], row[1]) for row in conn.execute(query)]


def matters_with_state(conn: Connection, matter_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """These matters with their ledger line, in no particular order."""
    query = (
        select(t.matter, t.led_matter.c.state, t.led_matter.c.outcome_class)
        .join(t.led_matter, t.led_matter.c.matter_id == t.matter.c.id)
        .where(t.matter.c.id.in_(matter_ids))
    )
    return conn.execute(query).all()


def matters_of(conn: Connection, person_id: str, limit: int) -> Sequence[Row[Any]]:
    """What a deputy has proposed alone or with others, the newest first, with the ledger's state."""
    query = (
        select(t.matter, t.led_matter, t.proposer.c.position)
        .join(t.proposer, t.proposer.c.matter_id == t.matter.c.id)
        .join(t.led_matter, t.led_matter.c.matter_id == t.matter.c.id, isouter=True)
        .where(t.proposer.c.person_id == person_id)
        .order_by(t.matter.c.submitted_at.desc(), t.matter.c.id)
        .limit(limit)
    )
    return conn.execute(query).all()


def published(conn: Connection, code: str) -> Row[Any] | None:
    """The published matter with this code and its ledger line, or None."""
    return conn.execute(_published().where(t.matter.c.tracker == code)).one_or_none()


def all_published(conn: Connection, words: Sequence[str], limit: int, offset: int) -> Sequence[Row[Any]]:
    """The published matters whose title or number holds every word, the newest publication first."""
    query = _published()
    for word in words:
        held = (column.icontains(word, autoescape=True) for column in (t.matter.c.title, t.matter.c.no))
        query = query.where(or_(*held))
    order = (t.led_matter.c.published_at.desc(), t.matter.c.id)
    return conn.execute(query.order_by(*order).limit(limit).offset(offset)).all()


def _published() -> Select[Any]:
    columns = (t.led_matter.c.state, t.led_matter.c.outcome_class, t.led_matter.c.published_at)
    joined = select(t.matter, *columns).join(t.led_matter, t.led_matter.c.matter_id == t.matter.c.id)
    return joined.where(t.led_matter.c.published_at.is_not(None), t.matter.c.secrecy == "none")


# --- letters ------------------------------------------------------------------------------------------------


def insert_letter(conn: Connection, row: Values) -> bool:
    """Store a reply letter; False when it is already there."""
    return db.insert_ignore(conn, t.letter, dict(row), t.letter.c.id) is not None


def letter(conn: Connection, letter_id: str) -> Row[Any] | None:
    """One letter, or None."""
    return conn.execute(select(t.letter).where(t.letter.c.id == letter_id)).one_or_none()


def submission_of(conn: Connection, scope: str, matter_id: str) -> str:
    """The idempotency key under which somebody handed a matter in."""
    c = t.submission.c
    return str(conn.execute(select(c.key).where(c.scope == scope, c.matter_id == matter_id)).scalar_one())


def send_letter(conn: Connection, letter_id: str, connector: str) -> None:
    """Note to which congress system a letter was sent."""
    conn.execute(update(t.letter).where(t.letter.c.id == letter_id).values(sent_to=connector))


def acknowledge_letter(conn: Connection, letter_id: str, receipt_no: str | None, now: datetime) -> None:
    """Keep a receipt, unless there is one."""
    fresh = (t.letter.c.id == letter_id) & t.letter.c.received_at.is_(None)
    conn.execute(update(t.letter).where(fresh).values(received_at=now, receipt_no=receipt_no))


def letters(conn: Connection, matter_id: str) -> Sequence[Row[Any]]:
    """The letters of a matter in the order of issue."""
    query = select(t.letter).where(t.letter.c.matter_id == matter_id)
    return conn.execute(query.order_by(t.letter.c.issued_at, t.letter.c.id)).all()


# --- directory ----------------------------------------------------------------------------------------------


def entries(conn: Connection, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """All live entries of a kind as (id, body), by id."""
    query = select(t.entry.c.id, t.entry.c.body).where(t.entry.c.kind == kind).order_by(t.entry.c.id)
    return [(row.id, row.body) for row in conn.execute(query) if row.body is not None]


def entry(conn: Connection, kind: str, key: str, *, lock: bool = True) -> Row[Any] | None:
    """One entry, locked until commit unless it is only looked at, deleted ones (body null) too; or None."""
    query = select(t.entry).where(t.entry.c.kind == kind, t.entry.c.id == key)
    return conn.execute(query.with_for_update() if lock else query).one_or_none()


def put_entry(conn: Connection, kind: str, key: str, body: Values | None, now: datetime) -> int:
    """Write an entry's body and return its new version, from 1."""
    first = {"kind": kind, "id": key, "body": body, "version": 0, "changed_at": now}
    db.insert_ignore(conn, t.entry, first, t.entry.c.id)
    changed = update(t.entry).where(t.entry.c.kind == kind, t.entry.c.id == key)
    values = changed.values(body=body, version=t.entry.c.version + 1, changed_at=now)
    return int(conn.execute(values.returning(t.entry.c.version)).scalar_one())


def credential(conn: Connection, account_id: str, *, lock: bool = True) -> Row[Any] | None:
    """The credential of an account, locked until commit unless it is only looked at, or None."""
    query = select(t.credential).where(t.credential.c.account_id == account_id)
    return conn.execute(query.with_for_update() if lock else query).one_or_none()


def put_password(conn: Connection, account_id: str, password_hash: str) -> None:
    """Set an account's password and forget its failures."""
    conn.execute(delete(t.credential).where(t.credential.c.account_id == account_id))
    row = {"account_id": account_id, "password_hash": password_hash, "failures": 0, "locked_until": None}
    conn.execute(insert(t.credential).values(**row))


def drop_credential(conn: Connection, account_id: str) -> None:
    """Forget the password of an account that is gone."""
    conn.execute(delete(t.credential).where(t.credential.c.account_id == account_id))


def count_failure(conn: Connection, account_id: str, now: datetime, most: int, lock: timedelta) -> None:
    """Count one failed attempt; at `most` the account is locked for `lock` and counting starts anew."""
    known = conn.execute(
        update(t.credential)
        .where(t.credential.c.account_id == account_id)
        .values(failures=t.credential.c.failures + 1)
        .returning(t.credential.c.failures)
    ).scalar_one()
    if known >= most:
        where = t.credential.c.account_id == account_id
        conn.execute(update(t.credential).where(where).values(failures=0, locked_until=now + lock))


def clear_failures(conn: Connection, account_id: str) -> None:
    """Forget failed attempts after a good one."""
    where = t.credential.c.account_id == account_id
    conn.execute(update(t.credential).where(where).values(failures=0, locked_until=None))
