"""A database with many open cases: copies of one that stands in the middle of its story, each able to go on."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, Table, text

from services.common import db
from services.workflow import cases
from services.workflow import tables as t
from tests.bench import offices
from tests.bench.stories import Story

MODEL = "m00000000"
"""Matter of the case that is copied; ids of the copies are as long."""
PORTION = 5_000
"""Cases copied by one statement."""
TABLES = (t.matter, t.case_, t.stimulus, t.task, t.deadline, t.timer, t.subscription, t.record)


def name(number: int) -> str:
    """The matter of a copy."""
    return f"m{number:08d}"


def gather(engine: Engine, admin: Engine, story: Story, count: int, lines: int) -> None:
    """`count` open cases, each after the first `lines` of the story, with all their rows, log and records.

    An administrator copies them: he may leave out looking for the row that each refers to.
    """
    (model,) = offices.begin(engine, story, [MODEL])
    for order in story.orders(model, slice(lines)):
        with db.begin(engine) as conn:
            cases.apply_all(conn, [order])
    with db.begin(admin) as conn:
        conn.execute(text("set local session_replication_role = replica"))
        conn.execute(text("set local synchronous_commit = off"))
        for first in range(1, count + 1, PORTION):
            copy(conn, first, min(first + PORTION - 1, count))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("vacuum analyze"))
        conn.execute(text("checkpoint"))


def copy(conn: Connection, first: int, last: int) -> None:
    """Copies of the model with the numbers from `first` to `last`."""
    for table in TABLES:
        columns = [column.name for column in table.columns]
        values = ", ".join(_copied(table, column) for column in columns)
        source = f"from {table.name}, generate_series({first}, {last}) as n where {_owner(table)} = '{MODEL}'"
        conn.execute(text(f"insert into {table.name} ({', '.join(columns)}) select {values} {source}"))


def _owner(table: Table) -> str:
    return "matter_id" if "matter_id" in table.c else f"substr(case_id, 1, {len(MODEL)})"


def _copied(table: Table, column: str) -> str:
    """A column of a copy: the model's, with the copy's matter wherever the model's is named."""
    kind = str(table.c[column].type)
    mine, theirs = f"'{MODEL}'", "'m' || lpad(n::text, 8, '0')"
    if kind == "TEXT":
        return f"replace({column}, {mine}, {theirs})"
    if kind == "JSON":
        return f"replace({column}::text, {mine}, {theirs})::jsonb"
    if kind == "BLOB":
        return f"convert_to(replace(convert_from({column}, 'UTF8'), {mine}, {theirs}), 'UTF8')"
    return column
