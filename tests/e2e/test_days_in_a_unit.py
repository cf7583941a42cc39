"""A day of everybody inside a unit: head, office, sections, deputy head; and of the section of a unit that helps.

One suggestion goes from hand to hand; whoever's day is tried alone finds it brought as far as he needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import enter
from tests.e2e.days import Days, days
from tests.e2e.persons import Axe

pytestmark = pytest.mark.timeout(300)
LEAD, HELPER = "construction_group", "urban_management"
HEAD, UNIT_OFFICE, DEPUTY_HEAD = "gu.wentao", "zhuo.yawen", "shi.zhenyu"
SECTION = "gao.jie"
HELPING_SECTION, HELPING_LIAISON = "ma.chao", "sun.li"
GIVEN: Final[dict[str, Any]] = {
    "mode": "lead",
    "urgent": True,
    "assignments": [{"unit": LEAD, "role": "lead"}, {"unit": HELPER, "role": "co_handler"}],
}
BODY: Final = (
    "您提出的关于开发区及龙湖路路灯无法启用的建议收悉，现答复如下：一、由我公司牵头重新设计供电方案，八月底前完成施工。"
    "二、城市管理局验收后接收管理，纳入日常巡检。三、通电以前在学校路口设置临时照明。感谢您对城市建设工作的关心和支持。"
)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, browser: Browser, axe: Axe) -> Iterator[Days]:
    """The demo's city; in the lead unit an officer of the section works in the office, too."""
    with days(tmp_path_factory.mktemp("home") / "huiyin", [LEAD, HELPER], browser, axe) as found:
        [own] = [one for one in found.office.directory["accounts"] if one["login"] == SECTION]
        both = [*own["roles"], {"role": "unit_office", "unit": LEAD}]
        found.office.learn(accounts=[{**own, "roles": both}])
        yield found


def brought(city: Days, element: str) -> None:
    """The suggestion waits at this step, by whatever way it came there."""
    if not city.matter:
        city.take(city.office.submit("demo-01"))
        city.office.bring(city.matter, "task_pre_handover")
        city.office.do(city.matter, "task_pre_handover", GIVEN)
    city.office.bring(city.matter, element)


def test_the_head_reads_and_the_office_assigns(city: Days) -> None:
    """The five things to be settled: with one missing the office is told which, and nothing typed is lost."""
    brought(city, "task_unit_read")
    head, office = city.person(HEAD), city.person(UNIT_OFFICE)
    head.open("单位领导阅示")
    head.fill({"批示内容": "请工程建设部牵头，一周内到现场与代表见面。"})
    head.look("head-reads")
    head.press()
    office.open("登记分派")
    office.sees("请工程建设部牵头")
    office.fill({"承办科室": "工程建设部", "承办人": "高洁", "分管领导": "史振宇", "完成时限": "2026-04-10"})
    office.press()
    office.is_told("五定：须确定办理措施")
    office.look("office-assigns")
    office.fill({"办理要求": "先踏勘现场，再与代表见面。"})
    office.press()
    office.sees("已提交")


def test_an_officer_meets_the_deputy_and_keeps_a_note(city: Days) -> None:
    """The meeting is recorded in its task; what happens between the steps is added beside it."""
    brought(city, "task_contact")
    officer = city.person(SECTION)
    officer.place("待办")
    officer.look("officer-todo")
    officer.open("办前面商")
    officer.page.get_by_role("link", name="新增办理进展").click()
    officer.fill({"进展情况": "已到现场踏勘，变压器容量不足。", "完成比例": "10"})
    officer.look("officer-progress")
    officer.press("保存记录")
    officer.sees("记录已保存")
    officer.choose("沟通方式", "面商")
    officer.fill(
        {"沟通日期": "2026-02-26", "参加人员": "史振宇、高洁", "地点": "龙湖路", "沟通情况": "与代表一同查看路段。"}
    )
    officer.look("officer-meets")
    officer.press()
    officer.sees("已提交")


