"""The pages of the verbs, and what a task's page says about who has it and what happened."""

import re

import pytest

from services.workflow import tables as t
from tests.unit.workflow.service.office import Office
from tests.unit.workflow.service.test_lapsed_messages import end
from tests.unit.workflow.service.test_web import Person, app, people

__all__ = ["app", "people"]


@pytest.fixture
def task_id(office: Office, people: dict[str, Person]) -> str:
    """The task of u_a in a case in which three units write opinions."""
    for name in ("friend", "third"):
        office.directory("person", f"p-{name}", name=f"同事{name}", kind="staff", unit="u_a", active=True)
        roles = [{"role": "liaison", "unit": "u_a"}]
        office.directory("account", f"a-{name}", login=name, person_id=f"p-{name}", epoch=1, active=True, roles=roles)
        people[name] = Person(people["office"].client.application, f"a-{name}")
    case_id = office.start()
    office.decide(case_id, "u_a", "u_b", "u_c")
    return str(office.open(case_id)[0]["id"])


def test_a_task_offers_what_may_be_done_with_it(people: dict[str, Person], task_id: str) -> None:
    """Quiet links to small pages; what would be refused is not there."""
    page = people["liaison"].page(f"/tasks/{task_id}")
    offered = re.findall(rf"/tasks/{task_id}/verbs/([a-z_]+)", page)
    assert offered == ["reassign", "delegate", "consult"]
    people["liaison"].page(f"/tasks/{task_id}/verbs/urge", 403)
    people["liaison"].page(f"/tasks/{task_id}/verbs/nonsense", 403)
    people["office"].page(f"/tasks/{task_id}/verbs/nonsense", 404)
    people["other"].page(f"/tasks/{task_id}/verbs/delegate", 403)


def test_delegating_by_page(office: Office, people: dict[str, Person], task_id: str) -> None:
    """The form comes back with its fault; then the page says who acts for whom, and nobody else can submit."""
    mine, path = people["liaison"], f"/tasks/{task_id}/verbs/delegate"
    assert "同事friend（联络员）" in mine.page(path)
    status, page = mine.send(path, note="出差三天")
    assert (status, "出差三天" in page) == (422, True)
    assert mine.send(path, person="p-friend", note="出差三天")[0] == 303
    page = mine.page(f"/tasks/{task_id}")
    assert "这项任务已委托给同事friend办理" in page
    assert 'value="complete"' not in page
    status, page = mine.send(f"/tasks/{task_id}", note="我自己写的意见")
    assert (status, "我自己写的意见" in page) == (409, True)
    page = people["friend"].page(f"/tasks/{task_id}")
    assert "由某liaison委托" in page
    assert "出差三天" in page
    assert people["friend"].send(f"/tasks/{task_id}", note="同意")[0] == 303
    assert "同事friend（代某liaison）" in people["office"].page("/cases/m1-1")
    assert office.replayed("m1-1")


def test_asking_beside_a_task_by_page(people: dict[str, Person], task_id: str, office: Office) -> None:
    """The question stands on both pages; the task waits; withdrawn, it can be done."""
    mine = people["liaison"]
    assert mine.send(f"/tasks/{task_id}/verbs/consult", person="p-third", text="请从预算角度看是否可行")[0] == 303
    [side] = office.rows(t.task, t.task.c.beside == task_id)
    for name, path in (("liaison", task_id), ("third", side["id"])):
        assert "请从预算角度看是否可行" in people[name].page(f"/tasks/{path}")
    status, page = mine.send(f"/tasks/{task_id}", note="写好的意见")
    assert (status, "写好的意见" in page, "加签意见尚未答复" in page) == (409, True, True)
    assert people["third"].send(f"/tasks/{side['id']}", text="可行", agrees="true")[0] == 303
    assert "可行" in mine.page(f"/tasks/{task_id}")
    assert mine.send(f"/tasks/{task_id}/verbs/consult", role="liaison", text="请大家看看")[0] == 303
    [side] = office.rows(t.task, t.task.c.beside == task_id, t.task.c.state == "open")
    assert mine.send(f"/tasks/{side['id']}/verbs/withdraw_consult")[0] == 303
    assert mine.send(f"/tasks/{task_id}", note="写好的意见")[0] == 303


def test_a_second_clerk_is_told_and_keeps_his_text(people: dict[str, Person], task_id: str, office: Office) -> None:
    """Who has done it and when; his own text is shown, nothing is overwritten, his draft stays."""
    assert people["friend"].send(f"/tasks/{task_id}", action="draft", note="同事的草稿还在")[0] == 303
    assert people["liaison"].send(f"/tasks/{task_id}", note="先办完的意见")[0] == 303
    status, page = people["third"].send(f"/tasks/{task_id}", note="晚了一步的意见")
    assert status == 409
    assert "某liaison已于" in page
    assert "晚了一步的意见" in page
    assert "同事的草稿还在" in people["friend"].page(f"/tasks/{task_id}")
    [record] = office.rows(t.stimulus, t.stimulus.c.kind == "complete_task", t.stimulus.c.seq > 2)
    assert record["actor"]["name"] == "某liaison"


