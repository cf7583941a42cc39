"""JSON Schema (2020-12) of every record and message, made from the marshmallow schemas.

Each schema stands alone (nested objects are written in place), so that forms may refer to
`urn:huiyin:record:<name>#/properties/<field>`. Published, each has its address as `$id`.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any, Final, cast

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from services.contracts.fields import Day, Instant
from services.contracts.messages import MESSAGES
from services.contracts.records import RECORDS
from services.contracts.rules import Contract

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def record_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a record, `$id` `urn:huiyin:record:<name>`; `KeyError` when unknown."""
    return _document(f"urn:huiyin:record:{name}", *record_words(name), RECORDS[name])


def record_words(name: str) -> tuple[str, str]:
    """What a record is called in Chinese, and what it is in English."""
    zh, _, en = " ".join((RECORDS[name].__doc__ or "").split()).partition(": ")
    return zh, en


def message_schema(type: str) -> dict[str, Any]:
    """Return the JSON Schema of a message's data, `$id` its address `/schemas/<type>.json`."""
    entry = MESSAGES[type]
    return _document(f"/schemas/{type}.json", entry.description_zh, entry.description_en, entry.schema)


def _document(id: str, zh: str, en: str, schema: type[Contract]) -> dict[str, Any]:
    about = {"$schema": DIALECT, "$id": id, "title": zh, "description": f"{zh}({en})"}
    return {**about, **deepcopy(_generated(schema))}


@cache
def _generated(schema: type[Contract]) -> dict[str, Any]:
    described = cast("dict[str, Any]", _plugin().converter.schema2jsonschema(schema()))
    rules = [rule.as_json(described["properties"]) for rule in schema.rules] + list(schema.json_rules)
    return {**described, "allOf": rules} if rules else described


@cache
def _plugin() -> Any:
    in_place: Any = lambda _: None  # noqa: E731  apispec writes nested objects in place when no name is given
    plugin: Any = MarshmallowPlugin(schema_name_resolver=in_place)
    APISpec("records", "1", openapi_version="3.1.0", plugins=[plugin])
    plugin.map_to_openapi_type(Day, "string", "date")
    plugin.map_to_openapi_type(Instant, "string", "date-time")
    return plugin
