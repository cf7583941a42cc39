"""Pages and API: signed in, by the rules of the nouns, in words."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.common import auth, config, db
from services.workflow import app as apps
from services.workflow import cases, matters, packages
from services.workflow import engine as e
from services.workflow import tables as t
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import Office, matter, publish, somebody
from tests.unit.workflow.service.test_branches import files as branching
from tests.unit.workflow.service.test_fill import filled
from tests.unit.workflow.service.test_four_eyes import drafted
from tests.unit.workflow.service.test_remarks import checked


@pytest.fixture
def app(office: Office, tmp_path: Path) -> Flask:
    """The service's web on the office's database, with accounts."""
    people = {
        "office": [("office", None)],
        "liaison": [("liaison", "u_a")],
        "other": [("liaison", "u_b")],
        "colleague": [("liaison", "u_a")],
        "owner": [("owner", None)],
        "second": [("owner", None)],
    }
    for name, roles in people.items():
        office.directory("person", f"p-{name}", name=f"某{name}", kind="staff", active=True)
        held = [{"role": role, "unit": unit} for role, unit in roles]
        office.directory("account", f"a-{name}", login=name, person_id=f"p-{name}", epoch=1, active=True, roles=held)
    office.directory("person", "d1", name="张代表", kind="deputy", active=True)
    office.directory("account", "a-d1", login="d1", person_id="d1", epoch=1, active=True, roles=[["deputy", None]])
    settings = config.load({"HUIYIN_HOME": str(tmp_path), "HUIYIN_SECRET_KEY": "k" * 40})
    return apps.create(settings, office.clock, office.engine)


class Person:
    """Somebody with a browser and a token."""

    def __init__(self, app: Flask, account: str) -> None:
        self.client: FlaskClient = app.test_client()
        with app.test_request_context():
            token = auth.issue_token(account, 1)
        self.headers = {"Authorization": f"Bearer {token}"}
        with self.client.session_transaction() as session:
            session["account"], session["epoch"] = account, 1

    def api(self, method: str, path: str, json: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and JSON of an API call."""
        answer = self.client.open(f"/api/v1{path}", method=method, json=json, headers={**self.headers, **headers})
        return answer.status_code, answer.get_json(force=True)

    def page(self, path: str, status: int = 200) -> str:
        """The text of a page."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def send(self, path: str, **form: Any) -> tuple[int, str]:
        """Status and text after a form was sent."""
        token = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get("/tasks").text)
        assert token is not None
        answer = self.client.post(path, data={**form, "csrf_token": token[1]})
        return answer.status_code, answer.text


@pytest.fixture
def people(app: Flask) -> dict[str, Person]:
    """Everybody who works here."""
    return {
        name: Person(app, f"a-{name}") for name in ("office", "liaison", "other", "colleague", "owner", "second", "d1")
    }


def test_every_route_declares_its_access(app: Flask) -> None:
    """Nothing is open by forgetting."""
    assert [rule for rule, view in app.view_functions.items() if not hasattr(view, "access")] == []


def test_a_task_is_done_over_the_api_once(office: Office, people: dict[str, Person]) -> None:
    """The same Idempotency-Key gives the same answer; another request under it is refused."""
    task_id = office.open(office.start())[0]["id"]
    status, listed = people["office"].api("GET", "/tasks")
    assert (status, [row["task_id"] for row in listed["tasks"]]) == (200, [task_id])
    complete = f"/tasks/{task_id}/complete"
    key = {"Idempotency-Key": "k1"}
    first = people["office"].api("POST", complete, {"units": ["u_a"]}, **key)
    assert first[0] == 200
    assert people["office"].api("POST", complete, {"units": ["u_a"]}, **key) == first
    assert people["office"].api("POST", complete, {"units": ["u_b"]}, **key)[1]["code"] == "key_reused"
    assert people["office"].api("POST", complete, {"units": ["u_a"]})[1]["code"] == "already_done"


def test_records_and_verbs_are_done_once_per_key_too(office: Office, people: dict[str, Person]) -> None:
    """Whoever lost the answer asks again: one record, one transfer, the same answers."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    task_id = office.open(case_id)[0]["id"]
    liaison, path = people["liaison"], f"/cases/{case_id}/records/progress_note"
    wish, key = {"unit": "u_a", "data": {"text": "正在协调"}}, {"Idempotency-Key": "r1"}
    first = liaison.api("POST", path, wish, **key)
    assert first[0] == 200
    assert liaison.api("POST", path, wish, **key) == first
    assert liaison.api("POST", path, {**wish, "data": {"text": "别的"}}, **key)[1]["code"] == "key_reused"
    assert len(office.rows(t.record, t.record.c.record == "progress_note")) == 1
    by_matter = liaison.api("POST", "/matters/m1/records/progress_note", wish, **{"Idempotency-Key": "r2"})
    assert by_matter == (200, {"matter_id": "m1", "stimulus": f"{case_id}.4", "warnings": []})
    over, away, key = f"/tasks/{task_id}/verbs/transfer", {"unit": "u_b"}, {"Idempotency-Key": "v1"}
    first = people["office"].api("POST", over, away, **key)
    assert first[0] == 200
    assert people["office"].api("POST", over, away, **key) == first
    recompute = f"/cases/{case_id}/verbs/calendar"
    assert people["office"].api("POST", recompute, {}, **key)[1]["code"] == "key_reused"
    kinds = [row["kind"] for row in office.rows(t.stimulus)]
    assert (kinds.count("record"), kinds.count("operator")) == (2, 1)
    assert people["office"].api("POST", over, away, **{"Idempotency-Key": "k" * 201})[1]["code"] == "bad_request"


