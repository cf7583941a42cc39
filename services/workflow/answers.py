"""An answer to a form: checked like every answer, whatever way it came, and parted into facts and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from services.common import form_checks, form_schemas
from services.common.problems import FieldError, Problem
from services.contracts import catalogue, records
from services.contracts.envelopes import Malformed
from services.workflow import documents, picklists, series
from services.workflow.editions import Edition


@dataclass(frozen=True, slots=True)
class Answer:
    """`facts` go to the engine and into the log; `texts` are kept beside, by hash."""

    facts: dict[str, Any]
    texts: documents.Texts


def form_schema(conn: Connection, edition: Edition, form: str | None) -> dict[str, Any]:
    """The JSON Schema of a form with references and pick lists written out; an empty form has no fields."""
    if form is None or (found := edition.form(form)) is None:
        return {"type": "object", "properties": {}, "additionalProperties": False}
    return form_schemas.resolve(found.source, picklists.of(conn, edition))


def record_schema(conn: Connection, edition: Edition, record: str) -> dict[str, Any]:
    """The JSON Schema of a record given without a form; raises `Problem` not_expected for an unknown type."""
    if record not in records.RECORDS:
        raise Problem("not_expected", 409)
    own = edition.form(record)
    source = own.source if own is not None else catalogue.record_schema(record)
    return form_schemas.resolve(source, picklists.of(conn, edition))


def check(
    conn: Connection,
    schema: Mapping[str, Any],
    record: str | None,
    data: Mapping[str, Any],
    *,
    unit: str | None,
    today: date,
) -> Answer:
    """Check an answer by its form and by the rules of its record; raises `Problem` with every fault found."""
    filled = {**_constants(schema), **series.fill(conn, schema, data, unit, today)}
    errors = form_checks.check(schema, filled)
    if not errors and record is not None:
        errors = _broken_rules(record, filled)
    if errors:
        raise Problem(_code(errors), 422, errors=errors)
    facts, texts = documents.split(schema, filled)
    return Answer(facts, texts)


def _constants(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Hidden fields with a default (the step of a review): whoever answers need not know them."""
    fields = schema.get("properties", {}).items()
    return {name: f["default"] for name, f in fields if f.get("x-widget") == "hidden" and "default" in f}


def _broken_rules(record: str, data: Mapping[str, Any]) -> list[FieldError]:
    """Rules between fields that only the record knows, e.g. exactly one lead (domain 7-fields §7.2)."""
    if record not in records.RECORDS:
        return []
    try:
        records.load(record, data)
    except Malformed as error:
        return [FieldError(f.path, f.code, f.text, f.text_en) for f in error.faults]
    return []


def _code(errors: list[FieldError]) -> str:
    missing = {"missing_field", "required", "required_choice"}
    return "missing_field" if all(error.code in missing for error in errors) else "invalid_field"
