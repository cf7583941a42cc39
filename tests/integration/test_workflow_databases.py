"""The workflow service on both databases: the same stories, several workers at once, the cities' packages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from services.common import config, db, migrations
from services.common.problems import Problem
from services.workflow import (
    adoptions,
    audits,
    case_migrations,
    chain,
    editions,
    seed,
    speakers,
    tasks,
    ticker,
    timers,
    together,
    worker,
)
from services.workflow import app as apps
from services.workflow import tables as t
from services.workflow.case_migrations import Plan
from services.workflow.packages.examples import example
from tests.unit.workflow.service import office as offices
from tests.unit.workflow.service.office import OFFICE, Office, matter, somebody
from tests.unit.workflow.service.test_adoptions import LATER, put
from tests.unit.workflow.service.test_case_migrations import ASKED, LONGER, TARGET, revised
from tests.unit.workflow.service.test_lapsed_messages import end
from tests.unit.workflow.service.test_web import Person

DATABASES = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))
PROCESSES = offices.CALENDARS.parent


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/workflow.sqlite"
    return str(request.getfixturevalue("postgres")(["workflow"])["workflow"])


@pytest.fixture
def office(url: str) -> Iterator[Office]:
    """The furnished office."""
    found = offices.furnish(url)
    yield found
    found.engine.dispose()


def at_once(count: int, work: Callable[[int], None]) -> None:
    """Run `work(n)` in `count` threads and raise what any of them raised."""
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(work, range(count)))


def intact(office: Office) -> None:
    """Every case's log is a chain and replays to its state."""
    for case in office.rows(t.case_):
        log = office.rows(t.stimulus, t.stimulus.c.case_id == case["id"])
        assert chain.first_broken(log) is None
        assert office.replayed(case["id"])


def test_the_migrations_give_the_tables_the_code_declares(url: str) -> None:
    """Nothing drifts, and the way down is clean."""
    migrations.migrate("workflow", url)
    engine = db.connect(url)
    assert migrations.drift("workflow", engine, t.metadata) == []
    engine.dispose()
    migrations.downgrade("workflow", url, "base")


@pytest.mark.parametrize("stored", [True, False])
def test_a_letter_is_parked_whenever_its_case_ends(office: Office, stored: bool) -> None:
    """Handled before the end or in the very moment of it: never left waiting, and the reason is written down."""
    found = [office.start(f"m{n}") for n in range(6)]
    for case_id in found:
        data = {"matter_id": case_id[:2], "letter_id": f"{case_id}.x", "recipients": ["d1"]}
        office.receive("reply.delivered.v1", {**data, "delivered_at": office.clock.now().isoformat()})
    if stored:
        office.turn()
    at_once(7, lambda n: end(office, found[n]) if n < 6 else office.turn())
    office.turn()
    ticker.sweep(office.engine)
    assert {row["state"] for row in office.rows(t.early_message)} == {"lapsed"}
    assert [row["code"] for row in office.rows(t.inbox_, t.inbox_.c.state == "parked")] == ["case_ended"] * 6
    intact(office)


def test_one_story_from_start_to_follow_up(office: Office) -> None:
    """Start, decision, opinions by page and queue, early letter, timer, second case."""
    office.receive("matter.submitted.v1", matter("m1"))
    delivered = {
        "matter_id": "m1",
        "letter_id": "m1-1.letter",
        "delivered_at": office.clock.now().isoformat(),
        "recipients": ["d1"],
    }
    office.receive("reply.delivered.v1", delivered)
    office.turn()
    office.decide("m1-1", "u_a", "u_b")
    ids = {row["unit"]: row["id"] for row in office.open("m1-1")}
    office.complete(ids["u_a"], {"note": "同意"}, somebody("liaison", "u_a"))
    answer = {
        "task_id": ids["u_b"],
        "unit": "u_b",
        "data": {"note": "同意"},
        "actor": {"name": "王工"},
        "occurred_at": office.clock.now().isoformat(),
    }
    office.receive("task.complete.v1", answer, channel="county")
    office.turn()
    assert len(office.sent("command.accepted.v1")) == 1
    office.later(days=8)
    office.turn()
    assert [row["case_id"] for row in office.open()] == ["m1-2"]
    intact(office)