def test_the_api_names_every_fault(office: Office, people: dict[str, Person]) -> None:
    """422 with paths, 403 for another unit, 404 for nothing."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    task_id = office.open(case_id)[0]["id"]
    status, problem = people["liaison"].api("POST", f"/tasks/{task_id}/complete", {})
    assert (status, problem["errors"][0]["path"]) == (422, "note")
    assert people["other"].api("POST", f"/tasks/{task_id}/complete", {"note": "x"})[0] == 403
    assert people["other"].api("GET", "/tasks/none.1")[0] == 404


def test_a_task_comes_with_the_whole_text_and_the_draft(office: Office, people: dict[str, Person]) -> None:
    """Everything needed to do it, even while intake is down."""
    task_id = office.open(office.start())[0]["id"]
    assert people["office"].api("PUT", f"/tasks/{task_id}/draft", {"note": "半"})[0] == 200
    _status, task = people["office"].api("GET", f"/tasks/{task_id}")
    assert task["matter"]["body"]["situation"] == "现状如此"
    assert task["draft"] == {"note": "半"}
    assert task["why"]
    assert task["form_schema"]["properties"]["units"]["items"]["enum"] == ["u_a", "u_b", "u_c"]


def test_the_pages_of_a_task(office: Office, people: dict[str, Person]) -> None:
    """待办 shows it, its page has text, deadline and form; faults come back; then it is 已办."""
    case_id = office.start()
    task_id = office.open(case_id)[0]["id"]
    assert "关于增设盲道的建议" in people["office"].page("/tasks")
    page = people["office"].page(f"/tasks/{task_id}")
    assert "现状如此" in page
    assert "怎么算的" in page
    status, text = people["office"].send(f"/tasks/{task_id}", action="complete", note="写到一半")
    assert (status, "写到一半" in text) == (422, True)
    assert people["office"].send(f"/tasks/{task_id}", action="draft", note="草稿文字")[0] == 303
    assert "草稿文字" in people["office"].page(f"/tasks/{task_id}")
    assert people["office"].send(f"/tasks/{task_id}", action="claim")[0] == 303
    assert people["office"].send(f"/tasks/{task_id}", units=["u_a"], note="请办理")[0] == 303
    assert "关于增设盲道的建议" in people["office"].page("/tasks/done")
    assert "办完这项任务" in people["office"].page(f"/tasks/{task_id}")
    assert "单位u_a" in people["liaison"].page("/tasks")


def test_a_task_names_the_attachments_of_its_matter(office: Office, people: dict[str, Person]) -> None:
    """Intake hands them out; the page links to them by their ids."""
    task_id = office.open(office.start())[0]["id"]
    assert "/files/" not in people["office"].page(f"/tasks/{task_id}")
    attached = {
        "file_id": "f-1",
        "name": "现场<照片>.pdf",
        "sha256": "0" * 64,
        "size": 9,
        "media_type": "application/pdf",
    }
    with db.begin(office.engine) as conn:
        matters.keep(conn, {**matter("m1"), "attachments": [attached]}, office.clock.now())
    assert '<a href="/files/f-1">现场&lt;照片&gt;.pdf</a>' in people["office"].page(f"/tasks/{task_id}")


def test_an_overdue_task_is_marked(office: Office, people: dict[str, Person]) -> None:
    """In words, not only by colour."""
    office.start()
    office.later(days=20)
    assert "逾期" in people["office"].page("/tasks?overdue=1")


def test_an_empty_list_says_whether_the_filter_made_it_so(people: dict[str, Person]) -> None:
    """Nothing there is good news, nothing found is a reason to look again."""
    for path, nothing in (("/tasks", "没有待办任务"), ("/tasks/done", "还没有办理过任务")):
        assert nothing in people["office"].page(path)
        found = people["office"].page(f"{path}?q=nothing")
        assert nothing not in found
        assert f'href="{path}">清除条件' in found


def test_a_record_is_added_on_its_own_page(office: Office, people: dict[str, Person]) -> None:
    """The records a scope accepts are offered beside the task."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    task_id = office.open(case_id)[0]["id"]
    assert f"/tasks/{task_id}/records/progress_note" in people["liaison"].page(f"/tasks/{task_id}")
    people["liaison"].page(f"/tasks/{task_id}/records/progress_note")
    status, _text = people["liaison"].send(f"/tasks/{task_id}/records/progress_note", text="")
    assert status == 422
    assert people["liaison"].send(f"/tasks/{task_id}/records/progress_note", text="正在协调")[0] == 303
    assert "正在协调" in people["liaison"].page(f"/tasks/{task_id}")


