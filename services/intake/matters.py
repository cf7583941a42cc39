"""Matters: handing one in, and giving it its number.

`submit` is the one way in, behind the page, the HTTP interface and the bus alike. The matter, its number and
`matter.submitted` are written in one transaction: nothing is announced that is not stored, and the other way
round. A session that numbers at admission (`numbering: admission`) leaves the number to `admit`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from services.common import directories
from services.common.problems import FieldError, Problem
from services.intake import announcements, disclosures, files, ledger, numbers, resemblances, store, submissions, tables
from services.intake.problems import field_errors
from services.intake.submissions import Fault

_IDS = uuid5(NAMESPACE_URL, "urn:huiyin:matter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Through which door a submission came.

    `scope` keeps idempotency keys apart (an account id or `connector:<id>`); `own_name` is the only person
    who may lead (a deputy), None for those who enter for others. `agreed`: the deputies who have agreed to co-sign;
    whoever submits in the own name can name no others.
    """

    scope: str
    own_name: str | None = None
    agreed: frozenset[str] = frozenset()
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A stored matter; `created` is False when the key had already brought the same content in.

    `matter_no` is None while the matter waits for its admission.
    """

    matter_id: str
    matter_no: str | None
    created: bool
    warnings: Sequence[FieldError] = ()


def submit(
    conn: Connection,
    form: Mapping[str, Any],
    *,
    key: str,
    origin: Origin,
    now: datetime,
    zone: ZoneInfo,
    brought: Sequence[Row[Any]] = (),
) -> Submitted:
    """Hand in a suggestion or proposal, with the files that were brought for it.

    The same key with the same content returns the same matter; with other content it raises
    `Problem("duplicate_conflict")`. Faults raise `Problem("invalid_form")` with the wrong fields.
    """
    digest = submissions.digest(submissions.check(form)[0])  # of what was sent: a retry means the same tomorrow
    taken = store.claimed(conn, origin.scope, key)
    if taken is not None:
        return _again(conn, taken, digest)
    clean, session = check(conn, form, origin=origin, brought=brought)
    matter_id = str(uuid5(_IDS, f"{origin.scope}\n{key}"))  # derived: the same walk gives the same ids everywhere
    taken = store.claim_key(conn, origin.scope, key, digest, matter_id, now)
    if taken is not None:
        return _again(conn, taken, digest)
    when = clean["submitted_when"] or submitted_when(session, now.astimezone(zone).date())
    later = session.get("numbering") == "admission"
    number = None if later else _draw(conn, session, clean["matter_kind"], when)
    names = _names(conn, [clean["lead_proposer"], *clean["co_proposers"]])
    row = _row(clean, session, matter_id, number, when, origin, now)
    store.insert_matter(conn, row, names)
    ledger.touch(conn, [matter_id])
    files.hand_over(conn, brought, matter_id)
    told = {**session, "process_version": directories.version_on(session, now.astimezone(zone).date())}
    data = {**_submitted(row, clean, told, names), "similar": resemblances.find(conn, clean, session, matter_id)}
    if brought:
        data["attachments"] = files.told(brought)
    announcements.send(conn, "matter.submitted.v1", data, f"{matter_id}.submitted", now, origin.message_id)
    return Submitted(
        matter_id=matter_id,
        matter_no=number,
        created=True,
        warnings=field_errors(submissions.warnings(clean)),
    )


def check(
    conn: Connection, form: Mapping[str, Any], *, origin: Origin, brought: Sequence[Row[Any]] = ()
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Return (the tidy form, the body of its session) or raise `Problem("invalid_form")`."""
    clean, faults = submissions.check(form)
    session = open_session(conn, clean.get("session_id"))
    if session is None:
        faults = [*faults, Fault("session_id", "unknown_session", {"value": clean.get("session_id") or ""})]
    limits = (session or {}).get("limits") or {}
    if not any(fault.path.startswith("body") for fault in faults):
        faults += submissions.check_length(
            clean,
            least=limits.get("body_min", submissions.BODY_MIN),
            most=limits.get("body_max", submissions.BODY_MAX),
        )
    faults += _unknown(conn, clean, session, origin)
    errors = [*field_errors(faults), *files.check(brought)]
    if errors or session is None:
        raise Problem("invalid_form", 422, errors=errors)
    clean["session_id"] = session["id"]
    return clean, session


def submitted_when(session: Mapping[str, Any], today: date) -> str:
    """`in_session` up to the session's last day, `inter_session` after it (glossary 会议期间 / 闭会期间)."""
    closes = session.get("closes")
    return "inter_session" if closes and today > date.fromisoformat(str(closes)) else "in_session"


def admit(conn: Connection, data: Mapping[str, Any], message_id: str, now: datetime) -> None:
    """Take over what the office decided at admission, and give the matter its number unless it has one.

    `data` is that of `matter.admitted`, `message_id` its id: every admission gets its answer, and the same one
    the same answer. A matter withdrawn meanwhile gets no number. Raises `Problem` unknown_matter.
    """
    row = store.lock_matter(conn, data["matter_id"])
    if row is None:
        raise Problem("unknown_matter", 404)
    if row.withdrawn_at is not None:
        return
    decided = {name: data[name] for name in ("topic", "secrecy", "difficult") if data.get(name) is not None}
    number = row.no
    if number is None:
        number = _draw(conn, _own_session(conn, row), row.kind, row.submitted_when)
    store.change_matter(conn, row.id, {"no": number, **decided})
    ledger.touch(conn, [row.id])
    said = {"topic": row.topic, "secrecy": row.secrecy, "difficult": row.difficult, **decided}
    answer = {"matter_id": row.id, "matter_no": number, **said}
    announcements.send(conn, "matter.numbered.v1", answer, f"{message_id}.numbered", now, message_id)


