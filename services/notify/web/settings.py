"""One's own settings: mail or not, and where to."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.common import auth, db, languages
from services.common.problems import Problem
from services.notify import preferences
from services.notify.preferences import Preference

pages = Blueprint("settings", __name__)


@pages.get("/settings")
@auth.signed_in
def show() -> str:
    """Ask."""
    with db.read(auth.extension().engine) as conn:
        return _page(preferences.of(conn, _me()))


@pages.post("/settings")
@auth.signed_in
def save() -> Response | tuple[str, int]:
    """Keep what was answered."""
    here = auth.extension()
    wanted = Preference("mail" in request.form, request.form.get("address", "").strip())
    try:
        with db.begin(here.engine) as conn:
            preferences.put(conn, _me(), wanted, here.clock.now())
    except Problem as problem:
        return _page(wanted, languages.pick(*problem.texts)), 422
    return redirect(url_for("messages.centre"), 303)


def _page(known: Preference, error: str = "") -> str:
    has_mail = bool(auth.extension().settings.smtp_url)
    return render_template("settings.html", known=known, error=error, has_mail=has_mail)


def _me() -> str:
    person = auth.require_actor().person_id
    if person is None:
        raise Problem("not_permitted", 403)
    return person
