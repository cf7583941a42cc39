"""Verbs every task has: who may use them, what they ask, what others hear; inside parallel handling."""

from dataclasses import replace
from typing import Any

import pytest

from services.common import db
from services.common.problems import Problem
from services.workflow import cases, records, tasks, verbs, worklists
from services.workflow import tables as t
from services.workflow.speakers import Speaker
from tests.unit.workflow.service import yunting
from tests.unit.workflow.service.office import Office, somebody

ANNA = replace(somebody("liaison", "u_a"), account="a-anna", person="p-anna", actor={"account": "a-anna", "name": "安"})
BO = replace(somebody("liaison", "u_a"), account="a-bo", person="p-bo", actor={"account": "a-bo", "name": "波"})
CHEN = replace(somebody("clerk", "u_a"), account="a-chen", person="p-chen", actor={"account": "a-chen", "name": "陈"})
OTHER = replace(somebody("liaison", "u_b"), account="a-other", person="p-other")
OPERATOR = somebody("office", None, "cases.operate", "tasks.urge")
URGER = somebody("congress", None, "tasks.urge")


@pytest.fixture
def case_id(office: Office) -> str:
    """A case in which the units u_a, u_b and u_c write opinions at the same time."""
    for one, role, unit in ((ANNA, "liaison", "u_a"), (BO, "liaison", "u_a"), (CHEN, "clerk", "u_a")):
        name = str(one.actor["name"])
        office.directory("person", str(one.person), name=name, kind="staff", active=True)
        roles = [{"role": role, "unit": unit}]
        office.directory(
            "account", str(one.account), login=name, person_id=one.person, epoch=1, active=True, roles=roles
        )
    office.directory("person", "p-other", name="外", kind="staff", unit="u_b", active=True)
    found = office.start()
    office.decide(found, "u_a", "u_b", "u_c")
    return found


def task_of(office: Office, case_id: str, unit: str = "u_a", element: str = "task_opinion") -> dict[str, Any]:
    """The open task of a unit."""
    return next(row for row in office.open(case_id) if (row["unit"], row["element"]) == (unit, element))


def use(office: Office, task: str, verb: str, who: Speaker, **data: Any) -> Any:
    """Use a verb."""
    with db.begin(office.engine) as conn:
        return verbs.use(conn, task, verb, data, who, office.clock.now())


def refused(office: Office, task: str, verb: str, who: Speaker, **data: Any) -> Problem:
    """The problem a verb meets."""
    with pytest.raises(Problem) as caught:
        use(office, task, verb, who, **data)
    return caught.value


def todo(office: Office, who: Speaker) -> list[str]:
    """The ids on somebody's work list."""
    with db.read(office.engine) as conn:
        return [row["id"] for row in worklists.todo(conn, who, worklists.Filter(), office.clock.now(), limit=9)]


def test_a_delegate_acts_and_both_names_are_kept(office: Office, case_id: str) -> None:
    """Only a colleague; meanwhile the owner himself cannot do it, nor can the delegate hand it on."""
    task = task_of(office, case_id)["id"]
    assert refused(office, task, "delegate", ANNA, person="p-other").errors[0].path == "person"
    assert refused(office, task, "delegate", ANNA, person="p-anna").errors[0].path == "person"
    assert refused(office, task, "delegate", OTHER, person="p-other").code == "wrong_unit"
    assert refused(office, task, "delegate", OPERATOR, person="p-chen").code == "not_permitted"
    use(office, task, "delegate", ANNA, person="p-chen", note="请代为办理")
    row = task_of(office, case_id)
    assert (row["unit"], row["role"], row["delegate"], row["delegated_by"]["name"]) == (
        "u_a",
        "liaison",
        "p-chen",
        "安",
    )
    opened = office.sent("task.opened.v1")[-1]
    assert (opened["delegate"], opened["deadline"]["name"]) == ("p-chen", "opinion")
    assert todo(office, CHEN) == [task]
    with pytest.raises(Problem, match="delegated"):
        office.complete(task, {"note": "同意"}, ANNA)
    assert refused(office, task, "return", ANNA, note="不对").code == "delegated"
    assert refused(office, task, "delegate", CHEN, person="p-bo").code == "not_permitted"
    office.complete(task, {"note": "同意"}, CHEN)
    [done] = [row for row in office.rows(t.stimulus) if row["actor"].get("on_behalf_of")]
    assert (done["actor"]["name"], done["actor"]["on_behalf_of"]) == ("陈", "安")
    assert office.replayed(case_id)


