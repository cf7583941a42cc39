"""A process owner changes the process, and the next matter follows it on the running services: no code is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.error import HTTPError

import pytest

from services.common import db
from services.huiyin import settling
from services.huiyin.clients import Unanswered
from services.workflow import packages, whatifs
from services.workflow.engine import compile_bundle
from services.workflow.scenarios import load, run
from tests.e2e import owners
from tests.e2e.desks import PROCESSES, Desk, desk
from tests.processes.packages import calendar

OLD: Final = PROCESSES / "yunting/2026"
ADMINISTRATOR: Final = "yang.fan"
OWNER, SECOND, UNIT_OWNER, LAWYER = "zhou.min", "wu.tao", "he.jun.process", "fang.zhi"
LEAD, OTHER = "construction_group", "urban_management"
PASSWORD: Final = "huiyin-demo-2026"
_UNIT_OWNER: Final = {"role": "unit_process_owner", "unit": LEAD}
CHANGES: Final = (
    "依据 云政办〔2026〕6号 第六条 的内容：单位五个工作日内可申请退办一次，须主要负责人签字并提出建议承办单位"
    " → 单位七个工作日内可申请退办一次，须主要负责人签字并提出建议承办单位",
    '规则“return_window”（D03_deadlines/return_window）的期限长度："5wd" → "7wd"',
    '规则“return_window”（D03_deadlines/return_window）的依据："云政办〔2026〕6号 第六条：五个工作日内可申请退办"'
    ' → "云政办〔2026〕6号 第六条：七个工作日内可申请退办"',
    "场景 happy_path 的内容："
    "package: yunting-2026.1；deadlines: {reply: 2026-05-27, return_window@unit_a: 2026-03-05}；"
    "records: {admission: 1, handover: 1, instruction: 2, contact: 3, co_opinion: 1, co_opinion_check: 1, "
    "countersign: 1, review: 6, reply: 1, feedback: 1, … → "
    "package: yunting-2026.2；deadlines: {reply: 2026-05-27, return_window@unit_a: 2026-03-09}；"
    "records: {admission: 1, handover: 1, instruction: 2, contact: 3, co_opinion: 1, co_opinion_check: 1, "
    "countersign: 1, review: 7, reply: 1, feedback: 1, …",
    "新增显示名称“法制审查”（deadline.review_legal）",
    "新增环节“合法？”（gw_legal_passed）",
    "新增环节“法制审查”（task_legal_review）",
    "新增表单“法制审查”（legal_review）",
    "新增表单字段“审核意见”（legal_review.comment）",
    "新增表单字段“审核环节”（legal_review.step）",
    "新增表单字段“审核结论”（legal_review.verdict）",
    "新增表单字段“退回原因”（legal_review.reasons）",
    "新增角色“单位流程负责人”（unit_process_owner）",
    "新增角色“法制审查人”（legal_reviewer）",
    "新增连线 flow_task_legal_review_to_gw_legal_passed",
    "新增连线“退回”（flow_gw_legal_passed_to_end_review_returned）",
    "新增连线“通过”（flow_gw_legal_passed_to_task_review_leader）",
    "连线“否”（flow_gw_key_to_task_review_leader）的终点：task_review_leader → task_legal_review",
    "连线“通过”（flow_gw_key_passed_to_task_review_leader）的终点：task_review_leader → task_legal_review",
)


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as its owner changed it."""
    folder = tmp_path_factory.mktemp("processes") / "yunting" / "2026"
    owners.change(OLD, folder)
    return folder


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The real services in one process, shared by the stories below in their order."""
    with desk(tmp_path_factory.mktemp("home") / "huiyin", [LEAD, OTHER]) as found:
        yield found


@pytest.fixture(scope="module")
def other(office: Desk) -> str:
    """A matter that is still to be accepted when the package changes."""
    matter = office.submit("demo-06")
    _hand_over(office, matter, LEAD)
    return matter


@pytest.fixture(scope="module")
def running(office: Desk, new: Path, other: str) -> str:
    """A matter handed over before the changed package is published and assigned to the session by an administrator."""
    matter = office.submit("demo-01")
    assert _hand_over(office, matter, LEAD) == "2026-03-04"
    _publish(office, new)
    office.learn(
        people=[{"id": "s-90", "name": "方知", "kind": "staff"}],
        accounts=[_account(LAWYER, "s-90", role="legal_reviewer"), _account(UNIT_OWNER, "s-15", **_UNIT_OWNER)],
        sessions=[{**office.directory["sessions"][0], "process_version": "yunting-2026.2"}],
    )
    return matter


def _account(login: str, person: str, **role: str) -> dict[str, object]:
    return {"login": login, "password": PASSWORD, "person": person, "roles": [role]}


def test_the_check_finds_nothing_and_no_code_was_touched(new: Path) -> None:
    """Only diagrams, tables, forms, settings and scenarios differ; what the owner expects comes out."""
    assert packages.check(new) == []
    before, after = packages.read(OLD), packages.read(new)
    touched = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {Path(name).suffix for name in touched} <= {".bpmn", ".dmn", ".json", ".yaml"}
    package = packages.load(new)
    scenario = load((new / "scenarios/happy_path.yaml").read_bytes())
    result = run(scenario, compile_bundle(package.files, package.settings), calendar(), package.entries)
    assert [failure.text for failure in result.failures] == []


def test_the_comparison_says_exactly_this_in_plain_chinese(new: Path) -> None:
    """Nothing more and nothing less, also of what no picture shows."""
    found = packages.compare(packages.load(OLD), packages.load(new))
    assert sorted(change.text for change in found) == sorted(CHANGES)
    assert all(change.text_en for change in found)


def test_the_next_matter_follows_the_changed_process(office: Desk, running: str) -> None:
    """A new matter goes the new way with seven days and the legal review, a running one the old."""
    matter = office.submit("demo-02")

    assert _hand_over(office, matter, OTHER) == "2026-03-06"
    why = "\n".join(office.deadline(matter, "return_window")["why"])
    assert "7 个工作日" in why
    assert "第六条：七个工作日内可申请退办" in why
    assert [office.versions(one) for one in (running, matter)] == [{"yunting-2026.1"}, {"yunting-2026.2"}]
    assert office.deadline(running, "return_window")["due"] == "2026-03-04"

    old_way, new_way = office.bring(running, "task_review_leader"), office.bring(matter, owners.LEGAL)
    assert old_way == new_way
    assert new_way[-1] == "task_review_format"
    assert office.open_elements(matter) == [owners.LEGAL]
    with pytest.raises(Unanswered) as refused:
        office.do(matter, owners.LEGAL, login="chen.jianguo")
    assert refused.value.status == 403
    task = office.do(matter, owners.LEGAL, {"comment": "依据充分。"})
    assert (task["role"], task["name"], task["form_schema"]["title"]) == ("legal_reviewer", "法制审查", "法制审查")
    assert office.open_elements(matter) == ["task_review_leader"]
    office.do(matter, "task_review_leader")
    assert "task_feedback" in office.open_elements(matter)


def test_what_the_change_would_have_meant_is_told(office: Desk, running: str, new: Path) -> None:
    """Played again under the changed package, the old matters have a task more and another date."""
    with db.read(office.installation.engines["workflow"]) as conn:
        report = whatifs.play(conn, "yunting-2026.1", packages.load(new))
    added = next(one for one in report.groups if (one.kind, one.element) == ("task_added", owners.LEGAL))
    assert [one.case_id.startswith(running) for one in added.examples] == [True]
    [moved] = [one for one in report.groups if (one.kind, one.element) == ("date_changed", "task_receipt")]
    assert (moved.cases, moved.days and moved.days.median) == (2, 2)


def test_an_administrator_brings_a_running_matter_along(office: Desk, running: str, other: str) -> None:
    """Tried out first, then the one goes over with its new date and meets the legal review; nobody else is touched."""
    path = "/workflow/api/v1/packages/yunting-2026.1/migrations"
    wish = {"version": "yunting-2026.2", "dates": "recompute", "dry_run": True}
    tried = office.client.post(path, wish, ADMINISTRATOR)
    mine = [one for one in tried["cases"] if one["matter_id"] == other]
    assert [(one["code"], one["standing"][-1]) for one in mine] == [("", "task_receipt")]
    moved = {"name": "return_window", "unit": LEAD, "was": "2026-03-04", "now": "2026-03-06"}
    assert any(moved.items() <= shift.items() for shift in mine[0]["shifts"])
    assert office.versions(other) == {"yunting-2026.1"}
    done = office.client.post(path, {**wish, "dry_run": False, "cases": [mine[0]["case_id"]]}, ADMINISTRATOR)
    assert (done["migrated"], done["refused"]) == (1, 0)
    settling.wait(office.client)
    assert office.deadline(other, "return_window")["due"] == "2026-03-06"
    assert office.bring(other, owners.LEGAL)[-1] == "task_review_format"
    assert office.versions(running) == {"yunting-2026.1"}


@pytest.mark.usefixtures("running")
def test_a_unit_replaces_its_own_part_for_its_next_case(office: Desk) -> None:
    """Its next matter takes the unit's diagram; another unit's, and one already inside, keep the package's."""
    inside = _accepted(office, "demo-03", LEAD)
    content = owners.simplify(OLD / "unit_internal_handling.bpmn")
    with pytest.raises(HTTPError, match="403"):
        _replace(office, OTHER, content)
    _replace(office, LEAD, content)

    own, others = _accepted(office, "demo-04", LEAD), _accepted(office, "demo-05", OTHER)

    assert [office.open_elements(one) for one in (inside, own, others)] == [
        ["task_unit_read"],
        ["task_head_decides"],
        ["task_unit_read"],
    ]
    [task] = office.open(own)
    assert (task["name"], task["unit"], task["role"]) == ("主要负责人批示", LEAD, "unit_head")
    ours, theirs = office.bring(own, "task_draft"), office.bring(inside, "task_draft")
    assert ours == ["task_head_decides", "task_contact", "task_site_visit", "task_contact_during"]
    assert theirs == ["task_unit_read", "task_unit_assign", "task_contact", "task_prepare", "task_contact_during"]


def _publish(office: Desk, folder: Path) -> None:
    """Submit by one person, approve by another; the first alone cannot."""
    content = packages.pack(packages.load(folder))
    assert office.upload("/workflow/api/v1/packages", content, OWNER) == {"version": "yunting-2026.2"}
    path = "/workflow/api/v1/packages/yunting-2026.2/approve"
    with pytest.raises(Unanswered) as refused:
        office.client.post(path, {}, OWNER)
    assert refused.value.status == 403
    office.client.post(path, {}, SECOND)


def _replace(office: Desk, unit: str, content: bytes) -> None:
    path = f"/workflow/api/v1/packages/yunting-2026.2/points/unit_internal_handling/units/{unit}"
    assert office.upload(path, content, UNIT_OWNER)["number"] == 1


def _hand_over(office: Desk, matter: str, unit: str) -> str:
    """To one unit alone; until when that unit may return it."""
    office.hand_over(matter, unit)
    return str(office.deadline(matter, "return_window")["due"])


def _accepted(office: Desk, name: str, unit: str) -> str:
    """A new matter that a unit has accepted: its inside handling begins."""
    matter = office.submit(name)
    _hand_over(office, matter, unit)
    office.do(matter, "task_receipt")
    return matter
