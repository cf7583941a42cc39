"""What people have in hand when a case changes its version: claims, delegates, questions, incidents; looking back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from services.common import db
from services.common.problems import Problem
from services.workflow import cases, histories, messages, packages, pasts, tasks, whatifs
from services.workflow import tables as t
from services.workflow.case_migrations import Plan
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import NOW, OFFICE, VERSION, Office, publish, somebody
from tests.unit.workflow.service.test_case_migrations import (
    ASKED,
    RENAMED,
    TARGET,
    asked,
    letter,
    migrate,
    plan,
    revert,
    revised,
    sound,
)
from tests.unit.workflow.service.test_messages import answer
from tests.unit.workflow.service.test_verbs import ANNA, BO, CHEN, task_of, use
from tests.unit.workflow.service.test_web import Person, app, people

__all__ = ["app", "people"]

CHIEF = (
    ("main.bpmn", 'role="liaison" unit="unit"', 'role="chief" unit="unit"'),
    ("package.yaml", "  owner:", "  chief: {label: 科长, label_en: chief, scope: unit, grants: []}\n  owner:"),
)
BROKEN = "testcity-2026.3"


@pytest.fixture
def staffed(office: Office) -> Office:
    """The office with colleagues in one unit."""
    for one, role in ((ANNA, "liaison"), (BO, "liaison"), (CHEN, "clerk")):
        office.directory("person", str(one.person), name=str(one.actor["name"]), kind="staff", active=True)
        facts = {"login": one.account, "person_id": one.person, "epoch": 1, "active": True}
        office.directory("account", str(one.account), **facts, roles=[{"role": role, "unit": "u_a"}])
    return office


def test_a_task_that_goes_to_another_role_is_nobodys_yet(staffed: Office) -> None:
    """Whoever claimed it or acted for the role before has it no more; agencies and notify hear of a change of hands."""
    publish(staffed, 2, revised(*CHIEF))
    case_id = asked(staffed)
    ours, theirs = task_of(staffed, case_id), task_of(staffed, case_id, "u_b")
    with db.begin(staffed.engine) as conn:
        tasks.claim(conn, theirs["id"], somebody("liaison", "u_b"), NOW)
    use(staffed, ours["id"], "delegate", ANNA, person="p-bo")
    before = task_of(staffed, case_id)
    migrate(staffed, plan(), case_id)
    found = staffed.open(case_id)
    assert [(row["role"], row["delegate"], row["claimed_by"]) for row in found] == [("chief", None, None)] * 2
    gone = {said["task_id"] for said in staffed.sent("task.closed.v1") if said["reason"] == "migrated"}
    assert gone == {ours["id"], theirs["id"]}
    opened = [said for said in staffed.sent("task.opened.v1") if said["role"] == "chief"]
    assert {said.get("previous_version") for said in opened} == {None}
    revert(staffed, case_id)
    assert task_of(staffed, case_id) == before
    assert sound(staffed, case_id)


def test_a_delegate_goes_on_where_only_the_form_changes(staffed: Office) -> None:
    """The task is the same, for the same people."""
    publish(staffed, 2, revised(ASKED))
    case_id = asked(staffed)
    task = task_of(staffed, case_id)["id"]
    use(staffed, task, "delegate", ANNA, person="p-bo")
    migrate(staffed, plan(), case_id)
    assert task_of(staffed, case_id)["delegate"] == "p-bo"
    assert staffed.sent("task.opened.v1")[-2]["previous_version"] == VERSION
    staffed.complete(task, {"note": "同意"}, BO)
    assert sound(staffed, case_id)


def test_a_question_beside_a_task_is_answered_under_its_new_name(staffed: Office) -> None:
    """The record says which element of the version of now it belongs to."""
    publish(staffed, 2, revised(RENAMED))
    case_id = asked(staffed)
    use(staffed, task_of(staffed, case_id)["id"], "consult", ANNA, text="怎么看", person="p-bo")
    migrate(staffed, plan(names={"task_opinion": "task_advice"}), case_id)
    [side] = [row for row in staffed.open(case_id) if row["beside"]]
    staffed.complete(side["id"], {"text": "可以", "agrees": True}, BO)
    assert [row["element"] for row in staffed.rows(t.record)] == ["task_advice"]
    assert sound(staffed, case_id)


def test_a_question_takes_the_deadline_of_the_task_it_stands_beside(staffed: Office) -> None:
    """Where the target ends that deadline for another, and where that is taken back; its agency is told."""
    publish(staffed, 2, revised(*OTHER_DEADLINE))
    case_id = asked(staffed)
    use(staffed, task_of(staffed, case_id)["id"], "consult", ANNA, text="怎么看", person="p-bo")
    before = beside_and_below(staffed, case_id)
    assert before["side"] == before["task"]
    migrate(staffed, plan(), case_id)
    after = beside_and_below(staffed, case_id)
    assert after["side"] == after["task"] != before["side"]
    assert after["side"][0] == "advice"
    revert(staffed, case_id)
    assert beside_and_below(staffed, case_id) == before
    assert sound(staffed, case_id)


OTHER_DEADLINE = (
    ("main.bpmn", '<hy:deadline name="opinion"', '<hy:deadline name="advice"'),
    ("main.bpmn", 'deadline="opinion"', 'deadline="advice"'),
)


def beside_and_below(office: Office, case_id: str) -> dict[str, tuple[object, ...]]:
    """The deadline of the question and of the task it stands beside, as their rows have them."""
    [side] = [row for row in office.open(case_id) if row["beside"]]
    [task] = [row for row in office.open(case_id) if row["id"] == side["beside"]]
    columns = ("deadline", "deadline_id", "due", "due_at", "package_version")
    return {name: tuple(row[c] for c in columns) for name, row in {"side": side, "task": task}.items()}


FULL = json.dumps(
    {
        **{"title": "意见", "x-title-en": "opinion", "type": "object", "required": ["text"]},
        "properties": {"text": {"type": "string", "title": "意见全文", "x-title-en": "text", "examples": ["同意"]}},
        "additionalProperties": False,
    }
).encode()
"""Another form for the opinion."""


def test_what_was_written_under_the_old_form_can_still_be_copied(office: Office, people: dict[str, Person]) -> None:
    """The draft's text stands below the new form, which has no field for it; what is sent is checked by the new one."""
    publish(office, 2, {**package.files(2), "forms/opinion.json": FULL})
    case_id = asked(office)
    task = task_of(office, case_id)["id"]
    people["liaison"].send(f"/tasks/{task}", action="draft", note="写了一半的意见")
    assert "原来的这些栏目" not in people["liaison"].page(f"/tasks/{task}")
    migrate(office, plan(), case_id)
    shown = people["liaison"].page(f"/tasks/{task}")
    assert "原来的这些栏目" in shown
    assert "写了一半的意见" in shown
    assert people["liaison"].send(f"/tasks/{task}", action="complete", note="同意")[0] == 422
    assert people["liaison"].send(f"/tasks/{task}", action="complete", text="同意")[0] == 303
    assert sound(office, case_id)


