"""A day of everybody through whose hands a suggestion goes at first: deputies, clerk, office, units, leader.

One suggestion goes from hand to hand; whoever's day is tried alone finds it brought as far as he needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from services.huiyin import settling
from tests.e2e.days import Days, days
from tests.e2e.persons import Axe, Person, move_focus

pytestmark = pytest.mark.timeout(300)
UNITS: Final = ("housing", "urban_management", "power_supply", "construction_group", "natural_resources")
DEPUTY, FRIEND, CLERK, COLLEAGUE = "shen.ruochuan", "zheng.qiuhe", "zhang.wei", "zhao.ning"
OFFICE, LEADER, OTHER_LEADER = "li.jing", "tao.wentao", "jiang.yulan"
HOUSING, CITY, GROUP = "guo.qiang", "sun.li", "he.jun"
TITLE: Final = "关于点亮龙湖路路灯的建议"
TEXT: Final = {
    "情况": "龙湖路建成通车四年，沿线路灯一直没有通电启用，入夜后一片漆黑，学生和老人出行很不安全。",
    "分析": "路灯由建设单位安装，变压器容量不足，没有验收移交，供电报装也没有办结，各方责任不清。",
    "建议": "请明确牵头单位，补建配套设施，尽快通电；通电以前在学校路口设置临时照明。",
}

RETURN: Final = {
    "verdict": "return_requested",
    "return_reason": "other_unit_leads",
    "return_text": "路灯由城投集团建设并保修，尚未移交，应由其主办，我局配合验收。",
    "proposed_unit": "construction_group",
    "head_signed": True,
}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, browser: Browser, axe: Axe) -> Iterator[Days]:
    """The demo's city, with a second clerk in the congress office."""
    with days(tmp_path_factory.mktemp("home") / "huiyin", UNITS, browser, axe) as found:
        password = found.office.cast.passwords[CLERK]
        roles = [{"role": "congress_office"}]
        found.office.learn(
            people=[{"id": "s-zhao", "name": "赵宁", "kind": "staff", "unit": "congress_office"}],
            accounts=[{"login": COLLEAGUE, "password": password, "person": "s-zhao", "roles": roles}],
        )
        yield found


def brought(city: Days, element: str) -> None:
    """The suggestion waits at this step, by whatever way it came there."""
    if not city.matter:
        city.take(city.office.submit("demo-01"))
    city.office.bring(city.matter, element)


def test_a_deputy_writes_with_a_friend(city: Days) -> None:
    """Written on a phone, saved, read and signed by another deputy on hers, and handed in: once, however often sent."""
    deputy, friend = city.person(DEPUTY, phone=True), city.person(FRIEND, phone=True)
    deputy.look("deputy-home")
    deputy.page.get_by_role("link", name="写建议").first.click()
    deputy.fill({"标题": TITLE, "分类": "城建环资", **TEXT})
    deputy.choose("邀请联名代表", "郑秋禾（第二代表团）")
    deputy.look("deputy-writes")
    deputy.press("保存草稿")
    deputy.sees("邀请联名的代表", "还没有答复")
    deputy.look("deputy-draft")

    friend.go("/")
    friend.page.get_by_role("link", name="邀请您联名").click()
    friend.look("friend-reads")
    friend.press("同意联名")
    friend.sees("同意联名")

    deputy.page.reload()
    deputy.sees("同意联名")
    deputy.page.get_by_role("button", name="提交", exact=True).dblclick()
    expect(deputy.page.locator("h1")).to_have_text(TITLE)
    deputy.sees("已提交，受理后编号", "待编号", "郑秋禾")
    deputy.look("deputy-matter")
    city.take(deputy.page.url.rsplit("/", 1)[1])
    deputy.place("建议")
    expect(deputy.main.get_by_role("link", name=TITLE)).to_have_count(1)


def test_two_clerks_meet_at_one_admission(city: Days) -> None:
    """The first admits it, and it has its number; the second is told who did, and keeps the reason she had typed."""
    brought(city, "task_admission")
    clerk, colleague = city.person(CLERK), city.person(COLLEAGUE)
    clerk.place("待办")
    clerk.look("clerk-todo")
    for one in (clerk, colleague):
        one.open("审查受理")
    clerk.look("clerk-admission")
    colleague.choose("审查结论", "退回修改")
    colleague.fill({"理由": "两件事写在一起，请分开提出。"})

    expect(clerk.page.get_by_label("受理", exact=True)).to_be_checked()
    clerk.press()
    clerk.sees("已提交")
    colleague.press()
    colleague.sees("张伟已于", "没有提交，也没有改动别人办理的内容", "两件事写在一起，请分开提出。")
    colleague.look("clerk-second")
    clerk.go(f"/matters/{city.matter}")
    clerk.sees(city.number, "已受理")
    clerk.look("clerk-matter")


def test_the_supervision_office_asks_before_it_hands_over(city: Days) -> None:
    """What the table of duties proposes stands in the form; one unit is added, the units say what they think."""
    brought(city, "task_pre_handover")
    office = city.person(OFFICE)
    office.open("预交办")
    first, third = (office.page.get_by_role("group", name=f"第 {number} 项") for number in (1, 3))
    expect(first.get_by_label("承办单位").locator("option:checked")).to_have_text("云汀市住房和城乡建设局")
    office.fill({"承办单位": "云汀供电公司"}, third)
    office.choose("承办方式", "会办", within=third)
    office.fill({"交办说明": "涉及学生夜间出行，请优先研究。"})
    office.look("office-pre-handover")
    office.press()

    housing, city_office = city.person(HOUSING), city.person(CITY)
    housing.place("消息")
    housing.sees(city.title)
    housing.look("unit-messages")
    housing.open("对预交办提意见")
    housing.choose("意见", "同意")
    housing.look("unit-comment")
    housing.press()
    city_office.open("对预交办提意见")
    city_office.choose("意见", "建议增加会办单位")
    city_office.press()
    city_office.is_told("理由")
    city_office.fill({"理由": "路灯由城投集团建设，请其参加。", "建议的单位": "云汀市城市建设投资集团有限公司"})
    city_office.press()