def test_many_cases_go_over_while_people_go_on_working(office: Office) -> None:
    """Whichever comes first, an answer or the migration: nothing is lost, and every log replays to its state."""
    offices.publish(office, 2, revised(ASKED, LONGER))
    found = [office.start(f"m{n}") for n in range(6)]
    for case_id in found:
        office.decide(case_id, "u_a", "u_b")
    mine = [task["id"] for task in office.open() if task["unit"] == "u_a"]
    plan = Plan(source=offices.VERSION, target=TARGET, recompute=True)

    def act(number: int) -> None:
        if number == len(mine):
            with db.begin(office.engine) as conn:
                case_migrations.run(conn, plan, found, {"name": "某人"}, office.clock.now())
        else:
            office.complete(mine[number], {"note": "同意"}, somebody("liaison", "u_a"))

    at_once(len(mine) + 1, act)
    assert {row["package_version"] for row in office.rows(t.case_)} == {TARGET}
    assert {(row["unit"], str(row["due"]), row["package_version"]) for row in office.open()} == {
        ("u_b", "2026-04-01", TARGET)
    }
    intact(office)
    back = office.start("m9", offices.VERSION)
    with db.begin(office.engine) as conn:
        case_migrations.run(conn, plan, [back], {"name": "某人"}, office.clock.now())
    with db.begin(office.engine) as conn:
        case_migrations.revert(conn, back, {"name": "某人"}, office.clock.now())
    intact(office)


def test_of_two_administrators_at_once_one_is_told_that_he_came_second(office: Office) -> None:
    """Each case goes over once, and to one version."""
    offices.publish(office, 2)
    offices.publish(office, 3)
    found = [office.start(f"m{n}") for n in range(6)]
    codes: Counter[str] = Counter()

    def act(number: int) -> None:
        plan = Plan(source=offices.VERSION, target=f"testcity-2026.{2 + number % 2}")
        with db.begin(office.engine) as conn:
            outcomes = case_migrations.run(conn, plan, found, {"name": "某人"}, office.clock.now())
        codes.update(one.code for one in outcomes)

    at_once(4, act)
    assert codes == {"": 6, "other_version": 18}
    intact(office)


def test_an_audit_finds_nothing_where_people_go_on_working(office: Office) -> None:
    """What comes between reading a case and reading its log is no difference."""
    found = [office.start(f"m{n}") for n in range(4)]
    verdicts: list[audits.Verdict] = []

    def act(number: int) -> None:
        if number < len(found):
            office.decide(found[number], "u_a", "u_b", "u_c")
            for task in office.open(found[number]):
                office.complete(task["id"], {"note": "同意"}, somebody("liaison", task["unit"]))
        else:
            verdicts.extend(one for _ in range(8) for one in audits.run(office.engine))

    at_once(len(found) + 1, act)
    assert len(verdicts) == 8 * len(found)
    assert all(one.sound for one in verdicts)


def test_only_one_of_many_answers_counts(office: Office) -> None:
    """Ten colleagues press the button in the same moment."""
    task_id = office.open(office.start())[0]["id"]
    results: Counter[str] = Counter()

    def press(_number: int) -> None:
        try:
            office.complete(task_id, {"units": ["u_a"]}, OFFICE)
            results["done"] += 1
        except Problem as problem:
            results[problem.code] += 1

    at_once(10, press)
    assert results == {"done": 1, "already_done": 9}
    intact(office)


def test_workers_share_the_inbox_and_nothing_is_done_twice(office: Office) -> None:
    """Four workers, sixteen matters, two answers each: all logged once, in order."""
    ids = [f"m{n}" for n in range(16)]
    for key in ids:
        office.receive("matter.submitted.v1", matter(key))
    at_once(4, lambda _n: _work_off(office))
    for key in ids:
        office.decide(f"{key}-1", "u_b")
    for row in office.open():
        answer = {
            "task_id": row["id"],
            "unit": "u_b",
            "data": {"note": "同意"},
            "actor": {"name": "王工"},
            "occurred_at": office.clock.now().isoformat(),
        }
        office.receive("task.complete.v1", answer, channel="county")
    at_once(4, lambda _n: _work_off(office))
    assert len(office.sent("command.accepted.v1")) == 16
    assert office.sent("message.rejected.v1") == []
    assert office.open() == []
    intact(office)


