"""撤回: whoever has done a task takes it back while nobody has gone on from it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.workflow.engine import (
    Milestone,
    TaskChanged,
    TaskClosed,
    TaskOpened,
    Unexpected,
    recallable,
    recalls,
    unrecallable,
)
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver


def recall(driver: Driver, task: str) -> list[Any]:
    """Take a task back."""
    return driver.step("operator", verb="recall", task=task)


def done(driver: Driver, element: str, number: int = 0, **facts: Any) -> str:
    """Do a task; its id."""
    task = driver.task(element, number)
    driver.complete(element, number, **facts)
    return task


def refusal(driver: Driver, task: str) -> str:
    """Why a task cannot be taken back; the same before it is tried."""
    assert recallable(driver.case, task) is None
    with pytest.raises(Unexpected) as error:
        recall(driver, task)
    assert unrecallable(driver.case, task) == error.value.code
    return error.value.code


def refused(driver: Driver, task: str) -> bool:
    """Whether a task cannot be taken back because somebody has gone on from it."""
    return refusal(driver, task) == "not_recallable"


def test_a_task_is_open_again() -> None:
    """What came of it is closed as revoked; done once more, its new answer counts, and so does its record."""
    ext = d.hy("task", role="r", form="f")
    files = {"forms/f.json": b'{"x-record": "review"}'}
    driver = Driver(s.sketch(d.user("a", ext=ext) + d.user("b"), "start a b end"), **files)
    first = done(driver, "a", x=1)
    next_ = driver.task("b")
    effects = recall(driver, first)
    assert [e for e in effects if isinstance(e, TaskClosed)] == [TaskClosed(next_, "b", "revoked")]
    [opened] = [e for e in effects if isinstance(e, TaskOpened)]
    assert (opened.element, opened.role) == ("a", "r")
    assert driver.case.facts["records"] == {"review": 0}
    assert refused(driver, first)
    done(driver, "a", x=2)
    assert driver.case.workflow.get_task_from_id(next(iter(driver.case.tasks))).data["a"] == {"x": 2}
    assert driver.case.facts["records"] == {"review": 1}
    driver.check()


def pass_on(driver: Driver) -> None:
    """Somebody else gets the next task."""
    driver.step("operator", verb="transfer", task=driver.task("b"), unit="u9")


def ask(driver: Driver) -> None:
    """Somebody is asked beside the next task."""
    driver.step("operator", verb="consult", task=driver.task("b"), person="p1")


def note(driver: Driver) -> None:
    """A record is added beside the next task."""
    driver.step("record", record="note", task=driver.task("b"), data={})


@pytest.mark.parametrize("act", [pass_on, ask, note, lambda driver: driver.complete("b")])
def test_once_somebody_has_gone_on_it_is_too_late(act: Callable[[Driver], None]) -> None:
    """The next task was done, passed on, got a question or a record."""
    ext = d.hy("accepts", record="note")
    driver = Driver(s.sketch(d.user("a") + d.user("b") + d.user("c"), "start a b c end", ext=ext))
    task = done(driver, "a")
    act(driver)
    assert refused(driver, task)
    driver.check()


def test_taken_back_out_of_a_parallel_part_the_other_branch_stays() -> None:
    """Behind a fork all that came of the task goes, before a join its own waiting token; behind a join it is late."""
    nodes = d.node("parallelGateway", "fork") + d.node("parallelGateway", "join")
    nodes += "".join(d.user(key) for key in ("first", "a", "b", "after"))
    driver = Driver(s.sketch(nodes, "start first fork a join after end", "fork b join"))
    first = done(driver, "first")
    recall(driver, first)
    assert driver.tasks() == {"first": 1}
    done(driver, "first")
    a = done(driver, "a")
    assert driver.tasks() == {"b": 1}
    recall(driver, a)
    assert driver.tasks() == {"a": 1, "b": 1}
    a, b = done(driver, "a"), done(driver, "b")
    assert refused(driver, a)
    assert refusal(driver, b) == "recall_joined"
    done(driver, "after")
    assert driver.case.is_finished
    driver.check()


def handing_over() -> Driver:
    """A handover to several units, each with a called process of its own."""
    inner = s.called("Q", d.user("receipt") + d.user("draft") + d.user("gate"), "Q_start receipt draft gate Q_end")
    call = d.node("callActivity", "ask", d.each("units", "unit", "out", "got"), calledElement="Q")
    xml = s.sketch(d.user("handover") + call + d.user("after"), "start handover ask after end", more=inner)
    return Driver(xml, {"units": ["u1", "u2", "u3"]})


def test_a_handover_to_many_units_is_taken_back_while_none_has_begun() -> None:
    """All their processes end; with one receipt it is too late."""
    driver = handing_over()
    handover = done(driver, "handover")
    assert driver.tasks() == {"receipt": 3}
    recall(driver, handover)
    assert driver.tasks() == {"handover": 1}
    handover = done(driver, "handover")
    done(driver, "receipt", 1)
    assert refused(driver, handover)
    driver.check()


def test_inside_one_instance_the_others_stay() -> None:
    """A unit takes back its own step; the last step of its process ends with it and cannot be taken back."""
    driver = handing_over()
    done(driver, "handover")
    receipts = [done(driver, "receipt") for _ in range(3)]
    drafts = [done(driver, "draft") for _ in range(2)]
    assert refused(driver, receipts[0])
    recall(driver, drafts[1])
    assert driver.tasks() == {"gate": 1, "draft": 2}
    recall(driver, receipts[2])
    assert driver.tasks() == {"gate": 1, "draft": 1, "receipt": 1}
    gate = done(driver, "gate")
    assert refusal(driver, gate) == "recall_ended"
    done(driver, "receipt")
    for element in ("draft", "gate", "draft", "gate", "after"):
        done(driver, element)
    assert driver.case.is_finished
    driver.check()


def test_what_was_told_outside_cannot_be_unsaid() -> None:
    """A step that sent a message, or began another case, cannot be taken back."""
    start = d.node("intermediateThrowEvent", "other", ext=d.hy("start", process="Q"))
    throw = d.node("intermediateThrowEvent", "send", d.message("reply.issued"))
    for node, key in ((start, "other"), (throw, "send")):
        xml = s.sketch(d.user("a") + node + d.user("b"), f"start a {key} b end", messages=("reply.issued",))
        driver = Driver(xml)
        assert refusal(driver, done(driver, "a")) == "recall_sent"
        driver.check()


def test_the_deadline_runs_on_from_its_first_day() -> None:
    """Taking a task back wins no time; the state reported before holds again."""
    mark = d.node("intermediateThrowEvent", "mark", ext=d.hy("milestone", state="handed_over"))
    begun = d.node("intermediateThrowEvent", "begun", ext=d.hy("milestone", state="admitted"))
    ext = d.hy("task", role="r", deadline="week") + d.hy("deadline", name_="week")
    xml = s.sketch(begun + d.user("a", ext=ext) + mark + d.user("b"), "start begun a mark b end")
    driver = Driver(xml, D03_dmn=s.DEADLINES)
    [limit] = driver.case.deadlines.values()
    driver.now += timedelta(days=2)
    task = done(driver, "a")
    driver.now += timedelta(days=2)
    assert [e for e in recall(driver, task) if isinstance(e, Milestone)] == [Milestone("admitted", "a")]
    [again] = driver.case.deadlines.values()
    assert (again["from"], again["due"]) == (limit["from"], limit["due"])
    driver.check()


def test_it_comes_back_to_whoever_had_it() -> None:
    """A task that had been passed on is not given back to whom the diagram names."""
    xml = s.sketch(d.user("a", ext=d.hy("task", role="r", unit="'u1'")) + d.user("b"), "start a b end")
    driver = Driver(xml)
    driver.step("operator", verb="transfer", task=driver.task("a"), unit="u2", person="p7")
    task = done(driver, "a")
    effects = recall(driver, task)
    assert effects[-1] == TaskChanged(driver.task("a"), "r", "u2", "p7")
    driver.check()


def test_reminders_do_not_stand_in_the_way() -> None:
    """A timer that hangs on the next task goes with it; when it has opened a task, it is too late."""
    nodes = d.user("a") + d.user("b") + d.boundary("soon", "b", d.timer(duration="PT1H"), interrupting=False)
    xml = s.sketch(nodes + d.user("told") + d.node("endEvent", "e"), "start a b end", "soon told e")
    driver = Driver(xml)
    recall(driver, done(driver, "a"))
    assert (driver.tasks(), driver.case.waits) == ({"a": 1}, {})
    task = done(driver, "a")
    driver.ring("soon")
    assert refused(driver, task)
    driver.check()


def test_a_task_with_events_around_it_is_taken_back_with_them() -> None:
    """Its own timers are set again."""
    nodes = d.user("a") + d.user("b") + d.boundary("late", "a", d.timer(duration="PT1H")) + d.node("endEvent", "e")
    driver = Driver(s.sketch(nodes, "start a b end", "late e"))
    task = done(driver, "a")
    assert not driver.case.waits
    recall(driver, task)
    assert list(driver.waits("timer")) == ["late"]
    done(driver, "a")
    done(driver, "b")
    assert driver.case.is_finished
    driver.check()


def test_in_a_loop_only_the_last_round_is_taken_back() -> None:
    """The same element done again is another task."""
    nodes = d.node("exclusiveGateway", "x") + d.user("a") + d.node("exclusiveGateway", "again", default="no")
    driver = Driver(s.sketch(nodes + d.user("b"), "start x a again", ("again x", "a.again"), ("again b end", "", "no")))
    first = done(driver, "a", again=True)
    second = done(driver, "a", again=False)
    assert refused(driver, first)
    recall(driver, second)
    assert driver.tasks() == {"a": 1}
    driver.check()


def test_the_last_task_of_a_case_ends_it() -> None:
    """That of a branch which ends for itself does not, while others go on."""
    driver = Driver(s.sketch(d.user("a"), "start a end"))
    assert unrecallable(driver.case, done(driver, "a")) == "recall_ended"
    nodes = d.node("parallelGateway", "fork") + d.user("a") + d.user("b") + d.node("endEvent", "e")
    driver = Driver(s.sketch(nodes, "start fork a end", "fork b e"))
    recall(driver, done(driver, "a"))
    assert driver.tasks() == {"a": 1, "b": 1}
    driver.check()


def test_one_of_several_side_by_side_is_not_taken_back() -> None:
    """Each has answered for itself."""
    xml = s.sketch(d.user("a", d.each("units", "unit", "out", "got")) + d.user("b"), "start a b end")
    driver = Driver(xml, {"units": ["u1", "u2"]})
    assert refusal(driver, done(driver, "a")) == "recall_beside"
    driver.check()


def test_why_is_known_of_the_latest() -> None:
    """In a loop without end the state does not grow."""
    throw = d.node("intermediateThrowEvent", "send", d.message("reply.issued"))
    nodes = d.node("exclusiveGateway", "x") + d.user("a") + throw + d.node("exclusiveGateway", "again", default="no")
    links = ("start x a send again", ("again x", "a.again"), ("again end", "", "no"))
    driver = Driver(s.sketch(nodes, *links, messages=("reply.issued",)))
    rounds = [done(driver, "a", again=True) for _ in range(recalls.REASONS + 2)]
    assert [refusal(driver, task) for task in rounds[1:3]] == ["not_recallable", "recall_sent"]
    assert len(driver.case.spent) == recalls.REASONS
    driver.check()
