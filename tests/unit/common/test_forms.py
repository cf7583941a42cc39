"""Forms: shown, read back, checked in two languages, shown again; whatever a browser or an agency sends."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from services.common import forms
from tests.unit.common import apps

UNITS = [("unit_a", "市城市管理局"), ("unit_b", "市财政局")]
CLASSES = [("solved", "A 类：已经解决"), ("in_progress", "B 类：正在解决")]
OPTIONS = {"units": UNITS, "classes": CLASSES, "deputies": [("d1", "张代表")]}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "会办意见",
    "required": ["opinion", "verdict", "units", "body"],
    "additionalProperties": False,
    "properties": {
        "opinion": {
            "type": "string",
            "title": "意见",
            "x-title-en": "Opinion",
            "description": "写清依据",
            "minLength": 5,
            "maxLength": 30_000,
            "x-text": True,
        },
        "verdict": {
            "type": "string",
            "title": "结论",
            "enum": ["yes", "no"],
            "x-labels": {"yes": "同意", "no": "不同意"},
        },
        "reason": {"type": "string", "title": "理由", "maxLength": 100},
        "days": {"type": "integer", "title": "天数", "minimum": 1, "maximum": 30},
        "cost": {"type": "number", "title": "金额"},
        "until": {"type": "string", "title": "期限", "format": "date"},
        "agreed": {"type": "boolean", "title": "已沟通"},
        "units": {
            "type": "array",
            "title": "单位",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string"},
            "x-options": "units",
        },
        "points": {"type": "array", "title": "要点", "items": {"type": "string", "maxLength": 50}, "maxItems": 3},
        "promises": {
            "type": "array",
            "title": "承诺",
            "maxItems": 5,
            "items": {
                "type": "object",
                "required": ["text"],
                "properties": {
                    "text": {"type": "string", "title": "事项"},
                    "due": {"type": "string", "title": "时限", "format": "date"},
                    "done": {"type": "boolean", "title": "已完成"},
                },
            },
        },
        "body": {
            "type": "object",
            "title": "正文",
            "required": ["situation"],
            "properties": {"situation": {"type": "string", "title": "情况"}},
        },
    },
    "if": {"properties": {"verdict": {"const": "no"}}, "required": ["verdict"]},
    "then": {"required": ["reason"]},
}
GOOD: dict[str, Any] = {
    "opinion": "同意主办单位的意见",
    "verdict": "yes",
    "agreed": True,
    "units": ["unit_a"],
    "body": {"situation": "路灯不亮"},
}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """A request in Chinese, in which forms can be rendered."""
    app = apps.make(tmp_path)
    with app.test_request_context():
        yield app


def sent(**fields: Any) -> MultiDict[str, str]:
    """What a browser sends; `__` in a name stands for a dot."""
    return MultiDict({name.replace("__", "."): value for name, value in fields.items()})


def wrong(data: Any, schema: dict[str, Any] = SCHEMA) -> dict[str, str]:
    """Code by path of everything that is wrong."""
    return {error.path: error.code for error in forms.check(schema, data, OPTIONS)}


def test_a_filled_form_is_read_with_its_types() -> None:
    """Numbers, dates, boxes, rows and groups come out as the schema says."""
    data = forms.read(
        SCHEMA,
        sent(
            opinion="  同意\r\n主办单位  ",
            verdict="no",
            days="12",
            cost="1.50",
            until="2026-03-05",
            agreed="true",
            units=["unit_b", "unit_a"],
            points="一\n\n 二 \n",
            promises__7__text="修路",
            promises__7__done="true",
            promises__2__text="装灯",
            promises__2__due="2026-05-01",
            body__situation="暗",
        ),
        options=OPTIONS,
    )
    assert data == {
        "opinion": "同意\n主办单位",
        "verdict": "no",
        "days": 12,
        "cost": 1.5,
        "until": "2026-03-05",
        "agreed": True,
        "units": ["unit_b", "unit_a"],
        "points": ["一", "二"],
        "promises": [{"text": "装灯", "due": "2026-05-01", "done": False}, {"text": "修路", "done": True}],
        "body": {"situation": "暗"},
    }


def test_what_was_left_empty_is_left_out() -> None:
    """Empty answers and spare rows are no data; a required group stays, so that its gaps are named."""
    empty = sent(opinion=" ", days="", points="\n", promises__0__text="", promises__1__due=" ", body__situation="")
    data = forms.read(SCHEMA, empty, options=OPTIONS)
    assert data == {"agreed": False, "body": {}}
    assert wrong(data) == {
        "opinion": "required",
        "verdict": "required_choice",
        "units": "required_choice",
        "body.situation": "required",
    }


def test_forms_stand_side_by_side_under_prefixes(app: Flask) -> None:
    """Each has its own names and ids, links of its faults lead to them, and each is read by itself."""
    schema = {"type": "object", "required": ["units"], "properties": {"units": SCHEMA["properties"]["units"]}}
    row = {"type": "object", "title": "行", "properties": {"a": {"type": "string"}, "extra": {"type": "object"}}}
    schema["properties"]["rows"] = {"type": "array", "items": row}
    schema["properties"]["extra"] = {"type": "object", "properties": {"b": {"type": "string"}}}
    errors = forms.check(schema, {}, OPTIONS)
    made = forms.build(schema, {"rows": [{"a": "x"}]}, errors, options=OPTIONS, prefix="m1-1.7:")
    units, rows, extra = made.fields
    assert (units.name, units.choices[0].id) == ("m1-1.7:units", "f-m1-1.7:units")
    assert (rows.rows[0][0].name, extra.local, extra.fields[0].name) == ("m1-1.7:rows.0.a", True, "m1-1.7:extra.b")
    assert made.summary[0][1] == "#f-m1-1.7:units"
    both = sent(**{"m1-1.7:rows.0.a": "eins", "m1-1.70:rows.0.a": "zwei"})
    assert forms.read(schema, forms.within(both, "m1-1.7:"), options=OPTIONS) == {"rows": [{"a": "eins"}]}
    assert app


def test_errors_come_in_the_order_of_the_form_and_in_both_languages() -> None:
    """The label is named, so that the text can stand alone in a message to an agency."""
    first, *rest = forms.check(SCHEMA, {"agreed": False, "body": {}}, OPTIONS)
    assert (first.path, first.text, first.text_en) == ("opinion", "请填写“意见”", "Fill in “Opinion”")
    assert [error.path for error in rest] == ["verdict", "units", "body.situation"]
    assert rest[0].text == "请选择“结论”"
    assert {forms.rejection(error) for error in rest} == {"missing_field"}


def test_right_data_has_no_errors() -> None:
    """The check finds nothing to say."""
    assert forms.check(SCHEMA, GOOD, OPTIONS) == []


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"opinion": "短"}, "opinion", "min_length"),
        ({"reason": "长" * 101}, "reason", "max_length"),
        ({"days": 0}, "days", "minimum"),
        ({"days": 31}, "days", "maximum"),
        ({"days": "12a"}, "days", "type_integer"),
        ({"days": 1.5}, "days", "type_integer"),
        ({"days": True}, "days", "type_integer"),
        ({"cost": "一百"}, "cost", "type_number"),
        ({"until": "2026-02-30"}, "until", "date"),
        ({"until": "明天"}, "until", "date"),
        ({"verdict": "maybe"}, "verdict", "choice"),
        ({"verdict": ["yes"]}, "verdict", "type"),
        ({"units": ["unit_x"]}, "units.0", "choice"),
        ({"units": ["unit_a", "unit_a"]}, "units", "unique_items"),
        ({"units": []}, "units", "min_items"),
        ({"units": "unit_a"}, "units", "type"),
        ({"points": ["a", "b", "c", "d"]}, "points", "max_items"),
        ({"promises": [{"due": "2026-05-01"}]}, "promises.0.text", "required"),
        ({"promises": ["x"]}, "promises.0", "type"),
        ({"body": None}, "body", "type"),
        ({"body": "text"}, "body", "type"),
        ({"opinion": {"$ref": "x"}}, "opinion", "type"),
        ({"secret": 1}, "secret", "unknown_field"),
        ({"verdict": "no"}, "reason", "required"),
    ],
)
def test_each_mistake_is_found_where_it_is(change: dict[str, Any], path: str, code: str) -> None:
    """One wrong thing gives one error at its place, with words in both languages."""
    (error,) = forms.check(SCHEMA, {**GOOD, **change}, OPTIONS)
    assert (error.path, error.code) == (path, code)
    assert error.text
    assert error.text_en
    assert "{" not in error.text + error.text_en


@pytest.mark.parametrize("data", [None, [], "x", 7, {"promises": {"text": 1}}, {"body": {"situation": []}}])
def test_data_of_any_shape_is_refused_not_crashed_on(data: Any) -> None:
    """An agency may send anything that is JSON."""
    assert forms.check(SCHEMA, data, OPTIONS)


def test_limits_are_told_with_their_numbers() -> None:
    """How long it may be, and how long it is."""
    (error,) = forms.check(SCHEMA, {**GOOD, "opinion": "四个字啊"}, OPTIONS)
    assert error.text == "“意见”至少 5 个字，现在 4 个字"


def test_a_row_is_named_with_its_number() -> None:
    """In a list of promises the reader must know which."""
    (error,) = forms.check(SCHEMA, {**GOOD, "promises": [{"text": "好"}, {"due": "2026-05-01"}]}, OPTIONS)
    assert error.text == "请填写“承诺 2 · 事项”"


def test_a_form_may_word_its_own_errors() -> None:
    """`x-errors` goes before our words; braces and percent signs in it are just text."""
    schema = {
        "properties": {
            "no": {"type": "string", "title": "文号", "pattern": "^A$", "x-errors": {"pattern": "文号形如 {A}%s"}}
        }
    }
    (error,) = forms.check(schema, {"no": "B"})
    assert (error.text, error.text_en) == ("文号形如 {A}%s", "文号形如 {A}%s")


def test_a_title_with_braces_is_only_text() -> None:
    """Titles are data of process owners; they must not be formatted."""
    schema = {"required": ["a"], "properties": {"a": {"type": "string", "title": "{0.__class__}{limit}"}}}
    (error,) = forms.check(schema, {})
    assert error.text == "请填写“{0.__class__}{limit}”"


@pytest.mark.parametrize("bad", ["a\x00b", "\ud800", "\x1b[31m", "a\x0bb"])
def test_texts_that_cannot_be_kept_are_refused(bad: str) -> None:
    """NUL, lone surrogates and control characters break databases; they are named, wherever they stand."""
    assert wrong({**GOOD, "opinion": "足够长的意见" + bad}) == {"opinion": "bad_character"}
    assert wrong({**GOOD, "promises": [{"text": bad + "x"}]}) == {"promises.0.text": "bad_character"}
    assert "bad_character" in wrong({**GOOD, "body": {"situation": "x", bad: 1}}).values()


def test_a_browser_is_spared_characters_that_no_text_needs() -> None:
    """What slips in by copy and paste is dropped before the check; tabs and line ends stay."""
    data = forms.read(SCHEMA, sent(opinion="意\x00见\x0b一\t二\r三"), options=OPTIONS)
    assert data["opinion"] == "意见一\t二\n三"


def test_a_text_without_limit_has_one() -> None:
    """20,000 characters pass, one more does not."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "title": "文"}}}
    assert wrong({"a": "长" * 20_000}, schema) == {}
    assert wrong({"a": "长" * 20_001}, schema) == {"a": "max_length"}