def _own_session(conn: Connection, row: Row[Any]) -> Mapping[str, Any]:
    """The body of a matter's session, open or not."""
    return next({"id": key, **body} for key, body in store.entries(conn, "session") if key == row.session_id)


def _draw(conn: Connection, session: Mapping[str, Any], kind: str, when: str) -> str:
    """The next number of a series."""
    serial = store.draw_serial(conn, numbers.series_of(session, session["id"], kind, when))
    return numbers.write(session, kind, when, serial)


def _again(conn: Connection, taken: Row[Any], digest: str) -> Submitted:
    known = store.matter(conn, taken.matter_id)
    number = known.no if known is not None else None
    if taken.digest != digest:
        raise Problem("duplicate_conflict", 409, value=number or taken.matter_id)
    return Submitted(matter_id=taken.matter_id, matter_no=number, created=False)


def open_sessions(conn: Connection) -> list[dict[str, Any]]:
    """Return the bodies (with their ids) of the sessions that still take suggestions, the newest first."""
    found = [{"label": key, **body, "id": key} for key, body in store.entries(conn, "session")]
    still = [session for session in found if session.get("open", True)]
    return sorted(still, key=lambda session: (session["year"], session["session_no"]), reverse=True)


def open_session(conn: Connection, wanted: str | None) -> Mapping[str, Any] | None:
    """Find the open session asked for, or the one marked as current, or the newest."""
    sessions = open_sessions(conn)
    if wanted:
        return next((session for session in sessions if session["id"] == wanted), None)
    current = [session for session in sessions if session.get("current")]
    return next(iter(current or sessions), None)


def _unknown(
    conn: Connection, clean: Mapping[str, Any], session: Mapping[str, Any] | None, origin: Origin
) -> list[Fault]:
    """Check the people and units named against the directory."""
    faults = []
    lead = clean.get("lead_proposer")
    if lead and not is_deputy(conn, lead, session):
        faults.append(Fault("lead_proposer", "unknown_deputy", {"value": lead}))
    elif lead and origin.own_name is not None and lead != origin.own_name:
        faults.append(Fault("lead_proposer", "not_own_name"))
    for n, person in enumerate(clean.get("co_proposers", ())):
        if not is_deputy(conn, person, session):
            faults.append(Fault(f"co_proposers.{n}", "unknown_deputy", {"value": person}))
        elif origin.own_name is not None and person not in origin.agreed:
            faults.append(Fault(f"co_proposers.{n}", "not_agreed", {"value": _name(conn, person)}))
    known = {code for code, _ in directories.unit_names(conn, tables.directory)}
    for n, unit in enumerate(clean.get("wish_units", ())):
        if unit not in known:
            faults.append(Fault(f"wish_units.{n}", "unknown_unit", {"value": unit}))
    return faults


def _name(conn: Connection, person_id: str) -> str:
    person = directories.person(conn, tables.directory, person_id)
    return person.name if person is not None else person_id


def is_deputy(conn: Connection, person_id: str, session: Mapping[str, Any] | None) -> bool:
    """Say whether this is a current deputy (or CPPCC member) of the session's level."""
    person = directories.person(conn, tables.directory, person_id)
    return person is not None and person.kind == "deputy" and person.active and _belongs(person, session)


def deputies(conn: Connection, session: Mapping[str, Any] | None) -> list[directories.Person]:
    """Return the current deputies of the session's level, by name."""
    everybody = directories.people(conn, tables.directory, "deputy")
    return [person for person in everybody if _belongs(person, session)]


def _belongs(person: directories.Person, session: Mapping[str, Any] | None) -> bool:
    level = person.body.get("level")
    return session is None or level is None or level == session.get("level")


def _names(conn: Connection, people: Iterable[str]) -> list[dict[str, str]]:
    found = [directories.person(conn, tables.directory, person) for person in people]
    return [{"id": person.id, "name": person.name} for person in found if person is not None]


def _row(
    clean: Mapping[str, Any],
    session: Mapping[str, Any],
    matter_id: str,
    number: str | None,
    when: str,
    origin: Origin,
    now: datetime,
) -> dict[str, Any]:
    same = ("title", "topic", "proposer_type", "lead_proposer", "secrecy", "source", "body")
    extra = ("points", "origin", "wish_units", "wish_face_to_face", "wish_publish_text")
    return {
        "id": matter_id,
        "tracker": disclosures.code_of(matter_id),
        "no": number,
        "kind": clean["matter_kind"],
        "session_id": session["id"],
        "level": session["level"],
        "locality": session["locality"],
        "submitted_when": when,
        **{name: clean[name] for name in same},
        "extra": {name: clean[name] for name in extra},
        "entered_by": origin.scope,
        "submitted_at": now,
    }


def _submitted(
    row: Mapping[str, Any],
    clean: Mapping[str, Any],
    session: Mapping[str, Any],
    names: Sequence[Mapping[str, str]],
) -> dict[str, Any]:
    same = ("matter_kind", "title", "topic", "secrecy", "source", "body", "points", "wish_units")
    return {
        "matter_id": row["id"],
        "matter_no": row["no"],
        **{name: row[name] for name in ("level", "locality", "submitted_when")},
        "session": {key: session.get(key) for key in ("id", "term_no", "session_no", "year", "process_version")},
        "lead_proposer": names[0],
        "co_proposers": list(names[1:]),
        **{name: clean[name] for name in same},
        "submitted_at": row["submitted_at"].isoformat(),
    }
