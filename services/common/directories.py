"""The local copy of the directory: units, people, accounts, sessions and connectors.

Intake owns the directory; every service keeps this projection of ``directory.changed`` beside its own data,
so that no service asks another who somebody is. The newest version per (kind, id) wins, in whatever order
the messages arrive; a deleted entry leaves its version behind, so an older message cannot bring it back.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    delete,
    false,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from services.common.db import Json

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of the projection, all named ``dir_…``."""

    version: Table
    unit: Table
    person: Table
    account: Table
    holding: Table
    session: Table
    connector: Table


@dataclass(frozen=True, slots=True)
class Account:
    """A login: ``epoch`` rises whenever its open sessions and tokens must end; roles are (role, unit)."""

    id: str
    login: str
    person_id: str | None
    epoch: int
    active: bool
    roles: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A deputy or a member of staff; ``body`` holds what else the directory said (phone, delegation, …)."""

    id: str
    name: str
    kind: str
    unit: str | None
    active: bool
    body: Body


def tables(metadata: MetaData) -> Tables:
    """Declare the projection's tables in a service's metadata (for its migrations and its consumer)."""
    return Tables(
        version=_table("dir_version", metadata, _key("kind"), _key("id"), Column("version", Integer)),
        unit=_table("dir_unit", metadata, _key("id"), _text("name"), _text("kind"), _code("parent"), _flag(), _body()),
        person=_table(
            "dir_person", metadata, _key("id"), _text("name"), _text("kind"), _code("unit"), _flag(), _body()
        ),
        account=_account_table(metadata),
        holding=_holding_table(metadata),
        session=_session_table(metadata),
        connector=_table("dir_connector", metadata, _key("id"), Column("units", Json(), nullable=False)),
    )


def apply(conn: Connection, tables: Tables, data: Body) -> bool:
    """Take over one ``directory.changed`` payload ``{kind, id, version, body|null}``.

    Returns whether it was news: False for a version that is already known or overtaken.
    """
    kind, key, body = str(data["kind"]), str(data["id"]), data.get("body")
    if not _advance(conn, tables.version, kind, key, int(data["version"])):
        return False
    if kind == "unit":
        _mark_unit(conn, tables.version, key, int(data["version"]), body)
    target: Table = getattr(tables, kind)
    conn.execute(delete(target).where(target.c.id == key))
    if kind == "account":
        conn.execute(delete(tables.holding).where(tables.holding.c.account_id == key))
    if body is not None:
        conn.execute(insert(target).values(id=key, **_ROWS[kind](body)))
        if kind == "account":
            _insert_roles(conn, tables.holding, key, body.get("roles") or ())
    return True


def unit_name(conn: Connection, tables: Tables, code: str | None) -> str:
    """The unit's name, or its code where the directory does not know it (a unit that is gone)."""
    if not code:
        return ""
    name = conn.scalar(select(tables.unit.c.name).where(tables.unit.c.id == code))
    return str(name) if name else code


def unit_names(conn: Connection, tables: Tables, *, active: bool = True) -> list[tuple[str, str]]:
    """All units as (code, name) in the order of their codes, for pick lists; active ones only by default."""
    unit = tables.unit
    query = select(unit.c.id, unit.c.name).order_by(unit.c.id)
    if active:
        query = query.where(unit.c.active)
    return [(row.id, row.name) for row in conn.execute(query)]


def person(conn: Connection, tables: Tables, person_id: str) -> Person | None:
    """One person, or None."""
    row = conn.execute(select(tables.person).where(tables.person.c.id == person_id)).one_or_none()
    return _person(row) if row else None


def people(conn: Connection, tables: Tables, kind: str) -> list[Person]:
    """Everybody of a kind (``deputy`` or ``staff``), by name."""
    query = select(tables.person).where(tables.person.c.kind == kind, tables.person.c.active)
    return [_person(row) for row in conn.execute(query.order_by(tables.person.c.name, tables.person.c.id))]


