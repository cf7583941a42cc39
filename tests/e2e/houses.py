"""An installation in this process, yet with real servers behind it: quick to start, open to questions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from sqlalchemy import Table, func, select

from services.common import config, db, logs
from services.common.bus.amqp import AmqpTransport
from services.common.clock import FileClock
from services.common.testing.brokers import Broker
from services.common.testing.databases import Postgres
from services.huiyin import settling
from services.huiyin.clients import Client
from services.huiyin.embedded import Installation
from services.intake import accounts
from services.intake import seed as intake_seed
from services.workflow import seed as workflow_seed
from tests.e2e.deployments import DIRECTORY, ROOT, START
from tests.e2e.visitors import Visitor

PASSWORD: Final = "huiyin-demo-2026"
PEOPLE: Final = ("shen.ruochuan", "zhang.wei", "li.jing", "yang.fan", "zhou.min", "he.jun", "guo.qiang", "xu.feng")
CONNECTORS: Final = (
    {"id": "bureau", "units": ["housing"]},
    {"id": "other", "units": ["water"]},
    {"id": "congress", "units": [], "submit": True},
)
T = TypeVar("T")


@dataclass(slots=True)
class House:
    """`log` is what all services log."""

    installation: Installation
    log: Path

    @property
    def url(self) -> str:
        """The one address."""
        return self.installation.url

    def visitor(self, login: str = "") -> Visitor:
        """Somebody outside, with a token where a login is given."""
        made = Visitor(self.url)
        if login:
            made.take_token(login, PASSWORD)
        return made

    def settle(self) -> None:
        """Wait until nothing is under way."""
        client = Client(self.url)
        try:
            settling.wait(client, 60)
        finally:
            client.close()

    def rows(self, service: str, table: Table, *where: Any) -> list[dict[str, Any]]:
        """Rows of a service's table."""
        statement = select(table).where(*where).order_by(*table.primary_key.columns)
        with db.read(self.installation.engines[service]) as conn:
            return [dict(row) for row in conn.execute(statement).mappings()]

    def count(self, service: str, table: Table, *where: Any) -> int:
        """How many rows there are."""
        with db.read(self.installation.engines[service]) as conn:
            return conn.scalar(select(func.count()).select_from(table).where(*where)) or 0

    def said(self, action: str) -> list[str]:
        """Log lines of an action."""
        return [line for line in self.log.read_text("utf-8").splitlines() if f'"action": "{action}"' in line]


def until(look: Callable[[], T], seconds: float = 30) -> T:
    """What `look` finds once it finds something."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


def suggestion(**changed: Any) -> dict[str, Any]:
    """The demo's first, but for what is given."""
    form = yaml.safe_load(DIRECTORY.with_name("matters.yaml").read_bytes())["matters"][0]
    return {key: value for key, value in {**form, **changed}.items() if key not in ("id", "handling")}


def settings(home: Path, databases: Mapping[str, str], broker: str) -> config.Settings:
    """Of an installation with these servers and a clock that stands."""
    FileClock(home / "clock", start=START)
    urls = {f"HUIYIN_{name.upper()}_DATABASE_URL": url for name, url in databases.items()}
    here = {"HUIYIN_HOME": str(home), "HUIYIN_CLOCK": f"file:{home / 'clock'}", "HUIYIN_SECRET_KEY": "s" * 40}
    return config.load({**urls, **here, "HUIYIN_BROKER_URL": broker})


@contextmanager
def house(
    home: Path, databases: Mapping[str, str], broker: str, connectors: Sequence[Mapping[str, Any]] = CONNECTORS
) -> Iterator[House]:
    """A furnished installation: the demo's package, a few of its people, these connectors."""
    with (home / "huiyin.log").open("w", encoding="utf-8") as log:
        logs.setup("INFO", "json", stream=log)
        try:
            with accounts.known_passwords(), Installation(settings(home, databases, broker), port=0) as installation:
                now = installation.clock.now()
                workflow_seed.publish(installation.engines["workflow"], ROOT / "processes/yunting/2026", now)
                intake_seed.load(installation.engines["intake"], _directory(connectors), now)
                yield House(installation, home / "huiyin.log")
        finally:
            logs.setup("WARNING")


@contextmanager
def wired(
    home: Path, broker: Broker, server: Postgres, connectors: Sequence[Mapping[str, Any]] = CONNECTORS
) -> Iterator[tuple[House, str]]:
    """The same on PostgreSQL and RabbitMQ, with the broker's URL; the topology is declared by the product."""
    with broker.vhost() as vhost, server.databases() as databases:
        url = broker.url(vhost)
        declarer = AmqpTransport(url)
        declarer.ensure_topology([str(one["id"]) for one in connectors])
        declarer.close()
        with house(home, databases, url, connectors) as made:
            yield made, url


def _directory(connectors: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(DIRECTORY.read_bytes())
    accounts = [account for account in found["accounts"] if account["login"] in PEOPLE]
    return {**found, "accounts": accounts, "connectors": list(connectors)}
