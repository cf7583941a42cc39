"""A session's handover: 200 real forms in one request, by program and by page, each with a result of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from time import perf_counter
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from services.huiyin import settling
from services.workflow.packages.examples import example
from tests.e2e.browsing import sign_in
from tests.e2e.desks import Desk, desk

Say = Callable[[str], None]
pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
MATTERS: Final = 200
MOST: Final = 10.0
"""Seconds for all of them, also where others are at work on the machine."""
LEAD: Final = "construction_group"
CLERK, OFFICE = "zhang.wei", "li.jing"
STEP: Final = "task_handover"
WAY: Final = {CLERK: "task_admission", OFFICE: "task_pre_handover"}
"""Who does what before."""
ADMITTED: Final = {"decision": "admit", "reason": "各说一条道路，分别办理。"}
PROPOSED: Final = {"mode": "sole", "assignments": [{"unit": LEAD, "role": "lead"}], "urgent": True}
"""A handover at once: no unit is asked before."""
GIVEN: Final[Mapping[str, Mapping[str, Any]]] = {"task_admission": ADMITTED, "task_pre_handover": PROPOSED}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The real services in one process."""
    with desk(tmp_path_factory.mktemp("home") / "huiyin", [LEAD, "gov_office", "congress_office"]) as found:
        yield found


def bring(office: Desk, count: int, label: str) -> list[dict[str, Any]]:
    """So many suggestions up to their handover, everything of a step at once; the tasks of the handover."""
    form = office.form("demo-01")
    deputy = office.cast.of_person(form["lead_proposer"])
    for number in range(count):
        form["title"] = f"关于第{label}{number}条道路路灯的建议"
        office.client.post("/api/v1/matters", form, deputy, key=f"{label}{number}")
    settling.wait(office.client)
    for login, element in WAY.items():
        answers = [
            {"task_id": one["task_id"], "data": answer(office, login, one)} for one in waiting(office, login, element)
        ]
        results = office.client.post("/workflow/api/v1/tasks/batch", {"answers": answers}, login)["results"]
        assert [one for one in results if "problem" in one] == []
        settling.wait(office.client)
    return waiting(office, OFFICE, STEP)


def waiting(office: Desk, login: str, element: str) -> list[dict[str, Any]]:
    """The open tasks of a step."""
    found: list[dict[str, Any]] = []
    for page in range(1, MATTERS):
        listed = office.client.get("/workflow/api/v1/tasks", login, element=element, page=str(page))
        found += listed["tasks"]
        if not listed["more"]:
            break
    return found


def answer(office: Desk, login: str, task: Mapping[str, Any]) -> dict[str, Any]:
    """What the form opens with, or else its example."""
    seen = office.client.get(f"/workflow/api/v1/tasks/{task['task_id']}", login)
    whole = {**example(seen["form_schema"] or {}), **(seen["initial"] or {}), **GIVEN.get(task["element"], {})}
    return {name: value for name, value in whole.items() if value is not None}


def test_a_program_hands_over_all_at_once(office: Desk, say: Say) -> None:
    """One faulty answer in the middle keeps back no other; the results come in the order of the answers."""
    tasks = bring(office, MATTERS, "a")
    assert len(tasks) == MATTERS
    answers = [{"task_id": one["task_id"], "data": answer(office, OFFICE, one)} for one in tasks]
    answers[100]["data"] = {**answers[100]["data"], "assignments": []}
    begun = perf_counter()
    results = office.client.post("/workflow/api/v1/tasks/batch", {"answers": answers}, OFFICE, key="all")["results"]
    took = perf_counter() - begun
    say(f"{MATTERS} handovers in one request: {took:.2f} s")
    assert [one["task_id"] for one in results] == [one["task_id"] for one in answers]
    assert [n for n, one in enumerate(results) if "problem" in one] == [100]
    assert len({one["stimulus"] for one in results if "problem" not in one}) == MATTERS - 1
    assert took < MOST
    settling.wait(office.client)
    assert len(waiting(office, OFFICE, STEP)) == 1


def test_the_office_hands_over_all_on_one_page(office: Desk, page: Page, say: Say) -> None:
    """The page with all forms, and what comes of its one button; the faulty form alone comes back."""
    bring(office, MATTERS, "b")
    sign_in(office, page, OFFICE)
    begun = perf_counter()
    page.goto(f"{office.client.url}/workflow/tasks/batch?element={STEP}")
    opened = perf_counter() - begun
    cards = page.locator(".card")
    expect(cards).to_have_count(MATTERS)
    page.locator("summary", has_text="各件相同的内容").click()
    page.locator('[name="all:extra.handed_over_on"]').fill("2026-02-27")
    cards.nth(100).get_by_label("承办单位").first.select_option("")
    with page.expect_response(lambda one: one.request.method == "POST") as sent:
        page.get_by_role("button", name="提交勾选的任务").click()
    answered = sent.value.request.timing["responseStart"] / 1000
    say(f"a page of {MATTERS} forms: opened in {opened:.2f} s, answered {answered:.2f} s after it was sent")
    expect(page.locator("main")).to_contain_text(f"已办 {MATTERS - 1} 件")
    expect(cards).to_have_count(1)
    assert answered < MOST
