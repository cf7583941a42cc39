"""What is said of a decision table as a whole: each finding with its rule, its cell and an example."""

from typing import Any

import pytest

from services.workflow.engine import check_dmn, sheets
from services.workflow.engine.axes import Domain
from services.workflow.engine.findings import Finding
from services.workflow.engine.table_findings import examine
from tests.unit.workflow.dmn import table


def one(xml: bytes, **domains: Domain) -> Finding:
    """The only finding about a table, where the package knows this of its inputs."""
    (found,) = examine(sheets.read("t.dmn", xml), domains).findings()
    return found


def codes(xml: bytes, **domains: Domain) -> list[str]:
    """The codes of what is found."""
    return [found.code for found in examine(sheets.read("t.dmn", xml), domains).findings()]


def x(*cells: str, policy: str = "UNIQUE", **more: Any) -> bytes:
    """A table with one input x and these cells, one per row."""
    return table(["x"], ["y"], [[cell, str(n)] for n, cell in enumerate(cells)], policy, **more)


def test_overlapping_rows_of_a_unique_table_are_an_error_with_an_example() -> None:
    """The later row is named, with the earlier one and an input that hits both."""
    rows = [["< 5", '"u"', "1"], [">= 5", "-", "2"], ["[3..9]", 'not("v")', "3"], ["< 5", '"v"', "4"]]
    found = one(table(["a", "b"], ["y"], rows), b=Domain(("u", "v")))
    assert (found.code, found.severity, found.element) == ("dmn_overlap", "error", "r3")
    assert found.reason == '第 3 行（r3）与第 1 行（r1）等 2 行重叠，例如 a = 3，b = "u"'
    assert found.reason_en == 'row 3 (r3) overlaps row 1 (r1) and 1 more, for instance a = 3, b = "u"'


def test_rows_on_inputs_that_hang_together_only_may_overlap() -> None:
    """x and x * 2 cannot be chosen apart: the example may be impossible, so it is a warning."""
    rows = [["< 5", "-", "1"], ["-", "> 9", "2"]]
    found = examine(sheets.read("t.dmn", table(["x", "x * 2"], ["y"], rows))).findings()
    assert [(one.code, one.severity) for one in found] == [("dmn_overlap", "warning"), ("dmn_gap", "warning")]


@pytest.mark.parametrize(
    ("xml", "element", "code"),
    [
        (x("> 1", "> 2", "-", policy="FIRST"), "r2", "dmn_shadowed"),
        (x("< 5", ">= 3", "[1..9]", "-", policy="FIRST"), "r3", "dmn_shadowed_together"),
        (x('"a"', 'not("a")', "null", "-", policy="FIRST"), "r3", "dmn_shadowed"),
    ],
)
def test_rows_that_are_never_reached_in_a_first_table_are_warned_of(xml: bytes, element: str, code: str) -> None:
    """One row before it takes everything, or several together do."""
    found = next(one for one in examine(sheets.read("t.dmn", xml)).findings() if one.element == element)
    assert (found.code, found.severity) == (code, "warning")
    assert f"（{element}）" in found.reason


@pytest.mark.parametrize(
    ("xml", "example"),
    [
        (x("< 5", "> 5"), "x = 5"),
        (x("[0..5]", "> 5"), "x = -1"),
        (x("[0..5]", "> 6", allowed=[">= 0"]), "x = 5.5"),
        (x('"a"', '"b"'), "x = another value"),
        (x("true"), "x = false"),
        (x('< date("2026-02-28")', '> date("2026-02-28")'), 'x = "2026-02-28"'),
        (table(["a", "b"], ["y"], [["true", "true", "1"], ["false", "-", "2"]], "FIRST"), "a = true, b = false"),
        (x("null", "< 5", ">= 6", policy="FIRST"), "x = 5"),
    ],
)
def test_inputs_that_no_row_answers_are_warned_of_with_an_example(xml: bytes, example: str) -> None:
    """In single-hit tables; the table is named."""
    found = one(xml)
    assert (found.code, found.severity, found.element) == ("dmn_gap", "warning", "t")
    assert found.reason_en == f"some inputs are answered by no row, for instance {example}"


@pytest.mark.parametrize(
    "xml",
    [
        x("< 5", ">= 5"),
        x("< 5", "-", policy="FIRST"),
        x('"judicial" in ?', "-", policy="FIRST"),
        x('"a"', '"b"', allowed=['"a", "b"']),
        x("0", ">= 1", allowed=["[0..9]"], types=["integer"]),
        x('<= date("2026-02-28")', '>= date("2026-03-01")', types=["date"]),
        x("true", "false", types=["boolean"]),
        x('"a"', '"a", "b"', policy="COLLECT"),
        x("len(?) > 2", "v", policy="COLLECT"),
        x("null", "not(null)"),
    ],
)
def test_a_good_table_has_no_findings(xml: bytes) -> None:
    """Whole partitions, a last row for everything, lists of values, days without a gap, COLLECT."""
    assert codes(xml) == []


def test_what_a_package_knows_counts() -> None:
    """Code lists make gaps and misspelt codes visible, whole numbers leave nothing between, open lists only ask."""
    assert codes(x('"a"', '"b"'), x=Domain(("a", "b"))) == []
    assert codes(x('"a"', '"bb"'), x=Domain(("a", "b"))) == ["dmn_dead_rule", "dmn_gap"]
    assert codes(x("<= 0", ">= 1"), x=Domain(is_whole=True)) == []
    assert codes(x('"a"', '"b"'), x=Domain(("a",), is_closed=False)) == []
    assert codes(x('"a"', '"b"'), x=Domain(("c",), is_closed=False)) == ["dmn_gap"]


