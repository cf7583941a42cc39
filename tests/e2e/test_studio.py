"""A process owner changes the process in the browser, a second person approves, and the next matter follows it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.desks import Desk, desk

OWNER, SECOND = "zhou.min", "wu.tao"
LEAD: Final = "construction_group"
DRAFT: Final = "/workflow/packages/drafts/1"
PANEL_STYLE: Final = "Applying inline style violates"
"""The properties panel's container asks for a height; the policy refuses it, our style sheet gives it."""
SHOTS: Final = os.environ.get("HUIYIN_TEST_SHOTS")
READY_MS: Final = 2000
TRIES: Final = 10


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The real services in one process."""
    with desk(tmp_path_factory.mktemp("home") / "huiyin", [LEAD]) as found:
        yield found


@pytest.fixture
def complaints() -> list[str]:
    """What browsers complained about; empty at the end of a good story."""
    return []


@pytest.fixture
def sign_in(browser: Browser, office: Desk, complaints: list[str]) -> Iterator[Callable[[str], Page]]:
    """A browser of one's own, signed in."""
    contexts = []

    def open_(login: str) -> Page:
        context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 960})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{office.client.url}/sign-in")
        page.fill('[name="login"]', login)
        page.fill('[name="password"]', office.cast.passwords[login])
        page.press('[name="password"]', "Enter")
        page.wait_for_url(lambda url: "sign-in" not in url)
        return page

    yield open_
    for context in contexts:
        context.close()


def test_from_the_diagram_to_the_next_matter(
    office: Desk, sign_in: Callable[[str], Page], axe: Callable[[Page], list[str]], complaints: list[str]
) -> None:
    """Role, rule, findings, undo, save, table of deadlines, scenarios, changes, submission, approval, a new matter."""
    page = sign_in(OWNER)
    openings = _begin(office, page, axe)
    _draw(office, page, axe)
    _change_the_limit(office, page, axe)
    version = _try_and_submit(office, page, axe)

    second = sign_in(SECOND)
    second.goto(f"{office.client.url}/workflow/packages/{version}")
    expect(second.locator("main")).to_contain_text("section_officer → unit_office")
    second.get_by_role("button", name="审定并发布").click()
    expect(second.locator("main")).to_contain_text("版本已发布")
    _shoot(second, "approved")

    office.learn(sessions=[{**office.directory["sessions"][0], "process_version": version}])
    matter = office.submit("demo-01")
    office.hand_over(matter, LEAD)
    assert office.versions(matter) == {version}
    assert office.deadline(matter, "return_window")["due"] == "2026-03-06"
    assert [one for one in complaints if PANEL_STYLE not in one] == []
    assert len(complaints) <= openings


def _begin(office: Desk, page: Page, axe: Callable[[Page], list[str]]) -> int:
    """To the diagram in its editor; how often it was opened until it was quick enough."""
    page.goto(f"{office.client.url}/workflow/packages")
    page.get_by_role("link", name="修改流程").click()
    assert axe(page) == []
    page.get_by_role("button", name="新建草稿").click()
    expect(page.locator("h1")).to_contain_text("yunting-2026.2")
    _shoot(page, "new-draft")
    page.get_by_role("link", name="co_handling.bpmn").click()
    opened = [_opened(page)]
    while min(opened) >= READY_MS and len(opened) < TRIES:  # others may be at work on this machine
        page.reload()
        opened.append(_opened(page))
    assert min(opened) < READY_MS
    return len(opened)


def _opened(page: Page) -> float:
    """Milliseconds from the beginning of the page until the editor showed its diagram."""
    page.wait_for_selector('[data-studio][data-state="shown"]')
    ready: float = page.evaluate("() => performance.now()")
    return ready


def _draw(office: Desk, page: Page, axe: Callable[[Page], list[str]]) -> None:
    """Nobody does the task: a mark; undone, and given to another role: none."""
    save, marks = page.get_by_role("button", name="保存", exact=True), page.locator(".studio-mark-error")
    _shoot(page, "diagram")
    _menus_have_entries(page)
    expect(page.locator(".bjs-powered-by")).to_be_visible()
    role = page.get_by_label("办理角色")
    expect(role).to_have_value("section_officer")
    role.select_option("")
    save.click()
    expect(page.locator("[data-message]")).to_contain_text("已保存")
    expect(marks).to_have_count(1)
    expect(page.locator("[data-findings]")).to_contain_text("任务没有指定由哪个角色办理")
    _shoot(page, "marked")
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_label("办理角色")).to_have_value("section_officer")
    page.get_by_label("办理角色").select_option("unit_office")
    save.click()
    expect(marks).to_have_count(0)
    expect(page.locator("[data-tables]")).to_contain_text("单位办公室")
    page.locator('[data-element-id="evt_opinion_soon"] .djs-hit').first.click()
    expect(page.locator(".bio-properties-panel-header-type")).to_have_text("定时边界事件（不中断）")
    page.get_by_label("提前或推后").fill("-2wd")
    page.get_by_label("提前或推后").press("Tab")
    expect(save).to_be_enabled()
    save.click()
    expect(page.locator("[data-message]")).to_contain_text("已保存")
    _shoot(page, "drawn")
    _add_a_step(page)
    assert [found for found in axe(page) if "djs" not in found and "bio-properties" not in found] == []