def test_the_case_page_shows_steps_deadlines_and_an_intact_log(office: Office, people: dict[str, Person]) -> None:
    """Visible to whoever takes part, its proposer and the office; to nobody else."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    page = people["office"].page(f"/cases/{case_id}")
    assert 'data-current="task_opinion"' in page
    assert "日志的校验链完整" in page
    assert b"<bpmn:definitions" in people["office"].client.get(f"/cases/{case_id}/diagram").data
    people["liaison"].page(f"/cases/{case_id}")
    people["d1"].page(f"/cases/{case_id}")
    people["other"].page(f"/cases/{case_id}", 403)
    _status, case = people["office"].api("GET", f"/cases/{case_id}")
    assert case["log_intact"] is True
    with office.engine.begin() as conn:
        conn.execute(t.stimulus.update().values(payload=b"{}"))
    assert "与校验链不符" in people["office"].page(f"/cases/{case_id}")


def test_the_log_speaks_of_steps_not_of_ids(office: Office, people: dict[str, Person]) -> None:
    """What was done is called as on the diagram, with its unit; so are timers, messages and verbs."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    transfer = f"/tasks/{office.open(case_id)[0]['id']}/verbs/transfer"
    assert people["office"].api("POST", transfer, {"unit": "u_c"})[0] == 200
    office.complete(office.open(case_id)[0]["id"], {"note": "同意"}, somebody("liaison", "u_c"))
    delivered = {"matter_id": "m1", "letter_id": f"{case_id}.letter", "recipients": ["d1"]}
    office.receive("reply.delivered.v1", {**delivered, "delivered_at": office.clock.now().isoformat()})
    office.turn()
    office.later(days=8)
    office.turn()
    log = people["office"].page(f"/cases/{case_id}").partition('id="log-title"')[2]
    told = re.findall(r"<td>([^<]*)</td><td>([^<]*)</td><td>([^<]*)</td>\s", log)
    assert told == [
        ("启动", "主流程", ""),
        ("完成任务", "决定", ""),
        ("人工处置", "转办：意见", "单位u_a"),
        ("完成任务", "意见", "单位u_c"),
        ("收到消息", "等待送达", ""),
        ("到时", "等待一周", ""),
    ]
    assert f"{case_id}." not in log