def test_a_row_that_nothing_can_hit_is_warned_of() -> None:
    """Ends in the wrong order, codes that do not exist; in every policy."""
    found = one(x("[5..1]", policy="COLLECT"))
    assert (found.code, found.severity, found.element) == ("dmn_dead_rule", "warning", "r1")
    assert found.reason == "第 1 行（r1）永远不会命中：“x”不会符合 [5..1]"


@pytest.mark.parametrize(
    "cell", ["limit", "< limit", "len(?) > 2", "? > limit", '? in names and ? != "a"', "[]", "first(?) == 1"]
)
def test_cells_that_cannot_be_looked_through_are_named(cell: str) -> None:
    """Nothing is claimed about rows only such cells could tell apart; the finding names column and rows."""
    found = examine(sheets.read("t.dmn", x('"a"', cell))).findings()
    assert [one.code for one in found] == ["dmn_undecided_overlap", "dmn_undecided_gap"]
    assert "'x' in row 2" in found[0].reason_en
    assert "“x”第 2 行" in found[1].reason


def test_texts_beside_ordered_numbers_are_not_looked_through() -> None:
    """Whatever comes, one of the cells fails."""
    report = examine(sheets.read("t.dmn", x('"a"', "< 5")))
    assert [(column.source, rules) for column, rules in report.unclear] == [("x", [1, 2])]


@pytest.mark.parametrize(
    ("type_", "cell", "severity"),
    [("number", '"5"', "error"), ("boolean", '"true"', "error"), ("date", "5", "error"), ("string", "5", "warning")],
)
def test_cells_of_another_type_than_their_column_are_named(type_: str, cell: str, severity: str) -> None:
    """Row and cell are named; what a modeler writes by itself (string) is only warned of."""
    found = examine(sheets.read("t.dmn", x(cell, "-", policy="FIRST", types=[type_]))).findings()[0]
    assert (found.code, found.severity, found.element) == ("dmn_wrong_type", severity, "c1_0")
    assert found.reason.startswith("第 1 行（r1）第 1 格")
    output = examine(sheets.read("t.dmn", table([], ["y"], [[cell]], types=[type_]))).findings()[0]
    assert (output.code, output.element) == ("dmn_wrong_type", "c1_0")


@pytest.mark.parametrize(
    ("type_", "cell"), [("date", 'date("2026-02-27")'), ("integer", "[1..5]"), ("Any", "5"), ("number", "null")]
)
def test_cells_of_the_right_type_are_not_named(type_: str, cell: str) -> None:
    """Dates are texts, null is of every type, other types say nothing."""
    assert codes(x(cell, "-", policy="FIRST", types=[type_])) == []


def test_ids_that_occur_twice_are_an_error() -> None:
    """A finding could not say which is meant."""
    found = one(x("< 5", ">= 5").replace(b'"r2"', b'"r1"'))
    assert (found.code, found.severity, found.element) == ("dmn_duplicate_id", "error", "r1")
    assert "第 2 行" in found.reason


def test_a_row_that_was_not_filled_in_is_warned_of() -> None:
    """A modeler adds rows empty; an explicit null is meant."""
    found = one(table(["x"], ["y", "z"], [["1", "2", ""], ["-", "", ""]], "FIRST"))
    assert (found.code, found.severity, found.element) == ("dmn_no_output", "warning", "r2")
    assert codes(table(["x"], ["y"], [["-", "null"]], "FIRST")) == []


def test_a_default_output_is_refused() -> None:
    """It would not be executed."""
    xml = x("-", policy="FIRST").replace(
        b'<output name="y"/>', b'<output name="y"><defaultOutputEntry id="e"/></output>'
    )
    assert one(xml).code == "dmn_default_output"


def test_a_large_table_says_so() -> None:
    """Beyond the bound nothing is claimed."""
    found = one(x(*map(str, range(1001))))
    assert (found.code, found.severity) == ("dmn_not_analysed", "warning")
    assert "1001" in found.reason


def test_of_many_findings_of_one_kind_some_are_shown() -> None:
    """The last one counts the rest."""
    found = examine(sheets.read("t.dmn", x("-", *map(str, range(40))))).findings()
    assert [one.code for one in found] == ["dmn_overlap"] * 20 + ["dmn_more"]
    assert "20" in found[-1].reason_en


@pytest.mark.parametrize("content", [b"", b"<a/>", b"<!DOCTYPE a><a/>", b"\x00", x("-").replace(b"UNIQUE", b"ANY")])
def test_a_file_alone_is_checked_without_ever_failing(content: bytes) -> None:
    """Whatever it is, there are findings."""
    assert check_dmn("t.dmn", content)


def test_a_table_that_will_not_run_is_looked_at_all_the_same() -> None:
    """What cannot be compiled is named first; a table with rows too short is not looked at further."""
    assert check_dmn("t.dmn", x("open('x')", "-"))[0].code == "dmn_bad_cell"
    assert [one.code for one in check_dmn("t.dmn", table(["x"], ["y"], [["1"], ["-", "1"]]))] == ["dmn_row_width"]
