"""Conformance: every finding has a diagram that gives it, and nothing a modeler saves makes the check itself fail."""

import pytest

from services.workflow.engine import Finding, Refused, check_bpmn, compile_bundle, documents
from services.workflow.engine.conformance_words import INSTEAD, WORDS
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import Driver

GOOD = s.sketch(d.user("t"), "start t end")
TIMER_END = d.node("endEvent", "x", d.timer(duration="PT1H"))


def codes(content: bytes) -> set[tuple[str, str | None]]:
    """Code and element of every finding of a file."""
    return {(found.code, found.element) for found in check_bpmn("p.bpmn", content)}


def straight(node: str, *more: str) -> bytes:
    """start → x → end."""
    return s.sketch(node + "".join(more), "start x end", messages=("m",), signals=("s",), more=s.codes("e"))


def loop(inside: str, **attributes: str) -> str:
    """A user task `x` with multi-instance characteristics."""
    return d.user("x", d.node("multiInstanceLoopCharacteristics", "mi", inside, **attributes))


def gateway(tag: str, *ways: s.Path, **attributes: str) -> bytes:
    """A gateway `x` with two ways to `a` and `b`."""
    return s.sketch(d.node(tag, "x", **attributes) + d.user("a") + d.user("b"), "start x", *ways, "a end", "b end")


def row(length: int) -> bytes:
    """A start, an end and so many tasks between them."""
    nodes = [f"t{n}" for n in range(length)]
    return s.sketch("".join(map(d.user, nodes)), f"start {' '.join(nodes)} end")


def nest(depth: int) -> bytes:
    """So many processes inside each other."""
    inner = d.user("t0")
    for n in range(1, depth):
        inner = s.scope(f"t{n}", inner, f"t{n}_start t{n - 1} t{n}_end")
    return s.sketch(inner, f"start t{depth - 1} end")


