"""Who takes part in the contest of a step, each in a process of its own.

In one process everybody would pay for the others: Python's collector looks through all that is alive in it, so the
library's trees would slow our steps, and our live cases the library's.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Final, Self

from sqlalchemy import Column, Connection, MetaData, Table, Text, insert, select

from services.common import db
from services.workflow import cases
from tests.bench import bare
from tests.bench.stock import Library
from tests.bench.stories import Story, ordinary

NAIVE: Final = Table("library", MetaData(), Column("id", Text, primary_key=True), Column("json", Text, nullable=False))
_BEGIN: Final = -1

Act = Callable[[int], None]
"""Does one line of the story, for one case or for several together."""
Enter = Callable[[Connection, Story, Sequence[str]], Act]
"""Begins a round with these cases."""


def product(conn: Connection, story: Story, ids: Sequence[str]) -> Act:
    """The product: a transaction for each line of the story."""
    orders = [story.orders(case_id) for case_id in ids]

    def act(number: int) -> None:
        with db.transaction(conn):
            applied = cases.apply_all(conn, [lines[number] for lines in orders])
        if any(one.seq is None for one in applied):
            raise RuntimeError(f"line {number} became an incident")

    return act


def bare_loop(conn: Connection, _story: Story, ids: Sequence[str]) -> Act:
    """Lock, read, write, commit."""

    def act(_number: int) -> None:
        with db.transaction(conn):
            bare.step(conn, ids)

    return act


def library_json(conn: Connection, story: Story, _ids: Sequence[str]) -> Act:
    """The library as it is used: its JSON in a column, loaded, stepped, dumped, stored."""
    library, row = Library(story), NAIVE.c.id == "one"
    with db.transaction(conn):
        conn.execute(NAIVE.delete())
        conn.execute(insert(NAIVE), {"id": "one", "json": library.serializer.serialize_json(library.begin())})

    def act(number: int) -> None:
        with db.transaction(conn):
            text = conn.execute(select(NAIVE.c.json).where(row).with_for_update()).scalar_one()
            conn.execute(NAIVE.update().where(row).values(json=library.json_step(text, story.lines[number])))

    return act


def library_in_memory(_conn: Connection, story: Story, _ids: Sequence[str]) -> Act:
    """The library without any durability: nothing is ever written."""
    library = Library(story)
    workflow = library.begin()
    return lambda number: library.step(workflow, story.lines[number])


@dataclass(frozen=True, slots=True)
class Contestant:
    """One of them at work: `cases` are those of each round."""

    process: multiprocessing.process.BaseProcess
    pipe: Pipe
    together: int

    @classmethod
    def call(cls, url: str, enter: Enter, rounds: Sequence[Sequence[str]]) -> Self:
        """Start the process; `rounds` are the cases of each round."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        here, there = context.Pipe()
        process = context.Process(target=play, args=(url, enter, rounds, there), daemon=True)
        process.start()
        there.close()
        return cls(process, here, len(rounds[0]))

    def begin(self) -> None:
        """Another round."""
        self.step(_BEGIN)

    def step(self, number: int) -> float:
        """Let it do a line; the seconds it took. Raises EOFError when it broke down."""
        self.pipe.send(number)
        return float(self.pipe.recv())

    def leave(self) -> None:
        """It is over."""
        self.pipe.close()
        self.process.join()


def play(url: str, enter: Enter, rounds: Sequence[Sequence[str]], pipe: Pipe) -> None:
    """Do what is asked until nobody asks any more; a connection, as a worker has one."""
    story, left = ordinary(), iter(rounds)
    engine = db.connect(url)
    with closing(pipe), engine.connect() as conn:
        act: Act = _nothing
        while True:
            try:
                number = pipe.recv()
            except EOFError:
                break
            if number == _BEGIN:
                act = enter(conn, story, next(left))
            begun = time.perf_counter()
            if number != _BEGIN:
                act(number)
            pipe.send(time.perf_counter() - begun)
    engine.dispose()


def _nothing(_number: int) -> None:
    raise RuntimeError("no round has begun")
