"""Administration: sessions and their versions, units, people, accounts, connectors, one's own password."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from services.common import db
from services.intake import accounts, ledger, registers, store, tables
from services.intake import app as application
from tests.unit.intake import stories
from tests.unit.intake.readers import Reader
from tests.unit.intake.worlds import PASSWORD, VERSION, Case, World, package

NEXT = "yunting-2027.1"
SESSION = {
    "label": "云汀市第十八届人大第四次会议",
    "level": "市",
    "term_no": "18",
    "session_no": "4",
    "year": "2027",
    "process_version": NEXT,
    "current": "true",
    "open": "true",
}


@pytest.fixture
def app(world: World) -> Flask:
    """Intake over the city, with two published versions and an administrator."""
    with db.begin(world.engine) as conn:
        ledger.apply(conn, package())
        ledger.apply(conn, package(version=NEXT, year=2027))
        accounts.create(
            conn,
            "root",
            login="root",
            password=PASSWORD,
            person_id="p-clerk",
            roles=[{"role": "administrator"}],
            now=world.clock.now(),
        )
    app = application.create(world.settings, world.clock, world.engine)
    app.testing = True
    return app


@pytest.fixture
def admin(app: Flask) -> Reader:
    """The administrator, signed in."""
    reader = Reader(app.test_client())
    assert reader.sign_in("root").status_code == 303
    return reader


def body(world: World, kind: str, key: str) -> dict[str, Any]:
    """An entry as it is kept."""
    with db.read(world.engine) as conn:
        return registers.get(conn, kind, key)


def announced(world: World, kind: str, key: str) -> int:
    """How often a change of an entry was announced."""
    with db.read(world.engine) as conn:
        ids = conn.scalars(select(tables.outbox.c.message_id))
        return sum(one.startswith(f"directory.{kind}.{key}.") for one in ids)


def test_only_who_has_the_grant_gets_in(app: Flask, admin: Reader) -> None:
    """Others neither see the place nor reach a page; everybody reaches the own account."""
    assert ">管理</a>" in admin.client.get("/").text
    nobody = Reader(app.test_client())
    nobody.sign_in("nobody")
    assert ">管理</a>" not in nobody.client.get("/").text
    for path in ("", "sessions/", "units/", "people/", "accounts/", "connectors/", "accounts/new", "units/edu"):
        assert nobody.client.get(f"/admin/{path}").status_code == 403
        assert admin.client.get(f"/admin/{path}").status_code == 200
    assert nobody.client.get("/account").status_code == 200


def test_a_new_session_takes_a_published_version_and_becomes_the_current_one(world: World, admin: Reader) -> None:
    """The one before stops being current; both changes are announced."""
    assert admin.post("/admin/sessions/new", **SESSION).status_code == 303
    new, old = body(world, "session", "yunting-18-4"), body(world, "session", "s-18-3")
    assert (new["process_version"], new["locality"], new["current"], old["current"]) == (NEXT, "yunting", True, False)
    assert (announced(world, "session", "yunting-18-4"), announced(world, "session", "s-18-3")) == (1, 2)
    assert world.submit().matter_no.startswith("184")
    assert admin.post("/admin/sessions/new", **SESSION).status_code == 409


def test_a_pattern_or_version_that_cannot_be_is_refused_in_words(world: World, admin: Reader) -> None:
    """What was typed is shown again, nothing is kept."""
    answer = admin.post("/admin/sessions/new", **{**SESSION, "number_patterns.suggestion.in_session": "{evil}"})
    assert (answer.status_code, "编号规则" in answer.text, SESSION["label"] in answer.text) == (422, True, True)
    answer = admin.post("/admin/sessions/new", **{**SESSION, "process_version": "nowhere-1.1"})
    assert answer.status_code == 422
    assert announced(world, "session", "yunting-18-4") == 0


def under_way(world: World) -> dict[str, Any]:
    """A matter of the session has begun; the session's entry."""
    matter = world.submit()
    with db.begin(world.engine) as conn:
        ledger.apply(conn, Case(matter.matter_id).say("case.opened.v1", stories.PROCESS))
    return body(world, "session", "s-18-3")