def test_an_agency_that_answers_what_was_asked_before_is_told_what_is_asked_now(office: Office) -> None:
    """Its answer crossed the migration: it is refused with the field that is missing, and the next one counts."""
    publish(office, 2, {**package.files(2), "forms/opinion.json": FULL})
    case_id = asked(office)
    task = task_of(office, case_id, "u_b")["id"]
    migrate(office, plan(), case_id)
    for data in ({"note": "同意"}, {"text": "同意"}):
        office.receive("task.complete.v1", answer(office, task, "u_b", data), channel="county")
    office.turn()
    [refused] = office.sent("message.rejected.v1")
    assert refused["path"] in {"text", "note"}
    assert [said["task_id"] for said in office.sent("command.accepted.v1")] == [task]
    assert sound(office, case_id)


def test_a_message_that_came_early_is_taken_where_the_target_waits_for_it(office: Office) -> None:
    """Nobody waited for it under the old version."""
    publish(office, 2, revised(("main.bpmn", "'.letter'", "'.paper'")))
    case_id = office.start()
    office.decide(case_id, "u_a")
    office.complete(office.open(case_id)[0]["id"], {"note": "同意"}, somebody("liaison", "u_a"))
    with db.begin(office.engine) as conn:
        key = f"{case_id}.paper"
        messages.route(conn, "reply.delivered", key, {}, office.clock.now(), message_id="x", matter_id="m1")
    migrate(office, plan(), case_id)
    office.turn()
    assert [row["state"] for row in office.rows(t.early_message)] == ["done"]
    assert [row["element"] for row in office.rows(t.timer)] == ["evt_pause"]
    assert sound(office, case_id)


