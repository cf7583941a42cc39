"""Delegate, urge, consult, one co-handler more: what people do about an open task without moving it."""

from typing import Any

import pytest

from services.workflow.engine import Noticed, Recorded, TaskChanged, TaskClosed, TaskOpened, Unexpected
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver

UNITS = {"units": ["u1", "u2", "u3"]}


def side_by_side() -> Driver:
    """Three units write opinions at the same time; behind them one task."""
    ext = d.hy("task", role="liaison", unit="unit", form="opinion", deadline="week") + d.hy("deadline", name_="week")
    nodes = d.user("opinion", d.each("units", "unit", "out", "got"), ext=ext, name="意见") + d.user("after")
    form = b'{"x-record": "co_opinion"}'
    files = {"forms/opinion.json": form, "D03_dmn": s.DEADLINES}
    return Driver(s.sketch(nodes, "start opinion after end"), UNITS, **files)


def operate(driver: Driver, verb: str, **facts: Any) -> list[Any]:
    """A verb."""
    return driver.step("operator", verb=verb, **facts)


def refusal(driver: Driver, verb: str, **facts: Any) -> str:
    """The code of the refusal a verb meets."""
    with pytest.raises(Unexpected) as error:
        operate(driver, verb, **facts)
    return error.value.code


def test_a_colleague_acts_for_somebody() -> None:
    """The task keeps unit and role, names the delegate, and is taken back; the others hear nothing of it."""
    driver = side_by_side()
    task = driver.task("opinion", 1)
    assert operate(driver, "delegate", task=task, person="p7") == [TaskChanged(task, "liaison", "u2", None, "p7")]
    assert operate(driver, "undelegate", task=task) == [TaskChanged(task, "liaison", "u2")]
    assert refusal(driver, "undelegate", task=task) == "not_delegated"
    assert refusal(driver, "delegate", task=task) == "no_person"
    operate(driver, "delegate", task=task, person="p7")
    operate(driver, "transfer", task=task, unit="u9")
    assert driver.effects == [TaskChanged(task, "liaison", "u9")]
    driver.check()


def test_an_urge_is_a_record_and_a_notice() -> None:
    """It names task, unit and date, and reaches whoever has the task: the role, the person, the delegate."""
    driver = side_by_side()
    task = driver.task("opinion")
    text = {"$doc": "0" * 64, "chars": 4}
    record, notice = operate(driver, "urge", task=task, reminder={"text": text, "level": "催办"})
    assert isinstance(record, Recorded)
    assert (record.record, record.task_id, record.unit, record.data["level"]) == ("reminder", task, "u1", "催办")
    assert isinstance(notice, Noticed)
    assert (notice.template, notice.to) == ("urged", ("role:liaison@u1",))
    expected = {"text": text, "level": "催办", "task": "意见", "unit": "u1", "due": "2026-03-05"}
    assert notice.data == expected
    operate(driver, "delegate", task=task, person="p7")
    assert operate(driver, "urge", task=task, reminder={"text": text})[1].to == ("role:liaison@u1", "person:p7")
    operate(driver, "transfer", task=task, person="p8")
    assert operate(driver, "urge", task=task, reminder={"text": text})[1].to == ("person:p8",)
    assert driver.tasks() == {"opinion": 3}
    driver.check()


