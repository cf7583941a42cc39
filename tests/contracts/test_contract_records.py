"""Records: what the schema refuses, marshmallow refuses, and the other way round."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from services.contracts import messages, records
from services.contracts.errors import Malformed
from services.contracts.fields import is_instant
from services.contracts.message_examples import EXAMPLES as MESSAGE_EXAMPLES
from services.contracts.messages import MESSAGES
from services.contracts.record_examples import EXAMPLES as RECORD_EXAMPLES
from services.contracts.records import RECORDS
from services.contracts.rejections import REJECTIONS
from services.contracts.schemas import message_schema, record_schema
from tests.contracts.json_data import broken, valid

FORMATS = FormatChecker(("date",))
FORMATS.checks("date-time")(lambda value: not isinstance(value, str) or is_instant(value))
BOTH = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# JSON Schema cannot say that one field of a list's objects is unique.
MARSHMALLOW_ONLY = "a unit may appear only once"


def faults(load: Any, name: str, data: Any) -> list[str]:
    """Return what marshmallow finds wrong, in English."""
    try:
        load(name, data)
    except Malformed as refused:
        return [fault.text_en for fault in refused.faults]
    return []


def agree(load: Any, schema: dict[str, Any], name: str, data: Any) -> None:
    """Assert that both sides give the same verdict."""
    found = [text for text in faults(load, name, data) if text != MARSHMALLOW_ONLY]
    errors = [error.message for error in Draft202012Validator(schema, format_checker=FORMATS).iter_errors(data)]
    assert bool(found) == bool(errors), (data, found, errors)


@pytest.mark.parametrize("name", RECORDS)
def test_record_schema_and_marshmallow_agree(name: str) -> None:
    """On valid and on broken data, both give the same verdict."""
    schema = record_schema(name)

    @BOTH
    @given(st.one_of(valid(schema), broken(schema)))
    def check(data: Any) -> None:
        agree(records.load, schema, name, data)

    check()


@pytest.mark.parametrize("type_", MESSAGES)
def test_message_schema_and_marshmallow_agree(type_: str) -> None:
    """The published schema of a message is the one we hold senders to."""
    schema = message_schema(type_)

    @settings(BOTH, max_examples=40)
    @given(st.one_of(valid(schema), broken(schema)))
    def check(data: Any) -> None:
        agree(messages.validate, schema, type_, data)

    check()


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_example_is_valid_and_unchanged(name: str) -> None:
    """Examples pass both sides and lose nothing on the way."""
    assert RECORD_EXAMPLES[name]
    for example in RECORD_EXAMPLES[name]:
        assert records.load(name, example) == example
        Draft202012Validator(record_schema(name), format_checker=FORMATS).validate(example)


@pytest.mark.parametrize("type_", MESSAGES)
def test_every_message_example_is_valid_and_unchanged(type_: str) -> None:
    """Examples pass both sides and lose nothing on the way."""
    assert MESSAGE_EXAMPLES[type_]
    for example in MESSAGE_EXAMPLES[type_]:
        assert messages.validate(type_, example) == example
        Draft202012Validator(message_schema(type_), format_checker=FORMATS).validate(example)


def test_examples_hold_rare_characters() -> None:
    """A name outside the basic plane and a rare one inside it travel through everything."""
    text = str(MESSAGE_EXAMPLES)
    assert "𠮷" in text
    assert "㛃" in text


@pytest.mark.parametrize(
    "schema", [*map(record_schema, RECORDS), *map(message_schema, MESSAGES)], ids=lambda s: s["$id"]
)
def test_every_field_is_labelled_in_both_languages(schema: dict[str, Any]) -> None:
    """A form or an agency finds a Chinese and an English label, and labels for every code."""
    Draft202012Validator.check_schema(schema)
    for name, field in schema["properties"].items():
        assert field["title"], name
        assert field["x-title-en"], name
        if "enum" in field:
            codes = [value for value in field["enum"] if value is not None]
            assert list(field["x-labels"]) == list(field["x-labels-en"]) == codes


def test_objects_stay_open_for_newer_senders() -> None:
    """No published schema forbids additional properties."""
    assert "'additionalProperties': False" not in str([*map(record_schema, RECORDS), *map(message_schema, MESSAGES)])


@pytest.mark.parametrize(
    ("name", "data", "paths"),
    [
        ("acceptance", {"verdict": "return_requested"}, {"return_reason", "return_text"}),
        (
            "acceptance",
            {
                "verdict": "return_requested",
                "return_reason": "duplicate",
                "return_text": "重复",
                "proposed_unit": "a",
            },
            {"return_text"},
        ),
        ("feedback", {"result": "dissatisfied"}, {"reason"}),
        ("feedback", {"attitude": "dissatisfied", "result": "satisfied", "reason": "太慢"}, {"reason"}),
        ("review", {"step": "format_check", "verdict": "return", "reasons": []}, {"reasons"}),
        ("return_decision", {"decision": "accept", "reason": "同意"}, {"new_unit"}),
        ("close_out_decision", {"decision": "refuse"}, {"reason"}),
        (
            "handover",
            {"mode": "lead", "assignments": [{"unit": "a", "role": "lead"}, {"unit": "b", "role": "lead"}]},
            {"assignments"},
        ),
        (
            "handover",
            {
                "mode": "lead",
                "assignments": [{"unit": "a", "role": "lead"}, {"unit": "a", "role": "co_handler"}],
            },
            {"assignments"},
        ),
        (
            "handover",
            {"mode": "separate", "assignments": [{"unit": "a", "role": "separate_handler"}]},
            {"assignments"},
        ),
    ],
)
def test_rules_between_fields_are_kept(name: str, data: dict[str, Any], paths: set[str]) -> None:
    """Each rule names the field that must change."""
    with pytest.raises(Malformed) as caught:
        records.load(name, data)
    assert {fault.path for fault in caught.value.faults} == paths
    assert caught.value.code in REJECTIONS


def test_unknown_fields_are_dropped_and_local_fields_kept() -> None:
    """The reader is tolerant; what a locality adds lives under `extra`."""
    loaded = records.load("progress_note", {"text": "已完成立项。", "mood": "good", "extra": {"rain": True}})
    assert loaded == {"text": "已完成立项。", "extra": {"rain": True}}


def test_text_keeps_its_line_ends() -> None:
    """A text area may end in a newline."""
    assert records.load("progress_note", {"text": "第一行\n第二行\n"})["text"].endswith("\n")


@pytest.mark.parametrize("value", ["5", 5.5, True, -1, 101])
def test_numbers_are_never_guessed(value: Any) -> None:
    """A number in quotes, a truth value or a number out of bounds is refused."""
    with pytest.raises(Malformed) as caught:
        records.load("progress_note", {"text": "进展", "percent": value})
    assert (caught.value.code, caught.value.path) == ("invalid_field", "percent")


def test_typed_texts_are_marked_for_the_document_store() -> None:
    """Texts and personal lines carry `x-text`; codes and dates do not."""
    reply = record_schema("reply")["properties"]
    assert {name for name, field in reply.items() if field.get("x-text")} == {
        "body_text",
        "evidence_text",
        "deferral_text",
        "restart_condition",
        "co_opinion_text",
        "signer",
        "publication_ground",
        "contact_person",
        "contact_phone",
    }
    assert reply["commitments"]["items"]["properties"]["text"]["x-text"] is True
