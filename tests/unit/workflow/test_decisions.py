"""Decision tables: unary tests, hit policies, and what a published table may not contain."""

from typing import Any

import pytest

from services.workflow.engine.decision_words import WORDS
from services.workflow.engine.decisions import Decision, parse_decision
from services.workflow.engine.failures import Failed
from services.workflow.engine.findings import Finding, Refused
from tests.unit.workflow.dmn import table


def decide(xml: bytes, **names: Any) -> Any:
    """The outputs for these variables."""
    return parse_decision("d3.dmn", xml).evaluate(names).outputs


def hit(cell: str, value: Any, **names: Any) -> bool:
    """Whether a cell is true of an input value."""
    return decide(table(["x"], ["y"], [[cell, "1"]]), x=value, **names) is not None


@pytest.mark.parametrize(
    ("cell", "yes", "no"),
    [
        ("-", ["a", None, 1], []),
        ("", ["a", None, 1], []),
        ('"a"', ["a"], ["b", None, 1]),
        ('"a", "b"', ["a", "b"], ["c", "a, b", None]),
        ('"a,b"', ["a,b"], ["a", "b"]),
        ('["a", "b"]', ["a", "b", ["a", "b"]], ["c"]),
        ("units", ["u1", "u2"], ["u3"]),
        ('not("a")', ["b", None], ["a"]),
        ('not("a", "b")', ["c"], ["a", "b"]),
        ("not(< 3)", [3, 9], [1]),
        ('not("a"), "a"', ["a", "b"], []),
        ("5", [5, 5.0], [4, "5", True]),
        ("-5", [-5], [5]),
        ("< 5", [4, -1], [5, 6, None]),
        ("<= 5", [5], [6]),
        ("> 5", [6], [5, None]),
        (">= limit", [10, 11], [9]),
        ("!= 5", [4, None, "5"], [5]),
        ("== 5", [5], [4]),
        ("= 5", [5], [4]),
        ("< 3, > 7", [1, 9], [3, 5, 7]),
        ("[1..5]", [1, 3, 5], [0, 6, None]),
        ("(1..5)", [2, 4], [1, 5]),
        ("[1..5)", [1, 4], [5]),
        ("(1..5]", [5], [1]),
        ("[1..2], [8..9]", [1, 9], [5]),
        ("]1..5[", [2, 4], [1, 5]),
        ("[1..5[, ]7..9]", [1, 4, 8, 9], [5, 7]),
        ("not(]1..5], 7)", [1, 8], [2, 5, 7]),
        ("[1..steps[0]]", [1, 3], [4]),
        ("[limit - 1..limit + 1]", [9, 10, 11], [8]),
        ("[0.5..1.5]", [1], [2]),
        ('["2026-01-01".."2026-06-30"]', ["2026-05-01"], ["2026-07-01"]),
        ('date("2026-05-27")', ["2026-05-27"], ["2026-05-28"]),
        ('<= date("2026-05-27T01:00:00+08:00")', ["2026-05-27"], ["2026-05-28"]),
        ("null", [None], [0, "", False]),
        ("true", [True], [False, 1, None]),
        ("false", [False], [True, 0]),
        ("not(null)", ["a", 0], [None]),
        ("? > 5 and ? < 9", [6], [5, 9]),
        ("5 < ? < 9", [6], [5, 9]),
        ("? in [1, 12]", [1], [2]),
        ("len(?) > 2", [[1, 2, 3], "abc"], [[1]]),
        ("count(?, 'a') == 1", [["a", "b"]], [["b"]]),
        ("? == limit or ? is None", [10, None], [9]),
        ('"?"', ["?"], ["x"]),
        ("matter.kind", ["suggestion"], ["proposal"]),
        ('${"a"}', ["a"], ["b"]),
    ],
)
def test_a_cell_is_true_of_some_values_and_not_of_others(cell: str, yes: list[Any], no: list[Any]) -> None:
    """Every form of unary test with values it hits and values it does not."""
    names = {"steps": [3], "units": ["u1", "u2"], "limit": 10, "matter": {"kind": "suggestion"}}
    assert [value for value in yes if not hit(cell, value, **names)] == []
    assert [value for value in no if hit(cell, value, **names)] == []


DEADLINES = table(
    ["kind", "redo_round"],
    ["amount", "roll", "basis"],
    [
        ['"suggestion"', "0", '"3m"', '"next_working_day"', '"代表法 第51条"'],
        ['"suggestion"', "> 0", '"30d"', '"none"', '"第" + str(redo_round) + "次重办"'],
        ['"proposal"', "-", '"5wd"', "", "null"],
    ],
)


