"""Running cases under another version: shown first, carried out case by case, told to everybody, and taken back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from services.common import db
from services.common.problems import Problem
from services.workflow import audits, case_migrations, cases, diagrams, histories, pasts, versions
from services.workflow import tables as t
from services.workflow.case_migrations import Outcome, Plan
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import NOW, VERSION, Office, publish, somebody
from tests.unit.workflow.service.test_web import Person, app, people

__all__ = ["app", "people"]

TARGET = "testcity-2026.2"
OPERATOR = {"account": "a-operator", "name": "某人"}


def revised(*changes: tuple[str, str, str]) -> dict[str, bytes]:
    """Revision 2 of the package, with (file, text, other text) changed."""
    files = package.files(2)
    for name, old, new in changes:
        assert old in files[name].decode(), old
        files[name] = files[name].decode().replace(old, new).encode()
    return files


SHORTER = ("decisions/D_limits.dmn", '"10d"', '"3d"')
LONGER = ("decisions/D_limits.dmn", '"10d"', '"30d"')
RENAMED = ("main.bpmn", "task_opinion", "task_advice")
ASKED = ("forms/opinion.json", "说明", "意见全文")


def plan(**facts: Any) -> Plan:
    """From the first version to its revision."""
    return Plan(source=VERSION, target=TARGET, **facts)


def look(office: Office, wish: Plan, *ids: str) -> list[Outcome]:
    """What would happen."""
    with db.read(office.engine) as conn:
        return case_migrations.look(conn, wish, ids, office.clock.now())


def migrate(office: Office, wish: Plan, *ids: str) -> list[Outcome]:
    """In earnest."""
    with db.begin(office.engine) as conn:
        return case_migrations.run(conn, wish, ids, OPERATOR, office.clock.now())


def revert(office: Office, case_id: str) -> cases.Applied:
    """Back."""
    with db.begin(office.engine) as conn:
        return case_migrations.revert(conn, case_id, OPERATOR, office.clock.now())


def asked(office: Office) -> str:
    """A case in which two units are asked."""
    case_id = office.start()
    office.decide(case_id, "u_a", "u_b")
    return case_id


def everything(office: Office) -> dict[str, list[dict[str, Any]]]:
    """What the tables say that is not the log."""
    tables = (t.case_, t.task, t.deadline, t.timer, t.subscription, t.stimulus)
    return {table.name: office.rows(table) for table in tables}


def sound(office: Office, case_id: str) -> bool:
    """Whether chain and replay hold."""
    return audits.judge(office.engine, case_id).sound


def test_a_look_changes_nothing_and_says_what_would_happen(office: Office) -> None:
    """Where the case stands, which tasks change, and every date that would move."""
    publish(office, 2, revised(ASKED, LONGER))
    case_id = asked(office)
    before = everything(office)
    (kept,) = look(office, plan(), case_id)
    (found,) = look(office, plan(recompute=True), case_id)
    assert everything(office) == before
    assert (kept.code, kept.shifts, kept.standing) == ("", (), ("task_opinion",))
    assert kept.tasks == ("意见", "意见")
    assert [(s.name, s.unit, str(s.was), str(s.now)) for s in found.shifts] == [
        ("opinion", "u_a", "2026-03-12", "2026-04-01"),
        ("opinion", "u_b", "2026-03-12", "2026-04-01"),
    ]


def test_a_case_goes_over_and_on_to_its_end(office: Office) -> None:
    """Its log names the new version from then on; tasks, agencies and the ledger are told; chain and replay hold."""
    publish(office, 2, revised(RENAMED, ASKED))
    case_id = asked(office)
    ids = [task["id"] for task in office.open(case_id)]
    (refused,) = migrate(office, plan(), case_id)
    assert (refused.code, refused.elements) == ("migration_missing", ("task_opinion",))
    (done,) = migrate(office, plan(names={"task_opinion": "task_advice"}), case_id)
    assert done.code == ""
    tasks = office.open(case_id)
    assert [(one["id"], one["element"], one["package_version"]) for one in tasks] == [
        (key, "task_advice", TARGET) for key in ids
    ]
    (said,) = office.sent("case.migrated.v1")
    assert (said["process_version"], said["previous_version"]) == (TARGET, VERSION)
    told = [one for one in office.sent("task.opened.v1") if one.get("previous_version") == VERSION]
    assert {one["task_id"] for one in told} == set(ids)
    assert all("意见全文" in str(one["form_schema"]) for one in told)
    for task in tasks:
        office.complete(task["id"], {"note": "同意"}, somebody("liaison", task["unit"]))
    office.receive("reply.delivered.v1", letter(case_id))
    office.turn()
    assert [row["package_version"] for row in office.rows(t.stimulus, t.stimulus.c.case_id == case_id)] == [
        *[VERSION] * 2,
        *[TARGET] * 4,
    ]
    assert sound(office, case_id)


def letter(case_id: str) -> dict[str, Any]:
    """Body of `reply.delivered`."""
    facts = {"matter_id": "m1", "letter_id": f"{case_id}.letter", "recipients": ["d1"]}
    return {**facts, "delivered_at": NOW.isoformat()}


def test_a_migration_taken_back_leaves_everything_as_it_was(office: Office) -> None:
    """Tasks, dates, timers and subscriptions; only the log and what was sent tell of it."""
    keyed = ("main.bpmn", 'message="matter.withdrawn" to', 'message="matter.withdrawn" key="\'other\'" to')
    publish(office, 2, revised(RENAMED, ASKED, LONGER, keyed))
    case_id = asked(office)
    before = everything(office)
    (done,) = migrate(office, plan(names={"task_opinion": "task_advice"}, recompute=True), case_id)
    assert done.code == ""
    assert everything(office)["task"] != before["task"]
    revert(office, case_id)
    after = everything(office)
    for name in ("timer", "subscription"):
        assert after[name] == before[name]
    assert after["task"] == before["task"]
    assert after["deadline"] == before["deadline"]
    moved = ("state", "state_seq", "seq", "last_hash", "last_at")
    assert [without(row, *moved) for row in after["case_"]] == [without(row, *moved) for row in before["case_"]]
    assert sound(office, case_id)
    with pytest.raises(Problem, match="nothing_to_revert"):
        revert(office, case_id)
    office.complete(office.open(case_id)[0]["id"], {"note": "同意"}, somebody("liaison", "u_a"))
    assert sound(office, case_id)


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    """A row without some of its columns."""
    return {key: value for key, value in row.items() if key not in names}


def test_what_has_gone_on_since_is_not_taken_back(office: Office) -> None:
    """After the next stimulus the case stays where it is."""
    publish(office, 2, revised(ASKED))
    case_id = asked(office)
    migrate(office, plan(), case_id)
    office.complete(office.open(case_id)[0]["id"], {"note": "同意"}, somebody("liaison", "u_a"))
    with pytest.raises(Problem, match="nothing_to_revert"):
        revert(office, case_id)


def test_nobody_gets_less_time_unless_that_was_agreed_to(office: Office) -> None:
    """A case whose deadline would end earlier stays, with the dates; agreed to, it goes over."""
    publish(office, 2, revised(SHORTER))
    case_id = asked(office)
    (refused,) = migrate(office, plan(recompute=True), case_id)
    assert (refused.code, [shift.earlier for shift in refused.shifts]) == ("deadline_shortened", [True, True])
    assert office.rows(t.case_)[0]["package_version"] == VERSION
    (done,) = migrate(office, plan(recompute=True, shorten=True), case_id)
    assert done.code == ""
    assert {str(task["due"]) for task in office.open(case_id)} == {"2026-03-05"}


def test_many_go_over_each_with_its_own_result(office: Office) -> None:
    """Those that can, in one transaction; a case of another version or none at all is told with the reason."""
    publish(office, 2, revised(RENAMED))
    early, late = office.start("m1"), office.start("m2")
    office.decide(late, "u_a")
    other = office.start("m3", TARGET)
    found = {one.case_id: one.code for one in migrate(office, plan(), early, late, other, "nobody")}
    assert found == {early: "", late: "migration_missing", other: "other_version", "nobody": "no_such_case"}
    assert {row["id"]: row["package_version"] for row in office.rows(t.case_)} == {
        early: TARGET,
        late: VERSION,
        other: TARGET,
    }
    assert all(sound(office, key) for key in (early, late, other))


def test_only_versions_of_the_place_that_are_in_force_are_targets(office: Office) -> None:
    """A retired version, the same one and an unknown one are refused in words."""
    publish(office, 2)
    case_id = office.start()
    with db.begin(office.engine) as conn:
        versions.retire(conn, TARGET, office.clock.now())
    for target, code in ((TARGET, "bad_target"), (VERSION, "bad_target"), ("nowhere-2026.1", "no_such_version")):
        with pytest.raises(Problem, match=code):
            look(office, Plan(source=VERSION, target=target), case_id)


def test_history_and_past_follow_the_version(office: Office) -> None:
    """The history tells of it under both names, and the time machine shows the state before and after."""
    publish(office, 2, revised(RENAMED))
    case_id = asked(office)
    migrate(office, plan(names={"task_opinion": "task_advice"}), case_id)
    task = office.open(case_id)[0]
    office.complete(task["id"], {"note": "同意"}, somebody("liaison", task["unit"]))
    with db.read(office.engine) as conn:
        case = cases.get(conn, case_id)
        assert case is not None
        steps = histories.of_case(conn, case)
        standing = [pasts.look(conn, case, seq=seq).standing for seq in (2, 3)]
    assert [step["element"] for step in steps] == ["main", "task_decide", "migrate", "task_advice"]
    assert standing == [["task_opinion"], ["task_advice"]]


def test_a_unit_keeps_its_own_diagram_where_it_was_published_for_the_target(office: Office) -> None:
    """Published for both versions it runs on; without it the box is named, and later calls take the package's."""
    publish(office, 2)
    owner = somebody("owner", None, "processes.edit")
    own = package.inside("own", "自有办理")
    with db.begin(office.engine) as conn:
        diagrams.publish(conn, VERSION, "inside", "u_a", own, owner, NOW)
    case_id = followed(office)
    assert [task["element"] for task in office.open(case_id)] == ["own_task"]
    (refused,) = migrate(office, plan(), case_id)
    assert (refused.code, refused.elements) == ("migration_box_missing", ("call_inside",))
    with db.begin(office.engine) as conn:
        diagrams.publish(conn, TARGET, "inside", "u_a", own, owner, NOW)
    (done,) = migrate(office, plan(), case_id)
    assert done.code == ""
    office.complete(office.open(case_id)[0]["id"], {"note": "办结"}, somebody("liaison", "u_a"))
    assert office.rows(t.case_, t.case_.c.id == case_id)[0]["status"] == "ended"
    assert sound(office, case_id)