def test_a_question_beside_a_task_holds_it_up_until_it_is_answered() -> None:
    """It has the deadline of the task, its answer is a record, and only then the task can be done."""
    driver = side_by_side()
    task, text = driver.task("opinion", 1), {"$doc": "0" * 64, "chars": 9}
    [asked] = operate(driver, "consult", task=task, text=text, person="p7")
    assert isinstance(asked, TaskOpened)
    assert (asked.element, asked.name, asked.beside, asked.question) == ("consultation", "意见", task, text)
    assert (asked.role, asked.unit, asked.person, asked.deadline) == ("liaison", "u2", "p7", "C1.d2")
    with pytest.raises(Unexpected) as error:
        driver.complete("opinion", 1)
    assert error.value.code == "consultation_open"
    driver.complete("opinion", 0)
    record, closed = driver.step("complete_task", task=asked.task_id, data={"agrees": True})
    assert isinstance(record, Recorded)
    assert (record.record, record.element, record.task_id) == ("consultation", "opinion", asked.task_id)
    assert (record.unit, record.data) == ("u2", {"agrees": True})
    assert closed == TaskClosed(asked.task_id, "consultation", "done")
    driver.complete("opinion", 0)
    with pytest.raises(Unexpected) as error:
        driver.step("complete_task", task=asked.task_id, data={})
    assert error.value.code == "task_closed"
    driver.check()


def test_a_question_is_withdrawn_or_goes_with_its_task() -> None:
    """Withdrawn it holds up nothing; when its task is returned or ended it is closed too."""
    nodes = d.user("a") + d.user("b", ext=d.hy("return", to="a"))
    driver = Driver(s.sketch(nodes, "start a b end"))
    driver.complete("a")
    task = driver.task("b")
    first = operate(driver, "consult", task=task, role="office", unit="u9")[0].task_id
    assert operate(driver, "withdraw_consult", task=first) == [TaskClosed(first, "consultation", "revoked")]
    assert refusal(driver, "withdraw_consult", task=first) == "task_closed"
    second = operate(driver, "consult", task=task, role="office")[0].task_id
    operate(driver, "return", task=task)
    assert {e.task_id: e.reason for e in driver.effects if isinstance(e, TaskClosed)} == {
        second: "returned",
        task: "returned",
    }
    assert driver.case.sides == {}
    driver.complete("a")
    driver.complete("b")
    assert driver.case.is_finished
    driver.check()


def test_whoever_was_asked_can_be_urged() -> None:
    """The reminder is about the task beside, and reaches the one who was asked."""
    driver = side_by_side()
    asked = operate(driver, "consult", task=driver.task("opinion"), person="p7")[0].task_id
    record, notice = operate(driver, "urge", task=asked, reminder={})
    assert (record.task_id, notice.to, notice.data["task"]) == (asked, ("person:p7",), "意见")
    driver.check()


def test_one_unit_more_handles_side_by_side() -> None:
    """A running part with plain units takes one more; a unit that is there already is refused."""
    driver = side_by_side()
    operate(driver, "add_co_handler", element="opinion", unit="u4")
    assert driver.tasks() == {"opinion": 4}
    assert refusal(driver, "add_co_handler", element="opinion", unit="u2") == "already_instance"
    assert refusal(driver, "add_co_handler", element="opinion") == "no_unit"
    assert refusal(driver, "add_co_handler", unit="u5") == "not_running"
    for _ in range(4):
        driver.complete("opinion")
    assert refusal(driver, "add_co_handler", element="opinion", unit="u5") == "not_running"
    driver.check()


def test_a_co_handler_more_is_found_by_the_role_of_the_others() -> None:
    """Without an element it is the part of the co-handlers; what they agree on the new one has too."""
    inner = s.called("Q", d.user("t") + d.script("say", "back = co"), "Q_start t say Q_end")
    call = d.node("callActivity", "ask", d.each("co_handlers", "co", "out", "back"), calledElement="Q")
    items = [
        {"unit": "u1", "role": "co_handler", "start": "2026-02-27", "part": "路灯"},
        {"unit": "u2", "role": "co_handler", "start": "2026-02-27", "part": "电缆"},
    ]
    driver = Driver(s.sketch(call + d.user("after"), "start ask after end", more=inner), {"co_handlers": items})
    operate(driver, "add_co_handler", unit="u3", part="用地")
    for _ in range(3):
        driver.complete("t")
    out = driver.case.workflow.get_task_from_id(next(iter(driver.case.tasks))).data["out"]
    assert out == [*items, {"unit": "u3", "role": "co_handler", "start": "2026-02-27", "part": "用地"}]
    driver.check()
