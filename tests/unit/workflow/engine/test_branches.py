"""An accepted record may start a branch: `hy:accepts to=`, in the scope that declares it, beside everything else."""

from typing import Any

import pytest

from services.workflow.engine import DeadlineSet, Recorded, TaskOpened, Unexpected, check_bpmn, roles
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver

ASKED = d.hy("accepts", record="extension_request", role="liaison", to="consent", result="asked")
CONSENT = d.user("consent", ext=d.hy("task", role="office", result="consent")) + d.node("endEvent", "consented")


def opened(driver: Driver) -> list[str]:
    """The tasks the last step has opened."""
    return [effect.element for effect in driver.effects if isinstance(effect, TaskOpened)]


def data_of(driver: Driver, element: str) -> dict[str, Any]:
    """The variables at an open task."""
    number = next(n for n, entry in driver.case.tasks.items() if entry["element"] == element)
    return driver.case.workflow.get_task_from_id(number).data


def single() -> Driver:
    """Two tasks in a row; an extension may be asked for at any time."""
    nodes = d.user("a", ext=d.hy("task", role="r", result="a")) + d.user("b", ext=d.hy("return", to="a"))
    return Driver(s.sketch(nodes + CONSENT, "start a b end", "consent consented", ext=ASKED), {"n": 1})


def test_a_record_places_a_token_of_its_own() -> None:
    """The record is made first; the branch has its facts beside the variables of the case; nothing else moves."""
    driver = single()
    driver.complete("a", x=1)
    driver.step("record", record="extension_request", data={"days": 9}, unit="u1", role="liaison")
    assert isinstance(driver.effects[0], Recorded)
    assert opened(driver) == ["consent"]
    assert driver.tasks() == {"b": 1, "consent": 1}
    assert data_of(driver, "consent") == {"n": 1, "a": {"x": 1}, "asked": {"days": 9}}
    assert "asked" not in data_of(driver, "b")
    driver.check()


def test_the_scope_ends_when_its_branches_have_ended() -> None:
    """Whatever ends first; what both have changed is there at the end, what was brought along takes back nothing."""
    for order in (("b", "consent"), ("consent", "b")):
        driver = single()
        driver.step("record", record="extension_request", data={"days": 9})
        driver.complete("a", x=2)
        for element in order:
            assert not driver.case.is_finished
            driver.complete(element, by=element)
        assert driver.case.is_finished
        assert driver.case.workflow.data == {
            "n": 1, "a": {"x": 2}, "b": {"by": "b"}, "consent": {"by": "consent"}, "asked": {"days": 9},
            "by": "b",
        }  # fmt: skip
        driver.check()


def test_every_record_starts_a_branch() -> None:
    """Several at a time, each with its own facts."""
    driver = single()
    for days in (1, 2, 3):
        driver.step("record", record="extension_request", data={"days": days})
    assert driver.tasks() == {"a": 1, "consent": 3}
    found = [driver.case.workflow.get_task_from_id(n).data.get("asked") for n in driver.case.tasks]
    assert found == [None, {"days": 1}, {"days": 2}, {"days": 3}]
    driver.check()


def test_a_return_leaves_the_branch_alone() -> None:
    """A request that waits for consent has not come of the step that is done again."""
    driver = single()
    driver.complete("a")
    driver.step("record", record="extension_request", data={}, task=driver.task("b"))
    for _ in range(3):
        driver.step("operator", verb="return", task=driver.task("b"))
        assert driver.tasks() == {"a": 1, "consent": 1}
        driver.complete("a")
    driver.complete("consent")
    driver.complete("b")
    assert driver.case.is_finished
    driver.check()


def test_a_return_inside_a_branch_leaves_the_rest_alone() -> None:
    """It goes back in its branch only; other branches go on."""
    nodes = d.user("t") + d.user("x") + d.user("y", ext=d.hy("return", to="x")) + d.node("endEvent", "e")
    accepts = d.hy("accepts", record="contact", to="x")
    driver = Driver(s.sketch(nodes, "start t end", "x y e", ext=accepts))
    for _ in range(2):
        driver.step("record", record="contact", data={})
        driver.complete("x")
    driver.step("operator", verb="return", task=driver.task("y", 1))
    assert driver.tasks() == {"t": 1, "y": 1, "x": 1}
    for _ in range(5):  # the same element again and again: what compaction cuts off must not free the branch
        driver.complete("x")
        driver.step("operator", verb="return", task=driver.task("y", 1))
    assert driver.tasks() == {"t": 1, "y": 1, "x": 1}
    driver.check()


