"""The longest texts can be read on a phone wherever they stand; what is too long or too large is refused kindly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import PHONE, sign_in
from tests.e2e.desks import Desk, desk

UNIT: Final = "construction_group"
CLERK, DEPUTY, HEAD, ADMINISTRATOR = "zhang.wei", "shen.ruochuan", "gu.wentao", "yang.fan"
WORD: Final = "W"
"""Nothing that a line could be broken at."""
TITLE: Final = f"关于{WORD * 55}的建议"
BODY: Final = {"situation": WORD * 2900, "analysis": "路灯不亮。" * 10, "request": "请通电。" * 12}
REPLY: Final = WORD * 20_000
MOST_MS: Final = 300
TRIES: Final = 10


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The real services in one process."""
    with desk(tmp_path_factory.mktemp("home") / "huiyin", [UNIT, "gov_office", "congress_office"]) as found:
        yield found


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A narrow page."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport=PHONE)
    yield context.new_page()
    context.close()


def test_the_longest_texts_fit_a_phone(office: Desk, phone: Page) -> None:
    """Title, suggestion and reply, in lists, facts, forms and letters: nothing is wider than the page, nothing slow."""
    matter = office.submit("demo-01", title=TITLE, body=BODY)
    fits(office, phone, CLERK, matter, "/", "/ledger", "/workflow/tasks")
    office.hand_over(matter, UNIT)
    office.bring(matter, "task_gate_head", task_draft={"body_text": REPLY})
    fits(office, phone, HEAD, matter, "/", "/notify/messages")
    office.bring(matter, "task_feedback")
    fits(office, phone, DEPUTY, matter, "/")


def fits(office: Desk, phone: Page, login: str, matter: str, *addresses: str) -> None:
    """These pages of somebody, that of the matter with what it leads to, and the own open tasks with their cases."""
    sign_in(office, phone, login)
    tasks = office.client.get("/workflow/api/v1/tasks", login)["tasks"]
    phone.goto(f"{office.client.url}/matters/{matter}")
    shown = phone.locator("main a[href*='/records/'], main a[href^='/letters/']").all()
    further = [str(link.get_attribute("href")) for link in shown]
    further += [f"/workflow/{kind}s/{one[f'{kind}_id']}" for one in tasks for kind in ("case", "task")]
    assert tasks, login
    for address in {*addresses, f"/matters/{matter}", *further}:
        assert (address, *seen(phone, office.client.url + address)) == (address, 200, PHONE["width"], "quick")


def seen(phone: Page, url: str) -> tuple[int, int, str]:
    """The status and the width of a page, and how it came: quickly, or else how quickly at best."""
    best = float("inf")
    for _ in range(TRIES):
        answer = phone.goto(url)
        assert answer is not None
        best = min(best, answer.request.timing["responseEnd"])
        if best < MOST_MS:
            break
    wide = phone.evaluate("document.documentElement.scrollWidth")
    return answer.status, wide, "quick" if best < MOST_MS else f"{best:.0f} ms"


def test_a_text_that_is_too_long_comes_back_to_be_shortened(office: Desk, page: Page) -> None:
    """Nothing typed is lost, and the count is said; nothing is handed in."""
    sign_in(office, page, DEPUTY)
    page.goto(f"{office.client.url}/matters/new")
    page.get_by_label("标题").fill("关于点亮龙湖路路灯的建议")
    parts = {"情况": "路灯不亮。" * 500, "分析": "没有验收。" * 100, "建议": "请通电。"}
    for label, text in parts.items():
        page.get_by_label(label).and_(page.locator("textarea")).first.fill(text)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".error-summary")).to_contain_text("3004")
    for label, text in parts.items():
        expect(page.get_by_label(label).and_(page.locator("textarea")).first).to_have_value(text)


def test_a_file_that_is_too_large_is_refused_with_the_limit(office: Desk, page: Page, tmp_path: Path) -> None:
    """The browser gets a page that says how much there may be at once, whatever was sent; the service goes on."""
    sign_in(office, page, ADMINISTRATOR)
    file = tmp_path / "people.csv"
    file.write_bytes(b"id,name\n" + b"p-1,x\n" * 4_000_000)
    page.goto(f"{office.client.url}/admin/import/people")
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main form button").first.click()
    expect(page.locator("h1")).to_have_text("提交的内容太大")
    expect(page.locator("main")).to_contain_text("一次最多提交 2 MB")
    page.goto(f"{office.client.url}/admin/import/people")
    expect(page.locator("input[type=file]")).to_be_visible()
