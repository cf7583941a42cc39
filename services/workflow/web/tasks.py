"""待办 and 已办, and the page of one task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.common import auth, form_readers, forms, languages
from services.common import pages as page_tools
from services.common.problems import FieldError, Problem
from services.workflow import answers, edges, editions, four_eyes, matters, records, tasks, traffic, worklists
from services.workflow.api.tasks import filter_of
from services.workflow.web import sending, taskpages
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
    units = sorted({unit for _role, unit in speaker.roles if unit})
    with edges.reading() as conn:
        rows = find(conn, speaker, wanted, now, limit=size + 1, offset=(number - 1) * size)
        barred = four_eyes.barred(conn, rows, speaker)
        steps = worklists.counts(conn, speaker, now) if which == "todo" else []
        linked = bool(units) and bool(traffic.readable(conn, speaker))
    page = page_tools.page_of(rows, number)
    narrowed = wanted != worklists.Filter()
    shown = {
        "page": page,
        "wanted": wanted,
        "narrowed": narrowed,
        "units": units,
        "linked": linked,
        "now": now,
        "barred": barred,
        "steps": steps,
    }
    return render_template(f"{which}.html", **shown)


@pages.get("/tasks/<task_id>")
@auth.signed_in
def task(task_id: str) -> str:
    """One task: the matter in full, the deadline and why, the form, what happened before."""
    return taskpages.show(task_id)


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
        applied = sending.once(lambda conn: tasks.complete(conn, task_id, data, speaker, edges.now()))
    except Problem as problem:
        if problem.errors:
            return taskpages.show(task_id, data, problem.errors), 422
        if problem.code in taskpages.KEEPS_TEXT:
            return taskpages.show(task_id, data, problem=problem), problem.status
        raise
    flash(say("submitted" if applied is not None else "taken_before"), "good")
    for one in applied.warnings if applied is not None else ():
        flash(languages.pick(one["text"], one["text_en"]), "warn")
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
        entry = records.Entry(record=record, data=data, unit=row["unit"], task_id=task_id)
        sending.once(lambda conn: records.submit(conn, row["case_id"], entry, speaker, edges.now()))
    except Problem as problem:
        if not problem.errors:
            raise
        return _record_page(row, record, schema, data, problem.errors), 422
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
    with edges.reading() as conn:
        matter = matters.get(conn, row["matter_id"])
    return render_template("record.html", task=row, record=record, form=made, matter=matter)