@pytest.mark.parametrize("number", ["1e999", "NaN", "0x10", "1_000", "１２", "9" * 5000, "--1", "1.2.3", " "])
def test_odd_numbers_are_no_numbers(number: str) -> None:
    """They stay as typed, for the error and for the page that shows them again."""
    data = forms.read(SCHEMA, sent(days=number), options=OPTIONS)
    assert data.get("days", "") == number.strip()


@pytest.mark.parametrize("name", ["promises.-1.text", "promises.99999.text", "promises.x.text", "promises..text"])
def test_odd_row_numbers_are_ignored(name: str) -> None:
    """Only rows that our page could have sent are read."""
    assert "promises" not in forms.read(SCHEMA, MultiDict({name: "x"}), options=OPTIONS)


def test_fields_that_the_form_does_not_have_are_not_read() -> None:
    """A browser cannot smuggle data in."""
    data = forms.read(SCHEMA, sent(secret="1", body__secret="2", promises__0__secret="3"), options=OPTIONS)
    assert data == {"agreed": False, "body": {}}


def test_a_hidden_field_is_what_the_form_says() -> None:
    """What nobody sees nobody can change."""
    schema = {"properties": {"step": {"type": "string", "enum": ["leader"], "default": "leader", "x-widget": "hidden"}}}
    assert forms.read(schema, sent(step="office")) == {"step": "leader"}


