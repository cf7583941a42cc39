"""Published package versions: submitted with their findings, approved by a second person, never changed.

Which version a new case takes is decided by the session of its matter; intake keeps the sessions, this service
reads them from its copy of the directory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, select, update

from services.common import directories, outbox
from services.common.problems import Problem
from services.contracts.envelopes import Message
from services.workflow import editions, packages
from services.workflow import tables as t
from services.workflow.packages import Change, Package, contexts

INSTALLER: Final = "installer"
"""How the accounts begin that stand for whoever sets an installation up."""
_c = t.package_version.c
_LISTED = [column for column in t.package_version.c if column.name not in ("content", "findings")]


def submit(conn: Connection, package: Package, by: str, now: datetime) -> str:
    """Check a package and keep it as a version that waits for approval; its version name.

    The same content again is the same version. Raises `packages.BadPackage` (all findings) when it cannot be
    executed and `Problem` version_exists when the name is taken by other content.
    """
    findings = packages.check(package)
    if any(found.severity == "error" for found in findings):
        raise packages.BadPackage(findings)
    editions.compile_(package)
    digest = packages.digest(package)
    known = get(conn, package.version)
    if known is not None:
        if known["digest"] != digest:
            raise Problem("version_exists", 409, version=package.version)
        return package.version
    row = {
        "version": package.version,
        "locality": package.locality,
        "year": package.year,
        "revision": package.revision,
        "digest": digest,
        "content": packages.pack(package),
        "status": "validated",
        "diagrams": 0,
        "roles": roles_of(package),
        "findings": [found.as_dict() for found in findings],
        "submitted_by": by,
        "submitted_at": now,
    }
    conn.execute(t.package_version.insert().values(row))
    return package.version


def approve(conn: Connection, version: str, by: str, now: datetime) -> None:
    """Put a version in force: new cases may start, everybody is told. It takes a second person.

    Raises `Problem` no_such_version, wrong_status or own_submission (domain 4-actors: two persons publish).
    """
    row = _lock(conn, version)
    if row["status"] != "validated":
        raise Problem("wrong_status", 409)
    if row["submitted_by"] == by:
        raise Problem("own_submission", 403)
    values = {"status": "active", "approved_by": by, "approved_at": now}
    conn.execute(update(t.package_version).where(_c.version == version).values(**values))
    announce(conn, version, "active", now)


def retire(conn: Connection, version: str, now: datetime) -> None:
    """No new cases under this version; running ones go on. Raises `Problem` no_such_version, wrong_status."""
    if _lock(conn, version)["status"] != "active":
        raise Problem("wrong_status", 409)
    values = {"status": "retired", "retired_at": now}
    conn.execute(update(t.package_version).where(_c.version == version).values(**values))
    announce(conn, version, "retired", now)


def delete(conn: Connection, version: str) -> None:
    """Forget a version that was never in force; logs are replayed with all others for ever.

    Raises `Problem` no_such_version, version_kept (with the number of `running` cases) or version_has_drafts.
    """
    if _lock(conn, version)["approved_at"] is not None:
        raise Problem("version_kept", 409, version=version, running=running(conn, version))
    if conn.scalar(select(func.count()).select_from(t.draft_package).where(t.draft_package.c.base == version)):
        raise Problem("version_has_drafts", 409, version=version)
    conn.execute(t.unit_diagram.delete().where(t.unit_diagram.c.package_version == version))
    conn.execute(t.package_version.delete().where(_c.version == version))


def running(conn: Connection, version: str) -> int:
    """How many cases are under way under a version."""
    case = t.case_.c
    statement = select(func.count()).where(case.package_version == version, case.status == "running")
    return int(conn.execute(statement).scalar_one())


def sessions(conn: Connection, version: str, at: datetime) -> list[str]:
    """The congress sessions whose matters take a version now, by name."""
    return [body["label"] for body in directories.sessions(conn, t.directory) if _on(conn, body, at) == version]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """A session: the version its matters take now, another from a day on, and cases under way by version."""

    id: str
    label: str
    version: str | None
    next_version: str | None
    next_from: str | None
    running: Mapping[str, int]


def takers(conn: Connection, locality: str, at: datetime) -> list[Taker]:
    """The sessions of a locality, the newest first, with what runs in them."""
    known = set(conn.execute(select(_c.version).where(_c.locality == locality)).scalars())
    counted = _running_by_session(conn, locality)
    return [
        Taker(
            id=body["id"],
            label=body["label"],
            version=_on(conn, body, at),
            next_version=body["next_version"] if _on(conn, body, at) != body["next_version"] else None,
            next_from=body["next_from"],
            running=counted.get(body["id"], {}),
        )
        for body in directories.sessions(conn, t.directory)
        if body["process_version"] in known
    ]


def _running_by_session(conn: Connection, locality: str) -> dict[str, dict[str, int]]:
    case, matter, found = t.case_.c, t.matter.c, dict[str, dict[str, int]]()
    statement = (
        select(matter.session_id, case.package_version, func.count())
        .join(t.matter, matter.matter_id == case.matter_id)
        .where(case.status == "running", matter.locality == locality, matter.session_id.is_not(None))
        .group_by(matter.session_id, case.package_version)
        .order_by(case.package_version)
    )
    for session, version, count in conn.execute(statement):
        found.setdefault(session, {})[version] = count
    return found


def _lock(conn: Connection, version: str) -> RowMapping:
    statement = select(*_LISTED).where(_c.version == version).with_for_update()
    row = conn.execute(statement).mappings().one_or_none()
    if row is None:
        raise Problem("no_such_version", 404)
    return row


def announce(conn: Connection, version: str, status: str, now: datetime) -> None:
    """Tell the other services what they need of a version: roles, classes, texts and labels."""
    package = load(conn, version)
    message = Message(
        id=f"{version}.{status}",
        type="package.published.v1",
        source="/workflow",
        subject=version,
        time=now,
        data={
            "version": version,
            "locality": package.locality,
            "year": package.year,
            "revision": package.revision,
            "status": status,
            "roles": roles_of(package),
            "classes": {k: {"letter": c.letter, "label": c.label} for k, c in package.classes.items()},
            "texts": _texts(package),
            "labels": {**{kind: dict(names) for kind, names in package.labels.items()}, "local": _local(package)},
            "processes": [{"id": key, "label": label} for key, label in package.labels.get("process", {}).items()],
            "entries": dict(package.entries),
            "accepts": _named(package, "accepts", "record"),
            "interrupts": _named(package, "interrupt", "message"),
            "urgent": list(package.urgent),
        },
    )
    outbox.add(conn, t.outbox_, message, now=now)


def _named(package: Package, word: str, attribute: str) -> list[str]:
    """What the package's diagrams name by a `hy:` element: the records they accept, the messages that interrupt."""
    marks = (mark for node in contexts.read(package).everything for mark in node.of(word))
    return sorted({mark.get(attribute) for mark in marks})