def test_another_version_for_a_session_with_running_matters_is_asked_twice(world: World, admin: Reader) -> None:
    """The page says how many run under the old version and that they stay with it."""
    known = under_way(world)
    names = ("label", "level", "term_no", "session_no", "year", "closes")
    form = {**{name: known[name] for name in names}, "process_version": NEXT, "current": "true", "open": "true"}
    answer = admin.post("/admin/sessions/s-18-3", **form)
    assert answer.status_code == 422
    assert f"{VERSION} 版本 1 件" in answer.text
    assert "用原来的版本办到底" in answer.text
    assert body(world, "session", "s-18-3") == known
    assert admin.post("/admin/sessions/s-18-3", **form, confirmed=NEXT).status_code == 303
    assert body(world, "session", "s-18-3")["process_version"] == NEXT


def test_a_revision_is_used_from_a_day_on_after_what_runs_was_shown(world: World, admin: Reader) -> None:
    """Version and day go together, in force and another one; the plan is asked twice and told to everybody."""
    known = under_way(world)
    names = ("label", "level", "term_no", "session_no", "year", "closes", "process_version")
    form = {**{name: known[name] for name in names}, "current": "true", "open": "true"}
    for half in ({"next_version": NEXT}, {"next_from": "2026-07-01"}, {"next_version": known["process_version"]}):
        plan = {**half, "confirmed": " ".join([known["process_version"], *half.values()])}
        assert admin.post("/admin/sessions/s-18-3", **form, **plan).status_code == 422
    plan = {"next_version": NEXT, "next_from": "2026-07-01"}
    asked = admin.post("/admin/sessions/s-18-3", **form, **plan)
    assert asked.status_code == 422
    assert f"自 2026-07-01 起用 {NEXT}" in asked.text
    assert body(world, "session", "s-18-3") == known
    confirmed = f"{known['process_version']} {NEXT} 2026-07-01"
    assert admin.post("/admin/sessions/s-18-3", **form, **plan, confirmed=confirmed).status_code == 303
    assert f"自 2026-07-01 起 {NEXT}" in admin.client.get("/admin/sessions/").text
    assert body(world, "session", "s-18-3")["next_from"] == "2026-07-01"


def test_units_are_added_changed_and_closed_but_stay(world: World, admin: Reader) -> None:
    """A closed unit keeps its name and is found by the filter; a wrong id and a taken one are refused."""
    assert admin.post("/admin/units/new", entry_id="water", name="市水利局", active="true").status_code == 303
    assert admin.post("/admin/units/new", entry_id="water", name="另一个", active="true").status_code == 409
    assert admin.post("/admin/units/new", entry_id="no good", name="另一个", active="true").status_code == 422
    assert admin.post("/admin/units/edu", name="市教育局", kind="government").status_code == 303
    assert body(world, "unit", "edu") == {"name": "市教育局", "kind": "government", "active": False}
    page = admin.client.get("/admin/units/?state=closed").text
    assert "市教育局" in page
    assert "市水利局" not in page
    assert admin.post("/admin/units/water", name="市水利局", parent="water", active="true").status_code == 422


def test_what_names_a_closed_unit_can_still_be_saved(world: World, admin: Reader) -> None:
    """A person and an account of it; but nobody new gets there."""
    admin.post("/admin/units/edu", name="市教育局")
    assert admin.post("/admin/people/p-edu", name="周教育", kind="staff", unit="edu", active="true").status_code == 303
    assert admin.post("/admin/people/p-clerk", name="王", kind="staff", unit="edu", active="true").status_code == 422
    roles = {"roles.0.role": "unit_liaison", "roles.0.unit": "edu"}
    assert admin.post("/admin/accounts/edu", **roles).status_code == 303
    assert admin.post("/admin/accounts/clerk", **roles).status_code == 422
    assert body(world, "account", "edu")["roles"] == [{"role": "unit_liaison", "unit": "edu"}]


