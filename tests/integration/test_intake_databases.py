"""Intake on both databases: what the unit tests show on SQLite holds on PostgreSQL, also under rivals."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from services.common import db, migrations
from services.common.handling import handle
from services.common.problems import Problem
from services.intake import (
    accounts,
    cabinets,
    consumer,
    files,
    grants,
    ledger,
    listings,
    statistics,
    tables,
    withdrawals,
)
from services.intake.listings import Filter
from tests.unit.intake import groups, stories, worlds
from tests.unit.intake.papers import PDF
from tests.unit.intake.worlds import PASSWORD, ZONE, Case, World, package

RIVALS = 8


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """The city on either database."""
    world = worlds.build(database_url, tmp_path)
    yield world
    world.engine.dispose()


def at_once(act: Callable[[int], Any], count: int = RIVALS) -> list[Any]:
    """Run an act in several threads and collect what came of it, refusals too."""

    def careful(n: int) -> Any:
        try:
            return act(n)
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(careful, range(count)))


def snapshot(world: World) -> dict[str, Any]:
    """Every row of the projection."""
    return {table.name: world.rows(table) for table in tables.PROJECTION}


def test_the_migrations_make_exactly_the_declared_tables(world: World) -> None:
    """Nothing drifts apart."""
    assert migrations.drift("intake", world.engine, tables.metadata) == []


def test_the_migrations_can_be_taken_back(database_url: str, world: World) -> None:
    """Down to nothing and up again."""
    world.engine.dispose()
    migrations.downgrade("intake", database_url, "base")
    migrations.migrate("intake", database_url)
    assert world.rows(tables.matter) == []


def test_rivals_get_different_numbers_without_gaps(world: World) -> None:
    """Eight submissions at once: serials 1 to 8."""
    done = at_once(lambda n: world.submit(key=str(n)))
    assert sorted(one.matter_no for one in done) == [f"18300{n}" for n in range(1, RIVALS + 1)]


def test_rivals_with_one_file_id_keep_one_file(world: World) -> None:
    """A client that repeats itself before it has an answer: one row, one content, and the matter counts its files."""
    matter_id, cabinet = world.submit().matter_id, cabinets.of(world.settings.files)

    def bring(n: int, file_id: str = "f-1") -> Any:
        place = files.Place(matter_id=matter_id, unit="edu")
        try:
            with cabinet.receive(BytesIO(PDF)) as arrival, db.begin(world.engine) as conn:
                at = world.clock.now()
                return files.keep(conn, cabinet, arrival, file_id=file_id, name=f"{n}", place=place, by="x", at=at)
        except IntegrityError:
            return None

    assert [one.id for one in at_once(bring) if one is not None] == ["f-1"]
    brought = at_once(lambda n: bring(n, f"g-{n}"), 12)
    assert [getattr(one, "code", "") for one in brought].count("too_many_files") == 3
    kept = [path.name for path in (world.settings.files.folder / "kept").rglob("*-*")]
    assert len(kept) == len(world.rows(tables.file)) == world.settings.files.per_matter


def test_rivals_with_one_key_make_one_matter(world: World) -> None:
    """A double click on two machines is still one suggestion, one number, one message."""
    done = at_once(lambda _: world.submit())
    assert len({one.matter_id for one in done}) == 1
    assert sum(one.created for one in done) == 1
    assert len(world.sent("matter.submitted.v1")) == 1
    assert world.submit(key="next").matter_no == "183002"


def test_rivals_with_one_key_and_other_content_conflict(world: World) -> None:
    """One wins, the others are told."""
    done = at_once(lambda n: world.submit(title=f"关于第{n}件事的建议"))
    assert [getattr(one, "code", "") for one in done].count("duplicate_conflict") == RIVALS - 1
    assert len(world.rows(tables.matter)) == 1


def test_rivals_who_merge_make_no_chains(world: World) -> None:
    """Eight matters in a ring, each to be merged into the next, all at once: whatever wins, a main one is on top."""
    groups.drawn(world)
    ring = [groups.handled(world, str(n)) for n in range(RIVALS)]
    done = at_once(lambda n: groups.merge(world, ring[(n + 1) % RIVALS], [ring[n]]))
    found = groups.groups(world)
    mains = {number for number, main in found.items() if main is None}
    merged = {number: main for number, main in found.items() if main is not None}
    assert merged
    assert set(merged.values()) <= mains
    assert len(world.sent("matter.merged.v1")) == len(merged) == RIVALS - sum(isinstance(one, Problem) for one in done)


def test_a_withdrawn_matter_is_nobody_s_main_one(world: World) -> None:
    """One rival withdraws it, the others merge into it: in whichever order, nobody is left under it."""
    groups.drawn(world)
    main, *others = (groups.handled(world, str(n)) for n in range(RIVALS))

    def act(n: int) -> None:
        if n == RIVALS // 2:
            with db.begin(world.engine) as conn:
                withdrawals.ask(conn, main, person_id=None, reason="已解决", now=world.clock.now())
        else:
            groups.merge(world, main, [others[n % len(others)]])

    at_once(act)
    assert set(groups.groups(world).values()) == {None}
    assert len(world.sent("matter.merged.v1")) == len(world.sent("matter.separated.v1"))
    assert len(world.sent("matter.withdrawn.v1")) == 1


def test_failures_of_rivals_are_all_counted(world: World) -> None:
    """A crowd of guesses locks the account as a queue of them does."""

    def guess(_: int) -> accounts.Attempt:
        return accounts.sign_in(world.engine, "liyun", "wrong", world.clock.now())

    at_once(guess, accounts.MAX_FAILURES)
    assert accounts.sign_in(world.engine, "liyun", PASSWORD, world.clock.now()).result == "locked"


def test_rival_workers_leave_the_rows_of_one(world: World) -> None:
    """Shuffled, doubled and handled by several workers at once, the projection is the orderly one."""
    first, second = (world.submit(key=key).matter_id for key in ("a", "b"))
    orderly = [package(), *stories.handled(first), *stories.handled(second, "c-2")]
    with db.begin(world.engine) as conn:
        for message in orderly:
            ledger.apply(conn, message)
    expected = snapshot(world)
    with db.begin(world.engine) as conn:
        ledger.rebuild(conn)
    shuffled = orderly * 2
    random.Random(7).shuffle(shuffled)
    world.receive(*shuffled)
    desk = consumer.desk(world.engine, world.clock, ZONE)

    def work(_: int) -> None:
        for _ in range(300):
            handle(desk, 10)
            if not any(row["state"] == "new" for row in world.rows(tables.inbox)):
                return

    at_once(work, 3)
    assert {row["state"] for row in world.rows(tables.inbox)} == {"done"}
    assert snapshot(world) == expected


def test_a_rebuild_from_the_inbox_gives_identical_rows(world: World) -> None:
    """Wiped and replayed, nothing is lost and no letter is sent again."""
    matter_id = world.submit().matter_id
    arriving = [package(), *stories.handled(matter_id), Case(matter_id, "c-2").letter()]
    random.Random(3).shuffle(arriving)
    world.receive(*arriving)
    world.work()
    before, sent = snapshot(world), len(world.sent())
    with db.begin(world.engine) as conn:
        ledger.rebuild(conn)
    assert snapshot(world) == before
    assert len(world.sent()) == sent


def test_a_rebuild_keeps_workers_out_until_it_is_done(world: World) -> None:
    """A message handled meanwhile is neither lost nor counted twice."""
    matter_id = world.submit().matter_id
    said = stories.handled(matter_id)
    world.receive(*said[:12])
    world.work()
    world.receive(*said[12:])

    def act(n: int) -> None:
        if n:
            world.work()
        else:
            with db.begin(world.engine) as conn:
                ledger.rebuild(conn)

    at_once(act, 2)
    world.work()
    after = snapshot(world)
    with db.begin(world.engine) as conn:
        ledger.rebuild(conn)
    assert snapshot(world) == after
    assert after["led_matter"][0]["state"] == "completed"


def test_the_ledger_reads_the_same(world: World) -> None:
    """Filters, words, counts, the order with nulls last, on either database."""
    ids = [world.submit(key=str(n), title=f"关于ABC第{n}路的建议").matter_id for n in range(3)]
    with db.begin(world.engine) as conn:
        for message in stories.handled(ids[1])[:10]:
            ledger.apply(conn, message)
    scope = grants.Scope(everything=True)
    with db.read(world.engine) as conn:
        found = listings.find(conn, scope, Filter(text="abc 李云"), world.clock.now())
        narrow = listings.find(conn, scope, Filter(unit="traffic", state="handed_over"), world.clock.now())
        head = statistics.head(conn, scope, Filter(), world.clock.now())
    assert found.lines[0].matter_id == ids[1]
    assert found.total == 3
    assert [line.why for line in narrow.lines] == [("延期一个月",)]
    assert {count.code: count.number for count in head.states} == {"submitted": 2, "handed_over": 1}
