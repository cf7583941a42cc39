"""Letters to be printed, for those who are reached by no other way: one page that prints as it is."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.common import auth, db
from services.common.pages import PAGE_SIZE, page_number, page_of
from services.notify import papers, store
from services.notify.web.messages import words

pages = Blueprint("papers", __name__)
GRANTS: Final = ("messages.manage", "feedback.enter")
"""Administrators, and those who keep up with deputies on paper anyway."""


@pages.get("/paper")
@auth.granted(*GRANTS)
def list_() -> str:
    """The letters that wait, each on a sheet of its own."""
    number = page_number()
    with db.read(auth.extension().engine) as conn:
        rows = store.papers(conn, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
        waiting = store.count_papers(conn)
    return render_template("papers.html", page=page_of(rows, number), waiting=waiting, words=words)


@pages.post("/paper")
@auth.granted(*GRANTS)
def end() -> Response:
    """The letters `id` (several) were printed, or with `needless` need not be."""
    here, by = auth.extension(), auth.require_actor().account_id
    needless = request.form.get("needless")
    ids = [needless] if needless else request.form.getlist("id")
    with db.begin(here.engine) as conn:
        papers.end(conn, ids, printed=not needless, by=by, now=here.clock.now())
    return redirect(url_for("papers.list_"), 303)