def test_what_if_knows_a_migrated_case_by_its_new_ids(office: Office) -> None:
    """Under the version it has, and after it was taken back under the one it had, nothing would be different."""
    files = revised(("main.bpmn", "task_decide", "task_choose"), RENAMED)
    publish(office, 2, files)
    gone, back = office.start("m1"), office.start("m2")
    for case_id in (gone, back):
        office.decide(case_id, "u_a")
        migrate(office, plan(names={"task_opinion": "task_advice", "task_decide": "task_choose"}), case_id)
    revert(office, back)
    for task in office.open():
        office.complete(task["id"], {"note": "同意"}, somebody("liaison", task["unit"]))
    with db.read(office.engine) as conn:
        found = [
            whatifs.play(conn, TARGET, packages.load(files)),
            whatifs.play(conn, VERSION, packages.load(package.files())),
        ]
    assert [(report.cases, report.same) for report in found] == [(1, 1), (1, 1)]


def broken(office: Office, file: str, old: str, new: str) -> Plan:
    """A version that fails at one place; the plan that leads from it to one that does not."""
    files = {**revised((file, old, new)), "package.yaml": package.files(3)["package.yaml"]}
    publish(office, 3, files)
    return Plan(source=BROKEN, target=TARGET)


def retry(office: Office) -> cases.Applied:
    """The latest incident once more."""
    with db.begin(office.engine) as conn:
        return cases.retry(conn, office.rows(t.incident)[-1]["id"], "a-admin", office.clock.now())


def test_an_answer_that_failed_is_carried_out_under_the_target(office: Office) -> None:
    """An incident of a case that has gone over is retried with the repaired diagram."""
    publish(office, 2)
    wish = broken(office, "main.bpmn", "units = decision.units", "units = decision.units[7]")
    case_id = office.start("m1", BROKEN)
    office.decide(case_id, "u_a")
    migrate(office, wish, case_id)
    assert retry(office).incident is None
    assert [row["element"] for row in office.open(case_id)] == ["task_opinion"]
    assert sound(office, case_id)


def test_an_incident_of_a_timer_the_target_lacks_is_closed(office: Office) -> None:
    """There is nothing to retry any more; the new timer runs."""
    publish(office, 2, revised(("main.bpmn", "P7D", "P30D")))
    wish = broken(office, "main.bpmn", "{'round': 1}", "{'round': 1 / (1 - 1)}")
    case_id = office.start("m1", BROKEN)
    office.decide(case_id, "u_a")
    office.complete(office.open(case_id)[0]["id"], {"note": "同意"}, somebody("liaison", "u_a"))
    office.receive("reply.delivered.v1", letter(case_id))
    office.later(days=8)
    office.turn()
    assert [row["held"] for row in office.rows(t.timer)] == [True]
    migrate(office, wish, case_id)
    applied = retry(office)
    assert (applied.seq, applied.incident) == (None, None)
    assert [row["state"] for row in office.rows(t.incident)] == ["resolved"]
    assert [row["held"] for row in office.rows(t.timer)] == [False]
    office.later(days=30)
    office.turn()
    assert office.rows(t.case_, t.case_.c.id == case_id)[0]["status"] == "ended"
    assert sound(office, case_id)


