"""Notices in a browser: somebody says how he wants to be told, is told so, and whom nothing reaches gets a letter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from services.common import db, outbox
from services.contracts.envelopes import Message
from services.workflow import tables as workflow
from tests.e2e.browsing import shoot, sign_in
from tests.e2e.desks import Desk, demo_directory, desk
from tests.e2e.houses import until
from tests.integration.providers import FILE, SECRETS, Provider

SILENT = {"id": "d-99", "name": "季无号", "kind": "deputy", "delegation": "第一代表团", "level": "市"}
"""A deputy without an account."""
OFFICE = {"role": "gov_office", "unit": None}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Takes text messages."""
    provider = Provider()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Desk]:
    """The real services in one process, with text messages."""
    home = tmp_path_factory.mktemp("home")
    (home / "channels.yaml").write_text(FILE.format(port=provider.port), "utf-8")
    known = demo_directory()
    directory = {**known, "people": [*known["people"], SILENT]}
    more = {"channels": home / "channels.yaml", "env": SECRETS}
    with desk(home / "huiyin", ["gov_office"], directory=directory, settings=more) as found:
        yield found


def tell(office: Desk, template: str, *to: dict[str, Any], **facts: Any) -> None:
    """A step of workflow asks for a notice."""
    now = office.clock.now()
    data = {
        "notice_id": f"m1-1.1.{template}",
        "template": template,
        "process_version": "yunting-2026.1",
        "to": list(to),
        "matter": {"matter_id": "m1", "matter_no": "001", "title": "关于开发区路灯的建议"},
        "facts": facts,
        "at": now.isoformat(),
    }
    message = Message(
        id=f"m1-1.1.{template}", type="notice.requested.v1", source="/workflow", subject="m1", time=now, data=data
    )
    with db.begin(office.installation.engines["workflow"]) as conn:
        outbox.add(conn, workflow.outbox_, message, now=now)


def told(provider: Provider) -> list[str]:
    """The text messages so far."""
    return [body["text"] for _, _, body in provider.asked]


def test_somebody_is_told_as_he_wishes(
    office: Desk, provider: Provider, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    """His number, his quiet hours; what is urgent comes at once, the rest when they are over, all of it in the log."""
    sign_in(office, page, "li.jing")
    page.goto(f"{office.client.url}/notify/messages")
    page.get_by_role("link", name="通知设置").click()
    assert axe(page) == []
    page.get_by_label("手机号").fill("12")
    page.get_by_label("开始").fill("08:00")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("免打扰")
    assert axe(page) == []
    shoot(page, "notice-settings-wrong")
    page.get_by_label("手机号").fill("13900000001")
    page.get_by_label("结束").fill("18:00")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("消息")

    tell(office, "urged", OFFICE, text="请今天办结。", level=1, task="t", unit=None, due="2026-02-26")
    tell(office, "completed", OFFICE)
    until(lambda: told(provider))
    page.reload()
    expect(page.locator("main")).to_contain_text("请今天办结。")
    expect(page.locator("main")).to_contain_text("建议已办结")
    assert told(provider) == ["请抓紧办理：第001号"]
    office.clock.advance(datetime.fromisoformat("2026-02-26T18:00+08:00"))
    until(lambda: len(told(provider)) == 2)
    assert told(provider)[1] == "建议已办结：第001号"

    page.get_by_role("button", name="标为已读", exact=True).first.click()
    sign_in(office, page, "yang.fan")
    page.goto(f"{office.client.url}/notify/deliveries?channel=sms")
    expect(page.get_by_text("已发出", exact=True).and_(page.locator(".badge"))).to_have_count(2)
    assert axe(page) == []
    page.goto(f"{office.client.url}/notify/deliveries?state=read")
    expect(page.get_by_role("row")).to_have_count(2)


def test_whom_nothing_reaches_gets_a_letter(office: Desk, page: Page, axe: Callable[[Page], list[str]]) -> None:
    """The congress office finds it, prints a sheet and says so."""
    tell(office, "handed_over", {"person": "d-99"})
    sign_in(office, page, "zhang.wei")
    page.goto(f"{office.client.url}/notify/messages")
    page.get_by_role("link", name="纸质通知").click()
    until(lambda: page.reload() and page.get_by_role("article").count())
    expect(page.get_by_role("article")).to_contain_text("季无号")
    expect(page.get_by_role("article")).to_contain_text("建议已交办：第001号")
    assert axe(page) == []
    shoot(page, "paper")
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf())) == 1
    page.get_by_role("button", name="本页 1 封都已打印").click()
    expect(page.locator("main")).to_contain_text("没有待打印的通知")
    assert axe(page) == []
