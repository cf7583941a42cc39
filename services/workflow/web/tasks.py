"""待办 and 已办, and the page of one task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.common import auth, form_readers, forms, languages
from services.common import pages as page_tools
from services.common.problems import FieldError, Problem
from services.workflow import (
    answers,
    deadlines,
    edges,
    editions,
    four_eyes,
    matters,
    records,
    remarks,
    tasks,
    verbs,
    worklists,
)
from services.workflow.api.tasks import filter_of
from services.workflow.web.shown import read_records
from services.workflow.web.words import say

pages = Blueprint("tasks", __name__)


@pages.get("/")
@auth.signed_in
def home() -> Response:
    """The service's own start is the work list."""
    return redirect(url_for("tasks.todo"))


@pages.get("/tasks")
@auth.signed_in
def todo() -> str:
    """What I may do now, the nearest deadline first."""
    return _list("todo")


@pages.get("/tasks/done")
@auth.signed_in
def done() -> str:
    """What I have done, the latest first."""
    return _list("done")


def _list(which: str) -> str:
    size, number, speaker = page_tools.PAGE_SIZE, page_tools.page_number(), edges.speaker()
    find = worklists.todo if which == "todo" else worklists.done
    wanted, now = filter_of(), edges.now()
    with edges.reading() as conn:
        rows = find(conn, speaker, wanted, now, limit=size + 1, offset=(number - 1) * size)
        barred = four_eyes.barred(conn, rows, speaker)
    page = page_tools.page_of(rows, number)
    units = sorted({unit for _role, unit in speaker.roles if unit})
    narrowed = wanted != worklists.Filter()
    shown = {"page": page, "wanted": wanted, "narrowed": narrowed, "units": units, "now": now, "barred": barred}
    return render_template(f"{which}.html", **shown)


@pages.get("/tasks/<task_id>")
@auth.signed_in
def task(task_id: str) -> str:
    """One task: the matter in full, the deadline and why, the form, what is recorded so far."""
    return _page(task_id, None, ())


@pages.post("/tasks/<task_id>")
@auth.signed_in
def act(task_id: str) -> str | Response | tuple[str, int]:
    """Save a draft, claim, release, or complete; a form with faults comes back filled in."""
    action = request.form.get("action", "complete")
    if action == "complete":
        return _complete(task_id)
    speaker, now = edges.speaker(), edges.now()
    with edges.writing() as conn:
        if action == "claim":
            tasks.claim(conn, task_id, speaker, now)
        elif action == "release":
            tasks.release(conn, task_id, speaker)
        else:
            schema = tasks.schema_of(conn, tasks.get(conn, task_id, speaker))
            tasks.save_draft(conn, task_id, form_readers.read(schema, request.form), speaker, now)
            flash(say("draft_saved"), "good")
    return redirect(url_for("tasks.task", task_id=task_id), 303)


def _complete(task_id: str) -> str | Response | tuple[str, int]:
    speaker = edges.speaker()
    with edges.reading() as conn:
        schema = tasks.schema_of(conn, tasks.get(conn, task_id, speaker))
    data = form_readers.read(schema, request.form)
    try:
        with edges.writing() as conn:
            applied = tasks.complete(conn, task_id, data, speaker, edges.now())
    except Problem as problem:
        if not problem.errors:
            raise
        return _page(task_id, data, problem.errors), 422
    edges.demand(applied)
    flash(say("submitted"), "good")
    for one in applied.warnings:
        flash(languages.pick(one["text"], one["text_en"]), "warn")
    return redirect(url_for("tasks.todo"), 303)


@pages.post("/tasks/<task_id>/return")
@auth.signed_in
def give_back(task_id: str) -> Response:
    """退回: the case goes back to where the diagram says."""
    with edges.writing() as conn:
        applied = verbs.use(conn, task_id, "return", {}, edges.speaker(), edges.now())
    edges.demand(applied)
    flash(say("returned"), "good")
    return redirect(url_for("tasks.todo"), 303)


@pages.route("/tasks/<task_id>/records/<record>", methods=["GET", "POST"])
@auth.signed_in
def add_record(task_id: str, record: str) -> str | Response | tuple[str, int]:
    """A record that moves no token, added beside an open task."""
    speaker = edges.speaker()
    with edges.reading() as conn:
        row = tasks.get(conn, task_id, speaker)
        schema = answers.record_schema(conn, editions.get(conn, row["package_version"]), record)
    if request.method == "GET":
        return _record_page(row, record, schema, None, ())
    data = form_readers.read(schema, request.form)
    try:
        with edges.writing() as conn:
            applied = records.submit(
                conn, row["case_id"], record, data, speaker, edges.now(), unit=row["unit"], task_id=task_id
            )
    except Problem as problem:
        if not problem.errors:
            raise
        return _record_page(row, record, schema, data, problem.errors), 422
    edges.demand(applied)
    flash(say("record_saved"), "good")
    return redirect(url_for("tasks.task", task_id=task_id), 303)


def _record_page(
    row: Mapping[Any, Any],
    record: str,
    schema: Mapping[str, Any],
    data: Mapping[str, Any] | None,
    errors: Sequence[FieldError],
) -> str:
    made = forms.render(schema, data, errors)
    return render_template("record.html", task=row, record=record, form=made)


def _page(task_id: str, data: Mapping[str, Any] | None, errors: Sequence[FieldError]) -> str:
    speaker = edges.speaker()
    with edges.reading() as conn:
        row = tasks.get(conn, task_id, speaker)
        schema = tasks.schema_of(conn, row)
        draft = tasks.draft(conn, task_id, speaker.account)
        initial = tasks.initial_of(conn, row)
        untouched = None if initial is None else {**forms.defaults(schema), **initial}
        shown = data if data is not None else (draft["data"] if draft else untouched)
        barred = four_eyes.barred(conn, [row], speaker).get(task_id) if row["state"] == "open" else None
        return render_template(
            "task.html",
            task=row,
            matter=matters.get(conn, row["matter_id"]),
            deadline=deadlines.get(conn, row["deadline_id"]),
            form=forms.render(schema, shown, errors) if row["state"] == "open" and barred is None else None,
            barred=barred,
            schema=schema,
            draft=draft,
            addable=records.addable(conn, row, speaker),
            warned=remarks.of_case(conn, row["case_id"]),
            records=read_records(conn, records.of_matter(conn, row["matter_id"], speaker)),
            can_return=row["state"] == "open" and tasks.can_return(conn, row),
            mine=row["claimed_by"] == speaker.account,
        )
