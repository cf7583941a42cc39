"""What `hy:` elements mean: milestones, records, notices, other cases, messages with keys, extension points."""

from typing import Any

import pytest

from services.workflow.engine import (
    CaseStarted,
    EngineError,
    Milestone,
    Noticed,
    Recorded,
    Stimulus,
    Subscribed,
    compile_bundle,
    start,
    step,
)
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import BEGIN, Driver, calendar


def of(effects: list[Any], *kinds: type) -> list[Any]:
    """The effects of some kinds."""
    return [effect for effect in effects if isinstance(effect, kinds)]


ELEMENTS = {
    "task": d.user,
    "script": lambda key, ext: d.node("scriptTask", key, "<bpmn:script>a = 1</bpmn:script>", ext=ext),
    "gateway": lambda key, ext: d.node("exclusiveGateway", key, ext=ext),
    "throw": lambda key, ext: d.node("intermediateThrowEvent", key, ext=ext),
    "catch": lambda key, ext: d.node("intermediateCatchEvent", key, d.timer(duration="PT1H"), ext=ext),
    "scope": lambda key, ext: s.scope(key, "", f"{key}_start {key}_end", ext=ext),
}


@pytest.mark.parametrize("kind", ELEMENTS)
def test_it_happens_when_the_token_arrives(kind: str) -> None:
    """Any element may say milestones, records, notices and cases to start; in the order drawn, once per arrival."""
    ext = d.hy("milestone", state="handed_over") + d.hy("milestone", state="accepted")
    ext += d.hy("record", type="handover", data="{'n': n}", unit="lead") + d.hy("notice", template="hello", to="role:r")
    ext += d.hy("start", process="b_class_followup", data="{'from': n}")
    xml = s.sketch(ELEMENTS[kind]("x", ext=ext), "start x end")  # type: ignore[operator]
    driver = Driver(xml, {"n": 7, "lead": "u1"})
    assert of(driver.all_effects, Milestone, Recorded, Noticed, CaseStarted) == [
        Milestone("handed_over", "x"),
        Milestone("accepted", "x"),
        Recorded("C1.r1", "handover", {"n": 7}, "x", None, "u1", None),
        Noticed("hello", ("role:r",), "x", {}),
        CaseStarted("b_class_followup", {"from": 7}, "x"),
    ]
    driver.check()


def test_a_join_says_it_once() -> None:
    """A milestone on a join is reached when the join goes on, not with every token that waits there."""
    nodes = d.node("parallelGateway", "fork") + d.user("a") + d.user("b")
    nodes += d.node("parallelGateway", "join", ext=d.hy("milestone", state="all_answered"))
    driver = Driver(s.sketch(nodes, "start fork a join end", "fork b join"))
    assert not of(driver.complete("a"), Milestone)
    assert of(driver.complete("b"), Milestone) == [Milestone("all_answered", "join")]


def test_instances_share_a_milestone_and_have_their_own_notices() -> None:
    """A multi-instance activity reaches its milestone once; each instance writes its record and tells its unit."""
    ext = d.hy("milestone", state="co_asked") + d.hy("record", type="co_asked", unit="unit")
    ext += d.hy("notice", template="asked", to="role:liaison@unit, person:unit")
    task = d.user("ask", d.each("units", "unit"), ext=ext)
    driver = Driver(s.sketch(task, "start ask end"), {"units": ["u1", "u2"]})
    assert of(driver.effects, Milestone) == [Milestone("co_asked", "ask")]
    assert [record.unit for record in of(driver.effects, Recorded)] == ["u1", "u2"]
    assert [notice.to for notice in of(driver.effects, Noticed)] == [
        ("role:liaison@u1", "person:u1"),
        ("role:liaison@u2", "person:u2"),
    ]


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("role:gov_office", ("role:gov_office",)),
        ("role:liaison@lead", ("role:liaison@u1",)),
        ("role:liaison@nobody", ("role:liaison@",)),
        ("person:lead", ("person:u1",)),
        ("person:deputy", ("person:D7",)),
        ("person:team", ("person:D7", "person:x")),
        ("person:nobody", ()),
        ("person:deputy.missing", ()),
        (" role:a , person:lead ", ("role:a", "person:u1")),
        ("", ()),
    ],
)
def test_addresses_are_resolved(to: str, expected: tuple[str, ...]) -> None:
    """Roles, roles of a unit, persons by id, by record, in lists; nobody is nobody."""
    node = d.user("x", ext=d.hy("notice", template="t", to=to))
    variables = {"lead": "u1", "nobody": None, "deputy": {"id": "D7"}, "team": [{"id": "D7"}, "x"]}
    driver = Driver(s.sketch(node, "start x end"), variables)
    assert of(driver.effects, Noticed) == [Noticed("t", expected, "x", {})]


