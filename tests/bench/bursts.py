"""A burst of messages from one agency: how fast it is taken in, on a real broker and database, and how fast by hand.

Taken in is what is stored, committed and acknowledged; handling comes later, whenever workers have time. By hand is the
least that loses and doubles nothing: a hundred messages from the queue, one INSERT that passes over known ids, COMMIT,
one acknowledgement for all.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Event

import pika
import psycopg
from sqlalchemy import Engine, make_url

from services.common import db, loops, migrations
from services.common.bus import Incoming, Outgoing, topology
from services.common.bus.amqp import AmqpTransport
from services.common.clock import SystemClock
from services.common.testing.brokers import Broker
from services.common.testing.databases import Postgres
from services.contracts import envelopes
from services.contracts.envelopes import Message
from services.workflow import tables as t
from tests.bench.results import Figure

CONNECTOR = "county"
QUEUE = topology.from_agency("workflow", CONNECTOR)
TOGETHER = 100
"""Messages of one transaction by hand, as many as the product takes."""
_INSERT = "INSERT INTO bare_inbox VALUES (%s, %s) ON CONFLICT DO NOTHING"


class Counting(AmqpTransport):
    """Ends the loop that reads when so many messages are acknowledged."""

    def __init__(self, url: str, count: int) -> None:
        super().__init__(url)
        self.left, self.done = count, Event()

    def settle(self, incoming: Sequence[Incoming]) -> None:
        """Acknowledge and count."""
        super().settle(incoming)
        self.left -= len(incoming)
        if self.left <= 0:
            self.done.set()


def measure(server: Postgres, broker: Broker, count: int, rounds: int) -> tuple[list[Figure], str]:
    """Messages a second, ours and by hand in turn, and the ratio of each round."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(server.databases(["workflow"]))["workflow"]
        amqp = broker.url(stack.enter_context(broker.vhost()))
        migrations.migrate("workflow", url)
        engine = db.connect(url)
        stack.callback(engine.dispose)
        stack.enter_context(contextlib.closing(AmqpTransport(amqp))).ensure_topology([CONNECTOR])
        pairs = [(_ours(engine, amqp, turn, count), _by_hand(url, amqp, turn, count)) for turn in range(rounds)]
    ours, hand = (count / statistics.median(pair[place] for pair in pairs) for place in (0, 1))
    ratio = statistics.median(hand / ours for ours, hand in pairs)
    return [
        Figure("agency messages taken in a second", ours, "/s"),
        Figure("the same by hand", hand, "/s"),
        Figure("part of the rate by hand", ratio, "", "at least", 0.5),
    ], f"{count:,} messages of one agency, medians of {rounds} pairs"


def _send(amqp: str, mark: str, count: int) -> None:
    """The whole burst lies in the queue before anybody reads."""
    with contextlib.closing(AmqpTransport(amqp, connector=CONNECTOR)) as agency:
        for first in range(0, count, 500):
            batch = [_answer(f"{mark}-{number}") for number in range(first, min(first + 500, count))]
            if len(agency.publish(batch)) < len(batch):
                raise RuntimeError("the broker does not take them all")


def _answer(key: str) -> Outgoing:
    """The receipt of a matter of its own, as an agency's system answers it."""
    data = {
        "task_id": f"m-{key}-1.7",
        "unit": "housing",
        "data": {"verdict": "accepted", "handler_name": "王某", "handler_phone": "0000-5550101"},
        "actor": {"name": "王某", "claim": "房屋管理科科长"},
        "occurred_at": "2026-03-09T09:58:00+08:00",
    }
    source = f"/agency/{CONNECTOR}"
    message = Message(
        id=key, type="task.complete.v1", source=source, subject=f"m-{key}", time=datetime.now(UTC), data=data
    )
    wire = envelopes.encode(message)
    facts = {"message_id": key, "type": message.type, "subject": message.subject, "target": None}
    return Outgoing(**facts, headers=wire.headers, body=wire.body, content_type=wire.content_type)


def _ours(engine: Engine, amqp: str, turn: int, count: int) -> float:
    """Seconds until the product's consumer has taken in the burst."""
    _send(amqp, f"a{turn}", count)
    transport = Counting(amqp, count)
    begun = time.perf_counter()
    loops.consume(
        transport, engine, t.inbox_, "workflow", SystemClock(), transport.done, connectors=lambda: [CONNECTOR]
    )
    return time.perf_counter() - begun


def _by_hand(url: str, amqp: str, turn: int, count: int) -> float:
    """Seconds until a loop with nothing but pika and psycopg has."""
    _send(amqp, f"b{turn}", count)
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    begun, left = time.perf_counter(), count
    with psycopg.connect(plain) as conn, pika.BlockingConnection(pika.URLParameters(amqp)) as link:
        conn.execute("CREATE TABLE IF NOT EXISTS bare_inbox (id text PRIMARY KEY, body bytea NOT NULL)")
        channel = link.channel()
        channel.basic_qos(prefetch_count=TOGETHER)
        rows: list[tuple[str, bytes]] = []
        for method, properties, body in channel.consume(QUEUE, inactivity_timeout=30):
            if method is None:
                raise RuntimeError(f"{left} messages have not come")
            rows.append((properties.headers["ce-id"], body))
            left -= 1
            if len(rows) == TOGETHER or not left:
                with conn.cursor() as cursor:
                    cursor.executemany(_INSERT, rows)
                conn.commit()
                channel.basic_ack(method.delivery_tag, multiple=True)
                rows.clear()
            if not left:
                break
        channel.cancel()
    return time.perf_counter() - begun
