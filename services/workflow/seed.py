"""The first package of an installation: published from files by whoever sets the installation up."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from services.common import db
from services.workflow import calendar_versions, packages, versions


def publish(engine: Engine, package_dir: Path, now: datetime) -> str:
    """Record the calendars beside the package and put the package in force; its version.

    `package_dir` is `processes/<locality>/<year>`, the calendars are `processes/calendars`. Whoever installs
    has access to the database itself, so no second person is asked for here. Repeating it changes nothing.
    Raises `packages.BadPackage` with all findings.
    """
    record_calendars(engine, package_dir.parent.parent / "calendars", now)
    package = packages.load(package_dir)
    with db.begin(engine) as conn:
        version = versions.submit(conn, package, f"{versions.INSTALLER}:files", now)
        row = versions.get(conn, version)
        if row is not None and row["status"] == "validated":
            versions.approve(conn, version, f"{versions.INSTALLER}:command", now)
    return version


def calendar_files(folder: Path) -> dict[str, dict[str, bytes]]:
    """The year files `<id>-<year>.yaml` of a folder: by calendar id, then by name."""
    files: dict[str, dict[str, bytes]] = {}
    for path in sorted(folder.glob("*.yaml")):
        files.setdefault(path.stem.rpartition("-")[0], {})[path.name] = path.read_bytes()
    return files


def record_calendars(engine: Engine, folder: Path, now: datetime) -> list[str]:
    """Keep every calendar of a folder (`<id>-<year>.yaml`); their versions."""
    with db.begin(engine) as conn:
        return [calendar_versions.record(conn, found, now).version for found in calendar_files(folder).values()]
