"""What only another engine can do is refused at its element, with what to draw instead; nothing is guessed."""

from pathlib import Path

import pytest

from services.workflow.engine import check_bpmn
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s

BONITA = Path(__file__).parent / "vendors" / "bonita.bpmn"


CONDITIONS = [
    ("=amount = 5", "FEEL's equality"),
    ("=if a then b else c", "FEEL's choice"),
    ("=items[1] > 5", "FEEL counts from 1"),
    ("=items[item > 5]", "FEEL's filter"),
    ("=string length(x) > 1", "FEEL's names with blanks"),
    ("=every x in y satisfies x > 1", "FEEL's quantifier"),
    ("${empty x}", "JUEL's operator"),
    ("${a gt 5}", "JUEL's operator in letters"),
    ("${a ? b : c}", "the choice of C"),
    ("${bean.check(x)}", "a method of a bean"),
    ("${execution.getVariable('x') == 1}", "the engine's own object"),
    ("return amount > 5;", "Java"),
    ("var ok = a > 5; ok", "JavaScript"),
    ("/order/amount > 5", "XPath"),
    ("getDataInput('a')/b", "XPath of the standard"),
    ("<% a %>", "a template"),
    ("金额 > 5", "Chinese names"),
    ("approved ||", "half a condition"),
]
"""Conditions of other languages that mean nothing here, or something else."""


@pytest.mark.parametrize(("condition", "why"), CONDITIONS, ids=[why for _, why in CONDITIONS])
def test_conditions_of_other_languages_are_refused_at_their_flow(condition: str, why: str) -> None:
    """Each is named at its flow in two languages and never runs as something else."""
    plain = BONITA.read_text("utf-8")
    escaped = condition.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    findings = check_bpmn("p.bpmn", plain.replace(">ok</", f">{escaped}</").encode())
    assert [(found.code, found.element) for found in findings if found.severity == "error"] == [
        ("bad_expression", "_yes")
    ], why


def extended(tag: str, extension: str) -> str:
    """A node with one extension element of another vendor."""
    return d.node(tag, "x", ext=extension)


def waiting(timer: str) -> str:
    """A catching timer."""
    return d.node("intermediateCatchEvent", "x", d.node("timerEventDefinition", "t", timer))


def script(text: str, language: str) -> str:
    """A script task in another language."""
    return d.node("scriptTask", "x", f"<bpmn:script>{text}</bpmn:script>", scriptFormat=language)


def several(*inside: str, **attributes: str) -> str:
    """A multi-instance task as another vendor writes it."""
    return d.user("x", d.node("multiInstanceLoopCharacteristics", "m", *inside, **attributes))


ITEMS = "<bpmn:extensionElements><zeebe:loopCharacteristics inputCollection='=items'/></bpmn:extensionElements>"
SEND = {"camunda:type": "external", "camunda:topic": "t"}
CONSTRUCTS = {
    "Camunda's connector": ("unsupported", d.node("serviceTask", "x", **{"camunda:class": "org.example.Send"})),
    "Flowable's mail": ("unsupported", d.node("serviceTask", "x", **{"flowable:type": "mail"})),
    "Zeebe's job": ("unsupported", extended("serviceTask", "<zeebe:taskDefinition type='t'/>")),
    "Zeebe's call": ("no_called_process", extended("callActivity", "<zeebe:calledElement processId='p'/>")),
    "Camunda's external send task": ("no_trigger", d.node("sendTask", "x", **SEND)),
    "a receive task that is signalled": ("no_trigger", d.node("receiveTask", "x")),
    "a script in Groovy": ("bad_expression", script("def n = 1; println n", "groovy")),
    "a script that calls the engine": ("bad_expression", script("execution.setVariable('a', 1)", "javascript")),
    "a script in a file": ("bad_expression", d.node("scriptTask", "x", **{"camunda:resource": "deployment://s.js"})),
    "a cron timer": ("bad_expression", waiting("<bpmn:timeCycle>0 0/5 * * * ?</bpmn:timeCycle>")),
    "a timer in FEEL": ("bad_expression", waiting("<bpmn:timeDuration>=duration('PT1H')</bpmn:timeDuration>")),
    "Activiti's instances": ("unsupported", several(**{"activiti:collection": "${users}"})),
    "Flowable's instances": (
        "unsupported",
        several(**{"flowable:collection": "users", "flowable:elementVariable": "u"}),
    ),
    "Zeebe's instances": ("unsupported", several(ITEMS)),
    "Zeebe's agent": ("unsupported", d.node("adHocSubProcess", "x", d.user("y"))),
}


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_constructs_of_other_engines_are_refused_at_their_element(name: str) -> None:
    """What only another engine can do is refused where it stands, with what to draw instead."""
    code, node = CONSTRUCTS[name]
    names = "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in ("flowable", "activiti"))
    names += ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    content = s.sketch(node, "start x end").replace(b"<bpmn:definitions", f"<bpmn:definitions{names}".encode())
    (found,) = [found for found in check_bpmn("p.bpmn", content) if found.severity == "error"]
    assert (found.code, found.element) == (code, "x")
    assert found.cure
    assert found.cure_en
