"""An answer to a form: checked like every answer, whatever way it came, and parted into facts and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from services.common import form_schemas
from services.common.form_normalising import normalise
from services.common.problems import FieldError, Problem
from services.workflow import documents, picklists, rules, series
from services.workflow.editions import Edition


@dataclass(frozen=True, slots=True)
class Answer:
    """`whole` is what was answered; of it `facts` go to the engine and into the log, `texts` are kept beside, by hash.

    `notes` say what was changed in it before it was checked.
    """

    whole: dict[str, Any]
    facts: dict[str, Any]
    texts: documents.Texts
    notes: tuple[FieldError, ...]


def form_schema(
    conn: Connection, edition: Edition, form: str | None, place: picklists.Place = picklists.NOWHERE
) -> dict[str, Any]:
    """The JSON Schema of a form with references and pick lists written out; an empty form has no fields."""
    if form is None or (found := edition.form(form)) is None:
        return {"type": "object", "properties": {}, "additionalProperties": False}
    return form_schemas.resolve(found.source, picklists.of(conn, edition, place))


def record_schema(
    conn: Connection, edition: Edition, record: str, place: picklists.Place = picklists.NOWHERE
) -> dict[str, Any]:
    """The JSON Schema of a record given without a form; raises `Problem` not_expected for an unknown type."""
    form = edition.record_form(record)
    if form is None:
        raise Problem("not_expected", 409)
    return form_schemas.resolve(form.source, picklists.of(conn, edition, place))


def check(
    conn: Connection,
    schema: Mapping[str, Any],
    record: str | None,
    data: Mapping[str, Any],
    *,
    unit: str | None,
    today: date,
    initial: Mapping[str, Any] | None = None,
) -> Answer:
    """Complete an answer and check it by its form and its record; raises `Problem` with every fault found."""
    filled = rules.settle_hidden(schema, series.fill(conn, schema, data, unit, today), initial)
    whole, notes = normalise(schema, filled)
    if errors := rules.faults(schema, record, whole):
        raise Problem(_code(errors), 422, errors=errors)
    facts, texts = documents.split(schema, whole)
    return Answer(whole, facts, texts, tuple(notes))


def _code(errors: list[FieldError]) -> str:
    missing = {"missing_field", "required", "required_choice"}
    return "missing_field" if all(error.code in missing for error in errors) else "invalid_field"