def test_several_are_handed_over_together(city: Days) -> None:
    """The office reads what is proposed for each of three, adds one sentence for all, and sends them off at once."""
    brought(city, "task_handover")
    others = [city.office.submit(name) for name in ("demo-02", "demo-08")]
    for other in others:
        city.office.bring(other, "task_handover")
    office = city.person(OFFICE)
    office.place("待办")
    office.look("office-todo")
    office.page.get_by_role("link", name="一起办理全部“交办”").click()
    office.page.get_by_text("各件相同的内容").click()
    office.page.get_by_label("交办说明").first.fill("请于三日内签收。")
    office.look("office-batch")
    office.press("提交勾选的任务")
    office.sees("已办 3 件")
    for matter in (city.matter, *others):
        assert city.office.open_elements(matter) == ["task_instruction"]


def test_the_leader_in_charge_reads_and_instructs(city: Days) -> None:
    """Without JavaScript: he sees who is to handle it, and his words go with it to the units."""
    brought(city, "task_instruction")
    other = city.person(OTHER_LEADER)
    other.open("领导阅批")
    other.look("leader-instruction")
    leader = city.person(LEADER, script=False)
    leader.open("领导阅批")
    leader.sees("建议全文", "交办")
    leader.press()
    leader.is_told("批示结论", "批示内容")
    leader.choose("批示结论", "同意")
    leader.fill({"批示内容": "入冬以前必须亮灯，每月报告一次进展。"})
    leader.press()
    leader.sees("已提交")
    leader.place("已办")
    leader.sees(city.title)


def test_a_unit_asks_for_its_return_with_keys_alone(city: Days) -> None:
    """No mouse from the work list to the submitted request; what is missing is said, what was typed stays."""
    brought(city, "task_receipt")
    [task] = [
        one for one in city.office.open(city.matter) if one["element"] == "task_receipt" and one["unit"] == UNITS[0]
    ]
    liaison = city.person(HOUSING)
    page, keys = liaison.page, liaison.page.keyboard
    liaison.go("/")
    move_focus(page, page.get_by_role("navigation", name="主导航").get_by_role("link", name="待办"))
    keys.press("Enter")
    page.wait_for_url("**/workflow/tasks")
    move_focus(page, page.get_by_role("row").filter(has_text=city.title).get_by_role("link", name="签收"))
    keys.press("Enter")
    page.wait_for_url(f"**/{task['task_id']}")
    liaison.look("unit-receipt")
    move_focus(page, page.get_by_label("确认承办"))
    keys.press("ArrowDown")
    expect(page.get_by_label("申请退办")).to_be_checked()
    _send(liaison)
    liaison.is_told("退办理由", "退办说明", "建议承办单位")
    liaison.look("unit-return-refused")
    _pick(liaison, "退办理由", "应由其他单位主办")
    move_focus(page, page.get_by_label("退办说明"))
    keys.type("路灯由城投集团建设并保修，尚未移交，应由其主办，我局配合验收。")
    _pick(liaison, "建议承办单位", "云汀市城市建设投资集团有限公司")
    move_focus(page, page.get_by_label("单位主要负责人已签字"))
    keys.press("Space")
    _send(liaison)
    liaison.sees("已提交")


def _pick(person: Person, label: str, option: str) -> None:
    """Go down a list of choices."""
    found = person.page.get_by_label(label)
    move_focus(person.page, found)
    for _ in range(found.locator("option").count()):
        if found.locator("option:checked").inner_text() == option:
            return
        person.page.keyboard.press("ArrowDown")
    raise AssertionError(option)


def _send(person: Person) -> None:
    button = person.page.get_by_role("button", name="提交", exact=True)
    move_focus(person.page, button)
    with person.page.expect_navigation():
        person.page.keyboard.press("Enter")
    settling.wait(person.town.client)


def test_the_supervision_office_rules_on_a_return(city: Days) -> None:
    """It reads why, gives the matter to the unit that was proposed, and everybody is told."""
    brought(city, "task_receipt")
    if "task_return_decision" not in city.office.open_elements(city.matter):
        city.office.do(city.matter, "task_receipt", RETURN, HOUSING)
    office, deputy, group = city.person(OFFICE), city.person(DEPUTY, phone=True), city.person(GROUP)
    office.open("裁定退办申请")
    office.sees("应由其他单位主办")
    office.choose("是否同意退办", "同意")
    office.fill({"决定理由": "路灯尚未移交，由建设单位主办。"})
    expect(office.page.get_by_label("改交单位").locator("option:checked")).to_have_text(
        "云汀市城市建设投资集团有限公司"
    )
    office.look("office-return")
    office.press()
    deputy.go(f"/matters/{city.matter}")
    deputy.sees("重新交办", "云汀市城市建设投资集团有限公司")
    group.place("消息")
    group.sees(city.title)
    group.open("签收")
    group.choose("是否承办", "确认承办")
    group.press()
    group.sees("已提交")
