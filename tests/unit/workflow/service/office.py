"""An office to test in: a migrated database with the small package, units, people and a connector."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, select

import services
from services.common import db, directories, inbox, migrations
from services.common.bus import EVENTS, Incoming
from services.contracts import envelopes
from services.contracts.envelopes import Message
from services.workflow import cases, matters, packages, seed, speakers, tasks, ticker, versions, worker
from services.workflow import tables as t
from tests.unit.workflow.service import package

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
VERSION = "testcity-2026.1"
CALENDARS = Path(services.__file__).resolve().parent.parent / "processes" / "calendars"


class StandingClock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        """The one moment."""
        return self.at


class Office:
    """Everything a story needs: `start`, `complete`, `receive`, `turn`, and looks into the tables."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clock = StandingClock()
        self._sent = 0

    def later(self, **delta: int) -> None:
        """Let time pass."""
        self.clock.at += timedelta(**delta)

    def start(self, matter_id: str = "m1", version: str | None = None) -> str:
        """A matter is submitted and its case started, with `version` on that one; the case id."""
        with db.begin(self.engine) as conn:
            matters.keep(conn, matter(matter_id), self.clock.now())
            wish = cases.Begin(matter_id=matter_id, package_version=version)
            applied = cases.start(conn, wish, self.clock.now())
        assert applied.incident is None, applied
        return applied.case_id

    def complete(self, task_id: str, data: Mapping[str, Any], who: speakers.Speaker) -> cases.Applied:
        """Somebody answers a task."""
        with db.begin(self.engine) as conn:
            return tasks.complete(conn, task_id, data, who, self.clock.now())

    def decide(self, case_id: str, *units: str) -> None:
        """The first step of every case: the office names units."""
        self.complete(self.open(case_id)[0]["id"], {"units": list(units), "note": "请办理"}, OFFICE)

    def open(self, case_id: str | None = None) -> list[dict[str, Any]]:
        """Open tasks, in the order of their ids."""
        where = [t.task.c.state == "open"] + ([t.task.c.case_id == case_id] if case_id else [])
        return self.rows(t.task, *where)

    def rows(self, table: Table, *where: Any) -> list[dict[str, Any]]:
        """Rows of a table in the order of its key."""
        statement = select(table).where(*where).order_by(*table.primary_key.columns)
        with db.read(self.engine) as conn:
            return [dict(row) for row in conn.execute(statement).mappings()]

    def sent(self, type_: str) -> list[dict[str, Any]]:
        """Data of all messages of a type in the outbox, every one valid by its contract."""
        rows = self.rows(t.outbox_, t.outbox_.c.type == type_)
        return [envelopes.decode(r["headers"], bytes(r["body"]), r["content_type"]).data for r in rows]

    def receive(self, type_: str, data: Mapping[str, Any], *, channel: str = EVENTS, id: str = "") -> str:
        """A message arrives in the inbox; its id."""
        self._sent += 1
        message = Message(
            id=id or f"test-{self._sent}",
            type=type_,
            source="/intake" if channel == EVENTS else f"/agency/{channel}",
            subject=str(data.get("matter_id") or data.get("task_id") or "x"),
            time=self.clock.now(),
            data=dict(data),
        )
        wire = envelopes.encode(message)
        incoming = Incoming(
            channel=channel,
            message_id=message.id,
            headers=dict(wire.headers),
            body=wire.body,
            content_type=wire.content_type,
            user_id=None,
            token=None,
        )
        with db.begin(self.engine) as conn:
            inbox.store(conn, t.inbox_, [incoming], self.clock.now())
        return message.id

    def turn(self) -> None:
        """Worker and ticker work until nothing is left to do now."""
        while worker.turn(self.engine, self.clock) + ticker.turn(self.engine, self.clock):
            pass

    def directory(self, entry: str, id_: str, version: int = 1, **body: Any) -> None:
        """An entry of the directory arrives."""
        data = {"kind": entry, "id": id_, "version": version, "body": body}
        with db.begin(self.engine) as conn:
            directories.apply(conn, t.directory, data)

    def replayed(self, case_id: str) -> bool:
        """Whether log and state agree."""
        with db.read(self.engine) as conn:
            return cases.replay(conn, case_id)


def furnish(url: str) -> Office:
    """Migrate a database and put the package, units and a connector into it."""
    migrations.migrate("workflow", url)
    office = Office(db.connect(url))
    seed.record_calendars(office.engine, CALENDARS, NOW)
    publish(office)
    for unit in ("u_a", "u_b", "u_c"):
        office.directory("unit", unit, name=f"单位{unit}", kind="government", active=True)
    office.directory("connector", "county", units=["u_b"])
    return office


def publish(office: Office, revision: int = 1, files: Mapping[str, bytes] | None = None) -> str:
    """The small package, or one of these files, goes through two hands."""
    found = packages.load(files or package.files(revision))
    with db.begin(office.engine) as conn:
        version = versions.submit(conn, found, "a-owner", NOW)
        versions.approve(conn, version, "a-second", NOW)
    return version


def matter(matter_id: str) -> dict[str, Any]:
    """Body of `matter.submitted`."""
    return {
        "matter_id": matter_id,
        "matter_no": f"1830{matter_id[-2:]}",
        "matter_kind": "suggestion",
        "level": "市",
        "locality": "testcity",
        "session": {"id": "s1", "term_no": 18, "session_no": 3, "year": 2026, "process_version": VERSION},
        "submitted_when": "in_session",
        "title": "关于增设盲道的建议",
        "topic": "城建",
        "secrecy": "none",
        "source": "direct",
        "lead_proposer": {"id": "d1", "name": "张代表"},
        "co_proposers": [{"id": "d2", "name": "李代表"}],
        "body": {"situation": "现状如此", "analysis": "原因在此", "request": "请予解决"},
        "points": ["增设盲道"],
        "wish_units": ["u_a"],
        "submitted_at": NOW.isoformat(),
    }


def somebody(role: str, unit: str | None = None, *grants: str) -> speakers.Speaker:
    """A person holding one role."""
    account = f"a-{role}-{unit or 'all'}"
    return speakers.Speaker(
        actor={"account": account, "name": "某人"},
        roles=((role, unit),),
        grants=frozenset(grants),
        account=account,
    )


OFFICE = somebody("office")
