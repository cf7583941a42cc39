"""Tasks: the same rules for everybody, whatever way an answer comes."""

from dataclasses import replace
from time import perf_counter

import pytest

from services.common import db
from services.common.problems import Problem
from services.workflow import records, tasks, verbs, worklists
from services.workflow import tables as t
from tests.unit.workflow.service.office import NOW, OFFICE, Office, somebody


def refused(office: Office, task_id: str, data: dict[str, object], who: object) -> Problem:
    """The problem an answer meets."""
    with pytest.raises(Problem) as caught:
        office.complete(task_id, data, who)  # type: ignore[arg-type]
    return caught.value


def test_a_second_answer_is_told_that_the_task_is_done(office: Office) -> None:
    """The first accepted answer wins."""
    task_id = office.open(office.start())[0]["id"]
    office.complete(task_id, {"units": ["u_a"]}, OFFICE)
    assert refused(office, task_id, {"units": ["u_b"]}, OFFICE).code == "already_done"


def test_a_task_that_was_taken_away_is_closed(office: Office) -> None:
    """After a withdrawal nobody can answer any more, and is told so."""
    case_id = office.start()
    task_id = office.open(case_id)[0]["id"]
    office.receive(
        "matter.withdrawn.v1",
        {"matter_id": "m1", "reason": "不再需要", "withdrawn_at": office.clock.now().isoformat()},
    )
    office.turn()
    assert refused(office, task_id, {"units": ["u_a"]}, OFFICE).code == "task_closed"
    assert office.sent("task.closed.v1")[0]["reason"] == "withdrawn"
    assert office.rows(t.case_)[0]["status"] == "ended"


def test_another_unit_cannot_answer(office: Office) -> None:
    """Right role, wrong unit: 403 wrong_unit; wrong role: not_permitted."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    task_id = office.open(case_id)[0]["id"]
    problem = refused(office, task_id, {"note": "同意"}, somebody("liaison", "u_b"))
    assert (problem.code, problem.status) == ("wrong_unit", 403)
    assert refused(office, task_id, {"note": "同意"}, OFFICE).code == "not_permitted"


def test_faults_of_a_form_come_with_their_paths(office: Office) -> None:
    """A missing and a wrong field are named in Chinese and English; nothing is kept."""
    task_id = office.open(office.start())[0]["id"]
    problem = refused(office, task_id, {"units": ["nobody"], "more": 1}, OFFICE)
    assert problem.status == 422
    assert {error.path for error in problem.errors} == {"units.0", "more"}
    problem = refused(office, task_id, {}, OFFICE)
    assert (problem.code, problem.path) == ("missing_field", "units")
    assert problem.errors[0].text
    assert problem.errors[0].text_en
    assert office.rows(t.document) == []


def test_an_unknown_task_is_unknown(office: Office) -> None:
    """404 for an id nobody opened, even in a case that exists."""
    office.start()
    assert refused(office, "m1-1.99", {}, OFFICE).code == "unknown_task"
    assert refused(office, "nonsense", {}, OFFICE).code == "unknown_task"


def test_a_claimed_task_stays_with_who_claimed_it(office: Office) -> None:
    """A colleague cannot claim it; he may when it was put back."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    task_id = office.open(case_id)[0]["id"]
    me, colleague = somebody("liaison", "u_a"), somebody("liaison")
    with db.begin(office.engine) as conn:
        tasks.claim(conn, task_id, me, office.clock.now())
    with pytest.raises(Problem, match="claimed"), db.begin(office.engine) as conn:
        tasks.claim(conn, task_id, colleague, office.clock.now())
    with db.begin(office.engine) as conn:
        tasks.release(conn, task_id, me)
        tasks.claim(conn, task_id, colleague, office.clock.now())


def test_a_draft_is_kept_for_its_author_and_goes_with_the_answer(office: Office) -> None:
    """Drafts are no stimuli and survive until the task is done."""
    task_id = office.open(office.start())[0]["id"]
    with db.begin(office.engine) as conn:
        tasks.save_draft(conn, task_id, {"note": "写了一半"}, OFFICE, office.clock.now())
    with db.read(office.engine) as conn:
        assert tasks.draft(conn, task_id, "a-office-all")["data"] == {"note": "写了一半"}  # type: ignore[index]
        assert tasks.draft(conn, task_id, "a-other") is None
    assert len(office.rows(t.stimulus)) == 1
    office.complete(task_id, {"units": ["u_a"]}, OFFICE)
    assert office.rows(t.draft) == []


