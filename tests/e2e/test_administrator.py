"""The administrator's first day in a browser: switches the year, retries an incident, replays a parked message."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from services.common import db, inbox
from services.huiyin import settling
from services.notify import tables as notify_tables
from services.workflow import engine as e
from services.workflow import seed as workflow_seed
from tests.e2e.browsing import shoot
from tests.e2e.desks import PROCESSES, Desk, desk

pytestmark = pytest.mark.timeout(300)
NEXT: Final = "yunting-2027.1"
ADMIN: Final = "yang.fan"
PAGES: Final = (
    "/admin/",
    "/admin/sessions/",
    "/admin/sessions/new",
    "/admin/units/",
    "/admin/units/new",
    "/admin/people/",
    "/admin/people/s-06",
    "/admin/accounts/",
    "/admin/accounts/new",
    "/admin/accounts/li.jing",
    "/admin/connectors/",
    "/admin/connectors/new",
    "/admin/import/people",
    "/account",
    "/workflow/cases",
    "/workflow/incidents",
    "/workflow/calendars",
    "/workflow/calendars/import",
    "/workflow/packages/yunting-2027.1",
    "/parked",
    "/workflow/parked",
    "/notify/parked",
)

SESSION: Final = {"名称": "云汀市第十五届人大第六次会议", "层级": "市", "届": "15", "次": "6", "年度": "2027"}

Axe = Callable[[Page], list[str]]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The demo's city with the package of the next year in force, too."""
    folder = tmp_path_factory.mktemp("processes") / "yunting" / "2027"
    shutil.copytree(PROCESSES / "yunting/2026", folder)
    settings = folder / "package.yaml"
    settings.write_text(settings.read_text("utf-8").replace("year: 2026", "year: 2027", 1), "utf-8")
    with desk(tmp_path_factory.mktemp("city"), ["gov_office", "congress_office"]) as found:
        workflow_seed.publish(found.installation.engines["workflow"], folder, found.clock.now())
        settling.wait(found.client)
        yield found


@pytest.fixture
def admin(office: Desk, page: Page) -> Page:
    """The administrator, signed in; without JavaScript nothing is missing, so none is needed here."""
    page.goto(f"{office.client.url}/sign-in")
    page.get_by_label("用户名").fill(ADMIN)
    page.get_by_label("密码").fill(office.cast.passwords[ADMIN])
    page.get_by_role("button", name="登录").click()
    page.get_by_role("navigation").get_by_role("link", name="管理").click()
    return page


def test_the_next_year_is_switched_on_and_running_matters_stay(office: Desk, admin: Page, axe: Axe) -> None:
    """A new session with another version: the next matter follows it, the one under way keeps its own to the end."""
    running = office.submit("demo-03")
    admin.get_by_role("link", name="会议与流程版本").click()
    admin.get_by_role("link", name="登记新的会议").click()
    for label, value in SESSION.items():
        admin.get_by_label(label, exact=False).first.fill(value)
    admin.get_by_label("流程版本").select_option(NEXT)
    admin.get_by_role("button", name="保存").click()
    expect(admin.get_by_role("status").filter(has_text="已保存")).to_be_visible()
    settling.wait(office.client)

    following = office.submit("demo-04")

    office.hand_over(running, "housing")  # which begins another case
    assert [office.versions(one) for one in (running, following)] == [{"yunting-2026.1"}, {NEXT}]
    admin.goto(f"{office.client.url}/workflow/cases?version={NEXT}")
    assert admin.locator("tbody tr th a").all_inner_texts()[-1].endswith("的建议")
    assert axe(admin) == []


def test_another_version_for_a_session_with_running_matters_asks_first(office: Desk, admin: Page, axe: Axe) -> None:
    """The page says how many stay with the old one, and saves at the second click."""
    running = office.submit("demo-05")
    [before] = office.versions(running)
    session = "yunting-15-6" if before == NEXT else "yunting-15-5"
    other = "yunting-2026.1" if before == NEXT else NEXT
    admin.goto(f"{office.client.url}/admin/sessions/{session}")
    admin.get_by_label("流程版本").select_option(other)
    admin.get_by_role("button", name="保存").click()
    expect(admin.get_by_role("alert")).to_contain_text(f"{before} 版本")
    assert axe(admin) == []
    admin.get_by_role("button", name="确认更换并保存").click()
    expect(admin.get_by_role("status").filter(has_text="已保存")).to_be_visible()
    settling.wait(office.client)
    assert office.versions(running) == {before}


