"""Tables of a package say what is wrong with an answer before anything moves: `hy:task check=`."""

import pytest

from services.workflow.engine import EngineError, Remark, Unexpected, canonical, remarks
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import BEGIN, Driver

TABLE = s.table(
    "D07",
    "answer.kind answer.commitments units",
    "severity path text text_en",
    '"in_progress" | null | - | "error" | "commitments" | "B类须有承诺" | "class B needs a commitment"',
    '- | - | ? == [] | "warning" | "" | "没有会办单位" | null',
    '"late" | - | - | "warning" | null | "已是" + now | "it is late"',
    policy="COLLECT",
)
FIRST = s.table("D08", "len(answer.body)", "severity path text", '< 3 | "error" | "body" | "太短"')
BAD = s.table("D09", "answer.body", "severity text", '- | "fatal" | "x"')


def draft(check: str, **variables: object) -> Driver:
    """A process whose one task is checked."""
    task = d.user("draft", ext=d.hy("task", role="unit", check=check))
    files = {"D07_dmn": TABLE, "D08_dmn": FIRST, "D09_dmn": BAD}
    return Driver(s.sketch(task, "start draft end"), {"units": ["u1"], **variables}, **files)


def said(driver: Driver, **answer: object) -> list[Remark]:
    """What the tables say about an answer to the open task."""
    return remarks(driver.case, driver.task("draft"), answer, BEGIN)


def test_rows_hit_are_remarks() -> None:
    """With the variables of the case and the whole answer; a missing path means the answer, missing English Chinese."""
    driver = draft("D07", units=[])
    assert said(driver, kind="in_progress") == [
        Remark("error", "commitments", "B类须有承诺", "class B needs a commitment"),
        Remark("warning", "", "没有会办单位", "没有会办单位"),
    ]
    assert said(draft("D07"), kind="in_progress", commitments=[1]) == []


def test_several_tables_are_asked_in_their_order() -> None:
    """A table that gives one row or none is as good as a list."""
    driver = draft(" D08, D07 ,", units=[])
    assert [(one.severity, one.path) for one in said(driver, body="短")] == [("error", "body"), ("warning", "")]
    assert said(draft("D08"), body="够长的正文") == []


def test_the_time_is_that_of_the_answer() -> None:
    """Not that of the last step."""
    [late] = said(draft("D07"), kind="late")
    assert late.text == "已是2026-02-27T09:00:00+08:00"


@pytest.mark.parametrize(("check", "code"), [("D09", "bad_remark"), ("D10", "unknown_decision"), ("D07", "decision")])
def test_a_table_that_fails_is_an_error_of_the_package(check: str, code: str) -> None:
    """It names the element; nothing of the case is spoilt."""
    driver = draft(check)
    if check == "D07":
        driver.case.workflow.tasks[max(driver.case.workflow.tasks)].data.pop("units")
    before = canonical(driver.case)
    with pytest.raises(EngineError) as error:
        said(driver, body="x")
    assert (error.value.code, error.value.element) == (code, "draft")
    assert canonical(driver.case) == before


def test_steps_and_replay_do_not_ask() -> None:
    """What was accepted stays accepted: the engine itself refuses nothing, and asking leaves no trace."""
    driver = draft("D07, D08, D09, D10")
    driver.step("complete_task", task=driver.task("draft"), data={}, warnings=[{"text": "x"}])
    assert driver.case.is_finished
    driver.check()


def test_a_closed_task_has_no_remarks() -> None:
    """The question comes too late."""
    driver = draft("D07")
    task_id = driver.task("draft")
    driver.complete("draft")
    with pytest.raises(Unexpected):
        remarks(driver.case, task_id, {}, BEGIN)


def test_a_task_without_check_is_not_remarked_on() -> None:
    """Most tasks."""
    assert said(draft("")) == []