def test_somebody_who_left_cannot_sign_in(world: World, app: Flask, admin: Reader) -> None:
    """The account is locked with the person."""
    assert admin.post("/admin/people/p-edu", name="周教育", kind="staff", unit="edu").status_code == 303
    assert body(world, "account", "edu")["active"] is False
    assert Reader(app.test_client()).sign_in("edu").status_code == 422


def test_an_account_gets_a_password_that_is_shown_once_and_works(world: World, app: Flask, admin: Reader) -> None:
    """Created, locked, opened, given another password."""
    roles = {"roles.0.role": "unit_liaison", "roles.0.unit": "edu"}
    shown = admin.post("/admin/accounts/new", login="wu", person="p-nobody", **roles)
    first = password_of(shown.text)
    assert Reader(app.test_client()).sign_in("wu", first).status_code == 303
    assert body(world, "account", "wu")["roles"] == [{"role": "unit_liaison", "unit": "edu"}]
    assert first not in admin.client.get("/admin/accounts/wu").text
    assert admin.post("/admin/accounts/wu/lock").status_code == 303
    assert Reader(app.test_client()).sign_in("wu", first).status_code == 422
    assert admin.post("/admin/accounts/wu/unlock").status_code == 303
    second = password_of(admin.post("/admin/accounts/wu/password").text)
    assert Reader(app.test_client()).sign_in("wu", first).status_code == 422
    assert Reader(app.test_client()).sign_in("wu", second).status_code == 303
    assert admin.post("/admin/accounts/wu").status_code == 303
    assert body(world, "account", "wu")["roles"] == []
    assert admin.post("/admin/accounts/root/lock").status_code == 409


def password_of(page: str) -> str:
    """The password a page shows."""
    found = re.search(r'id="new-password">([^<]+)<', page)
    assert found
    return found[1]


def test_everybody_changes_the_own_password(app: Flask) -> None:
    """With the present one; this browser stays signed in, others do not."""
    here, there = Reader(app.test_client()), Reader(app.test_client())
    for one in (here, there):
        one.sign_in("liyun")
    wrong = here.post("/account", present="no", password="a new one", again="a new one")
    differ = here.post("/account", present=PASSWORD, password="a new one", again="another")
    assert (wrong.status_code, differ.status_code) == (422, 422)
    assert here.post("/account", present=PASSWORD, password="a new one", again="a new one").status_code == 303
    assert here.client.get("/account").status_code == 200
    assert there.client.get("/account").status_code == 303


def test_a_connector_says_for_whom_it_speaks(world: World, admin: Reader) -> None:
    """Units and whether it may submit; without units it speaks for nobody."""
    assert admin.post("/admin/connectors/new", entry_id="Bad", units="edu").status_code == 422
    assert admin.post("/admin/connectors/new", entry_id="school", units="edu", submit="true").status_code == 303
    assert body(world, "connector", "school") == {"units": ["edu"], "submit": True}
    assert admin.post("/admin/connectors/school").status_code == 303
    assert body(world, "connector", "school") == {"units": [], "submit": False}


def test_a_lock_by_wrong_passwords_is_opened(world: World, app: Flask, admin: Reader) -> None:
    """Unlocking forgets the failures, too."""
    for _ in range(accounts.MAX_FAILURES):
        Reader(app.test_client()).sign_in("han", "wrong")
    assert Reader(app.test_client()).sign_in("han").status_code == 429
    admin.post("/admin/accounts/han/unlock")
    with db.read(world.engine) as conn:
        known = store.credential(conn, "han")
    assert known is not None
    assert known.locked_until is None
    assert Reader(app.test_client()).sign_in("han").status_code == 303
