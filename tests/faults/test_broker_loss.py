"""The broker is killed with -9 under load: nothing is lost, order is kept, everybody comes back by himself."""

import contextlib
import secrets
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from services.common import db, inbox, loops, outbox
from services.common.bus.amqp import AmqpTransport
from services.common.testing import brokers, guards
from tests.unit.common.letters import START, StillClock, inbox_, metadata, numbered, outbox_

pytestmark = [pytest.mark.faults, pytest.mark.rabbitmq, pytest.mark.timeout(300)]
MESSAGES, SUBJECTS = 3000, 40


class Node:
    """A RabbitMQ node of the test's own that can be killed and started again on the same files."""

    def __init__(self, base: Path) -> None:
        server, epmd = guards.find("rabbitmq-server", brokers.PLACES), guards.find("epmd", ("/usr/lib/erlang/bin",))
        if server is None or epmd is None:
            pytest.skip(str(brokers.Missing()))
        self.port, distribution, api, names = guards.free_ports(4)
        self.password = secrets.token_hex(8)
        conf = brokers.CONF.format(amqp=self.port, api=api, user="huiyin", password=self.password)
        brokers.configure(base, conf, "rabbitmq_management")
        env = brokers.environment(base, self.port, distribution, names)
        mapper = [epmd, "-port", str(names), "-address", "127.0.0.1"]
        self.mapper = guards.Server(guards.Plan(mapper, env, str(base / "epmd.log"), stop=signal.SIGKILL))
        self.mapper.wait_for_port(names)
        self.plan = guards.Plan([server], env, str(base / "console.log"), stop=signal.SIGKILL)
        self.start()

    @property
    def url(self) -> str:
        """The administrator's URL."""
        return f"amqp://huiyin:{self.password}@127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start on the same files as before."""
        self.server = guards.Server(self.plan)
        self.server.wait_for_port(self.port)

    def kill(self) -> None:
        """SIGKILL."""
        self.server.stop()


@pytest.fixture
def node() -> Iterator[Node]:
    """A node of this test's own."""
    base = guards.directory()
    made = Node(base)
    yield made
    made.kill()
    made.mapper.stop()
    shutil.rmtree(base, ignore_errors=True)


def arrived(engine: Engine) -> int:
    """How many messages are in the inbox."""
    with db.read(engine) as conn:
        return conn.scalar(select(func.count()).select_from(inbox_)) or 0


def wait_until(engine: Engine, number: int, seconds: float) -> None:
    """Return when so many have arrived."""
    end = time.monotonic() + seconds
    while arrived(engine) < number:
        assert time.monotonic() < end, f"only {arrived(engine)} of {number} arrived"
        time.sleep(0.05)


@contextlib.contextmanager
def running(url: str, sender: Engine, receiver: Engine) -> Iterator[None]:
    """A relay of intake and a consumer of workflow, each in its thread."""
    stop = threading.Event()
    threads = [
        threading.Thread(
            target=loops.relay, args=(AmqpTransport(url), sender, outbox_, StillClock(), stop), kwargs={"limit": 50}
        ),
        threading.Thread(
            target=loops.consume, args=(AmqpTransport(url), receiver, inbox_, "workflow", StillClock(), stop)
        ),
    ]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join(60)


def test_a_killed_broker_loses_doubles_and_reorders_nothing(node: Node, tmp_path: Path) -> None:
    """3,000 messages about 40 matters, two kills in between."""
    sender, receiver = (db.connect(f"sqlite:///{tmp_path}/{name}.sqlite") for name in ("intake", "workflow"))
    for engine in (sender, receiver):
        metadata.create_all(engine)
    with db.begin(sender) as conn:
        letters = [(numbered(number, f"m-{number % SUBJECTS}"), None) for number in range(MESSAGES)]
        outbox.add_all(conn, outbox_, letters, now=START)

    with running(node.url, sender, receiver):
        for threshold in (200, 1200):
            wait_until(receiver, threshold, 60)
            node.kill()
            node.start()
        wait_until(receiver, MESSAGES, 120)

    with db.read(receiver) as conn:
        rows = conn.execute(select(inbox_.c.message_id, inbox_.c.subject).order_by(inbox_.c.id)).all()
        assert len(inbox.due(conn, inbox_, START, 100)) == SUBJECTS
    for engine in (sender, receiver):
        engine.dispose()
    assert len(rows) == MESSAGES
    for subject in range(SUBJECTS):
        numbers = [int(row.message_id[2:]) for row in rows if row.subject == f"m-{subject}"]
        assert numbers == sorted(numbers)