def test_a_delegation_is_taken_back(office: Office, case_id: str) -> None:
    """Then it is the owner's alone again."""
    task = task_of(office, case_id)["id"]
    use(office, task, "delegate", ANNA, person="p-chen")
    assert refused(office, task, "undelegate", CHEN).code == "not_permitted"
    use(office, task, "undelegate", ANNA)
    assert (todo(office, CHEN), todo(office, ANNA)) == ([], [task])
    with pytest.raises(Problem, match="not_permitted"):
        office.complete(task, {"note": "同意"}, CHEN)
    office.complete(task, {"note": "同意"}, ANNA)
    assert office.replayed(case_id)


def test_inside_the_unit_its_people_pass_tasks_on(office: Office, case_id: str) -> None:
    """To a colleague or a role of the unit; never to another unit, which takes the grant."""
    task = task_of(office, case_id)["id"]
    assert refused(office, task, "reassign", ANNA).errors[0].path == "person"
    assert refused(office, task, "reassign", ANNA, person="p-other").errors[0].path == "person"
    assert refused(office, task, "reassign", ANNA, unit="u_b").errors[0].path == "unit"
    assert refused(office, task, "transfer", ANNA, unit="u_b").code == "not_permitted"
    use(office, task, "reassign", ANNA, person="p-chen")
    assert (todo(office, ANNA), todo(office, CHEN)) == ([], [task])
    assert refused(office, task, "reassign", OTHER, person="p-bo").code == "not_permitted"
    use(office, task, "reassign", CHEN, role="liaison")
    row = task_of(office, case_id)
    assert (row["role"], row["unit"], row["person"]) == ("liaison", "u_a", None)
    use(office, task, "transfer", OPERATOR, unit="u_b", note="改由乙单位办理")
    assert task_of(office, case_id, "u_b")
    assert office.replayed(case_id)


def test_an_urge_is_recorded_and_told_once_a_day(office: Office, case_id: str) -> None:
    """With its text; a second one on the same day needs a confirmation; only holders of the grant urge."""
    task = task_of(office, case_id)["id"]
    assert refused(office, task, "urge", OTHER, text="请抓紧").code == "wrong_unit"
    assert refused(office, task, "urge", URGER).errors[0].path == "text"
    use(office, task, "urge", URGER, text="请抓紧办理", level="催办")
    [notice] = office.sent("notice.requested.v1")
    assert (notice["template"], notice["to"]) == ("urged", [{"role": "liaison", "unit": "u_a"}])
    assert notice["facts"]["text"] == "请抓紧办理"
    assert notice["facts"]["due"] == "2026-03-12"
    added = office.sent("record.added.v1")[-1]
    assert (added["record"], added["task_id"], added["data"]["text"]) == ("reminder", task, "请抓紧办理")
    problem = refused(office, task, "urge", OPERATOR, text="再催一次")
    assert (problem.code, problem.errors[0].path) == ("urged_today", "again")
    use(office, task, "urge", OPERATOR, text="再催一次", again=True)
    office.later(days=1)
    use(office, task, "urge", OPERATOR, text="又是一天")
    assert len(office.rows(t.record, t.record.c.record == "reminder")) == 3
    assert office.replayed(case_id)