def _local(package: Package) -> dict[str, str]:
    """The local fields (`extra`) of the package's forms: `<record>.<field>` → title."""
    found: dict[str, str] = {}
    for form in package.forms.values():
        local = ((form.get("properties") or {}).get("extra") or {}).get("properties") or {}
        found |= {f"{form.get('x-record')}.{name}": str(field.get("title") or name) for name, field in local.items()}
    return found


def roles_of(package: Package) -> list[dict[str, Any]]:
    """The package's roles as plain data."""
    return [
        {
            "id": role.id,
            "label": role.label,
            "label_en": role.label_en,
            "scope": role.scope,
            "grants": list(role.grants),
        }
        for role in package.roles.values()
    ]


def _texts(package: Package) -> dict[str, Any]:
    texts: dict[str, Any] = {}
    for name in sorted(package.templates):
        for language in ("zh", "en"):
            if f"texts/{name}.{language}.txt" in package.files:
                subject, body = package.text(name, language)
                texts.setdefault(name, {})[language] = {"subject": subject, "body": body}
    return texts


def for_matter(conn: Connection, matter: Mapping[Any, Any], at: datetime) -> str:
    """The version a new case of this matter takes; raises `Problem` no_version (503: retried until there is one).

    It is the version of the matter's session on that day, else the one the matter came with, else the locality's
    newest in force. Where that one is retired, a matter under way goes on under the version of its latest case.
    """
    found = _of_session(conn, matter["session_id"], at) or matter["process_version"]
    statement = select(_c.version).where(_c.status == "active")
    wanted = _c.version == found if found else _c.locality == matter["locality"]
    statement = statement.where(wanted)
    version = conn.execute(statement.order_by(_c.year.desc(), _c.revision.desc()).limit(1)).scalar()
    version = version or _under_way(conn, matter["matter_id"])
    if version is None:
        raise Problem("no_version", 503, version=found or matter["locality"])
    return str(version)


