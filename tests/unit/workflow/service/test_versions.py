"""Versions: immutable, approved by a second person, with the units' own diagrams beside them."""

from datetime import UTC, datetime

import pytest

from services.common import db
from services.common.problems import Problem
from services.workflow import cases, diagrams, matters, packages, speakers, versions
from services.workflow import engine as e
from services.workflow import tables as t
from services.workflow.studio import drafts
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import NOW, VERSION, Office, matter, publish, somebody

OWNER = somebody("owner", None, "processes.edit")


def test_nobody_approves_what_he_submitted(office: Office) -> None:
    """Publishing takes two persons."""
    found = packages.load(package.files(2))
    with db.begin(office.engine) as conn:
        version = versions.submit(conn, found, "a-owner", NOW)
        with pytest.raises(Problem, match="own_submission"):
            versions.approve(conn, version, "a-owner", NOW)
        versions.approve(conn, version, "a-second", NOW)
    told = office.sent("package.published.v1")[-1]
    assert (told["version"], told["status"]) == ("testcity-2026.2", "active")
    assert {role["id"] for role in told["roles"]} == {"office", "liaison", "owner"}


def test_a_version_never_changes(office: Office) -> None:
    """The same content again is the same version; other content needs another revision."""
    files = package.files()
    with db.begin(office.engine) as conn:
        assert versions.submit(conn, packages.load(files), "a-owner", NOW) == VERSION
        changed = {**files, "package.yaml": files["package.yaml"].replace("测试市".encode(), "新市".encode())}
        with pytest.raises(Problem, match="version_exists"):
            versions.submit(conn, packages.load(changed), "a-owner", NOW)


def test_a_package_that_cannot_run_is_refused_with_findings(office: Office) -> None:
    """Every finding is named, nothing is stored."""
    broken = {**package.files(3), "main.bpmn": package.files()["main.bpmn"].replace(b'form="decide"', b'form="x"')}
    with pytest.raises(packages.BadPackage) as caught, db.begin(office.engine) as conn:
        versions.submit(conn, packages.load(broken), "a-owner", NOW)
    assert any(found.element == "task_decide" for found in caught.value.findings)
    assert len(office.rows(t.package_version)) == 1


def test_a_case_takes_the_version_of_its_session_as_it_is_now(office: Office) -> None:
    """The directory's session wins over what the matter came with; a retired version takes no new case."""
    publish(office, revision=2)
    office.directory("session", "s1", label="x", year=2026, process_version="testcity-2026.2")
    assert office.start("m1") == "m1-1"
    assert office.rows(t.case_)[0]["package_version"] == "testcity-2026.2"
    with db.begin(office.engine) as conn:
        versions.retire(conn, "testcity-2026.2", NOW)
    with pytest.raises(Problem, match="no_version"):
        office.start("m2")
    office.decide("m1-1", "u_a")
    assert len(office.open("m1-1")) == 1


def test_what_is_under_way_goes_on_under_a_retired_version(office: Office) -> None:
    """Its open tasks are done and further cases of the same matter begin, as if nothing had happened."""
    publish(office, revision=2)
    office.directory("session", "s1", label="x", year=2026, process_version=VERSION)
    office.start("m1")
    with db.begin(office.engine) as conn:
        versions.retire(conn, VERSION, NOW)
    follow(office, "m1")
    assert [row["package_version"] for row in office.rows(t.case_)] == [VERSION, VERSION]
    with db.read(office.engine) as conn:
        assert (versions.running(conn, VERSION), versions.sessions(conn, VERSION, NOW)) == (2, ["x"])


def test_a_session_takes_another_version_from_a_day_on(office: Office) -> None:
    """Up to the last minute at home the old one, from midnight on the new one; what has begun stays."""
    publish(office, revision=2)
    later = "testcity-2026.2"
    plan = {"process_version": VERSION, "next_version": later, "next_from": "2026-03-03"}
    office.directory("session", "s1", label="x", year=2026, **plan)
    office.start("m1")
    office.clock.at = datetime(2026, 3, 2, 15, 59, tzinfo=UTC)
    office.start("m2")
    with db.read(office.engine) as conn:
        [taker] = versions.takers(conn, "testcity", office.clock.now())
    assert (taker.version, taker.next_version, taker.next_from) == (VERSION, later, "2026-03-03")
    office.clock.at = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
    office.start("m3")
    assert [row["package_version"] for row in office.rows(t.case_)] == [VERSION, VERSION, later]
    with db.read(office.engine) as conn:
        [taker] = versions.takers(conn, "testcity", office.clock.now())
        assert versions.sessions(conn, later, office.clock.now()) == ["x"]
        assert versions.takers(conn, "elsewhere", office.clock.now()) == []
    assert (taker.version, taker.next_version) == (later, None)
    assert taker.running == {VERSION: 2, later: 1}


def test_a_version_nobody_knows_yet_does_not_stop_a_session(office: Office) -> None:
    """The day may be told before the package has come: until then the version now counts."""
    plan = {"process_version": VERSION, "next_version": "t-9.9", "next_from": "2026-01-01"}
    office.directory("session", "s1", label="x", year=2026, **plan)
    assert office.start("m1")
    assert office.rows(t.case_)[0]["package_version"] == VERSION