def test_the_diagram_shows_every_box_the_case_stands_in(office: Office, people: dict[str, Person]) -> None:
    """The call and the task in the called process, of which the diagram shows the one it has."""
    case_id = office.start()
    with db.begin(office.engine) as conn:
        cases.start(conn, cases.Begin(matter_id="m1", process="follow"), office.clock.now())
    page = people["office"].page("/cases/m1-2")
    assert 'data-done="" data-current="call_inside inside_task"' in page
    [task] = office.open("m1-2")
    office.complete(task["id"], {"note": "已办"}, somebody("liaison", "u_a"))
    assert 'data-done="call_inside inside_task" data-current=""' in people["office"].page("/cases/m1-2")
    assert case_id == "m1-1"


def test_a_version_that_was_never_in_force_is_deleted_on_its_page(people: dict[str, Person]) -> None:
    """By whoever may submit one; the page of a version in force offers no such thing and says who takes it."""
    owner, content = people["owner"], packages.pack(packages.load(package.files(2)))
    owner.client.post("/api/v1/packages", data=content, headers=owner.headers)
    assert "删除这个版本" in owner.page("/packages/testcity-2026.2")
    assert people["liaison"].send("/packages/testcity-2026.2/delete")[0] == 403
    assert owner.send("/packages/testcity-2026.2/delete")[0] == 303
    owner.page("/packages/testcity-2026.2", 404)
    page = owner.page("/packages/testcity-2026.1")
    assert "删除这个版本" not in page
    assert "按它办理的会议" in page


def test_versions_are_shown_and_approved_by_a_second_person(people: dict[str, Person]) -> None:
    """The list, one version with its diagrams; whoever may not read processes is refused."""
    content = packages.pack(packages.load(package.files(2)))
    owner, second = people["owner"], people["second"]
    answer = owner.client.post("/api/v1/packages", data=content, headers=owner.headers)
    assert answer.get_json() == {"version": "testcity-2026.2"}
    assert "您不能审定自己提交的版本" in owner.page("/packages/testcity-2026.2")
    assert owner.api("POST", "/packages/testcity-2026.2/approve")[1]["code"] == "own_submission"
    assert second.send("/packages/testcity-2026.2/approve")[0] == 303
    assert "testcity-2026.2" in second.page("/packages")
    page = second.page("/packages/testcity-2026.2")
    assert "与 testcity-2026.1 相比" in page
    assert second.client.get("/packages/testcity-2026.2/diagrams/main.bpmn").status_code == 200
    people["liaison"].page("/packages", 403)
    refused = owner.client.post("/api/v1/packages", data=b"x", headers=owner.headers)
    assert (refused.status_code, refused.content_type) == (422, "application/problem+json")
    assert refused.get_json()["code"] == "bad_package"
    assert refused.get_json()["findings"]


