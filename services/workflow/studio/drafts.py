"""Drafts: working copies of a package in the database, from a base version to the next one.

A draft has a number that grows with every change; whoever saves says which one he saw, so that two editors never
overwrite each other silently. A draft is always a package that can be read; what is wrong in it are findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, func, select, update

from services.common.problems import Problem
from services.workflow import packages, versions
from services.workflow import tables as t
from services.workflow.engine.findings import Finding
from services.workflow.packages import Change, Package
from services.workflow.studio import settings_texts, texts

_c = t.draft_package.c
_LISTED = [column for column in t.draft_package.c if column.name != "content"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A working copy: `number` counts its changes, `version` is the name it will be published under."""

    id: int
    base: str
    version: str
    number: int
    state: str
    created_by: str
    changed_by: str
    changed_at: datetime
    package: Package

    @property
    def is_open(self) -> bool:
        """Whether it may still be changed."""
        return self.state == "open"


def create(conn: Connection, base: str, by: str, now: datetime) -> int:
    """A copy of a version as the next free revision of its year; the draft's id. Raises `Problem` no_such_version."""
    package = versions.load(conn, base)
    revision = _next_revision(conn, package)
    files = settings_texts.renumber(package.files, package.version, revision)
    copy = packages.load(files)
    row = {
        "base": base,
        "version": copy.version,
        "number": 1,
        "state": "open",
        "content": packages.pack(copy),
        "created_by": by,
        "changed_by": by,
        "created_at": now,
        "changed_at": now,
    }
    found = conn.execute(t.draft_package.insert().values(row).returning(_c.id)).scalar_one()
    return int(found)


def _next_revision(conn: Connection, package: Package) -> int:
    columns = t.package_version.c
    same = (columns.locality == package.locality, columns.year == package.year)
    published = conn.execute(select(func.max(columns.revision)).where(*same)).scalar() or 0
    prefix = f"{package.locality}-{package.year}."
    drafted = conn.execute(select(_c.version).where(_c.version.startswith(prefix), _c.state == "open")).scalars()
    return max([published, *(int(name.removeprefix(prefix)) for name in drafted)]) + 1


def list_(conn: Connection) -> Sequence[RowMapping]:
    """All drafts without their files, the latest change first."""
    return conn.execute(select(*_LISTED).order_by(_c.changed_at.desc(), _c.id.desc())).mappings().all()


def get(conn: Connection, draft_id: int) -> Draft:
    """A draft with its files; raises `Problem` no_draft."""
    row = conn.execute(select(t.draft_package).where(_c.id == draft_id)).one_or_none()
    if row is None:
        raise Problem("no_draft", 404)
    return _draft(row)


def _draft(row: Row[Any]) -> Draft:
    names = ("id", "base", "version", "number", "state", "created_by", "changed_by", "changed_at")
    package = packages.unpack(bytes(row.content))
    return Draft(**{name: getattr(row, name) for name in names}, package=package)


def save(conn: Connection, draft_id: int, number: int, files: Mapping[str, bytes], by: str, now: datetime) -> int:
    """Replace or add files; the draft's new number.

    Raises `packages.BadPackage` or `engine.Refused` for a file that cannot be read at all, `Problem` draft_conflict
    when somebody saved since `number`, draft_closed when the draft has been submitted or given up.
    """
    draft = get(conn, draft_id)
    for name, content in files.items():
        texts.demand_readable(name, content)
    return _store(conn, draft, number, {**draft.package.files, **files}, by, now)


def revert(conn: Connection, draft_id: int, number: int, name: str, by: str, now: datetime) -> int:
    """Take a file back to what the base has; one the base lacks is removed. The draft's new number.

    Raises like `save`; the settings keep the draft's own revision.
    """
    draft = get(conn, draft_id)
    base = versions.load(conn, draft.base)
    files = settings_texts.renumber(base.files, base.version, draft.package.revision)
    others = {path: content for path, content in draft.package.files.items() if path != name}
    kept = {name: files[name]} if name in files else {}
    return _store(conn, draft, number, {**others, **kept}, by, now)


def _store(conn: Connection, draft: Draft, number: int, files: Mapping[str, bytes], by: str, now: datetime) -> int:
    package = packages.load(files)
    values = {
        "content": packages.pack(package),
        "version": package.version,
        "number": number + 1,
        "changed_by": by,
        "changed_at": now,
    }
    _change(conn, draft, number, values)
    return number + 1


def _change(conn: Connection, draft: Draft, number: int, values: Mapping[str, Any]) -> None:
    """One statement decides who was first."""
    if not draft.is_open:
        raise Problem("draft_closed", 409)
    here = (_c.id == draft.id, _c.number == number, _c.state == "open")
    changed = conn.execute(update(t.draft_package).where(*here).values(**values).returning(_c.id)).scalar()
    if changed is None:
        raise Problem("draft_conflict", 409, by=draft.changed_by)


def findings(draft: Draft) -> list[Finding]:
    """What is wrong with a draft, in words."""
    return packages.check(draft.package)


def changes(conn: Connection, draft: Draft) -> Sequence[Change]:
    """What differs from the base, in words; that it is another revision is no difference."""
    base = versions.load(conn, draft.base)
    files = settings_texts.renumber(base.files, base.version, draft.package.revision)
    return packages.compare(packages.load(files), draft.package)


def submit(conn: Connection, draft_id: int, number: int, by: str, now: datetime) -> str:
    """Hand a draft in as a version that a second person approves; its name.

    Raises `packages.BadPackage` with all findings and `Problem` like `save` and `versions.submit`.
    """
    draft = get(conn, draft_id)
    values = {"state": "submitted", "changed_by": by, "changed_at": now}
    _change(conn, draft, number, values)
    return versions.submit(conn, draft.package, by, now)


def give_up(conn: Connection, draft_id: int, number: int, by: str, now: datetime) -> None:
    """Close a draft without using it; raises `Problem` like `save`."""
    _change(conn, get(conn, draft_id), number, {"state": "given_up", "changed_by": by, "changed_at": now})