def test_interrupts_and_moves_of_everything_take_branches_along() -> None:
    """A withdrawn matter has no request left."""
    interrupt = d.hy("interrupt", message="gone", to="over")
    nodes = d.user("a") + d.node("endEvent", "over")
    xml = s.sketch(nodes + CONSENT, "start a end", "consent consented", ext=ASKED + interrupt, messages=("gone",))
    driver = Driver(xml)
    driver.step("record", record="extension_request", data={})
    driver.step("message", name="gone", key="M1", data={})
    assert driver.case.is_finished
    assert not driver.case.tasks
    driver.check()


@pytest.mark.parametrize("tag", ["parallelGateway", "inclusiveGateway"])
@pytest.mark.parametrize("order", ["abcxx", "xabxc", "axbcx", "xxabc"])
def test_joins_wait_for_their_own_branches_only(tag: str, order: str) -> None:
    """Neither longer nor shorter for branches beside them, whatever ends first."""
    nodes = d.node(tag, "fork") + d.node(tag, "join") + d.user("a") + d.user("b") + d.user("c")
    flows = ("start fork", ("fork a join c end", "true"), ("fork b join", "true"), "consent consented")
    driver = Driver(s.sketch(nodes + CONSENT, *flows, ext=ASKED))
    driver.step("record", record="extension_request", data={}, task=driver.task("a"))
    driver.step("record", record="extension_request", data={})
    done = ""
    for key in order:
        assert not driver.case.is_finished
        driver.complete("consent" if key == "x" else key)
        done += key
        assert ("c" in driver.tasks()) == ({"a", "b"} <= set(done) and "c" not in done)
    assert driver.case.is_finished
    driver.check()


def many() -> Driver:
    """Three units reply at the same time, each in a called process with a deadline, that accepts requests."""
    loop = d.each("units", "unit", "replies", "reply")
    call = d.node("callActivity", "handle", loop, calledElement="Q", ext=d.hy("deadline", name_="reply", unit="unit"))
    task = d.user("draft", ext=d.hy("task", role="liaison", unit="unit", result="reply", deadline="reply"))
    extend = d.node("endEvent", "longer", ext=d.hy("extend", deadline="reply", until="consent.until"))
    consent = d.user("consent", ext=d.hy("task", role="office", result="consent", deadline="reply"))
    more = s.called("Q", task + consent + extend, "Q_start draft Q_end", "consent longer", ext=ASKED)
    xml = s.sketch(call + d.user("sum_up"), "start handle sum_up end", more=more)
    return Driver(xml, {"units": ["u1", "u2", "u3"]}, D03_dmn=s.DEADLINES)


@pytest.mark.parametrize("by", ["task", "unit"])
def test_a_branch_stands_in_its_instance(by: str) -> None:
    """Found by a task in it, or by the unit that has one there; deadlines, variables and results are the instance's."""
    driver = many()
    limits = {effect.unit: effect.deadline_id for effect in driver.effects if isinstance(effect, DeadlineSet)}
    where = {"task": driver.task("draft", 1)} if by == "task" else {"unit": "u2"}
    driver.step("record", record="extension_request", data={}, **where)
    assert data_of(driver, "consent")["unit"] == "u2"
    driver.complete("consent", until="2026-07-31")
    dates = {unit: driver.case.deadlines[key]["due"] for unit, key in limits.items()}
    assert dates == {"u1": "2026-05-27", "u2": "2026-07-31", "u3": "2026-05-27"}
    for number in (2, 1, 0):
        driver.complete("draft", number, n=number)
    assert data_of(driver, "sum_up")["replies"] == [{"n": 0}, {"n": 1}, {"n": 2}]
    driver.check()


def test_an_instance_waits_for_its_branch() -> None:
    """The others are over before; ended, it takes its branch along."""
    for ended in (False, True):
        driver = many()
        driver.step("record", record="extension_request", data={}, unit="u1")
        for _ in range(3):
            driver.complete("draft")
        assert driver.tasks() == {"consent": 1}
        if ended:
            driver.step("operator", verb="end_instance", task=driver.task("consent"))
        else:
            driver.complete("consent", until="2026-03-01")
        assert driver.tasks() == {"sum_up": 1}
        driver.check()


def test_where_several_places_accept_it_the_record_names_its_task() -> None:
    """Without a task or unit nobody knows which instance is meant."""
    driver = many()
    for facts in ({}, {"unit": "u9"}):
        with pytest.raises(Unexpected) as error:
            driver.step("record", record="extension_request", data={}, **facts)
        assert error.value.code == "several_places"