def test_a_question_beside_the_task(office: Office, case_id: str) -> None:
    """The colleague gets a task, the main one waits for his answer; the text goes out with the message."""
    task = task_of(office, case_id)["id"]
    assert refused(office, task, "consult", ANNA, person="p-other", text="是否可行").errors[0].path == "person"
    assert refused(office, task, "consult", ANNA, unit="u_b", role="liaison", text="可行?").errors[0].path == "unit"
    assert refused(office, task, "consult", ANNA, text="是否可行").errors[0].path == "person"
    use(office, task, "consult", ANNA, person="p-chen", text="是否可行")
    side = task_of(office, case_id, element="consultation")
    assert (side["beside"], side["person"], side["record"]) == (task, "p-chen", "consultation")
    assert side["name"] == "加签意见：意见"
    assert (side["due"], side["question"]["by"]["name"]) == (task_of(office, case_id)["due"], "安")
    opened = office.sent("task.opened.v1")[-1]
    assert (opened["question"], opened["beside"]) == ("是否可行", task)
    assert "agrees" in opened["form_schema"]["properties"]
    assert todo(office, CHEN) == [side["id"]]
    with pytest.raises(Problem, match="consultation_open"):
        office.complete(task, {"note": "同意"}, ANNA)
    with pytest.raises(Problem) as caught:
        office.complete(side["id"], {}, CHEN)
    assert caught.value.path == "agrees"
    office.complete(side["id"], {"agrees": True, "text": "可行"}, CHEN)
    [record] = office.rows(t.record, t.record.c.record == "consultation")
    assert (record["element"], record["task_id"]) == ("task_opinion", side["id"])
    office.complete(task, {"note": "同意"}, ANNA)
    assert office.replayed(case_id)


def test_a_question_is_withdrawn_by_who_asked_or_goes_with_the_task(office: Office, case_id: str) -> None:
    """Whoever was asked cannot withdraw it; an operator may ask another unit."""
    task = task_of(office, case_id)["id"]
    use(office, task, "consult", ANNA, person="p-chen", text="是否可行")
    side = task_of(office, case_id, element="consultation")["id"]
    assert refused(office, side, "withdraw_consult", CHEN).code == "not_permitted"
    assert refused(office, task, "withdraw_consult", ANNA).code == "not_expected"
    use(office, side, "withdraw_consult", BO)
    assert office.sent("task.closed.v1")[-1]["task_id"] == side
    use(office, task, "consult", OPERATOR, unit="u_b", role="liaison", text="请提供意见")
    other = task_of(office, case_id, "u_b", "consultation")["id"]
    assert other in todo(office, OTHER)
    use(office, task, "transfer", OPERATOR, unit="u_c")
    assert other in todo(office, OTHER)
    with db.begin(office.engine) as conn:
        note = records.Entry(record="progress_note", data={"text": "已了解情况"}, unit="u_b")
        records.submit(conn, case_id, note, OTHER, office.clock.now())
    assert office.replayed(case_id)


def test_what_was_done_is_taken_back_while_nobody_has_begun(office: Office) -> None:
    """Only by whoever did it, and not once a colleague has claimed the next task or written a draft."""
    case_id = office.start()
    who = somebody("office")
    [decide] = office.open(case_id)
    office.complete(decide["id"], {"units": ["u_a"]}, who)
    [opinion] = office.open(case_id)
    assert refused(office, decide["id"], "recall", somebody("owner")).code == "not_permitted"
    with db.begin(office.engine) as conn:
        tasks.claim(conn, opinion["id"], ANNA, office.clock.now())
    assert refused(office, decide["id"], "recall", who).code == "recall_late"
    with db.begin(office.engine) as conn:
        tasks.release(conn, opinion["id"], ANNA)
        tasks.save_draft(conn, opinion["id"], {"note": "写"}, ANNA, office.clock.now())
    assert refused(office, decide["id"], "recall", who).code == "recall_late"
    with db.begin(office.engine) as conn:
        conn.execute(t.draft.delete())
    use(office, decide["id"], "recall", who)
    [again] = office.open(case_id)
    assert (again["element"], again["due"]) == ("task_decide", decide["due"])
    assert [row["reason"] for row in office.rows(t.task, t.task.c.id == opinion["id"])] == ["revoked"]
    office.complete(again["id"], {"units": ["u_b", "u_c"]}, who)
    assert [row["unit"] for row in office.open(case_id)] == ["u_b", "u_c"]
    office.complete(office.open(case_id)[0]["id"], {"note": "同意"}, OTHER)
    assert refused(office, again["id"], "recall", who).code == "recall_late"
    assert office.replayed(case_id)