def _work_off(office: Office) -> None:
    idle = 0
    while idle < 3:
        idle = 0 if worker.turn(office.engine, office.clock, 5) else idle + 1


def test_tickers_share_the_timers(office: Office) -> None:
    """Every timer fires once, however many tickers look."""
    for n in range(8):
        case_id = office.start(f"m{n}")
        office.decide(case_id, "u_a")
        [task] = office.open(case_id)
        office.complete(task["id"], {"note": "同意"}, somebody("liaison", "u_a"))
        delivered = {
            "matter_id": f"m{n}",
            "letter_id": f"{case_id}.letter",
            "delivered_at": office.clock.now().isoformat(),
            "recipients": ["d1"],
        }
        office.receive("reply.delivered.v1", delivered)
    office.turn()
    office.later(days=8)
    at_once(3, lambda _n: _tick_off(office))
    fired = office.rows(t.stimulus, t.stimulus.c.kind == "timer")
    assert Counter(row["case_id"] for row in fired) == {f"m{n}-1": 1 for n in range(8)}
    with db.read(office.engine) as conn:
        assert timers.count_due(conn, office.clock.now()) == 0
    intact(office)


def _tick_off(office: Office) -> None:
    while ticker.turn(office.engine, office.clock, 3):
        pass


def test_a_sweep_wakes_what_a_race_left_asleep(office: Office) -> None:
    """A message stored while its case was just beginning to wait is found by the ticker."""
    office.start()
    row = {
        "message_id": "late",
        "kind": "message",
        "name": "matter.withdrawn",
        "key": "m1",
        "matter_id": "m1",
        "data": {},
        "state": "waiting",
        "at": office.clock.now(),
    }
    with db.begin(office.engine) as conn:
        conn.execute(t.early_message.insert().values(row))
    office.turn()
    assert office.rows(t.case_)[0]["status"] == "running"
    ticker.sweep(office.engine)
    office.turn()
    assert office.rows(t.case_)[0]["status"] == "ended"


@pytest.mark.parametrize("city", ["yunting", "luling"])
def test_a_city_runs_from_submission_to_its_end(url: str, city: str) -> None:
    """The real package, every task done with what its form opens with, else its examples, over real tables."""
    migrations.migrate("workflow", url)
    office = Office(db.connect(url))
    try:
        version = seed.publish(office.engine, PROCESSES / city / "2026", office.clock.now())
        for unit in ("unit_a", "unit_b"):
            office.directory("unit", unit, name=unit, kind="government", active=True)
        for deputy in ("d1", "d2"):
            office.directory("person", deputy, name=deputy, kind="deputy", active=True)
        _run(office, city, version)
        assert office.rows(t.incident) == []
        intact(office)
    finally:
        office.engine.dispose()


def _run(office: Office, city: str, version: str) -> None:
    session = {**matter("m1")["session"], "process_version": version}
    office.receive("matter.submitted.v1", {**matter("m1"), "locality": city, "session": session})
    office.turn()
    for _ in range(80):
        tasks_ = office.open()
        if not tasks_ and not _post(office):
            break
        for row in tasks_[:1]:
            _answer(office, row)
        office.turn()
    states = [message["state"] for message in office.sent("milestone.reached.v1")]
    assert "completed" in states
    assert office.open() == []


def _post(office: Office) -> bool:
    """Intake numbers what was admitted and delivers the letters that were issued; whether there was anything new."""
    known = {row["message_id"] for row in office.rows(t.inbox_)}
    admitted = [one["matter_id"] for one in office.sent("matter.admitted.v1") if one["matter_id"] not in known]
    for matter_id in admitted:
        office.receive("matter.numbered.v1", {"matter_id": matter_id, "matter_no": "183001"}, id=matter_id)
    new = [letter for letter in office.sent("reply.issued.v1") if letter["letter_id"] not in known]
    for letter in new:
        delivered = {
            "matter_id": letter["matter_id"],
            "letter_id": letter["letter_id"],
            "delivered_at": office.clock.now().isoformat(),
            "recipients": letter["recipients"],
        }
        office.receive("reply.delivered.v1", delivered, id=letter["letter_id"])
    office.turn()
    return bool(admitted or new)