def test_every_input_has_its_label(app: Flask) -> None:
    """Labels, hints and errors are tied to their inputs; groups and lists have legends."""
    html = forms.render(SCHEMA, None, options=OPTIONS)
    assert '<label for="f-opinion">意见 <span class="required">（必填）</span></label>' in html
    assert 'aria-describedby="f-opinion-hint" aria-required="true"' in html
    assert 'id="f-opinion-hint">写清依据' in html
    assert "<legend>单位" in html
    assert '<input id="f-units" name="units" value="unit_a" type="checkbox">' in html
    assert '<label for="f-units">市城市管理局</label>' in html
    assert 'name="verdict" value="yes" type="radio"' in html
    assert '<input id="f-until" name="until" type="date"' in html
    assert 'inputmode="numeric"' in html
    assert "error-summary" not in html
    assert app


def test_local_fields_stand_among_the_others(app: Flask) -> None:
    """The group `extra` has no heading of its own, neither to fill in nor to read; its errors keep their target."""
    day = {"type": "string", "title": "交办日期", "format": "date"}
    extra = {"type": "object", "title": "地方字段", "required": ["day"], "properties": {"day": day}}
    schema = {"type": "object", "required": ["extra"], "properties": {"extra": extra}}
    html = forms.render(schema, None)
    assert html.count("交办日期") == 1
    assert "地方字段" not in html
    assert 'id="f-extra"' in html
    shown = forms.show(schema, {"extra": {"day": "2026-03-05"}})
    assert "地方字段" not in shown
    assert "<dt>交办日期</dt>" in shown
    assert app