def followed(office: Office) -> str:
    """A case that calls the extension point."""
    office.start()
    with db.begin(office.engine) as conn:
        applied = cases.start(conn, cases.Begin(matter_id="m1", process="follow"), office.clock.now())
    return applied.case_id


def test_the_api_tries_out_carries_out_and_takes_back(office: Office, people: dict[str, Person]) -> None:
    """Each case with its reason in words; whoever may not operate is refused, and so is what cannot be read."""
    publish(office, 2, revised(RENAMED, SHORTER))
    case_id, other = asked(office), office.start("m2")
    path = f"/packages/{VERSION}/migrations"
    wish = {"version": TARGET, "map": {"task_opinion": "task_advice"}, "dates": "recompute", "dry_run": True}
    status, answer = people["office"].api("POST", path, wish)
    assert (status, answer["migrated"], answer["refused"]) == (200, 1, 1)
    refused = next(one for one in answer["cases"] if one["code"])
    assert (refused["case_id"], refused["reason"]) == (case_id, "有期限会提前")
    [shift, *_] = refused["shifts"]
    assert {"name": "opinion", "unit": "u_a", "was": "2026-03-12", "now": "2026-03-05"}.items() <= shift.items()
    assert shift["why"]
    status, answer = people["office"].api("POST", path, {**wish, "dry_run": False, "shorten": True})
    assert (status, answer["migrated"], answer["refused"]) == (200, 2, 0)
    status, answer = people["office"].api("POST", f"/cases/{other}/verbs/revert")
    assert (status, answer["stimulus"]) == (200, f"{other}.3")
    status, answer = people["office"].api("POST", f"/cases/{other}/verbs/migrate", {"version": TARGET})
    assert (status, answer["migrated"]) == (200, 1)
    for body in ([], {"version": 5}, {"version": TARGET, "dates": "soon"}, {"version": TARGET, "map": {"a": 1}}):
        assert people["office"].api("POST", path, body)[0] == 400
    assert people["office"].api("POST", path, {"version": TARGET, "cases": [1]})[0] == 400
    assert people["liaison"].api("POST", path, wish)[0] == 403
    assert people["office"].api("POST", "/cases/nobody/verbs/migrate", wish)[0] == 404