def test_incidents_and_parked_messages_wait_for_an_operator(
    office: Office, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person is told that his answer is kept; the operator retries; a refused message is replayed."""
    task_id = office.open(office.start())[0]["id"]
    real = e.step

    def broken(_case: e.Case, _stimulus: e.Stimulus) -> Any:
        raise e.EngineError("no_flow", element="gw")

    monkeypatch.setattr(e, "step", broken)
    status, problem = people["office"].api("POST", f"/tasks/{task_id}/complete", {"units": ["u_a"]})
    assert (status, problem["code"]) == (503, "incident")
    assert people["office"].api("POST", f"/tasks/{task_id}/complete", {"units": ["u_a"]})[1]["code"] == (
        "incident_open"
    )
    assert "网关没有可走的分支" in people["office"].page("/incidents")
    monkeypatch.setattr(e, "step", real)
    assert people["office"].send("/incidents/1/retry")[0] == 303
    assert [row["element"] for row in office.open()] == ["task_opinion"]
    assert people["liaison"].client.get("/incidents").status_code == 403


def test_health_says_what_waits(office: Office, people: dict[str, Person]) -> None:
    """Settled when nothing is due; an arrived message or a due timer unsettles it."""
    before = people["office"].client.get("/health/settled").get_json()
    assert (before["inbox_pending"], before["timers_due"], before["incidents"]) == (0, 0, 0)
    office.receive("reply.delivered.v1", {"matter_id": "m1"})
    assert people["office"].client.get("/health/settled").get_json()["inbox_pending"] == 1


def test_who_watches_sees_the_open_tasks_of_everybody(office: Office, people: dict[str, Person]) -> None:
    """All cases, the oldest first; nobody else may ask."""
    first = office.open(office.start())[0]["id"]
    second = office.open(office.start("m2"))[0]["id"]
    office.decide(first.rpartition(".")[0], "u_a", "u_b")
    status, found = people["office"].api("GET", "/open-tasks")
    assert (status, found["more"]) == (200, False)
    assert [task["unit"] for task in found["tasks"]] == ["u_a", "u_b", None]
    assert found["tasks"][-1]["task_id"] == second
    assert people["liaison"].api("GET", "/open-tasks")[0] == 403


def test_the_history_of_a_matter_tells_every_step(office: Office, people: dict[str, Person]) -> None:
    """Who, when, where in the diagram, under which deadline, and which messages it caused."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    status, history = people["office"].api("GET", "/matters/m1/history")
    assert status == 200
    [case] = history["cases"]
    assert [(step["kind"], step["element"]) for step in case["steps"]] == [
        ("start", "main"),
        ("complete_task", "task_decide"),
    ]
    assert case["steps"][1]["deadline"] == "2026-03-09"
    assert case["steps"][1]["why"]
    assert (f"{case_id}.2.1", "task.closed.v1") in [(m["id"], m["type"]) for m in case["steps"][1]["messages"]]
    assert people["other"].api("GET", "/matters/m1/history")[0] == 403
    assert people["office"].api("GET", "/matters/none/history")[0] == 404


def test_a_form_opens_with_what_the_diagram_fills_in(office: Office, people: dict[str, Person]) -> None:
    """Until a draft is saved; programs read the same."""
    case_id = office.start(version=filled(office))
    office.decide(case_id, "u_a")
    task_id = office.open(case_id)[0]["id"]
    assert "请办理</textarea>" in people["liaison"].page(f"/tasks/{task_id}")
    assert people["liaison"].api("GET", f"/tasks/{task_id}")[1]["initial"] == {"note": "请办理"}
    people["liaison"].send(f"/tasks/{task_id}", action="draft", note="我的草稿")
    page = people["liaison"].page(f"/tasks/{task_id}")
    assert "我的草稿</textarea>" in page
    assert "请办理</textarea>" not in page


def test_remarks_on_an_answer_are_shown_to_whoever_comes_next(office: Office, people: dict[str, Person]) -> None:
    """An error stands at its field; a warning on the pages of the case and in the API, not for another unit."""
    case_id = office.start(version=checked(office))
    office.decide(case_id, "u_a", "u_b")
    task_id, later = (task["id"] for task in office.open(case_id))
    status, page = people["liaison"].send(f"/tasks/{task_id}", action="complete", note="拒绝办理")
    assert status == 422
    assert "不能写“拒绝”" in page
    assert "拒绝办理</textarea>" in page
    status, answer = people["liaison"].api("POST", f"/tasks/{task_id}/complete", {"note": "拒绝办理"})
    assert (status, answer["errors"][0]["path"]) == (422, "note")
    status, answer = people["liaison"].api("POST", f"/tasks/{task_id}/complete", {"note": "同意"})
    assert (status, answer["warnings"][0]["text"]) == (200, "说明太短")
    assert "说明太短" not in people["other"].page(f"/tasks/{later}")
    for who in ("office", "liaison"):
        assert "意见 · 单位u_a：说明太短" in people[who].page(f"/cases/{case_id}")
    assert people["office"].api("GET", f"/cases/{case_id}")[1]["tasks"][1]["warnings"][0]["path"] == "note"


def test_only_records_of_ones_own_role_are_offered(office: Office, people: dict[str, Person]) -> None:
    """The liaison may note progress, the office may ask for more time; neither sees the other's button."""
    case_id = office.start(version=publish(office, files=branching()))
    task_id = office.open(case_id)[0]["id"]
    page = people["office"].page(f"/tasks/{task_id}")
    assert ("records/extension_request" in page, "records/progress_note" in page) == (True, False)
    office.decide(case_id, "u_a")
    page = people["liaison"].page(f"/tasks/{office.open(case_id)[0]['id']}")
    assert ("records/extension_request" in page, "records/progress_note" in page) == (False, True)


def test_who_did_the_work_sees_that_somebody_else_checks_it(office: Office, people: dict[str, Person]) -> None:
    """On the list, on the page without a form, and over HTTP; the colleague finds the form."""
    case_id = office.start(version=drafted(office))
    office.decide(case_id, "u_a")
    draft = office.open(case_id)[0]["id"]
    assert people["liaison"].api("POST", f"/tasks/{draft}/complete", {"note": "办理意见"})[0] == 200
    gate = office.open(case_id)[0]["id"]
    assert "须由另一人办理" in people["liaison"].page("/tasks")
    page = people["liaison"].page(f"/tasks/{gate}")
    assert "“起草”是您办的，这一步须由另一人办理" in page
    assert 'value="complete"' not in page
    assert people["liaison"].api("GET", "/tasks")[1]["tasks"][0]["barred"] is True
    status, answer = people["liaison"].api("POST", f"/tasks/{gate}/complete", {"note": "同意"})
    assert (status, answer["code"]) == (403, "four_eyes")
    assert people["liaison"].send(f"/tasks/{gate}", action="complete", note="同意")[0] == 403
    assert 'value="complete"' in people["colleague"].page(f"/tasks/{gate}")
    assert people["colleague"].api("GET", f"/tasks/{gate}")[1]["barred"] is False
    assert people["colleague"].send(f"/tasks/{gate}", action="complete", note="同意")[0] == 303


def test_programs_read_what_may_be_done_with_a_task(office: Office, people: dict[str, Person]) -> None:
    """The verbs its page offers, who acts for whom, and what a side task asks beside which other."""
    case_id = office.start()
    office.decide(case_id, "u_a")
    main = office.open(case_id)[0]["id"]
    liaison = people["liaison"]
    assert liaison.api("GET", f"/tasks/{main}")[1]["verbs"] == ["reassign", "delegate", "consult"]
    liaison.api("POST", f"/tasks/{main}/verbs/consult", {"person": "p-colleague", "text": "可行吗"})
    side = next(task["id"] for task in office.open(case_id) if task["beside"])
    asked = people["colleague"].api("GET", f"/tasks/{side}")[1]
    assert (asked["beside"], asked["question"]["text"], asked["verbs"]) == (main, "可行吗", [])
    assert liaison.api("POST", f"/tasks/{main}/verbs/delegate", {"person": "p-colleague"})[0] == 200
    assert people["colleague"].api("GET", f"/tasks/{main}")[1]["delegate"] == "p-colleague"
