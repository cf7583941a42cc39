"""How soon a notice leaves: from the commit of the step that asks for it to the request at the provider of a channel.

The whole way on real servers, a process for each role as in production: workflow's outbox and relay, RabbitMQ, notify's
inbox, worker and dispatcher on PostgreSQL. Once with two channels that answer at once, then while one of them hangs.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Any, Final

from sqlalchemy import Engine

from services.common import db, directories, migrations, outbox
from services.common.testing.brokers import Broker
from services.common.testing.databases import Postgres
from services.contracts.envelopes import Message
from services.notify import tables as n
from services.workflow import tables as t
from tests.bench.results import Figure

ROLES: Final = (("workflow", "relay"), ("notify", "consume"), ("notify", "work"), ("notify", "dispatch"))
HANGS: Final = 5.0  # seconds a request to the slow provider takes
PATIENCE: Final = 60.0
_CHANNEL: Final = """
  - id: {name}
    label: {name}
    label_en: {name}
    address: {{label: 号码, label_en: number, pattern: '[0-9]+'}}
    request: {{url: "http://127.0.0.1:{port}/{name}", body: '{{{{ zh.body }}}}', timeout: 10}}
"""


@dataclass
class Provider:
    """Takes the notices of both channels and knows when; once `slow` is set, those of one hang."""

    arrived: dict[tuple[str, str], float] = field(default_factory=dict)
    slow: Event = field(default_factory=Event)
    news: Condition = field(default_factory=Condition)

    def take(self, channel: str, text: str) -> None:
        """One request."""
        with self.news:
            self.arrived.setdefault((channel, text), time.monotonic())
            self.news.notify_all()
        if channel == "text" and self.slow.is_set():
            time.sleep(HANGS)

    def wait(self, key: tuple[str, str]) -> float:
        """When this arrived; RuntimeError where it does not come."""
        with self.news:
            if not self.news.wait_for(lambda: key in self.arrived, PATIENCE):
                raise RuntimeError(f"{key} has not arrived")
            return self.arrived[key]


def measure(server: Postgres, broker: Broker, count: int) -> tuple[list[Figure], str]:
    """Median delays of `count` notices, one after another at odd moments, while all is well and while one hangs."""
    with contextlib.ExitStack() as stack:
        provider = Provider()
        port = stack.enter_context(_listening(provider))
        urls = stack.enter_context(server.databases(["workflow", "notify"]))
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (home / "channels.yaml").write_text(_channels(port), "utf-8")
        for name in urls:
            migrations.migrate(name, urls[name])
        engine = db.connect(urls["workflow"])
        stack.callback(engine.dispose)
        _furnish(urls["notify"])
        stack.enter_context(_running(home, urls, broker.url(stack.enter_context(broker.vhost()))))
        _ask(engine, "first")
        provider.wait(("chat", "first"))
        alone = _delays(engine, provider, "a", count)
        provider.slow.set()
        beside = _delays(engine, provider, "b", count)
    return [
        Figure("a notice leaves, median", statistics.median(alone), "s", "at most", 1),
        Figure("the slowest of all", max(alone), "s"),
        Figure("the same while another channel's provider hangs, median", statistics.median(beside), "s", "at most", 1),
        Figure("compared with before", statistics.median(beside) / statistics.median(alone), "×", "at most", 1.5),
    ], f"{count} notices each, a process for each role"


def _delays(engine: Engine, provider: Provider, mark: str, count: int) -> list[float]:
    found = []
    for number in range(count):
        time.sleep(random.uniform(0, 0.25))
        begun = time.monotonic()
        _ask(engine, f"{mark}{number}")
        found.append(provider.wait(("chat", f"{mark}{number}")) - begun)
    return found


def _ask(engine: Engine, text: str) -> None:
    """A step asks for a notice."""
    now = datetime.now(UTC)
    data = {
        "notice_id": f"c-1.{text}",
        "template": "told",
        "process_version": "bench-2026.1",
        "to": [{"person": "p"}],
        "matter": {"matter_id": "m", "matter_no": None, "title": "t"},
        "facts": {"text": text},
        "at": now.isoformat(),
    }
    message = Message(id=f"x.{text}", type="notice.requested.v1", source="/workflow", subject="m", time=now, data=data)
    with db.begin(engine) as conn:
        outbox.add(conn, t.outbox_, message, now=now)


def _furnish(url: str) -> None:
    """One person, with an address of each channel, and a text."""
    engine, now = db.connect(url), datetime.now(UTC)
    words = {"subject": "s", "body": "{{ facts.text }}"}
    version = {
        "version": "bench-2026.1",
        "status": "active",
        "roles": [],
        "texts": {"told": {"zh": words, "en": words}},
    }
    wishes = {"person_id": "p", "addresses": {"text": "1", "chat": "1"}, "choices": {}, "changed_at": now}
    with db.begin(engine) as conn:
        person = {"kind": "person", "id": "p", "version": 1, "body": {"name": "某人", "kind": "staff"}}
        directories.apply(conn, n.directory, person)
        conn.execute(n.package.insert().values(**version))
        conn.execute(n.preference.insert().values(**wishes))
    engine.dispose()


def _channels(port: int) -> str:
    return "channels:" + "".join(_CHANNEL.format(name=name, port=port) for name in ("text", "chat"))


@contextlib.contextmanager
def _listening(provider: Provider) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            provider.take(self.path.removeprefix("/"), body)
            with contextlib.suppress(OSError):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps({"code": 0}).encode())

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def _running(home: Path, urls: Mapping[str, str], broker: str) -> Iterator[None]:
    """The four roles that a notice goes through, by the command."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")},
        "HUIYIN_HOME": str(home),
        "HUIYIN_SECRET_KEY": "k" * 40,
        "HUIYIN_BROKER_URL": broker,
        "HUIYIN_CHANNELS": str(home / "channels.yaml"),
        "HUIYIN_LOG_LEVEL": "ERROR",
        **{f"HUIYIN_{name.upper()}_DATABASE_URL": url for name, url in urls.items()},
    }
    command = [sys.executable, "-m", "services.huiyin.cli", "run"]
    processes = [subprocess.Popen([*command, name, role], env=env) for name, role in ROLES]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