def _under_way(conn: Connection, matter_id: str) -> str | None:
    case = t.case_.c
    statement = select(case.package_version).where(case.matter_id == matter_id)
    return conn.execute(statement.order_by(case.started_at.desc(), case.id.desc()).limit(1)).scalar()


def _of_session(conn: Connection, session_id: str | None, at: datetime) -> str | None:
    session = directories.session(conn, t.directory, session_id) if session_id else None
    return _on(conn, session, at) if session else None


def _on(conn: Connection, session: Mapping[str, Any], at: datetime) -> str | None:
    """The version of a session at an instant; its day is that of the place where the next version applies."""
    later = session["next_version"]
    if not later or get(conn, later) is None:
        found = session["process_version"]
        return str(found) if found else None
    return directories.version_on(session, editions.get(conn, later).local_date(at))


def diagrams(conn: Connection, version: str) -> int:
    """How many unit diagrams were published for a version."""
    return conn.execute(select(_c.diagrams).where(_c.version == version)).scalar() or 0


def get(conn: Connection, version: str) -> RowMapping | None:
    """A version's row without its content, or None."""
    columns = [*_LISTED, _c.findings]
    return conn.execute(select(*columns).where(_c.version == version)).mappings().one_or_none()


def list_(conn: Connection) -> Sequence[RowMapping]:
    """All versions, the newest first."""
    order = (_c.locality, _c.year.desc(), _c.revision.desc())
    return conn.execute(select(*_LISTED).order_by(*order)).mappings().all()


def load(conn: Connection, version: str) -> Package:
    """The package as it was published; raises `Problem` no_such_version."""
    content = conn.execute(select(_c.content).where(_c.version == version)).scalar()
    if content is None:
        raise Problem("no_such_version", 404)
    return packages.unpack(bytes(content))


def predecessor(conn: Connection, row: Mapping[Any, Any]) -> str | None:
    """The version before this one in the same locality, or None."""
    earlier = (_c.year < row["year"]) | ((_c.year == row["year"]) & (_c.revision < row["revision"]))
    statement = select(_c.version).where(_c.locality == row["locality"], earlier)
    return conn.execute(statement.order_by(_c.year.desc(), _c.revision.desc()).limit(1)).scalar()


def changes(conn: Connection, row: Mapping[Any, Any]) -> Sequence[Change]:
    """What is different from the version before, in words; empty for a first version."""
    before = predecessor(conn, row)
    if before is None:
        return ()
    return packages.compare(load(conn, before), load(conn, row["version"]))


def grants_of(conn: Connection, held: set[str]) -> frozenset[str]:
    """The grants of these roles over all versions in use; retired ones still have running cases."""
    found: set[str] = set()
    for roles in conn.execute(select(_c.roles).where(_c.status.in_(("active", "retired")))).scalars():
        for role in roles:
            if role["id"] in held:
                found.update(role["grants"])
    return frozenset(found)