def holders(conn: Connection, tables: Tables, role: str, unit: str | None = None) -> list[Person]:
    """Who holds a role: with a unit only that unit's holders, without one the holders of every unit.

    Locked accounts do not count.
    """
    holding, account, who = tables.holding, tables.account, tables.person
    query = (
        select(who)
        .join(account, account.c.person_id == who.c.id)
        .join(holding, holding.c.account_id == account.c.id)
        .where(holding.c.role == role, account.c.active, who.c.active)
        .order_by(who.c.id)
    )
    if unit is not None:
        query = query.where(holding.c.unit == unit)
    found = {row.id: _person(row) for row in conn.execute(query)}
    return list(found.values())


def colleagues(
    conn: Connection, tables: Tables, *, unit: str | None, role: str | None
) -> list[tuple[Person, tuple[str, ...]]]:
    """The people of a unit by name, each with the roles held there; without a unit the holders of a role.

    Somebody without an account is one of them too: he belongs to the unit by the directory's own word.
    """
    holding, account, who = tables.holding, tables.account, tables.person
    held = (holding.c.account_id == account.c.id) & (
        holding.c.unit == unit if unit is not None else holding.c.role == role
    )
    query = (
        select(who, holding.c.role.label("role"))
        .outerjoin(account, (account.c.person_id == who.c.id) & account.c.active)
        .outerjoin(holding, held)
        .where(who.c.active, who.c.kind == "staff", holding.c.role.is_not(None) | _belongs(who, unit))
        .order_by(who.c.name, who.c.id, holding.c.n)
    )
    found: dict[str, tuple[Person, list[str]]] = {}
    for row in conn.execute(query):
        found.setdefault(row.id, (_person(row), []))[1].extend([row.role] if row.role else [])
    return [(person, tuple(roles)) for person, roles in found.values()]


def _belongs(who: Table, unit: str | None) -> ColumnElement[bool]:
    return who.c.unit == unit if unit is not None else false()


def account(conn: Connection, tables: Tables, account_id: str) -> Account | None:
    """One account with its roles, locked ones too, or None."""
    return _account(conn, tables, tables.account.c.id == account_id)


def account_by_login(conn: Connection, tables: Tables, login: str) -> Account | None:
    """The account behind a login name, locked ones too, or None."""
    return _account(conn, tables, tables.account.c.login == login)


def delegations(conn: Connection, tables: Tables, people: Collection[str]) -> dict[str, str]:
    """The delegations of these people, of those who have one."""
    person = tables.person
    query = select(person.c.id, person.c.body).where(person.c.id.in_(people))
    return {row.id: str(row.body["delegation"]) for row in conn.execute(query) if row.body.get("delegation")}


def session(conn: Connection, tables: Tables, session_id: str) -> Body | None:
    """A congress session ``{id, label, term_no, session_no, year, process_version, next_version, next_from}``."""
    row = conn.execute(select(tables.session).where(tables.session.c.id == session_id)).one_or_none()
    return dict(row._mapping) if row else None


def version_on(session: Body, day: date) -> str | None:
    """The process version that what a session's matters begin on a day takes: from `next_from` on the next one."""
    later, start = session.get("next_version"), session.get("next_from")
    found = later if later and start and day.isoformat() >= start else session.get("process_version")
    return str(found) if found else None


def sessions(conn: Connection, tables: Tables) -> list[Body]:
    """All congress sessions, the newest first."""
    order = (tables.session.c.year.desc(), tables.session.c.session_no.desc(), tables.session.c.id)
    return [dict(row._mapping) for row in conn.execute(select(tables.session).order_by(*order))]


def connector_units(conn: Connection, tables: Tables, connector_id: str) -> tuple[str, ...]:
    """The units a connector speaks for; empty for an unknown connector, which may speak for nobody."""
    units = conn.scalar(select(tables.connector.c.units).where(tables.connector.c.id == connector_id))
    return tuple(units or ())


def _advance(conn: Connection, table: Table, kind: str, key: str, version: int) -> bool:
    """Raise the known version in one statement, so that two workers cannot both think they are newer."""
    make = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    statement = make(table).values(kind=kind, id=key, version=version)
    newer = statement.on_conflict_do_update(
        index_elements=[table.c.kind, table.c.id],
        set_={"version": statement.excluded.version},
        where=table.c.version < statement.excluded.version,
    )
    return conn.execute(newer.returning(table.c.version)).first() is not None


