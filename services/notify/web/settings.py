"""One's own settings: mail or not, and the addresses one is reached at."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.common import auth, db, languages
from services.common.problems import Problem
from services.notify import edges, preferences
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
    channels = edges.channels()
    addresses = {name: request.form.get(f"address-{name}", "").strip() for name in channels}
    wanted = Preference("mail" in request.form, addresses)
    try:
        with db.begin(here.engine) as conn:
            preferences.put(conn, _me(), wanted, channels.values(), here.clock.now())
    except Problem as problem:
        errors = {error.path.rpartition(".")[2]: languages.pick(error.text, error.text_en) for error in problem.errors}
        return _page(wanted, errors), 422
    return redirect(url_for("messages.centre"), 303)


def _page(known: Preference, errors: Mapping[str, str] = MappingProxyType({})) -> str:
    return render_template("settings.html", known=known, errors=errors, channels=edges.channels())


def _me() -> str:
    person = auth.require_actor().person_id
    if person is None:
        raise Problem("not_permitted", 403)
    return person
