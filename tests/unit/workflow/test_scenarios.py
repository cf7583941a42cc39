"""Scenarios on the bare engine: the rules of the services hold there too."""

import json

import pytest

from services.workflow.engine import Bundle, compile_bundle
from services.workflow.scenarios import BadScenario, load, run
from tests.unit.workflow.engine import drawing as d
from tests.unit.workflow.engine import sketches as s
from tests.unit.workflow.engine.driving import calendar

TABLE = s.table("D07", "len(answer.body)", "severity path text", '< 3 | "error" | "body" | "太短"', policy="COLLECT")
LINE = "given: {{at: 2026-02-27, auto: true, matters: [{{matter_id: m1}}]}}\nwhen: [{line}]\nthen: {then}\n"


@pytest.fixture
def bundle() -> Bundle:
    """A draft that is checked and opens again with what it held when its review returns it."""
    number = {"type": "string", "title": "文号", "pattern": "^.+〔2026〕1号$", "x-normalise": "brackets"}
    body = {"type": "string", "title": "正文", "examples": ["示例正文"]}
    form = json.dumps({"type": "object", "properties": {"body": body, "doc_no": number}}).encode()
    hy = d.hy("task", role="unit", form="reply", result="reply", fill="reply", check="D07")
    nodes = d.script("begin", "reply = {}") + d.user("draft", ext=hy)
    asked = d.hy("accepts", record="progress_note", role="unit", to="look")
    apart = d.hy("task", role="office", apart="draft")
    nodes += (
        d.user("review", ext=d.hy("return", to="draft") + asked + apart) + d.user("look") + d.node("endEvent", "looked")
    )
    files = {
        "p.bpmn": s.sketch(nodes, "start begin draft review end", "look looked"),
        "D07.dmn": TABLE,
        "forms/reply.json": form,
    }
    return compile_bundle(files, {})


def played(bundle: Bundle, line: str, then: str = "{}") -> list[str]:
    """What does not come as these lines say."""
    result = run(load(LINE.format(line=line, then=then)), bundle, calendar(), {"matter.submitted": "P"})
    return [failure.text_en for failure in result.failures]


@pytest.mark.parametrize(
    ("data", "refused", "found"),
    [
        ("{body: 短}", "[body]", []),
        ("{body: 短, doc_no: x}", "[doc_no]", []),
        ("{doc_no: x}", "[body]", ["draft should be refused for body, was for: doc_no"]),
        ("{body: 够长的}", "[body]", ["draft should be refused for body, was for: -"]),
    ],
)
def test_a_line_may_expect_a_refusal(bundle: Bundle, data: str, refused: str, found: list[str]) -> None:
    """For exactly these fields, by the form or by the tables; the task stays open."""
    assert played(bundle, f"{{do: draft, data: {data}, refused: {refused}}}", "{tasks: [draft]}") == found


def test_a_refusal_nobody_expects_is_a_failure(bundle: Bundle) -> None:
    """As the services would refuse it."""
    assert played(bundle, "{do: draft, data: {body: 短}}") == ["draft body: 太短"]


def test_what_a_form_opens_with_comes_before_its_examples(bundle: Bundle) -> None:
    """A task that nobody mentions is done with what it holds; signs are normalised as in the services."""
    number = "doc_no: '云[2026]1号'"
    lines = f"{{do: draft, data: {{body: 稿一, {number}}}, refused: [body]}}, "
    lines += f"{{do: draft, data: {{body: 第一稿, {number}}}}}, "
    lines += "{operator: {verb: return, task: m1-1.2}}, {finish: true}"
    assert played(bundle, lines, "{cases: {P: end}}") == []


@pytest.mark.parametrize(
    "line", ["{record: contact, refused: [x]}", "{do: draft, refused: []}", "{do: draft, refused: x}"]
)
def test_a_refusal_belongs_to_a_task_and_names_fields(line: str) -> None:
    """Anything else is a mistake in the file."""
    with pytest.raises(BadScenario):
        load(LINE.format(line=line, then="{}"))


NOTE = "record: progress_note, data: {text: 正在办理}"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"{{{NOTE}, who: {{role: unit}}}}", []),
        (f"{{{NOTE}}}", []),
        (f"{{{NOTE}, who: {{role: office}}}}", ["wrong role: office ≠ unit"]),
        ("{record: progress_note, data: {percent: 60}}", ["progress_note text: Fill in “progress”"]),
        ("{record: contact}", ["nothing accepts the record contact"]),
    ],
)
def test_a_record_is_added_where_something_accepts_it(bundle: Bundle, line: str, found: list[str]) -> None:
    """The process goes on until something does; role and fields are checked as the services do, branches begin."""
    then = "{tasks: [review, look], records: {progress_note: 1}}"
    failures = played(bundle, line, then)
    assert failures[:1] == found
    assert not found or "nothing accepts" in found[0] or len(failures) == 1


def asked(process: str, unit: str) -> str:
    """A task of a unit."""
    return d.user(f"{process}_{unit}", ext=d.hy("task", role="unit", unit=f"'{unit}'"))


@pytest.mark.parametrize(
    ("unit", "found"),
    [("b", []), ("c", []), ("a", ["several cases accept the record progress_note: m1-1, m1-2"])],
)
def test_of_several_cases_that_accept_a_record_the_unit_decides(unit: str, found: list[str]) -> None:
    """Where it takes part, the main case or the one that was started; at work in both, none is guessed."""
    ext = d.hy("accepts", record="progress_note")
    main = d.node("intermediateThrowEvent", "begin", ext=d.hy("start", process="Q"))
    main += d.node("parallelGateway", "fork") + asked("main", "a") + asked("main", "b")
    more = d.node("parallelGateway", "split") + asked("more", "a") + asked("more", "c")
    called = s.called("Q", more, "Q_start split more_a Q_end", "split more_c Q_end", ext=ext)
    xml = s.sketch(main, "start begin fork main_a end", "fork main_b end", ext=ext, more=called)
    bundle = compile_bundle({"p.bpmn": xml}, {})
    line = f"{{{NOTE}, unit: {unit}}}"
    assert played(bundle, line, "{records: {progress_note: 1}}")[:1] == found


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("account: li", "account: li", []),
        ("name: 李", "name: 王", ["review should be refused for four_eyes, was for: -"]),
        ("role: unit", "role: office", ["review should be refused for four_eyes, was for: -"]),
    ],
)
def test_whoever_a_line_names_does_not_check_his_own_work(
    bundle: Bundle, first: str, second: str, found: list[str]
) -> None:
    """Where the scenario says who did both; without names nobody is the same."""
    lines = f"{{do: draft, who: {{{first}}}}}, {{do: review, who: {{{second}}}, refused: [four_eyes]}}"
    assert played(bundle, lines, "{tasks: [review]}") == found