def test_a_deadline_that_the_target_counts_elsewhere_is_not_shortened_unasked(office: Office) -> None:
    """It ends at the task and begins with the process: for people one deadline, told with both dates."""
    decide = '<hy:deadline name="decide" rule="decide"/>'
    moved = (("main.bpmn", decide, ""), ("main.bpmn", "<hy:interrupt", f"{decide}<hy:interrupt"))
    publish(office, 2, revised(*moved, ("decisions/D_limits.dmn", '"5wd"', '"2wd"')))
    case_id = office.start()
    (refused,) = migrate(office, plan(), case_id)
    assert refused.code == "deadline_shortened"
    assert [(str(one.was), str(one.now)) for one in refused.shifts] == [("2026-03-09", "2026-03-04")]
    (done,) = migrate(office, plan(shorten=True), case_id)
    assert (done.code, str(office.open(case_id)[0]["due"])) == ("", "2026-03-04")
    assert sound(office, case_id)


def test_steps_and_ways_keep_their_names_through_a_migration(office: Office) -> None:
    """A timer that was set before rings at the element of now; what had been passed is marked in the diagram of now."""
    files = revised(("main.bpmn", "evt_pause", "evt_rest"), ("main.bpmn", "task_decide", "task_choose"))
    publish(office, 2, files)
    case_id = office.start()
    office.decide(case_id, "u_a")
    office.complete(office.open(case_id)[0]["id"], {"note": "同意"}, somebody("liaison", "u_a"))
    office.receive("reply.delivered.v1", letter(case_id))
    office.turn()
    wish = plan(names={"evt_pause": "evt_rest", "task_decide": "task_choose"})
    migrate(office, wish, case_id)
    revert(office, case_id)
    migrate(office, wish, case_id)
    office.later(days=8)
    office.turn()
    with db.read(office.engine) as conn:
        case = cases.get(conn, case_id)
        assert case is not None
        steps = histories.of_case(conn, case)
        passed = [pasts.look(conn, case, seq=seq).done for seq in (5, 6, 7)]
    assert [step["element"] for step in steps][-4:] == ["migrate", "revert", "migrate", "evt_rest"]
    assert [{"task_decide", "task_choose"} & done for done in passed] == [
        {"task_choose"},
        {"task_decide"},
        {"task_choose"},
    ]
    assert sound(office, case_id)


def test_a_step_that_others_check_can_be_named_where_it_was_done_long_ago(
    office: Office, people: dict[str, Person]
) -> None:
    """No token stands there, so the target does not miss it; but four eyes have to know it by both names."""
    apart = ("main.bpmn", 'form="opinion" deadline', 'form="opinion" apart="task_decide" deadline')
    publish(office, 2, revised(apart))
    source = Plan(source=TARGET, target=BROKEN)
    files = revised(apart, ("main.bpmn", "task_decide", "task_choose"))
    publish(office, 3, {**files, "package.yaml": package.files(3)["package.yaml"]})
    case_id = office.start("m1", TARGET)
    office.decide(case_id, "u_a")
    page = f"/packages/{TARGET}/migration?target={BROKEN}"
    assert "已办环节“决定”在新版本中是" in people["office"].page(page)
    assert "已办环节" not in people["office"].page(f"{page}&map:task_decide=task_choose")
    migrate(office, replace(source, names={"task_decide": "task_choose"}), case_id)
    assert office.open(case_id)[0]["apart"] == ["task_choose", "task_decide"]
    with pytest.raises(Problem, match="four_eyes"):
        office.complete(office.open(case_id)[0]["id"], {"note": "同意"}, replace(OFFICE, roles=(("liaison", "u_a"),)))
    assert sound(office, case_id)


