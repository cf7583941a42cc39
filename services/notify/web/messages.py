"""The message centre: what one was told, the unread first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import RowMapping
from werkzeug.wrappers import Response

from services.common import auth, db, languages
from services.common.pages import PAGE_SIZE, page_number, page_of
from services.common.problems import Problem
from services.notify import store

pages = Blueprint("messages", __name__)
FILTERS: Final = ("unread", "task", "notice")


@pages.get("/")
@auth.signed_in
def start() -> Response:
    """The place's start is the message centre."""
    return redirect(url_for("messages.centre"), 303)


@pages.get("/messages")
@auth.signed_in
def centre() -> str:
    """One's own messages; `?only=unread|task|notice`."""
    here, me, number = auth.extension(), _me(), page_number()
    only = request.args.get("only")
    only = only if only in FILTERS else None
    with db.read(here.engine) as conn:
        rows = store.messages(conn, me, only=only, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
        unread = store.count_unread(conn, me)
    return render_template(
        "messages.html", page=page_of(rows, number), unread=unread, only=only, filters=FILTERS, words=words
    )


@pages.post("/messages/<delivery_id>/open")
@auth.signed_in
def open_(delivery_id: str) -> Response:
    """Mark a message as read and go to what it is about."""
    here, me = auth.extension(), _me()
    with db.begin(here.engine) as conn:
        row = store.message(conn, me, delivery_id)
        if row is None:
            raise Problem("not_found", 404)
        store.mark_read(conn, me, [delivery_id], here.clock.now())
    return redirect(target(row), 303)


@pages.post("/messages/read")
@auth.signed_in
def read() -> Response:
    """Mark the messages `id` (several) as read, or with `all` every one."""
    here = auth.extension()
    ids = None if "all" in request.form else request.form.getlist("id")
    with db.begin(here.engine) as conn:
        store.mark_read(conn, _me(), ids, here.clock.now())
    return redirect(auth.safe_next(request.form.get("next"), url_for("messages.centre")), 303)


def words(row: RowMapping) -> Mapping[str, str]:
    """Subject and body of a notice in the reader's language."""
    texts = row["texts"]
    found: Mapping[str, str] = texts.get(languages.current()) or texts["zh"]
    return found


def target(row: RowMapping) -> str:
    """Where a message leads: the task while it is open, else the matter."""
    if row["task_id"] and row["settled_at"] is None:
        return f"/workflow/tasks/{row['task_id']}"
    return f"/matters/{row['matter_id']}" if row["matter_id"] else url_for("messages.centre")


def _me() -> str:
    return auth.require_actor().person_id or ""
