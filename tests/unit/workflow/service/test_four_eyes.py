"""Four eyes: whoever did the work may not do the task that checks it, whatever way he comes."""

from dataclasses import replace
from typing import Any

import pytest

from services.common import db
from services.common.problems import Problem
from services.workflow import cases, four_eyes, tasks, worklists
from services.workflow.speakers import Speaker, connector
from tests.unit.workflow.service import package
from tests.unit.workflow.service.office import Office, publish, somebody

ANNA = replace(
    somebody("liaison", "u_b"), account="a-anna", person="p-anna", actor={"account": "a-anna", "person": "p-anna"}
)
TWIN = replace(ANNA, account="a-anna-2", actor={"account": "a-anna-2", "person": "p-anna"})
BERT = replace(
    somebody("liaison", "u_b"), account="a-bert", person="p-bert", actor={"account": "a-bert", "person": "p-bert"}
)
OTHER = somebody("liaison", "u_c")
WANG, LI = (connector("county", ["u_b"], {"name": name}) for name in ("王", "李"))
NAMELESS = connector("county", ["u_b"], {})

INSIDE = """
<bpmn:startEvent id="i_start" name="开始"/>
<bpmn:userTask id="task_draft" name="起草"><bpmn:extensionElements><hy:deadline name="decide"/>
  <hy:task role="liaison" unit="unit" form="opinion" deadline="decide"/></bpmn:extensionElements></bpmn:userTask>
<bpmn:userTask id="task_gate" name="核稿"><bpmn:extensionElements><hy:deadline name="decide"/>
  <hy:return to="task_draft"/>
  <hy:task role="liaison" unit="unit" form="opinion" deadline="decide" apart="task_draft"/>
</bpmn:extensionElements></bpmn:userTask>
<bpmn:endEvent id="i_end" name="结束"/>
<bpmn:sequenceFlow id="i_1" sourceRef="i_start" targetRef="task_draft"/>
<bpmn:sequenceFlow id="i_2" sourceRef="task_draft" targetRef="task_gate"/>
<bpmn:sequenceFlow id="i_3" sourceRef="task_gate" targetRef="i_end"/>
"""


def drafting() -> dict[str, bytes]:
    """A package in which units draft and check in a called process of their own, all at the same time."""
    found = package.files(revision=2)
    main = found["main.bpmn"].decode()
    begin, end = main.index('<bpmn:userTask id="task_opinion"'), main.index("<bpmn:multiInstanceLoop")
    call = '<bpmn:callActivity id="task_opinion" name="办理" calledElement="handling">'
    main = (main[:begin] + call + main[end:].replace("</bpmn:userTask>", "</bpmn:callActivity>", 1)).encode()
    return {**found, "main.bpmn": main, "handling.bpmn": package.diagram("handling", "办理", INSIDE)}


def drafted(office: Office) -> str:
    """Its version."""
    return publish(office, files=drafting())


@pytest.fixture
def case_id(office: Office) -> str:
    """A case of that version in which two units have to draft."""
    case_id = office.start(version=drafted(office))
    office.decide(case_id, "u_b", "u_c")
    return case_id


def do(office: Office, case_id: str, element: str, who: Speaker, unit: str = "u_b") -> None:
    """Somebody does the unit's open task."""
    office.complete(one(office, case_id, element, unit)["id"], {"note": "办理意见"}, who)


def one(office: Office, case_id: str, element: str, unit: str = "u_b") -> dict[str, Any]:
    """The unit's open task at an element."""
    return next(task for task in office.open(case_id) if (task["element"], task["unit"]) == (element, unit))


@pytest.mark.parametrize(
    ("drafter", "checker", "allowed"),
    [
        (ANNA, ANNA, False),
        (ANNA, TWIN, False),
        (ANNA, BERT, True),
        (ANNA, WANG, True),
        (WANG, WANG, False),
        (WANG, LI, True),
        (WANG, NAMELESS, True),
        (NAMELESS, NAMELESS, False),
    ],
)
def test_whoever_drafted_does_not_check(
    office: Office, case_id: str, drafter: Speaker, checker: Speaker, allowed: bool
) -> None:
    """The same account or person; of a unit's system the same claimed person."""
    do(office, case_id, "task_draft", drafter)
    if allowed:
        do(office, case_id, "task_gate", checker)
        return
    with pytest.raises(Problem) as caught:
        do(office, case_id, "task_gate", checker)
    assert (caught.value.code, caught.value.status) == ("four_eyes", 403)
    assert one(office, case_id, "task_gate")["state"] == "open"


