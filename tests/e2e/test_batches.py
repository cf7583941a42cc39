"""The supervision office hands over several suggestions in one go, in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import shoot, sign_in
from tests.e2e.desks import Desk, desk

LEAD: Final = "construction_group"
OFFICE: Final = "li.jing"
STEP: Final = "task_handover"
PROPOSED: Final = {"mode": "sole", "assignments": [{"unit": LEAD, "role": "lead"}], "urgent": True}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The real services in one process."""
    with desk(tmp_path_factory.mktemp("home") / "huiyin", [LEAD, "gov_office", "congress_office"]) as found:
        yield found


def test_a_session_is_handed_over_in_one_go(office: Desk, page: Page, axe: Callable[[Page], list[str]]) -> None:
    """Each suggestion its own units; the faulty one comes back filled in, the others are done."""
    matters = [office.submit(f"demo-0{number}") for number in (1, 2, 3)]
    for matter in matters:
        office.bring(matter, STEP, task_pre_handover=PROPOSED)
    main = page.locator("main")
    sign_in(office, page, OFFICE)
    page.goto(f"{office.client.url}/workflow/tasks?element={STEP}")
    assert axe(page) == []
    shoot(page, "todo-office")
    for box in page.get_by_role("checkbox", name="勾选").all():
        box.check()
    page.get_by_role("button", name="一起办理勾选的任务").click()
    cards = page.locator(".card")
    expect(cards).to_have_count(3)
    page.locator("summary", has_text="各件相同的内容").click()
    page.locator('[name="all:extra.handed_over_on"]').fill("2026-02-27")
    for number in range(3):
        card = cards.nth(number)
        expect(card.get_by_label("独办")).to_be_checked()  # as proposed
        if number == 1:
            card.get_by_label("承办单位").first.select_option("")
    assert axe(page) == []
    shoot(page, "batch")
    page.get_by_role("button", name="提交勾选的任务").click()
    expect(main).to_contain_text("已办 2 件")
    expect(cards).to_have_count(1)
    assert axe(page) == []
    shoot(page, "batch-back")
    page.goto(f"{office.client.url}/workflow/tasks/batch?element={STEP}&mode=one")
    assert axe(page) == []
    shoot(page, "batch-one")