def test_what_begins_at_once_is_told_beforehand(office: Office, people: dict[str, Person]) -> None:
    """A join that need not wait any longer: the task behind it, and that there is no way back."""
    ways = ("task_decide", "fork"), ("fork", "task_x"), ("fork", "task_y"), ("task_x", "join")
    parts = "".join(f'<bpmn:parallelGateway id="{one}"/>' for one in ("fork", "join"))
    mark = '<hy:deadline name="decide" rule="decide"/><hy:task role="office" form="decide" deadline="decide"/>'
    mark = f"<bpmn:extensionElements>{mark}</bpmn:extensionElements>"
    parts += "".join(f'<bpmn:userTask id="task_{one}" name="{one}件">{mark}</bpmn:userTask>' for one in "xy")
    old = '<bpmn:sequenceFlow id="flow_task_decide_script_units" sourceRef="task_decide" targetRef="script_units"/>'
    waiting, free = (flows(*ways, ("task_y", end), ("join", "script_units")) for end in ("join", "end_withdrawn"))
    publish(office, 2, revised(("main.bpmn", old, parts + waiting)))
    publish(office, 3, {**revised(("main.bpmn", old, parts + free)), "package.yaml": package.files(3)["package.yaml"]})
    case_id = office.start("m1", TARGET)
    office.decide(case_id, "u_a")
    office.complete(office.open(case_id)[0]["id"], {"units": ["u_a"]}, OFFICE)
    shown = people["office"].page(f"/packages/{TARGET}/migration?target={BROKEN}")
    assert "新的待办：意见" in shown
    assert "马上往下走，不能撤销" in shown
    (done,) = migrate(office, Plan(source=TARGET, target=BROKEN), case_id)
    assert (done.opened, done.goes_on) == (("意见",), True)
    with pytest.raises(Problem, match="migration_acted"):
        revert(office, case_id)
    assert sound(office, case_id)


def flows(*pairs: tuple[str, str]) -> str:
    """Sequence flows."""
    return "".join(f'<bpmn:sequenceFlow id="flow_{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairs)


def test_who_comes_second_is_told_so(office: Office, people: dict[str, Person]) -> None:
    """A double click, a case that has ended meanwhile: the page says that somebody was quicker."""
    publish(office, 2)
    case_id, page = office.start(), f"/packages/{VERSION}/migration"
    form: Mapping[str, str] = {"target": TARGET, "dates": "keep", "case": case_id}
    people["office"].send(page, **form)
    assert "已转换 1 个流程" in people["office"].page(page)
    people["office"].send(page, **form)
    shown = people["office"].page(page)
    assert "1 个流程已经办结，或者别人已经转走" in shown
    assert "原因见下表" not in shown


def test_the_past_shows_the_diagram_of_then(office: Office, people: dict[str, Person]) -> None:
    """Before the migration the old diagram with the old elements, after it the new ones; done steps by the new ids."""
    publish(office, 2, revised(("main.bpmn", "task_decide", "task_choose"), RENAMED))
    case_id = asked(office)
    names = {"task_opinion": "task_advice", "task_decide": "task_choose"}
    migrate(office, plan(names=names), case_id)
    for seq, version, element in ((2, VERSION, "task_opinion"), (3, TARGET, "task_advice")):
        shown = people["office"].page(f"/cases/{case_id}/past?seq={seq}")
        assert f'data-diagram="/cases/{case_id}/diagram?seq={seq}"' in shown
        assert f'data-current="{element}"' in shown
        assert version in shown
        assert f'id="{element}"' in people["office"].page(f"/cases/{case_id}/diagram?seq={seq}")
    assert 'data-done="task_choose"' in people["office"].page(f"/cases/{case_id}")
    assert 'id="task_advice"' in people["office"].page(f"/cases/{case_id}/diagram?seq={10**30}")