def test_lists_have_spare_rows_up_to_their_limit(app: Flask) -> None:
    """Three empty ones behind those there are, never more than the form allows."""
    assert forms.render(SCHEMA, GOOD, options=OPTIONS).count('class="repeat"') == 3
    four = {**GOOD, "promises": [{"text": "事"}] * 4}
    assert forms.render(SCHEMA, four, options=OPTIONS).count('class="repeat"') == 5
    assert app


def test_errors_stand_on_top_and_at_their_fields(app: Flask) -> None:
    """The summary links to the field, the field points at its error; unknown fields have no link."""
    data = {**GOOD, "opinion": "短", "units": ["unit_x"], "secret": 1}
    html = forms.render(SCHEMA, data, forms.check(SCHEMA, data, OPTIONS), options=OPTIONS)
    assert "有 3 处需要修改" in html
    assert '<a href="#f-opinion">“意见”至少 5 个字' in html
    assert '<a href="#f-units">“单位 1”只能从所列选项中选择</a>' in html
    assert "<li>表单中没有“secret”这一项</li>" in html
    assert 'aria-describedby="f-opinion-hint f-opinion-error" aria-required="true" aria-invalid="true"' in html
    assert 'id="f-opinion-error">“意见”至少 5 个字' in html
    assert app


def test_nothing_typed_is_lost(app: Flask) -> None:
    """Wrong numbers, dates and choices are shown again as they came."""
    data = forms.read(
        SCHEMA,
        sent(days="十二天", until="三月五日", opinion="长" * 20_000, verdict="x", promises__0__due="明年"),
        options=OPTIONS,
    )
    html = forms.render(SCHEMA, data, forms.check(SCHEMA, data, OPTIONS), options=OPTIONS)
    assert 'value="十二天"' in html
    assert '<input id="f-until" name="until" type="text" value="三月五日"' in html
    assert 'value="明年"' in html
    assert "长" * 20_000 in html
    assert app


