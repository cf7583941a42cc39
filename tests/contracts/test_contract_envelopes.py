"""The envelope: what goes out comes back, and what is not ours is refused with a stable code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_binary_event, to_binary_event
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import message_examples
from services.contracts.envelopes import MAX_BODY, Malformed, Message, Wire, decode, encode, peek
from services.contracts.messages import MESSAGES
from tests.contracts.json_data import CHARACTERS

ATTRIBUTES = st.text(CHARACTERS, min_size=1, max_size=60)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(CHARACTERS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(CHARACTERS), inner, max_size=4),
    max_leaves=20,
)
MESSAGE = st.builds(
    Message,
    id=ATTRIBUTES,
    type=ATTRIBUTES,
    source=ATTRIBUTES,
    subject=ATTRIBUTES,
    time=TIMES,
    data=st.dictionaries(st.text(CHARACTERS), JSON, max_size=5),
    correlation_id=st.none() | ATTRIBUTES,
    causation_id=st.none() | ATTRIBUTES,
    traceparent=st.none() | ATTRIBUTES,
)
OPENED = message_examples.messages("task.opened.v1")[0]


def refusal(wire: Wire, **changes: Any) -> Malformed:
    """Decode a wire with some parts changed, and return the refusal."""
    parts = {"headers": wire.headers, "body": wire.body, "content_type": wire.content_type, **changes}
    with pytest.raises(Malformed) as caught:
        decode(**parts)
    return caught.value


@given(MESSAGE)
def test_any_json_message_comes_back_exactly(message: Message) -> None:
    """Encoding then reading gives the same message, its time in UTC."""
    wire = encode(message)
    assert all(isinstance(value, str) for value in wire.headers.values())
    again = peek(wire.headers, wire.body, wire.content_type)
    assert again == message
    assert again.time.utcoffset() == timedelta(0)
    assert orjson.dumps(again.data) == wire.body


@given(MESSAGE)
def test_the_library_would_write_the_same_headers(message: Message) -> None:
    """Whoever reads CloudEvents with it, or writes them, agrees with us about every attribute."""
    wire = encode(message)
    event = from_binary_event(RabbitMQMessage(headers=wire.headers, content_type=wire.content_type, body=wire.body))
    again = to_binary_event(event)
    assert (again.headers, again.content_type) == (wire.headers, wire.content_type)


@pytest.mark.parametrize("type_", MESSAGES)
def test_every_example_comes_back_exactly(type_: str) -> None:
    """No field of an example is unknown to its own schema."""
    for message in message_examples.messages(type_):
        wire = encode(message)
        assert decode(wire.headers, wire.body, wire.content_type) == message


def test_headers_are_those_of_cloudevents() -> None:
    """Another CloudEvents reader finds the attributes under their standard names."""
    headers = encode(OPENED).headers
    assert headers["ce-specversion"] == "1.0"
    assert headers["ce-type"] == "task.opened.v1"
    assert headers["ce-time"] == "2026-03-06T01:30:01Z"
    assert headers["ce-dataschema"] == "urn:huiyin:message:task.opened.v1"
    assert {"ce-correlationid", "ce-causationid", "ce-traceparent"} <= set(headers)


def test_unknown_headers_and_fields_are_tolerated() -> None:
    """Newer senders may add attributes and fields; broker headers of any type stand beside."""
    wire = encode(OPENED)
    headers = {**wire.headers, "ce-Other_Thing": "x", "ce-priority": 5, "x-delivery-count": 2}
    body = orjson.dumps({**OPENED.data, "from_the_future": 1})
    assert decode(headers, body, 'Application/JSON; charset="utf-8"') == OPENED
    assert decode(headers, body, None) == OPENED


@pytest.mark.parametrize("name", ["ce-id", "ce-type", "ce-source", "ce-subject", "ce-time", "ce-specversion"])
def test_a_missing_or_wrong_attribute_is_named(name: str) -> None:
    """The path of the refusal is the header."""
    wire = encode(OPENED)
    without = {key: value for key, value in wire.headers.items() if key != name}
    for headers in (without, {**without, name: ""}, {**without, name: 7}, {**without, name: "\x00"}):
        refused = refusal(wire, headers=headers)
        assert (refused.code, refused.path) == ("malformed", name)
        assert refused.text
        assert refused.text_en


@pytest.mark.parametrize("time", ["2026-03-06", "2026-03-06T09:30:00", "20260306T093000Z", "2026-13-06T09:30:00Z"])
def test_a_time_without_offset_or_sense_is_refused(time: str) -> None:
    """Times are RFC 3339 with an offset."""
    wire = encode(OPENED)
    assert refusal(wire, headers={**wire.headers, "ce-time": time}).path == "ce-time"


def test_another_version_of_cloudevents_is_refused() -> None:
    """Only 1.0 is spoken."""
    wire = encode(OPENED)
    refused = refusal(wire, headers={**wire.headers, "ce-specversion": "0.3"})
    assert (refused.code, refused.path) == ("malformed", "ce-specversion")


@pytest.mark.parametrize(
    "body", [b"", b"{not json", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"a": NaN}', b'{"a": "\\u0000"}']
)
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    """The library would hand broken JSON on as text; we do not."""
    refused = refusal(encode(OPENED), body=body)
    assert (refused.code, refused.path) == ("malformed", "body")


def test_an_escaped_backslash_is_no_nul() -> None:
    """The text backslash-u0000 is harmless and passes."""
    message = replace(OPENED, data={"text": "\\u0000"})
    wire = encode(message)
    assert peek(wire.headers, wire.body, wire.content_type) == message


def test_nests_are_limited() -> None:
    """A hundred lists and objects inside each other pass, one more does not: whoever reads them calls himself."""
    wire = encode(OPENED)
    assert peek(wire.headers, b'{"a":' + b"[" * 99 + b"]" * 99 + b"}", wire.content_type).data
    assert refusal(wire, body=b'{"a":' + b"[" * 100 + b"]" * 100 + b"}").code == "malformed"


def test_size_is_limited_both_ways() -> None:
    """A body of exactly the limit passes, one byte more does not, in or out."""
    room = MAX_BODY - len(orjson.dumps({"text": ""}))
    encode(replace(OPENED, data={"text": "x" * room}))
    with pytest.raises(Malformed) as caught:
        encode(replace(OPENED, data={"text": "x" * (room + 1)}))
    assert caught.value.code == "oversized"
    assert refusal(encode(OPENED), body=b" " * (MAX_BODY + 1)).code == "oversized"


@pytest.mark.parametrize("content_type", ["text/plain", "application/cloudevents+json", "application/jsonp", ""])
def test_other_content_types_are_refused(content_type: str) -> None:
    """The body is JSON in binary mode, nothing else."""
    assert refusal(encode(OPENED), content_type=content_type).path == "content_type"


def test_an_unknown_type_is_refused_as_such() -> None:
    """A type nobody defined has its own code."""
    wire = encode(OPENED)
    assert refusal(wire, headers={**wire.headers, "ce-type": "task.opened.v9"}).code == "unknown_type"


def test_wrong_data_names_every_fault() -> None:
    """The first wrong place is the path, all of them are listed, in both languages."""
    data = {**OPENED.data, "deadline": {**OPENED.data["deadline"], "due": "2026-02-30"}, "name": ""}
    del data["task_id"]
    refused = refusal(encode(replace(OPENED, data=data)))
    assert refused.code == "wrong_schema"
    assert {fault.path for fault in refused.faults} == {"task_id", "deadline.due", "name"}
    assert "2026-02-27" in next(fault.text for fault in refused.faults if fault.path == "deadline.due")


@pytest.mark.parametrize(
    "changes",
    [
        {"time": datetime(2026, 3, 6)},  # noqa: DTZ001  the mistake under test
        {"time": "2026-03-06T00:00:00Z"},
        {"subject": ""},
        {"id": None},
        {"data": []},
        {"data": {"when": object()}},
        {"data": {"text": "\ud800"}},
        {"data": {"text": "\x00"}},
    ],
)
def test_what_cannot_be_sent_is_refused_before_sending(changes: dict[str, Any]) -> None:
    """A mistake of our own is found at the sender."""
    with pytest.raises(Malformed) as caught:
        encode(replace(OPENED, **changes))
    assert caught.value.code == "malformed"


def test_times_are_sent_in_utc() -> None:
    """A local time keeps its instant."""
    local = datetime(2026, 3, 6, 9, 30, tzinfo=timezone(timedelta(hours=8)))
    wire = encode(replace(OPENED, time=local))
    assert decode(wire.headers, wire.body, wire.content_type).time == local.astimezone(UTC)
