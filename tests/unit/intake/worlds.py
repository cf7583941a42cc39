"""A small invented city for tests of intake: units, people, a session, accounts, packages, messages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from services.common import config, db, inbox, migrations
from services.common.bus import EVENTS, Incoming
from services.common.config import Settings
from services.common.handling import handle
from services.contracts import envelopes, messages
from services.contracts.envelopes import Message
from services.intake import consumer, matters, seed, tables

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 1, 20, 1, 0, tzinfo=UTC)
VERSION = "yunting-2026.1"
PASSWORD = "correct horse"

DIRECTORY: dict[str, Any] = {
    "units": [
        {"id": "edu", "name": "市教育局", "kind": "government"},
        {"id": "traffic", "name": "市交通局", "kind": "government"},
    ],
    "people": [
        {"id": "d-1", "name": "李云", "kind": "deputy", "level": "市", "delegation": "望河区代表团"},
        {"id": "d-2", "name": "韩若溪", "kind": "deputy", "level": "市"},
        {"id": "d-3", "name": "赵卸任", "kind": "deputy", "level": "市", "active": False},
        {"id": "d-4", "name": "钱县级", "kind": "deputy", "level": "县"},
        {"id": "p-clerk", "name": "王登记", "kind": "staff"},
        {"id": "p-edu", "name": "周教育", "kind": "staff", "unit": "edu"},
        {"id": "p-nobody", "name": "吴无权", "kind": "staff"},
    ],
    "sessions": [
        {
            "id": "s-18-3",
            "label": "云汀市第十八届人大第三次会议",
            "locality": "yunting",
            "level": "市",
            "term_no": 18,
            "session_no": 3,
            "year": 2026,
            "closes": "2026-01-25",
            "process_version": VERSION,
            "current": True,
        }
    ],
    "connectors": [{"id": "congress", "units": [], "submit": True}, {"id": "bureau", "units": ["edu"]}],
    "accounts": [
        {"login": "liyun", "password": PASSWORD, "person": "d-1", "roles": [{"role": "deputy"}]},
        {"login": "han", "password": PASSWORD, "person": "d-2", "roles": [{"role": "deputy"}]},
        {"login": "clerk", "password": PASSWORD, "person": "p-clerk", "roles": [{"role": "congress_office"}]},
        {"login": "edu", "password": PASSWORD, "person": "p-edu", "roles": [{"role": "unit_liaison", "unit": "edu"}]},
        {"login": "nobody", "password": PASSWORD, "person": "p-nobody", "roles": []},
    ],
}

FORM: dict[str, Any] = {
    "title": "关于增加学校门口停车位的建议",
    "lead_proposer": "d-1",
    "body": {"situation": "早晚高峰拥堵。" * 8, "analysis": "停车位不足。" * 8, "request": "请增加停车位。" * 8},
    "secrecy": "none",
}

PACKAGE: dict[str, Any] = {
    "version": VERSION,
    "locality": "yunting",
    "year": 2026,
    "revision": 1,
    "status": "active",
    "roles": [
        {"id": "deputy", "label": "人大代表", "grants": ["matters.submit", "feedback.give"]},
        {
            "id": "congress_office",
            "label": "人大代表工作机构",
            "grants": ["matters.register", "matters.read_all", "ledger.read", "ledger.export"],
        },
        {"id": "unit_liaison", "label": "单位联络员", "grants": ["matters.read_unit", "ledger.read"]},
    ],
    "classes": {"solved": {"letter": "A", "label": "已经解决"}, "in_progress": {"letter": "B", "label": "正在解决"}},
    "texts": {},
    "labels": {},
    "processes": [],
}


@dataclass
class FixedClock:
    """Stands still until the test moves it."""

    at: datetime = START

    def now(self) -> datetime:
        """The instant the test chose."""
        return self.at

    def pass_(self, **time: float) -> None:
        """Let time pass."""
        self.at += timedelta(**time)


@dataclass
class World:
    """An intake with the city loaded, over a migrated database."""

    settings: Settings
    engine: Engine
    clock: FixedClock = field(default_factory=FixedClock)

    def submit(self, *, key: str = "k-1", scope: str = "liyun", **changes: Any) -> matters.Submitted:
        """Hand in the usual suggestion with changes."""
        with db.begin(self.engine) as conn:
            return matters.submit(
                conn,
                {**FORM, **changes},
                key=key,
                origin=matters.Origin(scope=scope),
                now=self.clock.now(),
                zone=ZONE,
            )

    def work(self) -> None:
        """Handle everything in the inbox, as the worker does."""
        desk = consumer.desk(self.engine, self.clock, ZONE)
        while handle(desk):
            pass

    def sent(self, type_: str = "") -> list[Message]:
        """What waits in the outbox, checked against its contract."""
        with db.read(self.engine) as conn:
            rows = conn.execute(tables.outbox.select().order_by(tables.outbox.c.id)).all()
        found = [envelopes.decode(row.headers, row.body, row.content_type) for row in rows]
        return [message for message in found if not type_ or message.type == type_]

    def rows(self, table: Any) -> list[dict[str, Any]]:
        """All rows of a table, in the order of its key."""
        with db.read(self.engine) as conn:
            return [dict(row._mapping) for row in conn.execute(table.select().order_by(*table.primary_key))]

    def receive(self, *arriving: Message, channel: str = EVENTS) -> None:
        """Put messages into the inbox as the consumer does."""
        with db.begin(self.engine) as conn:
            inbox.store(conn, tables.inbox, [delivery(message, channel) for message in arriving], self.clock.now())


def delivery(message: Message, channel: str = EVENTS) -> Incoming:
    """A message as a transport hands it over."""
    messages.validate(message.type, message.data)
    wire = envelopes.encode(message)
    return Incoming(
        channel=channel,
        message_id=message.id,
        headers=wire.headers,
        body=wire.body,
        content_type=wire.content_type,
        user_id=None,
        token=None,
    )


def open_(url: str, home: Path) -> World:
    """A city that is there already."""
    settings = config.load({"HUIYIN_HOME": str(home), "HUIYIN_INTAKE_DATABASE_URL": url})
    return World(settings, db.connect(url))


def build(url: str, home: Path) -> World:
    """A migrated database with the city in it."""
    migrations.migrate("intake", url)
    world = open_(url, home)
    seed.load(world.engine, DIRECTORY, world.clock.now())
    return world


@dataclass
class Case:
    """Makes the messages of one case of a matter, with derived ids as workflow sends them."""

    matter_id: str
    id: str = "c-1"
    at: datetime = START
    seq: int = 0
    pace: timedelta = timedelta(minutes=1)

    def say(self, type_: str, data: Mapping[str, Any]) -> Message:
        """The next message of this case, so much later."""
        self.seq += 1
        self.at += self.pace
        ids = {"case_id": self.id, "matter_id": self.matter_id}
        full = {**ids, **{name: value(self) if callable(value) else value for name, value in data.items()}}
        return Message(
            id=f"{self.id}.{self.seq}.1",
            type=type_,
            source="/workflow",
            subject=self.matter_id,
            time=self.at,
            data=full,
            correlation_id=self.id,
        )

    def milestone(self, state: str) -> Message:
        """The matter reaches a state."""
        return self.say("milestone.reached.v1", {"state": state, "at": AT})

    def task(self, task_id: str, unit: str | None = "edu", **changes: Any) -> Message:
        """A task is opened."""
        data = {
            "task_id": task_id,
            "element": "task_receipt",
            "name": "签收",
            "public_name": "单位签收",
            "role": "unit_liaison",
            "unit": unit,
            "process_version": VERSION,
            "opened_at": AT,
        }
        return self.say("task.opened.v1", {**data, **changes})

    def close(self, task_id: str, reason: str = "done", **changes: Any) -> Message:
        """A task is closed."""
        by = {"name": "周教育", "unit": "edu"}
        return self.say("task.closed.v1", {"task_id": task_id, "reason": reason, "by": by, "at": AT, **changes})

    def deadline(self, deadline_id: str, due: str, state: str = "open", **changes: Any) -> Message:
        """A deadline is set, moved or cleared."""
        data = {
            "deadline_id": deadline_id,
            "name": "reply",
            "label": "答复期限",
            "unit": "edu",
            "state": state,
            "due": due,
            "due_at": f"{due}T16:00:00+00:00",
            "why": [f"自交办之日起三个月，到期日为{due}"],
            "rule": "reply",
            "calendar": "cn",
            "provisional": False,
        }
        return self.say("deadline.changed.v1", {**data, **changes})

    def record(self, record_id: str, record: str, data: Mapping[str, Any], **changes: Any) -> Message:
        """A record is made."""
        body = {"record_id": record_id, "record": record, "data": dict(data), "unit": "edu", "at": AT}
        return self.say("record.added.v1", {**body, **changes})

    def letter(self, letter_id: str = "c-1.letter.0", **changes: Any) -> Message:
        """A reply letter goes out."""
        data = {
            "letter_id": letter_id,
            "unit": "edu",
            "redo_round": 0,
            "recipients": ["d-1"],
            "data": {"title": "关于停车位建议的答复", "body_text": "已新增车位。", "outcome_class": "solved"},
        }
        return self.say("reply.issued.v1", {**data, **changes})


AT: Callable[[Case], str] = lambda case: case.at.isoformat()  # noqa: E731  the instant of the message itself


def package(**changes: Any) -> Message:
    """The package is published."""
    return Message(
        id=f"package.{VERSION}.{changes.get('status', 'active')}",
        type="package.published.v1",
        source="/workflow",
        subject=VERSION,
        time=START,
        data={**PACKAGE, **changes},
    )