@pytest.mark.parametrize(
    "ext",
    [
        d.hy("record", type="x", data="7"),
        d.hy("record", type="x", data="missing"),
        d.hy("start", process="q", data="[1]"),
        d.hy("notice", template="t", to="person:missing"),
        d.hy("notice", template="t", to="role:a", data="'text'"),
    ],
)
def test_what_is_no_record_is_an_error(ext: str) -> None:
    """Data of records, cases and notices must be records; an expression that fails is an error of its element."""
    with pytest.raises(EngineError) as error:
        Driver(s.sketch(d.user("x", ext=ext), "start x end"))
    assert error.value.element == "x"


def test_conditions_may_count_records() -> None:
    """`records.<type>` counts what has been recorded in this case, by forms, diagrams and people."""
    task = d.user("a", ext=d.hy("task", role="r", form="f") + d.hy("accepts", record="contact"))
    gate = d.node("exclusiveGateway", "x", default="no")
    ways = (("x end", "records.contact >= 2 and records.reply"), ("x a", "", "no"))
    driver = Driver(s.sketch(task + gate, "start a x", *ways), **{"forms/f.json": b'{"x-record": "reply"}'})
    driver.step("record", record="contact", task=driver.task("a"), data={})
    driver.complete("a")
    assert driver.tasks() == {"a": 1}
    driver.step("record", record="contact", task=driver.task("a"), data={})
    driver.complete("a")
    assert driver.case.is_finished
    driver.check()


def test_a_package_may_have_records_counted_by_what_they_say() -> None:
    """By the values of the fields it names, in all and for each unit; other fields are not."""
    task = d.user("a", ext=d.hy("task", role="r", unit="lead") + d.hy("accepts", record="contact"))
    script = d.node("scriptTask", "x", "<bpmn:script>n = get(records, 'contact.phase=before@u1', 0)</bpmn:script>")
    driver = Driver(s.sketch(task + script, "start a x end"), {"lead": "u1"}, counts={"contact": ("phase",)})
    for unit, data in (("u1", {"phase": "before", "place": "p"}), (None, {"phase": "before"}), ("u1", {"phase": 3})):
        driver.step("record", record="contact", task=driver.task("a"), unit=unit, data=data)
    assert driver.case.facts["records"] == {"contact": 3, "contact.phase=before": 2, "contact.phase=before@u1": 1}
    driver.check()


def test_messages_have_keys() -> None:
    """Without a key a message is about the matter as a whole; with one only about the letter it names."""
    nodes = d.node("parallelGateway", "fork")
    nodes += d.node("intermediateCatchEvent", "whole", d.message("m"))
    nodes += d.node("intermediateCatchEvent", "letter", d.message("m", key="letter_id"))
    driver = Driver(s.sketch(nodes, "start fork whole end", "fork letter end", messages=("m",)), {"letter_id": "L7"})
    assert [(sub.key, sub.element) for sub in of(driver.effects, Subscribed)] == [("M1", "whole"), ("L7", "letter")]
    driver.step("message", name="m", key="L7", data={})
    assert list(driver.waits("message")) == ["whole"]
    driver.step("message", name="m", key="M1", data={})
    assert driver.case.is_finished
    driver.check()


