"""Several tasks in one go: each by itself, results one by one, faulty ones come back, over pages and HTTP."""

import re
from contextlib import suppress
from time import perf_counter

import pytest
from flask import Flask
from sqlalchemy import Connection

from services.common import db
from services.common.problems import Problem
from services.workflow import edges, series, together
from services.workflow import tables as t
from services.workflow.cases import Applied
from tests.unit.workflow.service.office import Office
from tests.unit.workflow.service.test_web import Person, app, people

__all__ = ["app", "people"]


@pytest.fixture
def decisions(office: Office) -> list[str]:
    """Three cases that wait for the office's decision."""
    return [office.open(office.start(f"m{n}"))[0]["id"] for n in (1, 2, 3)]


def test_a_result_for_each_over_http(office: Office, people: dict[str, Person], decisions: list[str]) -> None:
    """Good ones are done, faulty ones named with their fields; the same key answers the same."""
    first, second, third = decisions
    answers = [
        {"task_id": first, "data": {"units": ["u_a"]}},
        {"task_id": second, "data": {"units": ["nobody"]}},
        {"task_id": third, "data": {"units": ["u_b"]}},
        {"task_id": "none.1", "data": {}},
    ]
    for _ in range(2):
        status, found = people["office"].api("POST", "/tasks/batch", {"answers": answers}, **{"Idempotency-Key": "b1"})
        assert status == 200
        assert [one["task_id"] for one in found["results"]] == [first, second, third, "none.1"]
        assert [one.get("problem", {}).get("code") for one in found["results"]] == [
            None,
            "invalid_field",
            None,
            "unknown_task",
        ]
        assert found["results"][1]["problem"]["errors"][0]["path"] == "units.0"
        assert found["results"][0]["stimulus"] == "m1-1.2"
    assert sorted(row["element"] for row in office.open()) == ["task_decide", "task_opinion", "task_opinion"]
    for wrong in ({}, {"answers": [1]}, {"answers": [{"task_id": first}]}, {"answers": [answers[0]] * 501}):
        assert people["office"].api("POST", "/tasks/batch", wrong)[0] == 400


def test_a_batch_keeps_to_the_rules_of_its_tasks(
    office: Office, people: dict[str, Person], decisions: list[str]
) -> None:
    """Nobody does in a batch what he may not do alone."""
    answers = [{"task_id": key, "data": {"units": ["u_a"]}} for key in decisions]
    _status, found = people["liaison"].api("POST", "/tasks/batch", {"answers": answers})
    assert {one["problem"]["code"] for one in found["results"]} == {"not_permitted"}
    assert len(office.open()) == 3


def test_one_answer_for_all(office: Office, people: dict[str, Person], decisions: list[str]) -> None:
    """The list leads on to the page; only what is ticked is done; a fault is said once."""
    head = people["office"]
    assert head.page("/tasks").count('name="task"') == 3
    page = head.page(f"/tasks/batch?mode=one&task={decisions[0]}&task={decisions[1]}")
    assert page.count('name="task"') == 2
    status, page = head.send("/tasks/batch", mode="one", task=decisions[:2])
    assert status == 422
    assert page.count("请选择“单位”") + page.count("请填写“单位”") >= 1
    assert page.count('name="task"') == 2
    sent = {"mode": "one", "task": decisions[:2], "all:units": ["u_a", "u_b"], "all:note": "请抓紧办理"}
    assert head.send("/tasks/batch", **sent)[0] == 303
    assert "已办 2 件" in head.page("/tasks")
    assert [row["id"] for row in office.open() if row["element"] == "task_decide"] == decisions[2:]
    assert len([row for row in office.open() if row["element"] == "task_opinion"]) == 4


def test_each_its_own_answer(office: Office, people: dict[str, Person], decisions: list[str]) -> None:
    """Good rows are done, the faulty row comes back filled in; what is the same is written once."""
    head = people["office"]
    first, second, third = decisions
    page = head.page("/tasks/batch?element=task_decide&mode=each")
    assert page.count('<fieldset class="card"') == 3
    sent = {
        "mode": "each",
        "task": [first, second],
        "all:note": "同样的说明",
        f"{first}:units": ["u_a"],
        f"{second}:note": "还没有想好给谁",
        f"{third}:units": ["u_c"],
    }
    status, page = head.send("/tasks/batch", **sent)
    assert status == 422
    assert "已办 1 件" in page
    assert page.count('<fieldset class="card"') == 1
    assert f'href="#f-{second}:units"' in page
    assert "还没有想好给谁" in page
    assert "同样的说明" in page
    [record] = office.sent("task.closed.v1")
    assert record["task_id"] == first
    assert head.send("/tasks/batch", mode="each", task=[second], **{f"{second}:units": ["u_b"]})[0] == 303
    assert [row["id"] for row in office.open() if row["element"] == "task_decide"] == [third]