def test_the_row_that_hits_gives_its_outputs() -> None:
    """Outputs are expressions over all variables; an empty one is null; rows are numbered from 1."""
    outcome = parse_decision("d3.dmn", DEADLINES).evaluate({"kind": "suggestion", "redo_round": 2})
    assert outcome.outputs == {"amount": "30d", "roll": "none", "basis": "第2次重办"}
    assert outcome.rules == [2]
    assert decide(DEADLINES, kind="proposal", redo_round=None) == {"amount": "5wd", "roll": None, "basis": None}


def test_without_a_hit_there_is_no_output() -> None:
    """None, not an error: the diagram decides what that means."""
    outcome = parse_decision("d3.dmn", DEADLINES).evaluate({"kind": "motion", "redo_round": 0})
    assert (outcome.outputs, outcome.rules) == (None, [])


def test_a_table_knows_itself() -> None:
    """Id, name, outputs and the variables it reads are there for the validator."""
    decision = parse_decision("d3.dmn", DEADLINES)
    assert (decision.id, decision.name, decision.hit_policy) == ("d3", "期限", "UNIQUE")
    assert decision.outputs == ["amount", "roll", "basis"]
    assert decision.names == {"kind", "redo_round"}
    assert decision.find() == []


OVERLAP = [["> 1", '"a"'], ["> 2", '"b"'], ["-", '"c"']]


def test_unique_is_checked() -> None:
    """Two rows hit: the table is wrong, and the error names them."""
    with pytest.raises(Failed) as caught:
        decide(table(["x"], ["y"], OVERLAP), x=3)
    assert (caught.value.code, caught.value.detail) == ("unique_violated", "1, 2, 3")
    assert caught.value.source == "d3"


def test_first_takes_the_first() -> None:
    """FIRST stops at the first row and never looks at later ones."""
    rows = [*OVERLAP, ["missing_is_never_read", '"d"']]
    outcome = parse_decision("d3.dmn", table(["x"], ["y"], rows, "FIRST")).evaluate({"x": 2})
    assert (outcome.outputs, outcome.rules) == ({"y": "a"}, [1])


def test_collect_takes_all_in_order() -> None:
    """COLLECT gives a list, empty without a hit."""
    xml = table(["x"], ["y"], OVERLAP, "COLLECT")
    assert decide(xml, x=3) == [{"y": "a"}, {"y": "b"}, {"y": "c"}]
    assert decide(table(["x"], ["y"], OVERLAP[:2], "COLLECT"), x=0) == []


def test_a_failing_cell_names_table_and_row() -> None:
    """The process owner learns where to look."""
    with pytest.raises(Failed) as caught:
        decide(table(["x"], ["y"], [["1", "1"], ["< 5", "2"]]), x="text")
    assert (caught.value.code, caught.value.source) == ("incomparable", "d3 #2")
    with pytest.raises(Failed) as caught:
        decide(table(["missing"], ["y"], [["1", "1"]]))
    assert (caught.value.code, caught.value.source) == ("unknown_variable", "d3")


def test_outputs_share_nothing_with_the_case() -> None:
    """An output that is a variable is a copy of it."""
    units = ["a"]
    found = decide(table(["1"], ["y"], [["-", "units"]]), units=units)
    found["y"].append("b")
    assert units == ["a"]


@pytest.mark.parametrize("version", ["20151101/dmn.xsd", "20180521/MODEL/", "20211108/MODEL/", "20230324/MODEL/"])
def test_every_version_of_dmn_is_read(version: str) -> None:
    """The modeler writes 1.3; older and newer files carry another namespace only."""
    assert decide(table(["x"], ["y"], [["1", "2"]], xmlns=f"https://www.omg.org/spec/DMN/{version}"), x=1) == {"y": 2}


def findings(xml: bytes) -> list[Finding]:
    """What is found in a table, after a check that it does or does not run accordingly."""
    decision: Decision = parse_decision("d3.dmn", xml)
    if any(found.severity == "error" for found in decision.find()):
        with pytest.raises(Failed, match="refused_decision"):
            decision.evaluate({"x": 1})
    return decision.find()