def _mark_unit(conn: Connection, table: Table, key: str, version: int, body: Body | None) -> None:
    """A unit with a successor, or whose own system does the inside, changes who does what, as a connector does."""
    mark = f"{key}/successor"
    if (body or {}).get("successor") or (body or {}).get("internal") == "self":
        _advance(conn, table, "connector", mark, version)
    else:
        conn.execute(update(table).where(table.c.kind == "connector", table.c.id == mark).values(version=version))


def _insert_roles(conn: Connection, holding: Table, account_id: str, roles: Sequence[Any]) -> None:
    pairs = {(str(role), unit or None) for role, unit in map(_role, roles)}
    rows = [
        {"account_id": account_id, "n": n, "role": role, "unit": unit}
        for n, (role, unit) in enumerate(sorted(pairs, key=lambda pair: (pair[0], pair[1] or "")))
    ]
    if rows:
        conn.execute(insert(holding), rows)


def _role(entry: Any) -> tuple[Any, Any]:
    """A role entry is ``{"role": …, "unit": …|null}`` or the pair ``[role, unit]``."""
    if isinstance(entry, Mapping):
        return entry["role"], entry.get("unit")
    role, unit = entry
    return role, unit


def _account(conn: Connection, tables: Tables, condition: Any) -> Account | None:
    row = conn.execute(select(tables.account).where(condition)).one_or_none()
    if row is None:
        return None
    holding = tables.holding
    query = select(holding.c.role, holding.c.unit).where(holding.c.account_id == row.id).order_by(holding.c.n)
    roles = tuple((role, unit) for role, unit in conn.execute(query))
    return Account(row.id, row.login, row.person_id, row.epoch, row.active, roles)


def _person(row: Row[Any]) -> Person:
    return Person(row.id, row.name, row.kind, row.unit, row.active, row.body)


def _table(name: str, metadata: MetaData, *columns: Column[Any]) -> Table:
    return Table(name, metadata, *columns)


def _key(name: str) -> Column[str]:
    return Column(name, String(100), primary_key=True)


def _code(name: str) -> Column[str]:
    return Column(name, String(100), nullable=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _flag() -> Column[bool]:
    return Column("active", Boolean, nullable=False)


def _body() -> Column[Any]:
    return Column("body", Json(), nullable=False)


def _account_table(metadata: MetaData) -> Table:
    login = Column("login", String(100), nullable=False, index=True)
    person_id = Column("person_id", String(100), nullable=True, index=True)
    return _table(
        "dir_account",
        metadata,
        _key("id"),
        login,
        person_id,
        Column("epoch", Integer, nullable=False),
        _flag(),
    )


def _holding_table(metadata: MetaData) -> Table:
    table = _table(
        "dir_holding",
        metadata,
        _key("account_id"),
        Column("n", Integer, primary_key=True),
        Column("role", String(100), nullable=False),
        _code("unit"),
    )
    Index("ix_dir_holding_role_unit", table.c.role, table.c.unit)
    return table


def _session_table(metadata: MetaData) -> Table:
    return _table(
        "dir_session",
        metadata,
        _key("id"),
        _text("label"),
        Column("term_no", Integer),
        Column("session_no", Integer),
        Column("year", Integer),
        _code("process_version"),
        _code("next_version"),
        Column("next_from", Text, nullable=True),
    )


def _unit_row(body: Body) -> dict[str, Any]:
    return {
        "name": body["name"],
        "kind": body.get("kind") or "",
        "parent": body.get("parent"),
        "active": body.get("active", True),
        "body": dict(body),
    }


def _person_row(body: Body) -> dict[str, Any]:
    return {
        "name": body["name"],
        "kind": body.get("kind") or "",
        "unit": body.get("unit"),
        "active": body.get("active", True),
        "body": dict(body),
    }


def _account_row(body: Body) -> dict[str, Any]:
    return {
        "login": body["login"],
        "person_id": body.get("person_id"),
        "epoch": body["epoch"],
        "active": body.get("active", True),
    }


def _session_row(body: Body) -> dict[str, Any]:
    names = ("label", "term_no", "session_no", "year", "process_version", "next_version", "next_from")
    return {name: body.get(name) for name in names}


def _connector_row(body: Body) -> dict[str, Any]:
    return {"units": list(body.get("units") or ())}


_ROWS: Final = {
    "unit": _unit_row,
    "person": _person_row,
    "account": _account_row,
    "session": _session_row,
    "connector": _connector_row,
}