def test_tasks_of_other_steps_are_done_apart(office: Office, people: dict[str, Person]) -> None:
    """Only tasks with the same form stand together; nothing chosen is nothing done."""
    case_id = office.start("m1")
    office.decide(case_id, "u_a")
    more = [office.open(office.start(f"m{n}"))[0]["id"] for n in (2, 3)]
    office.directory("account", "a-office", 2, login="office", person_id="p-office", epoch=1, active=True,
                     roles=[["office", None], ["liaison", "u_a"]])  # fmt: skip
    opinion = office.open(case_id)[0]["id"]
    page = people["office"].page(f"/tasks/batch?task={opinion}&task={more[0]}&task={more[1]}")
    assert page.count('name="task"') == 2
    assert "另有 1 件属于其他环节" in page
    assert people["office"].send("/tasks/batch", mode="one")[0] == 422
    assert "没有可以一起办理的任务" in people["other"].page("/tasks/batch?element=task_decide")


def test_an_impatient_click_is_one_batch(office: Office, people: dict[str, Person], decisions: list[str]) -> None:
    """Sent twice, done once, and told so both times; a task that a colleague has done is named."""
    head = people["office"]
    once = re.findall(r'name="once" value="([^"]+)"', head.page("/tasks/batch?element=task_decide"))[0]
    sent = {"mode": "one", "task": decisions, "all:units": ["u_a"], "once": once}
    assert [head.send("/tasks/batch", **sent)[0] for _ in range(2)] == [303, 303]
    assert len(office.rows(t.stimulus, t.stimulus.c.kind == "complete_task")) == 3
    status, page = head.send("/tasks/batch", **{**sent, "once": "another"})
    assert (status, page.count("任务已由他人办理")) == (422, 6)


def test_hundreds_go_in_one_go(office: Office, people: dict[str, Person]) -> None:
    """Two hundred cases are handed over in seconds."""
    ids = [office.open(office.start(f"x{n:03}"))[0]["id"] for n in range(200)]
    begun = perf_counter()
    page = people["office"].page("/tasks/batch?element=task_decide&mode=each")
    shown = perf_counter() - begun
    assert page.count('<fieldset class="card"') == 200
    sent = {"mode": "each", "task": ids, **{f"{key}:units": ["u_a", "u_b"] for key in ids}}
    begun = perf_counter()
    assert people["office"].send("/tasks/batch", **sent)[0] == 303
    done = perf_counter() - begun
    assert len(office.open()) == 400
    assert (shown < 10, done < 30) == (True, True), (shown, done)


def test_what_is_refused_leaves_nothing_in_the_transaction_it_shares(
    office: Office, app: Flask, people: dict[str, Person]
) -> None:
    """The number it drew is given back; those before and after it stay."""

    def act(conn: Connection) -> Applied:
        number = series.draw(conn, "letters")
        if number == 2 and not refused:
            refused.append(number)
            raise Problem("invalid_form")
        drawn.append(number)
        return Applied(case_id="m1-1", seq=number)

    refused: list[int] = []
    drawn: list[int] = []
    with app.test_request_context("/api/v1/tasks", headers=people["office"].headers), db.begin(office.engine) as conn:
        for key in ("a", "b", "c"):
            with suppress(Problem):
                edges.once_of_several(conn, key, {}, act)
    assert (drawn, refused) == ([1, 2], [2])
    assert [row["key"] for row in office.rows(t.idempotency)] == ["a", "c"]


def test_faulty_ones_keep_back_nobody_beyond_their_portion(
    office: Office, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also two answers to one task: the second is told that it is done."""
    monkeypatch.setattr(together, "PORTION", 2)
    ids = [office.open(office.start(f"m{n}"))[0]["id"] for n in range(5)]
    sent = [*ids[:2], ids[1], *ids[2:]]
    answers = [{"task_id": key, "data": {"units": ["u_a"] if key != ids[3] else []}} for key in sent]
    _status, found = people["office"].api("POST", "/tasks/batch", {"answers": answers})
    codes = [one.get("problem", {}).get("code") for one in found["results"]]
    assert codes == [None, None, "already_done", None, "invalid_field", None]
    assert [row["id"] for row in office.open() if row["element"] == "task_decide"] == [ids[3]]