def test_an_incident_is_retried(office: Desk, admin: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the process could not carry out is carried out after the repair."""
    matter = office.submit("demo-06")
    real = e.step

    def broken(*_arguments: Any) -> Any:
        raise e.EngineError("no_flow", element="gw")

    monkeypatch.setattr(e, "step", broken)
    with pytest.raises(Exception, match="503"):
        office.do(matter, "task_admission")
    monkeypatch.setattr(e, "step", real)
    admin.goto(f"{office.client.url}/workflow/cases?incident=1")
    assert admin.locator("tbody tr th a").count() == 1
    admin.get_by_role("link", name="异常").last.click()
    admin.get_by_role("button", name="重新执行").click()
    expect(admin.get_by_role("status").filter(has_text="已重新执行")).to_be_visible()
    settling.wait(office.client)
    assert office.open_elements(matter) == ["task_pre_handover"]


def test_a_parked_message_is_read_and_replayed(office: Desk, admin: Page, axe: Axe) -> None:
    """Found by its subject, read, replayed, done."""
    row = park(office)
    admin.get_by_role("link", name="通知服务").click()
    admin.get_by_label("编号、类型、对象或原因").fill(row["message_id"])
    admin.get_by_role("button", name="筛选").click()
    admin.get_by_role("link", name=row["type"]).click()
    expect(admin.locator("pre").last).to_contain_text("task_id")
    assert axe(admin) == []
    admin.get_by_role("button", name="重放").click()
    expect(admin.get_by_role("status").filter(has_text="已重新受理 1 条消息")).to_be_visible()
    settling.wait(office.client)
    assert state(office, row["id"]) == inbox.DONE


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_for_everybody(office: Desk, admin: Page, axe: Axe, language: str) -> None:
    """WCAG 2.1 AA, in both languages."""
    for path in PAGES:
        admin.goto(f"{office.client.url}{path}?lang={language}")
        assert axe(admin) == [], path


def test_a_revision_is_used_from_a_day_on(office: Desk, admin: Page, axe: Axe) -> None:
    """Named with its day on the session's page; what begins before it keeps the old version, also in what runs on."""
    session = "yunting-15-5"
    running = office.submit("demo-07", session_id=session)
    [before] = office.versions(running)
    other = "yunting-2026.1" if before == NEXT else NEXT
    day = office.clock.now() + timedelta(days=1)
    admin.goto(f"{office.client.url}/admin/sessions/{session}")
    admin.get_by_label("改用的版本").select_option(other)
    admin.get_by_label("自哪天起改用").fill(f"{day:%Y-%m-%d}")
    admin.get_by_role("button", name="保存").click()
    expect(admin.get_by_role("alert")).to_contain_text(f"起用 {other}")
    assert axe(admin) == []
    shoot(admin, "session-from")
    admin.get_by_role("button", name="确认更换并保存").click()
    settling.wait(office.client)
    admin.goto(f"{office.client.url}/workflow/packages/{other}")
    expect(admin.get_by_role("region", name="哪些件用它")).to_contain_text(f"自 {day:%Y-%m-%d} 起 {other}")
    shoot(admin, "package-takers")

    today = office.submit("demo-08", session_id=session)
    office.clock.advance(day)
    settling.wait(office.client)
    tomorrow = office.submit("demo-09", session_id=session)
    assert [office.versions(one) for one in (running, today, tomorrow)] == [{before}, {before}, {other}]


def park(office: Desk) -> dict[str, Any]:
    """A message of the notify service as it is after eight failures."""
    table = notify_tables.inbox
    with db.begin(office.installation.engines["notify"]) as conn:
        query = select(table.c.id, table.c.message_id, table.c.type).where(table.c.type == "task.opened.v1").limit(1)
        row = dict(conn.execute(query).mappings().one())
        values = {"state": inbox.PARKED, "code": "failed", "attempts": 8, "error": "LookupError: no such template"}
        conn.execute(update(table).where(table.c.id == row["id"]).values(**values))
    return row


def state(office: Desk, row_id: int) -> str:
    """What became of a message."""
    table = notify_tables.inbox
    with db.read(office.installation.engines["notify"]) as conn:
        return str(conn.scalar(select(table.c.state).where(table.c.id == row_id)))