def _answer(office: Office, row: dict[str, Any]) -> None:
    role, person = row["role"], row["person"]
    who = speakers.Speaker(actor={"account": role}, roles=((role, row["unit"]),), account=role, person=person)
    with db.read(office.engine) as conn:
        answer = {**example(tasks.schema_of(conn, row)), **(tasks.initial_of(conn, row) or {})}
    applied = office.complete(row["id"], answer, who)
    assert applied.incident is None, office.rows(t.incident)


def test_two_databases_in_one_process_keep_their_versions_apart(office: Office, tmp_path: Path) -> None:
    """A version that is live for one database is unknown to another."""
    migrations.migrate("workflow", f"sqlite:///{tmp_path}/other.sqlite")
    other = db.connect(f"sqlite:///{tmp_path}/other.sqlite")
    office.start()
    with db.read(other) as conn, pytest.raises(Problem, match="no process version"):
        editions.get(conn, offices.VERSION)
    other.dispose()


def test_two_clerks_send_the_same_batch_at_once(office: Office, tmp_path: Path) -> None:
    """In opposite orders: nobody waits for ever, every task is done once, and each is told what came of his answers."""
    office.directory("person", "p-office", name="某办公室", kind="staff", active=True)
    office.directory(
        "account", "a-office", login="o", person_id="p-office", epoch=1, active=True, roles=[["office", None]]
    )
    settings = config.load({"HUIYIN_HOME": str(tmp_path), "HUIYIN_SECRET_KEY": "k" * 40})
    app = apps.create(settings, office.clock, office.engine)
    ids = [office.open(office.start(f"m{n:03}"))[0]["id"] for n in range(together.PORTION + 10)]
    results: dict[int, list[str | None]] = {}

    def send(number: int) -> None:
        answers = [{"task_id": key, "data": {"units": ["u_a"]}} for key in (ids if number else reversed(ids))]
        status, found = Person(app, "a-office").api("POST", "/tasks/batch", {"answers": answers})
        assert status == 200
        results[number] = [one.get("problem", {}).get("code") for one in found["results"]]

    at_once(2, send)
    both = zip(reversed(results[0]), results[1], strict=True)
    assert {frozenset(pair) for pair in both} == {frozenset({None, "already_done"})}
    assert {row["element"] for row in office.open()} == {"task_opinion"}
    intact(office)


def test_two_administrators_let_cases_adopt_a_calendar_at_once(office: Office) -> None:
    """Every case gets one stimulus and moves once, whoever was quicker; logs and states agree."""
    found = [office.start(f"m{n}") for n in range(12)]
    version = put(office, LATER)
    told: list[adoptions.Outcome] = []

    def work(_: int) -> None:
        actor = {"account": "a-admin"}
        told.extend(adoptions.adopt(office.engine, version, found, actor, office.clock.now(), shorten=False))

    at_once(2, work)
    assert Counter(one.case_id for one in told) == Counter(found)
    assert len(office.rows(t.stimulus, t.stimulus.c.kind == "operator")) == len(found)
    moved = [data for data in office.sent("deadline.changed.v1") if data["state"] == "moved"]
    assert len(moved) == len(found)
    intact(office)


@pytest.mark.parametrize("path", ["/calendars/%00/adoption", "/cases/a%00b", "/incidents/99999999999999999999/retry"])
def test_what_no_database_holds_is_a_bad_request(office: Office, url: str, tmp_path: Path, path: str) -> None:
    """A NUL in an address, a number beyond all columns: refused in words, on both databases."""
    roles = [{"role": "administrator", "unit": None}]
    office.directory("person", "p-admin", name="管理员", kind="staff", active=True)
    office.directory("account", "a-admin", login="admin", person_id="p-admin", epoch=1, active=True, roles=roles)
    settings = config.load({"HUIYIN_HOME": str(tmp_path), "HUIYIN_SECRET_KEY": "k" * 40})
    admin = Person(apps.create(settings, office.clock, office.engine), "a-admin")
    method = "POST" if path.endswith("retry") else "GET"
    assert admin.api(method, path)[0] in (400, 404)