def test_a_process_the_new_version_lacks_begins_under_the_version_of_the_case_that_asks_for_it(office: Office) -> None:
    """A session that is given another version in mid-flight leaves nothing unstarted."""
    files = package.files(2)
    started = b"""<hy:start process="follow" data="{'round': 1}"/>"""
    assert started in files["main.bpmn"]
    main = files["main.bpmn"].replace(started, b"")
    publish(office, files={**{name: files[name] for name in files if name != "follow.bpmn"}, "main.bpmn": main})
    office.start("m1")
    office.directory("session", "s1", label="x", year=2026, process_version="testcity-2026.2")
    with db.begin(office.engine) as conn:
        cases.start(conn, cases.Begin(matter_id="m1", process="follow", parent="m1-1"), NOW)
        cases.start(conn, cases.Begin(matter_id="m1", process="main", parent="m1-1"), NOW)
    versions_of = [row["package_version"] for row in office.rows(t.case_)]
    assert versions_of == [VERSION, VERSION, "testcity-2026.2"]


def test_only_a_version_that_was_never_in_force_is_deleted(office: Office) -> None:
    """Logs are replayed with every other one; a draft keeps its base, too."""
    office.start("m1")
    with db.begin(office.engine) as conn:
        mistaken = versions.submit(conn, packages.load(package.files(2)), "a-owner", NOW)
        drafts.create(conn, mistaken, "a-owner", NOW)
        with pytest.raises(Problem, match="version_has_drafts"):
            versions.delete(conn, mistaken)
    with db.begin(office.engine) as conn:
        versions.retire(conn, VERSION, NOW)
        with pytest.raises(Problem, match="version_kept") as caught:
            versions.delete(conn, VERSION)
    assert caught.value.params["running"] == 1
    with db.begin(office.engine) as conn:
        wrong = versions.submit(conn, packages.load(package.files(3)), "a-owner", NOW)
        versions.delete(conn, wrong)
        with pytest.raises(Problem, match="no_such_version"):
            versions.delete(conn, wrong)


def test_a_units_own_diagram_runs_in_its_place_and_stays_with_the_case(office: Office) -> None:
    """Published by its owner, used by the next call; a case that has called one keeps it."""
    with db.begin(office.engine) as conn:
        content = package.inside("own", "自有办理")
        assert diagrams.publish(conn, VERSION, "inside", "u_a", content, OWNER, NOW) == 1
    follow(office, "m1")
    [task] = office.open("m1-1")
    assert task["name"] == "自有办理"
    with db.begin(office.engine) as conn:
        content = package.inside("newer", "更新办理")
        assert diagrams.publish(conn, VERSION, "inside", "u_a", content, OWNER, NOW) == 2
    office.complete(task["id"], {"note": "好"}, somebody("liaison", "u_a"))
    follow(office, "m2")
    assert office.open("m2-1")[0]["name"] == "更新办理"
    assert office.replayed("m1-1")
    assert office.replayed("m2-1")


def follow(office: Office, matter_id: str) -> None:
    """Start the follow-up process of a matter."""
    with db.begin(office.engine) as conn:
        matters.keep(conn, matter(matter_id), NOW)
        cases.start(conn, cases.Begin(matter_id=matter_id, process="follow"), NOW)


def test_a_diagram_that_cannot_run_is_refused(office: Office) -> None:
    """A unit gets the same findings as a process owner."""
    with pytest.raises(e.Refused), db.begin(office.engine) as conn:
        diagrams.publish(conn, VERSION, "inside", "u_a", b"<x/>", OWNER, NOW)
    with pytest.raises(Problem, match="not_permitted"), db.begin(office.engine) as conn:
        diagrams.publish(conn, VERSION, "inside", "u_a", b"<x/>", somebody("liaison", "u_a"), NOW)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'role="liaison"', b'role="nobody"', "unknown_role"),
        (b'form="opinion"', b'form="nothing"', "unknown_form"),
        (b'id="inside" name', b'id="elsewhere" name', "unknown_process"),
    ],
)
def test_a_units_diagram_keeps_the_rules_of_the_package(office: Office, old: bytes, new: bytes, code: str) -> None:
    """What the engine would read but no case could go through is refused when it is published."""
    content = package.inside("own", "自有办理")
    assert old in content
    with pytest.raises(packages.BadPackage) as caught, db.begin(office.engine) as conn:
        diagrams.publish(conn, VERSION, "inside", "u_a", content.replace(old, new), OWNER, NOW)
    assert code in {found.code for found in caught.value.findings}


def test_an_owner_of_one_unit_changes_nothing_for_another(office: Office) -> None:
    """The role that may edit must be held for that very unit; another role held there does not count."""
    both = speakers.Speaker(
        actor={"account": "a-x"},
        roles=(("owner", "u_a"), ("liaison", "u_b")),
        grants=frozenset({"processes.edit"}),
        account="a-x",
    )
    content = package.inside("own", "自有办理")
    with db.begin(office.engine) as conn:
        assert diagrams.publish(conn, VERSION, "inside", "u_a", content, both, NOW) == 1
        with pytest.raises(Problem, match="not_permitted"):
            diagrams.publish(conn, VERSION, "inside", "u_b", content, both, NOW)


def test_the_same_diagram_again_is_the_same_number(office: Office) -> None:
    """A repeated request adds nothing."""
    content = package.inside("own", "自有办理")
    for _ in range(2):
        with db.begin(office.engine) as conn:
            assert diagrams.publish(conn, VERSION, "inside", "u_a", content, OWNER, NOW) == 1
    assert len(office.rows(t.unit_diagram)) == 1
