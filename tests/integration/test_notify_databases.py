"""Notify on PostgreSQL: its migrations, its claims, its message centre."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from services.common import db, migrations
from services.notify import dispatch, notices, store, tables
from tests.unit.notify import worlds
from tests.unit.notify.test_dispatch import Post
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
        world.notice([{"role": "unit_liaison", "unit": "housing"}], notice_id=f"n-{number}", due=f"day {number}")

    def claim(_number: int) -> list[str]:
        with db.begin(world.engine) as conn:
            rows = store.claim(conn, "mail", NOW, NOW, until=NOW + timedelta(minutes=5), limit=5, most=12)
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


@pytest.mark.parametrize("kind", ["postgres", "sqlite"])
def test_what_an_earlier_version_kept_is_understood(
    kind: str, tmp_path: Path, postgres: Callable[..., dict[str, str]]
) -> None:
    """Sent mail is sent, what was read is read, addresses stay; and back again."""
    url = postgres(["notify"])["notify"] if kind == "postgres" else f"sqlite:///{tmp_path}/old.sqlite"
    migrations.migrate("notify", url)
    migrations.downgrade("notify", url, "0002")
    engine = db.connect(url)
    with db.begin(engine) as conn:
        for statement in OLD:
            conn.execute(text(statement))
    migrations.migrate("notify", url)
    with db.read(engine) as conn:
        told = conn.execute(select(tables.delivery).order_by(tables.delivery.c.id)).mappings().all()
        assert [(row["state"], bool(row["sent_at"]), bool(row["delivered_at"])) for row in told] == [
            ("sent", True, False),
            ("undeliverable", False, False),
            ("delivered", False, True),
            ("read", False, True),
        ]
        assert conn.scalar(select(tables.preference.c.addresses)) == {"mail": "own@mail.example"}
    migrations.downgrade("notify", url, "0002")
    with db.read(engine) as conn:
        assert conn.scalar(text("SELECT address FROM preference")) == "own@mail.example"
    engine.dispose()


OLD = [
    "INSERT INTO notice (id, message_id, kind, process_version, title, facts, texts, at) "
    "VALUES ('n', 'm', 'notice', 'v', 't', '{}', '{}', '2026-03-06')",
    *(
        f"INSERT INTO delivery (id, notice_id, person_id, channel, state, attempts, created_at, ended_at, read_at) "
        f"VALUES ('{number}', 'n', 'p{number}', '{channel}', '{state}', 0, '2026-03-06', '2026-03-06', {read})"
        for number, (channel, state, read) in enumerate(
            [
                ("mail", "delivered", "NULL"),
                ("mail", "failed", "NULL"),
                ("inapp", "delivered", "NULL"),
                ("inapp", "delivered", "'2026-03-06'"),
            ]
        )
    ),
    "INSERT INTO preference (person_id, address, mail, changed_at) "
    "VALUES ('p', 'own@mail.example', TRUE, '2026-03-06')",
]


def test_digests_letters_and_faults_are_found_on_postgresql_too(world: World) -> None:
    """A day becomes one letter; whom nothing reaches gets paper; a text at fault is named."""
    world.wish("p-liaison", digest_at="17:30")
    for number in (1, 2):
        world.notice([{"role": "unit_liaison", "unit": "housing"}], notice_id=f"n-{number}", due=str(number))
    world.notice([{"person": "d-2"}], notice_id="n-3", template="broken")
    post = Post()
    dispatch.turn(world.engine, world.clock, post)
    assert post.sent == []
    world.clock.at = AT + timedelta(hours=9)
    dispatch.turn(world.engine, world.clock, post)
    assert [letter.texts["zh"]["subject"] for letter in post.sent] == ["办理通知汇总（2 条）"]
    with db.begin(world.engine) as conn:
        (paper,) = store.papers(conn, limit=10)
        assert (paper["person"], store.count_papers(conn)) == ("韩若溪", 1)
        assert store.fallen_back(conn, AT - timedelta(days=1)) == (1, ["broken"])
        assert store.end_papers(conn, [paper["id"]], {"state": store.PRINTED}) == 1
        sent = store.receipt(conn, "mail", [post.sent[0].delivery_id])
        assert sent is not None
        store.change(conn, sent["id"], {"state": store.UNDELIVERABLE})
        assert store.untold(conn, sent["id"]) == [], "the liaison has it in the message centre"
        notices.forget(conn, "p-liaison", AT)
    states = {row["state"] for row in world.deliveries(channel="mail", person_id="p-liaison")}
    assert states == {"undeliverable"}