@pytest.mark.parametrize(
    ("xml", "code", "element"),
    [
        (table(["x"], ["y"], [["1", "1"]], "ANY"), "dmn_hit_policy", "t"),
        (table(["x"], ["y"], [["1", "1"]], "PRIORITY"), "dmn_hit_policy", "t"),
        (table(["x"], ["y"], [["1", "1"]], "RULE ORDER"), "dmn_hit_policy", "t"),
        (
            table(["x"], ["y"], [["1", "1"]], "COLLECT").replace(b"hitPolicy", b'aggregation="SUM" hitPolicy'),
            "dmn_hit_policy",
            "t",
        ),
        (table(["x"], ["y"], [["__import__('os')", "1"]]), "dmn_bad_cell", "c1_0"),
        (table(["x"], ["y"], [["“a”", "1"]]), "dmn_bad_cell", "c1_0"),
        (table(["x"], ["y"], [["x > 5", "1"]]), "dmn_bad_cell", "c1_0"),
        (table(["x"], ["y"], [["not x", "1"]]), "dmn_bad_cell", "c1_0"),
        (table(["x"], ["y"], [["1..5", "1"]]), "dmn_bad_cell", "c1_0"),
        (table(["x"], ["y"], [["[..5]", "1"]]), "dmn_bad_cell", "c1_0"),
        (table(["x"], ["y"], [['"a",', "1"]]), "dmn_bad_cell", "c1_0"),
        (table(["x"], ["y"], [["<", "1"]]), "dmn_bad_cell", "c1_0"),
        (table(["x"], ["y"], [["1" * 4001, "1"]]), "dmn_bad_cell", "c1_0"),
        (table(["x"], ["y"], [["'" * 4001, "1"]]), "dmn_bad_cell", "c1_0"),
        (table(["x"], ["y"], [["not(" * 900, "1"]]), "dmn_bad_cell", "c1_0"),
        (table(["x"], ["y"], [["1", "lambda: 1"]]), "dmn_bad_cell", "c1_1"),
        (table(["x"], ["y"], [["1", "?"]]), "dmn_bad_cell", "c1_1"),
        (table(["x"], ["y"], [["1"]]), "dmn_row_width", "r1"),
        (table(["x"], ["y"], [["1", "1", "1"]]), "dmn_row_width", "r1"),
        (table(["open('x')"], ["y"], [["1", "1"]]), "dmn_bad_input", "d3"),
        (table([""], ["y"], [["1", "1"]]), "dmn_bad_input", "d3"),
        (table(["x"], [""], [["1", "1"]]), "dmn_bad_outputs", "t"),
        (table(["x"], ["y", "y"], [["1", "1", "2"]]), "dmn_bad_outputs", "t"),
        (table(["x"], [], [["1"]]), "dmn_bad_outputs", "t"),
        (table(["x"], ["y"], [["1", "1"], [" 1 ", "2"]]), "dmn_duplicate_row", "r2"),
        (table(["x"], ["y"], [["-", "1"], ["", "2"]]), "dmn_duplicate_row", "r2"),
    ],
)
def test_a_table_with_an_error_does_not_run_and_says_why(xml: bytes, code: str, element: str) -> None:
    """One finding with code, place, reason and cure."""
    (found,) = findings(xml)
    assert (found.code, found.severity, found.file, found.element) == (code, "error", "d3.dmn", element)
    assert found.reason
    assert found.cure_en


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (table(["x"], ["y"], []), "dmn_no_rows"),
        (table(["x"], ["y"], [["1", "1"], ["1", "2"]], "FIRST"), "dmn_duplicate_row"),
    ],
)
def test_what_is_only_odd_is_a_warning(xml: bytes, code: str) -> None:
    """The table runs, its owner is told."""
    (found,) = findings(xml)
    assert (found.code, found.severity) == (code, "warning")


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"<definitions/>", "dmn_no_table"),
        (DEADLINES.replace(b' id="d3"', b""), "dmn_no_id"),
        (b"<a><decision id='a'><decisionTable/><decisionTable/></decision></a>", "dmn_many_tables"),
        (b"<decisionTable/>", "dmn_no_id"),
        (b"<!DOCTYPE a><a/>", "xml_doctype"),
        (b"no xml", "xml_malformed"),
    ],
)
def test_a_file_without_one_table_is_refused(xml: bytes, code: str) -> None:
    """There is nothing to run, so there is no decision."""
    with pytest.raises(Refused) as caught:
        parse_decision("d3.dmn", xml)
    assert [found.code for found in caught.value.findings] == [code]


def test_all_words_are_there_in_two_languages() -> None:
    """Every finding has reason and cure, the English ones without Chinese."""
    for words in WORDS.values():
        assert all(words)
        assert words.reason_en.isascii()
        assert words.cure_en.isascii()