@pytest.mark.parametrize("tag", ["intermediateThrowEvent", "intermediateCatchEvent"])
def test_a_message_about_nothing_is_an_error(tag: str) -> None:
    """A key that comes out empty cannot be routed."""
    with pytest.raises(EngineError) as error:
        Driver(s.sketch(d.node(tag, "x", d.message("m", key="k")), "start x end", messages=("m",)), {"k": None})
    assert (error.value.code, error.value.element) == ("message_without_key", "x")


def test_message_data_must_be_a_record() -> None:
    """What a message carries has names."""
    node = d.node("intermediateThrowEvent", "x", d.message("m", key="'k'", data="[1]"))
    with pytest.raises(EngineError) as error:
        Driver(s.sketch(node, "start x end", messages=("m",)))
    assert error.value.code == "message_not_a_record"


def inside() -> bytes:
    """A package with an extension point whose default is process `Q`, asked for two units."""
    point = d.hy("extension-point", name_="unit_internal_handling", unit="unit")
    call = d.node("callActivity", "call", d.each("units", "unit", "out", "res"), ext=point, calledElement="Q")
    more = s.called("Q", d.user("common") + d.script("x", "res = 'common'"), "Q_start common x Q_end")
    return s.sketch(call + d.user("after"), "start call after end", more=more)


def test_a_unit_may_draw_its_own_part() -> None:
    """Where a unit's diagram is pinned it runs instead of the default, for that unit only, and from then on."""
    own = s.called("Mine", s.scope("deep", d.user("own"), "deep_start own deep_end") + d.script("x", "res = 'own'"),
                   "Mine_start deep x Mine_end")  # fmt: skip
    bundle = compile_bundle({"p.bpmn": inside()}, {}).include("u2/handling@3", "own.bpmn", d.document(own))
    facts: dict[str, Any] = {"process": "P", "matter": {"matter_id": "M1"}, "vars": {"units": ["u1", "u2"]}}
    facts["pins"] = {"unit_internal_handling/u2": "u2/handling@3"}
    case, _ = start("C1", Stimulus("start", BEGIN, {}, facts), bundle, calendar())
    assert [entry["element"] for entry in case.tasks.values()] == ["common", "own"]
    for element in ("own", "common"):
        task = next(entry["id"] for entry in case.tasks.values() if entry["element"] == element)
        step(case, Stimulus("complete_task", BEGIN, {}, {"task": task, "data": {}}))
    (number,) = case.tasks
    assert case.workflow.get_task_from_id(number).data["out"] == ["common", "own"]


def test_a_later_stimulus_may_bring_a_pin() -> None:
    """A diagram published while the case runs is taken by what begins after."""
    point = d.hy("extension-point", name_="part", unit="'u1'")
    call = d.node("callActivity", "call", ext=point, calledElement="Q")
    more = s.called("Q", d.user("common"), "Q_start common Q_end") + s.called("R", d.user("own"), "R_start own R_end")
    driver = Driver(s.sketch(d.user("a") + call, "start a call end", more=more))
    driver.step("complete_task", task=driver.task("a"), data={}, pins={"part/u1": "R"})
    assert driver.tasks() == {"own": 1}
    driver.check()


def test_a_pin_to_nowhere_is_an_error() -> None:
    """A pinned diagram the bundle does not have stops the step."""
    facts = {"process": "P", "vars": {"units": ["u1"]}, "pins": {"unit_internal_handling/u1": "gone"}}
    stimulus, bundle = Stimulus("start", BEGIN, {}, facts), compile_bundle({"p.bpmn": inside()}, {})
    with pytest.raises(EngineError) as error:
        start("C1", stimulus, bundle, calendar())
    assert error.value.code == "unknown_process"
