"""A small office on SQLite for tests of notify: people, a package with texts, and messages as they arrive."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from services.common import config, db, inbox, migrations
from services.common.bus import EVENTS, Incoming
from services.common.config import Settings
from services.common.handling import Desk, handle
from services.contracts import envelopes, messages
from services.contracts.envelopes import Message
from services.notify import consumer, preferences, tables, ways
from services.notify.preferences import Preference
from services.notify.ways import Ways

AT = datetime(2026, 3, 6, 1, 30, tzinfo=UTC)
VERSION = "yunting-2026.1"
MATTER = {"matter_id": "m-1", "matter_no": "061031", "title": "关于加装电梯的建议"}

PEOPLE: dict[str, dict[str, Any]] = {
    "p-liaison": {"name": "何军", "kind": "staff", "unit": "housing", "email": "he@housing.example"},
    "p-other": {"name": "孙丽", "kind": "staff", "unit": "urban"},
    "p-office": {"name": "李静", "kind": "staff"},
    "p-admin": {"name": "杨帆", "kind": "staff"},
    "p-gone": {"name": "旧人", "kind": "staff", "unit": "housing", "active": False},
    "d-1": {"name": "𠮷宏伟", "kind": "deputy", "email": "d1@deputies.example"},
    "d-2": {"name": "韩若溪", "kind": "deputy"},
}
ROLES: dict[str, list[dict[str, Any]]] = {
    "p-liaison": [{"role": "unit_liaison", "unit": "housing"}],
    "p-other": [{"role": "unit_liaison", "unit": "urban"}],
    "p-office": [{"role": "gov_office", "unit": None}],
    "p-admin": [{"role": "administrator", "unit": None}],
    "p-gone": [{"role": "unit_liaison", "unit": "housing"}],
    "d-1": [{"role": "deputy", "unit": None}],
}
TEXTS = {
    "reminder": {
        "zh": {
            "subject": "催办：第{{ matter.matter_no }}号",
            "body": "《{{ matter.title }}》请于{{ facts.due }}前办理。",
        },
        "en": {"subject": "Reminder: {{ matter.matter_no }}", "body": "“{{ matter.title }}” is due {{ facts.due }}."},
    },
    "last_call": {
        "zh": {"subject": "今天到期：第{{ matter.matter_no }}号", "body": "{{ at[:10] }} 请于今天办理。"},
        "en": {"subject": "Due today: {{ matter.matter_no }}", "body": "Due today."},
    },
    "broken": {
        "zh": {"subject": "{{ matter.nothing.at.all }}", "body": "x"},
        "en": {"subject": "Fine {{ matter.matter_no }}", "body": "fine"},
    },
}


class StandingClock:
    """Stands still at `at`."""

    def __init__(self) -> None:
        self.at = AT

    def now(self) -> datetime:
        """The one moment."""
        return self.at


@dataclass
class World:
    """Notify with everything a test may do to it."""

    settings: Settings
    engine: Engine
    clock: StandingClock = field(default_factory=StandingClock)
    count: int = 0

    @property
    def ways(self) -> Ways:
        """The ways to people."""
        return ways.of(self.settings)

    def wish(self, person: str, **wishes: Any) -> None:
        """Somebody's own settings."""
        with db.begin(self.engine) as conn:
            preferences.put(conn, person, Preference(**wishes), self.ways.channels, self.clock.now())

    def leave(self, person: str) -> None:
        """Somebody leaves the directory."""
        self.count += 1
        body = {**PEOPLE[person], "active": False}
        data = {"kind": "person", "id": person, "version": 1 + self.count, "body": body}
        self.receive("directory.changed.v1", data)

    @property
    def desk(self) -> Desk:
        """What a worker works with."""
        return consumer.desk(self.settings, self.engine, self.clock)

    def receive(self, type_: str, data: Mapping[str, Any], *, id_: str = "") -> Message:
        """A message arrives and is handled; raises where it ends parked or waiting."""
        self.count += 1
        data = messages.validate(type_, data)
        message = Message(
            id=id_ or f"x.{self.count}", type=type_, source="/workflow", subject="m-1", time=AT, data=data
        )
        wire = envelopes.encode(message)
        delivery = Incoming(
            channel=EVENTS,
            message_id=message.id,
            headers=wire.headers,
            body=wire.body,
            content_type=wire.content_type,
            user_id=None,
            token=None,
        )
        with db.begin(self.engine) as conn:
            inbox.store(conn, tables.inbox, [delivery], self.clock.now())
        handle(self.desk)
        with db.read(self.engine) as conn:
            bad = conn.execute(select(tables.inbox).where(tables.inbox.c.state != inbox.DONE)).mappings().all()
        assert [dict(row) for row in bad] == []
        return message

    def notice(
        self, to: list[dict[str, Any]], template: str = "reminder", notice_id: str = "n-1", due: str = "2026-03-13"
    ) -> None:
        """A diagram asks for a notice."""
        data = {
            "notice_id": notice_id,
            "template": template,
            "process_version": VERSION,
            "to": to,
            "matter": MATTER,
            "facts": {"due": due},
            "at": AT.isoformat(),
        }
        self.receive("notice.requested.v1", data)

    def task(
        self,
        task_id: str = "c-1.1",
        role: str = "unit_liaison",
        unit: str | None = "housing",
        person: str | None = None,
        previous_version: str | None = None,
        due_at: datetime | None = None,
    ) -> Message:
        """A task opens."""
        data: dict[str, Any] = {
            "task_id": task_id,
            "case_id": "c-1",
            **MATTER,
            "element": "task_receipt",
            "name": "签收",
            "role": role,
            "unit": unit,
            "person": person,
            "process_version": VERSION,
            "previous_version": previous_version,
            "opened_at": AT.isoformat(),
        }
        if due_at is not None:
            day = due_at.date().isoformat()
            data["deadline"] = {"name": "receipt", "due": day, "due_at": due_at.isoformat(), "why": []}
        return self.receive("task.opened.v1", data)

    def close(self, task_id: str = "c-1.1") -> None:
        """A task closes."""
        data = {"task_id": task_id, "case_id": "c-1", "matter_id": "m-1", "reason": "done", "at": AT.isoformat()}
        self.receive("task.closed.v1", data)

    def deliveries(self, **wanted: Any) -> list[dict[str, Any]]:
        """The deliveries whose columns are as wanted, by person and channel."""
        columns = tables.delivery.c
        query = select(tables.delivery).where(*(columns[name] == value for name, value in wanted.items()))
        with db.read(self.engine) as conn:
            found = conn.execute(query.order_by(columns.person_id, columns.channel)).mappings()
            return [dict(row) for row in found]

    def notices(self) -> list[dict[str, Any]]:
        """All notices."""
        with db.read(self.engine) as conn:
            return [dict(row) for row in conn.execute(select(tables.notice)).mappings()]


