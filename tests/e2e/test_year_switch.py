"""Two years of one city in one installation: the old one runs to its end, the new one begins beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from services.huiyin import settling
from services.huiyin.clients import Unanswered
from services.workflow import seed as workflow_seed
from tests.e2e.desks import PROCESSES, Desk, demo_directory, desk

pytestmark = pytest.mark.timeout(900)
OLD: Final = "yunting-2025.1"
NEW: Final = "yunting-2026.1"
OFFICE: Final = "li.jing"
ADMIN: Final = "yang.fan"
OWNER: Final = "zhou.min"
APPROVER: Final = "wu.tao"
SOLE: Final = {"mode": "sole", "assignments": [{"unit": "housing", "role": "lead"}], "urgent": True}
ADMIT: Final = {"decision": "admit", "reason_code": None}
FOR_REFERENCE: Final = {
    "outcome_class": "for_reference",
    "evidence_text": None,
    "deferral_text": "所提事项与现行规划不一致，留作今后编制规划时参考。",
    "restart_condition": "修编规划时一并研究。",
}
STAGES: Final = ("task_review_secretary", "task_acceptance", "task_prepare", "task_draft")
"""Where the matters of the old year stand at its end; those before the last review are of class D."""
SESSION: Final = {"名称": "云汀市第十五届人大第五次会议", "层级": "市", "届": "15", "次": "5", "年度": "2026"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Desk]:
    """The city of 2025: its session, its package, and a deputy secretary-general who approves replies."""
    directory = demo_directory()
    [session] = directory["sessions"]
    old = {"id": "yunting-15-4", "session_no": 4, "year": 2025, "closes": "2025-03-01", "process_version": OLD}
    directory["sessions"] = [{**session, **old, "label": "云汀市第十五届人民代表大会第四次会议"}]
    for account in directory["accounts"]:
        if account["login"] == "chen.jianguo":
            account["roles"].append({"role": "deputy_secretary_general"})
    start = datetime.fromisoformat("2025-12-25T09:00+08:00")
    with desk(tmp_path, ["housing"], directory=directory, package="yunting/2025", start=start) as found:
        yield found


@pytest.mark.parametrize("number", [4, pytest.param(40, marks=pytest.mark.long)])
def test_the_old_year_runs_to_its_end_beside_the_new_one(office: Desk, page: Page, number: int) -> None:
    """Assigning, retiring and refusing to delete change nothing for what is under way; classes add up over both."""
    running = [handed_in(office, place, STAGES[place % len(STAGES)]) for place in range(number)]
    advance(office, "2026-02-01T09:00")
    standing = [office.open_elements(one) for one in running]
    begin_new_year(office, page)
    assert [office.open_elements(one) for one in running] == standing

    advance(office, "2026-02-03T10:00")
    new = office.submit("demo-41", submitted_when=None, co_proposers=[], matter_kind="suggestion")
    way = office.bring(new, "task_feedback", task_admission=ADMIT, task_pre_handover=SOLE, task_draft=FOR_REFERENCE)
    assert office.versions(new) == {NEW}
    assert {"task_pre_handover", "task_review_format"} <= set(way)
    for one in running[:: len(STAGES)]:
        assert office.bring(one, "task_feedback") == ["task_review_secretary"]
    assert [rated(office, one) for one in (running[0], new)] == [{"result"}, {"attitude", "result"}]
    counted(office, page, number // len(STAGES) + 1)

    office.client.post(f"/workflow/api/v1/packages/{OLD}/retire", {}, APPROVER)
    with pytest.raises(Unanswered) as caught:
        office.client.delete(f"/workflow/api/v1/packages/{OLD}", OWNER)
    assert (caught.value.status, caught.value.body["code"]) == (409, "version_kept")
    office.bring(running[3], "task_publication")  # in a case that begins only now
    assert len(office.cases(running[3])) == 3
    assert {version for one in running for version in office.versions(one)} == {OLD}


def handed_in(office: Desk, place: int, stage: str) -> str:
    """A suggestion of the old session, brought to a stage; the matter's id."""
    name = f"demo-{place + 1:02}"
    matter = office.submit(name, session_id="yunting-15-4", co_proposers=[], matter_kind="suggestion", secrecy="none")
    answers: dict[str, dict[str, Any]] = {"task_admission": ADMIT, "task_handover": SOLE}
    office.bring(matter, stage, **answers, **({"task_draft": FOR_REFERENCE} if stage == STAGES[0] else {}))
    return matter


def advance(office: Desk, to: str) -> None:
    """Let time pass."""
    office.clock.advance(datetime.fromisoformat(f"{to}+08:00"))
    settling.wait(office.client)


def begin_new_year(office: Desk, page: Page) -> None:
    """Publish the new package and give it to the new session, which the administrator registers on a page."""
    workflow_seed.publish(office.installation.engines["workflow"], PROCESSES / "yunting/2026", office.clock.now())
    settling.wait(office.client)
    sign_in(office, page, ADMIN)
    page.goto(f"{office.client.url}/admin/sessions/new")
    for label, value in SESSION.items():
        page.get_by_label(label, exact=False).first.fill(value)
    page.get_by_label("流程版本").select_option(NEW)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status").filter(has_text="已保存")).to_be_visible()
    settling.wait(office.client)
    page.goto(f"{office.client.url}/admin/sessions/")
    rows = page.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text(NEW)
    expect(rows.nth(0)).to_contain_text("当前会议")
    expect(rows.nth(1)).to_contain_text(OLD)


def rated(office: Desk, matter: str) -> set[str]:
    """Which ratings the deputy's form of a matter asks for; the deputy gives them."""
    schema = office.do(matter, "task_feedback")["form_schema"]
    return {"attitude", "result"} & set(schema["properties"])


def counted(office: Desk, page: Page, number: int) -> None:
    """The ledger counts the canonical class over both years and shows it in the letters of each."""
    assert office.client.get("/api/v1/ledger", OFFICE, **{"class": "for_reference"})["total"] == number
    page.context.clear_cookies()
    sign_in(office, page, OFFICE)
    page.goto(f"{office.client.url}/ledger?class=for_reference")
    table = page.locator("main tbody")
    expect(table).to_contain_text("D 留作参考")
    expect(table).to_contain_text("C 留作参考")


def sign_in(office: Desk, page: Page, login: str) -> None:
    """At the one address."""
    page.goto(f"{office.client.url}/sign-in")
    page.get_by_label("用户名").fill(login)
    page.get_by_label("密码").fill(office.cast.passwords[login])
    page.get_by_role("button", name="登录").click()
