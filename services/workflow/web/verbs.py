"""Small pages for what can be done with a task besides doing it: one form each, with its errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, RowMapping
from werkzeug.wrappers import Response

from services.common import auth, form_readers, form_schemas, forms
from services.common.problems import FieldError, Problem
from services.workflow import (
    cases,
    divisions,
    edges,
    editions,
    matters,
    picklists,
    tasks,
    verb_forms,
    verbs,
    visibility,
)
from services.workflow.speakers import Speaker
from services.workflow.web import sending, taskpages
from services.workflow.web.words import say

pages = Blueprint("verbs", __name__)


@pages.route("/tasks/<task_id>/verbs/<verb>", methods=["GET", "POST"])
@auth.signed_in
def use(task_id: str, verb: str) -> str | Response | tuple[str, int]:
    """Use a verb on a task; a form with faults comes back filled in."""
    speaker = edges.speaker()
    with edges.reading() as conn:
        row = tasks.find(conn, task_id)
        verbs.check(conn, row, verb, speaker)
        schema = _form_of(conn, row, verb, speaker)
    if request.method == "GET":
        return _page(row, verb, schema, None, ())
    data = form_readers.read(schema, request.form)
    try:
        sending.once(lambda conn: verbs.use(conn, task_id, verb, data, speaker, edges.now()))
    except Problem as problem:
        if verb == "recall" and problem.status == 409:
            return taskpages.show(task_id, problem=problem), problem.status
        if not problem.errors:
            raise
        return _page(row, verb, schema, data, problem.errors), problem.status
    flash(say(f"used_{verb}"), "good")
    return redirect(_after(task_id), 303)


def _form_of(conn: Connection, row: RowMapping, verb: str, speaker: Speaker) -> Mapping[str, Any]:
    """The verb's form; whether to urge once more on one day is asked on that day only."""
    schema = verbs.form_of(conn, row, verb, speaker)
    edition = editions.get(conn, row["package_version"])
    if verb != "urge" or verbs.urged_today(conn, row, edition, edges.now()):
        return schema
    return {**schema, "properties": {key: part for key, part in schema["properties"].items() if key != "again"}}


def _after(task_id: str) -> str:
    """Where to go on: the task if it is still open to me, the one it stands beside, else the case or the list."""
    speaker = edges.speaker()
    with edges.reading() as conn:
        row = tasks.find(conn, task_id)
        main = tasks.find(conn, row["beside"]) if row["beside"] is not None else row
        if main["state"] == "open" and speaker.may(main):
            return url_for("tasks.task", task_id=main["id"])
        try:
            visibility.check(conn, row["case_id"], speaker)
        except Problem:
            return url_for("tasks.todo")
    return url_for("tasks.todo" if speaker.account == row["closed_account"] else "cases.case", case_id=row["case_id"])


def _page(
    row: Mapping[Any, Any],
    verb: str,
    schema: Mapping[str, Any],
    data: Mapping[str, Any] | None,
    errors: Sequence[FieldError],
) -> str:
    with edges.reading() as conn:
        matter = matters.get(conn, row["matter_id"])
    form = forms.render(schema, data, errors)
    back = url_for("tasks.task", task_id=row["beside"] or row["id"])
    if not edges.speaker().may(row) and row["beside"] is None:
        back = url_for("cases.case", case_id=row["case_id"])
    return render_template(
        "verb.html", task=row, about=row["name"], matter=matter, verb=verb, schema=schema, form=form, back=back
    )


@pages.route("/cases/<case_id>/co-handlers", methods=["GET", "POST"])
@auth.granted(verbs.OPERATE)
def add_co_handler(case_id: str) -> str | Response | tuple[str, int]:
    """One unit more in the part in which co-handlers work side by side."""
    speaker, verb = edges.speaker(), "add_co_handler"
    with edges.reading() as conn:
        case = visibility.check(conn, case_id, speaker)
        schema = _co_handler_form(conn, case)
        matter = matters.get(conn, case["matter_id"])
        division = divisions.of_matters(conn, {case["matter_id"]}).get(case["matter_id"], [])
    data: Mapping[str, Any] | None = None
    errors: Sequence[FieldError] = ()
    if request.method == "POST":
        data = form_readers.read(schema, request.form)
        errors = forms.check(schema, data)
    if data is None or errors:
        form, back = forms.render(schema, data, errors), url_for("cases.case", case_id=case_id)
        page = render_template(
            "verb.html",
            task=None,
            about="",
            matter=matter,
            division=division,
            verb=verb,
            schema=schema,
            form=form,
            back=back,
        )
        return (page, 422) if errors else page
    wish = {**data, "verb": verb}
    sending.once(lambda conn: cases.operate(conn, case_id, wish, speaker.actor, edges.now()))
    flash(say(f"used_{verb}"), "good")
    return redirect(url_for("cases.case", case_id=case_id), 303)


def _co_handler_form(conn: Connection, case: Mapping[Any, Any]) -> dict[str, Any]:
    edition = editions.get(conn, case["package_version"])
    return form_schemas.resolve(verb_forms.FORMS["add_co_handler"], picklists.of(conn, edition))
