"""A workflow service to measure: on a PostgreSQL that writes through to the disk, furnished with the demo package."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, make_url

from services.common import db, migrations
from services.common.testing.databases import Postgres
from services.workflow import cases, matters, seed
from tests.bench import stories
from tests.bench.stories import FOLDER, PROCESS, Story

BEGUN = 500
"""Cases begun in one transaction."""


@dataclass(frozen=True, slots=True)
class Office:
    """A database of its own: `url` and `engine` are the service's, `admin` may do more in it."""

    url: str
    engine: Engine
    admin: Engine


@contextlib.contextmanager
def opened(server: Postgres, story: Story) -> Iterator[Office]:
    """An empty office in a fresh database."""
    with server.databases(["workflow"]) as urls:
        url = urls["workflow"]
        migrations.migrate("workflow", url)
        admin = make_url(server.admin_url).set(drivername="postgresql+psycopg", database=make_url(url).database)
        office = Office(url, db.connect(url), db.connect(admin.render_as_string(hide_password=False)))
        try:
            seed.publish(office.engine, FOLDER, story.start.at)
            yield office
        finally:
            office.engine.dispose()
            office.admin.dispose()


def begin(engine: Engine, story: Story, names: Sequence[str]) -> list[str]:
    """Start a case of a matter of its own for each name; their ids."""
    found: list[str] = []
    for position in range(0, len(names), BEGUN):
        with db.begin(engine) as conn:
            found += [_begin(conn, story, name) for name in names[position : position + BEGUN]]
    return found


def _begin(conn: Connection, story: Story, name: str) -> str:
    at: datetime = story.start.at
    matters.keep(conn, stories.matter(name, at), at)
    wish = cases.Begin(matter_id=name, process=PROCESS, vars=story.start.data["vars"], parent=f"{name}-0")
    applied = cases.start(conn, wish, at)
    if applied.incident is not None:
        raise RuntimeError(f"{name} could not be started")
    return applied.case_id
