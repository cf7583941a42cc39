"""The local copy of the directory on a real PostgreSQL."""

from collections.abc import Callable

from sqlalchemy import MetaData

from services.common import db, directories
from tests.unit.common import apps


def test_the_newest_version_wins_on_postgresql_too(postgres: Callable[..., dict[str, str]]) -> None:
    """The one statement that decides about versions means the same on both databases."""
    tables = directories.tables(MetaData())
    engine = db.connect(postgres(["notify"])["notify"])
    tables.unit.metadata.create_all(engine)
    with db.begin(engine) as conn:
        assert [directories.apply(conn, tables, entry) for entry in apps.DIRECTORY] == [True] * len(apps.DIRECTORY)
        assert [directories.apply(conn, tables, entry) for entry in apps.DIRECTORY] == [False] * len(apps.DIRECTORY)
        newer = {"kind": "unit", "id": "unit_a", "version": 9, "body": None}
        assert directories.apply(conn, tables, newer)
        assert directories.unit_name(conn, tables, "unit_a") == "unit_a"
        assert [person.id for person in directories.holders(conn, tables, "deputy")] == ["d1"]
    engine.dispose()
