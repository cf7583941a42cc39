"""A unit's day in a browser: a task that is asked about, delegated, taken back, urged; by the people of one unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import shoot, sign_in
from tests.e2e.desks import Desk, desk

LEAD: Final = "housing"
LIAISON, SECTION, OTHER_SECTION, HEAD = "guo.qiang", "lin.yan", "mao.jingzhi", "qin.chunsheng"
REGISTRY, SUPERVISION = "chai.wenbo", "li.jing"
Axe = Callable[[Page], list[str]]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The real services in one process."""
    with desk(tmp_path_factory.mktemp("home") / "huiyin", [LEAD, "gov_office", "congress_office"]) as found:
        yield found


@pytest.fixture
def matter(office: Desk) -> str:
    """A suggestion that the unit is asked to accept."""
    found = office.submit("demo-01")
    office.hand_over(found, LEAD)
    return found


def test_a_units_day(office: Desk, matter: str, page: Page, axe: Axe) -> None:
    """Asked and answered, delegated and taken back, done, split inside, urged; every page readable for everybody."""
    main = page.locator("main")
    sign_in(office, page, LIAISON)
    page.get_by_role("navigation").get_by_role("link", name="待办").click()
    assert axe(page) == []
    shoot(page, "todo")
    page.get_by_role("link", name="签收").click()
    assert axe(page) == []
    shoot(page, "task")
    _consult(office, page, axe)
    _delegate(office, page, axe)
    _take_back(office, page, axe)
    _split(office, page, axe)
    sign_in(office, page, SUPERVISION)
    case = next(one["id"] for one in office.cases(matter) if one["process"] == "suggestion_handling")
    page.goto(f"{office.client.url}/workflow/cases/{case}")
    page.get_by_role("link", name="催办").first.click()
    page.get_by_label("催办内容").fill("请于本周内提出办理意见。")
    assert axe(page) == []
    shoot(page, "urge")
    page.get_by_role("button", name="催办").click()
    expect(main).to_contain_text("已催办")
    shoot(page, "case")
    assert axe(page) == []


def _take_back(office: Desk, page: Page, axe: Axe) -> None:
    """The head has read it, and takes it back from the office before anybody has begun."""
    main = page.locator("main")
    sign_in(office, page, HEAD)
    page.goto(f"{office.client.url}/workflow/tasks")
    page.get_by_role("link", name="单位领导阅示").click()
    _read(page)
    page.goto(f"{office.client.url}/workflow/tasks/done")
    page.get_by_role("link", name="单位领导阅示").click()
    assert axe(page) == []
    shoot(page, "task-done")
    page.get_by_role("link", name="撤回").click()
    assert axe(page) == []
    page.get_by_role("button", name="撤回").click()
    expect(main).to_contain_text("已撤回")
    page.get_by_role("link", name="单位领导阅示").click()
    _read(page)


def _read(page: Page) -> None:
    """Write what is asked of a head who reads, and send it."""
    for box in page.locator("main form textarea").all():
        box.fill("请业务科室牵头，先与代表见面。")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("main")).to_contain_text("已提交")


def _split(office: Desk, page: Page, axe: Axe) -> None:
    """The office names sections and people from the list of the unit; the one who is named has a task of his own."""
    main = page.locator("main")
    sign_in(office, page, REGISTRY)
    page.goto(f"{office.client.url}/workflow/tasks")
    page.get_by_role("link", name="登记分派").click()
    page.locator('[name="section"]').fill("业务一科")
    page.locator('[name="officer"]').fill("林燕")
    page.locator('[name="leader"]').fill("邱思明")
    page.locator('[name="due_on"]').fill("2026-04-30")
    page.locator('[name="instruction"]').fill("先与代表见面，再提出具体措施。")
    page.locator('[name="shares.0.section"]').fill("业务二科")
    page.locator('[name="shares.0.officer"]').select_option(label="毛敬之（承办科室）")
    page.locator('[name="shares.0.part"]').fill("核实变压器容量")
    assert axe(page) == []
    shoot(page, "split")
    page.get_by_role("button", name="提交").click()
    expect(main).to_contain_text("已提交")
    sign_in(office, page, OTHER_SECTION)
    page.goto(f"{office.client.url}/workflow/tasks")
    page.get_by_role("link", name="提出科室意见").click()
    expect(main).to_contain_text("毛敬之")
    assert axe(page) == []
    shoot(page, "section")


def _consult(office: Desk, page: Page, axe: Axe) -> None:
    """The liaison asks the section; the task waits for the answer."""
    main, url = page.locator("main"), page.url
    page.get_by_role("link", name="加签").click()
    page.get_by_role("button", name="加签").click()
    expect(main).to_contain_text("需要修改")
    assert axe(page) == []
    page.get_by_label("征求谁的意见").select_option(label="林燕（承办科室）")
    page.get_by_label("征求什么意见").fill("这件事是否属于我们的职责?请科室先看一下。")
    shoot(page, "consult")
    page.get_by_role("button", name="加签").click()
    expect(main).to_contain_text("等待加签意见")
    assert axe(page) == []
    shoot(page, "task-waits")
    sign_in(office, page, SECTION)
    page.goto(f"{office.client.url}/workflow/tasks")
    page.get_by_role("link", name="加签意见").click()
    expect(main).to_contain_text("这件事是否属于我们的职责")
    page.get_by_role("group", name="是否同意").get_by_label("是", exact=True).check()
    page.get_by_role("textbox", name="意见").fill("属于我们的职责，可以承办。")
    assert axe(page) == []
    shoot(page, "consultation")
    page.get_by_role("button", name="提交").click()
    sign_in(office, page, LIAISON)
    page.goto(url)
    expect(main).to_contain_text("属于我们的职责，可以承办")


def _delegate(office: Desk, page: Page, axe: Axe) -> None:
    """The liaison lets the section act for him, and takes the task back."""
    main, url = page.locator("main"), page.url
    page.get_by_role("link", name="委托", exact=True).click()
    page.get_by_label("委托给").select_option(index=1)
    page.get_by_label("说明").fill("今天外出，请代为签收。")
    shoot(page, "delegate")
    page.get_by_role("button", name="委托").click()
    expect(main).to_contain_text("已委托")
    assert axe(page) == []
    shoot(page, "task-delegated")
    page.get_by_role("link", name="取回委托").click()
    assert axe(page) == []
    page.get_by_role("button", name="取回委托").click()
    expect(main).to_contain_text("已取回委托")
    page.goto(url)
    page.get_by_label("确认承办").check()
    page.get_by_role("button", name="提交").click()
    expect(main).to_contain_text("已提交")
