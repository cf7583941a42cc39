"""Database schemas, one Alembic history per service: `services/<service>/migrations/versions/*.py`.

The histories share one environment (`services/common/alembic/`); a service keeps its revision files only.
Rules: expand first, contract in a later release; histories are linear; no native enums.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import autogenerate, command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, text

import services
from services.common import db

ROOT = Path(services.__file__).resolve().parent
"""Where the services lie."""
_LOCK = 0x48554959  # any number, the same for all who migrate


def migrate(service: str, url: str, revision: str = "head") -> None:
    """Bring the database at `url` to `revision` of the service; several processes may do so at once."""
    engine = db.connect(url)
    try:
        db.prepare_directory(engine)
        with db.begin(engine) as conn:
            _one_at_a_time(conn)
            command.upgrade(_config(service, conn), revision)
    finally:
        engine.dispose()


def downgrade(service: str, url: str, revision: str) -> None:
    """Take the database back to `revision` ("base": nothing left)."""
    engine = db.connect(url)
    try:
        with db.begin(engine) as conn:
            _one_at_a_time(conn)
            command.downgrade(_config(service, conn), revision)
    finally:
        engine.dispose()


def drift(service: str, engine: Engine, metadata: MetaData) -> list[Any]:
    """How a migrated database differs from the tables the code declares; [] is what a test wants to see."""
    with db.read(engine) as conn:
        context = MigrationContext.configure(conn, opts=options(service, metadata))
        return list(autogenerate.compare_metadata(context, metadata))


def history(service: str) -> ScriptDirectory:
    """The revisions of a service, for tests of their shape."""
    return ScriptDirectory.from_config(_config(service, None))


def current(service: str, engine: Engine) -> str | None:
    """The revision a database is at; None before the first migration."""
    with db.read(engine) as conn:
        return MigrationContext.configure(conn, opts=options(service, None)).get_current_revision()


def options(service: str, metadata: MetaData | None) -> dict[str, Any]:
    """What Alembic must know: own version table per service (two may share a database), batches on SQLite."""
    return {
        "target_metadata": metadata,
        "version_table": f"alembic_version_{service}",
        "render_as_batch": True,
        "include_name": lambda name, kind, _parents: _is_own(name, kind, metadata),
        "compare_type": True,
    }


def _is_own(name: str | None, kind: str, metadata: MetaData | None) -> bool:
    return kind != "table" or metadata is None or name in metadata.tables


def _config(service: str, conn: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "common" / "alembic"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(ROOT / service / "migrations" / "versions"))
    config.attributes.update(service=service, connection=conn)
    return config


def _one_at_a_time(conn: Connection) -> None:
    if db.is_postgres(conn):  # SQLite's BEGIN IMMEDIATE already waits
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
