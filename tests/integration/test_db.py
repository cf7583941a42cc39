"""SQLite and PostgreSQL behave alike: instants, JSON, uniqueness, reading, migrations, a database that is down."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, insert, select
from sqlalchemy.exc import DBAPIError, StatementError
from structlog.testing import capture_logs

from services.common import db, migrations

metadata = MetaData()
thing = Table(
    "thing",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, unique=True),
    Column("at", db.Utc),
    Column("facts", db.Json()),
)


@pytest.fixture
def things(engine: Engine) -> Engine:
    """A database with the table `thing`."""
    metadata.create_all(engine)
    return engine


def test_an_instant_comes_back_as_the_same_instant_in_utc(things: Engine) -> None:
    """12:00+08:00 is 04:00 UTC on both databases; SQLite alone would forget the zone."""
    noon = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    with db.begin(things) as conn:
        conn.execute(insert(thing).values(id=1, at=noon))
        back = conn.scalar(select(thing.c.at).where(thing.c.at == noon))

    assert back == noon
    assert back.tzinfo is UTC


def test_a_naive_instant_is_refused(things: Engine) -> None:
    """Without a zone nobody knows when it was."""
    with pytest.raises(StatementError, match="time zone"), db.begin(things) as conn:
        conn.execute(insert(thing).values(id=1, at=datetime(2026, 3, 1)))  # noqa: DTZ001


def test_json_comes_back_as_it_was_and_none_is_null(things: Engine) -> None:
    """Chinese text and nesting survive; None is SQL NULL, not the JSON null."""
    facts = {"标题": "路口", "points": [1, 2.5, None, {"a": True}]}
    with db.begin(things) as conn:
        conn.execute(insert(thing), [{"id": 1, "facts": facts}, {"id": 2, "facts": None}])
        assert conn.scalar(select(thing.c.facts).where(thing.c.id == 1)) == facts
        assert conn.scalar(select(thing.c.id).where(thing.c.facts.is_(None))) == 2


@pytest.mark.parametrize(("text", "fine"), [("a\x00b", False), ("a\\u0000b", True), ("\\\x00", False)])
def test_nul_in_json_is_refused_on_both(things: Engine, text: str, fine: bool) -> None:
    """PostgreSQL refuses NUL; what works on a laptop must work in production."""
    try:
        with db.begin(things) as conn:
            conn.execute(insert(thing).values(id=1, facts={"text": text}))
            assert conn.scalar(select(thing.c.facts)) == {"text": text}
        stored = True
    except (ValueError, StatementError):
        stored = False
    assert stored == fine


def test_insert_ignore_tells_new_from_known(things: Engine) -> None:
    """The row's key when it is new, None when a unique key exists already; also with chosen columns."""
    with db.begin(things) as conn:
        assert db.insert_ignore(conn, thing, {"id": 1, "key": "x"}) == (1,)
        assert db.insert_ignore(conn, thing, {"id": 2, "key": "x"}) is None
        assert db.insert_ignore(conn, thing, {"id": 3, "key": "y"}, returning=thing.c.key) == ("y",)


def test_upsert_inserts_and_updates(things: Engine) -> None:
    """Known keys get the new values, new keys a row; rows of only key columns are fine."""
    with db.begin(things) as conn:
        db.upsert(conn, thing, [{"id": 1, "key": "a"}, {"id": 2, "key": "b"}], ["id"])
        db.upsert(conn, thing, [{"id": 2, "key": "B"}, {"id": 3, "key": "c"}], ["id"])
        db.upsert(conn, thing, [{"id": 3}], ["id"])
        db.upsert(conn, thing, [], ["id"])
        rows = conn.execute(select(thing.c.id, thing.c.key).order_by(thing.c.id)).all()

    assert rows == [(1, "a"), (2, "B"), (3, "c")]


def test_a_reader_waits_for_nobody_and_cannot_write(things: Engine) -> None:
    """While a writer holds its transaction, a reader reads; a write in a reading transaction is an error."""
    with db.begin(things) as writer:
        writer.execute(insert(thing).values(id=1))
        with db.read(things) as reader:
            assert reader.execute(select(thing)).all() == []
    with pytest.raises(DBAPIError), db.read(things) as reader:
        reader.execute(insert(thing).values(id=2))
    with db.begin(things) as writer:
        writer.execute(insert(thing).values(id=2))