def build(home: Path, url: str = "", smtp: str = "smtp://127.0.0.1:1", **more: str) -> World:
    """Notify over a fresh database with people and a package; `more` is of the environment."""
    env = {"HUIYIN_HOME": str(home), "HUIYIN_SECRET_KEY": "k" * 40, "HUIYIN_SMTP_URL": smtp, **more}
    settings = config.load({**env, "HUIYIN_NOTIFY_DATABASE_URL": url, "HUIYIN_MAIL_FROM": "huiyin@yunting.example"})
    migrations.migrate("notify", settings.databases["notify"])
    world = World(settings, db.connect(settings.databases["notify"]))
    for key, body in PEOPLE.items():
        world.receive("directory.changed.v1", {"kind": "person", "id": key, "version": 1, "body": body})
    for key, roles in ROLES.items():
        body = {"login": key, "person_id": key, "epoch": 1, "active": True, "roles": roles}
        world.receive("directory.changed.v1", {"kind": "account", "id": f"a-{key}", "version": 1, "body": body})
    world.receive("package.published.v1", package())
    return world


def package() -> dict[str, Any]:
    """What `package.published` says."""
    return {
        "version": VERSION,
        "locality": "yunting",
        "year": 2026,
        "revision": 1,
        "status": "active",
        "roles": [{"id": "unit_liaison", "grants": ["tasks.handle"]}, {"id": "gov_office", "grants": ["audit.read"]}],
        "classes": {},
        "texts": TEXTS,
        "urgent": ["last_call"],
        "labels": {},
        "processes": [],
    }
