"""A day of everybody through whose hands a reply goes: reviewers, publication, public, deputies, congress office.

One suggestion goes from hand to hand; whoever's day is tried alone finds it brought as far as he needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.days import Days, at, days
from tests.e2e.persons import Axe

pytestmark = pytest.mark.timeout(300)
LEAD: Final = "construction_group"
CONTENT, FORMAT, LEADER = "wang.lei", "liu.fang", "chen.jianguo"
PUBLISHER, CLERK = "fang.jianping", "zhang.wei"
DEPUTY, FRIEND = "shen.ruochuan", "zheng.qiuhe"
GIVEN: Final[dict[str, Any]] = {"mode": "sole", "urgent": True, "assignments": [{"unit": LEAD, "role": "lead"}]}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, browser: Browser, axe: Axe) -> Iterator[Days]:
    """The demo's city."""
    with days(tmp_path_factory.mktemp("home") / "huiyin", [LEAD], browser, axe) as found:
        yield found


def brought(city: Days, element: str) -> None:
    """The suggestion of two deputies waits at this step, by whatever way it came there."""
    if not city.matter:
        city.take(city.office.submit("demo-01", co_proposers=["d-02"]))
        city.office.bring(city.matter, "task_pre_handover")
        city.office.do(city.matter, "task_pre_handover", GIVEN)
    city.office.bring(city.matter, element)


def test_three_reviews_and_one_return(city: Days) -> None:
    """Content passes; the format check returns it, says why, and sees it again; the leader lets it go out."""
    brought(city, "task_review_content")
    content, format_, leader = (city.person(one) for one in (CONTENT, FORMAT, LEADER))
    content.open("内容初审")
    content.choose("审核结论", "通过")
    content.look("review-content")
    content.press()
    format_.open("格式校对")
    format_.choose("审核结论", "退回")
    format_.press()
    format_.is_told("退回原因")
    format_.choose("退回原因", "格式不规范")
    format_.fill({"审核意见": "会议名称应写全称。"})
    format_.look("review-returned")
    format_.press()
    city.office.bring(city.matter, "task_review_format")
    format_.open("格式校对")
    format_.choose("审核结论", "通过")
    format_.press()
    leader.open("领导复审")
    leader.sees("会议名称应写全称。")
    leader.choose("审核结论", "通过")
    leader.look("review-leader")
    leader.press()
    leader.sees("已提交")


def test_a_reply_is_published_and_found_by_everybody(city: Days) -> None:
    """What the reviewer publishes a passer-by finds, without JavaScript and without a name of anybody private."""
    brought(city, "task_publication")
    passer_by, reviewer = city.stranger(java_script_enabled=False), city.person(PUBLISHER)
    passer_by.go("/public/")
    passer_by.sees("还没有公开的建议提案")
    reviewer.open("审查并公开答复")
    expect(reviewer.page.get_by_label("公开", exact=True)).to_be_checked()
    reviewer.look("publication")
    reviewer.press()
    passer_by.fill({"标题、编号或查询码": city.number})
    passer_by.page.get_by_role("button", name="查找").click()
    passer_by.page.get_by_role("link", name=city.title).click()
    passer_by.sees(city.title, "答复", "云汀市城市建设投资集团有限公司")
    code = passer_by.page.url.rsplit("/", 1)[1]
    passer_by.go(f"/public/{code[:-1]}x")
    passer_by.sees("不予公开或尚未公开")
    reviewer.go(f"/public/{code}")
    reviewer.look("public-item")


def test_deputies_rate_each_for_himself_and_in_time(city: Days) -> None:
    """The lead deputy reads the letter and says why he is not satisfied; the other comes too late and is told."""
    brought(city, "task_feedback")
    deputy, friend = city.person(DEPUTY, phone=True), city.person(FRIEND, phone=True)
    friend.open("代表评价")
    deputy.place("消息")
    deputy.look("deputy-messages")
    deputy.go("/")
    deputy.look("deputy-home-asked")
    deputy.page.get_by_role("link", name="确认沟通记录").first.click()
    deputy.look("deputy-confirms")
    deputy.press("情况属实")
    deputy.sees("记录已保存")
    deputy.go(f"/matters/{city.matter}")
    deputy.page.get_by_role("link", name="建议的答复").first.click()
    deputy.look("deputy-letter")
    deputy.page.get_by_role("link", name="代表评价").click()
    expect(deputy.page.locator("h1")).to_have_text("代表评价")
    deputy.choose("对办理态度", "满意")
    deputy.choose("对办理结果", "不满意")
    deputy.press()
    deputy.is_told("不满意的原因")
    deputy.fill({"不满意的原因": "路段只修了一半，剩下的没有说法。"})
    deputy.look("deputy-rates")
    deputy.press()
    deputy.sees("已提交")

    [due] = [one["due"] for one in city.office.open(city.matter) if one["element"] == "task_feedback"]
    city.pass_time(at(due) + timedelta(days=1, hours=9))
    friend.choose("对办理态度", "满意")
    friend.choose("对办理结果", "满意")
    friend.press()
    friend.sees(due)
    friend.look("deputy-late")


def test_the_congress_office_orders_a_redo(city: Days) -> None:
    """It reads the reason and orders; the unit has thirty days, and its head has to see the deputy himself."""
    brought(city, "task_redo_order")
    clerk, deputy = city.person(CLERK), city.person(DEPUTY, phone=True)
    clerk.open("责令重新办理")
    clerk.press()
    clerk.is_told("重新办理的理由")
    clerk.fill({"重新办理的理由": "代表反映只修了一半，情况属实。"})
    clerk.look("clerk-redo")
    clerk.press()
    assert "task_contact_redo" in city.office.open_elements(city.matter)
    deputy.go(f"/matters/{city.matter}")
    deputy.sees("重新办理")
