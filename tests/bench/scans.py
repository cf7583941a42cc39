"""Whether the hot path reads any large table from end to end, by PostgreSQL's own count."""

from __future__ import annotations

import time

from sqlalchemy import Table, text

from services.common import db, outbox
from services.common.clock import Clock
from services.workflow import cases, ticker, worker
from services.workflow import tables as t
from tests.bench import crowds, growth, stories
from tests.bench.offices import Office
from tests.bench.results import Figure

LARGE: tuple[Table, ...] = (*crowds.TABLES, t.inbox_, t.outbox_)
"""Tables that grow with the cases."""


def measure(office: Office, size: int, clock: Clock) -> tuple[list[Figure], str]:
    """Steps, a turn of worker and ticker, and the relay's look, with everything that has piled up around them."""
    _pile_up(office, size)
    before = _counted(office)
    numbers = range(size - growth.SPARED + 1, size + 1)
    for number in numbers:
        for order in stories.ordinary().orders(f"{crowds.name(number)}-1", growth.LINES):
            with db.begin(office.engine) as conn:
                cases.apply_all(conn, [order])
    worker.turn(office.engine, clock)
    ticker.turn(office.engine, clock)
    with db.begin(office.engine) as conn:
        sent = outbox.pending(conn, t.outbox_, 100)
        outbox.mark(conn, t.outbox_, [one.message_id for one in sent], clock.now())
    after = _counted(office)
    read = {name: after[name] - before[name] for name in after if after[name] > before[name]}
    name = "large tables read from end to end" + (f": {', '.join(read)}" if read else "")
    note = f"{len(numbers)} cases among {size:,}, worker, ticker, relay"
    return [Figure(name, sum(read.values()), "", "at most", 0)], note


def _pile_up(office: Office, size: int) -> None:
    """Messages that were handled and sent long ago."""
    columns = "message_id, type, subject, headers, body"
    values = "'old' || n, 'x.v1', 'm' || n, '{}'::jsonb, ''::bytea"
    source = f"from generate_series(1, {size}) as n"
    done = f"insert into inbox (channel, {columns}, digest, received_at, state, attempts)"
    sent = f"insert into outbox ({columns}, source, content_type, created_at, published_at)"
    with db.begin(office.admin) as conn:
        conn.execute(text(f"{done} select 'events', {values}, '', now(), 'done', 0 {source}"))
        conn.execute(text(f"{sent} select {values}, '/x', 'application/json', now(), now() {source}"))
    with office.admin.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("analyze"))


def _counted(office: Office) -> dict[str, int]:
    """How often each large table was read as a whole; a closed connection has told all it did."""
    office.engine.dispose()
    time.sleep(0.5)
    names = [table.name for table in LARGE]
    with office.admin.connect() as conn:
        found = conn.execute(text("select relname, seq_scan from pg_stat_user_tables"))
        return {row.relname: int(row.seq_scan or 0) for row in found if row.relname in names}
