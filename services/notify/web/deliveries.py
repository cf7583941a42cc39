"""The delivery log for administrators: what reached whom, what did not, and another try."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.common import auth, db, languages
from services.common.pages import PAGE_SIZE, page_number, page_of
from services.common.problems import Problem
from services.notify import edges, notices, store

pages = Blueprint("deliveries", __name__)


@pages.get("/deliveries")
@auth.granted("messages.manage")
def log() -> str:
    """All deliveries, newest first; `?state=&channel=&matter_id=`."""
    here, number = auth.extension(), page_number()
    wanted = {name: request.args.get(name, "") for name in ("state", "channel", "matter_id")}
    with db.read(here.engine) as conn:
        rows = store.deliveries(conn, wanted, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
    return render_template(
        "deliveries.html",
        page=page_of(rows, number),
        wanted=wanted,
        states=store.STATES,
        channels=edges.ways().channels,
    )


@pages.post("/deliveries/<delivery_id>/retry")
@auth.granted("messages.manage")
def retry(delivery_id: str) -> Response:
    """Try a delivery that reached nobody again; where nothing is sent, the list says why."""
    here = auth.extension()
    try:
        with db.begin(here.engine) as conn:
            notices.retry(conn, delivery_id, edges.ways(), here.clock.now())
    except Problem as problem:
        if problem.status == 404:
            raise
        flash(languages.pick(*problem.texts), "bad")
    return redirect(auth.safe_next(request.form.get("next"), url_for("deliveries.log")), 303)