def test_hostile_words_are_only_words(app: Flask) -> None:
    """Tags and quotes in data, titles and options are escaped, in the form and in its read-only twin."""
    evil = '"><script>alert(1)</script>'
    schema = {
        "required": ["a"],
        "properties": {
            "a": {"type": "string", "title": evil, "description": evil},
            "b": {"type": "string", "title": "b", "enum": [evil], "x-labels": {evil: evil}},
            "c": {"type": "array", "title": evil, "items": {"properties": {evil: {"type": "string"}}}},
        },
    }
    data = {"a": evil + "\n" + evil, "b": evil, "c": [{evil: evil}]}
    errors = [forms.FieldError(evil, "x", evil, evil), *forms.check(schema, {})]
    for html in (forms.render(schema, data, errors), forms.show(schema, data)):
        assert "<script" not in html
        assert evil not in html
    assert app


def test_a_textarea_cannot_be_closed_from_inside(app: Flask) -> None:
    """The classic way out of a text area is shut."""
    schema = {"properties": {"a": {"type": "string", "x-widget": "textarea"}}}
    html = forms.render(schema, {"a": "\n</textarea><b>"})
    assert "&lt;/textarea&gt;&lt;b&gt;" in html
    assert html.count("</textarea>") == 1
    assert app


def test_data_of_the_wrong_shape_can_still_be_shown(app: Flask) -> None:
    """An old draft may not fit the form any more."""
    odd = {"opinion": [1], "units": "x", "promises": {"a": 1}, "body": 3, "days": None, "points": 5}
    assert "[1]" in forms.render(SCHEMA, odd, options=OPTIONS)
    assert forms.show(SCHEMA, {**odd, "promises": [1, None]}, options=OPTIONS)
    assert app


def test_a_filled_form_can_be_read(app: Flask) -> None:
    """Labels instead of codes, lines as paragraphs, rows as a table; empty answers are left out."""
    data = {
        **GOOD,
        "opinion": "第一段\n第二段",
        "promises": [{"text": "修路", "done": True}],
        "units": ["unit_a", "gone"],
    }
    html = forms.show(SCHEMA, data, options=OPTIONS)
    assert "<dt>结论</dt>" in html
    assert "<dd>同意</dd>" in html
    assert "<p>第一段</p><p>第二段</p>" in html
    assert "市城市管理局、gone" in html
    assert '<th scope="col">事项</th>' in html
    assert "期限" not in html
    assert "<input" not in html
    assert app


def test_deputies_in_records_are_read_by_name(app: Flask) -> None:
    """An id of the directory says nothing to a reader; one nobody knows any more is still shown."""
    record = {"$ref": "urn:huiyin:record:feedback"}
    assert "张代表" in forms.show(record, {"result": "satisfied", "deputy": "d1"}, options=OPTIONS)
    assert "d-gone" in forms.show(record, {"result": "satisfied", "deputy": "d-gone"}, options=OPTIONS)
    assert app


