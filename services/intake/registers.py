"""What administrators keep by hand in the directory: find, create and change entries; nothing is deleted.

An entry that is no longer wanted is closed (`active`, for a session `open`), so that what refers to it keeps
its name. What a form does not ask (limits, who handles inside, …) stays as it was.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from services.common import directories, heirs
from services.common.bus import topology
from services.common.problems import Problem
from services.intake import accounts, directory, store, store_ledger, tables

Body = dict[str, Any]
Filter = Mapping[str, str]
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_REFERENCES: Final = {"unit": ("parent", "successor"), "person": ("unit",)}


def find(conn: Connection, kind: str, wanted: Filter) -> list[tuple[str, Body]]:
    """Entries by id whose id or name holds `q`, and that are `state` (open|closed), of this `kind` and `unit`."""
    return [(key, body) for key, body in store.entries(conn, kind) if _fits(key, body, wanted)]


def _fits(key: str, body: Body, wanted: Filter) -> bool:
    text = " ".join(str(body.get(name) or "") for name in ("name", "short_name", "label", "delegation", "login"))
    if wanted.get("q", "").casefold() not in f"{key} {text}".casefold():
        return False
    if wanted.get("state") and (wanted["state"] == "open") is not is_open(body):
        return False
    return all(not wanted.get(name) or body.get(name) == wanted[name] for name in ("kind", "unit"))


def is_open(body: Mapping[str, Any]) -> bool:
    """Whether an entry is in use: neither closed nor deactivated."""
    return bool(body.get("active", True) and body.get("open", True))


def get(conn: Connection, kind: str, key: str) -> Body:
    """One entry's body, to be looked at; raises `Problem` not_found."""
    known = store.entry(conn, kind, key, lock=False)
    if known is None or known.body is None:
        raise Problem("not_found", 404)
    return dict(known.body)


def create(conn: Connection, kind: str, key: str, body: Body, now: datetime) -> None:
    """Add an entry; raises `Problem` bad_id, id_taken or what the directory refuses."""
    get_free(conn, kind, key)
    _put(conn, kind, key, body, now)


def get_free(conn: Connection, kind: str, key: str) -> str:
    """The id, when it is well formed and free; raises `Problem` bad_id or id_taken."""
    if not is_id(key) or (kind == "connector" and not _is_connector(key)):
        raise Problem("bad_id", 422, value=key)
    known = store.entry(conn, kind, key)
    if known is not None and known.body is not None:
        raise Problem("id_taken", 409, value=key)
    return key


def is_id(key: str) -> bool:
    """Whether a text may be the id of an entry."""
    return _ID.fullmatch(key) is not None


def change(conn: Connection, kind: str, key: str, asked: Iterable[str], body: Body, now: datetime) -> None:
    """Change the fields that were asked (left out: emptied); the others stay."""
    kept = {name: value for name, value in get(conn, kind, key).items() if name not in set(asked)}
    _put(conn, kind, key, {**kept, **body}, now)
    if kind == "person" and not body.get("active", True):
        _lock_accounts(conn, key, now)


def _put(conn: Connection, kind: str, key: str, body: Body, now: datetime) -> None:
    _check_references(conn, kind, key, body)
    if kind == "session":
        _check_version(conn, key, body)
        if body.get("current"):
            _stand_down(conn, key, str(body["locality"]), now)
    directory.put(conn, kind, key, body, now)


def _check_references(conn: Connection, kind: str, key: str, body: Body) -> None:
    known = dict(directories.unit_names(conn, tables.directory, active=False))
    for named in filter(None, (body.get(name) for name in _REFERENCES.get(kind, ()))):
        if named == key or named not in known:
            raise Problem("unknown_unit", 422, value=named)
    after = body.get("successor")
    if kind == "unit" and after and key in (last := heirs.of(conn, tables.directory.unit, [after])).values():
        raise Problem("unknown_unit", 422, value=last[after])


def _check_version(conn: Connection, key: str, body: Body) -> None:
    """A session takes a version in force, of its own locality; the one it has may be retired meanwhile."""
    version = body["process_version"]
    known = store.entry(conn, "session", key)
    before = known.body if known is not None and known.body else {}
    found = next(iter(store_ledger.packages(conn, [version])), None)
    same = version == before.get("process_version")
    if not same and (found is None or found.status != "active"):
        raise Problem("version_not_published", 422, value=version)
    if found is not None and body.setdefault("locality", found.locality) != found.locality:
        raise Problem("version_of_other_locality", 422, value=version)
    body.setdefault("locality", before.get("locality"))
    _check_next(conn, before, body)


def _check_next(conn: Connection, before: Body, body: Body) -> None:
    """A version from a day on is named with its day, is in force and of the same locality, and is another one."""
    later, start = body.get("next_version"), body.get("next_from")
    if not later and not start:
        return
    if not later or not start or later == body["process_version"]:
        raise Problem("next_version_incomplete", 422)
    found = next(iter(store_ledger.packages(conn, [later])), None)
    if found is None or (found.status != "active" and later != before.get("next_version")):
        raise Problem("version_not_published", 422, value=later)
    if found.locality != body["locality"]:
        raise Problem("version_of_other_locality", 422, value=later)


def _stand_down(conn: Connection, key: str, locality: str, now: datetime) -> None:
    """Only one session of a locality is the current one."""
    for other, body in store.entries(conn, "session"):
        if other != key and body.get("current") and body.get("locality") == locality:
            directory.put(conn, "session", other, {**body, "current": False}, now)


def _lock_accounts(conn: Connection, person: str, now: datetime) -> None:
    for key, body in store.entries(conn, "account"):
        if body.get("person_id") == person and body.get("active", True):
            accounts.set_active(conn, key, False, now)


def session_id(conn: Connection, body: Mapping[str, Any]) -> str:
    """The id of a new session: yunting-15-6; raises `Problem` version_not_published."""
    found = next(iter(store_ledger.packages(conn, [body["process_version"]])), None)
    if found is None:
        raise Problem("version_not_published", 422, value=body["process_version"])
    return f"{found.locality}-{body['term_no']}-{body['session_no']}"


def running(conn: Connection, session: str) -> dict[str, int]:
    """How many matters of a session are under way, by the process version they run under."""
    case = tables.led_case.c
    count = func.count(case.matter_id.distinct())
    query = (
        select(case.process_version, count)
        .join(tables.matter, tables.matter.c.id == case.matter_id)
        .where(tables.matter.c.session_id == session, case.opened_as_of.is_not(None), case.closed_as_of.is_(None))
        .group_by(case.process_version)
        .order_by(case.process_version)
    )
    return {str(version): int(number) for version, number in conn.execute(query)}


def units(conn: Connection, body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The units in use as (id, name), and the closed ones this entry names: so that it can be saved as it is."""
    named = {body.get("unit"), body.get("parent"), body.get("successor"), *(body.get("units") or ())}
    named |= {role.get("unit") for role in body.get("roles") or ()}
    in_use = directories.unit_names(conn, tables.directory)
    known = directories.unit_names(conn, tables.directory, active=False)
    return [*in_use, *(pair for pair in known if pair[0] in named and pair not in in_use)]


def versions(conn: Connection, keep: Sequence[str] = ()) -> list[str]:
    """The published versions a session may take, the newest first, and those it has."""
    found = [row.version for row in store_ledger.packages(conn) if row.status == "active"]
    return list(dict.fromkeys([*found, *keep]))


def _is_connector(key: str) -> bool:
    try:
        topology.check_connector(key)
    except ValueError:
        return False
    return True
