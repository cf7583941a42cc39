"""The file that describes channels over HTTP (`HUIYIN_CHANNELS`): read and checked as a whole, secrets filled in.

Its format is told in docs/settings.md; `SCHEMA` is the same for machines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from jinja2 import TemplateError
from jsonschema import Draft202012Validator

from services.common import sandboxes
from services.common.config import ConfigError

_TEXT: Final = {"type": "string", "minLength": 1}
_VALUES: Final = {"type": "array", "items": {"type": ["string", "number", "boolean"]}, "minItems": 1}


def _thing(required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required.split(),
        "properties": properties,
    }


_CHANNEL: Final = _thing(
    "id label label_en address request",
    id={"type": "string", "pattern": "^[a-z][a-z0-9_]{1,15}$", "not": {"enum": ["inapp", "mail", "paper"]}},
    label=_TEXT,
    label_en=_TEXT,
    address=_thing("label label_en pattern", label=_TEXT, label_en=_TEXT, pattern=_TEXT),
    secrets={"type": "object", "additionalProperties": _TEXT},
    request=_thing(
        "url",
        url={"type": "string", "pattern": "^https?://"},
        method={"enum": ["POST", "PUT", "GET"]},
        headers={"type": "object", "additionalProperties": {"type": "string"}},
        body={"type": "string"},
        timeout={"type": "number", "exclusiveMinimum": 0, "maximum": 30},
    ),
    answer=_thing(
        "",
        statuses={"type": "array", "items": {"type": "integer"}, "minItems": 1},
        field=_TEXT,
        success=_VALUES,
        final=_VALUES,
        id=_TEXT,
    ),
    receipts=_thing(
        "secret id state delivered",
        secret=_TEXT,
        id=_TEXT,
        state=_TEXT,
        delivered=_VALUES,
        undeliverable=_VALUES,
        answer={"type": "string"},
    ),
)
SCHEMA: Final = _thing("channels", channels={"type": "array", "items": _CHANNEL})


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; every text is a template."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: str
    timeout: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What counts as success; `field` and `id` are dotted paths in the JSON of the answer, "" for none."""

    statuses: frozenset[int]
    field: str
    success: frozenset[str]
    final: frozenset[str]
    id: str


@dataclass(frozen=True, slots=True)
class Receipts:
    """How the provider tells afterwards what became of a letter."""

    secret: str = field(repr=False)
    id: str
    state: str
    delivered: frozenset[str]
    undeliverable: frozenset[str]
    answer: str


@dataclass(frozen=True, slots=True)
class Description:
    """A channel over HTTP as its file describes it, with the values of its secrets; `repr` shows none."""

    id: str
    label: tuple[str, str]
    address_label: tuple[str, str]
    pattern: str
    secrets: Mapping[str, str] = field(repr=False)
    request: Request
    answer: Answer
    receipts: Receipts | None


def load(path: Path, env: Mapping[str, str]) -> list[Description]:
    """The channels of a file; `env` holds the secrets. Raises `ConfigError` with everything that is wrong."""
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise _wrong([_both(f"{path}: {error}")]) from error
    faults = sorted(Draft202012Validator(SCHEMA).iter_errors(found), key=lambda fault: fault.json_path)
    if faults:
        raise _wrong([_both(f"{fault.json_path}: {fault.message}") for fault in faults])
    listed = found["channels"]
    if problems := [*_doubles(listed), *(words for one in listed for words in _problems(one, env))]:
        raise _wrong(problems)
    return [_description(one, env) for one in listed]


def texts_of(values: list[Any]) -> frozenset[str]:
    """Values of a provider's answer as they are compared: as text, so that 0 is "0" and true is "true"."""
    return frozenset(text_of(value) for value in values)


def text_of(value: Any) -> str:
    """One value as it is compared."""
    return str(value).lower() if isinstance(value, bool) else str(value)


_Words = tuple[str, str]
"""Chinese and English."""


def _wrong(problems: list[_Words]) -> ConfigError:
    return ConfigError(
        [("HUIYIN_CHANNELS", f"渠道文件有误：{zh}", f"the file of channels: {en}") for zh, en in problems]
    )


def _both(text: str) -> _Words:
    return text, text


def _doubles(listed: list[dict[str, Any]]) -> Iterator[_Words]:
    names = [one["id"] for one in listed]
    for name in sorted(name for name in set(names) if names.count(name) > 1):
        yield f"{name} 写了两次", f"{name} is described twice"


def _problems(one: Mapping[str, Any], env: Mapping[str, str]) -> Iterator[_Words]:
    """What the schema cannot see: secrets that are not set, templates and patterns that cannot be read."""
    receipts = one.get("receipts")
    wanted = [*one.get("secrets", {}).values(), *([receipts["secret"]] if receipts else [])]
    for name in wanted:
        if not env.get(name):
            yield f"{one['id']}：环境变量 {name} 没有设置", f"{one['id']}: the variable {name} is not set"
    request, answer = one["request"], one.get("answer", {})
    for source in (request["url"], request.get("body", ""), *request.get("headers", {}).values()):
        try:
            sandboxes.template(source)
        except TemplateError as error:
            yield _both(f"{one['id']}: {source!r}: {error}")
    try:
        re.compile(one["address"]["pattern"])
    except re.error as error:
        yield _both(f"{one['id']}: address.pattern: {error}")
    if ("field" in answer) != ("success" in answer):
        yield (
            f"{one['id']}：answer 中 field 和 success 要一起写",
            f"{one['id']}: answer: field and success belong together",
        )


def _description(one: Mapping[str, Any], env: Mapping[str, str]) -> Description:
    address, request, answer, receipts = (one.get(name, {}) for name in ("address", "request", "answer", "receipts"))
    return Description(
        id=one["id"],
        label=(one["label"], one["label_en"]),
        address_label=(address["label"], address["label_en"]),
        pattern=address["pattern"],
        secrets={name: env[variable] for name, variable in one.get("secrets", {}).items()},
        request=Request(
            url=request["url"],
            method=request.get("method", "POST"),
            headers=request.get("headers", {}),
            body=request.get("body", ""),
            timeout=request.get("timeout", 10),
        ),
        answer=Answer(
            statuses=frozenset(answer.get("statuses", range(200, 300))),
            field=answer.get("field", ""),
            success=texts_of(answer.get("success", [])),
            final=texts_of(answer.get("final", [])),
            id=answer.get("id", ""),
        ),
        receipts=_receipts(receipts, env) if receipts else None,
    )


def _receipts(one: Mapping[str, Any], env: Mapping[str, str]) -> Receipts:
    return Receipts(
        secret=env[one["secret"]],
        id=one["id"],
        state=one["state"],
        delivered=texts_of(one["delivered"]),
        undeliverable=texts_of(one.get("undeliverable", [])),
        answer=one.get("answer", "{}"),
    )
