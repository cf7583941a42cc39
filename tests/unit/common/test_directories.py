"""The local copy of the directory hears changes in any order and answers who is who."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, select

from services.common import connectors, db, directories, heirs
from services.common.directories import Tables
from tests.unit.common import apps


@pytest.fixture
def tables() -> Tables:
    """The tables of a service."""
    return directories.tables(MetaData())


@pytest.fixture
def conn(tmp_path: Path, tables: Tables) -> Iterator[Connection]:
    """A database that has heard the directory of the small app."""
    engine = db.connect(f"sqlite:///{tmp_path}/directory.sqlite")
    tables.unit.metadata.create_all(engine)
    with db.begin(engine) as conn:
        for entry in apps.DIRECTORY:
            directories.apply(conn, tables, entry)
        yield conn
    engine.dispose()


def unit(version: int, name: str | None) -> dict[str, Any]:
    """A change of unit_a; no name: removed."""
    return {"kind": "unit", "id": "unit_a", "version": version, "body": {"name": name} if name else None}


def test_the_newest_version_wins_in_any_order(conn: Connection, tables: Tables) -> None:
    """A message that was overtaken or comes twice changes nothing."""
    assert directories.apply(conn, tables, unit(5, "新名"))
    assert not directories.apply(conn, tables, unit(4, "旧名"))
    assert not directories.apply(conn, tables, unit(5, "又一名"))
    assert directories.unit_name(conn, tables, "unit_a") == "新名"


def test_what_was_removed_stays_removed(conn: Connection, tables: Tables) -> None:
    """An older message cannot bring an entry back; a newer one can. A gone unit is shown by its code."""
    directories.apply(conn, tables, unit(3, None))
    directories.apply(conn, tables, unit(2, "旧名"))
    assert directories.unit_name(conn, tables, "unit_a") == "unit_a"
    directories.apply(conn, tables, unit(4, "新名"))
    assert directories.unit_name(conn, tables, "unit_a") == "新名"


def test_pick_lists_offer_active_units(conn: Connection, tables: Tables) -> None:
    """Closed units keep their name in old papers and are offered no more."""
    assert directories.unit_names(conn, tables) == [("unit_a", "市城市管理局")]
    assert len(directories.unit_names(conn, tables, active=False)) == 2
    assert directories.unit_name(conn, tables, "unit_b") == "市财政局"
    assert directories.unit_name(conn, tables, None) == ""


def test_roles_lead_to_people(conn: Connection, tables: Tables) -> None:
    """By role, by role and unit; not to people whose account is locked."""

    def names(role: str, unit: str | None = None) -> list[str]:
        return [one.name for one in directories.holders(conn, tables, role, unit)]

    assert names("unit_liaison", "unit_a") == names("unit_liaison") == ["李<b>办"]
    assert names("unit_liaison", "unit_b") == []
    assert names("deputy") == ["张代表"]
    body = {**apps.DIRECTORY[4]["body"], "active": False}
    directories.apply(conn, tables, {"kind": "account", "id": "a1", "version": 2, "body": body})
    assert names("unit_liaison") == []


def test_accounts_are_found_by_id_and_login(conn: Connection, tables: Tables) -> None:
    """With their roles, which a change replaces as a whole."""
    found = directories.account_by_login(conn, tables, "li")
    assert found == directories.account(conn, tables, "a1")
    assert found
    assert found.roles == (("gov_office", None), ("unit_liaison", "unit_a"))
    body = {**apps.DIRECTORY[4]["body"], "roles": [["unit_head", "unit_a"], ["unit_head", "unit_a"]]}
    directories.apply(conn, tables, {"kind": "account", "id": "a1", "version": 2, "body": body})
    changed = directories.account(conn, tables, "a1")
    assert changed
    assert changed.roles == (("unit_head", "unit_a"),)
    assert directories.account(conn, tables, "nobody") is None


def test_deputies_are_listed_by_name(conn: Connection, tables: Tables) -> None:
    """With whatever else the directory said about them."""
    (deputy,) = directories.people(conn, tables, "deputy")
    assert (deputy.id, deputy.body["kind"]) == ("d1", "deputy")
    assert directories.person(conn, tables, "d1") == deputy
    assert directories.person(conn, tables, "nobody") is None


def test_sessions_are_known_with_their_process_version(conn: Connection, tables: Tables) -> None:
    """The newest session comes first."""
    for year in (2025, 2026):
        body = {"label": f"{year}年会议", "year": year, "term_no": 15, "session_no": year - 2021}
        entry = {"kind": "session", "id": f"s{year}", "version": 1, "body": {**body, "process_version": "y.1"}}
        directories.apply(conn, tables, entry)
    assert [one["id"] for one in directories.sessions(conn, tables)] == ["s2026", "s2025"]
    found = directories.session(conn, tables, "s2026")
    assert found
    assert (found["process_version"], found["session_no"]) == ("y.1", 5)
    assert directories.session(conn, tables, "s1999") is None


@pytest.mark.parametrize(
    ("later", "day", "version"),
    [
        ({}, "2026-07-01", "y.1"),
        ({"next_version": "y.2", "next_from": "2026-07-01"}, "2026-06-30", "y.1"),
        ({"next_version": "y.2", "next_from": "2026-07-01"}, "2026-07-01", "y.2"),
        ({"next_version": "y.2", "next_from": None}, "2026-07-01", "y.1"),
        ({"next_version": None, "next_from": "2026-07-01"}, "2026-07-01", "y.1"),
    ],
)
def test_a_session_may_take_another_version_from_a_day_on(later: dict[str, str], day: str, version: str) -> None:
    """That day counts already; half a plan is none."""
    assert directories.version_on({"process_version": "y.1", **later}, date.fromisoformat(day)) == version


def test_a_connector_speaks_for_its_units_only(conn: Connection, tables: Tables) -> None:
    """An unknown connector speaks for nobody."""
    entry = {"kind": "connector", "id": "county", "version": 1, "body": {"units": ["unit_a", "unit_b"]}}
    directories.apply(conn, tables, entry)
    assert directories.connector_units(conn, tables, "county") == ("unit_a", "unit_b")
    assert directories.connector_units(conn, tables, "stranger") == ()
    assert connectors.by_unit(conn, tables, None) == {"unit_a": ("county",), "unit_b": ("county",)}


def test_who_speaks_is_kept_in_memory_until_a_connector_changes(conn: Connection, tables: Tables) -> None:
    """The mark grows with every change, also when one is deleted; without a mark the tables are asked."""
    marks = []
    for version, body in enumerate([{"units": ["unit_a"]}, {"units": ["unit_b"]}, None], 1):
        entry = {"kind": "connector", "id": "county", "version": version, "body": body}
        directories.apply(conn, tables, entry)
        marks.append(conn.scalar(select(connectors.mark(tables))))
        expected = dict.fromkeys((body or {}).get("units", []), ("county",))
        assert connectors.by_unit(conn, tables, marks[-1]) == expected
        assert connectors.by_unit(conn, tables, None) == expected
    assert marks == sorted(set(marks))
    conn.execute(tables.connector.insert().values(id="power", units=["unit_c"]))
    assert connectors.by_unit(conn, tables, marks[-1]) == {}


def test_the_connector_of_a_former_unit_speaks_for_its_successor(conn: Connection, tables: Tables) -> None:
    """Until somebody is bound to it; the mark grows when a unit gets a successor, and when it loses it again."""
    directories.apply(conn, tables, {"kind": "connector", "id": "county", "version": 1, "body": {"units": ["unit_a"]}})
    marks = [conn.scalar(select(connectors.mark(tables)))]
    for version, successor in enumerate(["unit_n", None], 2):
        body = {"name": "文旅局", "successor": successor}
        directories.apply(conn, tables, {"kind": "unit", "id": "unit_a", "version": version, "body": body})
        marks.append(conn.scalar(select(connectors.mark(tables))))
        expected = dict.fromkeys(["unit_a", *([successor] if successor else [])], ("county",))
        assert connectors.by_unit(conn, tables, marks[-1]) == expected
    assert marks == sorted(set(marks))


def test_a_unit_that_succeeds_two_is_spoken_for_by_both_connectors_until_it_is_bound(
    conn: Connection, tables: Tables
) -> None:
    """Each of them has some of its tasks; the one that is bound to it itself is the only one."""
    for unit, connector in (("unit_a", "county"), ("unit_b", "bureau")):
        entry = {"kind": "connector", "id": connector, "version": 1, "body": {"units": [unit]}}
        directories.apply(conn, tables, entry)
        body = {"name": unit, "successor": "unit_n"}
        directories.apply(conn, tables, {"kind": "unit", "id": unit, "version": 9, "body": body})
    assert connectors.by_unit(conn, tables, None)["unit_n"] == ("bureau", "county")
    assert heirs.former(conn, tables.unit, ["unit_n"]) == {"unit_a", "unit_b"}
    assert heirs.former(conn, tables.unit, ["unit_a"]) == frozenset()
    entry = {"kind": "connector", "id": "county", "version": 2, "body": {"units": ["unit_a", "unit_n"]}}
    directories.apply(conn, tables, entry)
    assert connectors.by_unit(conn, tables, None)["unit_n"] == ("county",)