def test_who_may_add_a_record_is_asked_without_a_step() -> None:
    """The roles, the nearest first; none where it is not accepted."""
    nearer = d.hy("accepts", record="extension_request", role="head", to="consent")
    driver = Driver(s.sketch(d.user("a", ext=nearer) + CONSENT, "start a end", "consent consented", ext=ASKED))
    assert roles(driver.case, "extension_request", driver.task("a"), None) == ["head", "liaison"]
    assert roles(driver.case, "extension_request", None, "u1") == ["liaison", "head"]
    assert roles(driver.case, "contact", None, "u1") == []
    driver.step("record", record="extension_request", data={}, task=driver.task("a"), role="head")
    assert "extension_request" in data_of(driver, "consent")
    driver.step("record", record="extension_request", data={}, task=driver.task("a"), role="liaison")
    assert driver.tasks() == {"a": 1, "consent": 2}


@pytest.mark.parametrize(
    ("nodes", "paths", "to"),
    [
        (d.user("x") + d.boundary("alarm", "x", d.timer(duration="P1D")) + d.node("endEvent", "e"), "x e", "x"),
        (s.scope("x", d.user("t"), "x_start t x_end") + d.node("endEvent", "e"), "x e", "x"),
        (d.node("intermediateCatchEvent", "x", d.message("m", key="'k'")) + d.node("endEvent", "e"), "x e", "x"),
        (d.node("exclusiveGateway", "x") + d.user("t") + d.node("endEvent", "e"), "x t e", "x"),
        (d.user("x", d.each("units", "u")) + d.node("endEvent", "e"), "x e", "x"),
        (d.node("callActivity", "x", calledElement="P") + d.node("endEvent", "e"), "x e", "x"),
    ],
)
def test_a_branch_may_begin_with_any_activity(nodes: str, paths: str, to: str) -> None:
    """Tasks with boundary events, sub-processes, events, gateways, instances, calls."""
    accepts = d.hy("accepts", record="contact", to=to, result="asked")
    more = ("alarm e",) if "alarm" in nodes else ()
    xml = s.sketch(d.user("a") + nodes, "start a end", paths, *more, ext=accepts, messages=("m",))
    assert [found for found in check_bpmn("p.bpmn", xml) if found.code == "unreachable"] == []
    driver = Driver(xml, {"units": [1, 2]})
    driver.step("record", record="contact", data={})
    for _ in range(9):
        for element in driver.waits("message"):
            driver.receive(element)
        if not driver.case.is_finished:
            driver.complete(next(iter(driver.tasks())))
        if driver.case.is_finished:
            break
    assert driver.case.is_finished
    driver.check()


@pytest.mark.parametrize("tag", ["parallelGateway", "inclusiveGateway", "boundaryEvent"])
def test_a_branch_does_not_begin_where_no_token_enters_alone(tag: str) -> None:
    """Joins and boundary events: the record is not accepted, and the package's check says why."""
    accepts = d.hy("accepts", record="contact", to="x")
    if tag == "boundaryEvent":
        nodes = d.user("a") + d.boundary("x", "a", d.timer(duration="P1D"))
    else:
        nodes = d.user("a") + d.node(tag, "x")
    driver = Driver(s.sketch(nodes + d.user("b") + d.node("endEvent", "e"), "start a end", "x b e", ext=accepts))
    with pytest.raises(Unexpected):
        driver.step("record", record="contact", data={})


def test_an_activity_declares_for_the_process_it_stands_in() -> None:
    """And a sub-process for what is in it, though both may name the same record."""
    inner = d.user("t") + d.user("inside") + d.node("endEvent", "inside_end")
    ext = d.hy("accepts", record="contact", to="inside") + d.hy("accepts", record="blocker", to="beside")
    sub = s.scope("sub", inner, "sub_start t sub_end", "inside inside_end", ext=ext)
    nodes = sub + d.user("beside") + d.node("endEvent", "beside_end")
    driver = Driver(s.sketch(nodes, "start sub end", "beside beside_end"))
    driver.step("record", record="contact", data={})
    driver.step("record", record="blocker", data={}, task=driver.task("t"))
    assert driver.tasks() == {"t": 1, "inside": 1, "beside": 1}
    driver.complete("t")
    with pytest.raises(Unexpected):
        driver.step("record", record="contact", data={}, task=driver.task("beside"))
    driver.complete("inside")
    with pytest.raises(Unexpected):
        driver.step("record", record="blocker", data={})
    driver.complete("beside")
    assert driver.case.is_finished
    driver.check()