def _add_a_step(page: Page) -> None:
    """A new step behind a task lacks role, form and deadline until they are chosen; undone, it is gone."""
    save, tables = page.get_by_role("button", name="保存", exact=True), page.locator("[data-tables]")
    page.locator('[data-element-id="task_co_opinion"] .djs-hit').first.click(position={"x": 60, "y": 20})
    page.locator('.djs-context-pad [data-action="append.step"]').click()
    page.keyboard.press("Escape")
    save.click()
    expect(tables).to_contain_text("任务没有表单")
    expect(page.locator(".studio-mark-error").first).to_be_visible()
    _shoot(page, "new-step")
    for _ in range(5):
        if "新环节" in page.locator(".studio-canvas svg").first.text_content():  # type: ignore[operator]
            page.get_by_role("button", name="撤销").click()
    save.click()
    expect(page.locator(".studio-mark-error")).to_have_count(0)
    expect(tables).to_contain_text("没有发现问题")


def _menus_have_entries(page: Page) -> None:
    """A wrong preact makes every menu silently empty; what the engine refuses is not in it."""
    page.locator('[data-element-id="task_co_opinion"] .djs-hit').first.click()
    page.locator('.djs-context-pad [data-action="replace"]').click()
    entries = page.locator(".djs-popup .entry")
    expect(entries.first).to_be_visible()
    texts = " ".join(entries.all_inner_texts())
    assert "脚本任务" in texts
    assert "服务任务" not in texts
    assert not re.search("[A-Za-z]{4}", texts), texts
    _shoot(page, "menu")
    page.keyboard.press("Escape")
    expect(page.locator(".djs-popup")).to_have_count(0)


def _change_the_limit(office: Desk, page: Page, axe: Callable[[Page], list[str]]) -> None:
    for name in ("package.yaml", "forms/co_opinion.json", "texts/opinion_reminder.zh.txt"):
        page.goto(f"{office.client.url}{DRAFT}/files/{name}")
        assert axe(page) == [], name
        _shoot(page, Path(name).stem)
    page.goto(f"{office.client.url}{DRAFT}/files/decisions/D03_deadlines.dmn")
    row = page.locator("tr", has=page.locator("""[value='"return_window"']"""))
    row.locator("""[value='"5wd"']""").fill('"7wd"')
    page.get_by_role("button", name="保存表格").click()
    expect(row.locator("""[value='"7wd"']""")).to_be_visible()
    assert axe(page) == []
    _shoot(page, "table")


def _try_and_submit(office: Desk, page: Page, axe: Callable[[Page], list[str]]) -> str:
    page.goto(f"{office.client.url}{DRAFT}")
    changes = page.locator("section[aria-labelledby=changes-title]")
    expect(changes).to_contain_text("环节“提出会办意见”（task_co_opinion）的办理角色：section_officer → unit_office")
    expect(changes).to_contain_text("的提前或推后：-3wd → -2wd")
    expect(changes).to_contain_text('的期限长度："5wd" → "7wd"')
    page.get_by_role("button", name="试跑场景").click()
    results = page.locator("section[aria-labelledby=scenarios-title]")
    expect(results).to_contain_text("未通过")
    expect(results).to_contain_text("return_window")
    assert axe(page) == []
    _shoot(page, "scenarios")
    page.get_by_role("link", name="用已办的件试演").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已办的件按草稿重走一遍")
    assert axe(page) == []
    page.get_by_role("link", name="草稿 ").click()
    page.get_by_role("button", name="提交审定").click()
    expect(page.locator("main")).to_contain_text("请另一人审定")
    expect(page.locator("main")).to_contain_text("您不能审定自己提交的版本")
    return page.url.rsplit("/", 1)[1]


def _shoot(page: Page, name: str) -> None:
    """A picture for whoever wants to look, in the folder of HUIYIN_TEST_SHOTS."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