def test_a_reader_sees_one_state_whatever_is_written_meanwhile(things: Engine) -> None:
    """What is counted first and what is counted last fit together, though somebody writes between."""
    with db.read(things) as reader:
        assert reader.execute(select(thing)).all() == []
        with db.begin(things) as writer:
            writer.execute(insert(thing).values(id=1))
        assert reader.execute(select(thing)).all() == []
    with db.read(things) as reader:
        assert len(reader.execute(select(thing)).all()) == 1


def test_a_failed_transaction_leaves_nothing(things: Engine) -> None:
    """An exception in the block rolls everything back."""
    with pytest.raises(RuntimeError), db.begin(things) as conn:  # noqa: PT012
        conn.execute(insert(thing).values(id=1))
        raise RuntimeError
    with db.read(things) as conn:
        assert conn.execute(select(thing)).all() == []


def test_sqlite_files_are_durable_and_check_foreign_keys(tmp_path: Path) -> None:
    """WAL, synchronous=FULL, foreign_keys=ON on every connection."""
    engine = db.connect(f"sqlite:///{tmp_path}/x.sqlite")
    with db.begin(engine) as conn:
        names = ("journal_mode", "synchronous", "foreign_keys")
        assert [conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names] == ["wal", 2, 1]
    engine.dispose()


def test_waiting_for_a_database_that_never_comes_ends_with_a_clear_error() -> None:
    """A log line per try without the password, then one sentence in both languages."""
    engine = db.connect("postgresql://huiyin:geheim@127.0.0.1:9/none")  # port 9: nobody listens
    with capture_logs() as lines, pytest.raises(db.Unreachable, match=r"没有应答.*did not answer") as caught:
        db.wait(engine, 0.6)
    engine.dispose()

    assert [line["event"] for line in lines][:2] == ["database_wait", "database_wait"]
    assert "geheim" not in str(lines) + str(caught.value)


def test_waiting_makes_the_directory_of_an_sqlite_file(tmp_path: Path) -> None:
    """A newcomer's home directory need not exist."""
    engine = db.connect(f"sqlite:///{tmp_path}/var/deep/x.sqlite")
    db.wait(engine, 1)
    engine.dispose()
    assert (tmp_path / "var" / "deep").is_dir()


REVISION = '''"""One table."""
import sqlalchemy as sa
from alembic import op
revision = "0001"
down_revision = None
def upgrade():
    op.create_table("thing", sa.Column("id", sa.Integer, primary_key=True), sa.Column("key", sa.Text, unique=True))
def downgrade():
    op.drop_table("thing")
'''


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service `intake` whose only revision makes the table `thing`."""
    versions = tmp_path / "services" / "intake" / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0001_thing.py").write_text(REVISION)
    (tmp_path / "services" / "common").symlink_to(migrations.ROOT / "common")
    monkeypatch.setattr(migrations, "ROOT", tmp_path / "services")


@pytest.mark.usefixtures("history")
def test_migrating_goes_up_and_down_and_again(database_url: str) -> None:
    """Each way works, twice is harmless, and the version table carries the service's name."""
    engine = db.connect(database_url)
    assert migrations.current("intake", engine) is None
    for _ in range(2):
        migrations.migrate("intake", database_url)
        assert migrations.current("intake", engine) == "0001"
    migrations.downgrade("intake", database_url, "base")
    assert migrations.current("intake", engine) is None
    migrations.migrate("intake", database_url)
    engine.dispose()


@pytest.mark.usefixtures("history")
def test_drift_shows_what_a_migration_forgot(database_url: str) -> None:
    """The declared tables have two columns that the revision does not make; unknown tables are not ours."""
    migrations.migrate("intake", database_url)
    engine = db.connect(database_url)
    with db.begin(engine) as conn:
        conn.exec_driver_sql("CREATE TABLE elsewhere (id integer)")

    missing = {difference[3].name for difference in migrations.drift("intake", engine, metadata)}
    engine.dispose()
    assert missing == {"at", "facts"}
