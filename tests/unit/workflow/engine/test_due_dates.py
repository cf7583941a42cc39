"""Expressions read due dates: `deadlines.<name>` is that of the deadline in force where they stand."""

from services.workflow.engine import TaskOpened, remarks
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import BEGIN, Driver

REPLY = d.hy("deadline", name_="reply")


def driven(xml: bytes, **variables: object) -> Driver:
    """A case with the table of deadlines."""
    return Driver(xml, variables, D03_dmn=s.DEADLINES)


def test_the_nearest_deadline_of_a_name_is_read() -> None:
    """In scripts and conditions, in a sub-process and a called process; one that is not in force is nothing."""
    look = "seen = {'reply': deadlines.reply, 'week': deadlines.week}"
    inner = d.user("a") + d.script("look", look)
    sub = s.scope("sub", inner, "sub_start a look sub_end", ext=d.hy("deadline", name_="reply", rule="day"))
    call = d.node("callActivity", "call", calledElement="Q", ext=d.hy("deadline", name_="week"))
    more = s.called("Q", d.user("b") + d.script("look_again", look), "Q_start b look_again Q_end")
    gate = d.node("exclusiveGateway", "gate", default="no") + d.user("early")
    paths = ("start sub call gate", ("gate early end", "deadlines.reply < '2026-06-01'"), ("gate end", "", "no"))
    driver = driven(s.sketch(sub + call + gate, *paths, ext=REPLY, more=more))
    driver.complete("a")
    assert driver.case.workflow.workflows()
    assert seen(driver) == {"reply": "2026-02-28", "week": None}
    driver.complete("b")
    assert driver.tasks() == {"early": 1}
    assert seen(driver) == {"reply": "2026-05-27", "week": "2026-03-05"}
    driver.check()


def seen(driver: Driver) -> object:
    """The variable as the open task has it."""
    [number] = driver.case.tasks
    return driver.case.workflow.get_task_from_id(number).data["seen"]


def test_a_boundary_event_reads_the_deadlines_of_its_activity() -> None:
    """The reminder says until when."""
    timer = d.boundary("soon", "t", d.timer(ext=d.hy("timer", deadline="week", offset="-1wd")), interrupting=False)
    nodes = d.user("t", ext=d.hy("deadline", name_="week")) + timer + d.user("u")
    driver = driven(s.sketch(nodes + d.node("endEvent", "e"), "start t end", "soon u e"))
    wait = driver.waits("timer")["soon"]
    task = driver.case.workflow.get_task_from_id(driver.case.waits[wait]["task"])
    assert driver.case.evaluate(task, "deadlines.week") == "2026-03-05"


def test_tables_and_checks_read_them_too() -> None:
    """The table of deadlines itself among them: a later one may count from an earlier one's date."""
    table = s.table("D07", "answer.until", "severity path text", '? <= deadlines.reply | "error" | "until" | "过早"')
    rule = d.node(
        "businessRuleTask", "ask", "", ext="<spiffworkflow:calledDecisionId>D01</spiffworkflow:calledDecisionId>"
    )
    first = s.table("D01", "deadlines.reply", "late", '> "2026-06-01" | true', "- | false")
    task = d.user("t", ext=d.hy("task", role="r", check="D07") + d.hy("deadline", name_="day", from_="deadlines.reply"))
    files = {"D03_dmn": s.DEADLINES, "D07_dmn": table, "D01_dmn": first}
    driver = Driver(s.sketch(d.user("a") + rule + task, "start a ask t end", ext=REPLY), **files)
    driver.complete("a")
    [opened] = [effect for effect in driver.effects if isinstance(effect, TaskOpened)]
    assert [one.path for one in remarks(driver.case, opened.task_id, {"until": "2026-05-27"}, BEGIN)] == ["until"]
    assert remarks(driver.case, opened.task_id, {"until": "2026-05-28"}, BEGIN) == []
    assert driver.case.deadlines["C1.d2"]["due"] == "2026-05-28"
    driver.check()
