"""The directory: units, people, accounts, congress sessions, connectors.

Intake owns it. Every change is announced as `directory.changed` with a version that only grows, in the same
transaction, and taken over into intake's own copy as by everybody else.

Bodies: unit `{name, short_name?, kind?, parent?, active?, internal?}` · person `{name, kind: deputy|staff, unit?,
delegation?, level?, active?}` · session `{label, locality, level, term_no, session_no, year, closes?,
process_version, next_version?, next_from?, current?, open?, number_patterns?: {kind: {in_session?, inter_session?}},
numbering?: submission | admission, similar_percent?, limits?}` · account `{login, person_id, epoch, active, roles:
[{role, unit|null}]}` · connector `{units}`. Telephone numbers stay out of messages (domain 5-process §5.7).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from services.common import directories, outbox
from services.common.problems import Problem
from services.contracts.envelopes import Message
from services.intake import numbers, store, tables

KINDS = ("unit", "person", "session", "account", "connector")
"""In the order a whole directory is loaded: what is referred to comes first."""
NUMBERINGS = ("submission", "admission")
"""When a session's matters get their numbers; without a word, when they are submitted."""


def put(conn: Connection, kind: str, key: str, body: Mapping[str, Any] | None, now: datetime) -> int:
    """Create, change or (body None) delete an entry; return its new version.

    The same body again changes nothing and announces nothing. Raises `Problem` for a number pattern that
    names unknown fields or gives numbers twice, an unknown time of numbering, or a login that is taken.
    """
    _check(conn, kind, key, body)
    known = store.entry(conn, kind, key)
    if known is not None and known.body == body:
        return int(known.version)
    version = store.put_entry(conn, kind, key, body, now)
    data = {"kind": kind, "id": key, "body": None if body is None else dict(body), "version": version}
    directories.apply(conn, tables.directory, data)
    outbox.add(conn, tables.outbox, _changed(data, now), now=now)
    return version


def announce(conn: Connection, now: datetime) -> int:
    """Announce every entry again under its present version, for a service that starts empty."""
    count = 0
    for kind in KINDS:
        for key, body in store.entries(conn, kind):
            known = store.entry(conn, kind, key)
            version = int(known.version) if known is not None else 1
            data = {"kind": kind, "id": key, "body": body, "version": version}
            again = _changed(data, now, again=now.isoformat())
            outbox.add(conn, tables.outbox, again, now=now)
            count += 1
    return count


def _check(conn: Connection, kind: str, key: str, body: Mapping[str, Any] | None) -> None:
    if body is None:
        return
    if kind == "session":
        _check_patterns(body)
        if body.get("numbering", "submission") not in NUMBERINGS:
            raise Problem("bad_numbering", value=body["numbering"])
    if kind == "account":
        taken = directories.account_by_login(conn, tables.directory, str(body["login"]))
        if taken is not None and taken.id != key:
            raise Problem("login_taken", 409, value=body["login"])
        if body.get("person_id") and directories.person(conn, tables.directory, body["person_id"]) is None:
            raise Problem("unknown_person", value=body["person_id"])


def _check_patterns(session: Mapping[str, Any]) -> None:
    try:
        numbers.check_session(session)
    except numbers.BadPattern as error:
        raise Problem("bad_number_pattern", value=str(error)) from error
    except numbers.SamePattern as error:
        raise Problem("same_number_pattern", value=str(error)) from error


def _changed(data: dict[str, Any], now: datetime, again: str = "") -> Message:
    key = f"directory.{data['kind']}.{data['id']}.{data['version']}"
    return Message(
        id=f"{key}.{again}" if again else key,
        type="directory.changed.v1",
        source="/intake",
        subject=str(data["id"]),
        time=now,
        data=data,
    )
