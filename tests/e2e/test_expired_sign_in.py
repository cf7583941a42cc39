"""A long text and a sign-in that has expired meanwhile: in a browser, over the services."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import enter, shoot, sign_in
from tests.e2e.desks import Desk, desk

TEXT = "开发区路灯四年前建成，至今没有亮过。" * 50


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The real services in one process."""
    with desk(tmp_path_factory.mktemp("home") / "huiyin", ["gov_office"]) as found:
        yield found


def test_a_long_text_survives_an_expired_sign_in(office: Desk, page: Page, axe: Callable[[Page], list[str]]) -> None:
    """A deputy signs in again and finds the suggestion in its form; it is handed in when she sends it, once."""
    deputy = office.cast.of_person("d-01")
    sign_in(office, page, deputy)
    page.goto(f"{office.client.url}/matters/new")
    page.get_by_label("标题").fill("关于点亮开发区路灯的建议")
    for name in ("body.situation", "body.analysis", "body.request"):
        page.locator(f'[name="{name}"]').fill(TEXT)
    page.get_by_label("不涉密").check()
    page.context.clear_cookies()
    page.get_by_role("button", name="提交").click()
    expect(page.locator("main")).to_contain_text("填写的内容还在")
    assert axe(page) == []
    shoot(page, "expired-sign-in")
    enter(office, page, deputy)
    expect(page.locator("h1")).to_have_text("继续填写")
    assert axe(page) == []
    shoot(page, "expired-signed-in")
    page.get_by_role("button", name="回到表单").click()
    expect(page.locator("main")).to_contain_text("请检查后重新提交")
    expect(page.locator('[name="body.request"]')).to_have_value(TEXT)
    expect(page.get_by_label("不涉密")).to_be_checked()
    assert axe(page) == []
    shoot(page, "expired-back")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("h1")).to_contain_text("关于点亮开发区路灯的建议")
    page.goto(f"{office.client.url}/matters")
    expect(page.locator("main").get_by_text("关于点亮开发区路灯的建议")).to_have_count(1)
