"""Records added to a case as a whole, by whoever takes part: a contact is confirmed, a progress noted.

The query may name a value of the form, such as another record this one is about (`?contact=m1-1.r4`): then that is
shown above and needs no field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from services.common import auth, form_readers, forms
from services.common.form_schemas import kind_of
from services.common.problems import FieldError, Problem
from services.workflow import answers, cases, divisions, edges, editions, matters, records, visibility
from services.workflow import engine as e
from services.workflow.picklists import Place
from services.workflow.speakers import Speaker
from services.workflow.web import sending
from services.workflow.web.shown import read_records
from services.workflow.web.words import say

pages = Blueprint("records", __name__)
CONFIRMATION = "contact_confirmation"


@pages.route("/cases/<case_id>/records/<record>", methods=["GET", "POST"])
@auth.signed_in
def add(case_id: str, record: str) -> str | Response | tuple[str, int]:
    """Add a record that the case accepts now; a form with faults comes back filled in."""
    speaker = edges.speaker()
    with edges.reading() as conn:
        case = visibility.check(conn, case_id, speaker)
        unit = _unit(conn, case, record, speaker)
        edition = editions.get(conn, case["package_version"])
        schema = answers.record_schema(conn, edition, record, Place(unit, None))
        about = _about(conn, case_id, schema, speaker)
    left = _asked(_without(schema, about))
    if request.method == "GET":
        return _page(case, record, left, about, _initial(case_id, record), ())
    data = {**form_readers.read(left, request.form), **{name: one["id"] for name, one in about.items()}}
    try:
        entry = records.Entry(record=record, data=data, unit=unit)
        sending.once(lambda conn: records.submit(conn, case_id, entry, speaker, edges.now()))
    except Problem as problem:
        if problem.errors:
            return _page(case, record, left, about, data, problem.errors), 422
        if record != records.MODE_CHANGE or problem.status != 409:
            raise
        return _page(case, record, left, about, data, (), problem), 409
    flash(say("record_saved"), "good")
    deputy = auth.require_actor().deputy_id is not None
    return redirect(f"/matters/{case['matter_id']}" if deputy else url_for("cases.case", case_id=case_id), 303)


def _initial(case_id: str, record: str) -> dict[str, Any] | None:
    """What the form holds at first: a change of mode begins with who handles the matter now."""
    if record != records.MODE_CHANGE:
        return None
    with edges.reading() as conn:
        return divisions.latest(conn, case_id)


def _unit(conn: Connection, case: Mapping[Any, Any], record: str, speaker: Speaker) -> str | None:
    """For whom the speaker adds it; raises `Problem` where the case does not accept it, or not from him."""
    edition = editions.get(conn, case["package_version"])
    if case["status"] != "running":
        raise Problem("not_expected", 409)
    return records.unit_for(conn, edition, case, cases.live_state(conn, case["id"]), record, speaker)


def _about(conn: Connection, case_id: str, schema: Mapping[str, Any], speaker: Speaker) -> dict[str, dict[str, Any]]:
    """The records of the case that the query names, by the field they are the value of."""
    named = {name: request.args[name] for name in schema["properties"] if name in request.args}
    found = [row for row in records.of_case(conn, case_id, speaker) if row["id"] in named.values()] if named else []
    by_id = {one["id"]: one for one in read_records(conn, found)}
    return {name: by_id[value] for name, value in named.items() if value in by_id}


def _without(schema: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """The form without the fields whose values are known."""
    properties = {name: part for name, part in schema["properties"].items() if name not in about}
    return {**schema, "properties": properties, "required": [n for n in schema.get("required", ()) if n not in about]}


def _asked(schema: dict[str, Any]) -> dict[str, Any]:
    """The form with its one question answered by a button: a button that says no is an answer, a box is none."""
    choice = _choice(schema)
    if choice is None:
        return schema
    part = {**schema["properties"][choice], "x-widget": "radio"}
    return {**schema, "properties": {**schema["properties"], choice: part}}


def _page(
    case: Mapping[Any, Any],
    record: str,
    schema: Mapping[str, Any],
    about: Mapping[str, Any],
    data: Mapping[str, Any] | None,
    errors: Sequence[FieldError],
    refused: Problem | None = None,
) -> str:
    with edges.reading() as conn:
        matter = matters.get(conn, case["matter_id"])
    choice = _choice(schema)
    rest = schema if choice is None else _without(schema, {choice: None})
    return render_template(
        "case_record.html",
        case=case,
        matter=matter,
        record=record,
        refused=refused,
        about=list(about.values()),
        form=forms.render(rest, data, errors),
        choice=choice,
        schema=schema,
    )


def _choice(schema: Mapping[str, Any]) -> str | None:
    """The one question of the form, if it is a yes or no: then two buttons answer it."""
    required = list(schema.get("required", ()))
    asked = [name for name in required if kind_of(schema["properties"][name]) in ("checkbox", "radio")]
    only = asked[0] if len(required) == 1 and asked else None
    return only if only and schema["properties"][only].get("type") == "boolean" else None


def unconfirmed(conn: Connection, case: Mapping[Any, Any], live: e.Case, speaker: Speaker) -> list[dict[str, Any]]:
    """The contacts of a case that somebody is to confirm and has not spoken about yet, the latest first."""
    if CONFIRMATION not in records.offered(conn, case, live, speaker):
        return []
    rows = records.of_case(conn, case["id"], speaker)
    said = [row for row in rows if row["record"] == CONFIRMATION and row["actor"].get("person") == speaker.person]
    done = {row["data"].get("contact") for row in said}
    return read_records(conn, [row for row in rows if row["record"] == "contact" and row["id"] not in done])
