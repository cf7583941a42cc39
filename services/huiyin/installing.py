"""Preparing an installation: databases, first process version, first session, first account. No demo data."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from services.common import clock as clocks
from services.common import db, directories, migrations
from services.common.config import Settings
from services.huiyin.parts import PARTS
from services.intake import seed as intake_seed
from services.intake import store as intake_store
from services.intake import tables as intake_tables
from services.workflow import packages
from services.workflow import seed as workflow_seed
from services.workflow.packages import Package

_ROLES: Final = ("administrator", "process_owner")


class Refused(Exception):
    """The package cannot be published; the text lists its findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What there is now; `password` only where the account was made just now."""

    version: str
    session: str
    password: str | None


def install(settings: Settings, package: str, login: str, session: str = "", directory: str | None = None) -> Installed:
    """Bring everything into place; what is there already stays. Raises `db.Unreachable` and `Refused`."""
    engines = {name: db.connect(settings.databases[name]) for name in PARTS}
    now = clocks.from_settings(settings).now()
    for name, engine in engines.items():
        db.wait(engine)
        migrations.migrate(name, settings.databases[name])
    folder = settings.processes / package
    try:
        loaded = packages.load(folder)
        version = workflow_seed.publish(engines["workflow"], folder, now)
    except packages.BadPackage as bad:
        raise Refused("\n".join(f"{one.file}: {one.reason} / {one.reason_en}" for one in bad.findings)) from bad
    with db.read(engines["intake"]) as conn:
        known = directories.account_by_login(conn, intake_tables.directory, login) is not None
        sessions = [key for key, _ in intake_store.entries(conn, "session")]
    password = None if known else secrets.token_urlsafe(12)
    data = {} if known else _first_account(login, str(password))
    if not sessions and directory is None:
        data["sessions"] = [_first_session(loaded, version, session)]
    intake_seed.load(engines["intake"], data, now)
    if directory is not None:
        intake_seed.load(engines["intake"], yaml.safe_load(Path(directory).read_bytes()), now)
    with db.read(engines["intake"]) as conn:
        labels = [str((body or {}).get("label", key)) for key, body in intake_store.entries(conn, "session")]
    return Installed(version=version, session="、".join(labels), password=password)


def _first_account(login: str, password: str) -> dict[str, Any]:
    person = f"p-{login}"
    roles = [{"role": role} for role in _ROLES]
    return {
        "people": [{"id": person, "name": login, "kind": "staff"}],
        "accounts": [{"login": login, "password": password, "person": person, "roles": roles}],
    }


def _first_session(package: Package, version: str, label: str) -> dict[str, Any]:
    return {
        "id": f"{package.locality}-{package.year}",
        "label": label or f"{package.name}{package.year}年会议",
        "locality": package.locality,
        "level": package.level,
        "term_no": 1,
        "session_no": 1,
        "year": package.year,
        "process_version": version,
        "current": True,
        "open": True,
    }