def test_a_section_elsewhere_gives_its_opinion_and_is_rated(city: Days) -> None:
    """The unit that helps writes what it will do; the lead unit's officer takes it and gives it its marks."""
    brought(city, "task_co_opinion")
    helper, officer = city.person(HELPING_SECTION), city.person(SECTION)
    helper.open("提出会办意见")
    helper.fill({"会办意见": "验收合格后三个工作日内接收管理。", "联系人": "马超", "联系电话": "0000-5550110"})
    helper.choose("本部分办理结果", "A 已经解决或基本解决")
    helper.tick("可否向代表引述")
    helper.look("helper-opinion")
    helper.press()
    officer.open("核对会办意见")
    officer.sees("验收合格后三个工作日内接收管理。")
    officer.choose("核对结论", "通过")
    officer.press()
    officer.is_told("质量评分")
    officer.fill({"质量评分": "5"})
    officer.look("officer-rates")
    officer.press()
    officer.sees("已提交")


def test_a_draft_is_held_to_the_format_rules(city: Days) -> None:
    """A wrong number and no word about the helper are refused; signed out meanwhile, the text is still there."""
    brought(city, "task_draft")
    drafter = city.person(SECTION)
    drafter.open("答复起草")
    drafter.fill({"标题": "关于第99号建议的答复", "文号": "云城投函[2026]12号", "答复正文": BODY, "签发人": "顾文涛"})
    drafter.choose("办理结果类别", "B 正在解决")
    drafter.choose("公开属性", "主动公开")
    drafter.choose("公开形式", "全文公开")
    drafter.fill({"联系人": "高洁", "联系电话": "0000-5550116"})
    promise = drafter.page.get_by_role("group", name="承诺事项").get_by_role("group", name="第 1 项")
    drafter.fill({"承诺事项": "路灯全线通电", "完成时限": "2026-08-31"}, promise)
    drafter.press()
    drafter.is_told("标题中的建议号与本件不符", "须说明会办意见采纳情况", "每项承诺须写明责任领导")
    drafter.look("drafter-refused")

    drafter.fill({"标题": f"关于第{city.number}号建议的答复", "会办意见采纳情况": "市城管局的意见已全部写入。"})
    drafter.fill({"责任领导": "分管副总经理"}, promise)
    drafter.page.context.clear_cookies()
    drafter.press()
    drafter.sees("填写的内容还在")
    enter(city.office, drafter.page, SECTION)
    drafter.press("回到表单")
    expect(drafter.page.get_by_label("答复正文")).to_have_value(BODY)
    drafter.press()
    drafter.sees("已提交", "正文不足 300 字")
    drafter.look("drafter-warned")


def test_the_unit_that_helps_countersigns(city: Days) -> None:
    """Its liaison reads the draft and agrees."""
    brought(city, "task_countersign")
    liaison = city.person(HELPING_LIAISON)
    liaison.open("会签答复稿")
    liaison.choose("会签意见", "同意会签")
    liaison.look("helper-countersigns")
    liaison.press()
    liaison.sees("已提交")


def test_who_wrote_a_draft_does_not_pass_it(city: Days) -> None:
    """Three gates by three people; the drafter, who works in the office too, is told why hers is not this one."""
    brought(city, "task_gate_business")
    deputy_head, drafter, office, head = (city.person(one) for one in (DEPUTY_HEAD, SECTION, UNIT_OFFICE, HEAD))
    deputy_head.open("业务审核")
    deputy_head.choose("审核结论", "通过")
    deputy_head.look("gate-business")
    deputy_head.press()
    drafter.place("待办")
    drafter.sees("须由另一人办理")
    drafter.open("格式审核")
    drafter.sees("“答复起草”是您办的，这一步须由另一人办理。请交给有同样角色的同事。")
    expect(drafter.page.get_by_role("button", name="提交")).to_have_count(0)
    drafter.look("gate-drafter")
    for who, gate in ((office, "格式审核"), (head, "审签")):
        who.open(gate)
        who.choose("审核结论", "通过")
        who.press()
        who.sees("已提交")
    assert city.office.open_elements(city.matter) == ["task_review_content"]