def test_a_unit_more_handles_side_by_side(office: Office, case_id: str) -> None:
    """Of the running part; a unit that is there already is refused with its reason."""
    task = task_of(office, case_id)["id"]
    office.directory("unit", "u_d", name="单位u_d", kind="government", active=True)
    assert refused(office, task, "add_co_handler", ANNA, unit="u_d", element="task_opinion").code == "not_permitted"
    problem = refused(office, task, "add_co_handler", OPERATOR, unit="u_b", element="task_opinion")
    assert problem.code == "already_instance"
    use(office, task, "add_co_handler", OPERATOR, unit="u_d", element="task_opinion")
    assert task_of(office, case_id, "u_d")
    assert office.replayed(case_id)


def test_a_units_own_system_uses_verbs_over_the_queue(office: Office, case_id: str) -> None:
    """The same rules and answers: what it has done it takes back, another unit's it cannot touch."""
    task = task_of(office, case_id, "u_b")["id"]
    about = {"unit": "u_b", "actor": {"name": "乙"}, "occurred_at": office.clock.now().isoformat()}
    ask = {"task_id": task, "verb": "consult", "data": {"role": "liaison", "text": "请提供意见"}}
    office.receive("task.operate.v1", {**about, **ask}, channel="county")
    office.turn()
    side = task_of(office, case_id, "u_b", "consultation")["id"]
    for verb, data in (("withdraw_consult", {}), ("transfer", {"unit": "u_a"})):
        office.receive("task.operate.v1", {**about, "task_id": side, "verb": verb, "data": data}, channel="county")
    stranger = {**about, "task_id": task_of(office, case_id)["id"], "verb": "return", "data": {"note": "不是我们的"}}
    office.receive("task.operate.v1", stranger, channel="county")
    office.turn()
    assert [sent["task_id"] for sent in office.sent("command.accepted.v1")] == [task, side]
    assert [sent["code"] for sent in office.sent("message.rejected.v1")] == ["wrong_schema", "wrong_unit"]
    assert office.replayed(case_id)


def test_what_is_offered_is_what_may_be_done(office: Office, case_id: str) -> None:
    """Each sees the verbs that would not be refused to him."""
    row = task_of(office, case_id)
    with db.read(office.engine) as conn:
        offered = {
            name: verbs.available(conn, row, who)
            for name, who in (("own", ANNA), ("operator", OPERATOR), ("urger", URGER), ("other", OTHER))
        }
    assert offered["own"] == ["reassign", "delegate", "consult"]
    assert offered["operator"] == ["transfer", "reassign", "consult", "urge"]
    assert (offered["urger"], offered["other"]) == (["urge"], [])


def test_a_case_is_not_moved_to_where_it_could_never_end(office: Office) -> None:
    """The opinion cannot be skipped alone: the unit's own inside would wait for it at the join; what to do is said."""
    yunting.begin(office, yunting.settle_in(office, "luling"))
    yunting.answer(office, "task_handover", extra={"handed_over_on": "2026-03-02"})  # unit_a leads, unit_b co-handles
    for unit in ("unit_a", "unit_b"):
        yunting.answer(office, "task_receipt", unit)
    tasks_, states = office.open("m1-1"), office.rows(t.case_)
    [opinion] = [row["id"] for row in tasks_ if row["element"] == "task_co_opinion"]
    skip = {"verb": "move", "cancel": [opinion], "to": "task_draft"}
    with db.begin(office.engine) as conn, pytest.raises(Problem) as refused:
        cases.operate(conn, "m1-1", skip, {}, office.clock.now())
    assert (refused.value.code, refused.value.status) == ("never_ends", 409)
    assert "把并行的其他任务一起移走" in refused.value.texts[0]
    assert (office.open("m1-1"), office.rows(t.case_)) == (tasks_, states)
    with db.begin(office.engine) as conn:
        both = {"verb": "move", "cancel": [row["id"] for row in tasks_], "to": "task_draft"}
        cases.operate(conn, "m1-1", both, {}, office.clock.now())
    assert [row["element"] for row in office.open("m1-1")] == ["task_draft"]
    assert office.replayed("m1-1")
