"""The delivery log for administrators: what reached whom, what did not, and another try."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.common import auth, db
from services.common.pages import PAGE_SIZE, page_number, page_of
from services.common.problems import Problem
from services.notify import notices, store

pages = Blueprint("deliveries", __name__)
STATES: Final = (store.WAITING, store.DELIVERED, store.FAILED, store.SUPPRESSED)
CHANNELS: Final = (store.INAPP, store.MAIL)


@pages.get("/deliveries")
@auth.granted("messages.manage")
def log() -> str:
    """All deliveries, newest first; `?state=&channel=&matter_id=`."""
    here, number = auth.extension(), page_number()
    wanted = {name: request.args.get(name, "") for name in ("state", "channel", "matter_id")}
    with db.read(here.engine) as conn:
        rows = store.deliveries(conn, wanted, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
    return render_template(
        "deliveries.html", page=page_of(rows, number), wanted=wanted, states=STATES, channels=CHANNELS
    )


@pages.post("/deliveries/<delivery_id>/retry")
@auth.granted("messages.manage")
def retry(delivery_id: str) -> Response:
    """Try a failed or suppressed delivery again."""
    here = auth.extension()
    with db.begin(here.engine) as conn:
        if not notices.retry(conn, delivery_id, here.clock.now()):
            raise Problem("not_found", 404)
    return redirect(auth.safe_next(request.form.get("next"), url_for("deliveries.log")), 303)