def test_the_pages_show_choose_and_take_back(office: Office, people: dict[str, Person]) -> None:
    """What cannot go over is named with a choice of elements; what was ticked goes; the case offers the way back."""
    publish(office, 2, revised(RENAMED, LONGER))
    case_id = asked(office)
    page = f"/packages/{VERSION}/migration"
    person = people["office"]
    assert "看会怎样" in person.page(page)
    wanted = f"{page}?target={TARGET}&dates=later"
    shown = person.page(wanted)
    assert "不能转" in shown
    assert "原环节“意见”转到" in shown
    shown = person.page(f"{wanted}&map:task_opinion=task_advice")
    assert "2026-03-12 → 2026-04-01" in shown
    form = {"target": TARGET, "dates": "later", "map:task_opinion": "task_advice"}
    assert person.send(page, **form)[0] == 303
    assert "没有勾选流程" in person.page(wanted)
    assert person.send(page, **form, case=case_id)[0] == 303
    assert "已转换 1 个流程" in person.page(wanted)
    assert "撤销换版" in person.page(f"/cases/{case_id}")
    assert person.send(f"/cases/{case_id}/revert")[0] == 303
    shown = person.page(f"/cases/{case_id}")
    assert "已撤销换版" in shown
    assert "继续办理之前可以撤销" not in shown
    with db.read(office.engine) as conn:
        assert conn.scalar(select(t.case_.c.package_version).where(t.case_.c.id == case_id)) == VERSION


def test_a_page_without_cases_or_targets_says_so(office: Office, people: dict[str, Person]) -> None:
    """Nothing runs, or there is nowhere to go: each with what to do; an unknown version is not found."""
    page = f"/packages/{VERSION}/migration"
    assert "没有办理中的流程" in people["office"].page(page)
    office.start()
    assert "没有可以转到的版本" in people["office"].page(page)
    people["office"].page("/packages/nowhere-2026.1/migration", 404)
    people["office"].page(f"{page}?target=nowhere-2026.1", 409)
    people["liaison"].page(page, 403)