def test_the_work_list_is_mine_and_sorted_by_date(office: Office) -> None:
    """Only tasks within my roles and units, the nearest deadline first, filters by title."""
    first = office.start("m1")
    office.later(days=3)
    office.start("m2")
    office.decide(first, "u_a", "u_b")
    now = office.clock.now()
    with db.read(office.engine) as conn:
        everything = worklists.Filter()
        office_list = worklists.todo(conn, OFFICE, everything, now, limit=10)
        unit_list = worklists.todo(conn, somebody("liaison", "u_b"), everything, now, limit=10)
        nothing = worklists.todo(conn, somebody("liaison", "u_c"), everything, now, limit=10)
        found = worklists.todo(conn, OFFICE, worklists.Filter(text="盲道"), now, limit=10)
        missed = worklists.todo(conn, OFFICE, worklists.Filter(text="公园"), now, limit=10)
        done = worklists.done(conn, OFFICE, everything, now, limit=10)
    assert [row["case_id"] for row in office_list] == ["m2-1"]
    assert [(row["unit"], row["title"]) for row in unit_list] == [("u_b", "关于增设盲道的建议")]
    assert (list(nothing), len(found), len(missed)) == ([], 1, 0)
    assert [row["element"] for row in done] == ["task_decide"]


def test_the_work_list_counts_step_by_step(office: Office) -> None:
    """What waits, what is late, and what is mine: claimed, or for me by name."""
    for name in ("m1", "m2", "m3"):
        office.start(name)
    office.decide("m1-1", "u_a", "u_b")
    office.later(days=12)
    me = replace(somebody("office"), roles=(("office", None), ("liaison", "u_b")), person="p-me")
    opinion = next(row["id"] for row in office.open("m1-1") if row["unit"] == "u_b")
    with db.begin(office.engine) as conn:
        tasks.claim(conn, opinion, me, office.clock.now())
        conn.execute(t.task.update().where(t.task.c.case_id == "m2-1").values(person="p-me"))
    with db.read(office.engine) as conn:
        now = office.clock.now()
        found = {row.element: (row.total, row.overdue, row.mine) for row in worklists.counts(conn, me, now)}
        mine = worklists.todo(conn, me, worklists.Filter(mine=True), now, limit=9)
        assert worklists.counts(conn, somebody("liaison", "u_c"), now) == []
    assert found == {"task_decide": (2, 2, 1), "task_opinion": (1, 1, 1)}
    assert {row["element"] for row in mine} == {"task_decide", "task_opinion"}


def test_a_long_list_is_read_quickly(office: Office) -> None:
    """Two thousand open tasks among thirty thousand done ones: a page and its counts take a moment."""
    case_id = office.start()
    [task], [matter] = office.rows(t.task, t.task.c.case_id == case_id), office.rows(t.matter)
    done = {"state": "closed", "reason": "done", "closed_at": NOW, "closed_account": "a-other"}
    with db.begin(office.engine) as conn:
        conn.execute(t.matter.insert(), [{**matter, "matter_id": f"x{n}"} for n in range(2000)])
        for start in range(0, 32_000, 2000):
            rows = [{**task, "id": f"x-{n}", "matter_id": f"x{n % 2000}"} for n in range(start, start + 2000)]
            conn.execute(t.task.insert(), [{**row, **(done if start else {})} for row in rows])
    with db.read(office.engine) as conn:
        begun = perf_counter()
        page = worklists.todo(conn, OFFICE, worklists.Filter(), office.clock.now(), limit=51)
        [count] = worklists.counts(conn, OFFICE, office.clock.now())
        took = perf_counter() - begun
    assert (len(page), count.total) == (51, 2001)
    assert took < 1


def test_a_record_is_added_beside_an_open_task(office: Office) -> None:
    """`hy:accepts` takes a record without moving a token; a record nobody expects is refused."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    before = office.open(case_id)
    me = somebody("liaison", "u_a")
    note, now = {"text": "已到现场查看，正在协调"}, office.clock.now()
    mine = records.Entry(record="progress_note", data=note, unit="u_a")
    with db.begin(office.engine) as conn:
        records.submit(conn, case_id, mine, me, now)
    assert office.open(case_id) == before
    [record] = office.rows(t.record)
    assert record["data"]["text"]["chars"] == len(note["text"])
    assert office.sent("record.added.v1")[0]["data"]["text"] == note["text"]
    with pytest.raises(Problem, match=r"not_expected|missing_field"), db.begin(office.engine) as conn:
        records.submit(conn, case_id, replace(mine, record="contact", data={}), me, now)
    other = somebody("liaison", "u_b")
    with pytest.raises(Problem, match="wrong_unit"), db.begin(office.engine) as conn:
        records.submit(conn, case_id, replace(mine, unit="u_b"), other, now)


def test_a_transferred_task_keeps_its_id(office: Office) -> None:
    """转办: the old unit hears that it was revoked, the new one that it has it, under the same id."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    task_id = office.open(case_id)[0]["id"]
    with db.begin(office.engine) as conn:
        operator = somebody("office", None, "cases.operate")
        verbs.use(conn, task_id, "transfer", {"unit": "u_b"}, operator, office.clock.now())
    [task] = office.open(case_id)
    assert (task["id"], task["unit"]) == (task_id, "u_b")
    assert office.sent("task.closed.v1")[-1]["successor_task_id"] == task_id
    assert {row["target"] for row in office.rows(t.outbox_, t.outbox_.c.type == "task.opened.v1")} == {
        None,
        "county",
    }
    office.complete(task_id, {"note": "同意"}, somebody("liaison", "u_b"))
    assert office.replayed(case_id)
