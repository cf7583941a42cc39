"""The suggestion form: one schema behind page, HTTP and message. Pure; rules of domain 7-fields §7.1.

Faults carry a code and parameters, never a sentence: the sentences are in `problems.TEXTS`.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load, validates_schema

TITLE_MAX = 60
BODY_MIN = 100
BODY_MAX = 3000
LINE_MAX = 500
TOPIC_MAX = 50
POINTS_MAX = 50
WISHES_MAX = 20
CO_PROPOSERS_MAX = 500
TITLE_USUAL = re.compile(r"^关于.+的(?:建议|提案|意见|批评)$")
PARTS = ("situation", "analysis", "request")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong (or unusual) in a form: where, which code, and what fills the text."""

    path: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a validator says about one field, before its path is known."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


def _no(code: str, **params: Any) -> ValidationError:
    return ValidationError([_Said(code, params)])


def _at_most(code: str, limit: int) -> Any:
    def check(value: Any) -> None:
        if len(value) > limit:
            raise _no(code, count=len(value), limit=limit)

    return check


def _one_of(*values: str) -> Any:
    def check(value: str | None) -> None:
        if value is not None and value not in values:
            raise _no("invalid")

    return check


def _filled(value: str) -> None:
    if not value:
        raise _no("required")


def _part(value: str) -> None:
    if not value:
        raise _no("part_empty")


def _not_classified(value: str) -> None:
    if value == "classified":
        raise _no("classified_refused")
    _one_of("none", "internal")(value)


def _no_repeats(values: list[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise _no("duplicate_entry", value=value)
        seen.add(value)


def tidy(value: Any) -> Any:
    """Trim strings, make line ends `\\n`, drop control characters a form or a database cannot carry."""
    if isinstance(value, str):
        lines = value.replace("\r\n", "\n").replace("\r", "\n")
        kept = "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
        return kept.strip()
    if isinstance(value, list):
        return [tidy(item) for item in value]
    if isinstance(value, Mapping):
        return {key: tidy(item) for key, item in value.items()}
    return value


class _Body(Schema):
    """The three parts a suggestion must say separately."""

    class Meta:
        """Tolerant reader."""

        unknown = EXCLUDE

    situation = fields.String(required=True, validate=_part, error_messages={"required": "part_empty"})
    analysis = fields.String(required=True, validate=_part, error_messages={"required": "part_empty"})
    request = fields.String(required=True, validate=_part, error_messages={"required": "part_empty"})


class SuggestionForm(Schema):
    """What a deputy, a clerk or an agency hands in."""

    class Meta:
        """Tolerant reader: unknown fields of newer senders are left out."""

        unknown = EXCLUDE

    matter_kind = fields.String(load_default="suggestion", validate=_one_of("suggestion", "proposal"))
    session_id = fields.String(load_default=None, allow_none=True)
    submitted_when = fields.String(load_default=None, allow_none=True, validate=_one_of("in_session", "inter_session"))
    title = fields.String(required=True, validate=[_filled, _at_most("title_too_long", TITLE_MAX)])
    topic = fields.String(load_default=None, allow_none=True, validate=_at_most("too_long", TOPIC_MAX))
    proposer_type = fields.String(
        load_default=None,
        allow_none=True,
        validate=_one_of("single", "joint", "delegation", "party", "organisation", "sector", "group", "committee"),
    )
    lead_proposer = fields.String(required=True, validate=_filled)
    co_proposers = fields.List(
        fields.String(), load_default=list, validate=[_at_most("too_many", CO_PROPOSERS_MAX), _no_repeats]
    )
    body = fields.Nested(_Body, required=True)
    points = fields.List(
        fields.String(validate=_at_most("too_long", LINE_MAX)),
        load_default=list,
        validate=_at_most("too_many", POINTS_MAX),
    )
    origin = fields.String(load_default="", validate=_at_most("too_long", LINE_MAX))
    wish_units = fields.List(
        fields.String(), load_default=list, validate=[_at_most("too_many", WISHES_MAX), _no_repeats]
    )
    wish_face_to_face = fields.Boolean(load_default=False)
    wish_publish_text = fields.Boolean(load_default=True)
    secrecy = fields.String(load_default="none", validate=_not_classified)
    source = fields.String(
        load_default="direct", validate=_one_of("direct", "converted_motion", "superior_level", "paper")
    )

    @pre_load
    def _tidy(self, data: Any, **_: Any) -> Any:
        return tidy(data)

    @post_load
    def _complete(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        data["points"] = [point for point in data["points"] if point]
        data["title"] = " ".join(data["title"].split())
        data["topic"] = data["topic"] or None
        data["proposer_type"] = data["proposer_type"] or ("joint" if data["co_proposers"] else "single")
        return data

    @validates_schema
    def _lead_once(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["lead_proposer"] in data["co_proposers"]:
            raise ValidationError([_Said("lead_is_co")], "co_proposers")


def check(form: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """Return (the tidy form, faults). With faults the form may be incomplete and must not be stored."""
    try:
        clean: dict[str, Any] = dict(SuggestionForm().load(form))
    except ValidationError as error:
        found = _flat(error.normalized_messages())  # type: ignore[no-untyped-call]
        return dict(error.valid_data) if isinstance(error.valid_data, dict) else {}, found
    return clean, []


def check_length(clean: Mapping[str, Any], *, least: int = BODY_MIN, most: int = BODY_MAX) -> list[Fault]:
    """Count the three parts together, against the limits of the session."""
    count = sum(len(clean.get("body", {}).get(part, "")) for part in PARTS)
    if count > most:
        return [Fault("body", "body_too_long", {"count": count, "limit": most})]
    if count < least:
        return [Fault("body", "body_too_short", {"count": count, "limit": least})]
    return []


def check_reason(reason: Any) -> list[Fault]:
    """Check a tidy reason for something done to a matter: it must be given, and not be endless."""
    if not isinstance(reason, str) or not reason:
        return [Fault("reason", "required")]
    if len(reason) > LINE_MAX:
        return [Fault("reason", "too_long", {"count": len(reason), "limit": LINE_MAX})]
    return []


def warnings(clean: Mapping[str, Any]) -> list[Fault]:
    """Say what is unusual but allowed."""
    return [] if TITLE_USUAL.match(clean["title"]) else [Fault("title", "title_pattern")]


def digest(clean: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the content: the same key with another digest is another suggestion."""
    text = json.dumps(clean, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _flat(messages: Any, path: str = "") -> list[Fault]:
    if isinstance(messages, Mapping):
        inner = [_flat(value, _join(path, str(key))) for key, value in messages.items()]
        return [fault for faults in inner for fault in faults]
    return [_fault(message, path) for message in messages]


def _join(path: str, key: str) -> str:
    if key == "_schema":
        return path
    return f"{path}.{key}" if path else key


def _fault(message: Any, path: str) -> Fault:
    if isinstance(message, _Said):
        return Fault(path, message.code, message.params)
    if message in ("part_empty", "required") or "Missing data" in str(message) or "null" in str(message):
        return Fault(path, "part_empty" if message == "part_empty" else "required")
    return Fault(path, "invalid")
