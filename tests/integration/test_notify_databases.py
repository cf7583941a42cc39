"""Notify on PostgreSQL: its migrations, its claims, its message centre."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.common import db, migrations
from services.notify import store, tables
from tests.unit.notify import worlds
from tests.unit.notify.worlds import AT, World

NOW = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path, postgres: Callable[..., dict[str, str]]) -> Iterator[World]:
    """The office on PostgreSQL."""
    world = worlds.build(tmp_path, postgres(["notify"])["notify"])
    yield world
    world.engine.dispose()


def test_the_migrated_database_is_what_the_code_declares(world: World, tmp_path: Path) -> None:
    """On PostgreSQL and SQLite, and down again to nothing."""
    assert migrations.drift("notify", world.engine, tables.metadata) == []
    url = f"sqlite:///{tmp_path}/other.sqlite"
    migrations.migrate("notify", url)
    engine = db.connect(url)
    assert migrations.drift("notify", engine, tables.metadata) == []
    engine.dispose()
    migrations.downgrade("notify", url, "base")


def test_two_dispatchers_never_take_the_same_delivery(world: World) -> None:
    """Claims pass over what another one holds."""
    for number in range(40):
        world.notice([{"role": "unit_liaison", "unit": "housing"}], notice_id=f"n-{number}")

    def claim(_number: int) -> list[str]:
        with db.begin(world.engine) as conn:
            rows = store.claim(conn, NOW, NOW + timedelta(minutes=5), 5, 12)
            return [row["id"] for row in rows]

    with ThreadPoolExecutor(4) as pool:
        taken = [key for keys in pool.map(claim, range(12)) for key in keys]
    assert len(taken) == len(set(taken)) == 40


def test_a_message_has_its_life_on_postgresql_too(world: World) -> None:
    """Told, listed unread first, read, settled, retried."""
    world.notice([{"role": "unit_liaison", "unit": "housing"}, {"person": "d-2"}])
    world.task()
    with db.begin(world.engine) as conn:
        first, second = store.messages(conn, "p-liaison", only=None, limit=10, offset=0)
        assert (first["unread"], second["unread"]) == (True, True)
        assert store.mark_read(conn, "p-liaison", [first["id"]], AT) == 1
        assert store.count_unread(conn, "p-liaison") == 1
        (bounced,) = store.deliveries(conn, {"state": "suppressed", "channel": "mail"}, limit=10)
        assert bounced["person"] == "韩若溪"
        assert store.ended(conn, bounced["id"]) is not None
    world.close()
    with db.read(world.engine) as conn:
        assert store.count_unread(conn, "p-liaison") == sum(row["kind"] == "notice" for row in (second,))
