"""The envelope: CloudEvents 1.0 in binary mode, attributes as `ce-` headers, JSON object as body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_binary_event
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.v1.event import CloudEvent

from services.contracts import messages
from services.contracts.errors import Malformed
from services.contracts.fields import is_instant

__all__ = ["CONTENT_TYPE", "MAX_BODY", "Malformed", "Message", "Wire", "decode", "encode"]

MAX_BODY: Final = 256 * 1024
MAX_DEPTH: Final = 100
MAX_ATTRIBUTE: Final = 500
CONTENT_TYPE: Final = "application/json"
_JSON = re.compile(r"application/json\s*(;\s*charset=\"?utf-8\"?\s*)?", re.IGNORECASE)
_REQUIRED: Final = ("id", "type", "source", "subject", "time")
_OPTIONAL: Final = {
    "correlation_id": "correlationid",
    "causation_id": "causationid",
    "traceparent": "traceparent",
}
_KNOWN: Final = frozenset({"specversion", *_REQUIRED, *_OPTIONAL.values()})
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; `id` is the idempotency key, `time` an aware UTC instant."""

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    data: dict[str, Any]
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Wire:
    """A message as it travels: AMQP headers (all strings), body and content type."""

    headers: dict[str, str]
    body: bytes
    content_type: str


def encode(message: Message) -> Wire:
    """Return the wire form of a message.

    Raises `Malformed`: a field is missing or not what it should be, or the body is too large. The data
    must be JSON (no NaN) and is not held to its schema here; `messages.validate` does that.
    """
    texts = {
        "specversion": "1.0",
        "dataschema": f"urn:huiyin:message:{message.type}",
        **{name: getattr(message, name) for name in ("id", "type", "source", "subject")},
        **{name: value for field, name in _OPTIONAL.items() if (value := getattr(message, field)) is not None},
    }
    for name, value in texts.items():
        _check_text(name, value)
    headers = {f"ce-{name}": value for name, value in texts.items()}
    headers["ce-time"] = _time_text(message.time)
    return Wire(headers, _dump(message.data), CONTENT_TYPE)


def decode(headers: Mapping[str, Any], body: bytes, content_type: str | None) -> Message:
    """Return the message, with the fields its schema knows; unknown `ce-` attributes are ignored.

    Raises `Malformed`: `oversized`, `malformed` (envelope or JSON), `unknown_type` or `wrong_schema`.
    """
    message = peek(headers, body, content_type)
    return replace(message, data=messages.validate(message.type, message.data))


def peek(headers: Mapping[str, Any], body: bytes, content_type: str | None) -> Message:
    """Return the message with its data as sent, not held to any schema.

    Raises `Malformed`: `oversized` or `malformed`.
    """
    if len(body) > MAX_BODY:
        raise Malformed("oversized", "body", f"消息体超过 {MAX_BODY} 字节", f"the body exceeds {MAX_BODY} bytes")
    if content_type is not None and not _JSON.fullmatch(content_type.strip()):
        raise _malformed("content_type", f"应为 {CONTENT_TYPE}", f"must be {CONTENT_TYPE}")
    event = _read_attributes(headers)
    known = event.get_attributes()
    return Message(
        id=known["id"],
        type=known["type"],
        source=known["source"],
        subject=known["subject"],
        time=known["time"].astimezone(UTC),
        data=_load(body),
        **{field: known.get(name) for field, name in _OPTIONAL.items()},
    )


def _read_attributes(headers: Mapping[str, Any]) -> CloudEvent:
    chosen = {
        name: value
        for name, value in ((name.lower(), value) for name, value in headers.items())
        if name.removeprefix("ce-") in _KNOWN and name.startswith("ce-")
    }
    for attribute in ("specversion", *_REQUIRED):
        if f"ce-{attribute}" not in chosen:
            raise _malformed(f"ce-{attribute}", "缺少消息头", "the header is missing")
    for name, value in chosen.items():
        _check_text(name.removeprefix("ce-"), value)
    if not is_instant(chosen["ce-time"]):
        raise _malformed("ce-time", "应为带时区的时间", "must be an RFC 3339 time")
    try:
        return from_binary_event(RabbitMQMessage(headers=chosen, content_type=CONTENT_TYPE, body=b""))
    except CloudEventValidationError as error:
        raise _refused(error) from None


def _time_text(time: object) -> str:
    if not isinstance(time, datetime) or time.utcoffset() is None:
        raise _malformed("ce-time", "时间须带时区", "the time must be aware")
    return time.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ATTRIBUTE or _UNSTORABLE.search(value):
        raise _malformed(f"ce-{name}", f"应为 1 至 {MAX_ATTRIBUTE} 字的文字", f"must be text of 1 to {MAX_ATTRIBUTE}")


def _dump(data: object) -> bytes:
    if not isinstance(data, dict):
        raise _malformed("body", "消息体应为 JSON 对象", "the body must be a JSON object")
    try:
        body = orjson.dumps(data)
    except TypeError as error:
        raise _malformed("body", f"消息体无法写成 JSON:{error}", f"not JSON: {error}") from None
    if len(body) > MAX_BODY:
        raise Malformed("oversized", "body", f"消息体超过 {MAX_BODY} 字节", f"the body exceeds {MAX_BODY} bytes")
    _check_storable(body)
    return body


def _check_storable(body: bytes) -> None:
    """PostgreSQL keeps no NUL in JSON, so it must not get in at all."""
    if b"\\u0000" in body and _NUL.search(body):
        raise _malformed("body", "含有无法保存的字符 NUL", "contains NUL, which cannot be stored")


def _check_depth(data: object) -> None:
    """Whoever reads a message goes down its lists and objects by calling itself; deeper ones no form asks for."""
    level = [data]
    for _ in range(MAX_DEPTH):
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [item for items in inner for item in items]
        if not level:
            return
    raise _malformed("body", f"消息体嵌套超过 {MAX_DEPTH} 层", f"the body is nested more than {MAX_DEPTH} deep")


def _load(body: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _malformed("body", f"消息体不是合法的 JSON:{error}", f"not valid JSON: {error}") from None
    if not isinstance(data, dict):
        raise _malformed("body", "消息体应为 JSON 对象", "the body must be a JSON object")
    _check_storable(body)
    _check_depth(data)
    return data


def _malformed(path: str, zh: str, en: str) -> Malformed:
    return Malformed("malformed", path, zh, en)


def _refused(error: CloudEventValidationError) -> Malformed:
    attribute = next(iter(error.errors))
    return _malformed(f"ce-{attribute}", "消息头不符合 CloudEvents 1.0", "not a CloudEvents 1.0 attribute")
