"""The directory: every change is announced once, with a version that grows; passwords stay here."""

import json
from typing import Any

import pytest

from services.common import auth, db, directories
from services.common.problems import Problem
from services.contracts import messages
from services.intake import accounts, directory, grants, seed, store, tables
from tests.unit.intake.worlds import DIRECTORY, PASSWORD, World


def put(world: World, kind: str, key: str, body: dict[str, Any] | None) -> int:
    """Change one entry."""
    with db.begin(world.engine) as conn:
        return directory.put(conn, kind, key, body, world.clock.now())


def attempt(world: World, password: str, login: str = "liyun") -> accounts.Attempt:
    """Try to sign in."""
    return accounts.sign_in(world.engine, login, password, world.clock.now())


def test_loading_a_directory_announces_every_entry_in_order(world: World) -> None:
    """What is referred to is announced before what refers to it."""
    said = world.sent("directory.changed.v1")
    kinds = [message.data["kind"] for message in said]
    assert kinds == sorted(kinds, key=["unit", "person", "session", "connector", "account"].index)
    assert len(said) == sum(len(section) for section in DIRECTORY.values())
    assert all(messages.validate(message.type, message.data) for message in said)


def test_loading_it_again_announces_nothing(world: World) -> None:
    """An installation may be seeded twice."""
    before = len(world.sent())
    seed.load(world.engine, DIRECTORY, world.clock.now())
    assert len(world.sent()) == before


def test_a_change_gets_the_next_version_and_reaches_the_own_copy(world: World) -> None:
    """Intake keeps the same projection as everybody else."""
    assert put(world, "unit", "edu", {"name": "市教育和体育局"}) == 2
    assert world.sent()[-1].data["version"] == 2
    with db.read(world.engine) as conn:
        assert directories.unit_name(conn, tables.directory, "edu") == "市教育和体育局"


def test_a_deleted_entry_keeps_its_version(world: World) -> None:
    """What comes back later is newer than what went."""
    assert put(world, "unit", "edu", None) == 2
    assert put(world, "unit", "edu", {"name": "市教育局"}) == 3
    assert [m.data["body"] for m in world.sent() if m.data["id"] == "edu" and m.data["kind"] == "unit"][1] is None


def test_no_password_leaves_intake(world: World) -> None:
    """Neither password nor hash is in any message."""
    said = json.dumps([message.data for message in world.sent()])
    assert PASSWORD not in said
    assert "argon2" not in said


def test_announcing_again_repeats_versions_under_new_ids(world: World) -> None:
    """A service that starts empty can be filled; one that is not takes no harm."""
    world.clock.pass_(minutes=1)
    with db.begin(world.engine) as conn:
        count = directory.announce(conn, world.clock.now())
    said = world.sent("directory.changed.v1")
    assert len(said) == 2 * count
    assert {m.data["version"] for m in said[count:]} == {1}


@pytest.mark.parametrize(
    ("kind", "key", "changes", "code"),
    [
        (
            "session",
            "s-18-3",
            {"number_patterns": {"suggestion": {"in_session": "{serial.__class__}"}}},
            "bad_number_pattern",
        ),
        ("session", "s-18-3", {"number_patterns": {"motion": {"in_session": "{serial}"}}}, "bad_number_pattern"),
        (
            "session",
            "s-18-3",
            {"number_patterns": {"proposal": {"inter_session": "闭{year}-{serial:03}"}}},
            "same_number_pattern",
        ),
        ("account", "a-other", {"login": "liyun"}, "login_taken"),
        ("account", "a-other", {"login": "new", "person_id": "p-99"}, "unknown_person"),
    ],
)
def test_bad_entries_are_refused(world: World, kind: str, key: str, changes: dict[str, Any], code: str) -> None:
    """A refused change is neither stored nor announced."""
    before = len(world.sent())
    with db.read(world.engine) as conn:
        old = dict(store.entries(conn, kind)).get("s-18-3", {"person_id": "d-1", "epoch": 1, "roles": []})
    with pytest.raises(Problem) as caught:
        put(world, kind, key, {**old, **changes})
    assert caught.value.code == code
    assert len(world.sent()) == before


def test_signing_in_needs_the_right_password(world: World) -> None:
    """Right, wrong and unknown."""
    assert attempt(world, PASSWORD).account_id == "liyun"
    assert attempt(world, "wrong").result == "wrong"
    assert attempt(world, PASSWORD, "nobody-here").result == "wrong"
    assert attempt(world, "x" * 10_000).result == "wrong"


def test_five_failures_lock_for_a_quarter_of_an_hour(world: World) -> None:
    """While locked, even the right password does not open."""
    for _ in range(accounts.MAX_FAILURES):
        assert attempt(world, "wrong").result == "wrong"
    locked = attempt(world, PASSWORD)
    assert (locked.result, locked.minutes) == ("locked", 15)
    world.clock.pass_(minutes=15, seconds=1)
    assert attempt(world, PASSWORD).result == "ok"


def test_a_good_attempt_forgets_the_failures(world: World) -> None:
    """Four slips a day lock nobody out."""
    for _ in range(3):
        for _ in range(accounts.MAX_FAILURES - 1):
            attempt(world, "wrong")
        assert attempt(world, PASSWORD).result == "ok"


def test_a_new_password_ends_open_sessions(world: World) -> None:
    """The epoch rises, so cookies and tokens of before are worth nothing."""
    with db.begin(world.engine) as conn:
        accounts.change_password(conn, "liyun", "another good one", world.clock.now())
    assert attempt(world, "another good one").epoch == 2
    assert attempt(world, PASSWORD).result == "wrong"


def test_a_locked_account_cannot_sign_in(world: World) -> None:
    """Who has left is out at once."""
    with db.begin(world.engine) as conn:
        accounts.set_active(conn, "liyun", False, world.clock.now())
    assert attempt(world, PASSWORD).result == "wrong"


def test_a_weak_password_is_refused(world: World) -> None:
    """Eight characters at least."""
    with db.begin(world.engine) as conn, pytest.raises(Problem) as caught:
        accounts.change_password(conn, "liyun", "short", world.clock.now())
    assert caught.value.code == "weak_password"


def test_without_a_package_only_the_administrator_has_grants(world: World) -> None:
    """A new installation can be run before its first package."""
    with db.read(world.engine) as conn:
        assert "accounts.manage" in grants.of_roles(conn, {"administrator"})
        assert grants.of_roles(conn, {"congress_office"}) == frozenset()


def test_the_scope_follows_the_grants() -> None:
    """Everything, own units, own matters, nothing."""
    deputy = auth.Actor("a", "d-1", "李云", (("deputy", None),), "d-1")
    liaison = auth.Actor("b", "p-edu", "周教育", (("unit_liaison", "edu"),))
    assert grants.scope(deputy, frozenset()).person_id == "d-1"
    assert grants.scope(liaison, frozenset({"matters.read_unit"})).units == {"edu"}
    assert grants.scope(liaison, frozenset({"matters.read_all"})).everything
    assert grants.scope(liaison, frozenset()).nothing