def test_an_agency_hears_the_code(office: Office, case_id: str) -> None:
    """`message.rejected` with four_eyes and its words."""
    do(office, case_id, "task_draft", WANG)
    data = {"task_id": one(office, case_id, "task_gate")["id"], "unit": "u_b", "actor": {"name": "王"}}
    data |= {"data": {"note": "同意"}, "occurred_at": office.clock.now().isoformat()}
    office.receive("task.complete.v1", data, channel="county")
    office.turn()
    [answer] = office.sent("message.rejected.v1")
    assert answer["code"] == "four_eyes"
    assert "另一人" in answer["text"]


def test_the_last_time_counts(office: Office, case_id: str) -> None:
    """After a return somebody else drafts: now he may not check, and the first one may."""
    do(office, case_id, "task_draft", ANNA)
    with db.begin(office.engine) as conn:
        data = {"verb": "return", "task": one(office, case_id, "task_gate")["id"]}
        cases.operate(conn, case_id, data, {}, office.clock.now())
    office.later(minutes=5)
    do(office, case_id, "task_draft", BERT)
    with pytest.raises(Problem, match="four_eyes"):
        do(office, case_id, "task_gate", BERT)
    do(office, case_id, "task_gate", ANNA)


def test_every_instance_is_looked_at_by_itself(office: Office, case_id: str) -> None:
    """Who has drafted for the one unit may check for the other, whoever did it last."""
    both = replace(ANNA, roles=(("liaison", None),))
    do(office, case_id, "task_draft", both, "u_b")
    office.later(minutes=5)
    do(office, case_id, "task_draft", OTHER, "u_c")
    with pytest.raises(Problem, match="four_eyes"):
        do(office, case_id, "task_gate", both, "u_b")
    with pytest.raises(Problem, match="four_eyes"):
        do(office, case_id, "task_gate", OTHER, "u_c")
    do(office, case_id, "task_gate", both, "u_c")
    assert office.replayed(case_id)


def test_work_lists_and_claims_say_so(office: Office, case_id: str) -> None:
    """The task stays on the list with the reason; it cannot be claimed."""
    do(office, case_id, "task_draft", ANNA)
    task = one(office, case_id, "task_gate")
    with db.read(office.engine) as conn:
        rows = worklists.todo(conn, ANNA, worklists.Filter(), office.clock.now(), limit=9)
        assert four_eyes.barred(conn, rows, ANNA) == {task["id"]: "起草"}
        assert four_eyes.barred(conn, rows, BERT) == {}
    with pytest.raises(Problem, match="four_eyes"), db.begin(office.engine) as conn:
        tasks.claim(conn, task["id"], ANNA, office.clock.now())


def row(element: str, scope: str = "", unit: str | None = None, apart: tuple[str, ...] = ()) -> dict[str, Any]:
    """A task as the rule looks at it."""
    return {"case_id": "c", "element": element, "scope": scope, "unit": unit, "apart": apart}


@pytest.mark.parametrize(
    ("task", "done", "wanted"),
    [
        (row("gate", apart=("draft",)), [], []),
        (row("gate", apart=("draft",)), [row("draft"), row("draft")], [1]),
        (row("gate", apart=("draft", "plan")), [row("plan"), row("draft"), row("other")], [1, 0]),
        (row("gate", "a[1]", apart=("draft",)), [row("draft", "a[1]"), row("draft", "a[10]")], [0]),
        (row("gate", "a[1]/b", apart=("draft",)), [row("draft", "a[1]"), row("draft", "a[0]")], [0]),
        (row("gate", apart=("draft",)), [row("draft", "a[0]"), row("draft", "a[1]"), row("draft", "a[0]")], [1, 2]),
        (row("gate", apart=("draft",)), [row("draft", unit="u1"), row("draft", unit="u2")], [0, 1]),
        (row("gate", unit="u2", apart=("draft",)), [row("draft", unit="u1"), row("draft", unit="u2")], [1]),
    ],
)
def test_the_nearest_and_latest_counts(task: dict[str, Any], done: list[dict[str, Any]], wanted: list[int]) -> None:
    """By place, unit and order."""
    found = four_eyes.latest(task, done)
    assert sorted(map(id, found)) == sorted(id(done[number]) for number in wanted)
