"""Scenario 18: the notice of the next year comes in November, when deadlines that reach into it are running."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from services.common import db
from services.huiyin import settling
from services.intake import tables as intake
from services.workflow import tables as workflow
from tests.e2e.browsing import shoot, sign_in
from tests.e2e.desks import Desk, desk

pytestmark = pytest.mark.timeout(300)
ADMIN: Final = "yang.fan"
YEAR: Final = """
id: cn
zone: Asia/Shanghai
year: 2027
source: 测试用，并非真实的放假通知
holidays:
  - {name: 元旦, name_en: New Year, from: 2027-01-01, to: 2027-01-03}
  - {name: 春节, name_en: Spring Festival, from: 2027-02-05, to: 2027-02-11}
workdays:
  - {name: 春节, name_en: Spring Festival, date: 2027-01-31}
  - {name: 春节, name_en: Spring Festival, date: 2027-02-20}
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Desk]:
    """The city on the last day of September 2026."""
    with desk(tmp_path / "huiyin", ["housing"], start=datetime.fromisoformat("2026-09-30T09:00+08:00")) as found:
        yield found


def test_a_calendar_that_arrives_late_moves_only_what_it_changes(office: Desk, page: Page, tmp_path: Path) -> None:
    """Provisional at first; the administrator imports the year, sees what moves and confirms; reminders follow."""
    early = handed_over(office, "demo-41")
    assert [limit(office, early, name) for name in ("reply", "reply_limit")] == [
        ("2026-12-30", True),
        ("2027-03-30", True),
    ]
    advance(office, "2026-11-06T09:00")
    late = handed_over(office, "demo-42")
    assert limit(office, late, "reply") == ("2027-02-08", True)
    assert reminders(office, late)["2027-02-01T09:00:00+08:00"] == 1

    advance(office, "2026-11-12T09:00")
    before = len(announced(office))
    adopt(office, page, tmp_path)
    settling.wait(office.client)
    assert limit(office, late, "reply") == ("2027-02-12", False)
    assert [limit(office, early, name) for name in ("reply", "reply_limit")] == [
        ("2026-12-30", False),
        ("2027-03-30", False),
    ]
    told = announced(office)[before:]
    assert {(one["matter_id"], one["name"], one["due"]) for one in told} == {(late, "reply", "2027-02-12")}
    assert {(row["due"].isoformat(), row["provisional"]) for row in ledger(office, early)} >= {("2027-03-30", False)}
    assert [row for row in ledger(office, early) if row["provisional"] and row["state"] != "cleared"] == []

    assert reminders(office, late)["2027-01-31T09:00:00+08:00"] == 1
    advance(office, "2027-01-31T08:59")
    quiet = notices(office, late)
    advance(office, "2027-01-31T09:01")
    assert len(notices(office, late)) > len(quiet), "on the Sunday on which people work, five working days before"


def handed_over(office: Desk, name: str) -> str:
    """A suggestion that one unit has accepted."""
    matter = office.submit(name, submitted_when=None, co_proposers=[], matter_kind="suggestion", secrecy="none")
    office.hand_over(matter, "housing")
    office.do(matter, "task_receipt")
    return matter


def advance(office: Desk, to: str) -> None:
    """Let time pass."""
    office.clock.advance(datetime.fromisoformat(f"{to}+08:00"))
    settling.wait(office.client)


def adopt(office: Desk, page: Page, folder: Path) -> None:
    """The administrator's way: import the file, look what would move, confirm, read the results."""
    (folder / "cn-2027.yaml").write_text(YEAR, "utf-8")
    sign_in(office, page, ADMIN)
    page.goto(f"{office.client.url}/admin/")
    page.get_by_role("link", name="日历").click()
    shoot(page, "calendars")
    page.get_by_role("link", name="导入新一年的日历").click()
    page.get_by_label("日历文件").set_input_files(folder / "cn-2027.yaml")
    page.get_by_role("button", name="检查文件").click()
    shoot(page, "calendar-import")
    page.get_by_role("button", name="确认导入").click()
    table = page.get_by_role("region", name="会变的期限").locator("tbody tr")
    expect(table.filter(has_text="2027-02-12").first).to_contain_text("2027-02-08")
    shoot(page, "calendar-adoption")
    page.get_by_role("button", name="采用").click()
    expect(page.get_by_role("main")).to_contain_text("个流程实例已采用")
    shoot(page, "calendar-adopted")


def limit(office: Desk, matter: str, name: str) -> tuple[str, bool]:
    """The date of a matter's running deadlines of this name, and whether it is provisional."""
    running = [one for case in office.cases(matter) for one in case["deadlines"] if one["state"] != "cleared"]
    [found] = {(one["due"], one["provisional"]) for one in running if one["name"] == name}
    return found


def reminders(office: Desk, matter: str) -> Counter[str]:
    """How many timers of the reply wait for each instant."""
    c = workflow.timer.c
    ids = [case["id"] for case in office.cases(matter)]
    with db.read(office.installation.engines["workflow"]) as conn:
        rows = conn.execute(select(c.due_at).where(c.case_id.in_(ids), c.element.like("%reply%"))).scalars()
        zone = datetime.fromisoformat("2027-01-01T00:00+08:00").tzinfo
        return Counter(due.astimezone(zone).isoformat() for due in rows)


def announced(office: Desk) -> list[dict[str, Any]]:
    """What was sent as `deadline.changed`."""
    return sent(office, "deadline.changed.v1")


def notices(office: Desk, matter: str) -> list[dict[str, Any]]:
    """The notices about a matter."""
    return [one for one in sent(office, "notice.requested.v1") if one["matter"]["matter_id"] == matter]


def sent(office: Desk, type_: str) -> list[dict[str, Any]]:
    """The messages of a type that workflow has sent, in order."""
    c = workflow.outbox_.c
    with db.read(office.installation.engines["workflow"]) as conn:
        return [
            json.loads(body) for body in conn.execute(select(c.body).where(c.type == type_).order_by(c.id)).scalars()
        ]


def ledger(office: Desk, matter: str) -> list[Any]:
    """The deadlines of a matter as intake knows them."""
    table = intake.led_deadline
    with db.read(office.installation.engines["intake"]) as conn:
        return [*conn.execute(select(table).where(table.c.matter_id == matter)).mappings()]