BAD: dict[str, tuple[str, str | None, bytes]] = {
    "another root": ("not_bpmn", None, b"<html/>"),
    "another namespace": ("not_bpmn", None, b"<definitions/>"),
    "no process": ("no_process", None, d.document()),
    "not executable": ("no_process", "P", GOOD.replace(b'isExecutable="true"', b'isExecutable="false"')),
    "no start": ("no_start", "P", GOOD.replace(b"startEvent", b"manualTask")),
    "no end": ("no_end", "P", GOOD.replace(b"endEvent", b"manualTask")),
    "no start inside": ("no_start", "x", straight(d.node("subProcess", "x", d.node("endEvent", "e")))),
    "no id": ("missing_id", None, GOOD.replace(b'<bpmn:userTask id="t">', b"<bpmn:userTask>")),
    "same id": ("duplicate_id", "t", GOOD.replace(b"</bpmn:process>", d.user("t").encode() + b"</bpmn:process>")),
    "loose flow": ("dangling_flow", "loose", s.sketch(d.user("t"), "start t end", ("t nowhere", "", "loose"))),
    "flow to a start": ("wrong_way", "back", s.sketch(d.user("t"), "start t end", ("t start", "", "back"))),
    "flow out of an end": ("wrong_way", "on", s.sketch(d.user("t"), "start t", ("end t", "", "on"), "t end")),
    "boundary of a gateway": (
        "not_attached",
        "b",
        s.sketch(d.node("parallelGateway", "x") + d.boundary("b", "x", s.error("")), "start x end", "b end"),
    ),
    "long row": ("long_row", "t299", row(400)),
    "deep nest": ("deep_nest", "t2", nest(52)),
    "dead end": ("unreachable", "dead", s.sketch(d.user("t") + d.user("dead"), "start t end")),
    "service": ("unsupported", "x", straight(d.node("serviceTask", "x"))),
    "complex": ("unsupported", "x", straight(d.node("complexGateway", "x"))),
    "ad hoc": ("unsupported", "x", straight(d.node("adHocSubProcess", "x"))),
    "choreography": ("unsupported", "x", straight(d.node("callChoreography", "x"))),
    "event sub-process": (
        "unsupported",
        "x",
        s.sketch(s.scope("x", "").replace('id="x"', 'id="x" triggeredByEvent="true"'), "start end"),
    ),
    "link": ("unsupported", "x", straight(d.node("intermediateThrowEvent", "x", "<bpmn:linkEventDefinition/>"))),
    "compensation": (
        "unsupported",
        "x",
        straight(d.node("intermediateThrowEvent", "x", "<bpmn:compensateEventDefinition/>")),
    ),
    "several events": (
        "unsupported",
        "x",
        straight(d.node("intermediateCatchEvent", "x", d.timer(duration="PT1H"), s.signal("s"))),
    ),
    "thrown timer": ("unsupported", "x", s.sketch(TIMER_END, "start x").replace(b'id="end"', b'id="e"')),
    "repeated message": (
        "unsupported",
        "b",
        s.sketch(
            d.user("x") + d.boundary("b", "x", d.message("m"), interrupting=False),
            "start x end", "b end", messages=("m",),
        ),
    ),
    "error in the middle": ("unsupported", "x", straight(d.node("intermediateCatchEvent", "x", s.error("e")))),
    "condition thrown": ("unsupported", "x", straight(d.node("intermediateThrowEvent", "x", s.conditional("true")))),
    "cancel outside": (
        "unsupported",
        "b",
        s.sketch(d.user("x") + d.boundary("b", "x", "<bpmn:cancelEventDefinition/>"), "start x end", "b end"),
    ),
    "Camunda instances": (
        "unsupported",
        "x",
        straight(loop("", **{"xmlns:c": "http://camunda.org/schema/1.0/bpmn", "c:collection": "units"})),
    ),
    "Flowable instances": (
        "unsupported",
        "x",
        straight(loop("", **{"xmlns:f": "http://flowable.org/bpmn", "f:collection": "units"})),
    ),
    "instances of the task's own input": (
        "unsupported",
        "x",
        straight(
            d.user(
                "x",
                "<bpmn:ioSpecification><bpmn:dataInput id='in' name='units'/></bpmn:ioSpecification>",
                "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>in</bpmn:loopDataInputRef>"
                "</bpmn:multiInstanceLoopCharacteristics>",
            )
        ),
    ),
    "script that writes the engine's name": ("reserved_name", "x", straight(d.script("x", "records = 1"))),
    "task of the engine's name": ("reserved_name", "case", s.sketch(d.user("case"), "start case end")),
    "result of the engine's name": ("reserved_name", "x", straight(d.user("x", ext=d.hy("task", result="now")))),
    "item of the engine's name": ("reserved_name", "x", straight(d.user("x", d.each("units", "matter")))),
    "event by reference": (
        "unsupported",
        "x",
        straight(d.node("endEvent", "x", "<bpmn:eventDefinitionRef>td</bpmn:eventDefinitionRef>")),
    ),
    "all events": (
        "unsupported",
        "x",
        straight(d.node("eventBasedGateway", "x", eventGatewayType="Parallel")),
    ),
    "compensation handler": ("unsupported", "x", s.sketch(d.user("x", isForCompensation="true"), "start end")),
    "error that does not interrupt": (
        "unsupported",
        "b",
        s.sketch(
            s.scope("x", "", "x_start x_end") + d.boundary("b", "x", s.error("e"), interrupting=False),
            "start x end", "b end", more=s.codes("e"),
        ),
    ),
    "two tokens at once": ("unsupported", "x", straight(d.user("x", startQuantity="2"))),
    "an event for each instance": (
        "unsupported",
        "x",
        straight(loop("<bpmn:loopCardinality>2</bpmn:loopCardinality>", behavior="One")),
    ),
    "rule without a table": ("no_decision", "x", straight(d.node("businessRuleTask", "x"))),
    "rule of another file": (
        "decision_elsewhere",
        "x",
        straight(d.node("businessRuleTask", "x", **{"xmlns:c": "urn:c", "c:decisionRef": "route"})),
    ),
    "process of another file": ("called_elsewhere", "x", straight(d.node("callActivity", "x", calledElement="Q"))),
    "process by expression": ("no_called_process", "x", straight(d.node("callActivity", "x", calledElement="${q}"))),
    "condition behind a task": ("stray_condition", "way", s.sketch(d.user("x"), "start x", ("x end", "a", "way"))),
    "condition behind one flow": (
        "bad_expression",
        "way",
        s.sketch(d.node("exclusiveGateway", "x"), "start x", ("x end", "import os", "way")),
    ),
    "condition that a parallel gateway passes over": (
        "stray_condition",
        "way",
        gateway("parallelGateway", ("x a", "n", "way"), "x b"),
    ),
    "several flows": ("several_flows", "x", s.sketch(d.user("x") + d.user("y"), "start x end", "x y end")),
    "no default": ("no_default", "x", gateway("exclusiveGateway", ("x a", "n"), ("x b", "m"))),
    "gateway without a way on": ("no_way_on", "x", s.sketch(d.node("exclusiveGateway", "x") + d.user("t"),
                                 "start t x", "t end").replace(b"userTask", b"parallelGateway")),
    "task without a way on": (
        "no_way_on",
        "x",
        s.sketch(d.node("parallelGateway", "f") + d.user("x"), "start f end", "f x"),
    ),
    "event without a way on": (
        "no_way_on",
        "b",
        s.sketch(d.user("x") + d.boundary("b", "x", d.timer(duration="PT1H")), "start x end"),
    ),
    "instances by no number": ("bad_expression", "x", straight(loop("<bpmn:loopCardinality/>"))),
    "no condition": ("no_condition", "bare", gateway("exclusiveGateway", ("x a", "n"), ("x b", "", "bare"))),
    "import": ("bad_expression", "way", gateway("inclusiveGateway", ("x a", "__import__('os')", "way"), ("x b", "n"))),
    "script with a loop": ("bad_expression", "x", straight(d.script("x", "for a in b:\n    c = a"))),
    "script without text": ("bad_expression", "x", straight(d.node("scriptTask", "x"))),
    "condition event": ("bad_expression", "x", straight(d.node("intermediateCatchEvent", "x", s.conditional("a b")))),
    "number of instances": (
        "bad_expression",
        "x",
        straight(loop("<bpmn:loopCardinality>2 **</bpmn:loopCardinality>")),
    ),
    "loop condition": (
        "bad_expression",
        "x",
        straight(
            d.user(
                "x",
                "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>import os</bpmn:loopCondition>"
                "</bpmn:standardLoopCharacteristics>",
            )
        ),
    ),
    "script before": (
        "bad_expression",
        "x",
        straight(d.user("x", ext="<spiffworkflow:preScript>import os</spiffworkflow:preScript>")),
    ),
    "script behind": (
        "bad_expression",
        "x",
        straight(d.user("x", ext="<spiffworkflow:postScript>a = open('x')</spiffworkflow:postScript>")),
    ),
    "timer in words": (
        "bad_expression",
        "x",
        straight(d.node("intermediateCatchEvent", "x", d.timer(duration="3 days"))),
    ),
    "cron timer": (
        "bad_expression",
        "x",
        straight(d.node("intermediateCatchEvent", "x", d.timer(cycle="0 0 9 * * ?"))),
    ),
    "inputs of a task": (
        "drawn_only",
        "io",
        straight(d.user("x", d.node("ioSpecification", "io", d.node("dataInput", "i", name="a")))),
    ),
    "empty timer": ("bad_timer", "x", straight(d.node("intermediateCatchEvent", "x", d.timer()))),
    "blank timer": ("bad_timer", "x", straight(d.node("intermediateCatchEvent", "x", d.timer(duration=" ")))),
    "catching nothing": ("no_trigger", "x", straight(d.node("intermediateCatchEvent", "x"))),
    "receiving nothing": ("no_trigger", "x", straight(d.node("receiveTask", "x"))),
    "sending nothing": ("no_trigger", "x", straight(d.node("sendTask", "x"))),
    "boundary of nothing": (
        "no_trigger",
        "b",
        s.sketch(d.user("x") + d.boundary("b", "x", ""), "start x end", "b end"),
    ),
    "data object": ("drawn_only", "o", straight(d.user("x"), d.node("dataObjectReference", "o"))),
    "instances of nothing": ("bad_instances", "x", straight(loop(""))),
    "calling nothing": ("no_called_process", "x", straight(d.node("callActivity", "x"))),
    "two starts inside": (
        "not_executable",
        "x",
        straight(s.scope("x", d.node("startEvent", "second"), "x_start x_end", "second x_end")),
    ),
    "a gateway before a task": (
        "not_executable",
        "g",
        s.sketch(d.node("eventBasedGateway", "g") + d.user("x"), "start g x end"),
    ),
    "instances by both": (
        "not_executable",
        "x",
        straight(loop("<bpmn:loopCardinality>2</bpmn:loopCardinality><bpmn:loopDataInputRef>l</bpmn:loopDataInputRef>")),
    ),
    "a loop without an end": ("not_executable", "x", straight(d.user("x", d.node("standardLoopCharacteristics", "l")))),
    "an error that is not declared": (
        "not_executable",
        "bad",
        straight(s.scope("x", d.node("endEvent", "bad", s.error("other")), "x_start bad")).replace(
            b'<bpmn:endEvent id="x_end"></bpmn:endEvent>', b""
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_diagram_is_found_out(name: str) -> None:
    """Each diagram gives exactly its finding, at its element; an error refuses to compile, a warning does not."""
    code, element, content = BAD[name]
    findings = check_bpmn("p.bpmn", content)
    assert [(found.code, found.element) for found in findings if found.code == code][:1] == [(code, element)]
    errors = [found for found in findings if found.severity == "error"]
    if not errors:
        compile_bundle({"p.bpmn": content}, {})
        return
    with pytest.raises(Refused) as refused:
        compile_bundle({"p.bpmn": content}, {})
    assert {found.code for found in refused.value.findings} == {found.code for found in errors}


def test_every_code_has_its_bad_diagram() -> None:
    """No finding is only words: each code is produced by a diagram, and each advice is given somewhere."""
    produced = {code for code, _, _ in BAD.values()}
    assert produced | {"duplicate_process"} == set(WORDS)
    given = {found.cure for _, _, content in BAD.values() for found in check_bpmn("p.bpmn", content)}
    assert {zh for zh, _ in INSTEAD.values()} <= given


def test_findings_speak_both_languages() -> None:
    """Every finding says in Chinese and English what is wrong and what to do, with no placeholder left open."""
    for _, _, content in BAD.values():
        for found in check_bpmn("p.bpmn", content):
            assert isinstance(found, Finding)
            texts = (found.reason, found.cure, found.reason_en, found.cure_en)
            assert all(text and "{" not in text.replace("{...}", "") for text in texts), found
            assert found.severity in ("error", "warning")


def test_a_good_diagram_has_no_findings() -> None:
    """The little process everybody draws first is fine."""
    assert codes(GOOD) == set()


def test_rows_and_nests_have_a_limit_that_does_not_depend_on_who_asks() -> None:
    """What is too long or too deep is named with the limit, however much stack there is; just below, it runs."""
    assert codes(row(298)) == set()
    assert codes(row(600)) == {("long_row", "t299")}
    assert codes(nest(50)) == set()
    assert codes(nest(60)) == {("deep_nest", "t10")}
    for content in (row(298), nest(50)):
        driver = Driver(content)
        driver.complete("t0")
        driver.check()


def test_one_process_in_two_files() -> None:
    """Two files with the same process id cannot be one package."""
    with pytest.raises(Refused) as refused:
        compile_bundle({"a.bpmn": GOOD, "b.bpmn": GOOD}, {})
    assert [(found.code, found.file, found.element) for found in refused.value.findings] == [
        ("duplicate_process", "b.bpmn", "P")
    ]


def test_one_sub_process_id_in_two_files() -> None:
    """A sub-process copied to another file with its id is refused, not silently taken for the other one."""
    sub = s.scope("sub", d.user("t"), "sub_start t sub_end")
    first, second = s.sketch(sub, "start sub end"), s.sketch(sub, "start sub end").replace(b'id="P"', b'id="Q"')
    with pytest.raises(Refused) as refused:
        compile_bundle({"a.bpmn": first, "b.bpmn": second}, {})
    assert [found.code for found in refused.value.findings] == ["not_executable"]


def test_message_ids_belong_to_their_file() -> None:
    """Two files may use the same message id for different messages, as copied diagrams do."""
    bodies = {}
    for process, name in (("A", "first"), ("B", "second")):
        xml = s.sketch(d.node("receiveTask", "x", messageRef="msg_m"), "start x end", messages=("m",))
        bodies[f"{process}.bpmn"] = xml.replace(b'id="P"', f'id="{process}"'.encode()).replace(
            b'name="m"', f'name="{name}"'.encode()
        )
    bundle = compile_bundle(bodies, {})
    names = [bundle.specs[process].task_specs["x"].event_definition.name for process in ("A", "B")]
    assert names == ["first", "second"]


def test_a_pool_that_is_not_executable_stays_a_drawing() -> None:
    """Beside an executable pool another one may be drawn as a black box, without a start event."""
    box = d.process("Box", d.user("theirs")).replace('isExecutable="true"', 'isExecutable="false"')
    xml = s.sketch(d.user("t"), "start t end", more=box)
    assert codes(xml) == set()
    assert set(compile_bundle({"p.bpmn": xml}, {}).specs) == {"P"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "xml_malformed"),
        (b"no xml", "xml_malformed"),
        (b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>', "xml_doctype"),
        (b"<d>" + b" " * documents.MAX_BYTES + b"</d>", "xml_too_large"),
        (b"<d>" + b"<a/>" * documents.MAX_ELEMENTS + b"</d>", "xml_too_large"),
        (b"<d>" * 201 + b"</d>" * 201, "xml_too_deep"),
    ],
)
def test_hostile_files_are_refused(content: bytes, code: str) -> None:
    """No DOCTYPE, 5 MB and 200 levels at most; the check says so and does not raise."""
    assert [found.code for found in check_bpmn("p.bpmn", content)] == [code]
    with pytest.raises(Refused):
        compile_bundle({"p.bpmn": content}, {})


@pytest.mark.parametrize("step", range(1, 6))
def test_a_damaged_file_never_breaks_the_check(step: int) -> None:
    """Whatever attribute or piece is lost or changed, the check answers, and what it passes compiles."""
    content = BAD["several events"][2].replace(b"intermediateCatchEvent", b"boundaryEvent")
    for place in range(step, len(content), 37):
        for damaged in (content[:place] + content[place + step :], content[:place] + b"x" + content[place + 1 :]):
            findings = check_bpmn("p.bpmn", damaged)
            assert compiles(damaged) == all(found.severity == "warning" for found in findings)


def compiles(content: bytes) -> bool:
    """Whether a file compiles."""
    try:
        compile_bundle({"p.bpmn": content}, {})
    except Refused:
        return False
    return True