def test_in_english_the_english_words_are_shown(tmp_path: Path) -> None:
    """Titles and errors; Chinese where a process owner wrote no English."""
    with apps.make(tmp_path).test_request_context("/?lang=en"):
        html = forms.render(SCHEMA, {}, forms.check(SCHEMA, {}, OPTIONS), options=OPTIONS)
    assert "Fill in “Opinion”" in html
    assert "(required)" in html
    assert "结论" in html


def test_a_form_can_point_at_a_record() -> None:
    """Limits and labels come from the record; what stands beside the reference goes before it."""
    schema = {"properties": {"mode": {"$ref": "urn:huiyin:record:handover#/properties/mode", "title": "方式"}}}
    mode = forms.resolve(schema)["properties"]["mode"]
    assert mode["title"] == "方式"
    assert "sole" in mode["enum"]
    assert "description" not in mode
    assert wrong({"mode": "x"}, schema) == {"mode": "choice"}


def test_pick_lists_reach_into_rows_of_a_record() -> None:
    """A unit that the directory does not know is refused."""
    schema = {"properties": {"a": {"$ref": "urn:huiyin:record:handover#/properties/assignments"}}}
    assert wrong({"a": [{"unit": "unit_a", "role": "lead"}]}, schema) == {}
    assert wrong({"a": [{"unit": "unit_x", "role": "lead"}]}, schema) == {"a.0.unit": "choice"}


def test_a_package_names_the_classes_and_cannot_widen_them() -> None:
    """The package's letters are shown; a code beyond the canonical ones is not offered."""
    reference = "urn:huiyin:record:reply_draft#/properties/outcome_class"
    schema = {"properties": {"c": {"$ref": reference, "x-options": "classes"}}}
    resolved = forms.resolve(schema, {"classes": [*CLASSES, ("own", "自定")]})["properties"]["c"]
    assert resolved["enum"] == ["solved", "in_progress"]
    assert resolved["x-labels"]["solved"] == "A 类：已经解决"
    assert "solved" not in resolved["x-labels-en"]


def test_resolving_twice_changes_nothing() -> None:
    """A resolved schema is an ordinary one; the first one is untouched."""
    before = json.dumps(SCHEMA)
    once = forms.resolve(SCHEMA, OPTIONS)
    assert forms.resolve(once) == once
    assert json.dumps(SCHEMA) == before


@pytest.mark.parametrize(
    "part",
    [
        {"$ref": "urn:huiyin:record:nothing#/properties/x"},
        {"$ref": "urn:huiyin:record:handover#/properties/nothing"},
        {"$ref": "urn:huiyin:record:handover#/required"},
        {"$ref": "https://example.org/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/properties/a"},
        {"type": "string", "x-options": "nobody"},
    ],
)
def test_a_form_that_points_nowhere_is_refused(part: dict[str, Any]) -> None:
    """Unknown records, fields, lists, foreign addresses and circles are mistakes of the form."""
    with pytest.raises(forms.BadForm):
        forms.resolve({"properties": {"a": part}}, {})


PACKAGES = sorted(Path(__file__).parents[3].glob("processes/*/*/forms/*.json"))


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: "/".join(path.parts[-4:]))
def test_the_forms_of_our_packages_can_be_shown_and_their_examples_pass(app: Flask, path: Path) -> None:
    """Every published form renders, and what it gives as examples is right."""
    schema = json.loads(path.read_text("utf-8"))
    units = {"units": [(f"unit_{letter}", letter) for letter in "abcdefgh"]}
    classes = [(code, code) for code in ("solved", "in_progress", "planned", "deferred", "for_reference")]
    people = {"unit_people": [("p1", "王强")], "unit_roles": [("section_officer", "承办科室")]}
    options = {**OPTIONS, **units, **people, "classes": classes}
    assert "<input" in forms.render(schema, None, options=options) or "<textarea" in forms.render(schema, None)
    parts = {name: part.get("examples", [part.get("default")])[0] for name, part in schema["properties"].items()}
    data = {name: value for name, value in parts.items() if value is not None}
    found = [error for error in forms.check(schema, data, options) if error.code != "required"]
    assert found == []
    assert app