def test_an_impatient_click_is_one_answer(people: dict[str, Person], task_id: str, office: Office) -> None:
    """The same form sent twice happens once; changed and sent again it is another, and refused as such."""
    mine = people["liaison"]
    once = re.findall(r'name="once" value="([^"]+)"', mine.page(f"/tasks/{task_id}"))[0]
    for _ in range(2):
        assert mine.send(f"/tasks/{task_id}", note="同意", once=once)[0] == 303
    assert "请勿重复提交" in mine.page("/tasks")
    assert mine.send(f"/tasks/{task_id}", note="不同意", once=once)[0] == 409
    path = f"/tasks/{office.open()[0]['id']}/records/progress_note"
    for _ in range(2):
        assert people["other"].send(path, text="正在协调", once=once)[0] == 303
    assert len(office.rows(t.record, t.record.c.record == "progress_note")) == 1


def test_what_was_just_done_is_taken_back_by_page(people: dict[str, Person], office: Office) -> None:
    """Offered on the closed task while nobody has begun; from 已办 one comes there."""
    case_id = office.start("m2")
    task = office.open(case_id)[0]["id"]
    head = people["office"]
    assert head.send(f"/tasks/{task}", units=["u_a"], note="请办理")[0] == 303
    assert f"/tasks/{task}" in head.page("/tasks/done")
    assert f"/tasks/{task}/verbs/recall" in head.page(f"/tasks/{task}")
    opinion = office.open(case_id)[0]["id"]
    assert people["liaison"].send(f"/tasks/{opinion}", action="claim")[0] == 303
    page = head.page(f"/tasks/{task}")
    assert f"/tasks/{task}/verbs/recall" not in page
    assert "后续环节已经开始，不能撤回。请联系正在办理的人，由其退回" in page
    assert "不能撤回" not in people["liaison"].page(f"/tasks/{opinion}")
    status, page = head.send(f"/tasks/{task}/verbs/recall")
    assert (status, "后续环节已经开始，不能撤回" in page) == (409, True)
    assert people["liaison"].send(f"/tasks/{opinion}", action="release")[0] == 303
    assert head.send(f"/tasks/{task}/verbs/recall")[0] == 303
    assert [row["element"] for row in office.open(case_id)] == ["task_decide"]


def test_whoever_cannot_take_it_back_is_told_why_and_what_to_do(people: dict[str, Person], office: Office) -> None:
    """On the page in the reader's language, to programs in both: one of several side by side, a case that has ended."""
    case_id = office.start("m2")
    office.decide(case_id, "u_a", "u_b")
    first, second = (row["id"] for row in office.open(case_id))
    liaison = people["liaison"]
    assert liaison.send(f"/tasks/{first}", note="同意")[0] == 303
    assert "这一步由几方同时办理，各自提交后不能撤回。需要更正的，请联系下一环节的办理人退回" in liaison.page(
        f"/tasks/{first}"
    )
    assert "several do this step side by side" in liaison.page(f"/tasks/{first}?lang=en")
    status, said = liaison.api("POST", f"/tasks/{first}/verbs/recall", {})
    assert (status, said["code"]) == (409, "recall_beside")
    assert ("请联系" in said["title"], "ask whoever has the next step" in said["title_en"]) == (True, True)
    assert "不能撤回" not in people["other"].page(f"/tasks/{second}")
    end(office, case_id)
    assert "这是本段流程的最后一步，流程已往下走，不能撤回" in liaison.page(f"/tasks/{first}?lang=zh")
    assert liaison.api("POST", f"/tasks/{first}/verbs/recall", {})[1]["code"] == "recall_ended"


def test_the_case_page_is_where_others_urge(people: dict[str, Person], task_id: str, office: Office) -> None:
    """Whoever holds the grant; the second time on a day he confirms it."""
    head, path = people["office"], f"/tasks/{task_id}/verbs/urge"
    assert path not in people["liaison"].page("/cases/m1-1")
    assert f"/tasks/{task_id}/verbs/transfer" in head.page("/cases/m1-1")
    assert people["liaison"].send(path, text="请抓紧办理")[0] == 403
    assert head.send(path, text="请抓紧办理")[0] == 303
    status, page = head.send(path, text="再催一次")
    assert (status, "今天已催办过" in page) == (409, True)
    assert head.send(path, text="再催一次", again="true")[0] == 303
    assert len(office.rows(t.record, t.record.c.record == "reminder")) == 2
    assert "请抓紧办理" in people["liaison"].page(f"/tasks/{task_id}")


def test_a_unit_more_is_added_on_the_case_page(people: dict[str, Person], task_id: str) -> None:
    """Only where co-handlers work side by side; the form names its faults."""
    head = people["office"]
    assert "/cases/m1-1/co-handlers" not in head.page("/cases/m1-1")
    assert head.send("/cases/m1-1/co-handlers")[0] == 422
    status, page = head.send("/cases/m1-1/co-handlers", unit="u_c")
    assert (status, "会办没有在进行" in page) == (409, True)
    people["liaison"].page("/cases/m1-1/co-handlers", 403)
    assert task_id
