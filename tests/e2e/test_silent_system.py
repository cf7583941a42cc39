"""A unit's own system falls silent: its liaison is told, both sides see why, and the window begins anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from services.common import db, loops
from services.common.bus.local import LocalTransport
from services.workflow import tables as workflow
from tests.e2e.browsing import shoot, sign_in
from tests.e2e.desks import Desk, demo_directory, desk
from tests.e2e.houses import until

CONNECTOR = {"id": "housing-oa", "units": ["housing"]}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The real services in one process; the housing bureau has a system of its own, which nobody has started."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "_CHECK_CONNECTORS", 0.2)
        home, directory = tmp_path_factory.mktemp("home"), {**demo_directory(), "connectors": [CONNECTOR]}
        with desk(home / "huiyin", ["gov_office", "housing"], directory=directory) as found:
            yield found


def lines(office: Desk) -> list[str]:
    """What the system would find in its queue."""
    with closing(LocalTransport(office.installation.settings.bus_dir, connector="housing-oa")) as agency:
        return [one.headers["ce-type"] for one in agency.receive("", 100, 0.2)]


def test_a_handover_that_is_not_taken_does_not_count_as_accepted(
    office: Desk, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    """Told after four hours, seen by unit and administrator, sent again; silence starts a new window, not consent."""
    matter = office.submit("demo-01")
    office.hand_over(matter, "housing")
    assert "task.opened.v1" in lines(office)
    (first,) = windows(office, matter)
    office.clock.advance(office.clock.now() + timedelta(hours=5))

    sign_in(office, page, "guo.qiang")
    page.goto(f"{office.client.url}/notify/messages")
    until(lambda: page.reload() and page.get_by_text("单位系统没有取走任务").count())
    page.goto(f"{office.client.url}/workflow/tasks")
    page.get_by_role("link", name="本单位业务系统的往来").click()
    expect(page.get_by_role("row", name="housing-oa")).to_contain_text("中断")
    assert axe(page) == []
    page.get_by_role("link", name="housing-oa").click()
    expect(page.get_by_role("heading", name="登记一次中断")).to_have_count(0)
    shoot(page, "silent-system")
    page.get_by_label("选择", exact=False).first.check()
    page.get_by_role("button", name="重发选中的").click()
    expect(page.locator("main")).to_contain_text("1 条消息将重新发出")
    until(lambda: lines(office).count("task.opened.v1") == 2)
    page.get_by_role("link", name="task.opened.v1").first.click()
    expect(page.locator("pre")).to_contain_text(matter)
    assert axe(page) == []

    sign_in(office, page, "yang.fan")
    page.goto(f"{office.client.url}/admin/")
    page.get_by_role("link", name="接入运行情况").click()
    page.get_by_role("link", name="housing-oa").click()
    page.get_by_label("开始").fill("2026-02-26T08:00")
    page.get_by_label("结束", exact=False).fill("2026-02-26T07:00")
    page.get_by_label("原因").fill("机房停电")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("结束时间早于开始时间")
    assert axe(page) == []
    page.get_by_label("结束", exact=False).fill("2026-02-26T09:00")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("中断已登记")
    expect(page.get_by_role("row", name="机房停电")).to_be_visible()

    office.clock.advance(datetime.fromisoformat(f"{first}T00:00+08:00") + timedelta(days=1, hours=1))
    until(lambda: windows(office, matter)[-1] > first)
    assert office.open_elements(matter) == ["task_receipt"]
    assert not [row for row in records(office) if row["record"] == "acceptance"]


def windows(office: Desk, matter: str) -> list[str]:
    """The dates until which the unit may ask for a return, the latest last."""
    limits = [limit for case in office.cases(matter) for limit in case["deadlines"]]
    return sorted(limit["due"] for limit in limits if limit["name"] == "return_window")


def records(office: Desk) -> list[dict[str, object]]:
    """What workflow has recorded."""
    with db.read(office.installation.engines["workflow"]) as conn:
        return [dict(row) for row in conn.execute(select(workflow.record)).mappings()]
