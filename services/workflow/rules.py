"""What every answer to a form must keep, without a database: the form's own rules and those of its record.

Pages, HTTP, messages and scenarios ask these; what a package's tables say about an answer is asked in `remarks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common import form_checks
from services.common.problems import FieldError
from services.contracts import records
from services.contracts.envelopes import Malformed


def settle_hidden(
    schema: Mapping[str, Any], data: Mapping[str, Any], initial: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The answer with its hidden fields as the task opened them, else by their default, whatever was sent for them.

    Nobody answers what is known already: the step of a review, whom a rating is about.
    """
    fields = schema.get("properties", {}).items()
    hidden = {name: part.get("default") for name, part in fields if part.get("x-widget") == "hidden"}
    known = {name: (initial or {}).get(name, default) for name, default in hidden.items()}
    return {**data, **{name: value for name, value in known.items() if value is not None}}


def faults(schema: Mapping[str, Any], record: str | None, data: Mapping[str, Any]) -> list[FieldError]:
    """Everything wrong by the form; if nothing is, what breaks rules that only the record knows.

    E.g. exactly one lead (domain 7-fields §7.2).
    """
    errors = form_checks.check(schema, data)
    if errors or record is None or record not in records.RECORDS:
        return errors
    try:
        records.load(record, data)
    except Malformed as error:
        return [FieldError(f.path, f.code, f.text, f.text_en) for f in error.faults]
    return []
